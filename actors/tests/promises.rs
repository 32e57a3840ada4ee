//! Each promise of the engine, held by a test of its name: the rooms over a store in memory that can fail on command, and a
//! channel that answers as it is told.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by falling over what it does not")]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton_actors::agent_actor::AgentMessage;
use baton_actors::channel::{Budget, Channel, Errand, Say};
use baton_actors::clock::{BoxFuture, Clock, ManualClock};
use baton_actors::committer::NotStored;
use baton_actors::engine::{Engine, Setup};
use baton_actors::error::Failure;
use baton_actors::house::Limits;
use baton_actors::job_actor::JobMessage;
use baton_actors::records;
use baton_actors::store::keys::Key;
use baton_actors::store::memory::{Fault, MemoryStore};
use baton_actors::store::{StepWrites, Store, Write};
use baton_actors::tenants::Tenants;
use baton_actors::tenants::roster::AgentsDecided;
use baton_core::agent::Agent;
use baton_core::brief::Brief;
use baton_core::delivery::{ChannelKind, Outcome, Receipt};
use baton_core::gates::OwnGates;
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::ledger::Heard;
use baton_core::job::{Actor, Approval, Ask, By, Cause, Command, Job, NewJob, Stage};
use baton_core::plan::Plan;
use baton_core::time::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

const T: TenantId = TenantId::DEFAULT;

/// A provider that does not tell repeats apart, and can be made deaf.
#[derive(Default)]
struct Provider {
    sent: Mutex<Vec<Errand>>,
    changed: Notify,
    deaf: AtomicBool,
}

struct Line(Arc<Provider>);

impl Channel for Line {
    fn kind(&self) -> ChannelKind {
        ChannelKind::Console
    }

    fn provider(&self) -> baton_core::delivery::Provider {
        baton_core::delivery::Provider::Console
    }
    fn idempotent(&self) -> bool {
        false
    }
    fn edits(&self) -> bool {
        false
    }
    fn budget(&self) -> Budget {
        Budget { in_flight: 8, ..Budget::default() }
    }
    fn send(&self, errand: Errand) -> BoxFuture<'_, Outcome> {
        let message = errand.key.clone();
        self.0.sent.lock().push(errand);
        self.0.changed.notify_waiters();
        let deaf = self.0.deaf.load(Ordering::Relaxed);
        Box::pin(async move {
            if deaf {
                std::future::pending::<()>().await;
            }
            Outcome::Accepted(Receipt { channel: ChannelKind::Console, message })
        })
    }
}

/// A clock that can make whoever looks at it next fall.
struct Trap(ManualClock, Arc<AtomicBool>);

impl Clock for Trap {
    fn now(&self) -> Timestamp {
        assert!(!self.1.swap(false, Ordering::Relaxed), "a trap");
        self.0.now()
    }
    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        self.0.sleep_until(moment)
    }
}

struct Town {
    engine: Engine,
    clock: ManualClock,
    trap: Arc<AtomicBool>,
    store: Arc<MemoryStore>,
    provider: Arc<Provider>,
}

impl Town {
    async fn open() -> Self {
        Self::with(Arc::new(MemoryStore::new()), Limits::default(), Arc::default()).await
    }

    async fn with(store: Arc<MemoryStore>, limits: Limits, provider: Arc<Provider>) -> Self {
        let (clock, trap) = (ManualClock::at(Timestamp(1_800_000_000_000)), Arc::new(AtomicBool::new(false)));
        let engine = Engine::start(Setup {
            store: Arc::clone(&store) as Arc<dyn Store>,
            clock: Arc::new(Trap(clock.clone(), Arc::clone(&trap))),
            channels: vec![Arc::new(Line(Arc::clone(&provider)))],
            tenants: Tenants::default(),
            limits,
            approve_link: Box::new(|_, _| String::new()),
            details_link: Box::new(|job, grant| format!("http://example.com/public/details/{}-{}", job.id, grant.no)),
        })
        .await
        .unwrap();
        Self { engine, clock, trap, store, provider }
    }

    async fn has(&self, names: &[&str]) {
        let now = self.clock.now();
        let agents: Vec<Agent> = names.iter().zip(1..).map(|(name, priority)| agent(name, priority, now)).collect();
        let change = Box::new(move |_: &_, _| AgentsDecided { upserts: agents, ..AgentsDecided::default() });
        self.engine.change_agents(T, change).await.unwrap();
    }

