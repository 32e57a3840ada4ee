//! The handle the doors use: `ask` for what may be refused, `tell` for what may not, `read` for what is stored.
//!
//! Admission is bounded here, because ractor's mailboxes are not.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use baton_core::crew_view::CrewView;
use baton_core::delivery::{ChannelKind, Provider};
use baton_core::details::SealedDetails;
use baton_core::ids::{AgentId, JobId, OfferId, TenantId};
use baton_core::job::Actor as Who;
use baton_core::job::ledger::Heard;
use baton_core::job::{Ask, By, Command, Job, NewJob, Refusal, Report};
use baton_core::reply::Resolved;
use baton_core::time::Timestamp;
use metrics::counter;
use ractor::{Actor, ActorRef};
use tokio::sync::{oneshot, watch};

use crate::admission::Admission;
use crate::agent_actor::AgentMessage;
use crate::boot::{self, BootError};
use crate::channel::{Channel, Errand};
use crate::channel_actor::ChannelMessage;
use crate::clock::Clock;
use crate::committer::Committer;
use crate::directory::{Directory, Parked};
use crate::error::Failure;
use crate::fleet::Reserved;
use crate::gauges;
use crate::house::{ApproveLink, DetailsLink, House, Limits, Role};
use crate::index::Index;
use crate::job_actor::{Done, JobMessage, Reply};
use crate::lapses::{Lapsed, Lapses};
use crate::numbers::{Numbered, Numbering, Numbers};
use crate::outbox::{self, Outbox};
use crate::post::Post;
use crate::salted::Salted;
use crate::sinks::Sinks;
use crate::store::Store;
use crate::supervisor::{Room, Supervisor, SupervisorMessage};
use crate::synced::Synced;
use crate::tenants::Tenants;
use crate::tenants::roster::{RosterMessage, look_again_at_all};
use crate::timers;

mod agents;
mod endpoints;
mod notifications;
mod reads;

pub use notifications::{Found, NotificationFilter};
pub use reads::{Page, Position};

/// How often signs of life are stored.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// How often idle actors are looked for.
const SWEEP: Duration = Duration::from_millis(200);

/// What an engine is made of.
pub struct Setup {
    /// The disk.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The channels, in the order to try them.
    pub channels: Vec<Arc<dyn Channel>>,
    /// What is known of tenants, empty as yet: whoever words messages has the same.
    pub tenants: Tenants,
    /// The bounds.
    pub limits: Limits,
    /// Makes the link to a job's approval page.
    pub approve_link: ApproveLink,
    /// Makes the address of the page behind which released details lie.
    pub details_link: DetailsLink,
}

/// The engine; cheap to clone.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) house: Arc<House>,
    admission: Admission,
    pub(crate) roster: Post<RosterMessage>,
    supervisor: ActorRef<SupervisorMessage>,
    stop: watch::Sender<bool>,
    /// Records that could not be read at the start.
    broken: Vec<(Vec<u8>, String)>,
}

