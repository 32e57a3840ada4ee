//! An agent's book of holds: room kept for claims on their way to a job, so that two jobs deciding at once never give
//! somebody more than they can do.
//!
//! Only agents of finite capacity have one. A hold is stored before the claim goes on to the job, and freed by the job's
//! verdict. By then the claim, if it won, is counted among the claims; a hold and a claim of one job count once, so a
//! crash between the two leaves nothing worse than a hold that its job is asked about.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::crew::ClaimCaps;
use crate::ids::{JobId, OfferId, OfferNo};
use crate::job::Refusal;
use crate::reply::Question;
use crate::time::{Timestamp, Window};

/// After this long without a verdict the job is asked.
pub const HOLD_PATIENCE: Duration = Duration::from_secs(10);

/// What is won counts for so long.
const HOUR: Duration = Duration::from_secs(3600);

/// So many wins of the last hour are remembered: as many as a tenant can allow.
const WON_KEPT: usize = 1_000;

/// An assignment by an operator makes its own offer in the job: until then room is kept under this number.
pub const ASSIGNMENT: OfferNo = 0;

/// What an agent's record holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Book {
    /// How many times it was stored; whoever stores it counts.
    pub version: u64,
    /// Room kept, in order of asking; at most one hold a job.
    pub holds: Vec<Hold>,
    /// The question that waits for a number.
    pub question: Option<Question>,
    /// When they won jobs lately, where their tenant counts that, oldest first.
    pub won: Vec<Timestamp>,
    /// When they last gave a job back, where their tenant minds.
    pub gave_back_at: Option<Timestamp>,
}

/// Room kept for a claim on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The job that is being claimed, and its latest offer that is.
    pub offer: OfferId,
    /// When the job takes place, as far as that is known.
    pub occupies: Option<Window>,
    /// Since when it is kept, or when the job was last asked about it.
    pub at: Timestamp,
    /// Claims on their way that have heard no verdict: it is freed by the last one.
    pub claims: u16,
    /// The job was asked, and so many claims have followed the question. Need not survive a restart.
    pub asked: Option<u16>,
    /// When it was first asked. Must not survive a fall: the answer to a question of before says nothing of claims since.
    #[serde(skip)]
    pub asked_at: Option<Timestamp>,
}

/// A question to a job: what became of the claims?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// The latest offer that room is kept for.
    pub offer: OfferId,
    /// When this was first asked.
    pub asked_at: Timestamp,
}

/// A job the agent has: claimed and not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedJob {
    /// Which.
    pub job: JobId,
    /// When it takes place, as far as that is known.
    pub occupies: Option<Window>,
}

/// What keeping room came to: the claim may go on to the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Room is kept for this claim, too; the book must be stored before it goes on.
    New,
    /// No room is needed: the job is theirs already.
    Already,
}

impl Book {
    /// Keeps room for a claim, or says why there is none. `claims` are the jobs they have.
    pub fn hold(
        &mut self,
        offer: OfferId,
        occupies: Option<Window>,
        capacity: u32,
        claims: &[ClaimedJob],
        now: Timestamp,
    ) -> Result<Held, Refusal> {
        let theirs = claims.iter().any(|claim| claim.job == offer.job);
        if theirs && offer.no != ASSIGNMENT {
            return Ok(Held::Already);
        }
        if let Some(hold) = self.holds.iter_mut().find(|hold| hold.offer.job == offer.job) {
            hold.offer.no = hold.offer.no.max(offer.no);
            hold.at = now;
            hold.claims = hold.claims.saturating_add(1);
            hold.asked = hold.asked.map(|followed| followed.saturating_add(1));
            return Ok(Held::New);
        }
        if theirs {
            // They may lose it before the assignment is decided. It is counted already.
            self.holds.push(Hold { offer, occupies, at: now, claims: 1, asked: None, asked_at: None });
            return Ok(Held::New);
        }
        let held = self.holds.iter().filter(|hold| claims.iter().all(|claim| claim.job != hold.offer.job));
        let taken: Vec<Option<Window>> =
            claims.iter().map(|claim| claim.occupies).chain(held.map(|hold| hold.occupies)).collect();
        let count = u32::try_from(taken.len()).unwrap_or(u32::MAX);
        if count >= capacity {
            return Err(Refusal::AgentFull { claims: count, capacity });
        }
        let clashes = |window: Window| taken.iter().flatten().any(|busy| busy.overlaps(&window));
        if occupies.is_some_and(clashes) {
            return Err(Refusal::AgentBusy);
        }
        self.holds.push(Hold { offer, occupies, at: now, claims: 1, asked: None, asked_at: None });
        Ok(Held::New)
    }

