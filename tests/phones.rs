//! Jobs as they look on people's phones: the engine, the Telegram channel and long polling against a simulated Telegram that
//! speaks the real API.

#![expect(clippy::unwrap_used, reason = "a test says what it expects by falling over what it does not")]

use std::sync::Arc;
use std::time::Duration;

use baton::channels::registration;
use baton::channels::telegram::{Client, ClientSettings, Patience, Telegram};
use baton::simulator::people::{Habits, People};
use baton::simulator::telegram::{Bot, Chat, Fault, Message, Server};
use baton::telegram_desk::TelegramDesk;
use baton::webhooks::Means;
use baton::webhooks::inbox::Inbox;
use baton::wording::Wording;
use baton_actors::channel::{Budget, Channel};
use baton_actors::clock::{Clock, ManualClock, SystemClock};
use baton_actors::engine::{Engine, Setup};
use baton_actors::house::Limits;
use baton_actors::records::Registration;
use baton_actors::store::memory::MemoryStore;
use baton_actors::tenants::Tenants;
use baton_actors::tenants::roster::AgentsDecided;
use baton_core::agent::Agent;
use baton_core::brief::Brief;
use baton_core::gates::OwnGates;
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::{Actor, Approval, By, Cause, Job, NewJob};
use baton_core::plan::{Mode, Plan, Wave};
use baton_core::time::Timestamp;
use tokio::task::JoinHandle;

const T: TenantId = TenantId::DEFAULT;
const TOKEN: &str = "123456:TEST-TOKEN";

struct Town {
    engine: Engine,
    bot: Bot,
    clock: Arc<dyn Clock>,
    polling: JoinHandle<()>,
    _server: Server,
}

impl Drop for Town {
    fn drop(&mut self) {
        self.polling.abort();
    }
}

impl Town {
    async fn open(clock: Arc<dyn Clock>) -> Self {
        let server = Server::start_at("127.0.0.1:0".parse().unwrap(), Arc::clone(&clock)).await.unwrap();
        let bot = server.bot(TOKEN, "baton_bot");
        let settings = ClientSettings { base_url: server.url(), ..ClientSettings::new(TOKEN.to_owned().into()) };
        let client = Client::new(&settings).unwrap();
        let link = |offer: &_, _| format!("https://example.com/public/offers/{offer}");
        let wording = Arc::new(Wording::builtin(Arc::new(link)).unwrap());
        let telegram = Telegram::new(client.clone(), Arc::clone(&wording), unhurried(), Arc::clone(&clock));
        let engine = Engine::start(Setup {
            store: Arc::new(MemoryStore::new()),
            clock: Arc::clone(&clock),
            channels: vec![Arc::new(telegram) as Arc<dyn Channel>],
            tenants: Tenants::default(),
            limits: Limits::default(),
            approve_link: Box::new(|job, _| format!("https://example.com/public/approve/{}", job.id)),
            details_link: Box::new(|job, grant| format!("http://example.com/public/details/{}-{}", job.id, grant.no)),
        })
        .await
        .unwrap();
        let desk = TelegramDesk {
            client,
            bot: Some("baton_bot".to_owned()),
            link_base: "https://t.me".to_owned(),
            registration_ttl: Duration::from_hours(24),
            is_called: false,
            secret: None,
            moves: Arc::default(),
            wording,
        };
        let desk = Arc::new(desk);
        let polling = tokio::spawn({
            let (engine, clock) = (engine.clone(), Arc::clone(&clock));
            async move {
                let (_stop, stopping) = tokio::sync::watch::channel(false);
                let means = Means { telegram: Some(Arc::clone(&desk)), ..Means::default() };
                let inbox = Inbox::open(&engine, means, &clock, &stopping);
                desk.polls(&inbox, Patience::default(), &*clock).await;
            }
        });
        Self { engine, bot, clock, polling, _server: server }
    }

