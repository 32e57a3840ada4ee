//! What is true of every stored job, one numbered function each. The property test, the simulation, `baton verify` and a
//! production counter all use these.

use std::collections::BTreeSet;

use super::assignment::CARRIERS;
use super::publication::PUBLICATIONS_MAX;
use super::turn::ANSWERS_KEPT;
use super::weight::WEIGHT_MAX;
use super::{Awaiting, ENTRIES_KEPT, Job, NOTES_KEPT, Next, OFFERS_MAX, OfferState, SENT_KEPT, Stage, Watch};
use crate::ids::OfferNo;
use crate::message::{Recipient, Topic};

/// One rule: its number and name, and whether a job keeps it.
pub struct Invariant {
    /// `I1` and so on.
    pub number: &'static str,
    /// What it says.
    pub says: &'static str,
    /// Whether it holds.
    pub holds: fn(&Job) -> bool,
}

/// All of them.
pub const INVARIANTS: [Invariant; 15] = [
    Invariant {
        number: "I1",
        says: "a claimed job has exactly one claimed offer, the winner's; others have none",
        holds: one_winner,
    },
    Invariant { number: "I2", says: "only an offering job has open offers", holds: open_only_while_offering },
    Invariant { number: "I3", says: "an offering job awaits somebody", holds: offering_awaits },
    Invariant { number: "I4", says: "a live job has a next timer or a party it waits for", holds: has_next },
    Invariant { number: "I5", says: "offer numbers rise and are never used twice", holds: numbers_rise },
    Invariant { number: "I6", says: "no agent has two open offers of one job", holds: one_open_offer_each },
    Invariant { number: "I7", says: "nobody waits in line twice, nor behind themselves", holds: line_is_sound },
    Invariant {
        number: "I8",
        says: "what is owed is still true: offers are open, the winner has won",
        holds: debts_are_due,
    },
    Invariant { number: "I9", says: "debts are distinct and none is of the future", holds: debts_are_distinct },
    Invariant { number: "I10", says: "the record is bounded", holds: bounded },
    Invariant { number: "I11", says: "whoever is asked was told or will be", holds: offers_are_told },
    Invariant { number: "I12", says: "a silent winner is reminded before the job returns", holds: reminded_first },
    Invariant {
        number: "I13",
        says: "details are released to the winner alone, behind every gate or by an operator's word",
        holds: released_in_order,
    },
    Invariant { number: "I14", says: "only the next step of a claimed job has a time", holds: late_is_next },
    Invariant {
        number: "I15",
        says: "a group has one message of a job; it is open only while the job is offered, and was sent, is owed, or is in doubt",
        holds: published_once,
    },
];

/// The rules a job breaks; none is how it should be.
pub fn broken(job: &Job) -> impl Iterator<Item = &'static Invariant> + '_ {
    INVARIANTS.iter().filter(|invariant| !(invariant.holds)(job))
}

fn one_winner(job: &Job) -> bool {
    let mut claimed = job.offers.iter().filter(|offer| offer.state == OfferState::Claimed);
    match &job.stage {
        Stage::Claimed(claim) => {
            claimed.next().is_some_and(|offer| offer.agent == claim.agent && offer.no == claim.no)
                && claimed.next().is_none()
        }
        // What was taken and done stays visible as such.
        Stage::Closed { .. } => claimed.count() <= 1,
        Stage::NeedsApproval | Stage::Scheduled { .. } | Stage::Offering(_) | Stage::Unfilled { .. } => {
            claimed.next().is_none()
        }
    }
}

fn open_only_while_offering(job: &Job) -> bool {
    matches!(job.stage, Stage::Offering(_)) || job.open_offers().next().is_none()
}

fn offering_awaits(job: &Job) -> bool {
    let Stage::Offering(offering) = &job.stage else { return true };
    match &offering.awaiting {
        Awaiting::Answers => {
            offering.paused_at.is_some() || job.open_offers().next().is_some() || job.open_publication().is_some()
        }
        Awaiting::Publisher => job.open_publication().is_none(),
        Awaiting::Room { until, look_at } => look_at <= until,
        Awaiting::Seat { agent, no, .. } => {
            job.offer(*no).is_some_and(|offer| offer.is_open() && offer.agent == *agent)
        }
    }
}

fn has_next(job: &Job) -> bool {
    job.is_closed() || job.next() != Next::Nothing
}

fn numbers_rise(job: &Job) -> bool {
    job.offers.is_sorted_by(|a, b| a.no < b.no) && job.offers.last().is_none_or(|offer| offer.no <= job.last_offer)
}

