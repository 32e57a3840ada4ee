//! What we have to tell people. Wording lives in templates; this is what there is to be said.

use serde::{Deserialize, Serialize};

use crate::delivery::ChannelKind;
use crate::gates::Gate;
use crate::ids::{AgentId, EffectNo, OfferNo};
use crate::job::settlement::{GrantNo, Wait};
use crate::time::Timestamp;

/// A message a job owes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who is told.
    pub to: Recipient,
    /// By which channel, decided when it was owed.
    pub channel: ChannelKind,
    /// What there is to say.
    pub topic: Topic,
    /// It is dropped if it is not out by then.
    pub lifetime: Option<Timestamp>,
}

/// Who is told. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Recipient {
    /// An agent.
    Agent(AgentId),
    /// The tenant's desk.
    Desk,
    /// A crew group: the one that the message's publication is in.
    Group,
}

/// What there is to say. The name of each is the name of its template. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Topic {
    /// A job is offered: yes or no?
    Offer(OfferNo),
    /// An offer is over; where the channel can, the offer's own message is edited.
    OfferOver(OfferNo, Over),
    /// The job is theirs.
    Won,
    /// Their claim has ended and they did not end it.
    ClaimEnded(ClaimEnd),
    /// They won and are silent: please acknowledge.
    Reminder,
    /// The desk: please approve a job.
    ApprovalWanted,
    /// The desk: something happened.
    Notice(Notice),
    /// The winner: a gate was passed.
    Settled(Gate),
    /// The winner, in private: the details are there, behind a link.
    Released(GrantNo),
    /// A group: whoever claims this job first has it.
    CrewOffer(OfferNo),
    /// A group: how the job stands now, in the place of what was said before.
    CrewStatus(OfferNo),
    /// The desk, and nobody else: a finished lead, with all that is private.
    Lead,
    /// The desk: the text for crews, to be copied.
    CrewText,
    /// The desk: what was done about the notice that this debt carried, in the place of its buttons.
    NoteDone(EffectNo),
    /// A driver: the route that is theirs, opened for them alone.
    Route,
}

/// What is sent once. Where nobody knows whether it arrived, the desk is asked, and it is not sent again by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Once {
    /// The full lead.
    Lead,
    /// The text for crews (`crew_fallback_v1`).
    CrewText,
    /// The link to the details (`release_v1`).
    Release,
}

/// Why an offer is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Over {
    /// Its time ran out.
    TimedOut,
    /// Somebody else has the job.
    Taken,
    /// An operator moved on.
    Skipped,
    /// The job was cancelled or expired.
    Closed,
}

/// Why a claim ended. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ClaimEnd {
    /// The winner gave it back.
    Withdrawn,
    /// The winner went silent.
    Stalled,
    /// An operator gave the job to somebody else.
    Reassigned,
    /// The job was cancelled.
    Cancelled,
    /// The desk does not want them for it.
    Refused,
    /// The winner did not come.
    NoShow,
}

/// What the desk is told. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Notice {
    /// Somebody has the job.
    Claimed(AgentId),
    /// Nobody took it.
    Unfilled,
    /// The winner went silent.
    Stalled(AgentId),
    /// The search time is over.
    Expired,
    /// The job's actor kept crashing and was parked.
    Quarantined,
    /// A step behind the claim was not made in its time, or cannot be made.
    Waiting(Wait, AgentId),
    /// A person is to publish it in a group.
    PublishWanted,
    /// It could not be published in a group: everybody is asked in private.
    NotPublished,
    /// Nobody knows whether it stands in the group.
    PublicationDoubtful,
    /// The next gate is passed by a person: the desk is asked to.
    Asked(Gate, AgentId),
    /// The winner was not reached by any channel.
    Unreached(AgentId),
    /// Nobody knows whether something arrived that is sent once.
    Doubtful(Once),
    /// Nobody of a wave could be reached: every channel to every one of them failed.
    NobodyReached,
}

/// Answers to people before claims before offers before status before bulk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Lane {
    /// Somebody asked and waits.
    Answers,
    /// The job is theirs, or no longer.
    Claims,
    /// A job is offered.
    Offers,
    /// Something is over.
    Status,
    /// Nobody waits.
    Bulk,
}