    /// People whose phones are chats 1, 2, 3, …
    async fn agents(&self, names: &[&str]) -> Vec<Chat> {
        let now = self.clock.now();
        let agents: Vec<_> = names.iter().zip(1..).map(|(name, no)| agent(name, no, Some(no.into()), now)).collect();
        self.store(agents).await;
        (1..).take(names.len()).map(|no| self.bot.chat(no)).collect()
    }

    async fn store(&self, agents: Vec<Agent>) {
        let change = Box::new(move |_: &_, _| AgentsDecided { upserts: agents, ..AgentsDecided::default() });
        self.engine.change_agents(T, change).await.unwrap();
    }

    async fn publishes(&self, reference: &str, from: &str, mode: Mode) -> JobId {
        let id = JobId::of_reference(T, reference);
        let plan = Plan { waves: vec![Wave::new(mode, Duration::from_mins(30))], ..Plan::default() };
        let brief = Brief { from: Some(from.to_owned()), to: Some("York".to_owned()), ..Brief::default() };
        let new = NewJob {
            id,
            external_ref: None,
            fingerprint: [7; 16],
            brief,
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
        let by = By { actor: Actor::Client("shop".into()), cause: Cause::Request };
        self.engine.create(new, None, by).await.unwrap();
        id
    }

    fn job(&self, id: JobId) -> Job {
        self.engine.job(id).unwrap().unwrap()
    }
}

/// The budget is proved elsewhere; here nobody waits for it.
fn unhurried() -> Budget {
    Budget { in_flight: 32, ..Budget::default() }
}

fn who(name: &str) -> AgentId {
    AgentId::of_reference(T, name)
}

fn agent(name: &str, priority: i32, telegram: Option<i64>, now: Timestamp) -> Agent {
    Agent { priority, telegram, ..Agent::named(who(name), name, now) }
}

fn says(text: &str) -> impl Fn(&[Message]) -> bool {
    move |messages| messages.iter().any(|message| message.from.is_none() && message.text.contains(text))
}

fn offers(count: usize) -> impl Fn(&[Message]) -> bool {
    move |messages| messages.iter().filter(|message| message.has_button("YES")).count() == count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_are_asked_and_the_first_yes_wins_on_both_phones() {
    let town = Town::open(Arc::new(SystemClock)).await;
    let [ana, bo] = &town.agents(&["ana", "bo"]).await[..] else { panic!("two") };
    let job = town.publishes("j1", "Leeds", Mode::Everybody).await;
    ana.wait_for(offers(1)).await.unwrap();
    let offer = bo.wait_for(offers(1)).await.unwrap().remove(0);
    assert!(offer.text.contains("Leeds to York"), "{}", offer.text);
    let pressed = bo.presses(offer.id, "YES").unwrap();
    bo.wait_for(says("is yours")).await.unwrap();
    ana.wait_for(|messages| says("somebody else has the job")(messages) && messages.len() == 1).await.unwrap();
    ana.wait_for(offers(0)).await.unwrap();
    town.bot.wait_for_calls(|_| town.bot.callback_answer(&pressed).is_some()).await.unwrap();
    assert_eq!(town.job(job).winner(), Some(who("bo")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_no_passes_the_job_on_and_a_yes_to_two_is_asked_back() {
    let town = Town::open(Arc::new(SystemClock)).await;
    let [ana, bo] = &town.agents(&["ana", "bo"]).await[..] else { panic!("two") };
    town.publishes("j1", "Leeds", Mode::OneByOne).await;
    ana.wait_for(offers(1)).await.unwrap();
    ana.types("No");
    bo.wait_for(offers(1)).await.unwrap();
    let second = town.publishes("j2", "Hull", Mode::Everybody).await;
    bo.wait_for(offers(2)).await.unwrap();
    bo.types("yes");
    let asked = bo.wait_for(says("Which one?")).await.unwrap().pop().unwrap();
    let line = asked.text.lines().find(|line| line.contains("Hull")).unwrap().to_owned();
    bo.types(line.split('.').next().unwrap());
    bo.wait_for(says("is yours")).await.unwrap();
    assert_eq!(town.job(second).winner(), Some(who("bo")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_that_must_wait_is_written_to_when_the_wait_is_over() {
    let clock = ManualClock::at(Timestamp(1_800_000_000_000));
    let town = Town::open(Arc::new(clock.clone())).await;
    let ana = town.agents(&["ana"]).await.remove(0);
    ana.next_call_meets(Fault::TooMany { retry_after: 3 });
    town.publishes("j1", "Leeds", Mode::Everybody).await;
    let sent = |calls: &[baton::simulator::telegram::Call]| {
        calls.iter().filter(|call| call.method == "sendMessage").map(|call| call.at).collect::<Vec<_>>()
    };
    town.bot.wait_for_calls(|calls| sent(calls).len() == 1).await.unwrap();
    // The clock is moved until the message is there: when the wait was noted is the engine's own affair.
    while !offers(1)(&ana.messages()) {
        clock.pass(Duration::from_millis(100));
        tokio::task::yield_now().await;
    }
    let [first, second] = sent(&town.bot.calls())[..] else { panic!("two calls") };
    assert!(second.since(first) >= Duration::from_secs(3), "{:?}", second.since(first));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_found_to_have_blocked_the_bot_is_tried_once_and_the_next_is_asked() {
    let town = Town::open(Arc::new(SystemClock)).await;
    let [ana, bo] = &town.agents(&["ana", "bo"]).await[..] else { panic!("two") };
    // Of this one Telegram has told nothing: the send finds it out.
    ana.next_call_meets(Fault::Blocked);
    town.publishes("j1", "Leeds", Mode::OneByOne).await;
    bo.wait_for(offers(1)).await.unwrap();
    let to_ana = town.bot.calls().into_iter().filter(|call| call.chat == Some(ana.id())).count();
    assert_eq!((to_ana, ana.messages()), (1, Vec::new()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_registers_once_and_for_one_person() {
    let town = Town::open(Arc::new(SystemClock)).await;
    let now = town.clock.now();
    town.store(vec![agent("ana", 1, None, now)]).await;
    let token = registration::new_token();
    let expires_at = now + Duration::from_hours(1);
    let registration = Registration { agent: who("ana"), expires_at, used_by: None };
    town.engine.new_registration(registration::token_hash(&token), registration).await.unwrap();
    let (ana, thief) = (town.bot.chat(1001), town.bot.chat(6666));
    ana.starts(&token);
    ana.wait_for(says("Welcome, ana")).await.unwrap();
    thief.starts(&token);
    thief.wait_for(says("used up, expired or not ours")).await.unwrap();
    ana.starts(&token);
    ana.wait_for(says("already registered")).await.unwrap();
    town.publishes("j1", "Leeds", Mode::Everybody).await;
    ana.wait_for(offers(1)).await.unwrap();
    assert!(offers(0)(&thief.messages()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_town_of_people_finds_somebody_for_its_jobs() {
    let town = Town::open(Arc::new(SystemClock)).await;
    let names: Vec<_> = (0..12).map(|no| format!("driver-{no}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let chats = town.agents(&names).await;
    let habits =
        Habits { blocked: 10, yes: 60, no: 40, typed: 0, thinking: Duration::from_millis(20), ..Habits::default() };
    let _people = People::move_in(&town.bot, chats.iter().map(Chat::id), habits, 7);
    let mut jobs = Vec::new();
    for no in 0..10 {
        jobs.push(town.publishes(&format!("j{no}"), "Leeds", Mode::OneByOne).await);
    }
    let all_claimed = |_: &[_]| jobs.iter().all(|job| town.job(*job).winner().is_some());
    town.bot.wait_for_calls(all_claimed).await.unwrap();
}
