//! From a document to what it claims: which services failed, which features, since when, why. Pure.

pub mod report;

pub use report::{
    Analysis, Assertion, Bound, Event, Precision, ReportedFeature, ReportedService, Role, Signal, Status,
};
