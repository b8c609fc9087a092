//! meoktong: an outage radar for Korean messenger and finance services.
//!
//! The modules stand in the order in which data passes them.

pub mod alert;
pub mod analyse;
pub mod cli;
pub mod config;
pub mod crawl;
pub mod dedupe;
pub mod demo;
pub mod detect;
pub mod http;
pub mod normalise;
pub mod pipeline;
pub mod results;
pub mod store;
pub mod wiring;
