//! From a configuration to a running server, and to its orderly end.

use std::collections::BTreeMap;
use std::future::Future;
use std::net::SocketAddr;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use baton_actors::boot::BootError;
use baton_actors::channel::Channel;
use baton_actors::clock::{Clock, SystemClock};
use baton_actors::engine::{Engine, Setup};
use baton_actors::house::{ApproveLink, DetailsLink, Limits, Retry};
use baton_actors::sinks::{Carrying, Dashboards};
use baton_actors::store::keys::{Key, Prefix, Space};
use baton_actors::store::{Store, StoreError, codec};
use baton_actors::tenants::Tenants;
use baton_core::ids::{OfferId, TenantId};
use baton_core::tenant::{Desk, Settings};
use baton_core::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Semaphore, watch};
use tokio_cron_scheduler::{JobScheduler, JobSchedulerError};

use crate::channels::call::CallerError;
use crate::channels::console::Console;
use crate::channels::email::ReplyTo;
use crate::channels::email::Unsubscribe;
use crate::channels::email::resend::Resend;
use crate::channels::email::resend::received::Received;
use crate::channels::email::sendgrid::SendGrid;
use crate::channels::email::smtp::{Email, EmailError};
use crate::channels::sms::Sms;
use crate::channels::telegram::{Client, ClientError, ClientSettings, Patience, Telegram};
use crate::channels::twilio::Account;
use crate::channels::whatsapp::Windows;
use crate::channels::whatsapp::meta::Meta;
use crate::channels::whatsapp::twilio::TwilioWhatsapp;
use crate::config::email::Route;
use crate::config::telegram::Mode;
use crate::config::whatsapp::Whatsapp;
use crate::config::{self, Config};
use crate::falls;
use crate::housekeeping;
use crate::http::door::{Behind, Door};
use crate::http::idempotency::Fingerprints;
use crate::http::public::webhooks;
use crate::http::public::webhooks::bodies::Bodies;
use crate::http::public::webhooks::hooks::Hooks;
use crate::http::server::{Ended, Server};
use crate::http::settings::Settings as DoorSettings;
use crate::keys::{ApiKeyRecord, Keys, WeakKey};
use crate::links::{Links, Purpose};
use crate::sealing::rotate::{self, RotateError};
use crate::sealing::salts::Salts;
use crate::sealing::{Keyring, SealingError};
use crate::sinks::guard::Guard;
use crate::sinks::{Poster, Posters};
use crate::store::{SledOptions, SledStore};
use crate::telegram_desk::TelegramDesk;
use crate::telemetry::metrics::{Exposition, MetricsError};
use crate::webhooks::accounts::Accounts;
use crate::webhooks::inbox::Inbox;
use crate::webhooks::{Forms, Means};
use crate::wording::{PreferencesLink, Wording, WordingError};

/// How long a link to an offer works that has no deadline of its own.
const OFFER_LINK: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long the engine may take to finish what is in flight.
const STOP_WITHIN: Duration = Duration::from_secs(9);

