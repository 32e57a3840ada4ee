//! A small world for tests of views and pages: two agents, and one job that is asked for in turn.

use std::sync::Arc;

use baton_actors::clock::{Clock, SystemClock};
use baton_actors::engine::{Engine, Setup};
use baton_actors::house::Limits;
use baton_actors::records::Told;
use baton_actors::sinks::{Carrying, Dashboards};
use baton_actors::store::codec;
use baton_actors::store::keys::Key;
use baton_actors::store::memory::MemoryStore;
use baton_actors::tenants::Tenants;
use baton_core::agent::Agent;
use baton_core::brief::Brief;
use baton_core::delivery::ChannelKind;
use baton_core::fit::Boundless;
use baton_core::gates::OwnGates;
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::{Actor, Approval, Ask, By, Cause, Command, Job, NewJob, Turn};
use baton_core::plan::Plan;
use baton_core::roster::Roster;
use baton_core::tenant::Settings as TenantSettings;
use baton_core::time::Timestamp;
use baton_core::world::{Idle, World};
use secrecy::SecretString;

use crate::channels::console::Console;
use crate::channels::telegram::{Client, ClientSettings};
use crate::http::door::{Behind, Door};
use crate::http::events::places::Places;
use crate::http::idempotency::Fingerprints;
use crate::http::public::webhooks::bodies::Bodies;
use crate::http::public::webhooks::hooks::Hooks;
use crate::http::settings::Settings;
use crate::http::shapes::agent::SyncShape;
use crate::keys::{ApiKeyRecord, Keys, Scope};
use crate::links::{Links, Purpose};
use crate::sealing::Keyring;
use crate::sinks::guard::Guard;
use crate::sinks::{Poster, Posters};
use crate::telegram_desk::TelegramDesk;
use crate::webhooks::Means;
use crate::webhooks::accounts::{Accounts, Meta, Twilio};
use crate::webhooks::inbox::Inbox;
use crate::webhooks::verify::standard;
use crate::wording::{Wording, Words};

/// The morning of all tests.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// What Telegram's calls must carry.
pub const HOOK: &str = "hook-secret";

/// Ana and Bo.
pub fn roster() -> Roster {
    let body = br#"{"agents":[{"ref":"ana","name":"Ana","phone":"+447700900001","priority":1},
                             {"ref":"bo","name":"Bo","phone":"+447700900002","priority":2}]}"#;
    let shape: SyncShape = crate::http::json::parse(body).unwrap();
    let agents = shape.into_core(TenantId::DEFAULT, NOW).unwrap_or_else(|_| unreachable!("the sample is valid"));
    Roster::of(agents.into_iter().map(|(id, change)| -> Agent { change.onto(None, id, NOW) }))
}

/// A door with these keys, before an engine on a store in memory.
pub async fn door(settings: Settings, keys: impl IntoIterator<Item = ApiKeyRecord>) -> Door {
    door_before(Arc::default(), settings, keys).await
}

