//! Sources: senders whose payloads cannot be changed, and how a job is made of what they send.
//!
//! Pure: JSON goes in, and the body that `POST /api/v1/jobs` would have got comes out, so that one validation serves both.

pub mod apply;
mod convert;
pub mod mapping;
pub mod pointer;
mod read;
#[cfg(test)]
mod tests;
