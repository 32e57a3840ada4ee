//! The page behind an offer's link.

use askama::Template;
use baton_core::ids::OfferNo;
use baton_core::job::{Job, Offer, OfferState, Stage};
use baton_core::message::{Notice, Over, Topic};
use baton_core::world::World;

use crate::http::pages::summary::{Line, summary};
use crate::wording::dates;

/// The page.
#[derive(Template)]
#[template(path = "offer.html")]
pub struct OfferPage {
    code: String,
    state: OfferStanding,
    text: String,
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
    /// It was not answered in time.
    TooLate,
    /// It is over.
    Over,
    /// They had the job and no longer have it.
    Lost,
    /// They have as many jobs as they can.
    Full,
}

impl OfferPage {
    /// Shows an offer as it stands.
    pub fn of(job: &Job, no: OfferNo, world: &World<'_>) -> Self {
        let Some(offer) = job.offer(no) else { return Self::showing(job, OfferStanding::Over) };
        let mut page = Self::showing(job, standing(job, offer));
        match page.state {
            OfferStanding::Open => page.text = question(job, offer, world),
            OfferStanding::Won if world.way_to_desk(&Topic::Notice(Notice::Claimed(offer.agent))).is_some() => {
                page.text.push_str(" The desk hears of it.");
            }
            _ => {}
        }
        page
    }

    /// Shows an offer to somebody who was just answered.
    pub fn showing(job: &Job, state: OfferStanding) -> Self {
        Self { code: job.id.code().to_string(), state, text: state.text(), summary: summary(&job.brief) }
    }
}

/// Until when they can answer, on their own clock, and whether they must hurry.
fn question(job: &Job, offer: &Offer, world: &World<'_>) -> String {
    let agent = world.roster.get(&offer.agent);
    let zone = agent.and_then(|agent| agent.time_zone.as_deref()).unwrap_or(&world.settings.time_zone);
    // The pages speak English.
    let by = offer.closes_at().map(|at| format!("Please answer by {}.", dates::moment(at, zone, "en")));
    let asked = job.offers.iter().filter(|offer| matches!(offer.state, OfferState::Open { .. })).count();
    let hurry = (asked > 1).then(|| "Whoever says yes first has it.".to_owned());
    [by, hurry].into_iter().flatten().collect::<Vec<_>>().join(" ")
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
        OfferState::Over(Over::TimedOut) => OfferStanding::TooLate,
        OfferState::Over(Over::Skipped | Over::Closed) | OfferState::Failed => OfferStanding::Over,
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
            Self::TooLate => "The time to answer is over",
            Self::Over => "This offer is over",
            Self::Lost => "The job is no longer yours",
            Self::Full => "You have no room for this job",
        }
    }

    fn text(self) -> String {
        match self {
            Self::Open => String::new(),
            Self::Paused => "It cannot be answered at the moment. Please look again later.".to_owned(),
            Self::Won => "You have it.".to_owned(),
            Self::Taken { place: Some(place) } => {
                format!(
                    "Somebody else has the job. You are number {place} in line, and hear from us if it becomes free."
                )
            }
            Self::Taken { place: None } => "Somebody else has the job.".to_owned(),
            Self::Declined => "Thank you for the answer. It was noted.".to_owned(),
            Self::TooLate => "This offer was not answered in time, and can no longer be answered.".to_owned(),
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

    use baton_core::delivery::ChannelKind;
    use baton_core::tenant::{Desk, Settings};
    use baton_core::world::Idle;

    use super::*;
    use crate::http::sample;

    fn shown(job: &Job, settings: &Settings) -> String {
        let (roster, channels) = (sample::roster(), [ChannelKind::Email]);
        let world = World {
            roster: &roster,
            load: &Idle,
            settings,
            channels: &channels,
            outages: &[],
            budgets: &baton_core::fit::Boundless,
        };
        OfferPage::of(job, 1, &world).render().unwrap()
    }

    #[test]
    fn an_open_offer_says_until_when_and_to_hurry_only_where_others_are_asked_as_well() {
        let mut job = sample::job_after("a", [Command::Approve]);
        let london = Settings { time_zone: "Europe/London".into(), ..Settings::default() };
        let alone = shown(&job, &london);
        assert!(alone.contains("Please answer by Fri 15 Jan, 08:30 GMT."), "{alone}");
        assert!(!alone.contains("first has it"), "{alone}");
        let other = Offer { no: 2, agent: sample::agent("bo"), ..job.offers[0].clone() };
        job.offers.push(other);
        let both = shown(&job, &london);
        assert!(both.contains("Whoever says yes first has it."), "{both}");
    }

    #[test]
    fn a_winner_hears_of_the_desk_only_where_there_is_one() {
        let claim = Command::Claim { agent: sample::agent("ana"), no: 1, via: None };
        let job = sample::job_after("a", [Command::Approve, claim]);
        let desk = Desk { email: Some("desk@example.com".into()), ..Desk::default() };
        let with_desk = Settings { desk, ..Settings::default() };
        assert!(!shown(&job, &Settings::default()).contains("desk"));
        assert!(shown(&job, &with_desk).contains("The desk hears of it."));
    }

    #[test]
    fn an_offer_can_be_answered_only_while_it_is_open() {
        let page = |commands: Vec<Command>| {
            let job = sample::job_after("a", [vec![Command::Approve], commands].concat());
            shown(&job, &Settings::default())
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
