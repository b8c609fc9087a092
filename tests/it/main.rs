//! What the program does as a whole, over real HTTP on loopback.

mod backtest;
mod cli;
mod crawl;
mod day;
mod search;
mod store;
mod support;
mod tidy;
