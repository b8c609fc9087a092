//! What the program does as a whole, over real HTTP on loopback.

mod backtest;
mod cli;
mod copies;
mod crawl;
mod day;
mod end_to_end;
mod http;
mod import;
mod pages;
mod replay;
mod schedule;
mod search;
mod sources;
mod store;
mod support;
mod tidy;
