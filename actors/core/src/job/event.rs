//! What became true. The timeline is the audit trail: every entry says who, when and how.

use serde::{Deserialize, Serialize};

use super::assignment::News;
use super::settlement::{Fields, GrantNo, Revoked, Wait};
use super::weight::{REASON_MAX, RECEIPT_MAX, REFERENCE_MAX};
use super::{Ending, UnfilledReason};
use crate::crew::Publish;
use crate::delivery::{ChannelKind, DropReason, Progress, Provider, Receipt};
use crate::gates::{Gate, GateSet, Gates, OwnGates};
use crate::ids::{AgentId, OfferNo};
use crate::message::{ClaimEnd, Once, Over};
use crate::plan::Plan;
use crate::time::Timestamp;

/// One line of the timeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Counted from 1.
    pub seq: u32,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// How it came.
    pub cause: Cause,
    /// What.
    pub event: Event,
}

/// Who did something. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Actor {
    /// A system, by the name of its API key.
    Client(String),
    /// A person at the desk, by name.
    Operator(String),
    /// An agent.
    Agent(AgentId),
    /// Whoever held a link.
    Link,
    /// Baton itself.
    Engine,
    /// Somebody in a chat whom nobody knows.
    Stranger,
}

/// How it came. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    /// An API request.
    Request,
    /// A page behind a link.
    Page,
    /// An answer over a channel.
    Reply(ChannelKind),
    /// A deadline.
    Timer,
    /// What a provider told.
    Delivery,
    /// The agent's capacity was found free, or not.
    Seat,
    /// A rule that the tenant or the job has set.
    Rule,
}

