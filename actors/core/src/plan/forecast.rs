//! A dry run of a plan: whom it would ask and when, if nobody answered. The job's own machine runs it, so that a forecast
//! can only be as wrong as the world it was given.

use std::collections::BTreeMap;

use super::Plan;
use crate::brief::Brief;
use crate::crew::{Crew, Publish};
use crate::delivery::{ChannelKind, Delivery, Receipt};
use crate::eligibility::{Exclusion, Past, Wanted, judge};
use crate::gates::OwnGates;
use crate::ids::{AgentId, JobId, TenantId};
use crate::job::event::{Actor, Cause, Entry, Event};
use crate::job::{Approval, By, Ending, Job, NewJob, Report, Stage, Turn, UnfilledReason};
use crate::tenant::Settings;
use crate::time::{Timestamp, Window};
use crate::world::World;

/// No more groups are foretold: a long plan over many agents is cut off there.
const GROUPS_MAX: usize = 1000;

/// What would happen if nobody answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forecast {
    /// The waves that are come to, in order; a plan of several rounds comes to a wave several times.
    pub waves: Vec<Expected>,
    /// How the search ends.
    pub ends: Ends,
}

/// A wave that is come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// In which round, from 1.
    pub round: u16,
    /// Which wave of the plan, from 0.
    pub step: u16,
    /// When.
    pub opens_at: Timestamp,
    /// Those asked together, one group after the other; none where the wave has nobody to ask.
    pub groups: Vec<Group>,
    /// Who is not asked, and the exact rule, as judged when the wave opens.
    pub excluded: Vec<(AgentId, Exclusion)>,
    /// Whether it first waits because everybody it could ask is full.
    pub waits_for_room: bool,
}

/// Those asked together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// When they are asked.
    pub opens_at: Timestamp,
    /// When their time is over. Where clocks start at delivery, delivery is taken to be immediate.
    pub closes_at: Timestamp,
    /// Who, and by which channel.
    pub asked: Vec<(AgentId, ChannelKind)>,
}

/// How the search ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// Nobody is left to ask.
    Unfilled {
        /// When.
        at: Timestamp,
        /// Why.
        reason: UnfilledReason,
    },
    /// The time of the search is over.
    Expired {
        /// When.
        at: Timestamp,
    },
    /// A named agent is given the job without being asked, if they still have room.
    Given {
        /// When.
        at: Timestamp,
        /// Who.
        agent: AgentId,
    },
    /// Not within the part that was foretold, which goes to this moment.
    Later {
        /// When the forecast was cut off.
        after: Timestamp,
    },
}

/// Runs a plan from `now` on, with everybody silent and the world as it is.
pub fn forecast(plan: &Plan, brief: &Brief, occupies: Option<Window>, world: &World<'_>, now: Timestamp) -> Forecast {
    // The dry run waits for nobody at the desk.
    let crew = Crew { publish: Publish::Engine, ..world.settings.crew.clone() };
    let settings = Settings { crew, ..world.settings.clone() };
    let world = &World { settings: &settings, ..*world };
    let mut watch =
        Watch { world, brief, occupies, plan, round: 0, asked: BTreeMap::new(), waves: Vec::new(), groups: 0 };
    let mut now = now;
    let by = By { actor: Actor::Engine, cause: Cause::Timer };
    let mut turn = Turn::create(dry(plan, brief, occupies), by, *world, now);
    loop {
        for debt in turn.job().owed.iter().map(|owed| owed.no).collect::<Vec<_>>() {
            let receipt = Receipt { channel: ChannelKind::Console, message: String::new() };
            turn.observe(Report::Delivery { effect: debt, delivery: Delivery::Sent(receipt) });
        }
        let Some(step) = turn.finish() else { return watch.ended(Ends::Later { after: now }) };
        for entry in &step.entries {
            if let Some(ends) = watch.sees(entry) {
                return watch.ended(ends);
            }
        }
        if watch.groups > GROUPS_MAX {
            return watch.ended(Ends::Later { after: now });
        }
        now = next_look(&step.job, now);
        turn = Turn::of(step.job, *world, now);
        turn.observe(Report::Ring);
    }
}

fn dry(plan: &Plan, brief: &Brief, occupies: Option<Window>) -> NewJob {
    NewJob {
        id: JobId::of_reference(TenantId::DEFAULT, "forecast"),
        external_ref: None,
        fingerprint: [0; 16],
        brief: brief.clone(),
        has_details: false,
        approval: Approval::None,
        plan: plan.clone(),
        plan_name: None,
        start_at: None,
        occupies,
        gates: OwnGates::default(),
        publish: None,
        lead: None,
        assignment: None,
    }
}

