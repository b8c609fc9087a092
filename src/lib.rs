//! meoktong: an outage radar for Korean messenger and finance services.
//!
//! The modules stand in the order in which data passes them.

pub mod config;
pub mod crawl;
pub mod normalise;
pub mod dedupe;
pub mod analyse;
pub mod store;
pub mod detect;
pub mod alert;
pub mod pipeline;
pub mod wiring;
pub mod http;
pub mod demo;
pub mod cli;
