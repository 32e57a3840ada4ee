//! Agents with phones, a desk and a client: they answer at any moment, twice, too late, and not at all.

use std::time::Duration;

use baton_core::gates::{Dial, Gate, Gates};
use baton_core::ids::{AgentId, EffectId, JobId};
use baton_core::job::ledger::Heard;
use baton_core::job::release::HowReleased;
use baton_core::job::{Approval, Command, NewJob};
use baton_core::message::{Message, Topic};
use baton_core::plan::{ClockStart, Mode, Plan, Stall, Wave};
use baton_core::tenant::{Desk, LateWinner, Patience, Settings, Settlement};
use baton_core::time::Window;

use super::agent_actor::AgentMail;
use super::job_actor::{Asker, JobMail};
use super::town::{self, DAWN, Town, agent_id, minutes};
use super::{Event, Simulation};

impl Simulation {
    pub fn some_town(&mut self) -> Town {
        let count = 2 + self.chance.below(5) as u8;
        let agents = (0..count).map(|n| {
            let capacity = match self.chance.below(4) {
                0 => None,
                1 => Some(2),
                _ => Some(1),
            };
            let priority = self.chance.below(3) as i32;
            baton_core::agent::Agent { capacity, priority, ..town::agent(n) }
        });
        let agents = agents.collect();
        let email = self.chance.per_mille(500).then(|| "desk@example.com".to_owned());
        let settlement = self.some_settlement();
        Town::of(agents, Settings { desk: Desk { email, ..Desk::default() }, settlement, ..Settings::default() })
    }

    fn some_settlement(&mut self) -> Settlement {
        let mut dial = || match self.chance.below(8) {
            0 => Dial::Off,
            1 => Dial::Engine,
            _ => Dial::Person,
        };
        let gates = Gates { confirm: dial(), invoice: dial(), payment: dial(), release: dial() };
        let mut time = || self.chance.per_mille(400).then(|| minutes(1 + self.chance.below(10)));
        let patience = Patience {
            confirm: time(),
            invoice: time(),
            payment: time(),
            release: time(),
            start: time(),
            finish: time(),
        };
        let late_winner = if self.chance.per_mille(500) { LateWinner::Returns } else { LateWinner::Keeps };
        let details_for = minutes(1 + self.chance.below(120));
        Settlement { gates, details_for, patience, late_winner, ..Settlement::default() }
    }

    fn some_plan(&mut self) -> Plan {
        let waves = 1 + self.chance.below(3);
        let waves = (0..waves).map(|_| {
            let mode = match self.chance.below(6) {
                0 | 1 => Mode::OneByOne,
                2 => Mode::Several(2),
                3 | 4 => Mode::Everybody,
                _ => Mode::Direct {
                    agent: agent_id(self.chance.below(7) as u8),
                    answer_needed: self.chance.per_mille(300),
                },
            };
            let starts = if self.chance.per_mille(300) { ClockStart::Delivered } else { ClockStart::Offered };
            Wave { starts, ..Wave::new(mode, minutes(1 + self.chance.below(30))) }
        });
        let waves = waves.collect();
        let stall = self.chance.per_mille(500).then(|| Stall {
            remind_after: minutes(5 + self.chance.below(10)),
            return_after: minutes(20 + self.chance.below(30)),
        });
        let search_for = self.chance.per_mille(300).then(|| minutes(20 + self.chance.below(200)));
        Plan { waves, standby: self.chance.below(4) as u16, search_for, stall, rounds: 1 + self.chance.below(3) as u16 }
    }

    pub fn some_job(&mut self, n: u16) -> NewJob {
        let from = DAWN + minutes(60 * (24 + self.chance.below(6)));
        let occupies = self.chance.per_mille(600).then(|| Window { from, to: from + minutes(120) });
        let approval = if self.chance.per_mille(150) { Approval::Link } else { Approval::None };
        let start_at = self.chance.per_mille(150).then(|| self.wall() + minutes(self.chance.below(120)));
        let plan = self.some_plan();
        NewJob { approval, start_at, occupies, has_details: true, ..town::new_job(n, plan) }
    }

