//! The port to people: one implementation a provider, all of them under one conformance suite.

use baton_core::consent::Purpose;
use baton_core::crew_view::CrewView;
use baton_core::delivery::{Callback, ChannelKind, Outcome, Provider, Receipt};
use baton_core::details::{SealedDetails, SealedPayload};
use baton_core::ids::{AgentId, JobId, NotificationId, OfferId, OfferNo, RouteId, TenantId};
use baton_core::job::settlement::Fields;
use baton_core::job::{Deed, Standing};
use baton_core::message::Topic;
use baton_core::phone::Phone;
use baton_core::time::Timestamp;

use crate::clock::BoxFuture;
use crate::records::Vehicle;
use crate::tenants::TenantView;

/// One account of one provider. It renders an errand in the person's language and makes exactly one attempt.
pub trait Channel: Send + Sync + 'static {
    /// Which channel this is.
    fn kind(&self) -> ChannelKind;

    /// Whether sending the same errand twice shows it once. Where it does not, the attempt is journaled before the call.
    fn idempotent(&self) -> bool;

    /// Whether an earlier message can be edited in place (see [`Errand::replaces`]).
    fn edits(&self) -> bool;

    /// What the provider allows.
    fn budget(&self) -> Budget;

    /// Which provider stands behind it.
    fn provider(&self) -> Provider;

    /// How much of the account's budget a message takes: more than one where its provider counts parts of it.
    fn weight(&self, errand: &Errand) -> u32 {
        let _ = errand;
        1
    }

    /// Whether the provider can be asked later what became of a message.
    fn can_be_asked(&self) -> bool {
        false
    }

    /// Asks it; none where it does not know, or does not answer.
    fn ask(&self, receipt: Receipt) -> BoxFuture<'_, Option<Callback>> {
        // A provider that cannot be asked knows nothing.
        drop(receipt);
        Box::pin(std::future::ready(None))
    }

    /// How many messages of the bulk lane go with one call that takes no more of the account's budget than one message.
    fn batch(&self) -> usize {
        1
    }

    /// Makes one attempt for several messages, at most [`batch`](Self::batch): an outcome for each, in their order. Repeats are not
    /// told apart, since the same ones never come together again.
    fn send_together(&self, errands: Vec<Errand>) -> BoxFuture<'_, Vec<Outcome>> {
        Box::pin(async move {
            let mut outcomes = Vec::with_capacity(errands.len());
            for errand in errands {
                outcomes.push(self.send(errand).await);
            }
            outcomes
        })
    }

    /// Makes one attempt. Never panics on what a provider says, never waits past its own request timeout.
    fn send(&self, errand: Errand) -> BoxFuture<'_, Outcome>;
}

/// What a provider allows: a sustained rate and a burst for each scope. None: no limit known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// For the whole account.
    pub account: Option<Rate>,
    /// For one private chat or address.
    pub chat: Option<Rate>,
    /// For one group.
    pub group: Option<Rate>,
    /// How many calls may be under way at once.
    pub in_flight: u16,
}

/// So many in a period, with a burst of at most `burst`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many.
    pub count: u32,
    /// In how many milliseconds.
    pub per_millis: u32,
    /// How many may go out at once after a rest.
    pub burst: u32,
}

/// One message for one person on one channel, not yet worded.
#[derive(Clone, Debug)]
pub struct Errand {
    /// Stable over all attempts: the provider's idempotency key, the local part of a Message-ID.
    pub key: String,
    /// Whose message it is.
    pub tenant: TenantId,
    /// Whom it is for, where that is a person we know.
    pub agent: Option<AgentId>,
    /// Where it goes.
    pub to: Address,
    /// What the person is called; empty where nobody knows.
    pub name: String,
    /// The language it is to be worded in.
    pub locale: String,
    /// The zone its times are shown in.
    pub time_zone: String,
    /// What there is to say.
    pub say: Say,
    /// The message that this one takes the place of, where the channel can edit.
    pub replaces: Option<Receipt>,
    /// An earlier attempt was interrupted and may have arrived: the wording says so.
    pub possible_repeat: bool,
    /// It is worth nothing after this moment; carried as the provider's validity where there is one.
    pub lifetime: Option<Timestamp>,
}

