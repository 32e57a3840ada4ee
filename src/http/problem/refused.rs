//! The domain's no, as a problem: the same code, and what the page of the code promises beside it.

use baton_core::gates::Gate;
use baton_core::job::Refusal;
use baton_core::job::refusal::OfferEnd;
use baton_core::notification;

use crate::http::problem::{Code, Problem};

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Self::new(code(&refusal), refusal.to_string());
        match refusal {
            Refusal::AlreadyClaimed { place: Some(place) } => problem.with("place", place),
            Refusal::OfferClosed(end) => problem.with("reason", reason(end)),
            Refusal::GatesMissing { missing } => {
                problem.with("missing", missing.iter().map(Gate::as_str).collect::<Vec<_>>())
            }
            Refusal::JobClosed { ended } => problem.with("outcome", ended.as_str()),
            Refusal::JobOpen { status } => problem.with("status_now", status),
            Refusal::VersionChanged { is, .. } => problem.with("version", is),
            Refusal::NotForThem { rule } => problem.with("rule", rule),
            Refusal::AgentAssigned { job } => problem.with("job", job.to_string()),
            Refusal::JobNotFound
            | Refusal::JobNotApproved
            | Refusal::AlreadyApproved { .. }
            | Refusal::JobNotOffering { .. }
            | Refusal::AlreadyStarted
            | Refusal::JobNotClaimed { .. }
            | Refusal::JobNotUnfilled { .. }
            | Refusal::AlreadyClaimed { place: None }
            | Refusal::OfferNotFound
            | Refusal::NotYourOffer
            | Refusal::JobIsYours
            | Refusal::NotTheWinner
            | Refusal::AgentNotFound
            | Refusal::AgentInactive
            | Refusal::AgentUnreachable
            | Refusal::AgentFull { .. }
            | Refusal::AgentBusy
            | Refusal::JobWornOut
            | Refusal::KeyReused
            | Refusal::NoDetails
            | Refusal::NoPrivateWay
            | Refusal::NothingReleased
            | Refusal::GrantOver
            | Refusal::NothingToPublish
            | Refusal::NotPublished
            | Refusal::TooManyClaims { .. }
            | Refusal::CoolingDown { .. }
            | Refusal::ReferenceConflict => problem,
        }
    }
}

impl From<notification::Refusal> for Problem {
    fn from(refusal: notification::Refusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            notification::Refusal::NotFound => Self::new(Code::NotificationNotFound, detail),
            notification::Refusal::AlreadySent { status } => {
                Self::new(Code::NotificationAlreadySent, detail).with("status_now", status)
            }
            notification::Refusal::Ended { status } => {
                Self::new(Code::NotificationEnded, detail).with("status_now", status)
            }
            notification::Refusal::ReferenceConflict => Self::new(Code::ExternalRefConflict, detail),
        }
    }
}

fn code(refusal: &Refusal) -> Code {
    match refusal {
        Refusal::JobNotFound => Code::JobNotFound,
        Refusal::JobNotApproved => Code::JobNotApproved,
        Refusal::AlreadyApproved { .. } => Code::JobAlreadyApproved,
        Refusal::JobNotOffering { .. } => Code::JobNotOffering,
        Refusal::AlreadyStarted => Code::JobAlreadyStarted,
        Refusal::JobNotClaimed { .. } => Code::JobNotClaimed,
        Refusal::JobNotUnfilled { .. } => Code::JobNotUnfilled,
        Refusal::JobClosed { .. } => Code::JobClosed,
        Refusal::AlreadyClaimed { .. } => Code::JobAlreadyClaimed,
        Refusal::OfferNotFound => Code::OfferNotFound,
        Refusal::NotYourOffer => Code::NotYourOffer,
        Refusal::OfferClosed(_) => Code::OfferClosed,
        Refusal::JobIsYours => Code::JobIsYours,
        Refusal::NotTheWinner => Code::NotTheWinner,
        Refusal::AgentNotFound => Code::AgentNotFound,
        Refusal::AgentInactive => Code::AgentInactive,
        Refusal::AgentUnreachable => Code::AgentUnreachable,
        Refusal::AgentFull { .. } => Code::AgentFull,
        Refusal::AgentAssigned { .. } => Code::AgentAssigned,
        Refusal::AgentBusy => Code::AgentBusy,
        Refusal::JobWornOut => Code::JobWornOut,
        Refusal::VersionChanged { .. } => Code::VersionChanged,
        Refusal::KeyReused => Code::IdempotencyKeyReused,
        Refusal::JobOpen { .. } => Code::JobOpen,
        Refusal::GatesMissing { .. } => Code::GatesMissing,
        Refusal::NoDetails => Code::NoDetails,
        Refusal::NoPrivateWay => Code::NoPrivateWay,
        Refusal::NothingReleased => Code::NothingReleased,
        Refusal::GrantOver => Code::ReleaseOver,
        Refusal::NothingToPublish => Code::NothingToPublish,
        Refusal::NotPublished => Code::JobNotPublished,
        Refusal::NotForThem { .. } => Code::JobNotForAgent,
        Refusal::TooManyClaims { .. } => Code::TooManyClaims,
        Refusal::CoolingDown { .. } => Code::AgentCoolingDown,
        Refusal::ReferenceConflict => Code::ExternalRefConflict,
    }
}