impl Notice {
    /// Whom it is about.
    pub fn about(self) -> Option<AgentId> {
        match self {
            Self::Claimed(agent)
            | Self::Stalled(agent)
            | Self::Waiting(_, agent)
            | Self::Asked(_, agent)
            | Self::Unreached(agent) => Some(agent),
            Self::Unfilled
            | Self::Expired
            | Self::Quarantined
            | Self::PublishWanted
            | Self::NotPublished
            | Self::PublicationDoubtful
            | Self::NobodyReached
            | Self::Doubtful(_) => None,
        }
    }
}

impl Topic {
    /// The name of its template.
    pub fn template(&self) -> &'static str {
        match self {
            Self::Offer(_) => "offer",
            Self::OfferOver(..) => "offer_over",
            Self::Won => "won",
            Self::ClaimEnded(_) => "claim_ended",
            Self::Reminder => "reminder",
            Self::ApprovalWanted => "approval_wanted",
            Self::Notice(Notice::Asked(..) | Notice::Unreached(_) | Notice::Doubtful(_)) => "asked",
            Self::Notice(_) => "notice",
            Self::Settled(_) => "settled",
            Self::Released(_) => "released",
            Self::CrewOffer(_) => "crew_offer",
            Self::CrewStatus(_) => "crew_status",
            Self::Lead => "lead",
            Self::CrewText => "crew",
            Self::NoteDone(_) => "note_done",
            Self::Route => "route",
        }
    }

    /// How urgent it is.
    pub fn lane(&self) -> Lane {
        match self {
            Self::Won | Self::ClaimEnded(_) | Self::Released(_) | Self::Lead | Self::CrewText | Self::Route => {
                Lane::Claims
            }
            Self::Offer(_) | Self::Reminder | Self::CrewOffer(_) => Lane::Offers,
            Self::CrewStatus(_)
            | Self::OfferOver(..)
            | Self::ApprovalWanted
            | Self::Notice(_)
            | Self::Settled(_)
            | Self::NoteDone(_) => Lane::Status,
        }
    }

    /// What it is, where it is sent once.
    pub fn once(&self) -> Option<Once> {
        match self {
            Self::Lead => Some(Once::Lead),
            Self::CrewText => Some(Once::CrewText),
            Self::Released(_) => Some(Once::Release),
            Self::Offer(_)
            | Self::OfferOver(..)
            | Self::Won
            | Self::ClaimEnded(_)
            | Self::Reminder
            | Self::ApprovalWanted
            | Self::Notice(_)
            | Self::Settled(_)
            | Self::CrewOffer(_)
            | Self::CrewStatus(_)
            | Self::NoteDone(_)
            // It is sent again like an offer: who was told twice was told.
            | Self::Route => None,
        }
    }
}

impl Over {
    /// The word templates and timelines use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TimedOut => "timed_out",
            Self::Taken => "taken",
            Self::Skipped => "skipped",
            Self::Closed => "closed",
        }
    }
}

impl Once {
    /// The stable word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::CrewText => "crew_text",
            Self::Release => "release",
        }
    }
}

impl ClaimEnd {
    /// The word templates and timelines use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Stalled => "stalled",
            Self::Reassigned => "reassigned",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
            Self::NoShow => "no_show",
        }
    }
}

impl Notice {
    /// The word templates and timelines use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Claimed(_) => "claimed",
            Self::Unfilled => "unfilled",
            Self::Stalled(_) => "stalled",
            Self::Expired => "expired",
            Self::Quarantined => "quarantined",
            Self::Waiting(..) => "waiting",
            Self::PublishWanted => "publish_wanted",
            Self::NotPublished => "not_published",
            Self::PublicationDoubtful => "publication_doubtful",
            Self::Asked(Gate::Confirm, _) => "asked_confirm",
            Self::Asked(Gate::Invoice, _) => "asked_invoice",
            Self::Asked(Gate::Payment, _) => "asked_payment",
            Self::Asked(Gate::Release, _) => "asked_release",
            Self::Unreached(_) => "unreached",
            Self::NobodyReached => "nobody_reached",
            Self::Doubtful(Once::Lead) => "doubtful_lead",
            Self::Doubtful(Once::CrewText) => "doubtful_crew",
            Self::Doubtful(Once::Release) => "doubtful_release",
        }
    }
}