/// What became true of a job. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// It came in.
    Created,
    /// It may be offered.
    Approved,
    /// It must not be offered.
    Rejected {
        /// Why.
        reason: Option<String>,
    },
    /// Offering starts later.
    Scheduled {
        /// When.
        start_at: Timestamp,
    },
    /// A round began: the plan is frozen.
    RoundStarted {
        /// Counted from 1.
        round: u16,
        /// With this plan from now on.
        plan: Option<Box<Plan>>,
        /// The search ends then.
        search_until: Option<Timestamp>,
        /// Whether those who said no are kept out.
        skip_declined: bool,
        /// Whether somebody started it by hand.
        by_hand: bool,
    },
    /// It was started by hand while it was being offered.
    StartSeen,
    /// Agents are asked together; their offers follow.
    WaveOpened {
        /// Counted from 1 over the whole job.
        wave: u16,
        /// Which wave of the plan, from 0.
        step: u16,
    },
    /// A wave had nobody to ask.
    WaveSkipped {
        /// Which wave of the plan, from 0.
        step: u16,
        /// Whether everybody stayed full for its whole time.
        full: bool,
    },
    /// Everybody is full: the wave waits.
    RoomAwaited {
        /// Which wave of the plan, from 0.
        step: u16,
        /// Until then.
        until: Timestamp,
        /// Looking again then.
        look_at: Timestamp,
    },
    /// The job was offered to an agent.
    Offered {
        /// Which offer.
        no: OfferNo,
        /// To whom.
        agent: AgentId,
        /// By which channel.
        channel: ChannelKind,
        /// Until when it can be claimed, or must have been delivered.
        closes_at: Timestamp,
        /// Whether its clock runs already.
        runs: bool,
    },
    /// The job is to be given to an agent if they have room.
    SeatSought {
        /// Which offer.
        no: OfferNo,
        /// To whom.
        agent: AgentId,
        /// By which channel they will be told.
        channel: ChannelKind,
        /// Which wave of the plan, from 0.
        step: u16,
        /// Given up then.
        until: Timestamp,
        /// Whether they come from the standby line.
        promoted: bool,
    },
    /// The offer's message went out.
    OfferSent {
        /// Which offer.
        no: OfferNo,
        /// The provider's id of it.
        receipt: Receipt,
        /// Its deadline from now on, where its clock began with that.
        closes_at: Option<Timestamp>,
    },
    /// The offer could not be delivered.
    OfferFailed {
        /// Which offer.
        no: OfferNo,
        /// The class of the failure.
        class: String,
        /// What the provider said.
        reason: String,
    },
    /// The agent said no.
    Declined {
        /// Which offer.
        no: OfferNo,
    },
    /// The offer ended without the agent's answer.
    OfferOver {
        /// Which offer.
        no: OfferNo,
        /// Why.
        over: Over,
    },
    /// The offer has more time.
    OfferExtended {
        /// Which offer.
        no: OfferNo,
        /// Until then.
        closes_at: Timestamp,
        /// The end of the outage that was made up for; none: somebody asked.
        outage: Option<Timestamp>,
    },
    /// The search has more time.
    SearchExtended {
        /// Until then.
        until: Timestamp,
        /// The end of the outage that was made up for; none: somebody asked.
        outage: Option<Timestamp>,
    },
    /// An agent has the job.
    Claimed {
        /// By which offer.
        no: OfferNo,
        /// Who.
        agent: AgentId,
        /// How the yes came.
        via: Option<ChannelKind>,
    },
    /// A later claimant waits behind the winner.
    StandbyJoined {
        /// By which offer.
        no: OfferNo,
        /// Who.
        agent: AgentId,
        /// Their place, from 1.
        place: u16,
    },
    /// They no longer wait.
    StandbyLeft {
        /// Who.
        agent: AgentId,
    },
    /// The winner no longer has it.
    ClaimEnded {
        /// Who.
        agent: AgentId,
        /// Why.
        end: ClaimEnd,
        /// What they said.
        reason: Option<String>,
    },
    /// The winner is on it.
    Acknowledged,
    /// The winner was silent and is reminded.
    Reminded,
    /// The clocks stand still.
    Paused,
    /// They run again.
    Resumed {
        /// How long they stood still, in milliseconds.
        stood_millis: u64,
    },
    /// Nobody took it.
    Unfilled {
        /// Why.
        reason: UnfilledReason,
    },
    /// It is over.
    Closed {
        /// How it ended.
        outcome: Ending,
        /// Why.
        reason: Option<String>,
    },
    /// A message other than an offer could not be delivered.
    MessageFailed {
        /// The name of its template.
        topic: String,
        /// The class of the failure.
        class: String,
        /// What the provider said.
        reason: String,
    },
    /// A message was not worth sending any more.
    MessageDropped {
        /// The name of its template.
        topic: String,
        /// Why.
        reason: DropReason,
    },
    /// No answer came about the agent's capacity: it is asked for again.
    SeatSoughtAgain {
        /// Which offer.
        no: OfferNo,
        /// Given up then.
        until: Timestamp,
    },
    /// The winner has more time to acknowledge: the engine was away.
    WatchExtended {
        /// By so much, in milliseconds.
        by_millis: u64,
        /// The end of the outage that was made up for.
        outage: Timestamp,
    },
    /// The provider told how far the offer's message has come.
    OfferReached {
        /// Which offer.
        no: OfferNo,
        /// How far.
        progress: Progress,
    },
    /// The offer's message did not arrive and is sent in another form.
    OfferReturned {
        /// Which offer.
        no: OfferNo,
        /// The class of the failure.
        class: String,
    },
    /// Another provider of the same channel took a message over.
    FailedOver {
        /// The name of its template.
        topic: String,
        /// Of an offer: which.
        no: Option<OfferNo>,
        /// Who had it.
        from: Provider,
        /// Who has it now.
        to: Provider,
        /// The class of the failure.
        class: String,
        /// What the provider said.
        reason: String,
    },
    /// The offer did not arrive by one channel and goes by another: it stays the same offer.
    OfferRerouted {
        /// Which offer.
        no: OfferNo,
        /// The channel it did not arrive by.
        from: ChannelKind,
        /// The channel it goes by now.
        to: ChannelKind,
        /// The class of the failure.
        class: String,
        /// What the provider said.
        reason: String,
        /// Its deadline from now on.
        closes_at: Timestamp,
    },
    /// A message other than an offer did not arrive by one channel and goes by another.
    MessageRerouted {
        /// The name of its template.
        topic: String,
        /// The channel it did not arrive by.
        from: ChannelKind,
        /// The channel it goes by now.
        to: ChannelKind,
        /// The class of the failure.
        class: String,
        /// What the provider said.
        reason: String,
    },
    /// The offer has arrived, and its clock begins to run.
    OfferClockStarted {
        /// Which offer.
        no: OfferNo,
        /// Its deadline.
        closes_at: Timestamp,
    },
    /// Fewer are asked now than the wave would ask, because a channel cannot send more in the wave's time. The others follow.
    WaveShrunk {
        /// Which wave of the plan, from 0.
        step: u16,
        /// How many there were to ask.
        wanted: u16,
        /// How many are asked now.
        asked: u16,
        /// The channel that cannot send more.
        channel: ChannelKind,
        /// How many it can send in that time.
        sends: u32,
    },
    /// The gates behind the claim are others from now on: of the job itself, or of its tenant.
    GatesSet {
        /// What the job says.
        own: OwnGates,
        /// What holds.
        gates: Gates,
    },
    /// A gate was passed: confirmed, invoiced or paid.
    GatePassed {
        /// Which.
        gate: Gate,
        /// The number of the invoice or of the payment.
        reference: Option<String>,
    },
    /// The private details were handed to the winner.
    Released {
        /// Which grant.
        no: GrantNo,
        /// To whom.
        agent: AgentId,
        /// Which fields.
        fields: Fields,
        /// Until when.
        until: Timestamp,
        /// The gates there were.
        required: GateSet,
        /// Those of them that an operator went by.
        overridden: GateSet,
        /// Why.
        reason: Option<String>,
    },
    /// The details were looked at for the first time.
    GrantOpened {
        /// Which grant.
        no: GrantNo,
    },
    /// The details were taken back.
    GrantRevoked {
        /// Which grant.
        no: GrantNo,
        /// Why.
        why: Revoked,
        /// What was said.
        reason: Option<String>,
    },
    /// The winner has begun.
    WorkStarted,
    /// The next step has a time.
    Awaited {
        /// Which step.
        what: Wait,
        /// By when.
        by: Timestamp,
    },
    /// A step was not made in its time: the desk is told.
    Escalated {
        /// Which step.
        what: Wait,
    },
    /// Somebody tried what they may not do.
    Denied {
        /// The word of the command.
        command: String,
        /// Why not.
        code: String,
    },
    /// The private details are erased.
    DetailsErased {
        /// Why.
        reason: String,
    },
    /// It can be claimed from a group, until its time is over.
    Published {
        /// What a claim from there names.
        no: OfferNo,
        /// The group.
        group: String,
        /// Which wave of the plan, from 0.
        step: u16,
        /// Until when it can be claimed, or must have been sent.
        closes_at: Timestamp,
        /// Whether its clock runs already.
        runs: bool,
    },
    /// A person is to publish it in a group.
    PublishAwaited {
        /// Which wave of the plan, from 0.
        step: u16,
    },
    /// The group's message went out.
    PublicationSent {
        /// Which publication.
        no: OfferNo,
        /// The provider's id of it.
        receipt: Receipt,
        /// Its deadline from now on, where its clock began with that.
        closes_at: Option<Timestamp>,
    },
    /// It could not be published in the group.
    PublicationFailed {
        /// Which publication.
        no: OfferNo,
        /// The class of the failure.
        class: String,
        /// What the provider said.
        reason: String,
    },
    /// The group's message may have arrived, or not: it is not sent again by itself.
    PublicationDoubtful {
        /// Which publication.
        no: OfferNo,
    },
    /// The group's message is sent once more, by the desk's word.
    PublishedAgain {
        /// Which publication.
        no: OfferNo,
    },
    /// It can no longer be claimed from the group.
    PublicationOver {
        /// Which publication.
        no: OfferNo,
        /// Why.
        over: Over,
    },
    /// It can be claimed from the group for longer.
    PublicationExtended {
        /// Which publication.
        no: OfferNo,
        /// Until then.
        closes_at: Timestamp,
        /// The end of the outage that was made up for; none: somebody asked.
        outage: Option<Timestamp>,
    },
    /// The desk has what it gets once of a finished lead.
    DeskTold {
        /// What.
        what: Once,
    },
    /// The text for crews follows the lead at this moment.
    CrewTextAwaited {
        /// When.
        at: Timestamp,
    },
    /// Its moment has come.
    CrewTextDue,
    /// Somebody had sent once more what nobody knew to have arrived.
    SentAgain {
        /// What.
        what: Once,
    },
    /// The private details were given out as what is held about the client.
    DetailsExported,
    /// It had been put aside, and somebody gave it another chance.
    Retried,
    /// Nobody knew whether something had arrived, and somebody decided that it is not sent again.
    NotSentAgain {
        /// What.
        what: Once,
    },
    /// What became of the messages that hand a route to its driver.
    Assignment(News),
    /// Who publishes the job in groups is another from now on.
    PublisherSet {
        /// What the job says; nothing: its tenant does.
        own: Option<Publish>,
    },
}

