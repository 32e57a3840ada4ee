//! The doors of Baton.
//!
//! [`Service`] is all of it, for a program that has a listener of its own; `baton serve` puts one before it.

pub mod boot;
pub mod canary;
pub mod channels;
pub mod cli;
pub mod config;
pub mod details;
pub mod erasure;
pub mod export;
pub mod falls;
pub mod fleet;
pub mod housekeeping;
pub mod http;
pub mod keys;
pub mod ledger;
pub mod links;
pub mod phones;
pub mod replies;
pub mod sealing;
pub mod service;
pub mod simulator;
pub mod sinks;
pub mod sources;
pub mod store;
pub mod telegram_desk;
pub mod telemetry;
pub mod webhooks;
pub mod wording;

pub use service::{ServeError, Service};
