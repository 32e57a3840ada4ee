//! Where providers call: proved on the bytes as they came, stored, then answered. What follows is not waited for.

pub mod bodies;
pub mod hooks;
pub mod meta;
pub mod resend;
pub mod sendgrid;
pub mod source;
pub mod telegram;
#[cfg(test)]
mod tests;
pub mod twilio;
