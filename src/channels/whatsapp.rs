//! WhatsApp, by Meta's Cloud API or by Twilio. Messages cannot be edited there: what is over is said in a new one.

pub mod meta;
pub mod twilio;
mod windows;

pub use windows::Windows;
