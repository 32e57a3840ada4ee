//! What an event makes of a job. No decisions here: the same event always does the same.

use std::time::Duration;

use super::event::Event;
use super::publication::{PostState, Publication};
use super::settlement::{Grant, Late, Passed, Revoked, Settlement};
use super::{Awaiting, Claim, Job, Lead, Offer, OfferState, Offering, Stage, Standby, Watch};
use crate::gates::Gate;
use crate::ids::{AgentId, OfferNo};
use crate::message::ClaimEnd;
use crate::time::Timestamp;

/// Makes an event true.
pub(super) fn evolve(job: &mut Job, event: &Event, now: Timestamp) {
    match event {
        Event::Created
        | Event::Rejected { .. }
        | Event::MessageFailed { .. }
        | Event::MessageDropped { .. }
        | Event::OfferReached { .. }
        | Event::FailedOver { .. }
        | Event::MessageRerouted { .. }
        | Event::WaveShrunk { .. }
        // Whether the first has arrived is still not known.
        | Event::PublishedAgain { .. }
        | Event::Denied { .. }
        | Event::DeskTold { .. }
        | Event::SentAgain { .. }
        | Event::DetailsExported
        | Event::Retried
        | Event::NotSentAgain { .. } => {}
        Event::Assignment(news) => {
            if let Some(assignment) = &mut job.assignment {
                assignment.hears(news, now);
            }
        }
        Event::CrewTextAwaited { at } => job.lead = Some(Lead { text_after: None, text_at: Some(*at) }),
        Event::CrewTextDue => job.lead = Some(Lead::default()),
        Event::Approved => job.approved_at = Some(now),
        Event::Scheduled { start_at } => job.stage = Stage::Scheduled { start_at: *start_at },
        Event::RoundStarted { round, plan, search_until, skip_declined, by_hand } => {
            job.round = *round;
            if let Some(plan) = plan {
                job.plan = (**plan).clone();
                job.plan_name = None;
            }
            job.search_until = *search_until;
            // A round that follows by itself is part of the same search.
            if *by_hand || !*skip_declined {
                job.round_from = *round;
                job.outage_seen = now;
            }
            job.started_by_hand = *by_hand;
            job.offers.retain(|offer| *skip_declined && offer.state == OfferState::Declined);
            if !skip_declined {
                job.had_it.clear();
            }
            job.stage = Stage::Offering(Offering { step: 0, awaiting: Awaiting::Answers, paused_at: None });
        }
        Event::StartSeen => job.started_by_hand = true,
        Event::WaveOpened { wave, step } => {
            job.waves = *wave;
            offer_on(job, *step, Awaiting::Answers);
        }
        Event::WaveSkipped { step, .. } => {
            // A wave that waited for room waits no longer.
            if let Stage::Offering(offering) = &mut job.stage
                && matches!(offering.awaiting, Awaiting::Room { .. } | Awaiting::Publisher)
            {
                (offering.step, offering.awaiting) = (*step + 1, Awaiting::Answers);
            }
        }
        Event::RoomAwaited { step, until, look_at } => {
            offer_on(job, *step, Awaiting::Room { until: *until, look_at: *look_at });
        }
        Event::Offered { no, agent, channel, closes_at, runs } => {
            let state = OfferState::Open { closes_at: *closes_at, runs: *runs };
            let (round, wave) = (job.round, job.waves);
            push_offer(
                job,
                Offer {
                    no: *no,
                    agent: *agent,
                    round,
                    wave,
                    at: now,
                    channel: *channel,
                    state,
                    receipt: None,
                    debt: None,
                    outage_seen: now,
                },
            );
        }
        Event::SeatSought { no, agent, channel, step, until, promoted } => {
            if *promoted {
                job.standby.retain(|waiting| waiting.agent != *agent);
            }
            job.waves += 1;
            let (round, wave) = (job.round, job.waves);
            let state = OfferState::Open { closes_at: *until, runs: false };
            push_offer(
                job,
                Offer {
                    no: *no,
                    agent: *agent,
                    round,
                    wave,
                    at: now,
                    channel: *channel,
                    state,
                    receipt: None,
                    debt: None,
                    outage_seen: now,
                },
            );
            offer_on(job, *step, Awaiting::Seat { agent: *agent, no: *no, until: *until, asked: 1 });
        }
        Event::SeatSoughtAgain { no, until } => {
            if let Some(offer) = offer_mut(job, *no) {
                offer.state = OfferState::Open { closes_at: *until, runs: false };
            }
            if let Stage::Offering(offering) = &mut job.stage
                && let Awaiting::Seat { until: waits, asked, .. } = &mut offering.awaiting
            {
                (*waits, *asked) = (*until, asked.saturating_add(1));
            }
        }
        Event::OfferSent { no, receipt, closes_at } => {
            if let Some(offer) = offer_mut(job, *no) {
                offer.receipt = Some(receipt.clone());
                if let (OfferState::Open { .. }, Some(closes_at)) = (offer.state, closes_at) {
                    offer.state = OfferState::Open { closes_at: *closes_at, runs: true };
                }
            }
        }
        // Its next message has a receipt of its own.
        Event::OfferReturned { no, .. } => {
            if let Some(offer) = offer_mut(job, *no) {
                offer.receipt = None;
            }
        }
        Event::OfferRerouted { no, to, closes_at, .. } => {
            if let Some(offer) = offer_mut(job, *no) {
                (offer.channel, offer.receipt) = (*to, None);
                if let OfferState::Open { runs, .. } = offer.state {
                    offer.state = OfferState::Open { closes_at: *closes_at, runs };
                }
            }
        }
        Event::OfferClockStarted { no, closes_at } => {
            if let Some(offer) = offer_mut(job, *no)
                && let OfferState::Open { .. } = offer.state
            {
                offer.state = OfferState::Open { closes_at: *closes_at, runs: true };
            }
        }
        Event::OfferFailed { no, .. } => end_offer(job, *no, OfferState::Failed),
        Event::Declined { no } => end_offer(job, *no, OfferState::Declined),
        Event::OfferOver { no, over } => end_offer(job, *no, OfferState::Over(*over)),
        Event::OfferExtended { no, closes_at, outage } => {
            if let Some(offer) = offer_mut(job, *no) {
                if let OfferState::Open { runs, .. } = offer.state {
                    offer.state = OfferState::Open { closes_at: *closes_at, runs };
                }
                offer.outage_seen = outage.unwrap_or(offer.outage_seen);
            }
        }
        Event::SearchExtended { until, outage } => {
            job.search_until = Some(*until);
            job.outage_seen = outage.unwrap_or(job.outage_seen);
        }
        Event::Claimed { no, agent, .. } => {
            let step = match &job.stage {
                Stage::Offering(offering) => offering.step,
                Stage::Claimed(claim) => claim.step,
                Stage::NeedsApproval | Stage::Scheduled { .. } | Stage::Unfilled { .. } | Stage::Closed { .. } => 0,
            };
            end_offer(job, *no, OfferState::Claimed);
            let watch = job.watch_from(now);
            job.stage = Stage::Claimed(Claim { agent: *agent, no: *no, at: now, step, watch, outage_seen: now });
            if let Some(assignment) = &mut job.assignment {
                assignment.begins(*agent, now);
            }
            job.settlement = Settlement::default();
        }
        Event::StandbyJoined { no, agent, .. } => job.standby.push(Standby { agent: *agent, no: *no, at: now }),
        Event::StandbyLeft { agent } => job.standby.retain(|waiting| waiting.agent != *agent),
        Event::ClaimEnded { agent, end, .. } => claim_ended(job, *agent, *end, now),
        Event::Acknowledged => {
            if let Some(assignment) = &mut job.assignment {
                assignment.acknowledged_at.get_or_insert(now);
            }
            if let Stage::Claimed(claim) = &mut job.stage {
                claim.watch = Watch::Off;
            }
        }
        Event::Reminded => {
            if let Stage::Claimed(claim) = &mut job.stage
                && let Watch::Silent { remind_at, return_at } = claim.watch
            {
                // However late the reminder is, they have their time after it.
                let return_at = return_at.max(now + return_at.since(remind_at));
                claim.watch = Watch::Reminded { return_at };
            }
        }
        Event::WatchExtended { by_millis, outage } => watch_extended(job, Duration::from_millis(*by_millis), *outage),
        Event::Paused => {
            if let Stage::Offering(offering) = &mut job.stage {
                offering.paused_at = Some(now);
            }
        }
        Event::Resumed { stood_millis } => resumed(job, Duration::from_millis(*stood_millis)),
        Event::Unfilled { reason } => {
            job.search_until = None;
            job.stage = Stage::Unfilled { reason: *reason };
        }
        Event::Closed { outcome, .. } => {
            job.search_until = None;
            job.standby.clear();
            job.settlement.late = None;
            job.stage = Stage::Closed { outcome: *outcome, at: now };
        }
        Event::GatesSet { own, gates } => {
            (job.own_gates, job.gates) = (*own, *gates);
            await_no_longer(job);
        }
        Event::PublisherSet { own } => job.own_publish = *own,
        Event::GatePassed { gate, reference } => {
            passed(job, *gate, reference.clone(), now);
            await_no_longer(job);
        }
        Event::Released { no, agent, fields, until, required, overridden, .. } => {
            job.grant = Some(Grant {
                no: *no,
                agent: *agent,
                fields: *fields,
                at: now,
                until: *until,
                required: *required,
                overridden: *overridden,
                opened_at: None,
                revoked_at: None,
            });
            passed(job, Gate::Release, None, now);
            await_no_longer(job);
        }
        Event::GrantOpened { .. } => {
            if let Some(grant) = &mut job.grant {
                grant.opened_at = Some(now);
            }
        }
        Event::DetailsErased { .. } => job.has_details = false,
        Event::GrantRevoked { why, .. } => {
            if let Some(grant) = &mut job.grant {
                grant.revoked_at = Some(now);
            }
            if matches!(why, Revoked::ByHand | Revoked::Erased) {
                job.settlement.passed.retain(|passed| passed.gate != Gate::Release);
            }
            await_no_longer(job);
        }
        Event::WorkStarted => {
            job.settlement.started_at = Some(now);
            await_no_longer(job);
        }
        Event::Published { no, group, step, closes_at, runs } => {
            let state = PostState::Open { closes_at: *closes_at, runs: *runs };
            published(job, *no, group, *step, state, now);
        }
        Event::PublishAwaited { step } => offer_on(job, *step, Awaiting::Publisher),
        Event::PublicationSent { no, receipt, closes_at } => on_publication(job, *no, |published| {
            published.receipt = Some(receipt.clone());
            published.doubtful = false;
            if let (PostState::Open { .. }, Some(closes_at)) = (published.state, closes_at) {
                published.state = PostState::Open { closes_at: *closes_at, runs: true };
            }
        }),
        // What may be there may still be there, however a further attempt failed.
        Event::PublicationFailed { no, .. } => {
            on_publication(job, *no, |published| published.state = PostState::Failed);
        }
        Event::PublicationDoubtful { no } => on_publication(job, *no, |published| published.doubtful = true),
        Event::PublicationOver { no, over } => {
            on_publication(job, *no, |published| published.state = PostState::Over(*over));
        }
        Event::PublicationExtended { no, closes_at, outage } => on_publication(job, *no, |published| {
            if let PostState::Open { runs, .. } = published.state {
                published.state = PostState::Open { closes_at: *closes_at, runs };
            }
            published.outage_seen = outage.unwrap_or(published.outage_seen);
        }),
        Event::Awaited { what, by } => job.settlement.late = Some(Late { what: *what, by: Some(*by) }),
        Event::Escalated { what } => job.settlement.late = Some(Late { what: *what, by: None }),
    }
}

