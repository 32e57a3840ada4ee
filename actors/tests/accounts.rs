//! Several accounts of one channel: which of them carries a message, and what happens when it does not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it expects by falling over what it does not")]

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use baton_actors::channel::{Address, Budget, Channel, Errand, Rate, Say};
use baton_actors::clock::{BoxFuture, Clock, ManualClock};
use baton_actors::engine::{Engine, Setup};
use baton_actors::house::Limits;
use baton_actors::records::Attempting;
use baton_actors::store::codec;
use baton_actors::store::keys::Key;
use baton_actors::store::memory::MemoryStore;
use baton_actors::store::{StepWrites, Store, Write};
use baton_actors::tenants::Tenants;
use baton_actors::tenants::roster::AgentsDecided;
use baton_core::agent::Agent;
use baton_core::brief::Brief;
use baton_core::delivery::{Callback, ChannelKind, Outcome, Progress, Provider, Receipt, Scope};
use baton_core::gates::OwnGates;
use baton_core::ids::{AgentId, EffectId, JobId, TenantId};
use baton_core::job::{Actor, Approval, Ask, By, Cause, Command, Job, NewJob, Report};
use baton_core::phone::Phone;
use baton_core::plan::{Mode, Plan, Wave};
use baton_core::tenant::Settings;
use baton_core::time::Timestamp;
use parking_lot::Mutex;
use tokio::sync::Notify;

const T: TenantId = TenantId::DEFAULT;

/// What one provider was handed, and what it answers next; with nothing said it takes everything.
struct Office {
    provider: Provider,
    budget: Budget,
    answers: Mutex<VecDeque<Outcome>>,
    sent: Mutex<Vec<(Errand, Outcome)>>,
    changed: Notify,
}

impl Office {
    fn of(provider: Provider) -> Arc<Self> {
        Self::with(provider, Budget { in_flight: 4, ..Budget::default() })
    }

    fn with(provider: Provider, budget: Budget) -> Arc<Self> {
        let (answers, sent, changed) = (Mutex::default(), Mutex::default(), Notify::new());
        Arc::new(Self { provider, budget, answers, sent, changed })
    }

    fn will_say(&self, outcome: &Outcome, times: usize) {
        self.answers.lock().extend(std::iter::repeat_n(outcome.clone(), times));
    }

    fn attempts(&self) -> usize {
        self.sent.lock().len()
    }

    async fn has(&self, count: usize) {
        loop {
            let changed = self.changed.notified();
            if self.attempts() >= count {
                return;
            }
            changed.await;
        }
    }
}

struct At(Arc<Office>);

impl Channel for At {
    fn kind(&self) -> ChannelKind {
        self.0.provider.channel()
    }
    fn provider(&self) -> Provider {
        self.0.provider
    }
    fn idempotent(&self) -> bool {
        false
    }
    fn edits(&self) -> bool {
        false
    }
    fn budget(&self) -> Budget {
        self.0.budget
    }
    fn send(&self, errand: Errand) -> BoxFuture<'_, Outcome> {
        let receipt = Receipt { channel: self.kind(), message: errand.key.clone() };
        let outcome = self.0.answers.lock().pop_front().unwrap_or(Outcome::Accepted(receipt));
        self.0.sent.lock().push((errand, outcome.clone()));
        self.0.changed.notify_waiters();
        Box::pin(async { outcome })
    }
}

struct Town {
    engine: Engine,
    clock: ManualClock,
}

impl Town {
    async fn open(offices: &[Arc<Office>]) -> Self {
        Self::open_on(Arc::new(MemoryStore::new()), offices).await
    }

