//! The HTTP door: who are you, what do you ask? It turns requests into commands and reports, and refusals into problems.
//!
//! A request passes, in this order: the [`server`] (connections and their deadlines), the router, the [`porch`] (one layer:
//! request id, rate limits, security headers, CORS, metrics, log line), the endpoint's extractors ([`caller`] before
//! [`json`], so that nobody without a key learns what a valid body is) and a thin handler.

pub mod address;
pub mod agents;
pub mod caller;
pub mod cors;
pub mod csv;
pub mod dashboard;
pub mod desk;
pub mod details;
pub mod door;
pub mod drivers;
pub mod drop_in;
pub mod endpoints;
pub mod etag;
pub mod events;
#[cfg(test)]
mod every_route;
pub mod form;
pub mod given;
pub mod idempotency;
pub mod jobs;
pub mod json;
pub mod keys;
pub mod leads;
pub mod limits;
pub mod lines;
pub mod notifications;
pub mod offers;
pub mod ops;
pub mod page;
pub mod pages;
pub mod people;
pub mod plans;
pub mod porch;
pub mod problem;
pub mod public;
pub mod quarantine;
pub mod query;
pub mod replies;
pub mod reports;
pub mod request_id;
pub mod routes;
#[cfg(test)]
pub mod sample;
pub mod security;
pub mod server;
pub mod settings;
pub mod shapes;
pub mod sources;
pub mod strangers;
pub mod telegram;
pub mod templates;
pub mod tenants;
pub mod vehicles;
pub mod webhooks;
