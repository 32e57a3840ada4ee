//! What an operator can set, read once at the start: defaults, file, environment, flags; every mistake told at once.
//!
//! `config/default.toml` is compiled in and is the reference: a key that does not stand there does not exist.

pub mod api_keys;
pub mod backup;
pub mod canary;
pub mod channels;
pub mod console;
mod crew;
pub mod dashboard;
pub mod dispatch;
pub mod drop_in;
pub mod duration;
pub mod email;
pub mod endpoints;
pub mod engine;
pub mod events;
pub mod fault;
pub mod layers;
pub mod links;
pub mod logs;
mod masked;
pub mod meta;
pub mod metrics;
mod production;
pub mod rate;
mod reader;
pub mod resend;
pub mod retention;
pub mod retry;
pub mod sealing;
pub mod sendgrid;
pub mod server;
mod setting;
pub mod size;
pub mod smtp;
pub mod store;
pub mod telegram;
pub mod tenants;
pub mod timers;
pub mod twilio;
pub mod whatsapp;
pub mod wording;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use self::fault::{Fault, Faults};
use self::layers::{Layers, Sources};
use self::reader::Reader;

/// The variable that names the folder of falls to come.
const FALLS: &str = "BATON_DEV_FALLS";

/// Everything that is set.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether this is for trying out (`--dev`).
    pub dev: bool,
    /// The HTTP door.
    pub server: server::Server,
    /// The embedded store.
    pub store: store::Store,
    /// The actors and their bounds.
    pub engine: engine::Engine,
    /// Deadlines.
    pub timers: timers::Timers,
    /// Attempts to send.
    pub retry: retry::Retry,
    /// The ways to reach people.
    pub channels: channels::Channels,
    /// What messages say.
    pub wording: wording::Wording,
    /// The keys that private details are sealed with.
    pub sealing: sealing::Sealing,
    /// Links to people.
    pub links: links::Links,
    /// The API keys that hold from the start.
    pub api_keys: Vec<api_keys::ApiKey>,
    /// How tenants start; the first is `default`.
    pub tenants: Vec<tenants::Seed>,
    /// What the desk gets of a finished lead.
    pub dispatch: dispatch::Dispatch,
    /// The old routes that answer.
    pub drop_in: drop_in::DropIn,
    /// The event log.
    pub events: events::Events,
    /// Places outside that are told what happens.
    pub endpoints: endpoints::Endpoints,
    /// The dashboards of tenants.
    pub dashboard: dashboard::Dashboard,
    /// What is removed by age.
    pub retention: retention::Retention,
    /// Backups that are made by themselves.
    pub backup: backup::Backup,
    /// A job of our own, again and again.
    pub canary: canary::Canary,
    /// `/metrics`.
    pub metrics: metrics::Metrics,
    /// Logs.
    pub logs: logs::Logs,
    /// The folder of falls to come, with `--dev` alone (see [`crate::falls`]).
    pub falls: Option<PathBuf>,
    /// What `serve` should say at its start: with `--dev`, all that production would refuse.
    pub warnings: Vec<Fault>,
    layers: Layers,
}

impl Config {
    /// Reads every layer and checks the whole. An error holds every mistake, not the first.
    pub fn load(sources: &Sources) -> Result<Self, Faults> {
        let mut faults = Vec::new();
        let layers = Layers::gather(sources, &mut faults);
        expect_file(sources, &faults)?;
        let (mut config, _) = Self::read(layers, sources, &mut faults);
        let refusals = production::refusals(&config);
        if config.dev {
            config.warnings.extend(refusals);
        } else {
            config.warnings.extend(production::warnings(&config));
            // A secret that cannot be read is missing as well: the first reason says enough.
            let known: BTreeSet<String> = faults.iter().map(|fault| fault.key.clone()).collect();
            faults.extend(refusals.into_iter().filter(|refusal| !known.contains(&refusal.key)));
        }
        if faults.is_empty() {
            return Ok(config);
        }
        faults.sort_by(|a, b| (&a.key, &a.what).cmp(&(&b.key, &b.what)));
        Err(Faults(faults))
    }

    /// What [`show_masked`](Self::show_masked) shows, whatever is missing or wrong, as long as the file can be read.
    pub fn show_sources(sources: &Sources) -> Result<String, Faults> {
        let mut faults = Vec::new();
        let layers = Layers::gather(sources, &mut faults);
        expect_file(sources, &faults)?;
        Ok(masked::show(&layers))
    }

