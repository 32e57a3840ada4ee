//! What every room shares: the two ports, the clock, the index, and the ways to the other rooms.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use baton_core::consent::AddressKind;
use baton_core::delivery::{ChannelKind, Provider};
use baton_core::details::SealedDetails;
use baton_core::fit::Budgets;
use baton_core::ids::{EffectNo, JobId, TenantId};
use baton_core::job::{Grant, Job};
use baton_core::notification::{Notification, Report};
use baton_core::tenant::Settings;
use baton_core::time::{Timestamp, Window};
use baton_core::world::World;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::channel::{Address, Channel};
use crate::clock::Clock;
use crate::committer::Committer;
use crate::directory::Directory;
use crate::falls::{Falls, Place};
use crate::fleet::Reserved;
use crate::index::Index;
use crate::lapses::Lapses;
use crate::lately::Lately;
use crate::notification_actor::NotificationMessage;
use crate::numbers::Numbers;
use crate::outbox::Outbox;
use crate::post::Post;
use crate::reach;
use crate::salted::Salted;
use crate::sinks::Sinks;
use crate::store::Store;
use crate::store::codec;
use crate::store::keys::Key;
use crate::synced::Synced;
use crate::tenants::roster::RosterMessage;
use crate::tenants::{TenantView, Tenants};

/// What every room shares.
pub struct House {
    /// The disk.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is asked often, in memory.
    pub index: Arc<Index>,
    /// The tenants' agents, settings and plans.
    pub tenants: Tenants,
    /// The way to the disk for steps.
    pub committer: Committer,
    /// Who is awake. Set once, right after the house is built: the rooms know the house and the house knows the rooms.
    pub(crate) rooms: OnceLock<Directory>,
    /// The way to the one writer of agents.
    pub(crate) roster: Post<RosterMessage>,
    /// What is owed to people.
    pub outbox: Outbox,
    /// The channels that are configured, in the order to try them.
    pub channels: Vec<ChannelKind>,
    /// The same without the console.
    pub(crate) real_channels: Vec<ChannelKind>,
    /// The same channels, to ask what became of a message.
    pub carriers: Vec<Arc<dyn Channel>>,
    /// Those of them whose providers can be asked.
    pub can_be_asked: Vec<ChannelKind>,
    /// The places for such questions.
    pub(crate) questions: Arc<Semaphore>,
    /// When people were written to lately, for tenants with frequency caps.
    pub lately: Lately,
    /// Small numbers beside our own ids.
    pub numbers: Numbers,
    /// How many offers ran out since somebody last asked.
    pub(crate) lapses: Lapses,
    /// When this node was away for long.
    pub outages: ArcSwap<Vec<Window>>,
    /// Who is being given a job that they may have only one of.
    pub(crate) reserved: Reserved,
    /// Who writes: the boot counter.
    pub epoch: u64,
    /// Whether the store was restored from a backup and not released: nothing is taken in or sent, and no deadline rings.
    pub restored: bool,
    /// Whether nothing is sent and no deadline rings: the store is a restored copy, or this process only takes in.
    pub rests: bool,
    /// When this process began.
    pub booted_at: Timestamp,
    /// The bounds.
    pub limits: Limits,
    /// The page where the desk approves a job: links are signed at the doors.
    pub approve_link: ApproveLink,
    /// The page behind which released details lie.
    pub details_link: DetailsLink,
    /// What names an address without telling it: made with a secret of the doors. Empty: no refusals are kept beyond their people.
    pub address_print: OnceLock<AddressPrint>,
    /// Which salts details may still be sealed under.
    pub salted: Salted,
    /// Places outside that are told what happens.
    pub sinks: Sinks,
    /// What bots tell us.
    pub synced: Synced,
    /// Where actors are to fall. Empty but for servers that are tried out.
    pub falls: OnceLock<Falls>,
    /// Whether commands are let in.
    pub(crate) open: AtomicBool,
}

/// So many questions to providers are under way at once; what finds no place is asked later.
pub(crate) const QUESTIONS_MAX: usize = 32;

/// Makes the link to a job's approval page, which works for so long from the moment the job came in.
pub type ApproveLink = Box<dyn Fn(&Job, Duration) -> String + Send + Sync>;

/// Makes the link to the page of a grant, which works as long as the grant does.
pub type DetailsLink = Box<dyn Fn(&Job, &Grant) -> String + Send + Sync>;

/// The print of a tenant's address.
pub type AddressPrint = Box<dyn Fn(TenantId, AddressKind, &str) -> [u8; 32] + Send + Sync>;

/// Which part of the work this process does on its store.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// All of it.
    #[default]
    All,
    /// It takes in and answers. Nothing leaves and no deadline rings: for whoever works later on the same store, this time was an outage.
    Intake,
    /// It works on what is there, and takes no new work in.
    Workers,
}

impl Role {
    /// Its name in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Intake => "intake",
            Self::Workers => "workers",
        }
    }
}

