//! Whatever is asked of a job and whatever the world tells it, in any order and at any moment: the rules hold.

#![expect(clippy::expect_used, reason = "a test may fall")]

mod town;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use baton_core::agent::Agent;
use baton_core::delivery::{ChannelKind, Delivery, DropReason, Receipt};
use baton_core::ids::{AgentId, EffectNo, JobId, OfferNo, TenantId};
use baton_core::job::event::{Entry, Event};
use baton_core::job::ledger::Attempt;
use baton_core::job::weight::RECEIPT_MAX;
use baton_core::job::{Answer, Approval, Ask, Command, Job, NewJob, Next, Offer, Refusal, Report, Step, Turn};
use baton_core::message::Over;
use baton_core::plan::{Mode, Plan, Wave};
use baton_core::tenant::{Desk, Settings};
use baton_core::time::{Timestamp, Window};
use bincode::Options;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use town::{DAWN, Town, agent_id, minutes, operator, some_plan, some_town};

/// A record must stay below the largest value the store takes.
const RECORD_MAX: usize = 60 * 1024;

/// Something that happens to a job.
#[derive(Clone, Debug)]
enum Happening {
    Asks(Asked),
    /// What became of a message: of one that is owed, or of one that was, or of none.
    Delivered {
        which: u8,
        long_gone: bool,
        how: Told,
    },
    NoRoom(Who),
    Rings,
    AgentChanges {
        agent: u8,
        active: bool,
        reachable: bool,
    },
    LoadChanges {
        agent: u8,
        claims: u32,
        open_offers: u32,
    },
}

#[derive(Clone, Debug)]
enum Asked {
    Approve,
    Reject,
    Start,
    Claim(Who),
    Decline(Who),
    Seat(Who),
    Assign(u8),
    Withdraw(Option<u8>),
    Acknowledge(Option<u8>),
    Cancel,
    Pause,
    Resume,
    Extend(u64),
    SkipWave,
    Restart(Option<Plan>, bool),
    Complete,
    Fail,
}

/// Who does something, and which offer they mean.
#[derive(Clone, Copy, Debug)]
enum Who {
    /// One of those who are asked now.
    Open(u8),
    /// One of those who were asked in this round.
    Past(u8),
    /// Anybody, by the latest offer made to them.
    Anybody(u8),
    /// Anybody, by any number.
    Odd(u8, OfferNo),
}

#[derive(Clone, Copy, Debug)]
enum Told {
    Sent,
    Failed,
    Dropped,
    Unsure,
}

/// When it happens.
#[derive(Clone, Copy, Debug)]
enum When {
    AtOnce,
    After(u64),
    /// At the next due moment, or so many milliseconds off it.
    Due(i64),
    /// After the engine was away.
    Outage(u64),
    /// The clock was set back.
    Back(u64),
}

fn some_one() -> impl Strategy<Value = Who> {
    prop_oneof![
        6 => any::<u8>().prop_map(Who::Open),
        3 => any::<u8>().prop_map(Who::Past),
        1 => (0..8u8).prop_map(Who::Anybody),
        1 => (0..8u8, 0..20u16).prop_map(|(who, no)| Who::Odd(who, no)),
    ]
}

fn some_asked() -> impl Strategy<Value = Asked> {
    prop_oneof![
        6 => Just(Asked::Approve),
        1 => Just(Asked::Reject),
        4 => Just(Asked::Start),
        28 => some_one().prop_map(Asked::Claim),
        12 => some_one().prop_map(Asked::Decline),
        20 => some_one().prop_map(Asked::Seat),
        3 => (0..8u8).prop_map(Asked::Assign),
        8 => prop::option::weighted(0.1, 0..8u8).prop_map(Asked::Withdraw),
        4 => prop::option::weighted(0.1, 0..8u8).prop_map(Asked::Acknowledge),
        1 => Just(Asked::Cancel),
        6 => Just(Asked::Pause),
        12 => Just(Asked::Resume),
        5 => (0..100u64).prop_map(Asked::Extend),
        6 => Just(Asked::SkipWave),
        10 => (prop::option::weighted(0.2, some_plan()), any::<bool>()).prop_map(|(plan, skip)| Asked::Restart(plan, skip)),
        1 => Just(Asked::Complete),
        1 => Just(Asked::Fail),
    ]
}

