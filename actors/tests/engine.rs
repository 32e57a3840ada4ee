//! The rooms together, over a store in memory and a channel that remembers: what a job's life looks like from the doors.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by falling over what it does not")]

use std::sync::Arc;
use std::time::Duration;

use baton_actors::channel::{Budget, Channel, Errand, Say};
use baton_actors::clock::{BoxFuture, Clock, ManualClock};
use baton_actors::engine::{Engine, Setup};
use baton_actors::error::Failure;
use baton_actors::house::Limits;
use baton_actors::store::keys::Key;
use baton_actors::store::memory::MemoryStore;
use baton_actors::store::restored::{self, Restored};
use baton_actors::store::{StepWrites, Store};
use baton_actors::tenants::Tenants;
use baton_actors::tenants::roster::{AgentsDecided, ChangeFailure};
use baton_core::agent::Agent;
use baton_core::brief::Brief;
use baton_core::delivery::{ChannelKind, Outcome, Provider, Receipt};
use baton_core::gates::OwnGates;
use baton_core::ids::{AgentId, JobId, OfferId, TenantId};
use baton_core::job::{Actor, Answer, Approval, By, Cause, Job, NewJob, Refusal, Report};
use baton_core::plan::{Mode, Plan, Wave};
use baton_core::time::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

const T: TenantId = TenantId::DEFAULT;

/// A channel that takes everything and remembers it.
#[derive(Default)]
struct Wall {
    sent: Mutex<Vec<Errand>>,
    changed: Notify,
}

impl Wall {
    async fn wait_for(&self, what: impl Fn(&[Errand]) -> bool) {
        loop {
            let changed = self.changed.notified();
            if what(&self.sent.lock()) {
                return;
            }
            changed.await;
        }
    }

    async fn has_template(&self, template: &str, count: usize) {
        let is = |errand: &Errand| matches!(&errand.say, Say::Job { topic, .. } if topic.template() == template);
        self.wait_for(|sent| sent.iter().filter(|errand| is(errand)).count() >= count).await;
    }
}

struct OnWall(Arc<Wall>);

impl Channel for OnWall {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Console
    }

    fn provider(&self) -> Provider {
        Provider::Console
    }
    fn idempotent(&self) -> bool {
        true
    }
    fn edits(&self) -> bool {
        false
    }
    fn budget(&self) -> Budget {
        Budget { in_flight: 64, ..Budget::default() }
    }
    fn send(&self, errand: Errand) -> BoxFuture<'_, Outcome> {
        let message = errand.key.clone();
        self.0.sent.lock().push(errand);
        self.0.changed.notify_waiters();
        Box::pin(async { Outcome::Accepted(Receipt { channel: ChannelKind::Console, message }) })
    }
}

struct Town {
    engine: Engine,
    clock: ManualClock,
    wall: Arc<Wall>,
    store: Arc<MemoryStore>,
}

impl Town {
    async fn open() -> Self {
        Self::open_on(Arc::new(MemoryStore::new()), ManualClock::at(Timestamp(1_800_000_000_000))).await
    }

    async fn open_on(store: Arc<MemoryStore>, clock: ManualClock) -> Self {
        Self::open_with(store, clock, Limits::default()).await
    }

    async fn open_with(store: Arc<MemoryStore>, clock: ManualClock, limits: Limits) -> Self {
        let wall = Arc::new(Wall::default());
        let engine = Engine::start(Setup {
            store: Arc::clone(&store) as Arc<dyn Store>,
            clock: Arc::new(clock.clone()),
            channels: vec![Arc::new(OnWall(Arc::clone(&wall)))],
            tenants: Tenants::default(),
            limits,
            approve_link: Box::new(|job, _| format!("http://example.com/approve/{}", job.id)),
            details_link: Box::new(|job, grant| format!("http://example.com/public/details/{}-{}", job.id, grant.no)),
        })
        .await
        .unwrap();
        Self { engine, clock, wall, store }
    }

    async fn agents(&self, names: &[&str], capacity: Option<u32>) {
        let now = self.clock.now();
        let agents: Vec<Agent> =
            names.iter().zip(1..).map(|(name, priority)| agent(name, priority, capacity, now)).collect();
        let change = Box::new(move |_: &_, _| AgentsDecided { upserts: agents, ..AgentsDecided::default() });
        self.engine.change_agents(T, change).await.unwrap();
    }

