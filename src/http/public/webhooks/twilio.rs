//! `POST /public/webhooks/twilio/{account}`: where Twilio calls.

/// Where status callbacks of messages go, below the public address.
pub const STATUS: &str = "/public/webhooks/twilio/default/status";