/// A group has one message of a job: what is published there again is the same.
fn published(job: &mut Job, no: OfferNo, group: &str, step: u16, state: PostState, now: Timestamp) {
    let round = job.round;
    job.last_offer = job.last_offer.max(no);
    match job.publications.iter_mut().find(|published| published.no == no) {
        Some(published) => {
            (published.round, published.step, published.at) = (round, step, now);
            (published.state, published.outage_seen) = (state, now);
        }
        None => job.publications.push(Publication {
            no,
            group: group.to_owned(),
            round,
            step,
            at: now,
            state,
            receipt: None,
            debt: None,
            doubtful: false,
            outage_seen: now,
        }),
    }
}

fn on_publication(job: &mut Job, no: OfferNo, change: impl FnOnce(&mut Publication)) {
    if let Some(published) = job.publications.iter_mut().find(|published| published.no == no) {
        change(published);
    }
}

fn passed(job: &mut Job, gate: Gate, reference: Option<String>, at: Timestamp) {
    job.settlement.passed.retain(|passed| passed.gate != gate);
    job.settlement.passed.push(Passed { gate, at, reference });
}

/// A step that is no longer the next has no time any more.
fn await_no_longer(job: &mut Job) {
    let awaited = job.awaits();
    job.settlement.late = job.settlement.late.filter(|late| Some(late.what) == awaited);
}