async fn door_before(
    store: Arc<MemoryStore>,
    settings: Settings,
    keys: impl IntoIterator<Item = ApiKeyRecord>,
) -> Door {
    let (tenants, keyring) = (Tenants::default(), Arc::new(Keyring::for_dev(None).unwrap()));
    let wording = Wording::builtin(Arc::new(|_, _| String::new())).unwrap();
    let secret = SecretString::from("s".repeat(32));
    let links = Arc::new(Links::new(&secret, &[]));
    let preferences = {
        let links = Arc::clone(&links);
        Arc::new(move |agent| format!("https://baton.example.com/public/preferences/{}", links.preferences(agent)))
    };
    let wording = wording.with_tenants(tenants.clone()).with_keyring(Arc::clone(&keyring));
    let wording = Arc::new(wording.with_preferences(preferences));
    // Nobody listens there: no test of the doors waits for Telegram itself.
    let bot =
        ClientSettings { base_url: "http://127.0.0.1:9".into(), ..ClientSettings::new("123456:TEST-TOKEN".into()) };
    let telegram = TelegramDesk {
        client: Client::new(&bot).unwrap(),
        bot: Some("baton_bot".into()),
        link_base: "https://t.me".into(),
        registration_ttl: std::time::Duration::from_hours(48),
        is_called: true,
        secret: Some(HOOK.into()),
        moves: Arc::default(),
        wording: Arc::clone(&wording),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let setup = Setup {
        store,
        clock: Arc::clone(&clock),
        channels: vec![Arc::new(Console::quiet(Arc::clone(&wording)))],
        tenants,
        limits: Limits::default(),
        approve_link: Box::new(|job, _| format!("http://127.0.0.1:8080/public/approve/{}", job.id)),
        details_link: {
            let links = Links::new(&secret, &[]);
            Box::new(move |job, grant| {
                let token = links.token(Purpose::Details(job.id, grant.no), grant.until);
                format!("http://127.0.0.1:8080/public/details/{token}")
            })
        },
    };
    let engine = Engine::start(setup).await.unwrap();
    let telegram = Arc::new(telegram);
    // It is acted upon as long as the test's runtime is there.
    let (stop, stopping) = tokio::sync::watch::channel(false);
    std::mem::forget(stop);
    let means = Means { telegram: Some(Arc::clone(&telegram)), ..Means::default() };
    let inbox = Inbox::open(&engine, means, &clock, &stopping);
    // What a test puts into the store later is not what a process before it has left.
    while !inbox.has_taken_up() {
        clock.sleep_until(clock.now() + std::time::Duration::from_millis(1)).await;
    }
    let accounts = Accounts {
        meta: Some(Meta { app_secret: HOOK.into(), verify_token: None, phone_number_id: "106540352242922".to_owned() }),
        twilio: Some(Twilio { auth_token: HOOK.into(), shared_key: None }),
        resend: standard::Key::read("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"),
        ..Accounts::default()
    };
    let public_url = "https://baton.example.com".to_owned();
    let guard = Guard::new(&["127.0.0.2/32".parse().unwrap()]);
    let timeout = std::time::Duration::from_secs(5);
    let poster =
        Poster::new(guard, timeout, Arc::clone(&keyring), Arc::clone(&clock), public_url.clone(), timeout).unwrap();
    let poster = Arc::new(poster);
    let rests = vec![std::time::Duration::from_secs(5)];
    let dashboards = Dashboards { rests: rests.clone(), window: std::time::Duration::from_secs(300), most: 100 };
    let carrier = Arc::new(Posters(Arc::clone(&poster)));
    engine.carry(Carrying { carrier, rests, jitter: 0.0, in_flight: 4, dashboards }).unwrap();
    let hooks = Hooks { accounts, inbox, public_url, bodies: Bodies::default() };
    Door::from(Behind {
        settings: Arc::new(settings),
        keys: Arc::new(Keys::new(keys)),
        clock,
        engine,
        links,
        wording,
        fingerprints: Fingerprints::new(b"secret"),
        keyring,
        telegram: Some(telegram),
        hooks: Some(Arc::new(hooks)),
        poster,
        listeners: Places::of(4),
        leaving: tokio::sync::watch::channel(false).1,
        exposition: None,
    })
}

/// The built-in wording.
pub fn wording() -> Arc<Wording> {
    Arc::new(Wording::builtin(Arc::new(|_, _| String::new())).unwrap())
}

/// What pages say in a language.
pub fn words(locale: &str) -> Words {
    Words::of(&wording(), locale)
}

/// The agent of a reference.
pub fn agent(reference: &str) -> AgentId {
    AgentId::of_reference(TenantId::DEFAULT, reference)
}

/// A job that waits for approval, after these commands.
pub fn job_after(external_ref: &str, commands: impl IntoIterator<Item = Command>) -> Job {
    let (roster, settings) = (roster(), TenantSettings::default());
    let world = World {
        roster: &roster,
        load: &Idle,
        settings: &settings,
        channels: &[ChannelKind::Console],
        outages: &[],
        budgets: &Boundless,
    };
    let new = NewJob {
        id: JobId::of_reference(TenantId::DEFAULT, external_ref),
        external_ref: Some(external_ref.to_owned()),
        fingerprint: [7; 16],
        brief: Brief { from: Some("Leeds".into()), ..Brief::default() },
        has_details: true,
        approval: Approval::Link,
        plan: Plan::default(),
        plan_name: None,
        start_at: None,
        occupies: None,
        gates: OwnGates::default(),
        publish: None,
        lead: None,
        assignment: None,
    };
    let by = By { actor: Actor::Client("shop".into()), cause: Cause::Request };
    let mut turn = Turn::create(new, by.clone(), world, NOW);
    for command in commands {
        turn.decide(Ask { command, by: by.clone(), key: None, expects: None }).unwrap();
    }
    turn.finish().map_or_else(|| unreachable!("a new job is a step"), |step| step.job)
}

/// The key of the sample house that may do everything.
pub const ADMIN: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// The same of another tenant.
pub const OTHER: &str = "oooooooooooooooooooooooooooooooooooo";

/// A house with its doors open: requests go in as they would over the wire.
pub struct House {
    /// Behind the door.
    pub door: Door,
    /// The disk, which can be made to fail.
    pub disk: Arc<MemoryStore>,
    router: axum::Router,
}

/// What came out.
pub struct Answered {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: axum::http::HeaderMap,
    /// The body as text.
    pub text: String,
    /// The body as JSON, where it is.
    pub json: serde_json::Value,
}

impl House {
    /// Two tenants, nobody and nothing in them.
    pub async fn open() -> Self {
        Self::with(Settings::default()).await
    }

    /// The same with settings of its own.
    pub async fn with(settings: Settings) -> Self {
        let admin =
            |key: &str, tenant| ApiKeyRecord::of(&key.into(), tenant, "desk", vec![Scope::Admin], None).unwrap();
        let other = TenantId::new("other").unwrap();
        let (disk, keys) = (Arc::new(MemoryStore::new()), [admin(ADMIN, TenantId::DEFAULT), admin(OTHER, other)]);
        let door = door_before(Arc::clone(&disk), settings, keys).await;
        Self { router: door.clone().router(), door, disk }
    }

    /// The same with Ana and Bo.
    pub async fn with_people() -> Self {
        let house = Self::open().await;
        let body = r#"{"agents":[{"ref":"ana","name":"Ana","phone":"+447700900001","priority":1},
                                 {"ref":"bo","name":"Bo","phone":"+447700900002","priority":2}]}"#;
        assert_eq!(house.ask("POST /api/v1/agents/sync", body).await.status, 200);
        house
    }

    /// Asks with the key that may do everything.
    pub async fn ask(&self, line: &str, body: &str) -> Answered {
        self.send(line, &[("x-api-key", ADMIN), ("content-type", "application/json")], body).await
    }

    /// Waits until what a provider told has been acted upon; not at all where it was not kept.
    pub async fn has_acted(&self, account: &str, id: &str) {
        let key = Key::Inbox { tenant: TenantId::DEFAULT, account: account.to_owned(), id: id.to_owned() }.bytes();
        for _ in 0..4_000 {
            let Some(record) = self.door.engine.house().store.get(&key).unwrap() else { return };
            if matches!(codec::open::<Told>(&record).unwrap().1, Told::News { done: true, .. }) {
                return;
            }
            SystemClock.sleep_until(SystemClock.now() + std::time::Duration::from_millis(5)).await;
        }
        unreachable!("what was told was never acted upon");
    }

    /// Asks with these headers.
    pub async fn send(&self, line: &str, headers: &[(&str, &str)], body: &str) -> Answered {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = axum::http::Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(axum::body::Body::from(body.to_owned())).unwrap();
        let response = tower::ServiceExt::oneshot(self.router.clone(), request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&body).into_owned();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Answered { status: parts.status.as_u16(), headers: parts.headers, text, json }
    }
}

impl Answered {
    /// The status, and the code of the problem, or nothing.
    pub fn problem(&self) -> (u16, &str) {
        (self.status, self.json["code"].as_str().unwrap_or_default())
    }
}
