//! The commands.

pub mod replay;
