//! The acceptance checks, each a story told over HTTP and on simulated phones against the built binary. A story bears the id of
//! its check.
//!
//! Every server of a story logs at `debug`, and when a story ends its log is searched for private data (check S8).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a story says what it expects by falling over what it does not"
)]

mod desk;
mod dials;
mod disk;
mod door;
#[path = "../../examples/embedded.rs"]
#[expect(dead_code, reason = "a story sets it up in its own way")]
mod embedded;
mod group;
mod held;
#[path = "../power_cut/loop_disk.rs"]
#[expect(dead_code, reason = "cutting its power is the other test's")]
mod loop_disk;
mod phone;
mod poster;
mod process;
mod receiver;
mod town;
mod unreachable;
mod wait;

mod answers;
mod beyond;
mod callbacks;
mod canary;
mod cascade;
mod channels;
mod crew;
mod crew_kill;
mod crew_layer;
mod crew_rules;
mod crew_texts;
mod crew_whatsapp;
mod damaged;
mod dashboard;
mod dashboard_sync;
mod events;
mod falls;
mod fleet;
mod fleet_rules;
mod intake;
mod kill;
mod leads;
mod leads_desk;
mod life;
mod life_kill;
mod life_states;
mod load;
mod mail_tls;
mod messages;
mod messages_kill;
mod mounted;
mod moving;
mod no_show;
mod notifications;
mod notifier;
mod observing;
mod operators;
mod preferences;
mod privacy;
mod refusals;
mod registration;
mod restart;
mod roles;
mod router;
mod router_beyond;
mod security;
mod settlement;
mod shows;
mod sources;
mod stages;
mod webhooks;
