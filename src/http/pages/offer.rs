//! The page behind an offer's link.

use askama::Template;
use baton_core::ids::OfferNo;
use baton_core::job::{Job, Offer, OfferState, Stage};
use baton_core::message::Over;

use crate::http::pages::summary::{Line, summary};

/// The page.
#[derive(Template)]
#[template(path = "offer.html")]
pub struct OfferPage {
    code: String,
    state: OfferStanding,
    summary: Vec<Line>,
}

/// How the offer stands for the agent it was made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferStanding {
    /// It waits for their answer.
    Open,
    /// The clocks stand still.
    Paused,
    /// The job is theirs.
    Won,
    /// Somebody else has it; perhaps they wait in line.
    Taken {
        /// Their place behind the winner, from 1.
        place: Option<u16>,
    },
    /// They said no.
    Declined,
    /// It is over.
    Over,
    /// They had the job and no longer have it.
    Lost,
    /// They have as many jobs as they can.
    Full,
}

impl OfferPage {
    /// Shows an offer as it stands.
    pub fn of(job: &Job, no: OfferNo) -> Self {
        Self::showing(job, job.offer(no).map_or(OfferStanding::Over, |offer| standing(job, offer)))
    }

    /// Shows an offer to somebody who was just answered.
    pub fn showing(job: &Job, state: OfferStanding) -> Self {
        Self { code: job.id.code().to_string(), state, summary: summary(&job.brief) }
    }
}

fn standing(job: &Job, offer: &Offer) -> OfferStanding {
    let place = || {
        let behind = job.standby.iter().position(|waiting| waiting.agent == offer.agent);
        behind.and_then(|behind| u16::try_from(behind + 1).ok())
    };
    match offer.state {
        OfferState::Open { .. } => match &job.stage {
            Stage::Offering(offering) if offering.paused_at.is_some() => OfferStanding::Paused,
            Stage::Offering(_) => OfferStanding::Open,
            Stage::NeedsApproval
            | Stage::Scheduled { .. }
            | Stage::Claimed(_)
            | Stage::Unfilled { .. }
            | Stage::Closed { .. } => OfferStanding::Over,
        },
        OfferState::Claimed => OfferStanding::Won,
        OfferState::Declined => OfferStanding::Declined,
        OfferState::Over(Over::Taken) => OfferStanding::Taken { place: place() },
        OfferState::Over(Over::TimedOut | Over::Skipped | Over::Closed) | OfferState::Failed => OfferStanding::Over,
        OfferState::Lost => OfferStanding::Lost,
    }
}

impl OfferStanding {
    fn heading(self) -> &'static str {
        match self {
            Self::Open => "Do you take this job?",
            Self::Paused => "This job is on hold",
            Self::Won => "The job is yours",
            Self::Taken { .. } => "Somebody was faster",
            Self::Declined => "You said no",
            Self::Over => "This offer is over",
            Self::Lost => "The job is no longer yours",
            Self::Full => "You have no room for this job",
        }
    }

    fn text(self) -> String {
        match self {
            Self::Open => "Whoever says yes first has it.".to_owned(),
            Self::Paused => "It cannot be answered at the moment. Please look again later.".to_owned(),
            Self::Won => "You have it. The desk has been told.".to_owned(),
            Self::Taken { place: Some(place) } => {
                format!(
                    "Somebody else has the job. You are number {place} in line, and hear from us if it becomes free."
                )
            }
            Self::Taken { place: None } => "Somebody else has the job.".to_owned(),
            Self::Declined => "Thank you for the answer. It was noted.".to_owned(),
            Self::Over => "It can no longer be answered.".to_owned(),
            Self::Lost => "It went back, and others are asked.".to_owned(),
            Self::Full => {
                "You have as many jobs as you can take, or one at the same time. The offer stays open.".to_owned()
            }
        }
    }

    fn is_open(self) -> bool {
        self == Self::Open
    }

    fn is_good(self) -> bool {
        matches!(self, Self::Open | Self::Won | Self::Declined)
    }
}

#[cfg(test)]
mod tests {
    use baton_core::job::Command;

    use super::*;
    use crate::http::sample;

    #[test]
    fn an_offer_can_be_answered_only_while_it_is_open() {
        let page = |commands: Vec<Command>| {
            let job = sample::job_after("a", [vec![Command::Approve], commands].concat());
            OfferPage::of(&job, 1).render().unwrap()
        };
        let ana = sample::agent("ana");
        let open = page(vec![]);
        assert!(open.contains("value=\"yes\"") && open.contains("value=\"no\"") && open.contains("Leeds"), "{open}");
        for (command, heading) in [
            (Command::Claim { agent: ana, no: 1, via: None }, "The job is yours"),
            (Command::Decline { agent: ana, no: 1 }, "You said no"),
            (Command::SkipWave, "This offer is over"),
            (Command::Pause, "This job is on hold"),
            (Command::Cancel { reason: None }, "This offer is over"),
        ] {
            let html = page(vec![command]);
            assert!(html.contains(&format!("<h1>{heading}</h1>")) && !html.contains("<button"), "{html}");
        }
    }
}