/// What there is to say.
#[derive(Clone, Debug)]
pub enum Say {
    /// Something about a job.
    Job {
        /// What.
        topic: Topic,
        /// The job as a crew sees it.
        job: Box<CrewView>,
        /// The client's reference: for the desk only.
        external_ref: Option<String>,
        /// The offer in question, where there is one.
        offer: Option<OfferShown>,
        /// The agent whom a notice to the desk is about, by name.
        about: Option<String>,
        /// The page where the desk approves, for a request to approve.
        approve_url: Option<String>,
        /// How the winner gets at the private details, for a release: a secret of theirs.
        released: Option<Box<ReleasedShown>>,
        /// For the desk: what can be done about it, and what was.
        desk: Option<Box<AtDesk>>,
    },
    /// A group: a job that can be claimed there, or how it stands now.
    Crew(Box<CrewShown>),
    /// An answer to somebody who wrote to us.
    Answer(Answer),
    /// What another system asked us to say.
    Notification(Box<Shown>),
    /// The desk: nothing is sent to somebody's address any more.
    AddressPaused(Box<PausedAddress>),
    /// The desk hears that an endpoint is told no more.
    EndpointOff(Box<EndpointOff>),
    /// The desk alone: a finished lead with all that is private.
    Lead(Box<LeadShown>),
    /// The desk: the text for crews, to be copied.
    CrewText(Box<CrewView>),
    /// A driver alone: a route that is theirs.
    Route(Box<RouteShown>),
}

/// How a winner gets at the private details of their job.
#[derive(Clone)]
pub struct ReleasedShown {
    /// The page where they can be seen.
    pub url: String,
    /// The details themselves and which of them were granted, where they go as text. They stay sealed until they are worded.
    pub text: Option<(SealedDetails, Fields)>,
}

/// Says which way, never what: the page's address is as good as the details.
impl std::fmt::Debug for ReleasedShown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.text.is_some() { "details as text" } else { "details on a page" })
    }
}

/// A route as its driver gets it: what it says stays sealed until it is worded.
#[derive(Clone)]
pub struct RouteShown {
    /// The job it is: the button below carries it.
    pub job: JobId,
    /// Which route.
    pub route: RouteId,
    /// What it says.
    pub sealed: SealedPayload,
    /// The vehicle.
    pub vehicle: Option<Vehicle>,
    /// When it was handed over.
    pub at: Timestamp,
}

impl RouteShown {
    /// The name of its template.
    pub const TEMPLATE: &str = "route";
}

/// Says which it is, never what.
impl std::fmt::Debug for RouteShown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "route {:?} of {:?}", self.route, self.job)
    }
}

/// A finished lead. It is made for a desk's own address and no other, and what is private stays sealed until it is worded.
#[derive(Clone)]
pub struct LeadShown {
    job: CrewView,
    external_ref: Option<String>,
    details: SealedDetails,
}

impl LeadShown {
    /// For a desk.
    pub(crate) fn for_desk(
        desk: DeskAddress,
        job: CrewView,
        external_ref: Option<String>,
        details: SealedDetails,
    ) -> (Address, Self) {
        (desk.0, Self { job, external_ref, details })
    }

    /// What a crew may see of it.
    pub fn job(&self) -> &CrewView {
        &self.job
    }

    /// The name it came with.
    pub fn external_ref(&self) -> Option<&str> {
        self.external_ref.as_deref()
    }

    /// What is private.
    pub fn details(&self) -> &SealedDetails {
        &self.details
    }
}

/// Says which it is, never what.
impl std::fmt::Debug for LeadShown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "lead {:?}", self.job.job)
    }
}

/// The address of a tenant's desk, where nobody else reads. Private things are sent to no other kind of address.
pub(crate) struct DeskAddress(Address);

impl DeskAddress {
    /// The desk's own address; none where agents read there as well.
    pub(crate) fn of(tenant: &TenantView, address: Address) -> Option<Self> {
        let others_read = match &address {
            Address::Telegram { chat, .. } if *chat < 0 => {
                tenant.roster.in_order().any(|agent| agent.telegram == Some(*chat))
                    || tenant.settings.crew.groups.values().any(|group| group.chat == *chat)
            }
            Address::Telegram { .. } | Address::Email(_) | Address::Phone(_) | Address::Console => false,
        };
        (!others_read).then_some(Self(address))
    }
}

