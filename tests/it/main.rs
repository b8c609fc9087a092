//! What the program does as a whole, over real HTTP on loopback.

mod cli;
mod crawl;
mod day;
mod end_to_end;
mod http;
mod search;
mod store;
mod support;
mod tidy;
