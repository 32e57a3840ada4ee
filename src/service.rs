//! Baton as a part of a program: everything that `baton serve` runs, as a router to mount wherever that program likes.
//!
//! ```no_run
//! use axum::Router;
//! use baton::Service;
//! use baton::config::Config;
//! use baton::config::layers::{Flags, Sources};
//!
//! # async fn stopped() {}
//! # async fn program() -> Result<(), Box<dyn std::error::Error>> {
//! // What `baton serve` reads: baton.toml and the variables BATON__…; here it says server.base_path = "/dispatch".
//! let config = Config::load(&Sources::of_process(Some("baton.toml".into()), Flags::default()))?;
//! let service = Service::open(config).await?;
//! let app = Router::new().nest(service.base_path(), service.router());
//! let app = app.into_make_service_with_connect_info::<std::net::SocketAddr>();
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! let stop = {
//!     let service = service.clone();
//!     async move {
//!         stopped().await;
//!         service.leave();
//!     }
//! };
//! axum::serve(listener, app).with_graceful_shutdown(stop).await?;
//! service.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! `examples/embedded.rs` is a whole program; docs/EMBEDDING.md says what is the program's and what Baton's.

mod beginning;
mod channels;
mod links;
mod stored;
mod tending;

use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::Router;
use baton_actors::boot::BootError;
use baton_actors::channel::Channel;
use baton_actors::clock::{Clock, SystemClock};
use baton_actors::engine::{Engine, Setup};
use baton_actors::house::Role;
use baton_actors::sinks::{Carrying, Dashboards};
use baton_actors::store::keys::Key;
use baton_actors::store::{Store, StoreError};
use baton_actors::tenants::Tenants;
use parking_lot::Mutex;
use secrecy::ExposeSecret;
use tokio::sync::watch;
use tokio_cron_scheduler::JobSchedulerError;

use crate::canary::Canary;
use crate::channels::call::CallerError;
use crate::channels::email::smtp::EmailError;
use crate::channels::telegram::{ClientError, Patience};
use crate::channels::whatsapp::Windows;
use crate::config::Config;
use crate::config::telegram::Mode;
use crate::falls;
use crate::housekeeping::{self, Schedule};
use crate::http::door::{Behind, Door};
use crate::http::events::places::Places;
use crate::http::idempotency::Fingerprints;
use crate::http::public::webhooks::bodies::Bodies;
use crate::http::public::webhooks::hooks::Hooks;
use crate::http::settings::Settings as DoorSettings;
use crate::keys::WeakKey;
use crate::links::Links;
use crate::sealing::{Keyring, SealingError};
use crate::sinks::guard::Guard;
use crate::sinks::{Poster, Posters};
use crate::store::SledStore;
use crate::telemetry::metrics::{Exposition, MetricsError};
use crate::webhooks::Means;
use crate::webhooks::accounts::Accounts;
use crate::webhooks::inbox::Inbox;
use crate::wording::WordingError;

pub use self::stored::opened_keyring;

/// How long the engine may take to finish what is in flight.
const STOP_WITHIN: Duration = Duration::from_secs(9);

/// How long whatever was in hand may take to be let go of.
const FREE_WITHIN: Duration = Duration::from_secs(1);

/// How often it is looked whether the store has failed.
const LOOK: Duration = Duration::from_millis(100);

/// Why a service did not open, or fell.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// Where.
        address: std::net::SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The engine.
    #[error("{}", with_cause(.0))]
    Engine(#[from] BootError),
    /// The sealing keys.
    #[error(transparent)]
    Sealing(#[from] SealingError),
    /// Templates.
    #[error("the templates have mistakes:\n{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Wording(Vec<WordingError>),
    /// The Telegram client.
    #[error(transparent)]
    Telegram(#[from] ClientError),
    /// The mail client.
    #[error(transparent)]
    Email(#[from] EmailError),
    /// The way to a provider.
    #[error(transparent)]
    Caller(#[from] CallerError),
    /// A configured key.
    #[error(transparent)]
    Key(#[from] WeakKey),
    /// Metrics.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// House-keeping.
    #[error(transparent)]
    Schedule(#[from] JobSchedulerError),
    /// The store failed while running: nothing that was acknowledged is lost, the restart is the recovery.
    #[error("the store failed; nothing acknowledged is lost, restart to recover")]
    StoreFell,
}

fn with_cause(error: &BootError) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

impl ServeError {
    /// Whether the disk is at fault.
    pub fn is_store(&self) -> bool {
        matches!(self, Self::Store(_) | Self::StoreFell | Self::Engine(BootError::Store(_)))
    }
}

/// A running Baton without a listener; cheap to clone, each the same one.
///
/// Until [`close`](Self::close) it holds the store's folder, which no other process can open meanwhile. When the last one is
/// dropped without it, nothing that was acknowledged is lost; the next start then finds what a crash leaves.
#[derive(Clone)]
pub struct Service(Arc<Open>);

struct Open {
    door: Door,
    base_path: String,
    background: watch::Sender<bool>,
    leaving: watch::Sender<bool>,
    schedule: Mutex<Option<Schedule>>,
    /// Whether the folder is still in use.
    store: Weak<SledStore>,
}

impl Service {
    /// Opens the store and starts everything but a listener. Logs go to whatever `tracing` subscriber the program has
    /// installed, metrics to its recorder, or to one that `GET /metrics` shows where it has none.
    pub async fn open(config: Config) -> Result<Self, ServeError> {
        Self::open_with(config, Arc::new(SystemClock), Vec::new()).await
    }

    /// The same with another clock, and with channels besides the configured ones.
    pub async fn open_with(
        config: Config,
        clock: Arc<dyn Clock>,
        more: Vec<Arc<dyn Channel>>,
    ) -> Result<Self, ServeError> {
        let exposition = Exposition::of_process()?;
        let public_url = config.server.link_base(config.server.listen);
        let settings = DoorSettings { public_url: public_url.clone(), ..DoorSettings::from(&config) };
        let settings = Arc::new(settings);
        let sled = stored::open_store(&config).await?;
        let store: Arc<dyn Store> = Arc::clone(&sled) as Arc<dyn Store>;
        let keyring = Arc::new(opened_keyring(&config, &sled)?);
        let secret = links::link_secret(&config);
        let links = Arc::new(Links::new(&secret, &[]));
        let tenants = Tenants::default();
        let wording = links::wording(&config, &links, &public_url, Arc::clone(&clock))?
            .with_preferences(links::preferences_link(&links, &public_url))
            .with_tenants(tenants.clone())
            .with_keyring(Arc::clone(&keyring));
        let wording = Arc::new(wording);
        let role = config.server.role;
        match role {
            Role::All => {}
            Role::Intake => tracing::warn!("nothing is sent and no deadline rings: server.role is \"intake\""),
            Role::Workers => tracing::warn!("no new work is taken in: server.role is \"workers\""),
        }
        let telegram = channels::telegram(&config, &wording).await?;
        let windows = Arc::new(Windows::default());
        let mut channels = channels::channels(&config, &wording, &links, telegram.as_deref(), &windows, &clock)?;
        channels.extend(more);
        let engine = Engine::start(Setup {
            store: Arc::clone(&store),
            clock: Arc::clone(&clock),
            channels,
            tenants,
            limits: beginning::limits(&config),
            approve_link: links::approve_link(&links, &public_url),
            details_link: links::details_link(&links, &public_url),
        })
        .await?;
        let prints = Arc::clone(&keyring);
        // Set once: this is the only place.
        let _ = engine
            .house()
            .address_print
            .set(Box::new(move |tenant, kind, address| prints.print(tenant, kind, address)));
        for (key, reason) in engine.broken() {
            let key = Key::parse(key);
            let (space, job) = (key.as_ref().map(Key::space), key.as_ref().and_then(Key::job));
            let job = job.map(tracing::field::display);
            tracing::error!(?space, job.id = job, reason, "a record cannot be read; it is kept, and the rest runs on");
        }
        if let Some(folder) = &config.falls {
            tracing::warn!(folder = %folder.display(), "actors fall when a file in this folder says so");
            // Set once: this is the only place.
            let _ = engine.house().falls.set(falls::from(folder.clone()));
        }
        engine.tenants().begin_with(beginning::unset_settings(&config));
        if engine.is_restored() {
            tracing::warn!(
                "this is a restored copy in quarantine: it can be looked at, takes nothing in and sends nothing, and no deadline rings; \
                 stop the server and run `baton release-quarantine` to let it work"
            );
        } else {
            beginning::seed_tenants(&engine, &config).await;
        }
        let poster = carry_events(&engine, &config, &keyring, &clock, &public_url)?;
        let keys = Arc::new(stored::keys(&config, &*store)?);
        let (background, stopping) = watch::channel(false);
        let means = Means {
            windows,
            forms: channels::forms(&config, &wording),
            telegram: telegram.clone(),
            links: Some(Arc::clone(&links)),
            register_url: Some(config.links.register_url.clone()).filter(|url| !url.is_empty()),
            // Mails that must be fetched wait for a process that works.
            received: if engine.rests() { None } else { channels::received(&config)? },
        };
        let hooks = Hooks {
            accounts: Accounts::of(&config),
            inbox: Inbox::open(&engine, means, &clock, &stopping),
            public_url: public_url.clone(),
            bodies: Bodies::default(),
        };
        if let Some(desk) = &telegram {
            tokio::spawn(tending::follow_moves(hooks.inbox.clone(), Arc::clone(desk), stopping.clone()));
        }
        if let (Some(desk), Some(set)) = (&telegram, &config.channels.telegram)
            && set.mode == Mode::Polling
            // What a copy took from Telegram, the original would never see; and who only takes in calls nobody.
            && !engine.rests()
        {
            let patience = Patience { wait: set.poll_timeout, ..Patience::default() };
            tokio::spawn(tending::poll_updates(
                hooks.inbox.clone(),
                Arc::clone(desk),
                patience,
                Arc::clone(&clock),
                stopping.clone(),
            ));
        }
        let mut schedule = housekeeping::start(&config, &engine, &sled, exposition.as_ref(), &clock, &keyring).await?;
        tokio::spawn(tending::watch_disk(
            engine.clone(),
            config.store.path.clone(),
            config.store.min_free,
            clock.clone(),
            stopping,
        ));
        let (leaving, left) = watch::channel(false);
        let door = Door::from(Behind {
            settings,
            keys,
            clock,
            engine,
            links,
            wording,
            fingerprints: Fingerprints::new(secret.expose_secret().as_bytes()),
            keyring,
            telegram,
            hooks: Some(Arc::new(hooks)),
            poster,
            listeners: Places::of(config.events.listeners_max),
            leaving: left,
            exposition,
        });
        if config.canary.enabled && role == Role::All && !door.engine.is_restored() {
            let cron = config.canary.cron.clone();
            schedule.has_fly(Canary::new(config.canary, &door)?, &cron).await?;
        }
        let base_path = config.server.base_path;
        Ok(Self(Arc::new(Open {
            door,
            base_path,
            background,
            leaving,
            schedule: Mutex::new(Some(schedule)),
            store: Arc::downgrade(&sled),
        })))
    }

    /// Every route, without the base path: to be nested under [`base_path`](Self::base_path), where links lead. The program's
    /// listener gives the caller's address along as `ConnectInfo<SocketAddr>`; without it, rate limits count all strangers as one.
    pub fn router(&self) -> Router {
        self.0.door.clone().router()
    }

    /// Where the routes are to be found, such as `/dispatch` (`server.base_path`); empty: at the root.
    pub fn base_path(&self) -> &str {
        &self.0.base_path
    }

    /// What links to people begin with.
    pub fn public_url(&self) -> &str {
        &self.0.door.settings.public_url
    }

    /// What the endpoints reach.
    pub fn door(&self) -> &Door {
        &self.0.door
    }

    /// Whether the store has failed; then the service is to be closed, and opening it again is the recovery.
    pub fn has_failed(&self) -> bool {
        self.0.door.engine.has_failed()
    }

    /// Ends when the store has failed.
    pub async fn failed(&self) {
        let clock = SystemClock;
        while !self.has_failed() {
            clock.sleep_until(clock.now() + LOOK).await;
        }
    }

    /// Answers those who wait for events, who would hold their connections to the end: for when the program's listener is
    /// told to stop.
    pub fn leave(&self) {
        self.0.leaving.send_replace(true);
    }

    /// Stops in order: nothing more is taken in, what is under way is finished, the disk has all of it. To be called when the
    /// listener has stopped; later requests are refused.
    pub async fn close(self) -> Result<(), ServeError> {
        self.leave();
        self.0.background.send_replace(true);
        let schedule = self.0.schedule.lock().take();
        if let Some(schedule) = schedule {
            schedule.end().await;
        }
        let in_time = self.0.door.engine.stop(STOP_WITHIN).await;
        if self.has_failed() {
            return Err(ServeError::StoreFell);
        }
        let store = Weak::clone(&self.0.store);
        drop(self);
        let freed = is_free(&store).await;
        tracing::info!(in_time, freed, "stopped");
        Ok(())
    }
}

/// Waits until nobody has the store in hand any more, so that its folder can be opened again, in this process too. False: somebody
/// keeps it, such as a program its router.
async fn is_free(store: &Weak<SledStore>) -> bool {
    let clock = SystemClock;
    let until = clock.now() + FREE_WITHIN;
    while store.strong_count() > 0 {
        if clock.now() > until {
            return false;
        }
        clock.sleep_until(clock.now() + LOOK / 20).await;
    }
    true
}

/// From now on endpoints are told what happens.
fn carry_events(
    engine: &Engine,
    config: &Config,
    keyring: &Arc<Keyring>,
    clock: &Arc<dyn Clock>,
    public_url: &str,
) -> Result<Arc<Poster>, ServeError> {
    let set = &config.endpoints;
    let (keyring, clock) = (Arc::clone(keyring), Arc::clone(clock));
    let (guard, public_url, soon) =
        (Guard::new(&set.allowed_networks), public_url.to_owned(), config.dashboard.timeout);
    let poster = Poster::new(guard, set.timeout, keyring, clock, public_url, soon);
    let poster = Arc::new(poster.map_err(CallerError::Http)?);
    let (rests, jitter, in_flight) = (set.retries.clone(), set.jitter, set.in_flight);
    let carrier = Arc::new(Posters(Arc::clone(&poster)));
    let dashboard = &config.dashboard;
    let dashboards =
        Dashboards { rests: dashboard.retries.clone(), window: dashboard.debounce, most: dashboard.backlog };
    let begun = engine.carry(Carrying { carrier, rests, jitter, in_flight, dashboards });
    begun.map_err(|error| ServeError::Store(StoreError::Failed(error.to_string())))?;
    Ok(poster)
}