/// Why a server did not start, or fell.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken, or not ours.
    #[error("cannot listen on {address}: {source}; choose another with --listen")]
    Listen {
        /// Where.
        address: SocketAddr,
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

/// A started server: its doors are bound, its engine runs, nothing is served yet.
pub struct Started {
    /// The engine.
    pub engine: Engine,
    /// What the endpoints reach.
    pub door: Door,
    /// Where links begin.
    pub public_url: String,
    server: Server,
    background: watch::Sender<bool>,
    leaving: watch::Sender<bool>,
    schedule: JobScheduler,
}

impl Started {
    /// The bound address.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.server.address()
    }

    /// Serves until `stop` ends, then stops in order: the door, what is in flight, the disk.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let engine = self.engine.clone();
        let failed = async {
            let clock = SystemClock;
            while !engine.has_failed() {
                clock.sleep_until(clock.now() + Duration::from_millis(100)).await;
            }
        };
        let leaving = self.leaving;
        let stop = async {
            tokio::select! {
                () = stop => tracing::info!("stopping: no new work is taken in"),
                () = failed => tracing::error!("the store failed; stopping, a restart recovers"),
            }
            // Those who listen would hold their connections to the end.
            leaving.send_replace(true);
        };
        let ended = self.server.serve(self.door.router(), stop).await;
        if ended == Ended::Cut {
            tracing::warn!("some connections were still open when the time was over");
        }
        self.background.send_replace(true);
        let mut schedule = self.schedule;
        if let Err(error) = schedule.shutdown().await {
            tracing::warn!(%error, "the schedule of house-keeping did not stop");
        }
        let in_time = self.engine.stop(STOP_WITHIN).await;
        if self.engine.has_failed() {
            return Err(ServeError::StoreFell);
        }
        tracing::info!(in_time, "stopped");
        Ok(())
    }
}

/// Starts everything, up to serving.
pub async fn start(config: Config) -> Result<Started, ServeError> {
    start_with(config, Arc::new(SystemClock), Vec::new()).await
}