impl Event {
    /// What comes from outside is cut to a length that can be kept.
    pub(super) fn clip(&mut self) {
        for (text, words) in self.texts() {
            clip_to(
                words,
                match text {
                    Text::Reason | Text::Class => REASON_MAX,
                    Text::Reference => REFERENCE_MAX,
                    Text::Word => WORD_MAX,
                },
            );
        }
        // Half an id would name another message.
        if let Self::OfferSent { receipt, .. }
        | Self::PublicationSent { receipt, .. }
        | Self::Assignment(News::Sent { receipt, .. } | News::Reached { receipt, .. }) = self
            && receipt.message.len() > RECEIPT_MAX
        {
            receipt.message.clear();
        }
    }

    /// The event without what people wrote and providers said, in which anything may stand.
    #[must_use]
    pub fn without_words(mut self) -> Self {
        for (text, words) in self.texts() {
            match text {
                Text::Reason | Text::Reference => words.clear(),
                Text::Class | Text::Word => {}
            }
        }
        self
    }

    /// The texts that came from outside.
    fn texts(&mut self) -> Vec<(Text, &mut String)> {
        match self {
            Self::Rejected { reason: Some(reason) }
            | Self::ClaimEnded { reason: Some(reason), .. }
            | Self::Closed { reason: Some(reason), .. }
            | Self::Released { reason: Some(reason), .. }
            | Self::GrantRevoked { reason: Some(reason), .. }
            | Self::DetailsErased { reason } => vec![(Text::Reason, reason)],
            Self::GatePassed { reference: Some(reference), .. } => vec![(Text::Reference, reference)],
            Self::Denied { command, code } => vec![(Text::Word, command), (Text::Word, code)],
            Self::OfferReturned { class, .. } => vec![(Text::Class, class)],
            Self::OfferFailed { class, reason, .. }
            | Self::Assignment(News::Failed { class, reason, .. })
            | Self::MessageFailed { class, reason, .. }
            | Self::PublicationFailed { class, reason, .. }
            | Self::FailedOver { class, reason, .. }
            | Self::OfferRerouted { class, reason, .. }
            | Self::MessageRerouted { class, reason, .. } => vec![(Text::Class, class), (Text::Reason, reason)],
            Self::Created
            | Self::Approved
            | Self::Rejected { reason: None }
            | Self::Scheduled { .. }
            | Self::RoundStarted { .. }
            | Self::StartSeen
            | Self::WaveOpened { .. }
            | Self::WaveSkipped { .. }
            | Self::RoomAwaited { .. }
            | Self::Offered { .. }
            | Self::SeatSought { .. }
            | Self::OfferSent { .. }
            | Self::Published { .. }
            | Self::PublishAwaited { .. }
            | Self::PublicationSent { .. }
            | Self::PublicationDoubtful { .. }
            | Self::PublishedAgain { .. }
            | Self::PublicationOver { .. }
            | Self::PublicationExtended { .. }
            | Self::Declined { .. }
            | Self::OfferOver { .. }
            | Self::OfferExtended { .. }
            | Self::SearchExtended { .. }
            | Self::Claimed { .. }
            | Self::StandbyJoined { .. }
            | Self::StandbyLeft { .. }
            | Self::ClaimEnded { reason: None, .. }
            | Self::Acknowledged
            | Self::Reminded
            | Self::Paused
            | Self::Resumed { .. }
            | Self::Unfilled { .. }
            | Self::Closed { reason: None, .. }
            | Self::MessageDropped { .. }
            | Self::SeatSoughtAgain { .. }
            | Self::WatchExtended { .. }
            | Self::OfferReached { .. }
            | Self::OfferClockStarted { .. }
            | Self::WaveShrunk { .. }
            | Self::GatesSet { .. }
            | Self::PublisherSet { .. }
            | Self::GatePassed { reference: None, .. }
            | Self::Released { reason: None, .. }
            | Self::GrantOpened { .. }
            | Self::GrantRevoked { reason: None, .. }
            | Self::WorkStarted
            | Self::Awaited { .. }
            | Self::Escalated { .. }
            | Self::DeskTold { .. }
            | Self::CrewTextAwaited { .. }
            | Self::CrewTextDue
            | Self::SentAgain { .. }
            | Self::DetailsExported
            | Self::Retried
            | Self::NotSentAgain { .. }
            | Self::Assignment(
                News::Queued { .. }
                | News::Sent { .. }
                | News::Reached { .. }
                | News::Dropped { .. }
                | News::Unsure { .. },
            ) => Vec::new(),
        }
    }

