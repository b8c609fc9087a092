//! meoktong: an outage radar for Korean messenger and finance services.

pub mod analyse;
pub mod crawl;
pub mod dedupe;
pub mod normalise;
pub mod store;
