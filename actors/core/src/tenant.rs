//! A tenant's settings: changed at run time through the API, every change audited.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::agent::QuietHours;
use crate::crew::Crew;
use crate::delivery::{ChannelKind, Provider};
use crate::gates::{Gate, Gates};
use crate::job::settlement::Wait;
use crate::plan::Plan;

/// What a tenant can set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The plan of jobs that bring none; a named plan replaces it where `default_plan_name` is set.
    pub default_plan: Plan,
    /// The named plan to use instead.
    pub default_plan_name: Option<String>,
    /// IANA zone of dates and windows.
    pub time_zone: String,
    /// Language of messages and pages where a person has none.
    pub locale: String,
    /// How long an approval link works.
    pub approval_link_ttl: Duration,
    /// How long a job occupies an agent where it does not say.
    pub job_duration: Duration,
    /// How many open offers an agent may have at once; none: any number.
    pub max_open_offers: Option<u32>,
    /// Whether an agent with tags must carry the job's vehicle as one.
    pub match_vehicle: bool,
    /// Whom to call.
    pub desk: Desk,
    /// Outages shorter than this change nothing; over longer ones, open offers are extended by the outage.
    pub outage_grace: Duration,
    /// Which providers carry a channel, the first of them first, the next where it fails; none named: as configured.
    pub routes: BTreeMap<ChannelKind, Vec<Provider>>,
    /// A message that has not arrived in this time goes to the person's next channel; none: only one that failed does.
    pub fallback_after: Option<Duration>,
    /// When people are written to, and when they are left alone.
    pub messages: Messages,
    /// What stands between a claim and the work.
    pub settlement: Settlement,
    /// Whether prices are shown to crews and to the desk.
    pub show_price: bool,
    /// Groups in which jobs are published, and what is allowed to those who claim.
    pub crew: Crew,
}

/// When people are written to, and when they are left alone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Messages {
    /// Whether offers, too, go only to those who have opted in.
    pub dispatch_needs_opt_in: bool,
    /// Events whose notifications need no opt-in. An opt-out holds for them as well.
    pub exempt_events: BTreeSet<String>,
    /// How many messages a person gets at most, over all channels. Every one of them holds.
    pub caps: Vec<Cap>,
    /// What becomes of a message in somebody's quiet hours.
    pub quiet: Quiet,
    /// The quiet hours of people who have none of their own.
    pub quiet_hours: Option<QuietHours>,
    /// A message of which nothing was heard for so long is asked about, where its provider can be asked; none: never.
    pub poll_after: Option<Duration>,
}

/// What stands between a claim and the work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// The gates of jobs that do not say otherwise.
    pub gates: Gates,
    /// How long released details can be seen.
    pub details_for: Duration,
    /// How long each step may take.
    pub patience: Patience,
    /// What becomes of a winner who does not pay or begin in time.
    pub late_winner: LateWinner,
    /// How the winner sees released details.
    pub details_as: DetailsAs,
}

/// How long each step behind a claim may take, from the moment at which it became the next; none: as long as it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    /// Until the winner is confirmed.
    pub confirm: Option<Duration>,
    /// Until the invoice is out.
    pub invoice: Option<Duration>,
    /// Until it is paid.
    pub payment: Option<Duration>,
    /// Until the details are released.
    pub release: Option<Duration>,
    /// Until the work begins.
    pub start: Option<Duration>,
    /// Until it is done.
    pub finish: Option<Duration>,
}

/// What becomes of a winner who does not pay or begin in time. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LateWinner {
    /// They keep the job, and the desk hears of it.
    #[default]
    Keeps,
    /// The job goes to the next in line, or others are asked.
    Returns,
}

/// How the winner sees released details. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DetailsAs {
    /// On a page behind a link of theirs, which can be shut again.
    #[default]
    Page,
    /// In the private message itself: what was sent cannot be taken back.
    Text,
}

impl Patience {
    /// How long a step may take.
    pub fn of(&self, what: Wait) -> Option<Duration> {
        match what {
            Wait::Gate(Gate::Confirm) => self.confirm,
            Wait::Gate(Gate::Invoice) => self.invoice,
            Wait::Gate(Gate::Payment) => self.payment,
            Wait::Gate(Gate::Release) => self.release,
            Wait::Start => self.start,
            Wait::Finish => self.finish,
        }
    }
}

impl Default for Settlement {
    fn default() -> Self {
        Self {
            gates: Gates::default(),
            details_for: Duration::from_hours(7 * 24),
            patience: Patience::default(),
            late_winner: LateWinner::default(),
            details_as: DetailsAs::default(),
        }
    }
}

/// So many messages in any span of that length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// How many.
    pub count: u32,
    /// The length of the span.
    pub per: Duration,
}

/// What becomes of a message in somebody's quiet hours, by its class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// Of mass messages.
    pub bulk: WhenQuiet,
    /// Of ordinary ones.
    pub normal: WhenQuiet,
    /// Of urgent ones.
    pub high: WhenQuiet,
}

/// What becomes of a message in somebody's quiet hours. Variants are only ever added at the end: their order is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum WhenQuiet {
    /// It waits until the rest is over.
    #[default]
    Defer,
    /// It is not sent at all: it would be of no use later.
    Skip,
}

/// The desk's contact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desk {
    /// Where notices and approval requests go.
    pub email: Option<String>,
    /// The desk's Telegram chat.
    pub telegram: Option<i64>,
    /// The topic in it, where the chat is a forum.
    pub telegram_topic: Option<i64>,
    /// Who works there in chat: only they may give the desk's commands.
    pub operators: Vec<Operator>,
    /// Whether a finished lead goes to the desk with all that is private; none: as configured for all tenants.
    pub full_lead: Option<bool>,
    /// Whether the text for crews follows it, to be copied; none: as configured for all tenants.
    pub crew_fallback: Option<bool>,
}

/// A person at the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// What they are called: timelines say so.
    pub name: String,
    /// Their own number at Telegram.
    pub telegram: i64,
}

impl Desk {
    /// The name of whoever has this number at Telegram, where they work at this desk.
    pub fn operator(&self, telegram: i64) -> Option<&str> {
        self.operators.iter().find(|operator| operator.telegram == telegram).map(|operator| operator.name.as_str())
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_plan: Plan::default(),
            default_plan_name: None,
            time_zone: "UTC".to_owned(),
            locale: "en".to_owned(),
            approval_link_ttl: Duration::from_hours(7 * 24),
            job_duration: Duration::from_hours(2),
            max_open_offers: None,
            match_vehicle: true,
            desk: Desk::default(),
            outage_grace: Duration::from_mins(1),
            routes: BTreeMap::new(),
            fallback_after: None,
            messages: Messages::default(),
            settlement: Settlement::default(),
            show_price: true,
            crew: Crew::default(),
        }
    }
}
