//! How large a job's record can become: the store refuses values over 60 KiB, and a job that cannot be stored would be
//! stuck for ever. So room is kept beforehand for all that open offers may still bring.
//!
//! The figures are upper bounds of the record's encoding (integers of variable length); a test compares them.

use super::assignment::{CARRIERS, News};
use super::event::{Entry, Event};
use super::notes::{NAME_MAX, NOTE_RECEIPT_MAX, NOTES_KEPT, WHAT_MAX};
use super::turn::ANSWERS_KEPT;
use super::{Job, OFFERS_MAX, Offer, OfferState, Owed};
use crate::brief::Brief;
use crate::crew::GROUP_NAME_MAX;
use crate::ids::OfferNo;
use crate::message::Topic;
use crate::notification::delivery::CALLBACKS_KEPT;
use crate::plan::{Mode, Plan, Wave};

/// No job weighs more: the store's bound without the record's envelope and head.
pub const WEIGHT_MAX: usize = 60 * 1024 - 128;

/// No more than this of the timeline stays in the record.
pub const TIMELINE_MAX: usize = 2560;

/// No brief that comes in weighs more: the rest of the record's room is for those who are asked.
pub const BRIEF_MAX: usize = 16 * 1024;

/// No reason is kept longer than this.
pub const REASON_MAX: usize = 256;

/// A provider's id of a message that is longer cannot be kept: then the message cannot be edited.
pub const RECEIPT_MAX: usize = 72;

/// No number of an invoice or payment is kept longer than this.
pub const REFERENCE_MAX: usize = 64;

/// A moment, and a text's length.
const TIME: usize = 9;
const LENGTH: usize = 3;
/// An id without its tenant, with both their lengths.
const ID: usize = 18;
/// An offer without its agent and receipt: numbers, round, wave, times, channel, state and debt.
const OFFER: usize = 3 + 3 + 3 + TIME + 1 + 11 + 1 + 9 + TIME;
const RECEIPT: usize = 1 + LENGTH;
/// What stands in a group: its name, numbers, round, step, times and state, its receipt, its debt, and one that is owed.
const PUBLICATION: usize = LENGTH + GROUP_NAME_MAX + 3 * 3 + 3 * TIME + 4 + RECEIPT + RECEIPT_MAX + 2 + 9 + 2 * OWED;
/// A debt without its recipient, and one that has no lifetime.
const OWED: usize = 8 + TIME + 2 + 5 + 10;
const OWED_FOR_EVER: usize = OWED - 9;
/// What a claim and its loss bring: news to the winner and to the desk. There is no second claim without a new offer.
const AFFAIRS: usize = 720;
/// Four gates, three of them with a reference, what is late, the gates that hold, and a grant without its agent.
const SETTLEMENT: usize = 4 * (2 + TIME) + 3 * (LENGTH + REFERENCE_MAX) + LENGTH + 2 * (2 + TIME) + 12 + 60;
/// A job that weighs more remembers nothing of what it has sent.
pub const SENT_BELOW: usize = WEIGHT_MAX - AFFAIRS;
/// A note of the desk's without the agent it is about: its number, message, what was done and by whom, and the debt that says so.
const NOTE: usize =
    8 + 4 + RECEIPT + NOTE_RECEIPT_MAX + 2 + LENGTH + WHAT_MAX + 1 + LENGTH + NAME_MAX + TIME + OWED_FOR_EVER;
/// A message of an assignment that has failed: its numbers, times, states, receipt, class, reason and what its provider told.
const ATTEMPT: usize = 9
    + 5
    + 1
    + 2
    + 1
    + RECEIPT
    + RECEIPT_MAX
    + 4 * (1 + TIME)
    + 2 * (1 + LENGTH)
    + 2 * REASON_MAX
    + LENGTH
    + CALLBACKS_KEPT * (TIME + 2);
/// A route handed to a driver: ids, what was asked for, times, and a message for each channel.
const ASSIGNMENT: usize = 17 + 2 * 12 + 10 + 12 + 2 * (1 + TIME) + LENGTH + CARRIERS.len() * (ATTEMPT + OWED);
/// Everything of fixed size.
const FIXED: usize = 384 + 24;

