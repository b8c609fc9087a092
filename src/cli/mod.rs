//! The command line.

pub mod analyze;
pub mod dict;