    /// Whether their tenant lets them claim one more job by themselves.
    pub fn allows(&self, caps: &ClaimCaps, job: JobId, claims: &[ClaimedJob], now: Timestamp) -> Result<(), Refusal> {
        let theirs = |job: JobId| claims.iter().any(|claim| claim.job == job);
        if theirs(job) {
            return Ok(());
        }
        if let (Some(span), Some(at)) = (caps.cool_down, self.gave_back_at)
            && now < at + span
        {
            return Err(Refusal::CoolingDown { left: (at + span).since(now) });
        }
        if let Some(most) = caps.an_hour {
            let lately = self.won.iter().filter(|at| now < **at + HOUR).count();
            // What is on its way may be won. It may be among the claims already and not be counted yet: that is told later.
            let on_the_way =
                self.holds.iter().map(|hold| hold.offer).filter(|offer| offer.no != ASSIGNMENT && offer.job != job);
            let won = u32::try_from(lately + on_the_way.count()).unwrap_or(u32::MAX);
            if won >= most {
                return Err(Refusal::TooManyClaims { won, most });
            }
        }
        Ok(())
    }

    /// They have won a job by a claim of their own. Told once more after a crash it would count twice, which costs them an hour at
    /// most.
    pub fn has_won(&mut self, at: Timestamp) {
        self.won.retain(|before| at < *before + HOUR);
        if self.won.len() < WON_KEPT {
            self.won.push(at);
        }
    }

    /// They gave a job back.
    pub fn gave_back(&mut self, at: Timestamp) {
        self.gave_back_at = self.gave_back_at.max(Some(at));
    }

    /// A job has decided about one claim, and if it won it is counted among the claims. The room is freed if no other claim
    /// to the job is on its way. Need not be stored. Says whether the room is free.
    pub fn free(&mut self, offer: OfferId) -> bool {
        self.heard(offer, |hold| hold.claims.saturating_sub(1))
    }

    /// A job has answered the question: every claim before the question is decided, or was lost. The room
    /// is freed if no claim has followed the question. Need not be stored. Says whether the room is free.
    pub fn answered(&mut self, inquiry: Inquiry) -> bool {
        self.heard(inquiry.offer, |hold| match hold.asked_at {
            Some(at) if at == inquiry.asked_at => {
                hold.asked_at = None;
                hold.asked.take().unwrap_or(hold.claims)
            }
            // Asked in another life: what is on its way now may have followed it.
            Some(_) | None => hold.claims,
        })
    }

    fn heard(&mut self, offer: OfferId, left: impl Fn(&mut Hold) -> u16) -> bool {
        let before = self.holds.len();
        self.holds.retain_mut(|hold| {
            let heard = hold.offer.job == offer.job;
            if heard {
                hold.claims = left(hold);
            }
            !heard || hold.claims > 0
        });
        self.holds.len() < before
    }

    /// The holds that have heard nothing for too long. Their jobs are asked the way the claims went, so that the question
    /// cannot overtake the claim.
    pub fn stale(&self, now: Timestamp) -> impl Iterator<Item = OfferId> + '_ {
        self.holds.iter().filter(move |hold| hold.at + HOLD_PATIENCE <= now).map(|hold| hold.offer)
    }

    /// The job is asked, and has time to answer. Need not be stored. Hears the question; none where nothing is kept for the job.
    pub fn asked(&mut self, offer: OfferId, now: Timestamp) -> Option<Inquiry> {
        let hold = self.holds.iter_mut().find(|hold| hold.offer.job == offer.job)?;
        hold.at = now;
        // The answer to an earlier question may still come: what followed that one may still be on its way.
        let asked_at = *hold.asked_at.get_or_insert_with(|| {
            hold.asked = Some(0);
            now
        });
        Some(Inquiry { offer, asked_at })
    }

    /// When it must next be looked for stale holds.
    pub fn due(&self) -> Option<Timestamp> {
        self.holds.iter().map(|hold| hold.at + HOLD_PATIENCE).min()
    }
}

#[cfg(test)]
mod tests;