    /// The settings that hold, as TOML, with secrets masked and the origin of what is not built in.
    pub fn show_masked(&self) -> String {
        masked::show(&self.layers)
    }

    fn read(layers: Layers, sources: &Sources, faults: &mut Vec<Fault>) -> (Self, BTreeSet<String>) {
        let dev = sources.flags.dev;
        let given = layers.clone();
        let mut warnings = Vec::new();
        let mut reader = Reader::new(&given, faults);
        let timers = timers::Timers::read(&mut reader.section("timers"));
        let links = links::Links::read(&mut reader.section("links"));
        let config = Self {
            dev,
            server: server::Server::read(&mut reader, dev),
            store: store::Store::read(&mut reader.section("store")),
            engine: engine::Engine::read(&mut reader.section("engine")),
            retry: retry::Retry::read(&mut reader.section("retry")),
            channels: channels::Channels::read(&mut reader, dev),
            wording: wording::Wording::read(&mut reader.section("wording")),
            sealing: sealing::Sealing::read(&mut reader),
            api_keys: api_keys::read(&mut reader, sources, &mut warnings),
            tenants: tenants::read(&mut reader, timers.outage_grace, links.approval_ttl),
            dispatch: dispatch::Dispatch::read(&mut reader.section("dispatch")),
            drop_in: drop_in::DropIn::read(&mut reader.section("drop_in")),
            events: events::Events::read(&mut reader.section("events")),
            endpoints: endpoints::Endpoints::read(&mut reader.section("endpoints")),
            dashboard: dashboard::Dashboard::read(&mut reader.section("dashboard")),
            retention: retention::Retention::read(&mut reader.section("retention")),
            backup: backup::Backup::read(&mut reader.section("backup")),
            canary: canary::Canary::read(&mut reader.section("canary")),
            metrics: metrics::Metrics::read(&mut reader.section("metrics")),
            logs: logs::Logs::read(&mut reader.section("logs")),
            falls: falls(sources, &mut warnings),
            timers,
            links,
            warnings,
            layers,
        };
        (config, reader.asked())
    }
}

/// Without `--dev` nothing is ever made to fall, whatever the environment says.
fn falls(sources: &Sources, warnings: &mut Vec<Fault>) -> Option<PathBuf> {
    let folder = sources.environment.get(FALLS).filter(|folder| !folder.is_empty())?;
    if sources.flags.dev {
        return Some(PathBuf::from(folder));
    }
    warnings.push(Fault {
        key: FALLS.to_owned(),
        origin: Some("environment".to_owned()),
        what: "it does nothing without --dev".to_owned(),
        cure: "remove it".to_owned(),
    });
    None
}

/// The address the server listens on and its base path, whatever else is wrong: for whoever only wants to reach it.
pub fn listen_address(sources: &Sources) -> Result<(SocketAddr, String), Faults> {
    let mut faults = Vec::new();
    let layers = Layers::gather(sources, &mut Vec::new());
    let mut reader = Reader::new(&layers, &mut faults);
    let mut section = reader.section("server");
    let found = (section.get("listen"), server::base_path(&mut section));
    if faults.is_empty() { Ok(found) } else { Err(Faults(faults)) }
}

/// The store's folder, whatever else is wrong or missing: for whoever needs nothing but the store, and no secret.
pub fn store_path(sources: &Sources) -> Result<PathBuf, Faults> {
    let mut faults = Vec::new();
    let layers = Layers::gather(sources, &mut faults);
    expect_file(sources, &faults)?;
    let mut faults = Vec::new();
    let store = store::Store::read(&mut Reader::new(&layers, &mut faults).section("store"));
    if faults.is_empty() { Ok(store.path) } else { Err(Faults(faults)) }
}

/// Of a file that cannot be read only that is told: nothing is known of what it sets, so all of it would seem to be missing.
fn expect_file(sources: &Sources, faults: &[Fault]) -> Result<(), Faults> {
    let Some(file) = sources.file.as_ref().map(|path| path.display().to_string()) else { return Ok(()) };
    let of_file: Vec<Fault> = faults.iter().filter(|fault| fault.key == file).cloned().collect();
    if of_file.is_empty() { Ok(()) } else { Err(Faults(of_file)) }
}

#[cfg(test)]
mod tests;