impl Job {
    /// What its record may come to weigh if everything open comes to its worst end.
    pub fn weight(&self) -> usize {
        let agent = self.agent_weight();
        let debt = |owed: &Owed| match (&owed.message.topic, owed.message.lifetime) {
            // Counted with the offer, or with what stands in a group.
            (Topic::Offer(_) | Topic::CrewOffer(_) | Topic::CrewStatus(_), _) => 0,
            (_, None) => OWED_FOR_EVER + agent,
            (_, Some(_)) => OWED + agent,
        };
        FIXED
            + TIMELINE_MAX
            + SETTLEMENT
            + 4 * agent
            + text(self.external_ref.as_deref())
            + brief(&self.brief)
            + plan(&self.plan)
            + self.plan_name.as_ref().map_or(0, |(name, _)| LENGTH + name.len() + 5)
            + self.offers.iter().map(|offer| offer_weight(offer, agent)).sum::<usize>()
            + self.publications.len() * PUBLICATION
            + self.had_it.len() * agent
            + self.standby.len() * (agent + 3 + TIME)
            + self.owed.iter().map(debt).sum::<usize>()
            + self.sent.len() * (OWED + agent)
            + ANSWERS_KEPT * 34
            + NOTES_KEPT * (NOTE + agent)
            + self.assignment.as_ref().map_or(1, |_| ASSIGNMENT + agent)
    }

    /// How many more offers it can make in this round.
    pub fn room(&self) -> usize {
        let each = OFFER + RECEIPT + RECEIPT_MAX + OWED_FOR_EVER + 2 * self.agent_weight();
        let by_weight = WEIGHT_MAX.saturating_sub(self.weight() + AFFAIRS) / each;
        let by_count = OFFERS_MAX.saturating_sub(self.offers.len());
        let by_number = usize::from(OfferNo::MAX - self.last_offer);
        by_weight.min(by_count).min(by_number)
    }

    fn agent_weight(&self) -> usize {
        ID + self.id.tenant.as_str().len()
    }
}

fn offer_weight(offer: &Offer, agent: usize) -> usize {
    let open = offer.is_open();
    let on_its_way = offer.debt.is_some() && offer.receipt.is_none();
    let receipt = match &offer.receipt {
        Some(receipt) => RECEIPT + receipt.message.len(),
        None if open || on_its_way => RECEIPT + RECEIPT_MAX,
        None => 0,
    };
    // Its message is owed (and then it has no receipt yet), or its end will be.
    let debt = if open || (on_its_way && may_arrive(offer.state)) { OWED_FOR_EVER + agent } else { 0 };
    OFFER + agent + receipt + debt
}

/// Whether its message may still arrive and must then be taken back.
fn may_arrive(state: OfferState) -> bool {
    match state {
        OfferState::Open { .. } | OfferState::Declined | OfferState::Over(_) | OfferState::Failed => true,
        OfferState::Claimed | OfferState::Lost => false,
    }
}

