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
}

impl Attempt {
    /// The next attempt of a chain, and the chain's new end.
    pub fn chain(
        head: Head,
        job: &JobId,
        at: Timestamp,
        (agent, no, via): (AgentId, OfferNo, Option<ChannelKind>),
        verdict: &str,
    ) -> (Self, Head) {
        let mut attempt = Self { seq: head.count + 1, at, agent, no, via, verdict: verdict.to_owned(), hash: [0; 32] };
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
        let claim = |head, verdict| Attempt::chain(head, &job, Timestamp(5), (agent, 1, None), verdict);
        let (first, head) = claim(Head::default(), "claimed");
        let (second, head) = claim(head, "already");
        assert_eq!(head.count, 2);
        assert!(first.follows(&job, None) && second.follows(&job, Some(&first)));
        let forged = Attempt { verdict: "offer-closed".into(), ..first.clone() };
        assert!(!forged.follows(&job, None));
        assert!(!second.follows(&job, None), "a removed attempt shows");
        let (rehashed, _) = claim(Head::default(), "offer-closed");
        assert!(
            rehashed.follows(&job, None) && !second.follows(&job, Some(&rehashed)),
            "so does one that was replaced"
        );
    }
}
