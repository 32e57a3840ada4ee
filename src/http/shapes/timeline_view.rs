//! The timeline, as it goes out: what became true, who did it, when and how.

use baton_core::crew::Publish;
use baton_core::delivery::{ChannelKind, DropReason};
use baton_core::gates::{Gate, GateSet};
use baton_core::ids::{AgentId, JobId};
use baton_core::job::assignment::News;
use baton_core::job::{Actor, Cause, Entry, Event};
use baton_core::roster::Roster;
use baton_core::time::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use crate::config::duration::show_duration;
use crate::http::shapes::agent_view::AgentNamed;
use crate::http::shapes::settlement_view::{self, GatesView};
use crate::http::shapes::shown::Shown;

/// One line of the timeline.
#[derive(Serialize, ToSchema)]
pub struct EntryView<'a> {
    /// Counted from 1.
    seq: u32,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Shown<Timestamp>,
    /// What became true.
    event: &'static str,
    /// Who.
    actor: ActorView<'a>,
    /// How it came: `request`, `page`, `reply`, `timer`, `delivery`, `seat`, or `rule` (the tenant's or the job's own).
    cause: &'static str,
    /// With `reply`: over which channel.
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<&'static str>,
    /// What else belongs to the event.
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    facts: Map<String, Value>,
}

/// Who did something.
#[derive(Serialize, ToSchema)]
pub struct ActorView<'a> {
    /// `client`, `operator`, `agent`, `link` (whoever held one) or `engine`.
    kind: &'static str,
    /// The name of a client's key or of an operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    /// Which agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<AgentNamed>,
}

impl<'a> EntryView<'a> {
    /// Shows an entry of a job's timeline.
    pub fn of(job: JobId, entry: &'a Entry, roster: &Roster) -> Self {
        let (cause, channel) = match entry.cause {
            Cause::Request => ("request", None),
            Cause::Page => ("page", None),
            Cause::Reply(channel) => ("reply", Some(channel.as_str())),
            Cause::Timer => ("timer", None),
            Cause::Delivery => ("delivery", None),
            Cause::Seat => ("seat", None),
            Cause::Rule => ("rule", None),
        };
        Self {
            seq: entry.seq,
            at: Shown(entry.at),
            event: entry.event.name(),
            actor: ActorView::of(&entry.actor, roster),
            cause,
            channel,
            facts: facts(job, &entry.event, &|agent| json!(AgentNamed::of(*agent, roster))),
        }
    }
}

impl<'a> ActorView<'a> {
    fn of(actor: &'a Actor, roster: &Roster) -> Self {
        let (kind, name, agent) = match actor {
            Actor::Client(name) => ("client", Some(name.as_str()), None),
            Actor::Operator(name) => ("operator", Some(name.as_str()), None),
            Actor::Agent(agent) => ("agent", None, Some(AgentNamed::of(*agent, roster))),
            Actor::Link => ("link", None, None),
            Actor::Engine => ("engine", None, None),
            Actor::Stranger => ("stranger", None, None),
        };
        Self { kind, name, agent }
    }
}