fn some_happening() -> impl Strategy<Value = Happening> {
    let how =
        prop_oneof![14 => Just(Told::Sent), 2 => Just(Told::Failed), 1 => Just(Told::Dropped), 1 => Just(Told::Unsure)];
    prop_oneof![
        24 => some_asked().prop_map(Happening::Asks),
        6 => (any::<u8>(), prop::bool::weighted(0.2), how)
            .prop_map(|(which, long_gone, how)| Happening::Delivered { which, long_gone, how }),
        2 => some_one().prop_map(Happening::NoRoom),
        3 => Just(Happening::Rings),
        1 => (0..8u8, any::<bool>(), any::<bool>())
            .prop_map(|(agent, active, reachable)| Happening::AgentChanges { agent, active, reachable }),
        1 => (0..8u8, 0..3u32, 0..3u32)
            .prop_map(|(agent, claims, open_offers)| Happening::LoadChanges { agent, claims, open_offers }),
    ]
}

fn some_when() -> impl Strategy<Value = When> {
    prop_oneof![
        9 => Just(When::AtOnce),
        2 => (0..40 * 60_000u64).prop_map(When::After),
        3 => prop_oneof![3 => Just(0i64), 1 => -2..20i64].prop_map(When::Due),
        1 => (1..200u64).prop_map(When::Outage),
        1 => (1..5_000u64).prop_map(When::Back),
    ]
}

/// What is decided as one step, and when.
type Round = (When, Vec<Happening>);

#[derive(Debug)]
struct Beginning {
    approval: Approval,
    start_after: Option<u64>,
    plan: Plan,
}

fn some_beginning() -> impl Strategy<Value = Beginning> {
    let approval = prop_oneof![4 => Just(Approval::None), 1 => Just(Approval::Link), 1 => Just(Approval::Email)];
    (approval, prop::option::weighted(0.2, 0..60u64), some_plan()).prop_map(|(approval, start_after, plan)| Beginning {
        approval,
        start_after,
        plan,
    })
}

fn some_story() -> impl Strategy<Value = Vec<Round>> {
    prop::collection::vec((some_when(), prop::collection::vec(some_happening(), 1..4)), 1..50)
}

/// A job's life so far, and what an onlooker remembers of it.
struct Life {
    town: Town,
    now: Timestamp,
    job: Job,
    effects: Vec<EffectNo>,
    attempts: Vec<Attempt>,
    entries: Vec<Entry>,
    winner: Option<AgentId>,
    /// Offered in this round and not taken from them.
    asked: BTreeSet<AgentId>,
    offers: BTreeMap<OfferNo, AgentId>,
}

impl Life {
    fn begins(town: Town, beginning: Beginning) -> Result<Self, TestCaseError> {
        let start_at = beginning.start_after.map(|after| DAWN + minutes(after));
        let new = NewJob { approval: beginning.approval, start_at, ..town::new_job(1, beginning.plan) };
        let create = || Turn::create(new.clone(), operator(), town.world(), DAWN).finish();
        let step = create().expect("creating changes something");
        prop_assert_eq!(bytes(&step.job), bytes(&create().expect("the same").job));
        let job = step.job.clone();
        let mut life = Self {
            town,
            now: DAWN,
            job,
            effects: Vec::new(),
            attempts: Vec::new(),
            entries: Vec::new(),
            winner: None,
            asked: BTreeSet::new(),
            offers: BTreeMap::new(),
        };
        life.stored(None, step)?;
        Ok(life)
    }