/// A wave that waits for room looks again every few seconds; here sixteen looks must do.
fn next_look(job: &Job, now: Timestamp) -> Timestamp {
    let due = job.due().unwrap_or(now);
    let Stage::Offering(offering) = &job.stage else { return due };
    match offering.awaiting {
        crate::job::Awaiting::Room { until, .. } => {
            let within =
                job.plan.waves.get(usize::from(offering.step)).map_or(due, |wave| now + wave.claim_within / 16);
            within.max(due).min(until)
        }
        crate::job::Awaiting::Answers | crate::job::Awaiting::Seat { .. } | crate::job::Awaiting::Publisher => due,
    }
}

/// Sees what becomes true, and writes it down.
struct Watch<'a> {
    world: &'a World<'a>,
    brief: &'a Brief,
    occupies: Option<Window>,
    plan: &'a Plan,
    round: u16,
    asked: BTreeMap<AgentId, Past>,
    waves: Vec<Expected>,
    groups: usize,
}

impl Watch<'_> {
    fn sees(&mut self, entry: &Entry) -> Option<Ends> {
        match &entry.event {
            Event::RoundStarted { round, .. } => {
                self.round = *round;
                self.asked.clear();
            }
            Event::WaveOpened { step, .. } => {
                self.groups += 1;
                let group = Group { opens_at: entry.at, closes_at: entry.at, asked: Vec::new() };
                self.wave(*step, entry.at).groups.push(group);
            }
            Event::Offered { agent, channel, .. } => {
                self.asked.insert(*agent, Past::Asked);
                let within =
                    |wave: &Expected| self.plan.waves.get(usize::from(wave.step)).map(|wave| wave.claim_within);
                let closes_at = self.waves.last().and_then(within).map_or(entry.at, |span| entry.at + span);
                if let Some(group) = self.waves.last_mut().and_then(|wave| wave.groups.last_mut()) {
                    group.closes_at = closes_at;
                    group.asked.push((*agent, *channel));
                }
            }
            // Whoever is in the group.
            Event::Published { closes_at, .. } => {
                if let Some(group) = self.waves.last_mut().and_then(|wave| wave.groups.last_mut()) {
                    group.closes_at = *closes_at;
                }
            }
            Event::SeatSought { agent, channel, step, .. } => {
                let group = Group { opens_at: entry.at, closes_at: entry.at, asked: vec![(*agent, *channel)] };
                self.wave(*step, entry.at).groups.push(group);
                return Some(Ends::Given { at: entry.at, agent: *agent });
            }
            Event::RoomAwaited { step, .. } => {
                self.groups += 1;
                self.wave(*step, entry.at).waits_for_room = true;
            }
            Event::WaveSkipped { step, .. } => {
                self.wave(*step, entry.at);
            }
            Event::Unfilled { reason } => return Some(Ends::Unfilled { at: entry.at, reason: *reason }),
            Event::Closed { outcome: Ending::Expired, .. } => return Some(Ends::Expired { at: entry.at }),
            Event::Closed {
                outcome: Ending::Rejected | Ending::Cancelled | Ending::Completed | Ending::Failed | Ending::NoShow,
                ..
            }
            | Event::Created
            | Event::Approved
            | Event::Rejected { .. }
            | Event::Scheduled { .. }
            | Event::StartSeen
            | Event::OfferSent { .. }
            | Event::OfferFailed { .. }
            | Event::Declined { .. }
            | Event::OfferOver { .. }
            | Event::OfferExtended { .. }
            | Event::SearchExtended { .. }
            | Event::Claimed { .. }
            | Event::StandbyJoined { .. }
            | Event::StandbyLeft { .. }
            | Event::ClaimEnded { .. }
            | Event::Acknowledged
            | Event::Reminded
            | Event::Paused
            | Event::Resumed { .. }
            | Event::MessageFailed { .. }
            | Event::MessageDropped { .. }
            | Event::SeatSoughtAgain { .. }
            | Event::WatchExtended { .. }
            | Event::OfferReached { .. }
            | Event::OfferReturned { .. }
            | Event::FailedOver { .. }
            | Event::OfferRerouted { .. }
            | Event::MessageRerouted { .. }
            | Event::OfferClockStarted { .. }
            | Event::WaveShrunk { .. }
            | Event::GatesSet { .. }
            | Event::PublisherSet { .. }
            | Event::GatePassed { .. }
            | Event::Released { .. }
            | Event::GrantOpened { .. }
            | Event::GrantRevoked { .. }
            | Event::DetailsErased { .. }
            | Event::WorkStarted
            | Event::Awaited { .. }
            | Event::Escalated { .. }
            | Event::Denied { .. }
            | Event::PublishAwaited { .. }
            | Event::PublicationSent { .. }
            | Event::PublicationFailed { .. }
            | Event::PublicationDoubtful { .. }
            | Event::PublishedAgain { .. }
            | Event::PublicationOver { .. }
            | Event::PublicationExtended { .. }
            | Event::DeskTold { .. }
            | Event::CrewTextAwaited { .. }
            | Event::CrewTextDue
            | Event::SentAgain { .. }
            | Event::DetailsExported
            | Event::Retried
            | Event::NotSentAgain { .. }
            | Event::Assignment(_) => {}
        }
        None
    }

    /// The wave that something happens in: the last one, or one that is only now come to.
    fn wave(&mut self, step: u16, at: Timestamp) -> &mut Expected {
        if self.waves.last().is_none_or(|last| last.round != self.round || last.step != step) {
            let excluded = self.excluded(step, at);
            let round = self.round;
            self.waves.push(Expected {
                round,
                step,
                opens_at: at,
                groups: Vec::new(),
                excluded,
                waits_for_room: false,
            });
        }
        let last = self.waves.len() - 1;
        &mut self.waves[last]
    }

    fn excluded(&self, step: u16, at: Timestamp) -> Vec<(AgentId, Exclusion)> {
        let Some(wave) = self.plan.waves.get(usize::from(step)) else { return Vec::new() };
        let wanted = Wanted { brief: self.brief, occupies: self.occupies, past: &self.asked };
        let agents = self.world.roster.in_order();
        agents.filter_map(|agent| Some((agent.id, judge(agent, wave, &wanted, self.world, at).err()?))).collect()
    }

    fn ended(self, ends: Ends) -> Forecast {
        Forecast { waves: self.waves, ends }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::agent::{Agent, QuietHours};
    use crate::plan::{ClockStart, Mode, Wave};
    use crate::roster::Roster;
    use crate::world::{AgentLoad, Idle, Load};

    fn id(name: &str) -> AgentId {
        AgentId::of_reference(TenantId::DEFAULT, name)
    }

    fn agent(name: &str, priority: i32) -> Agent {
        Agent { priority, ..Agent::named(id(name), name, Timestamp(0)) }
    }

    fn minutes(count: u64) -> Duration {
        Duration::from_secs(count * 60)
    }

    fn of(waves: Vec<Wave>) -> Plan {
        Plan { waves, ..Plan::default() }
    }

    struct Full;

    impl Load for Full {
        fn of(&self, _: &AgentId) -> AgentLoad {
            AgentLoad { claims: 1, ..AgentLoad::default() }
        }
    }

    const NOW: Timestamp = Timestamp(0);

    fn run(plan: &Plan, agents: Vec<Agent>, load: &dyn Load) -> Forecast {
        let (roster, settings) = (Roster::of(agents), Settings::default());
        let world = World {
            roster: &roster,
            load,
            settings: &settings,
            channels: &[ChannelKind::Console],
            outages: &[],
            budgets: &crate::fit::Boundless,
        };
        forecast(plan, &Brief::default(), None, &world, NOW)
    }

    /// `minute: who, who | …`, a wave a line.
    fn shown(forecast: &Forecast) -> Vec<String> {
        let minute = |at: Timestamp| at.0 / 60_000;
        let name = |agent: &AgentId| ["ana", "bo", "cy"].into_iter().find(|name| id(name) == *agent).unwrap_or("?");
        let group = |group: &Group| {
            let names: Vec<_> = group.asked.iter().map(|(agent, _)| name(agent)).collect();
            format!("{}-{} {}", minute(group.opens_at), minute(group.closes_at), names.join(" "))
        };
        let wave = |wave: &Expected| {
            let groups: Vec<_> = wave.groups.iter().map(group).collect();
            let out: Vec<_> =
                wave.excluded.iter().map(|(agent, rule)| format!("{}:{}", name(agent), rule.code())).collect();
            let room = if wave.waits_for_room { " waits" } else { "" };
            format!("{}.{}{room} [{}] {}", wave.round, wave.step, groups.join(", "), out.join(" "))
                .trim_end()
                .to_owned()
        };
        forecast.waves.iter().map(wave).collect()
    }

    #[test]
    fn one_after_the_other_until_nobody_is_left() {
        let forecast = run(&Plan::default(), vec![agent("ana", 1), agent("bo", 2)], &Idle);
        assert_eq!(shown(&forecast), ["1.0 [0-30 ana, 30-60 bo]"]);
        assert_eq!(forecast.ends, Ends::Unfilled { at: NOW + minutes(60), reason: UnfilledReason::Exhausted });
    }

    #[test]
    fn waves_follow_each_other_and_say_who_is_out_and_why() {
        let first = Wave {
            tags: vec!["van".into()],
            starts: ClockStart::Delivered,
            ..Wave::new(Mode::Several(2), minutes(10))
        };
        let plan = Plan { rounds: 2, ..of(vec![first, Wave::new(Mode::Everybody, minutes(5))]) };
        let van = Agent { tags: ["van".to_owned()].into(), ..agent("bo", 2) };
        let off = Agent { active: false, ..agent("cy", 3) };
        let forecast = run(&plan, vec![agent("ana", 1), van, off], &Idle);
        assert_eq!(
            shown(&forecast),
            [
                "1.0 [0-10 bo] ana:missing-tag cy:inactive",
                "1.1 [10-15 ana] bo:already-asked cy:inactive",
                "2.0 [15-25 bo] ana:missing-tag cy:inactive",
                "2.1 [25-30 ana] bo:already-asked cy:inactive",
            ]
        );
        assert_eq!(forecast.ends, Ends::Unfilled { at: NOW + minutes(30), reason: UnfilledReason::Exhausted });
    }

    #[test]
    fn an_agent_is_asked_once_their_night_is_over() {
        let midnight = QuietHours { from: jiff::civil::time(0, 0, 0, 0), to: jiff::civil::time(0, 20, 0, 0) };
        let asleep = Agent { quiet_hours: Some(midnight), ..agent("ana", 1) };
        let forecast = run(&Plan::default(), vec![asleep, agent("bo", 2)], &Idle);
        assert_eq!(shown(&forecast), ["1.0 [0-30 bo, 30-60 ana] ana:quiet-hours"]);
    }

    #[test]
    fn the_search_ends_when_its_time_is_over() {
        let plan = Plan { search_for: Some(minutes(45)), ..Plan::default() };
        let forecast = run(&plan, vec![agent("ana", 1), agent("bo", 2), agent("cy", 3)], &Idle);
        assert_eq!(shown(&forecast), ["1.0 [0-30 ana, 30-60 bo]"]);
        assert_eq!(forecast.ends, Ends::Expired { at: NOW + minutes(45) });
    }

    #[test]
    fn a_wave_waits_for_those_who_are_full_and_then_goes_on() {
        let full = Agent { capacity: Some(1), ..agent("ana", 1) };
        let waves = vec![
            Wave { tags: vec!["van".into()], ..Wave::new(Mode::OneByOne, minutes(30)) },
            Wave::new(Mode::OneByOne, minutes(10)),
        ];
        let full = Agent { tags: ["van".to_owned()].into(), ..full };
        let forecast = run(&of(waves), vec![full, agent("bo", 2)], &Full);
        assert_eq!(shown(&forecast), ["1.0 waits [] ana:full bo:missing-tag", "1.1 waits [30-40 bo] ana:full"]);
        assert_eq!(forecast.ends, Ends::Unfilled { at: NOW + minutes(50), reason: UnfilledReason::Exhausted });
    }

    #[test]
    fn a_job_that_is_simply_given_ends_there() {
        let given = Mode::Direct { agent: id("bo"), answer_needed: false };
        let forecast = run(&of(vec![Wave::new(given, minutes(30))]), vec![agent("ana", 1), agent("bo", 2)], &Idle);
        assert_eq!(shown(&forecast), ["1.0 [0-0 bo] ana:not-named"]);
        assert_eq!(forecast.ends, Ends::Given { at: NOW, agent: id("bo") });
    }

    #[test]
    fn with_nobody_to_ask_every_wave_is_passed_over() {
        let forecast = run(&Plan::default(), vec![], &Idle);
        assert_eq!(shown(&forecast), ["1.0 []"]);
        assert_eq!(forecast.ends, Ends::Unfilled { at: NOW, reason: UnfilledReason::NobodyEligible });
    }

    #[test]
    fn a_forecast_of_many_rounds_is_cut_off() {
        let quick = Wave::new(Mode::OneByOne, Duration::from_millis(10));
        let plan = Plan { rounds: 20, ..of(vec![quick]) };
        let forecast = run(&plan, (0..200).map(|n| agent(&format!("a{n}"), n)).collect(), &Idle);
        assert!(matches!(forecast.ends, Ends::Later { .. }));
    }
}