    async fn open_on(store: Arc<MemoryStore>, offices: &[Arc<Office>]) -> Self {
        let clock = ManualClock::at(Timestamp(1_800_000_000_000));
        let channels = offices.iter().map(|office| Arc::new(At(Arc::clone(office))) as Arc<dyn Channel>).collect();
        let engine = Engine::start(Setup {
            store: store as Arc<dyn Store>,
            clock: Arc::new(clock.clone()),
            channels,
            limits: Limits::default(),
            tenants: Tenants::default(),
            approve_link: Box::new(|job, _| format!("http://example.com/approve/{}", job.id)),
            details_link: Box::new(|job, grant| format!("http://example.com/public/details/{}-{}", job.id, grant.no)),
        })
        .await
        .unwrap();
        Self { engine, clock }
    }

    async fn has_agents(&self, tenant: TenantId, names: &[&str]) {
        let now = self.clock.now();
        let agents: Vec<Agent> = names
            .iter()
            .map(|name| Agent {
                email: Some(format!("{name}@example.com")),
                phone: Phone::new("+447700900001").ok().filter(|_| names.len() == 1),
                ..Agent::named(AgentId::of_reference(tenant, name), name, now)
            })
            .collect();
        let change = Box::new(move |_: &_, _| AgentsDecided { upserts: agents, ..AgentsDecided::default() });
        self.engine.change_agents(tenant, change).await.unwrap();
    }

    async fn offers(&self, tenant: TenantId, reference: &str) -> JobId {
        let id = JobId::of_reference(tenant, reference);
        let plan = Plan { waves: vec![Wave::new(Mode::Everybody, Duration::from_hours(2))], ..Plan::default() };
        let new = NewJob {
            id,
            external_ref: Some(reference.to_owned()),
            fingerprint: [0; 16],
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
        };
        let by = By { actor: Actor::Client("shop".to_owned()), cause: Cause::Request };
        self.engine.create(new, None, by).await.unwrap();
        id
    }

    fn words(&self, job: JobId) -> Vec<&'static str> {
        let job: Job = self.engine.job(job).unwrap().unwrap();
        job.timeline.iter().map(|entry| entry.event.name()).collect()
    }

    /// Waits until a line of a job's timeline is written, letting the clock run where it must.
    async fn tells(&self, job: JobId, word: &str) {
        for _ in 0..20_000 {
            if self.words(job).contains(&word) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("{word} is not in {:?}", self.words(job));
    }

    /// Time passes in steps, so that whoever waits for a moment between comes to it.
    async fn pass_until(&self, done: impl Fn() -> bool) {
        for _ in 0..600 {
            if done() {
                return;
            }
            self.clock.pass(Duration::from_secs(1));
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
        }
        panic!("it did not come to that");
    }
}

fn refused() -> Outcome {
    Outcome::Sender("the key is refused".to_owned())
}

#[tokio::test]
async fn g5_a_refused_account_hands_its_messages_to_the_next_and_says_so() {
    let (resend, smtp) = (Office::of(Provider::Resend), Office::of(Provider::Smtp));
    resend.will_say(&refused(), 1);
    let town = Town::open(&[Arc::clone(&resend), Arc::clone(&smtp)]).await;
    town.has_agents(T, &["ana"]).await;
    let job = town.offers(T, "one").await;
    smtp.has(1).await;
    town.tells(job, "offer_sent").await;
    assert!(town.words(job).contains(&"failed_over"), "{:?}", town.words(job));
    assert_eq!(resend.attempts(), 1, "one that is refused is not asked again");
    assert!(!smtp.sent.lock()[0].0.possible_repeat, "nothing of it was sent before");
    // While it is left alone, the next message does not even go there; that stands in the timeline as well.
    let next = town.offers(T, "two").await;
    smtp.has(2).await;
    town.tells(next, "offer_sent").await;
    assert_eq!(resend.attempts(), 1);
    assert!(town.words(next).contains(&"failed_over"));
}