impl Engine {
    /// Reads the store and opens the rooms.
    pub async fn start(setup: Setup) -> Result<Self, BootError> {
        let Setup { store, clock, channels, tenants, limits, approve_link, details_link } = setup;
        let now = clock.now();
        let (reader, grace, works) = (Arc::clone(&store), limits.outage_grace, limits.role != Role::Intake);
        let known = tenants.clone();
        let found = tokio::task::spawn_blocking(move || boot::read(&reader, &known, now, grace, works))
            .await
            .map_err(|error| BootError::Rooms(error.to_string()))??;
        let rests = found.restored || !works;
        // The thread ends with the last handle: nothing waits for it.
        let admission = Admission::of(limits.admission_max);
        let (committer, _) = Committer::start(Arc::clone(&store), Arc::clone(&found.index), admission.clone())
            .map_err(|error| BootError::Rooms(error.to_string()))?;
        // In the order in which each is first named.
        let mut kinds: Vec<ChannelKind> = Vec::new();
        for channel in &channels {
            if !kinds.contains(&channel.kind()) {
                kinds.push(channel.kind());
            }
        }
        let outbox = Outbox::of(outbox::Start {
            accounts: channels.iter().map(|channel| channel.provider()).collect(),
            tenants: tenants.clone(),
            clock: Arc::clone(&clock),
            held: rests,
            interrupted: found.interrupted,
        });
        let house = Arc::new(House {
            store,
            clock,
            index: found.index,
            tenants,
            committer,
            rooms: OnceLock::new(),
            roster: Post::default(),
            outbox,
            can_be_asked: channels
                .iter()
                .filter(|channel| channel.can_be_asked())
                .map(|channel| channel.kind())
                .collect(),
            carriers: channels.clone(),
            questions: Arc::new(tokio::sync::Semaphore::new(crate::house::QUESTIONS_MAX)),
            lately: found.lately,
            numbers: Numbers::default(),
            lapses: Lapses::default(),
            reserved: Reserved::default(),
            real_channels: kinds.iter().copied().filter(|kind| *kind != ChannelKind::Console).collect(),
            channels: kinds,
            outages: ArcSwap::from_pointee(found.outages),
            epoch: found.epoch,
            restored: found.restored,
            rests,
            booted_at: now,
            limits,
            approve_link,
            details_link,
            address_print: OnceLock::new(),
            salted: Salted::default(),
            sinks: Sinks::default(),
            synced: Synced::default(),
            falls: OnceLock::new(),
            open: AtomicBool::new(true),
        });
        for (debt, channel, lane) in &found.owed {
            house.outbox.owe_again(*debt, *channel, *lane);
        }
        let engine = Self { inner: Arc::new(open_rooms(house, channels, admission, found.broken).await?) };
        if !rests {
            tokio::spawn(look_again_at_all(Arc::clone(&engine.inner.house)));
        }
        Ok(engine)
    }

    /// The small number of something, given at its first use and kept.
    pub async fn number_of(&self, what: Numbered) -> Result<u64, Failure> {
        self.house().numbers.of(self.house(), what).await
    }

    /// What bears a small number.
    pub fn numbered(&self, tenant: TenantId, of: Numbering, number: u64) -> Result<Option<Numbered>, Failure> {
        Numbers::named(self.house(), tenant, of, number)
    }

    /// How many offers of a tenant ran out since this was last asked.
    pub fn lapsed(&self, tenant: TenantId) -> Lapsed {
        self.house().lapses.take(tenant)
    }

    /// What every room shares.
    pub fn house(&self) -> &House {
        &self.inner.house
    }

    /// The tenants.
    pub fn tenants(&self) -> &Tenants {
        &self.inner.house.tenants
    }

    /// What of a job people may read, as its tenant says.
    pub fn crew_view(&self, job: &Job) -> CrewView {
        self.tenants().view(job.id.tenant).crew_view(job)
    }

    /// The index.
    pub fn index(&self) -> &Index {
        &self.inner.house.index
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.inner.house.clock.now()
    }

    /// Whether commands are let in and can be stored.
    pub fn is_ready(&self) -> bool {
        self.inner.house.is_open()
    }

    /// Whether the store was restored from a backup and not released: it can be looked at, and nothing else.
    pub fn is_restored(&self) -> bool {
        self.inner.house.restored
    }

    /// Whether nothing is sent and no deadline rings: in a restored copy, or because this process only takes in.
    pub fn rests(&self) -> bool {
        self.inner.house.rests
    }

    /// Which part of the work is done.
    pub fn role(&self) -> Role {
        self.inner.house.limits.role
    }

    /// Whether the store has failed: the process should end, and its restart is the recovery.
    pub fn has_failed(&self) -> bool {
        self.inner.house.committer.has_failed()
    }

    /// Lets commands in, or not: the disk is filling up, or the node is stopping.
    pub fn set_open(&self, open: bool) {
        self.inner.house.open.store(open, Ordering::Relaxed);
    }

    /// Records that could not be read at the start: their keys, and why.
    pub fn broken(&self) -> &[(Vec<u8>, String)] {
        &self.inner.broken
    }

    /// How many commands are under way.
    pub fn under_way(&self) -> usize {
        self.inner.admission.under_way()
    }