    fn goes_on(&mut self, (when, happenings): Round) -> Result<(), TestCaseError> {
        self.passes(when);
        for happening in &happenings {
            self.around(happening);
        }
        let (step, again) = (self.decides(&happenings), self.decides(&happenings));
        prop_assert_eq!(&step, &again, "the same inputs give the same step");
        if let Some(step) = step {
            prop_assert_eq!(bytes(&step.job), bytes(&again.expect("the same").job));
            let before = self.job.clone();
            self.stored(Some(&before), step)?;
        }
        // Whenever its timer rings, it has something to wait for afterwards.
        let mut turn = Turn::of(self.job.clone(), self.town.world(), self.now);
        turn.observe(Report::Ring);
        let due = turn.job().due();
        prop_assert!(
            due.is_none_or(|due| due > self.now),
            "due {due:?} at {:?}: its timer would ring for ever",
            self.now
        );
        Ok(())
    }

    fn passes(&mut self, when: When) {
        self.now = match when {
            When::AtOnce => self.now,
            When::After(millis) => self.now + Duration::from_millis(millis),
            When::Due(off) => self.job.due().map_or(self.now, |due| Timestamp(due.0.saturating_add(off)).max(self.now)),
            When::Outage(count) => {
                let back = self.now + minutes(count);
                self.town.outages.push(Window { from: self.now, to: back });
                back
            }
            When::Back(millis) => self.now - Duration::from_millis(millis),
        }
    }

    /// What changes around the job.
    fn around(&mut self, happening: &Happening) {
        match happening {
            Happening::AgentChanges { agent, active, reachable } => self.town.agent(*agent, |changed| {
                changed.active = *active;
                changed.telegram = reachable.then_some(1000 + i64::from(*agent));
            }),
            Happening::LoadChanges { agent, claims, open_offers } => {
                let load = self.town.loads.0.entry(agent_id(*agent)).or_default();
                (load.claims, load.open_offers) = (*claims, *open_offers);
            }
            Happening::Asks(_) | Happening::Delivered { .. } | Happening::NoRoom(_) | Happening::Rings => {}
        }
    }

    fn decides(&self, happenings: &[Happening]) -> Option<Step> {
        let mut turn = Turn::of(self.job.clone(), self.town.world(), self.now);
        for happening in happenings {
            match happening {
                Happening::Asks(asked) => {
                    let command = Self::command(asked, turn.job());
                    let _: Result<Answer, Refusal> =
                        turn.decide(Ask { command, by: operator(), key: None, expects: None });
                }
                Happening::Delivered { which, long_gone, how } => {
                    if let Some(effect) = self.effect(*which, *long_gone, turn.job()) {
                        turn.observe(Report::Delivery { effect, delivery: told(*how) });
                    }
                }
                Happening::NoRoom(who) => {
                    let (agent, no) = meant(turn.job(), *who);
                    turn.observe(Report::NoRoom { agent, no });
                }
                Happening::Rings => turn.observe(Report::Ring),
                Happening::AgentChanges { .. } | Happening::LoadChanges { .. } => {}
            }
        }
        turn.finish()
    }

    fn effect(&self, which: u8, long_gone: bool, job: &Job) -> Option<EffectNo> {
        let pick = |count: usize| usize::from(which).checked_rem(count);
        if long_gone {
            return pick(self.effects.len()).map(|at| self.effects[at]);
        }
        pick(job.owed.len()).map(|at| job.owed[at].no)
    }