fn reason(end: OfferEnd) -> &'static str {
    match end {
        OfferEnd::Declined => "declined",
        OfferEnd::Over(over) => over.as_str(),
        OfferEnd::Failed => "failed",
        OfferEnd::Lost => "lost",
    }
}

#[cfg(test)]
mod tests {
    use baton_core::job::Ending;
    use baton_core::message::Over;

    use super::*;

    #[test]
    fn a_refusal_keeps_its_code() {
        let refusals = [
            Refusal::JobNotFound,
            Refusal::JobNotApproved,
            Refusal::AlreadyApproved { status: "offering" },
            Refusal::JobNotOffering { status: "claimed" },
            Refusal::AlreadyStarted,
            Refusal::JobNotClaimed { status: "offering" },
            Refusal::JobNotUnfilled { status: "offering" },
            Refusal::JobClosed { ended: Ending::Cancelled },
            Refusal::JobOpen { status: "claimed" },
            Refusal::AlreadyClaimed { place: None },
            Refusal::OfferNotFound,
            Refusal::NotYourOffer,
            Refusal::OfferClosed(OfferEnd::Over(Over::TimedOut)),
            Refusal::JobIsYours,
            Refusal::NotTheWinner,
            Refusal::AgentNotFound,
            Refusal::AgentInactive,
            Refusal::AgentUnreachable,
            Refusal::AgentFull { claims: 1, capacity: 1 },
            Refusal::AgentBusy,
            Refusal::AgentAssigned {
                job: baton_core::ids::JobId::of_reference(baton_core::ids::TenantId::DEFAULT, "a"),
            },
            Refusal::JobWornOut,
            Refusal::VersionChanged { expected: 1, is: 2 },
            Refusal::KeyReused,
            Refusal::GatesMissing { missing: [Gate::Payment].into_iter().collect() },
            Refusal::NoDetails,
            Refusal::NoPrivateWay,
            Refusal::NothingReleased,
            Refusal::GrantOver,
            Refusal::NothingToPublish,
            Refusal::NotPublished,
            Refusal::NotForThem { rule: "missing-tag" },
            Refusal::TooManyClaims { won: 3, most: 3 },
            Refusal::CoolingDown { left: std::time::Duration::from_secs(1) },
            Refusal::ReferenceConflict,
        ];
        for refusal in refusals {
            let word = refusal.code();
            assert_eq!(Problem::from(refusal).code.as_str(), word);
        }
    }

    #[test]
    fn c12_a_release_that_comes_too_early_names_the_missing_gates() {
        let missing = [Gate::Confirm, Gate::Payment].into_iter().collect();
        let problem = Problem::from(Refusal::GatesMissing { missing });
        assert_eq!(problem.more.unwrap()["missing"], serde_json::json!(["confirm", "payment"]));
    }

    #[test]
    fn x13_a_later_claimant_learns_their_place() {
        let problem = Problem::from(Refusal::AlreadyClaimed { place: Some(2) });
        assert_eq!(problem.more.unwrap()["place"], 2);
    }
}
