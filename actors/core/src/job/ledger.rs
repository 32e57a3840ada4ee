//! The claim ledger: every attempt to claim, in order of arrival, chained by hashes so that a gap or a change shows.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::delivery::ChannelKind;
use crate::ids::{AgentId, JobId, OfferNo};
use crate::time::Timestamp;

/// The end of the chain, kept in the job's record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// How many attempts there were.
    pub count: u32,
    /// The hash of the last one; none while there are none.
    pub hash: Option<[u8; 32]>,
}

/// When a claim came, by other clocks than the moment at which it was decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Heard {
    /// When it came in at our door.
    pub at: Option<Timestamp>,
    /// When the provider says that it was made.
    pub told_at: Option<Timestamp>,
}

impl Heard {
    /// Just now, and no provider says more.
    pub fn now(at: Timestamp) -> Self {
        Self { at: Some(at), told_at: None }
    }

    fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// One attempt to claim: a row of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Counted from 1.
    pub seq: u32,
    /// When it was decided.
    pub at: Timestamp,
    /// Whose.
    pub agent: AgentId,
    /// To which offer.
    pub no: OfferNo,
    /// How it came.
    pub via: Option<ChannelKind>,
    /// `claimed`, `already`, or the code of the refusal.
    pub verdict: String,
    /// Over this attempt and the hash before it.
    pub hash: [u8; 32],
    /// When it came.
    pub heard: Heard,
}

impl Attempt {
    /// The next attempt of a chain, and the chain's new end.
    pub fn chain(
        head: Head,
        job: &JobId,
        at: Timestamp,
        (agent, no, via): (AgentId, OfferNo, Option<ChannelKind>),
        heard: Heard,
        verdict: &str,
    ) -> (Self, Head) {
        let verdict = verdict.to_owned();
        let mut attempt = Self { seq: head.count + 1, at, agent, no, via, verdict, hash: [0; 32], heard };
        attempt.hash = attempt.digest(job, head.hash);
        (attempt.clone(), Head { count: attempt.seq, hash: Some(attempt.hash) })
    }

    /// Whether this attempt follows that one unchanged.
    pub fn follows(&self, job: &JobId, before: Option<&Attempt>) -> bool {
        self.seq == before.map_or(0, |b| b.seq) + 1 && self.hash == self.digest(job, before.map(|b| b.hash))
    }

    fn digest(&self, job: &JobId, before: Option<[u8; 32]>) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(before.unwrap_or_default());
        hash.update(job.tenant.bytes());
        hash.update(job.local.as_bytes());
        hash.update(self.seq.to_be_bytes());
        hash.update(self.at.0.to_be_bytes());
        hash.update(self.agent.local.as_bytes());
        hash.update(self.no.to_be_bytes());
        hash.update(self.via.map_or("", ChannelKind::as_str));
        hash.update([0]);
        hash.update(&self.verdict);
        // What was entered before these times were kept has none, and its hash says nothing of them.
        if !self.heard.is_nothing() {
            for time in [self.heard.at, self.heard.told_at] {
                hash.update([0]);
                hash.update(time.map_or(i64::MIN, |time| time.0).to_be_bytes());
            }
        }
        hash.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TenantId;

    #[test]
    fn a_changed_attempt_breaks_the_chain() {
        let job = JobId::of_reference(TenantId::DEFAULT, "j");
        let agent = AgentId::of_reference(TenantId::DEFAULT, "ana");
        let heard = Heard::now(Timestamp(4));
        let claim = |head, verdict| Attempt::chain(head, &job, Timestamp(5), (agent, 1, None), heard, verdict);
        let (first, head) = claim(Head::default(), "claimed");
        let (second, head) = claim(head, "already");
        assert_eq!(head.count, 2);
        assert!(first.follows(&job, None) && second.follows(&job, Some(&first)));
        let forged = Attempt { verdict: "offer-closed".into(), ..first.clone() };
        assert!(!forged.follows(&job, None));
        let earlier = Attempt { heard: Heard::now(Timestamp(3)), ..first.clone() };
        let silent = Attempt { heard: Heard::default(), ..first.clone() };
        assert!(!earlier.follows(&job, None) && !silent.follows(&job, None), "nor can it have come earlier");
        assert!(!second.follows(&job, None), "a removed attempt shows");
        let (rehashed, _) = claim(Head::default(), "offer-closed");
        assert!(
            rehashed.follows(&job, None) && !second.follows(&job, Some(&rehashed)),
            "so does one that was replaced"
        );
    }
}
