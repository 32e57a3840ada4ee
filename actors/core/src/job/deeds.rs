//! What somebody at the desk can do about a job by a button under what they are told, or by a command in chat.

use super::settlement::Wait;
use super::{AfterNoShow, Command, Job, Stage};
use crate::gates::Gate;
use crate::ids::OfferNo;
use crate::job::release::HowReleased;
use crate::message::Notice;
use crate::message::Once;
use crate::time::Timestamp;

/// Something that is done about a job with one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// The winner is confirmed.
    Confirm,
    /// The winner loses the job.
    Refuse,
    /// The invoice is out.
    Invoice,
    /// It is paid.
    Paid,
    /// The details go to the winner.
    Release,
    /// The work is done.
    Done,
    /// The winner did not come, and the job has failed.
    NoShow,
    /// The winner did not come, and others are to do it.
    NoShowAgain,
    /// Everybody is asked again.
    Again,
    /// The job is called off.
    Cancel,
    /// A job that was put aside gets another chance.
    Retry,
    /// It is published in its group.
    Publish,
    /// The full lead is sent once more.
    SendLead,
    /// The text for crews is.
    SendText,
    /// The link to the details is.
    SendLink,
}

impl Deed {
    /// All of them.
    pub const ALL: [Self; 15] = [
        Self::Confirm,
        Self::Refuse,
        Self::Invoice,
        Self::Paid,
        Self::Release,
        Self::Done,
        Self::NoShow,
        Self::NoShowAgain,
        Self::Again,
        Self::Cancel,
        Self::Retry,
        Self::Publish,
        Self::SendLead,
        Self::SendText,
        Self::SendLink,
    ];

    /// The stable word for it: the command in chat, and what a button carries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Refuse => "refuse",
            Self::Invoice => "invoice",
            Self::Paid => "paid",
            Self::Release => "release",
            Self::Done => "done",
            Self::NoShow => "noshow",
            Self::NoShowAgain => "noshow-again",
            Self::Again => "again",
            Self::Cancel => "cancel",
            Self::Retry => "retry",
            Self::Publish => "publish",
            Self::SendLead => "send-lead",
            Self::SendText => "send-text",
            Self::SendLink => "send-link",
        }
    }

    /// The deed of a word.
    pub fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.as_str() == word)
    }

    /// Whether it is done about whoever has the job, and not about the job.
    pub fn is_about_a_claim(self) -> bool {
        match self {
            Self::Confirm
            | Self::Refuse
            | Self::Invoice
            | Self::Paid
            | Self::Release
            | Self::Done
            | Self::NoShow
            | Self::NoShowAgain
            | Self::SendLink => true,
            Self::Again | Self::Cancel | Self::Retry | Self::Publish | Self::SendLead | Self::SendText => false,
        }
    }

    /// What passes a gate.
    pub fn that_passes(gate: Gate) -> Self {
        match gate {
            Gate::Confirm => Self::Confirm,
            Gate::Invoice => Self::Invoice,
            Gate::Payment => Self::Paid,
            Gate::Release => Self::Release,
        }
    }

    /// The command, with what was written behind it: a number, or why. None: it is no matter of the job's own.
    pub fn command(self, words: Option<String>) -> Option<Command> {
        Some(match self {
            Self::Confirm => Command::Pass { gate: Gate::Confirm, reference: None },
            Self::Invoice => Command::Pass { gate: Gate::Invoice, reference: words },
            Self::Paid => Command::Pass { gate: Gate::Payment, reference: words },
            Self::Release => Command::Release(HowReleased { although: words, ..HowReleased::default() }),
            Self::Refuse => Command::Refuse { agent: None, reason: words },
            Self::Done => Command::Complete,
            Self::NoShow => Command::NoShow { agent: None, reason: words, then: AfterNoShow::Ends },
            Self::NoShowAgain => Command::NoShow { agent: None, reason: words, then: AfterNoShow::Returns },
            Self::Again => Command::Restart { plan: None, skip_declined: false },
            Self::Cancel => Command::Cancel { reason: words },
            Self::Publish => Command::Publish,
            Self::SendLead => Command::SendAgain(Once::Lead),
            Self::SendText => Command::SendAgain(Once::CrewText),
            Self::SendLink => Command::SendAgain(Once::Release),
            Self::Retry => return None,
        })
    }
}

impl Job {
    /// What can be done about what the desk is told, as the job stands now: the likeliest first.
    pub fn deeds(&self, notice: Notice) -> Vec<Deed> {
        if !self.holds(notice) {
            return if notice == Notice::Quarantined { vec![Deed::Retry] } else { Vec::new() };
        }
        match notice {
            Notice::Asked(gate, _) | Notice::Waiting(Wait::Gate(gate), _) => {
                vec![Deed::that_passes(gate), Deed::Refuse, Deed::Cancel]
            }
            Notice::Waiting(Wait::Finish, _) => vec![Deed::Done, Deed::NoShowAgain, Deed::NoShow],
            Notice::Waiting(Wait::Start, _) => vec![Deed::NoShowAgain, Deed::NoShow, Deed::Refuse, Deed::Cancel],
            Notice::Unreached(_) => vec![Deed::Refuse, Deed::Cancel],
            Notice::NobodyReached if matches!(self.stage, Stage::Offering(_)) => vec![Deed::Cancel],
            Notice::Unfilled | Notice::NobodyReached => vec![Deed::Again, Deed::Cancel],
            Notice::Stalled(_) => vec![Deed::Cancel],
            Notice::Doubtful(Once::Lead) => vec![Deed::SendLead],
            Notice::Doubtful(Once::CrewText) => vec![Deed::SendText],
            Notice::Doubtful(Once::Release) => vec![Deed::SendLink],
            Notice::PublishWanted => vec![Deed::Publish, Deed::Cancel],
            Notice::PublicationDoubtful => vec![Deed::Publish],
            Notice::Claimed(_) | Notice::Expired | Notice::Quarantined | Notice::NotPublished => Vec::new(),
        }
    }

    /// Whether a typed command is about how the job stands: not where it is about a winner, and this one came after it was written.
    pub fn was_meant(&self, deed: Deed, written: Timestamp) -> bool {
        match &self.stage {
            Stage::Claimed(claim) => !deed.is_about_a_claim() || claim.at <= written,
            Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Offering(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => true,
        }
    }

    /// Whether a button that was made for a claim (0: for none) still speaks of how the job stands. One that calls a job off does
    /// not do so to whoever has it by now.
    pub fn still_means(&self, deed: Deed, claim: OfferNo) -> bool {
        match deed {
            Deed::Cancel => self.is_closed() || self.claim_no() == claim,
            deed => !deed.is_about_a_claim() || claim == 0 || self.claim_no() == claim,
        }
    }

    /// The claim that holds now, by the number of its offer; 0: none. A button that was made for another does nothing.
    pub fn claim_no(&self) -> OfferNo {
        match &self.stage {
            Stage::Claimed(claim) => claim.no,
            Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Offering(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_is_read_by_its_word_and_every_gate_has_one() {
        assert!(Deed::ALL.iter().all(|deed| Deed::read(deed.as_str()) == Some(*deed)));
        let words = Gate::ALL.map(|gate| Deed::that_passes(gate).as_str());
        assert_eq!(words, ["confirm", "invoice", "paid", "release"]);
        let none: Vec<Deed> = Deed::ALL.into_iter().filter(|deed| deed.command(None).is_none()).collect();
        assert_eq!(none, [Deed::Retry]);
    }
}