/// The same with another clock, and with channels besides the configured ones.
pub async fn start_with(
    config: Config,
    clock: Arc<dyn Clock>,
    more: Vec<Arc<dyn Channel>>,
) -> Result<Started, ServeError> {
    let exposition = Exposition::install()?;
    let settings = DoorSettings::from(&config);
    let listen = config.server.listen;
    let server =
        Server::bind(listen, &settings).await.map_err(|source| ServeError::Listen { address: listen, source })?;
    let bound = server.address().map_err(|source| ServeError::Listen { address: listen, source })?;
    let public_url = config.server.link_base(bound);
    let settings = Arc::new(DoorSettings { public_url: public_url.clone(), ..settings });
    let sled = open_store(&config).await?;
    let store: Arc<dyn Store> = Arc::clone(&sled) as Arc<dyn Store>;
    let keyring = Arc::new(opened_keyring(&config, &sled)?);
    let secret = link_secret(&config);
    let links = Arc::new(Links::new(&secret, &[]));
    let tenants = Tenants::default();
    let wording = wording(&config, &links, &public_url, Arc::clone(&clock))?
        .with_preferences(preferences_link(&links, &public_url))
        .with_tenants(tenants.clone())
        .with_keyring(Arc::clone(&keyring));
    let wording = Arc::new(wording);
    let telegram = telegram(&config, &wording).await?;
    let windows = Arc::new(Windows::default());
    let mut channels = channels(&config, &wording, &links, telegram.as_deref(), &windows, &clock)?;
    channels.extend(more);
    let engine = Engine::start(Setup {
        store: Arc::clone(&store),
        clock: Arc::clone(&clock),
        channels,
        tenants,
        limits: limits(&config),
        approve_link: approve_link(&links, &public_url),
        details_link: details_link(&links, &public_url),
    })
    .await?;
    let prints = Arc::clone(&keyring);
    // Set once: this is the only place.
    let _ =
        engine.house().address_print.set(Box::new(move |tenant, kind, address| prints.print(tenant, kind, address)));
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
    engine.tenants().begin_with(unset_settings(&config));
    if engine.is_restored() {
        tracing::warn!(
            "this is a restored copy in quarantine: it can be looked at, takes nothing in and sends nothing, and no deadline rings; \
             stop the server and run `baton release-quarantine` to let it work"
        );
    } else {
        seed_tenants(&engine, &config).await;
    }
    let poster = carry_events(&engine, &config, &keyring, &clock, &public_url)?;
    let keys = Arc::new(keys(&config, &*store)?);
    let (background, stopping) = watch::channel(false);
    let means = Means {
        windows,
        forms: forms(&config, &wording),
        telegram: telegram.clone(),
        links: Some(Arc::clone(&links)),
        register_url: Some(config.links.register_url.clone()).filter(|url| !url.is_empty()),
        received: received(&config)?,
    };
    let hooks = Hooks {
        accounts: Accounts::of(&config),
        inbox: Inbox::open(&engine, means, &clock, &stopping),
        public_url: public_url.clone(),
        bodies: Bodies::default(),
    };
    if let Some(desk) = &telegram {
        tokio::spawn(follow_moves(hooks.inbox.clone(), Arc::clone(desk), stopping.clone()));
    }
    if let (Some(desk), Some(set)) = (&telegram, &config.channels.telegram)
        && set.mode == Mode::Polling
        // What a copy took from Telegram, the original would never see.
        && !engine.is_restored()
    {
        let patience = Patience { wait: set.poll_timeout, ..Patience::default() };
        tokio::spawn(poll_updates(
            hooks.inbox.clone(),
            Arc::clone(desk),
            patience,
            Arc::clone(&clock),
            stopping.clone(),
        ));
    }
    let schedule = housekeeping::start(&config, &engine, &sled, &exposition, &clock, &keyring).await?;
    tokio::spawn(watch_disk(engine.clone(), config.store.path.clone(), config.store.min_free, clock.clone(), stopping));
    let (leaving, left) = watch::channel(false);
    let door = Door::from(Behind {
        settings,
        keys,
        clock,
        engine: engine.clone(),
        links,
        wording,
        fingerprints: Fingerprints::new(secret.expose_secret().as_bytes()),
        keyring,
        telegram,
        hooks: Some(Arc::new(hooks)),
        poster,
        listeners: Arc::new(Semaphore::new(config.events.listeners_max)),
        leaving: left,
        exposition: Some(exposition),
    });
    Ok(Started { engine, door, public_url, server, background, leaving, schedule })
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

async fn open_store(config: &Config) -> Result<Arc<SledStore>, ServeError> {
    let (path, options) = (config.store.path.clone(), SledOptions::default().cache_bytes(config.store.cache));
    let opened = tokio::task::spawn_blocking(move || SledStore::open(&path, options)).await;
    let opened = opened.map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(Arc::new(opened?))
}

/// The keys with the salts of the store. What was going on with these when the process ended comes to its end first.
pub fn opened_keyring(config: &Config, store: &SledStore) -> Result<Keyring, ServeError> {
    let salts = match Salts::open(store.folder()).map_err(SealingError::Salts)? {
        Some(salts) => salts,
        None if rotate::needs_salts(store)? => return Err(SealingError::NoSalts.into()),
        None => Salts::make(store.folder()).map_err(SealingError::Salts)?,
    };
    let keyring = keyring(config)?.with_salts(salts);
    rotate::finish(store, &keyring).map_err(|error| match error {
        RotateError::Store(error) => ServeError::Store(error),
        RotateError::Sealing(error) => ServeError::Sealing(error),
    })?;
    Ok(keyring)
}

fn keyring(config: &Config) -> Result<Keyring, SealingError> {
    let older = config.sealing.older.values().cloned();
    if config.dev && config.sealing.master.is_none() && config.sealing.own.is_empty() {
        return older.into_iter().try_fold(Keyring::for_dev(Some(&config.store.path))?, Keyring::with_older);
    }
    let keyring = Keyring::new(config.sealing.master.clone(), config.sealing.own.clone())?;
    older.into_iter().try_fold(keyring, Keyring::with_older)
}

/// With `--dev` and without a secret, links are signed with one that everybody can know: they reach loopback only.
fn link_secret(config: &Config) -> SecretString {
    config.links.secret.clone().unwrap_or_else(|| SecretString::from("links of a server for trying out".to_owned()))
}

fn wording(
    config: &Config,
    links: &Arc<Links>,
    public_url: &str,
    clock: Arc<dyn Clock>,
) -> Result<Wording, ServeError> {
    let (links, base) = (Arc::clone(links), public_url.to_owned());
    let offer_link = move |offer: &OfferId, lifetime: Option<Timestamp>| {
        let until = lifetime.unwrap_or_else(|| clock.now() + OFFER_LINK);
        format!("{base}/public/offers/{}", links.token(Purpose::Offer(*offer), until))
    };
    match &config.wording.folder {
        Some(folder) => Wording::with_overrides(folder, Arc::new(offer_link)).map_err(ServeError::Wording),
        None => Wording::builtin(Arc::new(offer_link)).map_err(|error| ServeError::Wording(vec![error])),
    }
}

/// The link to the page where a person chooses what they hear.
fn preferences_link(links: &Arc<Links>, public_url: &str) -> PreferencesLink {
    let (links, base) = (Arc::clone(links), public_url.to_owned());
    Arc::new(move |agent| format!("{base}/public/preferences/{}", links.preferences(agent)))
}

/// The link to a job's approval page: derived from the record, so that a repeated create gives the same one.
fn approve_link(links: &Arc<Links>, public_url: &str) -> ApproveLink {
    let (links, base) = (Arc::clone(links), public_url.to_owned());
    Box::new(move |job, ttl| {
        let token = links.token(Purpose::Approve(job.id), job.created_at + ttl);
        format!("{base}/public/approve/{token}")
    })
}

/// The link to the page of a grant: derived from it, so that a message that is sent again carries the same one.
fn details_link(links: &Arc<Links>, public_url: &str) -> DetailsLink {
    let (links, base) = (Arc::clone(links), public_url.to_owned());
    Box::new(move |job, grant| {
        let token = links.token(Purpose::Details(job.id, grant.no), grant.until);
        format!("{base}/public/details/{token}")
    })
}

async fn telegram(config: &Config, wording: &Arc<Wording>) -> Result<Option<Arc<TelegramDesk>>, ServeError> {
    let Some(set) = &config.channels.telegram else { return Ok(None) };
    let client = Client::new(&ClientSettings::from(set))?;
    let bot = match &set.bot_username {
        Some(name) => Some(name.clone()),
        // Without a name there are no registration links; everything else works, so an absent Telegram stops no start.
        None => match client.get_me().await {
            Ok(user) => Some(user.username),
            Err(fault) => {
                tracing::warn!(%fault, "Telegram does not tell the bot's name; registration links need channels.telegram.bot_username");
                None
            }
        },
    };
    Ok(Some(Arc::new(TelegramDesk {
        client,
        bot,
        link_base: set.link_base.clone(),
        registration_ttl: config.links.registration_ttl,
        secret: set.webhook_secret.clone(),
        moves: Arc::default(),
        wording: Arc::clone(wording),
    })))
}

/// How mails end: as the operator has set, and on a page of our own where mail programs reach it safely.
fn unsubscribe(config: &Config, set: &config::email::Email, links: &Arc<Links>) -> Unsubscribe {
    let base = config.server.public_url.clone().filter(|url| url.starts_with("https://"));
    let Some(base) = base else { return set.unsubscribe.clone() };
    let links = Arc::clone(links);
    let own = move |agent| format!("{base}/public/unsubscribe/{}", links.unsubscribe(agent));
    set.unsubscribe.clone().with_own(Arc::new(own))
}

fn channels(
    config: &Config,
    wording: &Arc<Wording>,
    links: &Arc<Links>,
    desk: Option<&TelegramDesk>,
    windows: &Arc<Windows>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn Channel>>, ServeError> {
    let mut channels: Vec<Arc<dyn Channel>> = Vec::new();
    if let (Some(set), Some(desk)) = (&config.channels.telegram, desk) {
        let client = desk.client.clone();
        let telegram = Telegram::new(client, Arc::clone(wording), set.budget, Arc::clone(clock));
        channels.push(Arc::new(telegram.telling(Arc::clone(&desk.moves))));
    }
    channels.extend(phones(config, wording, windows, clock)?);
    if let Some(set) = &config.channels.email {
        for route in &set.routes {
            let (unsubscribe, wording) = (unsubscribe(config, set, links), Arc::clone(wording));
            let answers = ReplyTo::at(&set.reply_domain, links);
            channels.push(match route {
                Route::Smtp(set) => {
                    Arc::new(Email::new(set, unsubscribe, wording, Arc::clone(clock))?.answered_at(answers))
                }
                Route::Resend(set) => Arc::new(Resend::new(set, unsubscribe, wording)?.answered_at(answers)),
                Route::SendGrid(set) => {
                    Arc::new(SendGrid::new(set, unsubscribe, wording, Arc::clone(clock))?.answered_at(answers))
                }
            });
        }
    }
    if let Some(set) = &config.channels.console {
        let wording = Arc::clone(wording);
        channels.push(Arc::new(if set.quiet { Console::quiet(wording) } else { Console::stdout(wording) }));
    }
    Ok(channels)
}

/// The way to the mails that came in at Resend.
fn received(config: &Config) -> Result<Option<Received>, CallerError> {
    config.channels.email.as_ref().and_then(|set| set.resend()).map(Received::new).transpose()
}

/// What people who have not written for a day can be sent.
fn forms(config: &Config, wording: &Arc<Wording>) -> Forms {
    let any = |has: fn(&Whatsapp) -> bool| config.channels.whatsapp.iter().any(has);
    let offers = any(|way| match way {
        Whatsapp::Meta(set) => set.templates.offer.is_some(),
        Whatsapp::Twilio(set) => set.contents.offer.is_some(),
    });
    let texts = any(|way| match way {
        Whatsapp::Meta(set) => set.templates.message.is_some(),
        Whatsapp::Twilio(set) => set.contents.message.is_some(),
    });
    Forms { offers, texts, wording: Some(Arc::clone(wording)) }
}

/// What reaches phones without an app of ours.
fn phones(
    config: &Config,
    wording: &Arc<Wording>,
    windows: &Arc<Windows>,
    clock: &Arc<dyn Clock>,
) -> Result<Vec<Arc<dyn Channel>>, ServeError> {
    let mut phones: Vec<Arc<dyn Channel>> = Vec::new();
    // Twilio calls back at a public address only; without one nothing is told.
    let callback = config.server.public_url.as_ref().map(|url| format!("{url}{}", webhooks::twilio::STATUS));
    let account = config.channels.twilio.as_ref().map(|set| Account::new(set, callback)).transpose()?;
    for way in &config.channels.whatsapp {
        let (windows, wording, clock) = (Arc::clone(windows), Arc::clone(wording), Arc::clone(clock));
        match (way, &account) {
            (Whatsapp::Meta(set), _) => phones.push(Arc::new(Meta::new(set, windows, wording, clock)?)),
            (Whatsapp::Twilio(set), Some(account)) => {
                phones.push(Arc::new(TwilioWhatsapp::new(account.clone(), set, windows, wording, clock)));
            }
            // The configuration has refused it.
            (Whatsapp::Twilio(_), None) => {}
        }
    }
    if let (Some(set), Some(account)) = (&config.channels.sms, account) {
        phones.push(Arc::new(Sms::new(account, set, Arc::clone(wording), Arc::clone(clock))));
    }
    Ok(phones)
}

fn limits(config: &Config) -> Limits {
    Limits {
        shards: config.engine.shards,
        awake_max: config.engine.awake_max,
        idle_after: config.engine.idle_after,
        waiting_max: config.engine.waiting_max,
        admission_max: config.engine.admission_max,
        outbox_max: config.engine.outbox_max,
        timer_page: config.timers.page,
        catch_up_per_second: config.timers.catch_up_per_second,
        outage_grace: config.timers.outage_grace,
        events: config.events.enabled,
        retry: Retry {
            first: config.retry.first,
            max: config.retry.max,
            factor: config.retry.factor,
            jitter: config.retry.jitter,
            attempts: config.retry.attempts,
            sender_pause: config.retry.sender_pause,
        },
    }
}

/// How tenants begin of which the configuration says nothing: as the default one does. Its desk is nobody else's.
fn unset_settings(config: &Config) -> Settings {
    let default = config.tenants.iter().find(|seed| seed.tenant == TenantId::DEFAULT);
    let settings = default.map(|seed| seed.settings.clone()).unwrap_or_default();
    Settings { desk: Desk::default(), ..settings }
}

/// Tenants of the configuration begin with their seeds; what was changed at run time stays.
async fn seed_tenants(engine: &Engine, config: &Config) {
    for seed in &config.tenants {
        if engine.tenants().get(seed.tenant).is_some_and(|view| view.version > 0) {
            continue;
        }
        let stored =
            engine.put_settings(seed.tenant, Settings::clone(&seed.settings), None, "configuration".to_owned()).await;
        if let Err(error) = stored {
            tracing::error!(tenant = %seed.tenant, %error, "a tenant of the configuration was not stored");
        }
    }
}

fn keys(config: &Config, store: &dyn Store) -> Result<Keys, ServeError> {
    let mut records = Vec::new();
    for key in &config.api_keys {
        records.push(ApiKeyRecord::of(&key.key, key.tenant, key.name.clone(), key.scopes.clone(), None)?);
    }
    let mut broken = BTreeMap::new();
    store.scan(&Prefix::space(Space::ApiKeys), None, &mut |key, record| {
        match codec::open::<ApiKeyRecord>(record) {
            Ok((_, record)) => records.push(record),
            Err(error) => drop(broken.insert(key.to_vec(), error.to_string())),
        }
        ControlFlow::Continue(())
    })?;
    for error in broken.values() {
        tracing::error!(error, "an API key's record cannot be read; the key does not open anything");
    }
    if records.iter().all(|record| record.revoked_at.is_some()) {
        let cure = if config.dev {
            "start with BATON_DEV_KEY=$(openssl rand -hex 32), or stop and make a key with `baton keys create`"
        } else {
            "stop and make one with `baton keys create`, or set one under [api_keys]"
        };
        tracing::warn!("there is no API key, so every call is answered 401; {cure}");
    }
    Ok(Keys::new(records))
}

async fn follow_moves(inbox: Inbox, desk: Arc<TelegramDesk>, mut stop: watch::Receiver<bool>) {
    tokio::select! {
        () = desk.follows(&inbox) => {}
        _ = stop.changed() => {}
    }
}

async fn poll_updates(
    inbox: Inbox,
    desk: Arc<TelegramDesk>,
    patience: Patience,
    clock: Arc<dyn Clock>,
    mut stop: watch::Receiver<bool>,
) {
    let polling = desk.polls(&inbox, patience, &*clock);
    tokio::select! {
        () = polling => {}
        _ = stop.changed() => {}
    }
}

/// A disk that is nearly full is refused at the door, early, while there is still room to finish what is under way.
async fn watch_disk(
    engine: Engine,
    folder: std::path::PathBuf,
    min_free: u64,
    clock: Arc<dyn Clock>,
    mut stop: watch::Receiver<bool>,
) {
    loop {
        tokio::select! {
            () = clock.sleep_until(clock.now() + Duration::from_secs(2)) => {}
            _ = stop.changed() => return,
        }
        let Ok(disk) = rustix::fs::statvfs(&folder) else { continue };
        let free = disk.f_bavail * disk.f_frsize;
        metrics::gauge!(baton_actors::gauges::DISK_FREE).set(free as f64);
        let enough = free >= min_free;
        if enough != engine.is_ready() && !engine.has_failed() {
            tracing::warn!(
                free,
                min_free,
                "new work is {}",
                if enough { "taken in again" } else { "refused: the disk is nearly full" }
            );
            engine.set_open(enough);
        }
    }
}