    fn command(asked: &Asked, job: &Job) -> Command {
        let reason = || Some("a reason".to_owned());
        match asked.clone() {
            Asked::Approve => Command::Approve,
            Asked::Reject => Command::Reject { reason: reason() },
            Asked::Start => Command::Start,
            Asked::Claim(who) => {
                let (agent, no) = meant(job, who);
                Command::Claim { agent, no, via: Some(ChannelKind::Telegram) }
            }
            Asked::Decline(who) => {
                let (agent, no) = meant(job, who);
                Command::Decline { agent, no }
            }
            Asked::Seat(who) => {
                let (agent, no) = meant(job, who);
                Command::Seat { agent, no }
            }
            Asked::Assign(who) => Command::Assign { agent: agent_id(who), channel: ChannelKind::Telegram },
            Asked::Withdraw(who) => Command::Withdraw { agent: who.map(agent_id), reason: reason() },
            Asked::Acknowledge(who) => Command::Acknowledge { agent: who.map(agent_id) },
            Asked::Cancel => Command::Cancel { reason: reason() },
            Asked::Pause => Command::Pause,
            Asked::Resume => Command::Resume,
            Asked::Extend(count) => Command::Extend { by: minutes(count) },
            Asked::SkipWave => Command::SkipWave,
            Asked::Restart(plan, skip_declined) => Command::Restart { plan: plan.map(Box::new), skip_declined },
            Asked::Complete => Command::Complete,
            Asked::Fail => Command::Fail { reason: reason() },
        }
    }

    fn stored(&mut self, before: Option<&Job>, step: Step) -> Result<(), TestCaseError> {
        town::follows(before, &step).map_err(TestCaseError::fail)?;
        for entry in &step.entries {
            self.sees(entry)?;
        }
        prop_assert_eq!(self.winner, step.job.winner());
        for attempt in &step.attempts {
            prop_assert!(attempt.follows(&step.job.id, self.attempts.last()), "the ledger's chain is broken");
            self.attempts.push(attempt.clone());
        }
        prop_assert_eq!(step.job.ledger.count as usize, self.attempts.len());
        prop_assert_eq!(step.job.ledger.hash, self.attempts.last().map(|attempt| attempt.hash));
        let record = bytes(&step.job);
        prop_assert!(record.len() < RECORD_MAX, "the record has {} bytes", record.len());
        prop_assert!(record.len() <= step.job.weight(), "{} bytes weigh {}", record.len(), step.job.weight());
        prop_assert_eq!(&options().deserialize::<Job>(&record).expect("reads back"), &step.job);
        prop_assert!(step.job.is_closed() || step.job.next() != Next::Nothing, "P7");
        if let Some(before) = before {
            prop_assert_eq!(bare(before.clone().replayed(&step.entries)), bare(step.job.clone()), "events tell all");
        }
        let kept = self.entries.len() - step.job.timeline.len();
        prop_assert_eq!(&step.job.timeline, &self.entries[kept..], "the latest entries stay");
        let overflowed = kept - step.overflow.len();
        prop_assert_eq!(&step.overflow, &self.entries[overflowed..kept], "the older ones leave, in order");
        self.effects.extend(step.job.owed.iter().map(|owed| owed.no));
        self.job = step.job;
        Ok(())
    }

    fn sees(&mut self, entry: &Entry) -> Result<(), TestCaseError> {
        match &entry.event {
            Event::Claimed { agent, .. } => {
                prop_assert_eq!(self.winner, None, "two winners");
                self.winner = Some(*agent);
            }
            Event::ClaimEnded { agent, .. } => {
                prop_assert_eq!(self.winner, Some(*agent));
                self.winner = None;
            }
            Event::Closed { .. } => self.winner = None,
            Event::RoundStarted { .. } => self.asked.clear(),
            Event::Offered { no, agent, .. } => {
                let by_hand = entry.actor == operator().actor && entry.cause == operator().cause;
                prop_assert!(self.asked.insert(*agent) || by_hand, "offered twice in a round");
                self.offers.insert(*no, *agent);
            }
            Event::SeatSought { no, agent, .. } => {
                prop_assert!(self.asked.insert(*agent), "offered twice in a round");
                self.offers.insert(*no, *agent);
            }
            Event::OfferOver { no, over: Over::Taken } => {
                self.asked.remove(&self.offers[no]);
            }
            _ => {}
        }
        self.entries.push(entry.clone());
        Ok(())
    }
}