    /// Every word that [`Event::name`] has, in order.
    pub const NAMES: [&str; 82] = [
        "acknowledged",
        "approved",
        "assignment_delivered",
        "assignment_dropped",
        "assignment_failed",
        "assignment_passed_on",
        "assignment_queued",
        "assignment_read",
        "assignment_sent",
        "assignment_undelivered",
        "assignment_unsure",
        "awaited",
        "cancelled",
        "claim_ended",
        "claimed",
        "completed",
        "confirmed",
        "created",
        "crew_text_awaited",
        "crew_text_due",
        "declined",
        "denied",
        "desk_told",
        "details_erased",
        "details_exported",
        "details_opened",
        "escalated",
        "expired",
        "failed",
        "failed_over",
        "gates_set",
        "invoiced",
        "message_dropped",
        "message_failed",
        "message_rerouted",
        "no_show",
        "not_sent_again",
        "offer_clock_started",
        "offer_delivered",
        "offer_extended",
        "offer_failed",
        "offer_over",
        "offer_passed_on",
        "offer_read",
        "offer_rerouted",
        "offer_returned",
        "offer_sent",
        "offer_undelivered",
        "offered",
        "paid",
        "paused",
        "publication_doubtful",
        "publication_extended",
        "publication_failed",
        "publication_over",
        "publication_sent",
        "publish_awaited",
        "published",
        "published_again",
        "publisher_set",
        "rejected",
        "release_revoked",
        "released",
        "reminded",
        "resumed",
        "retried",
        "room_awaited",
        "round_started",
        "scheduled",
        "search_extended",
        "seat_sought",
        "seat_sought_again",
        "sent_again",
        "standby_joined",
        "standby_left",
        "start_seen",
        "unfilled",
        "watch_extended",
        "wave_opened",
        "wave_shrunk",
        "wave_skipped",
        "work_started",
    ];