    /// Counts somebody in who waits for the disk without asking a job, for as long as the permit is kept: the committer gathers for
    /// as many as are under way. None when there are too many.
    pub fn enter(&self) -> Option<tokio::sync::SemaphorePermit<'_>> {
        self.inner.admission.enter()
    }

    fn directory(&self) -> Result<&Directory, Failure> {
        self.inner.house.directory().ok_or(Failure::Closed)
    }

    /// Lets one command that brings new work in, or says why not.
    pub(crate) fn admit_work(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Failure> {
        let permit = self.admit()?;
        if self.role() == Role::Workers {
            counter!(gauges::ADMISSION_REFUSED, "reason" => "role").increment(1);
            return Err(Failure::NoNewWork);
        }
        if self.inner.house.outbox.depth() >= self.inner.house.limits.outbox_max {
            counter!(gauges::ADMISSION_REFUSED, "reason" => "outbox").increment(1);
            return Err(Failure::Overloaded);
        }
        Ok(permit)
    }

    /// Lets one command in, or says why not.
    pub(crate) fn admit(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Failure> {
        if self.is_restored() {
            counter!(gauges::ADMISSION_REFUSED, "reason" => "restored").increment(1);
            return Err(Failure::Restored);
        }
        if !self.inner.house.is_open() {
            counter!(gauges::ADMISSION_REFUSED, "reason" => "closed").increment(1);
            return Err(Failure::Closed);
        }
        self.inner.admission.enter().ok_or_else(|| {
            counter!(gauges::ADMISSION_REFUSED, "reason" => "full").increment(1);
            Failure::Overloaded
        })
    }

    /// Brings a new job in. [`Answer::Already`](baton_core::job::Answer::Already): it was there, from the same request.
    pub async fn create(&self, new: NewJob, details: Option<SealedDetails>, by: By) -> Result<Done, Failure> {
        let _permit = self.admit_work()?;
        let id = new.id;
        let alone = new.assignment.as_ref().filter(|assignment| assignment.alone).map(|assignment| assignment.agent);
        let house = self.house();
        let _kept = alone
            .map(|agent| house.reserved.keep(house, agent, id))
            .transpose()
            .map_err(|job| Failure::from(Refusal::AgentAssigned { job }))?;
        let (asker, answer) = oneshot::channel();
        let message = JobMessage::Create { new: Box::new(new), details, by, reply: Reply::to(asker) };
        self.directory()?.tell_job(id, message);
        answer.await.unwrap_or(Err(Failure::Fell))
    }

    /// Asks something of a job. A claim or an assignment goes through its agent, whose room it needs.
    pub async fn ask(&self, job: JobId, ask: Ask) -> Result<Done, Failure> {
        let _permit = self.admit()?;
        let (asker, answer) = oneshot::channel();
        let reply = Reply::to(asker);
        let directory = self.directory()?;
        let taken_by = match &ask.command {
            Command::Claim { agent, no, .. } => Some((*agent, Some(job.offer(*no)))),
            Command::Assign { agent, .. } => Some((*agent, None)),
            Command::Approve
            | Command::Reject { .. }
            | Command::Start
            | Command::Decline { .. }
            | Command::Seat { .. }
            | Command::Withdraw { .. }
            | Command::Acknowledge { .. }
            | Command::Cancel { .. }
            | Command::Pause
            | Command::Resume
            | Command::Extend { .. }
            | Command::SkipWave
            | Command::Restart { .. }
            | Command::Complete
            | Command::Fail { .. }
            | Command::NoShow { .. }
            | Command::Pass { .. }
            | Command::Refuse { .. }
            | Command::Release(_)
            | Command::Revoke { .. }
            | Command::OpenGrant { .. }
            | Command::StartWork { .. }
            | Command::SetGates { .. }
            | Command::EraseDetails { .. }
            | Command::Publish
            | Command::SendAgain(_)
            | Command::LeaveSent(_) => None,
        };
        let ask = Box::new(ask);
        match taken_by {
            Some((agent, offer)) => directory.tell_agent(agent, AgentMessage::Take { job, offer, ask, reply }),
            None => directory.tell_job(job, JobMessage::Ask { ask, reply }),
        }
        answer.await.unwrap_or(Err(Failure::Fell))
    }

    /// An agent's yes, which came just now.
    pub async fn claim(
        &self,
        offer: OfferId,
        agent: AgentId,
        via: Option<ChannelKind>,
        by: By,
    ) -> Result<Done, Failure> {
        self.claim_heard(offer, agent, via, Heard::now(self.now()), by).await
    }

    /// The same, where it is known when it came, or when the provider says that it was made.
    pub async fn claim_heard(
        &self,
        offer: OfferId,
        agent: AgentId,
        via: Option<ChannelKind>,
        heard: Heard,
        by: By,
    ) -> Result<Done, Failure> {
        if agent.tenant != offer.job.tenant {
            return Err(Refusal::OfferNotFound.into());
        }
        let command = Command::Claim { agent, no: offer.no, via, heard };
        self.ask(offer.job, Ask { command, by, key: None, expects: None }).await
    }

    /// An agent's no.
    pub async fn decline(&self, offer: OfferId, agent: AgentId, by: By) -> Result<Done, Failure> {
        if agent.tenant != offer.job.tenant {
            return Err(Refusal::OfferNotFound.into());
        }
        let command = Command::Decline { agent, no: offer.no };
        self.ask(offer.job, Ask { command, by, key: None, expects: None }).await
    }

    /// What a person's text means, given what is open for them. A question is stored before it is returned.
    pub async fn understand(&self, agent: AgentId, text: String, hint: Option<JobId>) -> Result<Resolved, Failure> {
        let _permit = self.admit()?;
        let (reply, answer) = oneshot::channel();
        self.directory()?.tell_agent(agent, AgentMessage::Read { text, hint, reply });
        answer.await.unwrap_or(Err(Failure::Fell))
    }

    /// Tells a job what the world tells.
    pub fn tell(&self, job: JobId, report: Report) {
        if let Some(directory) = self.inner.house.directory() {
            directory.report(job, report);
        }
    }

    /// Tells a job what the world tells, and waits until what follows from it is stored. A job that is gone has nobody to tell.
    pub async fn hear(&self, job: JobId, report: Report) -> Result<(), Failure> {
        let _permit = self.admit()?;
        let (asker, answer) = oneshot::channel();
        self.directory()?.tell_job(job, JobMessage::Hear { report, reply: Reply::to(asker) });
        match answer.await.unwrap_or(Err(Failure::Fell)) {
            Ok(_) | Err(Failure::Refused(..)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    /// Answers somebody who wrote to us. False: the channel is not configured.
    pub fn answer(&self, channel: ChannelKind, errand: Errand) -> bool {
        self.inner.house.outbox.answer(channel, errand)
    }

    /// Jobs whose actors kept crashing.
    pub async fn quarantined(&self) -> Vec<Parked> {
        match self.inner.house.directory() {
            Some(directory) => directory.quarantined().await,
            None => Vec::new(),
        }
    }

    /// Gives a parked job another chance. Nothing can be written to it before: that somebody did is the first thing in its timeline
    /// afterwards, and in the log whatever becomes of it.
    pub async fn release_job(&self, job: JobId, by: By) {
        let Some(directory) = self.inner.house.directory() else { return };
        let name = match &by.actor {
            Who::Client(name) | Who::Operator(name) => name.as_str(),
            Who::Agent(_) | Who::Link | Who::Engine | Who::Stranger => "",
        };
        tracing::info!(job.id = %job, by = name, "job {job} gets another chance");
        directory.release(job);
        if let Err(failure) = self.hear(job, Report::Retried { by }).await {
            tracing::warn!(job.id = %job, %failure, "job {job} fell again before it could note who gave it another chance");
        }
    }

    /// How many actors are awake.
    pub async fn awake(&self) -> usize {
        match self.inner.house.directory() {
            Some(directory) => directory.awake().await,
            None => 0,
        }
    }

    /// Whether a tenant's own record exists; others work with defaults.
    pub fn knows(&self, tenant: TenantId) -> bool {
        self.inner.house.tenants.get(tenant).is_some()
    }

    /// Stops in order: nothing new comes in, what is under way is finished, what was handed over is stored. False: the time
    /// was not enough, and what was not acknowledged is left to the restart.
    pub async fn stop(&self, within: Duration) -> bool {
        self.set_open(false);
        let house = &self.inner.house;
        // Nothing new leaves; what is owed stays owed, and leaves after the restart.
        house.outbox.hold();
        let drained = tokio::time::timeout(within, async {
            self.inner.admission.empty().await;
            house.outbox.hands_empty().await;
        });
        let in_time = drained.await.is_ok();
        self.inner.stop.send_replace(true);
        let (done, stopped) = oneshot::channel();
        if self.inner.supervisor.cast(SupervisorMessage::Stop(done)).is_ok() {
            // It answers or is gone; either way it is stopped.
            let _ = tokio::time::timeout(within, stopped).await;
        }
        if house.rests {
            // It did no work, so it leaves no sign of life.
            return in_time;
        }
        let stored = match boot::heartbeat(house.clock.now(), &house.outages.load(), house.epoch) {
            // Behind everything that was handed over before: when this is stored, all of it is.
            Some(row) => house.committer.store_rows(row).await.is_ok(),
            None => false,
        };
        in_time && stored
    }
}

async fn open_rooms(
    house: Arc<House>,
    channels: Vec<Arc<dyn Channel>>,
    admission: Admission,
    broken: Vec<(Vec<u8>, String)>,
) -> Result<Inner, BootError> {
    let shards: Vec<Post<_>> = (0..house.limits.shards.max(1)).map(|_| Post::default()).collect();
    let roster = house.roster.clone();
    let mut rooms: Vec<Room> = shards.iter().cloned().enumerate().map(|(no, post)| Room::Shard(no, post)).collect();
    rooms.push(Room::Roster(roster.clone()));
    let mut posts = Vec::new();
    for channel in channels {
        let post = Post::<ChannelMessage>::default();
        posts.push((channel.provider(), post.clone()));
        rooms.push(Room::Channel(channel, post));
    }
    // Set before anybody is awake: nobody ever finds a house without rooms.
    let _ = house.rooms.set(Directory::of(shards));
    let (supervisor, _) = Actor::spawn(None, Supervisor::new(Arc::clone(&house)), rooms)
        .await
        .map_err(|error| BootError::Rooms(error.to_string()))?;
    let (stop, stopping) = watch::channel(false);
    for whose in [timers::Whose::Jobs, timers::Whose::Notifications] {
        tokio::spawn(timers::run(Arc::clone(&house), whose, stopping.clone()));
    }
    tokio::spawn(keep(Arc::clone(&house), stopping.clone()));
    if !house.rests {
        tokio::spawn(beat(Arc::clone(&house), stopping.clone()));
    }
    for (provider, post) in posts {
        tokio::spawn(wake(Arc::clone(&house), provider, post, stopping.clone()));
    }
    Ok(Inner { house, admission, roster, supervisor, stop, broken })
}

/// Wakes a channel's actor when something is owed.
async fn wake(house: Arc<House>, provider: Provider, post: Post<ChannelMessage>, mut stop: watch::Receiver<bool>) {
    let Some(queue) = house.outbox.queue(provider) else { return };
    loop {
        tokio::select! {
            () = queue.wake.notified() => post.cast(ChannelMessage::Wake),
            _ = stop.changed() => return,
        }
    }
}

/// Puts idle actors to sleep, and sets the gauges.
async fn keep(house: Arc<House>, mut stop: watch::Receiver<bool>) {
    let mut measured = Timestamp::default();
    loop {
        let now = house.clock.now();
        tokio::select! {
            () = house.clock.sleep_until(now + SWEEP) => {}
            _ = stop.changed() => return,
        }
        if let Some(directory) = house.directory() {
            directory.sweep();
        }
        for job in house.outbox.take_parked() {
            if let Some((channel, errand)) = crate::desk::job_parked(&house, job) {
                house.outbox.answer(channel, errand);
            }
        }
        let now = house.clock.now();
        if now.since(measured) >= Duration::from_secs(1) {
            measured = now;
            crate::measure::measure(&house);
        }
    }
}

/// Stores signs of life, so that the next start knows how long the node was away.
async fn beat(house: Arc<House>, mut stop: watch::Receiver<bool>) {
    loop {
        let next = house.clock.now() + HEARTBEAT;
        tokio::select! {
            () = house.clock.sleep_until(next) => {}
            _ = stop.changed() => return,
        }
        let now = house.clock.now();
        if let Some(row) = boot::heartbeat(now, &house.outages.load(), house.epoch) {
            // A store that has failed is known to everybody already.
            let _ = house.committer.store_rows(row).await;
        }
    }
}