fn meant(job: &Job, who: Who) -> (AgentId, OfferNo) {
    let nth = |offers: Vec<&Offer>, n: u8| {
        let at = usize::from(n).checked_rem(offers.len());
        at.map_or((agent_id(n % 8), 0), |at| (offers[at].agent, offers[at].no))
    };
    match who {
        Who::Open(n) => nth(job.open_offers().collect(), n),
        Who::Past(n) => nth(job.offers.iter().collect(), n),
        Who::Anybody(n) => (agent_id(n), job.offer_to(&agent_id(n)).map_or(0, |offer| offer.no)),
        Who::Odd(n, no) => (agent_id(n), no),
    }
}

fn told(how: Told) -> Delivery {
    match how {
        Told::Sent => Delivery::Sent(Receipt { channel: ChannelKind::Telegram, message: "1001:77".to_owned() }),
        Told::Failed => Delivery::Failed { class: "recipient".to_owned(), reason: "blocked".to_owned() },
        Told::Dropped => Delivery::Dropped(DropReason::Late),
        Told::Unsure => Delivery::Unsure,
    }
}

fn options() -> impl Options {
    bincode::DefaultOptions::new().with_limit(1024 * 1024)
}

fn bytes(job: &Job) -> Vec<u8> {
    options().serialize(job).expect("encodes")
}

/// A job without what is not told by events: its debts, its memory of commands and its own bookkeeping.
fn bare(mut job: Job) -> Job {
    job.version = 0;
    job.owed.clear();
    for offer in &mut job.offers {
        offer.debt = None;
    }
    job.answered.clear();
    job.timeline.clear();
    job.entries = 0;
    job.ledger = baton_core::job::ledger::Head::default();
    job
}

proptest! {
    #![proptest_config(town::thorough(512))]

    #[test]
    fn every_story_keeps_the_rules(town in some_town(), beginning in some_beginning(), story in some_story()) {
        let mut life = Life::begins(town, beginning)?;
        for round in story {
            life.goes_on(round)?;
        }
    }
}

/// What happens to a job that hundreds are asked about, while nothing or everything is delivered.
#[derive(Clone, Copy, Debug)]
enum Crowded {
    Delivered(u16),
    AllDelivered,
    Claimed(u16),
    AllClaimed,
    Withdrawn,
    Assigned(u16),
    SeatTaken,
    Skipped,
    Restarted(bool),
    Rings,
}

fn some_crowded() -> impl Strategy<Value = Crowded> {
    prop_oneof![
        2 => any::<u16>().prop_map(Crowded::Delivered),
        2 => Just(Crowded::AllDelivered),
        3 => any::<u16>().prop_map(Crowded::Claimed),
        3 => Just(Crowded::AllClaimed),
        4 => Just(Crowded::Withdrawn),
        2 => any::<u16>().prop_map(Crowded::Assigned),
        3 => Just(Crowded::SeatTaken),
        1 => Just(Crowded::Skipped),
        1 => any::<bool>().prop_map(Crowded::Restarted),
        1 => Just(Crowded::Rings),
    ]
}

const CROWD: u16 = 600;

fn crowd() -> Town {
    let tenant = TenantId::new("sixteen-letters-").expect("a slug");
    let named = |n: u16| AgentId::of_reference(tenant, &n.to_string());
    let agents = (0..CROWD).map(|n| Agent { telegram: Some(1), ..Agent::named(named(n), "someone", DAWN) });
    let desk = Desk { email: Some("desk@example.com".to_owned()), telegram: None };
    Town::of(agents.collect(), Settings { desk, ..Settings::default() })
}