    fn publish(&self, name: &str) -> tokio::task::JoinHandle<Result<(), Failure>> {
        let (engine, new) = (self.engine.clone(), new_job(name));
        tokio::spawn(async move { engine.create(new, None, client()).await.map(drop) })
    }

    fn job(&self, name: &str) -> Option<Job> {
        self.engine.job(id(name)).unwrap()
    }

    async fn until(&self, name: &str, holds: impl Fn(&Job) -> bool) {
        while !self.job(name).is_some_and(|job| holds(&job)) {
            tokio::task::yield_now().await;
        }
    }

    async fn claims(&self, name: &str, agent: &str) -> Result<(), Failure> {
        let job = self.job(name).unwrap();
        let offer = id(name).offer(job.offer_to(&who(agent)).unwrap().no);
        self.engine.claim(offer, who(agent), None, client()).await.map(drop)
    }

    /// The disk stands still, and the committer with it: from now on steps wait in its queue.
    fn stop_the_disk(&self) {
        self.store.hold();
        let committer = &self.engine.house().committer;
        committer.once_passed(|| {});
        while committer.depth() > 0 {
            std::thread::yield_now();
        }
    }

    /// Waits until so many steps wait for the disk.
    async fn steps_wait(&self, count: usize) {
        while self.engine.house().committer.depth() < count {
            tokio::task::yield_now().await;
        }
    }

    /// Time passes until everybody sleeps.
    async fn all_asleep(&self) {
        while self.engine.awake().await > 0 {
            self.clock.pass(Duration::from_millis(500));
            tokio::task::yield_now().await;
        }
    }

    /// Gives whoever has fallen every chance to come back.
    async fn rests(&self) {
        for _ in 0..100 {
            self.clock.pass(Duration::from_millis(100));
            self.engine.awake().await;
        }
    }

    /// Waits until so many offers have gone out.
    async fn offers_sent(&self, count: usize) -> Vec<Errand> {
        loop {
            let changed = self.provider.changed.notified();
            let sent: Vec<Errand> =
                self.provider.sent.lock().iter().filter(|errand| is_offer(errand)).cloned().collect();
            if sent.len() >= count {
                return sent;
            }
            changed.await;
        }
    }
}

fn is_offer(errand: &Errand) -> bool {
    matches!(&errand.say, Say::Job { topic, .. } if topic.template() == "offer")
}

fn id(name: &str) -> JobId {
    JobId::of_reference(T, name)
}

fn who(name: &str) -> AgentId {
    AgentId::of_reference(T, name)
}

fn client() -> By {
    By { actor: Actor::Client("shop".into()), cause: Cause::Request }
}

fn agent(name: &str, priority: i32, now: Timestamp) -> Agent {
    Agent { priority, ..Agent::named(who(name), name, now) }
}

fn new_job(name: &str) -> NewJob {
    NewJob {
        id: id(name),
        external_ref: Some(name.to_owned()),
        fingerprint: [7; 16],
        brief: Brief::default(),
        has_details: false,
        approval: Approval::None,
        plan: Plan::default(),
        plan_name: None,
        start_at: None,
        occupies: None,
        gates: OwnGates::default(),
        publish: None,
        lead: None,
        assignment: None,
    }
}