/// What the desk can do about what it is told, by a button each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AtDesk {
    /// What, the likeliest first.
    pub deeds: Vec<Deed>,
    /// The claim it is about, by the number of its offer; 0: none.
    pub claim: OfferNo,
    /// What was done about it.
    pub done: Option<DoneShown>,
}

/// What was done about what the desk was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoneShown {
    /// What, in a word.
    pub what: String,
    /// By whom: a name, or `engine`, `link`, `stranger`.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A job as it stands in a group.
#[derive(Clone, Debug)]
pub struct CrewShown {
    /// The job as a crew sees it.
    pub job: CrewView,
    /// What a claim from the group names.
    pub claim: OfferId,
    /// How it stands.
    pub standing: Standing,
    /// Who has it, by name.
    pub winner: Option<String>,
    /// The desk has sent it once more, and the first may be there.
    pub again: bool,
}

impl CrewShown {
    /// The name of its template.
    pub const TEMPLATE: &str = "crew_group";
}

/// An address to which nothing is sent any more. It is worded masked.
#[derive(Clone, Debug)]
pub struct PausedAddress {
    /// Whose, as people call them.
    pub name: String,
    /// The tenant's own name for them.
    pub reference: String,
    /// Of which channel.
    pub channel: ChannelKind,
    /// The address.
    pub address: Address,
}

impl PausedAddress {
    /// The name of its template.
    pub const TEMPLATE: &str = "address_paused";
}

/// An endpoint that is told no more.
#[derive(Clone, Debug)]
pub struct EndpointOff {
    /// What people call it.
    pub description: String,
    /// The host it is at.
    pub host: String,
    /// Whether it has said that it is gone; else nothing arrived there for too long.
    pub gone: bool,
}

impl EndpointOff {
    /// The name of its template.
    pub const TEMPLATE: &str = "endpoint_off";
}

/// A notification as a message shows it: its values stay sealed until they are worded.
#[derive(Clone)]
pub struct Shown {
    /// Which.
    pub id: NotificationId,
    /// The key of its template.
    pub template: String,
    /// What it is about, in the words of the system that asked.
    pub event_type: String,
    /// The values the template is filled with, sealed.
    pub payload: SealedPayload,
    /// Whom it is for: links to end such messages carry it.
    pub agent: AgentId,
    /// What it is for.
    pub purpose: Purpose,
}

/// Says which it is, never what.
impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} ({})", self.id, self.template)
    }
}

/// An offer as a message shows it.
#[derive(Clone, Debug)]
pub struct OfferShown {
    /// Which offer: buttons and links carry it.
    pub id: OfferId,
    /// Until when it can be claimed; none while its clock has not begun.
    pub closes_at: Option<Timestamp>,
    /// Whether it was answered with no: then its end is no news.
    pub declined: bool,
}

/// An answer to somebody who wrote to us. The name of each is the name of its template, behind `answer_`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The job is theirs.
    Claimed(Box<CrewView>),
    /// Their no was taken.
    Declined(Box<CrewView>),
    /// Somebody was faster; where they stand in the line, if there is one.
    Taken {
        /// The job.
        job: Box<CrewView>,
        /// Their place behind the winner, from 1.
        place: Option<u16>,
    },
    /// The offer is over.
    OfferOver(Box<CrewView>),
    /// They have as many jobs as they can, or one at the same time.
    Full,
    /// Several offers are open: which one? Answered by its number.
    Which(Vec<CrewView>),
    /// Nothing is open for them.
    NoOpenOffer,
    /// What they can write.
    Help,
    /// They get no more messages here.
    OptedOut,
    /// They get messages here again.
    OptedIn,
    /// We did not understand.
    Unrecognized,
    /// We do not know them.
    Unknown,
    /// We do not know them, and here they can ask to be registered.
    Register(String),
    /// Registration succeeded.
    Welcome,
    /// They were registered before.
    AlreadyRegistered,
    /// The link is good, but they have another chat already, or the chat is somebody else's.
    RegisteredElsewhere,
    /// The registration link is used up, expired or not ours.
    BadLink,
    /// The acknowledgement was noted.
    Acknowledged(Box<CrewView>),
    /// What became of a command of the desk.
    Order(Box<Ordered>),
    /// The job cannot be claimed there.
    NotPublished,
    /// No job has this code.
    NoSuchJob,
    /// The job asks for what they do not have.
    NotForThem,
    /// They want no messages, or cannot be reached: they would not hear that the job is theirs.
    Unreachable,
    /// They have won as many jobs within the hour as they may.
    TooOften,
    /// They gave a job back lately: so many minutes more.
    CoolingDown(u64),
    /// They are invited to register with the bot.
    Invited(Box<Invitation>),
}