fn crowded(job: &Job, crowded: Crowded, town: &Town, now: Timestamp) -> Option<Job> {
    let mut turn = Turn::of(job.clone(), town.world(), now);
    let ask = |turn: &mut Turn<'_>, command| {
        let _: Result<Answer, Refusal> = turn.decide(Ask { command, by: operator(), key: None, expects: None });
    };
    let receipt = Receipt { channel: ChannelKind::Telegram, message: "7".repeat(RECEIPT_MAX) };
    let sent = |effect| Report::Delivery { effect, delivery: Delivery::Sent(receipt.clone()) };
    let nth = |n: u16| usize::from(n).checked_rem(job.offers.len()).map(|at| &job.offers[at]);
    let claim = |offer: &Offer| Command::Claim { agent: offer.agent, no: offer.no, via: None };
    match crowded {
        Crowded::Delivered(n) => {
            if let Some(at) = usize::from(n).checked_rem(job.owed.len()) {
                turn.observe(sent(job.owed[at].no));
            }
        }
        Crowded::AllDelivered => job.owed.iter().for_each(|owed| turn.observe(sent(owed.no))),
        Crowded::Claimed(n) => nth(n).into_iter().for_each(|offer| ask(&mut turn, claim(offer))),
        Crowded::AllClaimed => job.offers.iter().for_each(|offer| ask(&mut turn, claim(offer))),
        Crowded::Withdrawn => ask(&mut turn, Command::Withdraw { agent: None, reason: Some("r".repeat(1000)) }),
        Crowded::Assigned(n) => {
            let agent = town.agents[usize::from(n % CROWD)].id;
            ask(&mut turn, Command::Assign { agent, channel: ChannelKind::Telegram });
        }
        Crowded::SeatTaken => {
            if let Some((agent, no)) = job.seat_sought() {
                ask(&mut turn, Command::Seat { agent, no });
            }
        }
        Crowded::Skipped => ask(&mut turn, Command::SkipWave),
        Crowded::Restarted(skip_declined) => ask(&mut turn, Command::Restart { plan: None, skip_declined }),
        Crowded::Rings => turn.observe(Report::Ring),
    }
    turn.finish().map(|step| step.job)
}

proptest! {
    #![proptest_config(town::thorough(24))]

    #[test]
    fn a_record_never_outgrows_the_store(story in prop::collection::vec(some_crowded(), 1..60)) {
        let town = crowd();
        let id = JobId::of_reference(town.agents[0].id.tenant, "crowded");
        let wave = Wave::new(Mode::Everybody, minutes(30));
        let plan = Plan { waves: vec![wave], standby: 256, ..Plan::default() };
        let new = NewJob { id, ..town::new_job(1, plan) };
        let mut now = DAWN;
        let mut job = Turn::create(new, operator(), town.world(), now).finish().expect("created").job;
        prop_assert_eq!(job.open_offers().count(), 256, "a full wave fits");
        for happening in story {
            now = now + minutes(1);
            job = crowded(&job, happening, &town, now).unwrap_or(job);
            prop_assert_eq!(town::broken(&job), "", "{:?}", happening);
            let record = bytes(&job).len();
            prop_assert!(record <= job.weight(), "{record} bytes weigh {}", job.weight());
        }
    }
}

/// A test of stories in which nothing happens would hold for ever.
#[test]
fn the_stories_come_to_everything_that_can_happen() {
    let mut runner = TestRunner::deterministic();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..600 {
        let story = (some_town(), some_beginning(), some_story()).new_tree(&mut runner).expect("a story").current();
        let mut life = Life::begins(story.0, story.1).expect("keeps the rules");
        for round in story.2 {
            life.goes_on(round).expect("keeps the rules");
        }
        for entry in &life.entries {
            *seen.entry(entry.event.name()).or_default() += 1;
        }
    }
    let all = [
        "acknowledged",
        "approved",
        "cancelled",
        "claim_ended",
        "claimed",
        "completed",
        "created",
        "declined",
        "expired",
        "failed",
        "message_dropped",
        "message_failed",
        "offer_extended",
        "offer_failed",
        "offer_over",
        "offer_sent",
        "offered",
        "paused",
        "rejected",
        "reminded",
        "resumed",
        "room_awaited",
        "round_started",
        "scheduled",
        "search_extended",
        "seat_sought",
        "seat_sought_again",
        "standby_joined",
        "standby_left",
        "start_seen",
        "unfilled",
        "watch_extended",
        "wave_opened",
        "wave_skipped",
    ];
    assert_eq!(seen.keys().copied().collect::<Vec<_>>(), all, "{seen:?}");
    assert!(seen.values().all(|count| *count >= 3), "{seen:?}");
}
