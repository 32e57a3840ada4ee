//! Counters of what became true, recorded once it is stored.

use baton_core::ids::OfferNo;
use baton_core::job::ledger::Attempt;
use baton_core::job::{Entry, Event, Job, OfferState};
use baton_core::notification::Notification;
use metrics::{counter, histogram};

use crate::gauges;

/// Counts what a stored step of a notification has made of it.
pub fn notification(before: Option<&Notification>, after: &Notification) {
    if before.is_none() {
        counter!(gauges::NOTIFICATIONS_CREATED).increment(1);
    }
    if after.is_ended() && before.is_none_or(|before| before.status() != after.status()) {
        counter!(gauges::NOTIFICATIONS_ENDED, "status" => after.status()).increment(1);
    }
}

/// Counts the entries of a stored step. `before`: the job as it was, for offers of a round that is over.
pub fn entries(before: Option<&Job>, job: &Job, entries: &[Entry]) {
    for entry in entries {
        if let Event::OfferOver { no, .. } | Event::Declined { no } | Event::Claimed { no, .. } = entry.event {
            unsent(before, job, no);
        }
        match &entry.event {
            Event::Created => counter!(gauges::JOBS_CREATED).increment(1),
            Event::Offered { .. } | Event::SeatSought { .. } => counter!(gauges::OFFERS_MADE).increment(1),
            Event::OfferFailed { .. } => offer("failed"),
            Event::Declined { .. } => offer("declined"),
            Event::OfferOver { over, .. } => offer(over.as_str()),
            Event::Claimed { .. } => claimed(job, entry),
            Event::StandbyJoined { .. } => counter!(gauges::CLAIMS, "verdict" => "standby").increment(1),
            Event::Closed { outcome, .. } => counter!(gauges::JOBS_CLOSED, "outcome" => outcome.as_str()).increment(1),
            Event::Approved
            | Event::Rejected { .. }
            | Event::Scheduled { .. }
            | Event::RoundStarted { .. }
            | Event::StartSeen
            | Event::WaveOpened { .. }
            | Event::WaveSkipped { .. }
            | Event::RoomAwaited { .. }
            | Event::OfferSent { .. }
            | Event::OfferExtended { .. }
            | Event::SearchExtended { .. }
            | Event::StandbyLeft { .. }
            | Event::ClaimEnded { .. }
            | Event::Acknowledged
            | Event::Reminded
            | Event::Paused
            | Event::Resumed { .. }
            | Event::Unfilled { .. }
            | Event::MessageFailed { .. }
            | Event::MessageDropped { .. }
            | Event::SeatSoughtAgain { .. }
            | Event::WatchExtended { .. }
            | Event::OfferReached { .. }
            | Event::OfferReturned { .. }
            | Event::FailedOver { .. }
            | Event::OfferRerouted { .. }
            | Event::MessageRerouted { .. }
            | Event::OfferClockStarted { .. }
            | Event::WaveShrunk { .. }
            | Event::GatesSet { .. }
            | Event::PublisherSet { .. }
            | Event::GatePassed { .. }
            | Event::Released { .. }
            | Event::GrantOpened { .. }
            | Event::GrantRevoked { .. }
            | Event::DetailsErased { .. }
            | Event::WorkStarted
            | Event::Awaited { .. }
            | Event::Escalated { .. }
            | Event::Denied { .. }
            | Event::Published { .. }
            | Event::PublishAwaited { .. }
            | Event::PublicationSent { .. }
            | Event::PublicationFailed { .. }
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
            | Event::Assignment(_) => {}
        }
    }
}

/// Counts attempts to claim that did not win.
pub fn attempts(attempts: &[Attempt]) {
    for attempt in attempts {
        match attempt.verdict.as_str() {
            "claimed" | "standby-left" => {}
            "already" => counter!(gauges::CLAIMS, "verdict" => "already").increment(1),
            _ => counter!(gauges::CLAIMS, "verdict" => "lost").increment(1),
        }
    }
}

fn offer(outcome: &'static str) {
    counter!(gauges::OFFERS, "outcome" => outcome).increment(1);
}

/// The message of an offer that is over is let go by the job itself if it has not left. One whose attempt is under way at this
/// moment is counted too: whether it arrives is told later.
fn unsent(before: Option<&Job>, job: &Job, no: OfferNo) {
    let Some(offer) = job.offer(no).or_else(|| before?.offer(no)) else { return };
    if offer.debt.is_some() && offer.receipt.is_none() {
        counter!(gauges::SENDS_DROPPED, "channel" => offer.channel.as_str(), "reason" => "offer_over").increment(1);
    }
}

fn claimed(job: &Job, entry: &Entry) {
    offer("claimed");
    counter!(gauges::CLAIMS, "verdict" => "won").increment(1);
    let asked = job.offers.iter().filter(|offer| offer.state != OfferState::Failed);
    histogram!(gauges::CASCADE_DEPTH).record(asked.count() as f64);
    if let Some(first) = job.offers.first() {
        histogram!(gauges::TIME_TO_CLAIM).record(entry.at.since(first.at).as_secs_f64());
    }
}
