//! What the program does as a whole, over real HTTP on loopback.

mod cli;
mod crawl;
mod day;
mod pages;
mod replay;
mod schedule;
mod search;
mod sources;
mod store;
mod support;
mod tidy;
