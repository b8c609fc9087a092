//! meoktong: an outage radar for Korean messenger and finance services.

pub mod analyse;
pub mod detect;
pub mod alert;
pub mod cli;
