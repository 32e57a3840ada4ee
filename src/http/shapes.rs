//! What bodies look like. A shape that comes in keeps every field as it was given; its `read` makes of it what the core
//! knows, or says all that is wrong. A view goes out, and borrows what it shows.

pub mod agent;
pub mod agent_view;
pub mod anything;
pub mod audit_view;
pub mod batch_view;
pub mod brief;
pub mod brief_view;
pub mod change;
pub mod commands;
pub mod consent;
pub mod consent_view;
pub mod details;
pub mod explain_view;
pub mod forecast_view;
pub mod job;
pub mod job_view;
pub mod key;
pub mod ledger_view;
pub mod messages;
pub mod messages_view;
pub mod named_plan_view;
pub mod next_view;
pub mod occupancy;
pub mod offer_view;
pub mod plan;
pub mod plan_view;
pub mod public_text;
pub mod reply;
pub mod shown;
pub mod template;
pub mod template_view;
pub mod tenant;
pub mod tenant_view;
pub mod timeline_view;