    /// A message is on somebody's phone.
    pub fn arrives(&mut self, agent: AgentId, effect: EffectId, message: &Message) {
        if self.calm {
            return;
        }
        let think = self.chance.span(minutes(6));
        let luck = self.chance.below(100);
        match &message.topic {
            Topic::Offer(no) => {
                let offer = effect.job.offer(*no);
                let yes = Command::Claim { agent, no: *no, via: None, heard: Heard::default() };
                let no = Command::Decline { agent, no: *no };
                let command = match luck {
                    0..=54 => yes,
                    55..=79 => no,
                    _ => return,
                };
                if self.chance.per_mille(300) {
                    // In writing, often without saying which job.
                    let word = if matches!(command, Command::Claim { .. }) { "yes" } else { "no" };
                    let code = self.chance.per_mille(300).then(|| effect.job.code().to_string());
                    let text = format!("{word} {}", code.unwrap_or_default());
                    return self.later(think, Event::Writes { agent, text });
                }
                if self.chance.per_mille(300) {
                    // They clear their phone.
                    for offer in self.index.open(agent) {
                        let command = Command::Claim { agent, no: offer.no, via: None, heard: Heard::default() };
                        let moment = think + self.chance.span(Duration::from_millis(40));
                        self.later(moment, Event::Says { command, offer, tries: 0 });
                    }
                }
                let repeats = 1 + self.chance.below(6) / 4 + self.chance.below(6) / 5;
                for _ in 0..repeats {
                    let moment = think + self.chance.span(Duration::from_millis(400));
                    self.later(moment, Event::Says { command: command.clone(), offer, tries: 0 });
                }
            }
            Topic::Won if self.chance.per_mille(500) => self.settles(effect.job),
            Topic::Won if luck < 15 => {
                let command = Command::Withdraw { agent: Some(agent), reason: None };
                self.later(think, Event::Desk { job: effect.job, command });
            }
            Topic::Won | Topic::Reminder if luck < 60 => self.later(think, Event::Writes { agent, text: "ok".into() }),
            Topic::Released(no) => {
                let open = Command::OpenGrant { no: *no };
                for _ in 0..=self.chance.below(3) {
                    let moment = think + self.chance.span(minutes(20));
                    self.later(moment, Event::Desk { job: effect.job, command: open.clone() });
                }
                if luck < 30 {
                    let command = Command::Withdraw { agent: Some(agent), reason: None };
                    self.later(think + think, Event::Desk { job: effect.job, command });
                }
            }
            Topic::Won
            | Topic::Settled(_)
            | Topic::Lead
            | Topic::CrewText
            | Topic::NoteDone(_)
            | Topic::Route
            | Topic::Reminder
            | Topic::OfferOver(..)
            | Topic::ClaimEnded(_)
            | Topic::ApprovalWanted
            | Topic::Notice(_)
            | Topic::CrewOffer(_)
            | Topic::CrewStatus(_) => {}
        }
    }

    /// The desk takes a claim through its gates, now and then in another order, twice, or not to the end.
    fn settles(&mut self, job: JobId) {
        let pass = |gate| Command::Pass { gate, reference: None };
        let although = self.chance.per_mille(200).then(|| "in a hurry".to_owned());
        let release = Command::Release(HowReleased { although, ..HowReleased::default() });
        let mut moment = Duration::ZERO;
        let steps = [pass(Gate::Confirm), pass(Gate::Invoice), pass(Gate::Payment), release];
        for command in steps.into_iter().chain([Command::StartWork { agent: None }]) {
            moment += self.chance.span(minutes(3));
            if self.chance.per_mille(60) {
                let refuse = Command::Refuse { agent: None, reason: None };
                self.later(moment, Event::Desk { job, command: refuse });
            }
            if self.chance.per_mille(900) {
                self.later(moment, Event::Desk { job, command: command.clone() });
            }
            if self.chance.per_mille(200) {
                let again = moment + self.chance.span(minutes(1));
                self.later(again, Event::Desk { job, command });
            }
        }
    }

    pub fn says(&mut self, command: Command, offer: baton_core::ids::OfferId, tries: u8) {
        match command {
            Command::Claim { agent, .. } => {
                self.tell_agent(agent, AgentMail::Claim { offer, asker: Asker::Person { offer, tries } });
            }
            other => self.tell_job(offer.job, JobMail::Ask { command: other, asker: Asker::Nobody, holds: false }),
        }
    }

    pub fn desk(&mut self, job: JobId, command: Command) {
        match command {
            Command::Assign { agent, .. } => self.tell_agent(agent, AgentMail::Assign { job }),
            other => self.tell_job(job, JobMail::Ask { command: other, asker: Asker::Desk, holds: false }),
        }
    }

    pub fn some_order(&mut self) -> Command {
        match self.chance.below(20) {
            0..=2 => Command::Approve,
            3 => Command::Start,
            4 => Command::Cancel { reason: None },
            5..=6 => Command::Pause,
            7..=9 => Command::Resume,
            10 => Command::Extend { by: minutes(10) },
            11..=12 => Command::SkipWave,
            13..=15 => Command::Restart { plan: None, skip_declined: self.chance.per_mille(500) },
            16 => Command::Withdraw { agent: None, reason: None },
            17 => Command::Complete,
            18 => Command::Revoke { reason: None },
            _ => Command::Assign {
                agent: agent_id(self.chance.below(7) as u8),
                channel: baton_core::delivery::ChannelKind::Telegram,
            },
        }
    }
}
