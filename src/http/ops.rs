//! What operators, load balancers and newcomers look at: health, readiness, version, metrics, documentation.

pub mod components;
pub mod docs;
pub mod health;
pub mod landing;
pub mod metrics;
pub mod openapi;
pub mod problems;
pub mod ready;
pub mod version;
