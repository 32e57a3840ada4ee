//! The mind of Baton: what becomes of a job when somebody asks for something, the world tells something, or time passes.
//!
//! Everything here is pure and synchronous (promise P1): time, chance and identity are arguments, maps are ordered, and
//! the same inputs give the same bytes. Commands may be refused, reports never are.

pub mod agent;
pub mod brief;
pub mod calm;
pub mod consent;
pub mod crew;
pub mod crew_sheet;
pub mod crew_view;
pub mod dashboard;
pub mod delivery;
pub mod details;
pub mod eligibility;
pub mod fit;
pub mod follower;
pub mod gates;
pub mod holds;
pub mod ids;
pub mod job;
pub mod message;
pub mod notification;
pub mod phone;
pub mod plan;
pub mod reply;
pub mod roster;
pub mod tenant;
pub mod time;
pub mod world;
