//! `/api/v1/notifications/by-ref/{ref}`: a notification under the client's own name for it.

pub mod cancel;
pub mod put;
pub mod show;