fn offer_on(job: &mut Job, step: u16, awaiting: Awaiting) {
    let paused_at = match &job.stage {
        Stage::Offering(offering) => offering.paused_at,
        Stage::NeedsApproval
        | Stage::Scheduled { .. }
        | Stage::Claimed(_)
        | Stage::Unfilled { .. }
        | Stage::Closed { .. } => None,
    };
    job.stage = Stage::Offering(Offering { step, awaiting, paused_at });
}

fn push_offer(job: &mut Job, offer: Offer) {
    job.last_offer = offer.no;
    job.offers.push(offer);
}

fn offer_mut(job: &mut Job, no: OfferNo) -> Option<&mut Offer> {
    let at = job.offers.binary_search_by_key(&no, |offer| offer.no).ok()?;
    job.offers.get_mut(at)
}

fn end_offer(job: &mut Job, no: OfferNo, state: OfferState) {
    if let Some(offer) = offer_mut(job, no) {
        offer.state = state;
    }
    // A seat that was sought by this offer is sought no longer.
    if let Stage::Offering(offering) = &mut job.stage
        && matches!(offering.awaiting, Awaiting::Seat { no: sought, .. } if sought == no)
    {
        offering.awaiting = Awaiting::Answers;
    }
}

fn claim_ended(job: &mut Job, agent: AgentId, end: ClaimEnd, now: Timestamp) {
    let Stage::Claimed(claim) = &job.stage else { return };
    let (no, step, had) = (claim.no, claim.step, now.since(claim.at));
    end_offer(job, no, OfferState::Lost);
    // Nobody searched while they had it.
    job.search_until = job.search_until.map(|until| until + had);
    match end {
        ClaimEnd::Withdrawn | ClaimEnd::Stalled | ClaimEnd::Reassigned | ClaimEnd::Refused | ClaimEnd::NoShow => {
            if !job.had_it.contains(&agent) {
                job.had_it.push(agent);
            }
        }
        ClaimEnd::Cancelled => {}
    }
    job.settlement = Settlement::default();
    job.stage = Stage::Offering(Offering { step, awaiting: Awaiting::Answers, paused_at: None });
}