/// An invitation to register with the bot. The link is a secret of theirs.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Opens the bot; works once.
    pub link: String,
    /// A word of whoever invites them.
    pub message: Option<String>,
}

/// Says what it is, never the link.
impl std::fmt::Debug for Invitation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an invitation")
    }
}

/// What became of a command of the desk, given in chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// The word of the command.
    pub order: &'static str,
    /// What came of it, in a word; of a refusal of the job's, its code.
    pub came: &'static str,
    /// The job.
    pub job: Option<CrewView>,
    /// Where it stands.
    pub status: Option<&'static str>,
    /// Who has it.
    pub winner: Option<String>,
    /// Who waits behind them.
    pub line: Vec<String>,
    /// What is lacking before it can be done.
    pub missing: Option<String>,
}

impl Answer {
    /// The name of its template.
    pub fn template(&self) -> &'static str {
        match self {
            Self::Claimed(_) => "answer_claimed",
            Self::Declined(_) => "answer_declined",
            Self::Taken { .. } => "answer_taken",
            Self::OfferOver(_) => "answer_offer_over",
            Self::Full => "answer_full",
            Self::Which(_) => "answer_which",
            Self::NoOpenOffer => "answer_no_open_offer",
            Self::Help => "answer_help",
            Self::OptedOut => "answer_opted_out",
            Self::OptedIn => "answer_opted_in",
            Self::Unrecognized => "answer_unrecognized",
            Self::Unknown => "answer_unknown",
            Self::Register(_) => "answer_register",
            Self::Welcome => "answer_welcome",
            Self::AlreadyRegistered => "answer_already_registered",
            Self::RegisteredElsewhere => "answer_registered_elsewhere",
            Self::BadLink => "answer_bad_link",
            Self::Acknowledged(_) => "answer_acknowledged",
            Self::Order(_) => "answer_order",
            Self::NotPublished => "answer_not_published",
            Self::NoSuchJob => "answer_no_such_job",
            Self::NotForThem => "answer_not_for_them",
            Self::Unreachable => "answer_unreachable",
            Self::TooOften => "answer_too_often",
            Self::CoolingDown(_) => "answer_cooling_down",
            Self::Invited(_) => "answer_invited",
        }
    }
}

/// Where a message goes. Prints only its channel: addresses are private.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Address {
    /// The server's own output.
    Console,
    /// A Telegram chat.
    Telegram {
        /// The chat; negative for groups.
        chat: i64,
        /// The topic in it, where it is a forum.
        thread: Option<i64>,
    },
    /// A mailbox.
    Email(String),
    /// A phone, for WhatsApp or SMS.
    Phone(Phone),
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Console => "console",
            Self::Telegram { .. } => "telegram",
            Self::Email(_) => "email",
            Self::Phone(_) => "phone",
        })
    }
}

impl Address {
    /// The name of its bucket. Stored with the account's state, so it is not the address itself.
    pub fn bucket(&self) -> String {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        match self {
            // All topics of a forum share what its group may have.
            Self::Telegram { chat, .. } => Self::Telegram { chat: *chat, thread: None }.hash(&mut hasher),
            Self::Console | Self::Email(_) | Self::Phone(_) => self.hash(&mut hasher),
        }
        format!("chat-{:016x}", hasher.finish())
    }

    /// Whether many people read it: groups have budgets of their own.
    pub fn is_group(&self) -> bool {
        matches!(self, Self::Telegram { chat, .. } if *chat < 0)
    }
}
