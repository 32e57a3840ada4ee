//! The page behind an offer's link.

use askama::Template;
use baton_core::ids::OfferNo;
use baton_core::job::{Job, Offer, OfferState, Stage};
use baton_core::message::{Notice, Over, Topic};
use baton_core::world::World;

use crate::http::pages::summary::{Line, summary};
use crate::wording::Words;

/// The page.
#[derive(Template)]
#[template(path = "offer.html")]
pub struct OfferPage {
    code: String,
    state: OfferStanding,
    text: String,
    summary: Vec<Line>,
    words: Words,
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
    pub fn of(job: &Job, no: OfferNo, world: &World<'_>, words: Words) -> Self {
        let Some(offer) = job.offer(no) else { return Self::showing(job, OfferStanding::Over, words) };
        let mut page = Self::showing(job, standing(job, offer), words);
        match page.state {
            OfferStanding::Open => page.text = question(job, offer, world, &page.words),
            OfferStanding::Won if world.way_to_desk(&Topic::Notice(Notice::Claimed(offer.agent))).is_some() => {
                page.text = format!("{} {}", page.text, page.words.say("offer.won_desk"));
            }
            _ => {}
        }
        page
    }

    /// Shows an offer to somebody who was just answered.
    pub fn showing(job: &Job, state: OfferStanding, words: Words) -> Self {
        let (text, summary) = (state.text(&words), summary(&job.brief, &words));
        Self { code: job.id.code().to_string(), state, text, summary, words }
    }
}

/// Until when they can answer, on their own clock, and whether they must hurry.
fn question(job: &Job, offer: &Offer, world: &World<'_>, words: &Words) -> String {
    let agent = world.roster.get(&offer.agent);
    let zone = agent.and_then(|agent| agent.time_zone.as_deref()).unwrap_or(&world.settings.time_zone);
    let by = offer.closes_at().map(|at| words.fill("offer.by", &[("by", &words.moment(at, zone))]));
    let asked = job.offers.iter().filter(|offer| matches!(offer.state, OfferState::Open { .. })).count();
    let hurry = (asked > 1).then(|| words.say("offer.hurry"));
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
    /// What the lines about it begin with.
    fn line(self) -> &'static str {
        match self {
            Self::Open => "offer.open",
            Self::Paused => "offer.paused",
            Self::Won => "offer.won",
            Self::Taken { .. } => "offer.taken",
            Self::Declined => "offer.declined",
            Self::TooLate => "offer.too_late",
            Self::Over => "offer.over",
            Self::Lost => "offer.lost",
            Self::Full => "offer.full",
        }
    }

    fn heading(self, words: &Words) -> String {
        words.say(self.line())
    }

    fn text(self, words: &Words) -> String {
        match self {
            Self::Open => String::new(),
            Self::Taken { place: Some(place) } => words.fill("offer.taken_in_line", &[("place", &place.to_string())]),
            Self::Paused
            | Self::Won
            | Self::Taken { place: None }
            | Self::Declined
            | Self::TooLate
            | Self::Over
            | Self::Lost
            | Self::Full => words.say(&format!("{}_text", self.line())),
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
    use baton_core::job::ledger::Heard;

    use baton_core::delivery::ChannelKind;
    use baton_core::tenant::{Desk, Settings};
    use baton_core::world::Idle;

    use super::*;
    use crate::http::sample;

    fn shown(job: &Job, settings: &Settings) -> String {
        shown_in("en", job, settings)
    }

    fn shown_in(locale: &str, job: &Job, settings: &Settings) -> String {
        let (roster, channels) = (sample::roster(), [ChannelKind::Email]);
        let world = World {
            roster: &roster,
            load: &Idle,
            settings,
            channels: &channels,
            outages: &[],
            budgets: &baton_core::fit::Boundless,
        };
        OfferPage::of(job, 1, &world, sample::words(locale)).render().unwrap()
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
        let claim = Command::Claim { agent: sample::agent("ana"), no: 1, via: None, heard: Heard::default() };
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
            (Command::Claim { agent: ana, no: 1, via: None, heard: Heard::default() }, "The job is yours"),
            (Command::Decline { agent: ana, no: 1 }, "You said no"),
            (Command::SkipWave, "This offer is over"),
            (Command::Pause, "This job is on hold"),
            (Command::Cancel { reason: None }, "This offer is over"),
        ] {
            let html = page(vec![command]);
            assert!(html.contains(&format!("<h1>{heading}</h1>")) && !html.contains("<button"), "{html}");
        }
    }

    #[test]
    fn f4_it_speaks_the_language_of_the_person_and_says_when_on_their_clock() {
        let job = sample::job_after("a", [Command::Approve]);
        let london = Settings { time_zone: "Europe/London".into(), ..Settings::default() };
        let russian = shown_in("ru", &job, &london);
        assert!(russian.contains("Ответьте до: пт, 15 янв., 08:30 GMT.") && russian.contains("Да, беру"), "{russian}");
        let hebrew = shown_in("he-IL", &job, &london);
        assert!(hebrew.contains(r#"<html lang="he" dir="rtl">"#) && hebrew.contains("<bdi>Leeds</bdi>"), "{hebrew}");
        let every = [
            OfferStanding::Paused,
            OfferStanding::Won,
            OfferStanding::Taken { place: Some(2) },
            OfferStanding::Taken { place: None },
            OfferStanding::Declined,
            OfferStanding::TooLate,
            OfferStanding::Over,
            OfferStanding::Lost,
            OfferStanding::Full,
        ];
        for state in every {
            let said = |locale| {
                let words = sample::words(locale);
                (state.heading(&words), state.text(&words))
            };
            let (english, russian, hebrew) = (said("en"), said("ru"), said("he"));
            assert!(!english.0.is_empty() && !english.1.is_empty(), "{state:?}");
            assert!(russian.0 != english.0 && russian.1 != english.1 && hebrew.0 != english.0, "{state:?}");
            assert!(hebrew.1.chars().any(|c| ('א'..='ת').contains(&c)), "{state:?}");
        }
    }
}
