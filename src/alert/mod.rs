//! From changes of incidents to messages, and the only place that sends anything. [`clocks`], [`message`], [`route`],
//! [`webhook`], [`saved`] and [`outbox`] decide and are pure; [`delivery`] posts.

pub mod clocks;
pub mod delivery;
pub mod message;
pub mod outbox;
pub mod route;
pub mod saved;
pub mod webhook;

#[cfg(test)]
mod tests;

pub use message::Message;
pub use outbox::{Delivery, DeliveryState, Outcome};
pub use route::{Endpoint, Format};
pub use webhook::Secret;
