//! meoktong (먹통, "dead line"): an outage radar for Korean messenger and finance services.
//!
//! The modules stand in the order in which data passes them.

pub mod analyse;
pub mod cli;