fn one_open_offer_each(job: &Job) -> bool {
    let mut seen = BTreeSet::new();
    job.open_offers().all(|offer| seen.insert(offer.agent))
}

fn line_is_sound(job: &Job) -> bool {
    let mut seen = BTreeSet::new();
    let winner = job.winner();
    job.standby.iter().all(|waiting| seen.insert(waiting.agent) && Some(waiting.agent) != winner)
        && (job.standby.is_empty() || matches!(job.stage, Stage::Claimed(_) | Stage::Offering(_)))
}

fn debts_are_due(job: &Job) -> bool {
    // What was won and is closed may still have to be told.
    let claimed = |offer: &&super::Offer| offer.state == OfferState::Claimed;
    let winner = job.offers.iter().find(claimed).map(|offer| offer.agent);
    job.owed.iter().all(|owed| match &owed.message.topic {
        Topic::Offer(no) => job.offer(*no).is_some_and(super::Offer::is_open),
        Topic::Won | Topic::Route | Topic::Reminder | Topic::Settled(_) => {
            owed.message.to == winner.map_or(Recipient::Desk, Recipient::Agent)
        }
        Topic::Released(no) => job.grant.as_ref().is_some_and(|grant| {
            grant.no == *no && grant.revoked_at.is_none() && owed.message.to == Recipient::Agent(grant.agent)
        }),
        Topic::CrewOffer(no) => {
            owed.message.to == Recipient::Group && job.publication(*no).is_some_and(|p| p.receipt.is_none())
        }
        Topic::CrewStatus(no) => {
            owed.message.to == Recipient::Group && job.publication(*no).is_some_and(|p| p.receipt.is_some())
        }
        Topic::ApprovalWanted => job.stage == Stage::NeedsApproval,
        Topic::NoteDone(no) => job.notes.iter().any(|note| note.no == *no && note.done.is_some()),
        Topic::OfferOver(..) | Topic::ClaimEnded(_) | Topic::Notice(_) | Topic::Lead | Topic::CrewText => true,
    })
}

fn offers_are_told(job: &Job) -> bool {
    let seat = job.seat_sought().map(|(_, no)| no);
    let owed = |no: OfferNo| job.owed.iter().any(|owed| owed.message.topic == Topic::Offer(no));
    job.open_offers().all(|offer| offer.receipt.is_some() || owed(offer.no) || seat == Some(offer.no))
}

fn reminded_first(job: &Job) -> bool {
    match &job.stage {
        Stage::Claimed(claim) => match claim.watch {
            Watch::Silent { remind_at, return_at } => remind_at <= return_at,
            Watch::Off | Watch::Reminded { .. } => true,
        },
        Stage::NeedsApproval
        | Stage::Scheduled { .. }
        | Stage::Offering(_)
        | Stage::Unfilled { .. }
        | Stage::Closed { .. } => true,
    }
}

fn released_in_order(job: &Job) -> bool {
    let Some(grant) = job.grant.as_ref().filter(|grant| grant.revoked_at.is_none()) else { return true };
    let passed = |gate| job.settlement.passed(gate).is_some() || grant.overridden.contains(gate);
    job.has_details && job.winner() == Some(grant.agent) && grant.required.iter().all(passed)
}

fn late_is_next(job: &Job) -> bool {
    job.settlement.late.is_none_or(|late| Some(late.what) == job.awaits())
}

fn published_once(job: &Job) -> bool {
    let (mut groups, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    let offering = matches!(job.stage, Stage::Offering(_));
    job.publications.len() <= PUBLICATIONS_MAX
        && job.publications.iter().all(|published| {
            let told = published.receipt.is_some()
                || published.doubtful
                || job.owed.iter().any(|owed| owed.message.topic == Topic::CrewOffer(published.no));
            groups.insert(&published.group)
                && numbers.insert(published.no)
                && job.offer(published.no).is_none()
                && published.no <= job.last_offer
                && (!published.is_open() || (offering && told))
        })
}

fn debts_are_distinct(job: &Job) -> bool {
    let mut seen = BTreeSet::new();
    job.owed.iter().all(|owed| seen.insert(owed.no) && owed.no.version <= job.version)
}

fn bounded(job: &Job) -> bool {
    job.offers.len() <= OFFERS_MAX
        && job.timeline.len() <= ENTRIES_KEPT
        && job.sent.len() <= SENT_KEPT
        && job.answered.len() <= ANSWERS_KEPT
        && job.notes.len() <= NOTES_KEPT
        && job.weight() <= WEIGHT_MAX
        && job.standby.len() <= usize::from(job.plan.standby)
        && job.assignment.as_ref().is_none_or(|assignment| assignment.attempts.len() <= CARRIERS.len())
}