    async fn publishes(&self, reference: &str, plan: Plan) -> JobId {
        let id = JobId::of_reference(T, reference);
        self.engine.create(new_job(id, plan), None, client()).await.unwrap();
        id
    }

    fn job(&self, id: JobId) -> Job {
        self.engine.job(id).unwrap().unwrap()
    }

    fn offer_to(&self, id: JobId, name: &str) -> OfferId {
        let job = self.job(id);
        id.offer(job.offer_to(&who(name)).unwrap().no)
    }

    async fn claims(&self, id: JobId, name: &str) -> Result<Answer, Failure> {
        let offer = self.offer_to(id, name);
        self.engine.claim(offer, who(name), None, client()).await.map(|done| done.answer)
    }

    /// Time passes until everybody sleeps.
    async fn all_asleep(&self) {
        while self.engine.awake().await > 0 {
            self.clock.pass(Duration::from_millis(500));
            tokio::task::yield_now().await;
        }
    }

    /// Waits until a job is as it should be: its record is looked at after every stored step.
    async fn until(&self, id: JobId, holds: impl Fn(&Job) -> bool) -> Job {
        loop {
            let job = self.job(id);
            if holds(&job) {
                return job;
            }
            tokio::task::yield_now().await;
        }
    }
}

fn who(name: &str) -> AgentId {
    AgentId::of_reference(T, name)
}

fn client() -> By {
    By { actor: Actor::Client("shop".into()), cause: Cause::Request }
}

fn agent(name: &str, priority: i32, capacity: Option<u32>, now: Timestamp) -> Agent {
    Agent { priority, capacity, ..Agent::named(who(name), name, now) }
}

fn new_job(id: JobId, plan: Plan) -> NewJob {
    NewJob {
        id,
        external_ref: None,
        fingerprint: [7; 16],
        brief: Brief::default(),
        has_details: false,
        approval: Approval::None,
        plan,
        plan_name: None,
        start_at: None,
        occupies: None,
        gates: OwnGates::default(),
        publish: None,
        lead: None,
        assignment: None,
    }
}

