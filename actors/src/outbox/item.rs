//! What waits to be sent: references to what jobs and notifications owe, and answers to people.

use baton_core::delivery::{ChannelKind, Provider};
use baton_core::ids::{DebtId, EffectId, TenantId};
use baton_core::job::{Job, Owed};
use baton_core::message::Lane;

use crate::channel::Errand;

/// Something to be sent.
#[derive(Clone, Debug)]
pub enum Item {
    /// A debt of a job or a notification; its wording is made from the record when it is sent.
    Debt {
        /// Which.
        debt: DebtId,
        /// How often it was attempted.
        attempts: u32,
        /// Whether an earlier attempt may have arrived.
        possible_repeat: bool,
        /// The accounts it comes from.
        had: Had,
    },
    /// An answer to somebody who wrote to us: worth nothing after a restart.
    Direct {
        /// What.
        errand: Box<Errand>,
        /// How often it was attempted.
        attempts: u32,
        /// The accounts it comes from.
        had: Had,
    },
}

impl Item {
    /// A debt that was never on its way.
    pub fn debt(debt: DebtId) -> Self {
        Self::Debt { debt, attempts: 0, possible_repeat: false, had: Had::default() }
    }

    /// The debt behind it; none for an answer.
    pub fn owed(&self) -> Option<DebtId> {
        match self {
            Self::Debt { debt, .. } => Some(*debt),
            Self::Direct { .. } => None,
        }
    }

    /// Whose it is: tenants take turns.
    pub fn tenant(&self) -> TenantId {
        match self {
            Self::Debt { debt: DebtId::Job(effect), .. } => effect.job.tenant,
            Self::Debt { debt: DebtId::Notification(id, _), .. } => id.tenant,
            Self::Direct { errand, .. } => errand.tenant,
        }
    }

    /// How often it was attempted by the account that has it.
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Debt { attempts, .. } | Self::Direct { attempts, .. } => *attempts,
        }
    }

    /// The accounts it comes from.
    pub fn had(&self) -> Had {
        match self {
            Self::Debt { had, .. } | Self::Direct { had, .. } => *had,
        }
    }

    pub(super) fn mark(&mut self, provider: Provider) {
        match self {
            Self::Debt { had, .. } | Self::Direct { had, .. } => had.note(provider),
        }
    }

    /// The account it was meant for makes no attempt.
    pub(super) fn passed_by(&mut self, provider: Provider) {
        match self {
            Self::Debt { had, .. } | Self::Direct { had, .. } => had.unattempted = Some(provider),
        }
    }

    /// The next account begins anew; what may have arrived may have arrived.
    pub(super) fn begins_anew(&mut self, may_have_arrived: bool) {
        match self {
            Self::Debt { attempts, possible_repeat, .. } => {
                *attempts = 0;
                *possible_repeat |= may_have_arrived;
            }
            Self::Direct { errand, attempts, .. } => {
                *attempts = 0;
                errand.possible_repeat |= may_have_arrived;
            }
        }
    }
}

/// The accounts that have had a message, so that nobody has it twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Had {
    accounts: u16,
    /// The last of them that made no attempt: the job hears of that with the outcome.
    unattempted: Option<Provider>,
}

impl Had {
    /// Whether an account has had it.
    pub fn contains(self, provider: Provider) -> bool {
        self.accounts & (1 << provider as u16) != 0
    }

    fn note(&mut self, provider: Provider) {
        self.accounts |= 1 << provider as u16;
    }

    /// The account it was meant for and did not wait for; none where it came with an attempt, or straight here.
    pub fn unattempted(self) -> Option<Provider> {
        self.unattempted
    }
}

/// What a step owes, ready for the outbox.
pub struct Errands(pub(super) Vec<(ChannelKind, Lane, DebtId)>);

impl Errands {
    /// Of a stored job.
    pub fn of<'a>(job: &Job, owed: impl Iterator<Item = &'a Owed>) -> Self {
        let errand = |owed: &Owed| {
            let message = &owed.message;
            (message.channel, message.topic.lane(), EffectId { job: job.id, no: owed.no }.into())
        };
        Self(owed.map(errand).collect())
    }
}
