//! Crew groups, and what stands in them, as they go out.

use baton_core::crew::{ClaimCaps, Crew, CrewGroup};
use baton_core::ids::OfferId;
use baton_core::job::{Job, Publication};
use baton_core::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::shapes::shown::{Shown, Span};

/// Groups in which jobs are published, and what is allowed to those who claim.
#[derive(Serialize, ToSchema)]
#[schema(as = CrewSettings)]
pub struct CrewView<'a> {
    /// The groups, by their names.
    groups: Vec<CrewGroupView<'a>>,
    /// Who publishes a job in a group.
    publish: &'static str,
    /// How much one agent may claim.
    claims: ClaimCapsView,
}

/// A chat in which jobs are published.
#[derive(Serialize, ToSchema)]
pub struct CrewGroupView<'a> {
    /// What plans call it.
    name: &'a str,
    /// The Telegram group.
    telegram_chat_id: i64,
    /// The topic in it.
    telegram_topic: Option<i64>,
    /// The language spoken there; `null`: the tenant's.
    locale: Option<&'a str>,
}

/// How much one agent may claim by themselves; `null`: any number.
#[derive(Serialize, ToSchema)]
pub struct ClaimCapsView {
    /// Jobs claimed and not closed.
    open: Option<u32>,
    /// Jobs won in any hour.
    an_hour: Option<u32>,
    /// After they gave a job back, they can claim none for so long.
    #[schema(value_type = Option<String>)]
    cool_down: Option<Span>,
}

/// A job as it stands in a group.
#[derive(Serialize, ToSchema)]
#[schema(as = Publication)]
pub struct PublicationView<'a> {
    /// What a claim from there names.
    #[schema(value_type = String)]
    id: Shown<OfferId>,
    /// The group.
    group: &'a str,
    /// `open`, `doubtful` (nobody knows whether it stands there), `timed_out`, `taken`, `skipped`, `closed`, `failed`.
    status: &'static str,
    /// What the group reads below it: `open`, `shut`, `reserved`, `released`, or how the job has ended.
    reads: &'static str,
    /// The message in the group, once it was sent.
    message_id: Option<&'a str>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// Until when it can be claimed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    closes_at: Option<Shown<Timestamp>>,
}

impl<'a> CrewView<'a> {
    /// Shows them.
    pub fn of(crew: &'a Crew) -> Self {
        let group = |(name, group): (&'a String, &'a CrewGroup)| CrewGroupView {
            name,
            telegram_chat_id: group.chat,
            telegram_topic: group.topic,
            locale: group.locale.as_deref(),
        };
        let ClaimCaps { open, an_hour, cool_down } = crew.caps;
        Self {
            groups: crew.groups.iter().map(group).collect(),
            publish: crew.publish.as_str(),
            claims: ClaimCapsView { open, an_hour, cool_down: cool_down.map(Span) },
        }
    }
}

impl<'a> PublicationView<'a> {
    /// Shows what stands in a group.
    pub fn of(job: &Job, published: &'a Publication) -> Self {
        Self {
            id: Shown(job.id.offer(published.no)),
            group: &published.group,
            status: published.status(),
            reads: job.standing(published).as_str(),
            message_id: published.receipt.as_ref().map(|receipt| receipt.message.as_str()),
            at: Shown(published.at),
            closes_at: published.closes_at().map(Shown),
        }
    }
}
