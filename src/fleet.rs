//! Drivers, vehicles and routes: what a route says, and how it is kept.

pub mod sheet;