    /// The stable word for it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Approved => "approved",
            Self::Rejected { .. } => "rejected",
            Self::Scheduled { .. } => "scheduled",
            Self::RoundStarted { .. } => "round_started",
            Self::StartSeen => "start_seen",
            Self::WaveOpened { .. } => "wave_opened",
            Self::WaveSkipped { .. } => "wave_skipped",
            Self::RoomAwaited { .. } => "room_awaited",
            Self::Offered { .. } => "offered",
            Self::SeatSought { .. } => "seat_sought",
            Self::OfferSent { .. } => "offer_sent",
            Self::OfferFailed { .. } => "offer_failed",
            Self::Declined { .. } => "declined",
            Self::OfferOver { .. } => "offer_over",
            Self::OfferExtended { .. } => "offer_extended",
            Self::SearchExtended { .. } => "search_extended",
            Self::Claimed { .. } => "claimed",
            Self::StandbyJoined { .. } => "standby_joined",
            Self::StandbyLeft { .. } => "standby_left",
            Self::ClaimEnded { .. } => "claim_ended",
            Self::Acknowledged => "acknowledged",
            Self::Reminded => "reminded",
            Self::Paused => "paused",
            Self::Resumed { .. } => "resumed",
            Self::Unfilled { .. } => "unfilled",
            Self::Closed { outcome, .. } => outcome.as_str(),
            Self::MessageFailed { .. } => "message_failed",
            Self::MessageDropped { .. } => "message_dropped",
            Self::SeatSoughtAgain { .. } => "seat_sought_again",
            Self::WatchExtended { .. } => "watch_extended",
            Self::OfferReached { progress, .. } => match progress {
                Progress::Sent => "offer_passed_on",
                Progress::Delivered => "offer_delivered",
                Progress::Read => "offer_read",
                Progress::Failed => "offer_undelivered",
            },
            Self::OfferReturned { .. } => "offer_returned",
            Self::FailedOver { .. } => "failed_over",
            Self::OfferRerouted { .. } => "offer_rerouted",
            Self::MessageRerouted { .. } => "message_rerouted",
            Self::OfferClockStarted { .. } => "offer_clock_started",
            Self::WaveShrunk { .. } => "wave_shrunk",
            Self::GatesSet { .. } => "gates_set",
            Self::PublisherSet { .. } => "publisher_set",
            Self::GatePassed { gate, .. } => gate.passed(),
            Self::Released { .. } => "released",
            Self::GrantOpened { .. } => "details_opened",
            Self::GrantRevoked { .. } => "release_revoked",
            Self::WorkStarted => "work_started",
            Self::Awaited { .. } => "awaited",
            Self::Escalated { .. } => "escalated",
            Self::Denied { .. } => "denied",
            Self::DetailsErased { .. } => "details_erased",
            Self::Published { .. } => "published",
            Self::PublishAwaited { .. } => "publish_awaited",
            Self::PublicationSent { .. } => "publication_sent",
            Self::PublicationFailed { .. } => "publication_failed",
            Self::PublicationDoubtful { .. } => "publication_doubtful",
            Self::PublishedAgain { .. } => "published_again",
            Self::PublicationOver { .. } => "publication_over",
            Self::PublicationExtended { .. } => "publication_extended",
            Self::DeskTold { .. } => "desk_told",
            Self::CrewTextAwaited { .. } => "crew_text_awaited",
            Self::CrewTextDue => "crew_text_due",
            Self::SentAgain { .. } => "sent_again",
            Self::DetailsExported => "details_exported",
            Self::Retried => "retried",
            Self::NotSentAgain { .. } => "not_sent_again",
            Self::Assignment(news) => news.name(),
        }
    }
}

/// No word of ours is longer.
const WORD_MAX: usize = 32;

/// What a text from outside is.
#[derive(Clone, Copy)]
enum Text {
    /// What somebody wrote, or a provider said.
    Reason,
    /// The number of a paper.
    Reference,
    /// A kind of failure.
    Class,
    /// A word of ours that came back.
    Word,
}

fn clip_to(text: &mut String, max: usize) {
    if text.len() > max {
        let end = text.floor_char_boundary(max - '…'.len_utf8());
        text.truncate(end);
        text.push('…');
    }
}
