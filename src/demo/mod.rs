//! The whole pipeline on a recorded day, through real HTTP on loopback.

pub mod day;
pub mod server;
pub mod sites;