/// The bounds of the rooms.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Which part of the work is done.
    pub role: Role,
    /// Whether the console is a stub for those tenants alone whose routes name it.
    pub console_by_route: bool,
    /// How many directories share the jobs.
    pub shards: usize,
    /// Jobs awake at once.
    pub awake_max: usize,
    /// After how long without a word a job goes to sleep.
    pub idle_after: Duration,
    /// Requests that wait for one job.
    pub waiting_max: usize,
    /// Requests under way in all.
    pub admission_max: usize,
    /// Messages owed and not yet delivered.
    pub outbox_max: usize,
    /// How many due jobs are rung at once.
    pub timer_page: usize,
    /// How many overdue jobs are rung a second while catching up.
    pub catch_up_per_second: u32,
    /// Away for longer than this is an outage.
    pub outage_grace: Duration,
    /// How a failed attempt to send is repeated.
    pub retry: Retry,
    /// Whether the event log is kept.
    pub events: bool,
}

/// How a failed attempt to send is repeated: exponentially, with jitter.
#[derive(Clone, Copy, Debug)]
pub struct Retry {
    /// The first wait.
    pub first: Duration,
    /// The longest wait.
    pub max: Duration,
    /// Each wait is so many times the one before.
    pub factor: f64,
    /// The part of each wait that chance adds, so that what failed together does not come back together.
    pub jitter: f64,
    /// How many attempts there are in all.
    pub attempts: u32,
    /// How long an account whose credential or quota is refused is left alone.
    pub sender_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            role: Role::All,
            console_by_route: false,
            shards: 16,
            awake_max: 50_000,
            idle_after: Duration::from_secs(1),
            waiting_max: 16_384,
            admission_max: 16_384,
            outbox_max: 1_000_000,
            timer_page: 512,
            catch_up_per_second: 5_000,
            outage_grace: Duration::from_secs(60),
            retry: Retry::default(),
            events: true,
        }
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            max: Duration::from_secs(300),
            factor: 2.0,
            jitter: 0.2,
            attempts: 6,
            sender_pause: Duration::from_secs(60),
        }
    }
}

impl Budgets for House {
    fn on_channel(&self, channel: ChannelKind, route: &[Provider], within: Duration) -> Option<u32> {
        self.outbox.room(channel, route, None, within)
    }

    fn to_group(&self, chat: i64, route: &[Provider], within: Duration) -> Option<u32> {
        self.outbox.room(ChannelKind::Telegram, route, Some(&Address::Telegram { chat, thread: None }.bucket()), within)
    }
}

impl House {
    /// The way to jobs and agents.
    pub fn directory(&self) -> Option<&Directory> {
        self.rooms.get()
    }

    /// Falls here, if somebody wants to see that.
    pub(crate) fn may_fall(&self, place: Place) {
        if let Some(falls) = self.falls.get() {
            falls(place);
        }
    }

    /// The channels by which a tenant's people are reached, in the order to try them. Where the console is a stub, it reaches those alone
    /// whose routes name it: for all others it would swallow what is meant for a person.
    pub fn channels_of(&self, settings: &Settings) -> &[ChannelKind] {
        let all = !self.limits.console_by_route || settings.routes.contains_key(&ChannelKind::Console);
        if all { &self.channels } else { &self.real_channels }
    }

    /// What a decision of this tenant may look at.
    pub fn world<'a>(&'a self, tenant: &'a TenantView, outages: &'a [Window]) -> World<'a> {
        World {
            roster: &tenant.roster,
            load: &*self.index,
            settings: &tenant.settings,
            channels: self.channels_of(&tenant.settings),
            outages,
            budgets: self,
        }
    }

    /// The page where a job is approved. The same every time, unless its tenant changes how long links work.
    pub fn approve_url(&self, job: &Job, tenant: &TenantView) -> String {
        (self.approve_link)(job, tenant.settings.approval_link_ttl)
    }

    /// The page where a grant's details can be seen. The same every time.
    pub fn details_url(&self, job: &Job, grant: &Grant) -> String {
        (self.details_link)(job, grant)
    }

    /// The private details of a job, as they lie there; none where there are none, or none that can be read.
    pub(crate) fn sealed_details(&self, job: JobId) -> Option<SealedDetails> {
        let record = self.store.get(&Key::Details(job).bytes()).ok().flatten()?;
        codec::open::<SealedDetails>(&record).ok().map(|(_, details)| details)
    }

    /// Asks the provider of a message what became of it; its answer comes as if it had called back. A question that is lost is no
    /// loss: nobody waits for it.
    pub(crate) fn ask_what_became_of(
        self: &Arc<Self>,
        notification: &Notification,
        no: EffectNo,
        place: OwnedSemaphorePermit,
    ) {
        let Some(delivery) = notification.deliveries.iter().find(|delivery| delivery.no == no) else { return };
        let Some(receipt) = delivery.receipt.clone() else { return };
        let carrier = self.carriers.iter().find(|carrier| {
            carrier.kind() == delivery.channel
                && delivery.provider.is_none_or(|provider| carrier.provider() == provider)
        });
        let (Some(carrier), Some(directory)) = (carrier.cloned(), self.directory().cloned()) else { return };
        let (id, recipient) = (notification.id, notification.intent.recipient);
        let house = Arc::clone(self);
        tokio::spawn(async move {
            if let Some(callback) = carrier.ask(receipt).await {
                reach::called_back(&house, recipient, &callback).await;
                let report = Report::CalledBack { no, callback };
                directory.tell_notification(id, NotificationMessage::Tell(report));
            }
            drop(place);
        });
    }

    /// Whether commands are let in.
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::Relaxed) && !self.committer.has_failed()
    }
}
