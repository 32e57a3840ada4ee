//! The acceptance checks, each a story told over HTTP and on simulated phones against the built binary. A story bears the id of
//! its check.
//!
//! Every server of a story logs at `debug`, and when a story ends its log is searched for private data (check S8).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story says what it expects by falling over what it does not"
)]

mod desk;
mod door;
mod phone;
mod process;
mod town;
mod wait;

mod beyond;
mod cascade;
mod channels;
mod intake;
mod kill;
mod observing;
mod registration;
mod restart;
mod security;
mod shows;
