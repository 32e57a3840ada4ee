//! Where providers call.

pub mod telegram;
pub mod twilio;
