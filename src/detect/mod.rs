//! From what documents say to incidents: what is usual, what exceeds it, what it hits, when it is over. Pure: no clock, no
//! disk, no network; `now` is passed in, and the same input gives the same incidents, ids included.
//!
//! [`signal`] turns an analysed document into observations, [`track`] counts each story and author once into the evidence
//! meters of [`cusum`] against the [`baseline`]; [`day`] does the same for texts of which only the date is known;
//! [`incident`] keeps what was concluded and [`blast`] who else is hit.

pub mod baseline;
pub mod blast;
pub mod clock;
pub mod cusum;
pub mod day;
pub mod explain;
pub mod feedback;
pub mod history;
pub mod incident;
pub mod line;
pub mod settings;
pub mod signal;
pub mod story;
pub mod track;
pub mod transition;

mod detector;
mod impact;
#[cfg(test)]
pub(crate) mod tests;

pub use blast::{Exposed, Spared, Unaffected};
pub use detector::{Detector, Memory};
pub use explain::Explanation;
pub use incident::Incident;
pub use settings::{Family, Settings};
pub use transition::{Cause, Change, Evidence, Impact, Onset, OnsetSource, State, Transition};