/// What an entry of the timeline weighs.
pub(super) fn entry_weight(entry: &Entry) -> usize {
    let texts = match &entry.event {
        Event::RoundStarted { plan: Some(new), .. } => plan(new),
        Event::Rejected { reason } | Event::ClaimEnded { reason, .. } | Event::Closed { reason, .. } => {
            text(reason.as_deref())
        }
        Event::Released { reason, .. } => text(reason.as_deref()) + ID,
        Event::GrantRevoked { reason, .. } => text(reason.as_deref()),
        Event::DetailsErased { reason } => LENGTH + reason.len(),
        Event::GatePassed { reference, .. } => text(reference.as_deref()),
        Event::Denied { command, code } => 2 * LENGTH + command.len() + code.len(),
        Event::OfferReturned { class, .. } => LENGTH + class.len(),
        Event::OfferFailed { class, reason, .. } | Event::PublicationFailed { class, reason, .. } => {
            2 * LENGTH + class.len() + reason.len()
        }
        Event::OfferRerouted { class, reason, .. } => 2 * LENGTH + 2 + TIME + class.len() + reason.len(),
        Event::MessageRerouted { topic, class, reason, .. } | Event::FailedOver { topic, class, reason, .. } => {
            3 * LENGTH + 6 + topic.len() + class.len() + reason.len()
        }
        Event::MessageFailed { topic, class, reason } => 3 * LENGTH + topic.len() + class.len() + reason.len(),
        Event::MessageDropped { topic, .. } => LENGTH + topic.len(),
        Event::Published { group, .. } => LENGTH + group.len(),
        Event::OfferSent { receipt, .. }
        | Event::PublicationSent { receipt, .. }
        | Event::Assignment(News::Sent { receipt, .. } | News::Reached { receipt, .. }) => {
            RECEIPT + receipt.message.len()
        }
        Event::Assignment(News::Failed { class, reason, .. }) => 2 * LENGTH + class.len() + reason.len(),
        Event::Created
        | Event::Approved
        | Event::Scheduled { .. }
        | Event::RoundStarted { plan: None, .. }
        | Event::StartSeen
        | Event::WaveOpened { .. }
        | Event::WaveSkipped { .. }
        | Event::RoomAwaited { .. }
        | Event::Offered { .. }
        | Event::SeatSought { .. }
        | Event::Declined { .. }
        | Event::OfferOver { .. }
        | Event::OfferExtended { .. }
        | Event::SearchExtended { .. }
        | Event::Claimed { .. }
        | Event::StandbyJoined { .. }
        | Event::StandbyLeft { .. }
        | Event::Acknowledged
        | Event::Reminded
        | Event::Paused
        | Event::Resumed { .. }
        | Event::Unfilled { .. }
        | Event::SeatSoughtAgain { .. }
        | Event::WatchExtended { .. }
        | Event::OfferReached { .. }
        | Event::OfferClockStarted { .. }
        | Event::WaveShrunk { .. }
        | Event::GatesSet { .. }
        | Event::PublisherSet { .. }
        | Event::GrantOpened { .. }
        | Event::WorkStarted
        | Event::Awaited { .. }
        | Event::Escalated { .. }
        | Event::PublishAwaited { .. }
        | Event::PublicationDoubtful { .. }
        | Event::PublishedAgain { .. }
        | Event::PublicationOver { .. }
        | Event::PublicationExtended { .. }
        | Event::DeskTold { .. }
        | Event::CrewTextAwaited { .. }
        | Event::CrewTextDue
        | Event::SentAgain { .. }
        | Event::DetailsExported
        | Event::Retried
        | Event::NotSentAgain { .. }
        | Event::Assignment(News::Queued { .. } | News::Dropped { .. } | News::Unsure { .. }) => 0,
    };
    let actor = match &entry.actor {
        super::Actor::Client(name) | super::Actor::Operator(name) => LENGTH + name.len(),
        super::Actor::Agent(agent) => ID + agent.tenant.as_str().len(),
        super::Actor::Link | super::Actor::Engine | super::Actor::Stranger => 0,
    };
    // Numbers, times, words, and at most one agent.
    96 + actor + texts
}

fn text(text: Option<&str>) -> usize {
    1 + text.map_or(0, |text| LENGTH + text.len())
}

fn texts(texts: &[String]) -> usize {
    LENGTH + texts.iter().map(|text| LENGTH + text.len()).sum::<usize>()
}

/// What a brief weighs.
pub fn brief(brief: &Brief) -> usize {
    let Brief { from, to, via, date: _, window, vehicle, volume, items, services, price, tags, duration_minutes: _ } =
        brief;
    let single = [from, to, window, vehicle, volume].into_iter().map(|given| text(given.as_deref())).sum::<usize>();
    let items = LENGTH + items.iter().map(|item| LENGTH + item.kind.len() + 5).sum::<usize>();
    let price = 1 + price.as_ref().map_or(0, |price| 10 + LENGTH + price.currency.len());
    // A day is written out; a duration is a number.
    single + items + price + 13 + 6 + texts(via) + texts(services) + texts(tags)
}

fn plan(plan: &Plan) -> usize {
    // Its numbers and times, and for each wave its mode with an agent, its time and its tags.
    let named = |wave: &Wave| match &wave.mode {
        Mode::Group(name) => LENGTH + name.len(),
        Mode::OneByOne | Mode::Several(_) | Mode::Everybody | Mode::Direct { .. } => 0,
    };
    let wave = |wave: &Wave| 2 + ID + 16 + 14 + 1 + named(wave) + texts(&wave.tags);
    64 + plan.waves.iter().map(wave).sum::<usize>()
}