#[tokio::test]
async fn g4_used_up_attempts_go_on_with_the_next_account_and_an_unsure_one_is_marked() {
    for (outcome, repeat) in
        [(Outcome::Retry("busy".to_owned()), false), (Outcome::Unknown("it hung up".to_owned()), true)]
    {
        let (resend, smtp) = (Office::of(Provider::Resend), Office::of(Provider::Smtp));
        resend.will_say(&outcome, 100);
        let town = Town::open(&[Arc::clone(&resend), Arc::clone(&smtp)]).await;
        town.has_agents(T, &["ana"]).await;
        let job = town.offers(T, "one").await;
        town.pass_until(|| smtp.attempts() > 0).await;
        town.tells(job, "offer_sent").await;
        assert_eq!(resend.attempts(), 6, "all its attempts were made first");
        assert_eq!(smtp.sent.lock()[0].0.possible_repeat, repeat);
        assert!(town.words(job).contains(&"failed_over"));
    }
}

#[tokio::test]
async fn g5_a_persons_or_a_messages_own_fault_is_not_tried_elsewhere() {
    for outcome in [
        Outcome::Recipient("no such mailbox".to_owned()),
        Outcome::Content("too long".to_owned()),
        Outcome::Window("closed".to_owned()),
    ] {
        let (resend, smtp) = (Office::of(Provider::Resend), Office::of(Provider::Smtp));
        resend.will_say(&outcome, 1);
        let town = Town::open(&[Arc::clone(&resend), Arc::clone(&smtp)]).await;
        town.has_agents(T, &["ana"]).await;
        let job = town.offers(T, "one").await;
        town.tells(job, "offer_failed").await;
        assert_eq!((resend.attempts(), smtp.attempts()), (1, 0), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_dead_address_is_known_before_the_job_hears_of_it_and_is_well_once_it_takes_something() {
    for (provider, tells) in [(Provider::Resend, true), (Provider::Smtp, false)] {
        let office = Office::of(provider);
        let town = Town::open(&[Arc::clone(&office)]).await;
        town.has_agents(T, &["ana"]).await;
        let failures = || {
            let view = town.engine.tenants().view(T);
            let ana = view.roster.get(&AgentId::of_reference(T, "ana")).unwrap();
            ana.reach.iter().map(|reach| reach.failures).collect::<Vec<_>>()
        };
        for count in 1..=2 {
            office.will_say(&Outcome::Recipient("550 no such mailbox".to_owned()), 1);
            let job = town.offers(T, &format!("dead {count}")).await;
            town.tells(job, "offer_failed").await;
            assert_eq!(failures(), [count]);
        }
        let job = town.offers(T, "alive").await;
        town.tells(job, "offer_sent").await;
        // Who tells of arrival has not done so yet; of whoever never does, this is all there will ever be.
        town.pass_until(|| failures().is_empty() != tells).await;
    }
}

#[tokio::test]
async fn what_a_closed_job_has_said_goes_by_the_next_channel_if_it_did_not_arrive() {
    let (mail, sms) = (Office::of(Provider::Resend), Office::of(Provider::TwilioSms));
    let store = Arc::new(MemoryStore::new());
    let town = Town::open_on(Arc::clone(&store), &[Arc::clone(&mail), Arc::clone(&sms)]).await;
    let settings = Settings { fallback_after: Some(Duration::from_secs(600)), ..Settings::default() };
    town.engine.put_settings(T, settings, None, "desk".to_owned()).await.unwrap();
    town.has_agents(T, &["ana"]).await;
    let job = town.offers(T, "one").await;
    town.tells(job, "offer_sent").await;
    let by = By { actor: Actor::Client("shop".to_owned()), cause: Cause::Request };
    let ask = Ask { command: Command::Cancel { reason: None }, by, key: None, expects: None };
    town.engine.ask(job, ask).await.unwrap();
    mail.has(2).await;
    let is = |space: fn(JobId) -> Key| store.get(&space(job).bytes()).unwrap().is_some();
    town.pass_until(|| is(Key::ClosedJob)).await;
    let sent = town.engine.job(job).unwrap().unwrap().sent;
    assert_eq!(sent.len(), 1, "that it is over");
    let receipt = Receipt { channel: ChannelKind::Email, message: "m".to_owned() };
    let (topic, class, reason) = ("offer_over".to_owned(), "recipient".to_owned(), "bounced".to_owned());
    let callback = Callback { progress: Progress::Failed, receipt, topic, class, reason, again: false };
    town.engine.hear(job, Report::CalledBack { effect: sent[0].no, callback }).await.unwrap();
    sms.has(1).await;
    assert!(town.words(job).contains(&"message_rerouted"));
    // It is among the closed ones again once that has left, and a restart finds nothing open.
    town.pass_until(|| is(Key::ClosedJob) && !is(Key::LiveJob)).await;
    assert_eq!((mail.attempts(), sms.attempts()), (2, 1));
}

#[tokio::test]
async fn what_waits_for_an_account_goes_by_the_next_once_it_is_told_to_wait_for_long() {
    let one_a_minute = Rate { count: 1, per_millis: 60_000, burst: 1 };
    let slow = Budget { account: Some(one_a_minute), in_flight: 1, ..Budget::default() };
    let (resend, smtp) = (Office::with(Provider::Resend, slow), Office::of(Provider::Smtp));
    let town = Town::open(&[Arc::clone(&resend), Arc::clone(&smtp)]).await;
    town.has_agents(T, &["ana", "bo", "cy", "dee"]).await;
    // The wave asks as many as the account can reach in two hours: all of them. One leaves, three wait for the budget.
    let job = town.offers(T, "one").await;
    resend.has(1).await;
    resend.will_say(&Outcome::RetryAfter(Duration::from_mins(30), Scope::Account), 1);
    town.pass_until(|| smtp.attempts() >= 3).await;
    assert_eq!(resend.attempts(), 2, "one was taken, one was told to wait");
    town.tells(job, "failed_over").await;
}

#[tokio::test]
async fn when_every_account_is_refused_the_message_waits_and_leaves_by_the_first_that_is_well() {
    let (resend, smtp) = (Office::of(Provider::Resend), Office::of(Provider::Smtp));
    resend.will_say(&refused(), 1);
    smtp.will_say(&refused(), 1);
    let town = Town::open(&[Arc::clone(&resend), Arc::clone(&smtp)]).await;
    town.has_agents(T, &["ana"]).await;
    let job = town.offers(T, "one").await;
    smtp.has(1).await;
    town.pass_until(|| smtp.attempts() + resend.attempts() >= 3).await;
    town.tells(job, "offer_sent").await;
}

#[tokio::test]
async fn every_tenant_has_its_own_route() {
    let (resend, smtp) = (Office::of(Provider::Resend), Office::of(Provider::Smtp));
    let town = Town::open(&[Arc::clone(&resend), Arc::clone(&smtp)]).await;
    let other = TenantId::new("other").unwrap();
    let mut settings = Settings::default();
    settings.routes.insert(ChannelKind::Email, vec![Provider::Smtp]);
    town.engine.put_settings(other, settings, None, "test".to_owned()).await.unwrap();
    for tenant in [T, other] {
        town.has_agents(tenant, &["ana"]).await;
        town.offers(tenant, "one").await;
    }
    resend.has(1).await;
    smtp.has(1).await;
    let tenant_of = |office: &Office| office.sent.lock()[0].0.tenant;
    assert_eq!((tenant_of(&resend), tenant_of(&smtp)), (T, other));
    // It has no other: refused, its message waits rather than leave the route.
    smtp.will_say(&refused(), 1);
    town.offers(other, "two").await;
    smtp.has(2).await;
    town.pass_until(|| smtp.attempts() >= 3).await;
    assert_eq!(resend.attempts(), 1);
}

#[tokio::test]
async fn g8_a_tenants_backlog_keeps_another_waiting_for_one_turn() {
    let slow =
        Budget { account: Some(Rate { count: 1, per_millis: 1_000, burst: 1 }), in_flight: 1, ..Budget::default() };
    let smtp = Office::with(Provider::Smtp, slow);
    let town = Town::open(&[Arc::clone(&smtp)]).await;
    let other = TenantId::new("other").unwrap();
    town.has_agents(T, &["ana"]).await;
    town.has_agents(other, &["bo"]).await;
    for n in 0..50 {
        town.offers(T, &format!("job-{n}")).await;
    }
    town.offers(other, "single").await;
    town.pass_until(|| smtp.attempts() >= 6).await;
    let sent = smtp.sent.lock();
    let turn = sent.iter().position(|(errand, _)| errand.tenant == other);
    assert!(turn.is_some_and(|turn| turn <= 3), "{turn:?}");
    assert!(sent.iter().all(|(errand, _)| matches!(errand.say, Say::Job { .. })));
}

#[tokio::test]
async fn an_attempt_that_was_noted_when_the_channel_had_one_account_stays_marked_and_its_row_goes() {
    let store = Arc::new(MemoryStore::new());
    let resend = Office::of(Provider::Resend);
    resend.will_say(&Outcome::RetryAfter(Duration::from_hours(1), Scope::Account), 1);
    let town = Town::open_on(Arc::clone(&store), &[Arc::clone(&resend)]).await;
    town.has_agents(T, &["ana"]).await;
    let job = town.offers(T, "one").await;
    resend.has(1).await;
    let owed = town.engine.job(job).unwrap().unwrap().owed[0].no;
    town.engine.stop(Duration::from_secs(5)).await;
    let old = Key::Attempts { tenant: T, account: "email".to_owned(), seq: 0 };
    let row = codec::seal(&Attempting(vec![EffectId { job, no: owed }.into()]), 1, 1).unwrap();
    let own = Key::Attempts { tenant: T, account: "resend".to_owned(), seq: 0 };
    let pause = Key::Channel { tenant: T, account: "resend".to_owned(), page: 0 };
    let writes = vec![
        Write { key: old.bytes(), value: Some(row) },
        Write { key: own.bytes(), value: None },
        Write { key: pause.bytes(), value: None },
    ];
    store.commit(&[StepWrites { check: None, writes }]).unwrap();
    let resend = Office::of(Provider::Resend);
    let _town = Town::open_on(Arc::clone(&store), &[Arc::clone(&resend)]).await;
    resend.has(1).await;
    assert!(resend.sent.lock()[0].0.possible_repeat);
    assert_eq!(store.get(&old.bytes()).unwrap(), None, "the old row is gone");
    assert!(store.get(&own.bytes()).unwrap().is_some(), "and its mark stands in the account's own");
}

#[tokio::test]
async fn p8_what_waits_for_its_turn_goes_to_where_its_recipient_is_by_then() {
    let office = Office::of(Provider::Smtp);
    office.will_say(&Outcome::RetryAfter(Duration::from_secs(30), Scope::Chat), 1);
    let town = Town::open(&[Arc::clone(&office)]).await;
    town.has_agents(T, &["ana"]).await;
    let job = town.offers(T, "one").await;
    office.has(1).await;
    let moved = Box::new(|view: &baton_actors::tenants::TenantView, _| {
        let ana = view.roster.get(&AgentId::of_reference(T, "ana")).unwrap();
        let ana = Agent { email: Some("new@example.com".to_owned()), ..Agent::clone(ana) };
        AgentsDecided { upserts: vec![ana], ..AgentsDecided::default() }
    });
    town.engine.change_agents(T, moved).await.unwrap();
    town.pass_until(|| office.attempts() > 1).await;
    town.tells(job, "offer_sent").await;
    let sent = office.sent.lock();
    let to = |at: usize| sent[at].0.to.clone();
    assert!(
        to(0) == Address::Email("ana@example.com".to_owned()) && to(1) == Address::Email("new@example.com".to_owned())
    );
    assert_eq!(sent.len(), 2);
}