fn together() -> Plan {
    Plan { waves: vec![Wave::new(Mode::Everybody, Duration::from_secs(1800))], ..Plan::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_goes_out_times_out_and_the_next_one_wins() {
    let town = Town::open().await;
    town.agents(&["ana", "bo"], None).await;
    let job = town.publishes("j1", Plan::default()).await;
    town.wall.has_template("offer", 1).await;
    town.clock.pass(Duration::from_secs(1800));
    town.wall.has_template("offer", 2).await;
    assert_eq!(town.claims(job, "bo").await.unwrap(), Answer::Done);
    town.wall.has_template("won", 1).await;
    let job = town.until(job, |job| job.owed.is_empty()).await;
    assert_eq!(job.winner(), Some(who("bo")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn b13_two_hundred_claims_one_winner() {
    let town = Town::open().await;
    let names: Vec<String> = (0..200).map(|n| format!("agent-{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    town.agents(&names, Some(1)).await;
    for round in 0..10 {
        // With one job each, a winner has no room for the next: they are not asked, and 199, 198, … are.
        let job = town.publishes(&format!("race-{round}"), together()).await;
        let offered: Vec<OfferId> = town.job(job).open_offers().map(|offer| job.offer(offer.no)).collect();
        let asked: Vec<AgentId> = town.job(job).open_offers().map(|offer| offer.agent).collect();
        assert_eq!(asked.len(), 200 - round);
        let claims = offered.iter().zip(&asked).map(|(offer, agent)| {
            let (engine, offer, agent) = (town.engine.clone(), *offer, *agent);
            tokio::spawn(async move { engine.claim(offer, agent, None, client()).await })
        });
        let claims: Vec<_> = claims.collect();
        let (mut won, mut lost) = (0, 0);
        for claim in claims {
            match claim.await.unwrap() {
                Ok(done) => {
                    won += 1;
                    assert_eq!(done.answer, Answer::Done);
                }
                Err(Failure::Refused(Refusal::AlreadyClaimed { .. }, _)) => lost += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!((won, lost), (1, 199 - round));
        let ledger = town.engine.ledger(job).unwrap();
        assert_eq!(ledger.len(), 200 - round);
        assert!(
            ledger.iter().zip(std::iter::once(None).chain(ledger.iter().map(Some))).all(|(a, b)| a.follows(&job, b))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_of_capacity_one_wins_one_of_two_jobs() {
    let town = Town::open().await;
    town.agents(&["ana"], Some(1)).await;
    let (first, second) = (town.publishes("a", together()).await, town.publishes("b", together()).await);
    let (a, b) = tokio::join!(town.claims(first, "ana"), town.claims(second, "ana"));
    let won = usize::from(a.is_ok()) + usize::from(b.is_ok());
    assert_eq!(won, 1, "{a:?} {b:?}");
    let refused = a.err().or(b.err()).unwrap();
    assert!(matches!(refused, Failure::Refused(Refusal::AgentFull { capacity: 1, .. }, _)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_claim_keeps_no_room_behind_a_sleep() {
    let town = Town::open().await;
    town.agents(&["ana", "bo"], Some(1)).await;
    let (first, second) = (town.publishes("a", together()).await, town.publishes("b", together()).await);
    town.claims(first, "bo").await.unwrap();
    let lost = town.claims(first, "ana").await.unwrap_err();
    assert!(matches!(lost, Failure::Refused(Refusal::AlreadyClaimed { .. }, _)), "{lost:?}");
    town.until(first, |job| job.owed.is_empty()).await;
    town.all_asleep().await;
    assert_eq!(town.claims(second, "ana").await.unwrap(), Answer::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn room_kept_for_a_claim_that_got_lost_is_free_again_without_a_word() {
    let (store, clock) = (Arc::new(MemoryStore::new()), ManualClock::at(Timestamp(1_800_000_000_000)));
    let town = Town::open_with(store, clock, Limits { waiting_max: 1, ..Limits::default() }).await;
    town.agents(&["ana"], Some(1)).await;
    let (first, second) = (town.publishes("a", together()).await, town.publishes("b", together()).await);
    for job in [first, second] {
        town.until(job, |job| job.owed.is_empty()).await;
    }
    town.all_asleep().await;
    // The first job falls. While it rests one message can wait for it: the claim is the second, and gets lost.
    let record = Key::LiveJob(first).bytes();
    let directory = town.engine.house().directory().unwrap();
    assert!(town.store.damage(&record));
    directory.report(first, Report::Ring);
    while town.engine.awake().await > 0 {
        tokio::task::yield_now().await;
    }
    assert!(town.store.damage(&record), "the record is as it was");
    directory.report(first, Report::Ring);
    assert!(matches!(town.claims(first, "ana").await, Err(Failure::Fell)));
    let full = town.claims(second, "ana").await.unwrap_err();
    assert!(matches!(full, Failure::Refused(Refusal::AgentFull { .. }, _)), "{full:?}");
    town.all_asleep().await;
    assert_eq!(town.claims(second, "ana").await.unwrap(), Answer::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_that_come_at_once_ask_everybody_and_not_the_same_one() {
    let town = Town::open().await;
    let names: Vec<String> = (0..50).map(|n| format!("agent-{n}")).collect();
    let now = town.clock.now();
    let agents: Vec<Agent> = names.iter().map(|name| agent(name, 1, None, now)).collect();
    let change = Box::new(move |_: &_, _| AgentsDecided { upserts: agents, ..AgentsDecided::default() });
    town.engine.change_agents(T, change).await.unwrap();
    for round in 1..=4 {
        // All are decided before any of them is stored.
        town.store.hold();
        let creates: Vec<_> = (0..50)
            .map(|n| {
                let id = JobId::of_reference(T, &format!("job-{round}-{n}"));
                let engine = town.engine.clone();
                tokio::spawn(async move { engine.create(new_job(id, Plan::default()), None, client()).await })
            })
            .collect();
        while town.engine.index().on_the_way.jobs() < 50 {
            tokio::task::yield_now().await;
        }
        town.store.resume();
        for create in creates {
            create.await.unwrap().unwrap();
        }
        let most = names.iter().map(|name| town.engine.index().open_offers(&who(name)).len()).max();
        assert!(most <= Some(round + 2), "somebody has {most:?} open offers after {round} rounds of one each");
    }
    assert_eq!(town.engine.index().on_the_way.jobs(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_identical_creates_are_one_job() {
    let town = Town::open().await;
    let id = JobId::of_reference(T, "same");
    let creates: Vec<_> = (0..100)
        .map(|_| {
            let engine = town.engine.clone();
            tokio::spawn(async move {
                engine.create(new_job(id, Plan::default()), None, client()).await.map(|done| done.answer)
            })
        })
        .collect();
    let mut made = 0;
    for create in creates {
        made += usize::from(create.await.unwrap().unwrap() == Answer::Done);
    }
    assert_eq!(made, 1);
    let other = NewJob { fingerprint: [8; 16], ..new_job(id, Plan::default()) };
    let refused = town.engine.create(other, None, client()).await.unwrap_err();
    assert!(matches!(refused, Failure::Refused(Refusal::ReferenceConflict, _)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_knows_the_jobs_the_deadlines_and_what_is_owed() {
    let town = Town::open().await;
    town.agents(&["ana", "bo"], None).await;
    let job = town.publishes("j1", Plan::default()).await;
    town.wall.has_template("offer", 1).await;
    town.until(job, |job| job.owed.is_empty()).await;
    let before = town.engine.index().versions();
    // The process ends without a word: only the disk goes on.
    let again = Town::open_on(Arc::new(town.store.copy()), town.clock.clone()).await;
    assert_eq!(again.engine.index().versions(), before);
    again.clock.pass(Duration::from_secs(1800));
    again.wall.has_template("offer", 1).await;
    assert_eq!(again.claims(job, "bo").await.unwrap(), Answer::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_copy_stands_still_and_its_release_gives_the_time_back() {
    let town = Town::open().await;
    town.agents(&["ana", "bo"], None).await;
    let job = town.publishes("j1", Plan::default()).await;
    let before = town.until(job, |job| job.owed.is_empty()).await;
    let closes = |job: &Job| job.offers[0].closes_at();
    let copy = Arc::new(town.store.copy());
    let taken = town.clock.now();
    let mark = restored::mark(&Restored { taken, at: taken, complete: true }).unwrap();
    copy.commit(&[StepWrites { check: None, writes: vec![mark] }]).unwrap();
    // Looked at twice, each time long after the offer's time.
    for _ in 0..2 {
        town.clock.pass(Duration::from_secs(10_000));
        let held = Town::open_on(Arc::clone(&copy), town.clock.clone()).await;
        let versions = held.engine.index().versions();
        assert!(held.engine.is_restored());
        assert!(matches!(held.claims(job, "ana").await, Err(Failure::Restored)));
        let created = held.engine.create(new_job(JobId::of_reference(T, "j2"), Plan::default()), None, client()).await;
        assert!(matches!(created, Err(Failure::Restored)));
        let change = Box::new(|_: &_, _| AgentsDecided::default());
        assert!(matches!(held.engine.change_agents(T, change).await, Err(ChangeFailure::Restored)));
        for _ in 0..1_000 {
            tokio::task::yield_now().await;
        }
        assert!(held.engine.stop(Duration::from_secs(60)).await);
        assert_eq!(held.engine.index().versions(), versions, "nothing rang");
        assert!(held.wall.sent.lock().is_empty());
    }
    restored::release(&*copy).unwrap();
    let released = Town::open_on(copy, town.clock.clone()).await;
    let extended = released.until(job, |job| closes(job) > closes(&before)).await;
    assert_eq!(extended.offers.len(), 1, "nobody else was asked");
    assert_eq!(released.claims(job, "ana").await.unwrap(), Answer::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_jobs_go_to_sleep_and_wake_for_a_claim() {
    let town = Town::open().await;
    town.agents(&["ana"], None).await;
    let job = town.publishes("j1", Plan::default()).await;
    town.until(job, |job| job.owed.is_empty()).await;
    town.all_asleep().await;
    assert_eq!(town.claims(job, "ana").await.unwrap(), Answer::Done);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_flush_is_never_believed() {
    let town = Town::open().await;
    town.agents(&["ana"], None).await;
    let job = town.publishes("j1", Plan::default()).await;
    town.until(job, |job| job.owed.is_empty()).await;
    town.store.fail_next(1);
    assert!(matches!(town.claims(job, "ana").await, Err(Failure::NotStored(_))));
    assert!(!town.engine.is_ready());
    assert_eq!(town.job(job).winner(), None);
    assert!(matches!(town.claims(job, "ana").await, Err(Failure::Closed)));
}