fn watch_extended(job: &mut Job, by: Duration, outage: Timestamp) {
    let Stage::Claimed(claim) = &mut job.stage else { return };
    claim.outage_seen = outage;
    if let Some(by_then) = job.settlement.late.as_mut().and_then(|late| late.by.as_mut()) {
        *by_then = *by_then + by;
    }
    match &mut claim.watch {
        Watch::Off => {}
        Watch::Silent { remind_at, return_at } => {
            *remind_at = *remind_at + by;
            *return_at = *return_at + by;
        }
        Watch::Reminded { return_at } => *return_at = *return_at + by,
    }
}

fn resumed(job: &mut Job, stood: Duration) {
    let Stage::Offering(offering) = &mut job.stage else { return };
    offering.paused_at = None;
    match &mut offering.awaiting {
        Awaiting::Answers | Awaiting::Publisher => {}
        Awaiting::Room { until, look_at } => {
            *until = *until + stood;
            *look_at = *look_at + stood;
        }
        Awaiting::Seat { until, .. } => *until = *until + stood,
    }
    job.search_until = job.search_until.map(|until| until + stood);
    for offer in &mut job.offers {
        if let OfferState::Open { closes_at, .. } = &mut offer.state {
            *closes_at = *closes_at + stood;
        }
    }
    for published in &mut job.publications {
        if let PostState::Open { closes_at, .. } = &mut published.state {
            *closes_at = *closes_at + stood;
        }
    }
}