/// What an event carries, in words that stay. `agent`: how one is named.
pub fn facts(job: JobId, event: &Event, agent: &dyn Fn(&AgentId) -> Value) -> Map<String, Value> {
    let offer = |no: &u16| job.offer(*no).to_string();
    let at = |moment: &Timestamp| moment.to_string();
    let facts = match event {
        Event::Created | Event::Approved | Event::StartSeen | Event::Acknowledged | Event::Reminded | Event::Paused => {
            Value::Null
        }
        Event::Rejected { reason } => json!({ "reason": reason }),
        Event::Scheduled { start_at } => json!({ "start_at": at(start_at) }),
        Event::RoundStarted { round, plan, search_until, skip_declined, by_hand } => json!({
            "round": round, "search_until": search_until.as_ref().map(at), "by_hand": by_hand,
            "new_plan": plan.is_some(), "skip_declined": skip_declined,
        }),
        Event::WaveOpened { wave, step } => json!({ "wave": wave, "step": step + 1 }),
        Event::WaveSkipped { step, full } => {
            json!({ "step": step + 1, "reason": if *full { "everybody-full" } else { "nobody-eligible" } })
        }
        Event::RoomAwaited { step, until, look_at } => {
            json!({ "step": step + 1, "until": at(until), "look_at": at(look_at) })
        }
        Event::Offered { no, agent: to, channel, closes_at, runs } => json!({
            "offer": offer(no), "agent": agent(to), "channel": channel.as_str(),
            (if *runs { "closes_at" } else { "deliver_by" }): at(closes_at),
        }),
        Event::SeatSought { no, agent: to, channel, step, until, promoted } => json!({
            "offer": offer(no), "agent": agent(to), "channel": channel.as_str(), "step": step + 1, "until": at(until),
            "promoted": promoted,
        }),
        Event::OfferSent { no, receipt, closes_at } => json!({
            "offer": offer(no), "channel": receipt.channel.as_str(), "closes_at": closes_at.as_ref().map(at),
        }),
        Event::OfferFailed { no, class, reason } => json!({ "offer": offer(no), "class": class, "reason": reason }),
        Event::FailedOver { topic, no, from, to, class, reason } => json!({
            "topic": topic, "offer": no.as_ref().map(offer), "from": from.as_str(), "to": to.as_str(), "class": class,
            "reason": reason,
        }),
        Event::OfferRerouted { no, from, to, class, reason, closes_at } => json!({
            "offer": offer(no), "from": from.as_str(), "to": to.as_str(), "class": class, "reason": reason,
            "closes_at": at(closes_at),
        }),
        Event::MessageRerouted { topic, from, to, class, reason } => json!({
            "topic": topic, "from": from.as_str(), "to": to.as_str(), "class": class, "reason": reason,
        }),
        Event::OfferClockStarted { no, closes_at } => json!({ "offer": offer(no), "closes_at": at(closes_at) }),
        Event::WaveShrunk { step, wanted, asked, channel, sends } => json!({
            "step": step + 1, "wanted": wanted, "asked": asked, "channel": channel.as_str(), "sends": sends,
        }),
        Event::OfferReturned { no, class } => json!({ "offer": offer(no), "class": class }),
        Event::Declined { no } | Event::OfferReached { no, .. } => json!({ "offer": offer(no) }),
        Event::OfferOver { no, over } => json!({ "offer": offer(no), "reason": over.as_str() }),
        Event::OfferExtended { no, closes_at, outage } => json!({
            "offer": offer(no), "closes_at": at(closes_at), "outage_until": outage.as_ref().map(at),
        }),
        Event::SearchExtended { until, outage } => {
            json!({ "until": at(until), "outage_until": outage.as_ref().map(at) })
        }
        Event::Claimed { no, agent: by, via } => {
            json!({ "offer": offer(no), "agent": agent(by), "via": via.map(ChannelKind::as_str) })
        }
        Event::StandbyJoined { no, agent: who, place } => {
            json!({ "offer": offer(no), "agent": agent(who), "place": place })
        }
        Event::StandbyLeft { agent: who } => json!({ "agent": agent(who) }),
        Event::ClaimEnded { agent: who, end, reason } => {
            json!({ "agent": agent(who), "end": end.as_str(), "reason": reason })
        }
        Event::Resumed { stood_millis } => {
            json!({ "stood": show_duration(std::time::Duration::from_millis(*stood_millis)) })
        }
        Event::Unfilled { reason } => json!({ "reason": reason.as_str() }),
        Event::Closed { outcome, reason } => json!({ "outcome": outcome.as_str(), "reason": reason }),
        Event::MessageFailed { topic, class, reason } => json!({ "topic": topic, "class": class, "reason": reason }),
        Event::MessageDropped { topic, reason } => json!({ "topic": topic, "reason": dropped(*reason) }),
        Event::SeatSoughtAgain { no, until } => json!({ "offer": offer(no), "until": at(until) }),
        Event::GatesSet { gates, .. } => json!({ "gates": GatesView::of(*gates) }),
        Event::PublisherSet { own } => json!({ "publish": own.map(Publish::as_str) }),
        Event::GatePassed { gate, reference } => json!({ "gate": gate.as_str(), "reference": reference }),
        Event::Released { no, agent: to, fields, until, required, overridden, reason } => json!({
            "release": no, "agent": agent(to), "fields": settlement_view::fields(*fields), "until": at(until),
            "gates": gates(*required), "overridden": gates(*overridden), "reason": reason,
        }),
        Event::GrantOpened { no } => json!({ "release": no }),
        Event::GrantRevoked { no, why, reason } => json!({ "release": no, "why": why.as_str(), "reason": reason }),
        Event::DetailsErased { reason } => json!({ "reason": reason }),
        Event::WorkStarted | Event::CrewTextDue | Event::DetailsExported | Event::Retried => Value::Null,
        Event::Awaited { what, by } => json!({ "step": what.as_str(), "by": at(by) }),
        Event::Escalated { what } => json!({ "step": what.as_str() }),
        Event::DeskTold { what } | Event::SentAgain { what } | Event::NotSentAgain { what } => {
            json!({ "what": what.as_str() })
        }
        Event::Assignment(news) => assignment(news),
        Event::CrewTextAwaited { at: moment } => json!({ "at": at(moment) }),
        Event::Denied { command, code } => json!({ "command": command, "code": code }),
        Event::Published { no, group, step, closes_at, runs } => json!({
            "publication": offer(no), "group": group, "step": step + 1,
            (if *runs { "closes_at" } else { "send_by" }): at(closes_at),
        }),
        Event::PublishAwaited { step } => json!({ "step": step + 1 }),
        Event::PublicationSent { no, receipt, closes_at } => json!({
            "publication": offer(no), "message": receipt.message, "closes_at": closes_at.as_ref().map(at),
        }),
        Event::PublicationFailed { no, class, reason } => {
            json!({ "publication": offer(no), "class": class, "reason": reason })
        }
        Event::PublicationDoubtful { no } | Event::PublishedAgain { no } => json!({ "publication": offer(no) }),
        Event::PublicationOver { no, over } => json!({ "publication": offer(no), "reason": over.as_str() }),
        Event::PublicationExtended { no, closes_at, outage } => json!({
            "publication": offer(no), "closes_at": at(closes_at), "outage_until": outage.as_ref().map(at),
        }),
        Event::WatchExtended { by_millis, outage } => json!({
            "by": show_duration(std::time::Duration::from_millis(*by_millis)), "outage_until": at(outage),
        }),
    };
    match facts {
        Value::Object(mut facts) => {
            facts.retain(|_, fact| !fact.is_null() && fact.as_str() != Some(""));
            facts
        }
        _ => Map::new(),
    }
}

/// What became of a message that hands a route over. Whose it is stands in the claim.
fn assignment(news: &News) -> Value {
    match news {
        News::Queued { channel, .. } => json!({ "channel": channel.as_str() }),
        News::Sent { receipt, .. } | News::Reached { receipt, .. } => json!({ "channel": receipt.channel.as_str() }),
        News::Failed { class, reason, .. } => json!({ "class": class, "reason": reason }),
        News::Dropped { why, .. } => json!({ "reason": dropped(*why) }),
        News::Unsure { .. } => Value::Null,
    }
}

/// The words of some gates.
fn gates(gates: GateSet) -> Vec<&'static str> {
    gates.iter().map(Gate::as_str).collect()
}

fn dropped(reason: DropReason) -> &'static str {
    match reason {
        DropReason::OfferOver => "offer-over",
        DropReason::Late => "late",
        DropReason::RecipientGone => "recipient-gone",
        DropReason::Unwanted => "unwanted",
        DropReason::NoConsent => "no_consent",
    }
}