/// Somebody else writes the job's record behind its actor's back.
fn forge(town: &Town, name: &str) {
    let mut job = town.job(name).unwrap();
    job.version += 1;
    let row = Write { key: Key::LiveJob(id(name)).bytes(), value: Some(records::seal_job(&job, 9).unwrap()) };
    town.store.commit(&[StepWrites { check: None, writes: vec![row] }]).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p2_a_step_decided_on_another_version_is_refused_and_the_record_reread() {
    let town = Town::open().await;
    town.has(&["ana"]).await;
    town.publish("j").await.unwrap().unwrap();
    town.until("j", |job| job.owed.is_empty()).await;
    forge(&town, "j");
    let refused = town.claims("j", "ana").await.unwrap_err();
    assert!(matches!(refused, Failure::NotStored(NotStored::Conflict)), "{refused}");
    assert!(town.job("j").unwrap().winner().is_none());
    town.claims("j", "ana").await.unwrap();
    assert_eq!(town.job("j").unwrap().winner(), Some(who("ana")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_nothing_is_answered_or_sent_before_it_is_stored() {
    let town = Town::open().await;
    town.has(&["ana"]).await;
    town.store.hold();
    let create = town.publish("j");
    // The step is on its way to the disk, which stands still.
    while town.engine.house().committer.depth() > 0 || town.engine.awake().await == 0 {
        tokio::task::yield_now().await;
    }
    assert!(!create.is_finished());
    assert!(town.job("j").is_none());
    assert!(town.provider.sent.lock().is_empty());
    town.store.resume();
    create.await.unwrap().unwrap();
    town.offers_sent(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p3_what_can_be_read_and_is_not_synced_is_waited_for_by_whoever_tells_of_it() {
    let town = Town::open().await;
    let committer = town.engine.house().committer.clone();
    committer.settled().await;
    town.store.hold_syncs();
    let create = town.publish("j");
    town.until("j", |_| true).await;
    let reader = committer.clone();
    let settled = tokio::spawn(async move { reader.settled().await });
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    assert!(!settled.is_finished() && !create.is_finished());
    town.store.resume();
    create.await.unwrap().unwrap();
    settled.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_when_the_outcome_is_unknown_the_restart_tells() {
    let town = Town::open().await;
    town.has(&["ana"]).await;
    town.publish("j").await.unwrap().unwrap();
    town.until("j", |job| job.owed.is_empty()).await;
    town.store.inject([Fault::Unknown]);
    let unknown = town.claims("j", "ana").await.unwrap_err();
    assert!(matches!(unknown, Failure::NotStored(_)), "{unknown}");
    assert!(!town.engine.is_ready(), "a store that failed once is not believed again");
    // It was stored after all, which only the disk knew.
    let again = Town::with(Arc::new(town.store.copy()), Limits::default(), Arc::default()).await;
    assert_eq!(again.job("j").unwrap().winner(), Some(who("ana")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_fallen_job_comes_back_behind_its_last_step() {
    let town = Town::open().await;
    town.has(&["ana"]).await;
    town.publish("j").await.unwrap().unwrap();
    town.until("j", |job| job.owed.is_empty()).await;
    town.stop_the_disk();
    let (engine, offer) = (town.engine.clone(), id("j").offer(1));
    let claim = tokio::spawn(async move { engine.claim(offer, who("ana"), None, client()).await });
    town.steps_wait(1).await;
    // It falls with the claim on its way.
    let directory = town.engine.house().directory().unwrap();
    directory.tell_job(id("j"), JobMessage::Stored(Err(NotStored::TooLarge)));
    assert!(claim.await.unwrap().is_err(), "nobody was told that the claim is stored");
    town.all_asleep().await;
    let engine = town.engine.clone();
    let command = Command::Withdraw { agent: Some(who("ana")), reason: None };
    let ask = Ask { command, by: client(), key: None, expects: None };
    let withdrawal = tokio::spawn(async move { engine.ask(id("j"), ask).await });
    town.rests().await;
    assert!(!withdrawal.is_finished(), "it was decided on a record that the claim was about to replace");
    town.store.resume();
    withdrawal.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_fallen_agent_comes_back_behind_its_last_step() {
    let town = Town::open().await;
    let mut ana = agent("ana", 1, town.clock.now());
    ana.capacity = Some(2);
    let change = Box::new(move |_: &_, _| AgentsDecided { upserts: vec![ana], ..AgentsDecided::default() });
    town.engine.change_agents(T, change).await.unwrap();
    for name in ["a", "b"] {
        town.publish(name).await.unwrap().unwrap();
        town.until(name, |job| job.owed.is_empty()).await;
    }
    town.claims("a", "ana").await.unwrap();
    town.until("a", |job| job.owed.is_empty()).await;
    town.all_asleep().await;
    town.stop_the_disk();
    let claims_b = || {
        let (engine, offer) = (town.engine.clone(), id("b").offer(1));
        tokio::spawn(async move { engine.claim(offer, who("ana"), None, client()).await })
    };
    let (first, book) = (claims_b(), Key::Holds(who("ana")).bytes());
    town.steps_wait(1).await;
    // It loses sight of its book, finds it unreadable, and falls with the hold on its way.
    assert!(town.store.damage(&book));
    let directory = town.engine.house().directory().unwrap();
    directory.tell_agent(who("ana"), AgentMessage::Stored(Err(NotStored::Conflict)));
    assert!(first.await.unwrap().is_err());
    while town.engine.awake().await > 0 {
        tokio::task::yield_now().await;
    }
    assert!(town.store.damage(&book), "the book is as it was");
    let again = claims_b();
    town.rests().await;
    assert!(!again.is_finished(), "room was given by a book that the hold was about to replace");
    town.store.resume();
    again.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p4_a_fallen_shard_comes_back_behind_the_last_steps_of_its_jobs_and_loses_no_debt() {
    let limits = Limits { shards: 1, ..Limits::default() };
    let town = Town::with(Arc::new(MemoryStore::new()), limits, Arc::default()).await;
    town.has(&["ana"]).await;
    for name in ["j", "k"] {
        town.publish(name).await.unwrap().unwrap();
        town.until(name, |job| job.owed.is_empty()).await;
    }
    town.all_asleep().await;
    town.stop_the_disk();
    let asks = |ask: Command| {
        let (engine, ask) = (town.engine.clone(), Ask { command: ask, by: client(), key: None, expects: None });
        tokio::spawn(async move { engine.ask(id("j"), ask).await })
    };
    let claim = asks(Command::Claim { agent: who("ana"), no: 1, via: None, heard: Heard::default() });
    town.steps_wait(1).await;
    // The other job has nothing to do and says so: its shard looks at the clock.
    town.trap.store(true, Ordering::Relaxed);
    town.engine.house().directory().unwrap().tell_job(id("k"), JobMessage::Recover);
    assert!(matches!(claim.await.unwrap(), Err(Failure::Fell)));
    let withdraws = || asks(Command::Withdraw { agent: Some(who("ana")), reason: None });
    for _ in 0..200 {
        let decided = withdraws().await.unwrap();
        assert!(matches!(decided, Err(Failure::Fell)), "decided on a record that the claim was about to replace");
    }
    town.store.resume();
    let won = |errand: &Errand| matches!(&errand.say, Say::Job { topic, .. } if topic.template() == "won");
    while !town.provider.sent.lock().iter().any(won) {
        tokio::task::yield_now().await;
    }
    withdraws().await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p5_an_interrupted_attempt_is_made_again_and_says_so() {
    let town = Town::open().await;
    town.has(&["ana"]).await;
    town.provider.deaf.store(true, Ordering::Relaxed);
    town.publish("j").await.unwrap().unwrap();
    let first = town.offers_sent(1).await;
    assert!(!first[0].possible_repeat);
    // The process ends while the provider has not answered.
    let again = Town::with(Arc::new(town.store.copy()), Limits::default(), Arc::default()).await;
    let second = again.offers_sent(1).await;
    assert!(second[0].possible_repeat, "it may have arrived");
    assert_eq!(second[0].key, first[0].key, "the provider can tell it apart by its key");
    again.until("j", |job| job.owed.is_empty()).await;
    // What was never attempted is no repeat.
    let third = Town::with(Arc::new(again.store.copy()), Limits::default(), Arc::default()).await;
    third.publish("k").await.unwrap().unwrap();
    assert!(third.offers_sent(1).await.iter().all(|errand| !errand.possible_repeat));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p6_a_deaf_provider_keeps_nobody_from_claiming() {
    let town = Town::open().await;
    town.has(&["ana"]).await;
    town.provider.deaf.store(true, Ordering::Relaxed);
    for name in ["a", "b", "c"] {
        town.publish(name).await.unwrap().unwrap();
    }
    town.offers_sent(1).await;
    for name in ["a", "b", "c"] {
        town.claims(name, "ana").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p7_every_live_job_has_a_next_action() {
    let town = Town::open().await;
    town.has(&["ana", "bo"]).await;
    for name in ["a", "b", "c"] {
        town.publish(name).await.unwrap().unwrap();
    }
    town.claims("a", "ana").await.unwrap();
    assert_eq!(town.engine.index().counts().without_next, 0);
    town.clock.pass(Duration::from_secs(3600));
    town.until("b", |job| !matches!(&job.stage, Stage::Offering(_)) || job.offer_to(&who("bo")).is_some()).await;
    town.clock.pass(Duration::from_secs(3600));
    town.until("b", |job| matches!(job.stage, Stage::Unfilled { .. })).await;
    assert_eq!(town.engine.index().counts().without_next, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_past_the_bound_the_door_refuses_and_decides_nothing() {
    let limits = Limits { admission_max: 3, ..Limits::default() };
    let town = Town::with(Arc::new(MemoryStore::new()), limits, Arc::default()).await;
    town.has(&["ana"]).await;
    town.store.hold();
    let waiting: Vec<_> = ["a", "b", "c"].map(|name| town.publish(name)).into_iter().collect();
    while town.engine.under_way() < 3 {
        tokio::task::yield_now().await;
    }
    let refused = town.publish("d").await.unwrap().unwrap_err();
    assert!(matches!(refused, Failure::Overloaded), "{refused}");
    town.store.resume();
    for create in waiting {
        create.await.unwrap().unwrap();
    }
    assert!(town.job("d").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p9_what_is_owed_has_a_bound_at_the_door() {
    let limits = Limits { outbox_max: 2, ..Limits::default() };
    let town = Town::with(Arc::new(MemoryStore::new()), limits, Arc::default()).await;
    town.has(&["ana"]).await;
    town.provider.deaf.store(true, Ordering::Relaxed);
    town.publish("a").await.unwrap().unwrap();
    town.publish("b").await.unwrap().unwrap();
    while town.engine.house().outbox.depth() < 2 {
        tokio::task::yield_now().await;
    }
    assert!(matches!(town.publish("c").await.unwrap(), Err(Failure::Overloaded)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn p10_a_poison_record_takes_down_one_job_and_the_rest_runs_on() {
    let town = Town::open().await;
    town.has(&["ana"]).await;
    town.publish("poisoned").await.unwrap().unwrap();
    town.until("poisoned", |job| job.owed.is_empty()).await;
    town.all_asleep().await;
    let offer = id("poisoned").offer(1);
    assert!(town.store.damage(&Key::LiveJob(id("poisoned")).bytes()));
    // It falls, rests, comes back and falls again, until it is parked.
    while town.engine.quarantined().await.is_empty() {
        let engine = town.engine.clone();
        let claim = tokio::spawn(async move { engine.claim(offer, who("ana"), None, client()).await });
        while !claim.is_finished() {
            town.clock.pass(Duration::from_millis(200));
            tokio::task::yield_now().await;
        }
        assert!(claim.await.unwrap().is_err());
    }
    let parked = town.engine.quarantined().await;
    assert_eq!(parked.iter().map(|parked| parked.job).collect::<Vec<_>>(), [id("poisoned")]);
    let refused = town.engine.claim(offer, who("ana"), None, client()).await.unwrap_err();
    assert!(matches!(refused, Failure::Quarantined), "{refused}");
    town.publish("sound").await.unwrap().unwrap();
    town.claims("sound", "ana").await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_finishes_what_is_under_way_and_takes_nothing_new() {
    let town = Town::open().await;
    town.has(&["ana"]).await;
    town.publish("j").await.unwrap().unwrap();
    town.until("j", |job| job.owed.is_empty()).await;
    assert!(town.engine.stop(Duration::from_secs(5)).await);
    assert!(matches!(town.publish("k").await.unwrap(), Err(Failure::Closed)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_index_kept_alive_equals_the_index_read_from_the_records() {
    let town = Town::open().await;
    town.has(&["ana", "bo"]).await;
    for name in ["a", "b", "c", "d"] {
        town.publish(name).await.unwrap().unwrap();
        town.until(name, |job| job.owed.is_empty()).await;
    }
    town.claims("a", "ana").await.unwrap();
    town.until("a", |job| job.owed.is_empty()).await;
    town.clock.pass(Duration::from_secs(1800));
    town.until("b", |job| job.offer_to(&who("bo")).is_some() && job.owed.is_empty()).await;
    for name in ["c", "d"] {
        town.until(name, |job| job.offer_to(&who("bo")).is_some() && job.owed.is_empty()).await;
    }
    let cancel = Command::Cancel { reason: None };
    town.engine.ask(id("d"), Ask { command: cancel, by: client(), key: None, expects: None }).await.unwrap();
    town.until("d", |job| job.is_closed() && job.owed.is_empty()).await;
    while town.engine.index().is_live(&id("d")) {
        tokio::task::yield_now().await;
    }
    let again = Town::with(Arc::new(town.store.copy()), Limits::default(), Arc::default()).await;
    let (live, read) = (town.engine.index(), again.engine.index());
    for stage in 0..u8::try_from(records::STAGES.len()).unwrap() {
        let listed = live.list(T, &[stage], None, usize::MAX).len();
        assert_eq!(
            (live.count(T, stage), read.count(T, stage)),
            (listed, listed),
            "{}",
            records::STAGES[usize::from(stage)]
        );
    }
    assert_eq!(live.versions(), read.versions());
    assert_eq!(live.counts(), read.counts());
    for name in ["ana", "bo"] {
        assert_eq!(live.open_offers(&who(name)), read.open_offers(&who(name)));
        assert_eq!(live.past_offers(&who(name)), read.past_offers(&who(name)));
        assert_eq!(live.claims(&who(name)), read.claims(&who(name)));
    }
}
