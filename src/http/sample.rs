//! A small world for tests of views and pages: two agents, and one job that is asked for in turn.

use std::sync::Arc;

use baton_actors::clock::{Clock, SystemClock};
use baton_actors::engine::{Engine, Setup};
use baton_actors::house::Limits;
use baton_actors::store::memory::MemoryStore;
use baton_core::agent::Agent;
use baton_core::brief::Brief;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::{Actor, Approval, Ask, By, Cause, Command, Job, NewJob, Turn};
use baton_core::plan::Plan;
use baton_core::roster::Roster;
use baton_core::tenant::Settings as TenantSettings;
use baton_core::time::Timestamp;
use baton_core::world::{Idle, World};
use secrecy::SecretString;

use crate::channels::console::Console;
use crate::http::door::{Behind, Door};
use crate::http::idempotency::Fingerprints;
use crate::http::settings::Settings;
use crate::http::shapes::agent::SyncShape;
use crate::keys::{ApiKeyRecord, Keys};
use crate::links::Links;
use crate::sealing::Keyring;
use crate::wording::Wording;

/// The morning of all tests.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

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
    let secret = SecretString::from("s".repeat(32));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let setup = Setup {
        store: Arc::new(MemoryStore::new()),
        clock: Arc::clone(&clock),
        channels: vec![Arc::new(Console::quiet(Arc::new(Wording::builtin(Arc::new(|_, _| String::new())).unwrap())))],
        limits: Limits::default(),
        approve_link: Box::new(|job| format!("http://127.0.0.1:8080/public/approve/{}", job.id)),
    };
    Door::from(Behind {
        settings: Arc::new(settings),
        keys: Arc::new(Keys::new(keys)),
        clock,
        engine: Engine::start(setup).await.unwrap(),
        links: Arc::new(Links::new(&secret, &[])),
        fingerprints: Fingerprints::new(b"secret"),
        keyring: Arc::new(Keyring::for_dev(None).unwrap()),
        telegram: None,
        exposition: None,
    })
}

/// The agent of a reference.
pub fn agent(reference: &str) -> AgentId {
    AgentId::of_reference(TenantId::DEFAULT, reference)
}

/// A job that waits for approval, after these commands.
pub fn job_after(external_ref: &str, commands: impl IntoIterator<Item = Command>) -> Job {
    let (roster, settings) = (roster(), TenantSettings::default());
    let world =
        World { roster: &roster, load: &Idle, settings: &settings, channels: &[ChannelKind::Console], outages: &[] };
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
    };
    let by = By { actor: Actor::Client("shop".into()), cause: Cause::Request };
    let mut turn = Turn::create(new, by.clone(), world, NOW);
    for command in commands {
        turn.decide(Ask { command, by: by.clone(), key: None, expects: None }).unwrap();
    }
    turn.finish().map_or_else(|| unreachable!("a new job is a step"), |step| step.job)
}
