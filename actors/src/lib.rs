//! The rooms of Baton: thin actor shells around the core, and the two ports they work through.

pub mod agent_actor;
pub mod boot;
pub mod buckets;
pub mod channel;
pub mod channel_actor;
pub mod clock;
pub mod committer;
pub mod directory;
pub mod engine;
pub mod error;
pub mod falls;
pub mod gauges;
pub mod house;
pub mod index;
pub mod job_actor;
pub mod measure;
pub mod outbox;
pub mod post;
pub mod records;
pub mod resolve;
pub mod retention;
pub mod store;
pub mod supervisor;
pub mod tally;
pub mod tenants;
pub mod timers;
