//! E-mail: text and HTML with the link to the offer's page, by a mail server or by a provider's HTTP API.

mod api_mail;
#[cfg(test)]
mod api_tests;
mod reply_to;
pub mod resend;
pub mod sendgrid;
pub mod smtp;
mod unsubscribe;

pub use reply_to::{ReplyTo, token};
pub use unsubscribe::Unsubscribe;
