//! What somebody's text or button comes to: found by their agent's actor, asked of the job, answered in one word.
//!
//! One way for every channel and for whoever relays answers over the API.

use std::sync::Arc;

use baton_actors::channel::Answer as Told;
use baton_actors::engine::Engine;
use baton_actors::error::Failure;
use baton_core::crew_view::CrewView;
use baton_core::delivery::ChannelKind;
use baton_core::ids::{AgentId, Code, JobId, OfferId};
use baton_core::job::ledger::Heard;
use baton_core::job::{Actor, Answer, Ask, By, Cause, Command, Job, Refusal};
use baton_core::reply::{Question, Reply, Resolved, read};
use baton_core::time::Timestamp;

mod again;
pub mod consent;
pub mod crew;
mod whose;

pub use whose::{Whose, whose};

/// What a reply came to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The job is theirs.
    Claimed(Arc<Job>),
    /// It was theirs already.
    AlreadyTheirs(Arc<Job>),
    /// Their no was taken.
    Declined(Arc<Job>),
    /// They are on it.
    Acknowledged(Arc<Job>),
    /// They gave it back.
    Withdrawn(Arc<Job>),
    /// The job said no.
    Refused(Refusal, Option<Arc<Job>>),
    /// Which of these?
    Which(Question),
    /// What they can write.
    Help,
    /// Nothing is open for them.
    NoOpenOffer,
    /// They have no job to acknowledge or give back.
    NoClaim,
    /// None of their jobs has this code.
    UnknownCode(Code),
    /// It was decided before, and nothing more is to be said.
    ToldBefore,
    /// No more messages to them.
    OptOut,
    /// Messages to them again.
    OptIn,
    /// Not understood.
    Unrecognized,
}

/// Carries out what an agent wrote. `hint`: the job it was about, where the channel or the caller tells.
pub async fn reply(
    engine: &Engine,
    agent: AgentId,
    text: String,
    hint: Option<JobId>,
    via: Option<ChannelKind>,
) -> Result<Outcome, Failure> {
    written(engine, agent, Written { text, hint, via, at: None, told_at: None }).await
}

/// What an agent wrote, and when.
pub struct Written {
    /// It.
    pub text: String,
    /// The job it was about, where the channel or the caller tells.
    pub hint: Option<JobId>,
    /// By which channel.
    pub via: Option<ChannelKind>,
    /// When it came in; none: just now.
    pub at: Option<Timestamp>,
    /// When the provider says that it was written.
    pub told_at: Option<Timestamp>,
}

/// The same for what may have waited: it is no answer to an offer that was made after it.
pub async fn written(engine: &Engine, agent: AgentId, written: Written) -> Result<Outcome, Failure> {
    let Written { text, hint, via, at, told_at } = written;
    let by = by(agent, via);
    let heard = Heard { at: Some(at.unwrap_or_else(|| engine.now())), told_at };
    match engine.understand(agent, text.clone(), hint).await? {
        Resolved::Claim(offer) | Resolved::Decline(offer) if at.is_some_and(|at| was_made_after(engine, offer, at)) => {
            Ok(Outcome::NoOpenOffer)
        }
        Resolved::Claim(offer) => claim_heard(engine, agent, offer, via, heard).await,
        Resolved::Decline(offer) => decline(engine, agent, offer, via).await,
        Resolved::Acknowledge(job) => acknowledge(engine, agent, job, via).await,
        Resolved::Withdraw(job) => {
            let command = Command::Withdraw { agent: Some(agent), reason: None };
            answered(engine.ask(job, Ask { command, by, key: None, expects: None }).await, |_, job| {
                Outcome::Withdrawn(job)
            })
        }
        Resolved::Ask(question) => Ok(Outcome::Which(question)),
        Resolved::Help => Ok(Outcome::Help),
        Resolved::NoOpenOffer => Ok(Outcome::NoOpenOffer),
        Resolved::NoClaim => Ok(Outcome::NoClaim),
        Resolved::UnknownCode(code) if is_yes(&text) => crew::in_private(engine, agent, code, via, heard).await,
        Resolved::UnknownCode(code) if is_no(&text) => crew::leaves_line(engine, agent, code, via).await,
        Resolved::UnknownCode(code) => Ok(Outcome::UnknownCode(code)),
        Resolved::OptOut => consent::given(engine, agent, via, false, &text).await.map(|()| Outcome::OptOut),
        Resolved::OptIn => consent::given(engine, agent, via, true, &text).await.map(|()| Outcome::OptIn),
        Resolved::Unrecognized => Ok(Outcome::Unrecognized),
    }
}

/// Whether a text is a yes in any language there is: a job that stands in a group was put to everybody.
fn is_yes(text: &str) -> bool {
    ["en", "ru", "he"].into_iter().any(|language| read(text, language).reply == Reply::Yes)
}

/// Whether a text says in any language there is that somebody does not want a job, or not any more.
fn is_no(text: &str) -> bool {
    let says = |language| read(text, language).reply;
    ["en", "ru", "he"].into_iter().any(|language| matches!(says(language), Reply::No | Reply::Withdraw))
}

/// A yes to one offer that came at this moment.
pub async fn claim_heard(
    engine: &Engine,
    agent: AgentId,
    offer: OfferId,
    via: Option<ChannelKind>,
    heard: Heard,
) -> Result<Outcome, Failure> {
    if let Some(outcome) = again::decided(engine, agent, offer.job, heard)? {
        return Ok(outcome);
    }
    answered(engine.claim_heard(offer, agent, via, heard, by(agent, via)).await, |answer, job| match answer {
        Answer::Done => Outcome::Claimed(job),
        Answer::Already => Outcome::AlreadyTheirs(job),
    })
}

/// A no to one offer.
pub async fn decline(
    engine: &Engine,
    agent: AgentId,
    offer: OfferId,
    via: Option<ChannelKind>,
) -> Result<Outcome, Failure> {
    answered(engine.decline(offer, agent, by(agent, via)).await, |_, job| Outcome::Declined(job))
}

/// A word that somebody is on their job.
pub async fn acknowledge(
    engine: &Engine,
    agent: AgentId,
    job: JobId,
    via: Option<ChannelKind>,
) -> Result<Outcome, Failure> {
    let command = Command::Acknowledge { agent: Some(agent) };
    let ask = Ask { command, by: by(agent, via), key: None, expects: None };
    answered(engine.ask(job, ask).await, |_, job| Outcome::Acknowledged(job))
}

fn was_made_after(engine: &Engine, offer: OfferId, at: Timestamp) -> bool {
    let job = engine.job(offer.job).ok().flatten();
    job.and_then(|job| job.offer(offer.no).map(|offer| offer.at > at)).unwrap_or(false)
}

/// The job of the message somebody replied to, by the provider's id of it.
pub fn replied_to(engine: &Engine, agent: AgentId, message: &str) -> Option<JobId> {
    let carries = |offer: &OfferId| {
        let job = engine.job(offer.job).ok().flatten();
        let receipt = job.and_then(|job| job.offer(offer.no)?.receipt.clone());
        receipt.is_some_and(|receipt| receipt.message.split(',').any(|part| part == message))
    };
    let index = engine.index();
    let claims = index.claims(&agent).into_iter().map(|(job, held)| job.offer(held.no));
    let offers = index.open_offers(&agent).into_iter().chain(claims).chain(index.past_offers(&agent));
    // The latest are the likeliest, and each is a look at the disk.
    offers.take(32).find(carries).map(|offer| offer.job)
}

fn by(agent: AgentId, via: Option<ChannelKind>) -> By {
    By { actor: Actor::Agent(agent), cause: via.map_or(Cause::Request, Cause::Reply) }
}

fn answered(
    result: Result<baton_actors::job_actor::Done, Failure>,
    outcome: impl FnOnce(Answer, Arc<Job>) -> Outcome,
) -> Result<Outcome, Failure> {
    match result {
        Ok(done) => Ok(outcome(done.answer, done.job)),
        Err(Failure::Refused(refusal, job)) => Ok(Outcome::Refused(refusal, job)),
        Err(other) => Err(other),
    }
}

impl Outcome {
    /// What the person is told; none where the job tells them itself.
    pub fn told(&self, engine: &Engine) -> Option<Told> {
        let view = |job: &Arc<Job>| Box::new(engine.crew_view(job));
        Some(match self {
            // The job owes them a message of its own.
            Self::Claimed(_) | Self::Withdrawn(_) | Self::ToldBefore => return None,
            Self::AlreadyTheirs(job) => Told::Claimed(view(job)),
            Self::Declined(job) => Told::Declined(view(job)),
            Self::Acknowledged(job) => Told::Acknowledged(view(job)),
            Self::Refused(refusal, job) => return Some(refused(engine, refusal, job.as_ref())),
            Self::Which(question) => Told::Which(choices(engine, question)),
            Self::NoOpenOffer | Self::NoClaim | Self::UnknownCode(_) => Told::NoOpenOffer,
            Self::Help => Told::Help,
            // A word about consent is never an answer to a job.
            Self::OptOut => Told::OptedOut,
            Self::OptIn => Told::OptedIn,
            Self::Unrecognized => Told::Unrecognized,
        })
    }
}

/// The jobs of a question, in the order of their numbers.
pub fn choices(engine: &Engine, question: &Question) -> Vec<CrewView> {
    let job = |offer: &OfferId| engine.job(offer.job).ok().flatten().map(|job| engine.crew_view(&job));
    question.choices.iter().filter_map(job).collect()
}

fn refused(engine: &Engine, refusal: &Refusal, job: Option<&Arc<Job>>) -> Told {
    let Some(job) = job else {
        return match refusal {
            Refusal::AgentFull { .. } | Refusal::AgentBusy => Told::Full,
            Refusal::TooManyClaims { .. } => Told::TooOften,
            Refusal::CoolingDown { left } => Told::CoolingDown(left.as_secs().div_ceil(60)),
            Refusal::NotPublished => Told::NotPublished,
            _other => Told::NoOpenOffer,
        };
    };
    let view = Box::new(engine.crew_view(job));
    match refusal {
        Refusal::AlreadyClaimed { place } => Told::Taken { job: view, place: *place },
        Refusal::NotTheWinner => Told::Taken { job: view, place: None },
        Refusal::JobIsYours => Told::Claimed(view),
        Refusal::AgentFull { .. } | Refusal::AgentBusy => Told::Full,
        Refusal::TooManyClaims { .. } => Told::TooOften,
        Refusal::CoolingDown { left } => Told::CoolingDown(left.as_secs().div_ceil(60)),
        Refusal::NotPublished => Told::NotPublished,
        Refusal::NotForThem { .. } => Told::NotForThem,
        Refusal::AgentUnreachable => Told::Unreachable,
        Refusal::JobNotFound
        | Refusal::JobNotApproved
        | Refusal::AlreadyApproved { .. }
        | Refusal::JobNotOffering { .. }
        | Refusal::AlreadyStarted
        | Refusal::JobNotClaimed { .. }
        | Refusal::JobNotUnfilled { .. }
        | Refusal::JobClosed { .. }
        | Refusal::JobOpen { .. }
        | Refusal::OfferNotFound
        | Refusal::NotYourOffer
        | Refusal::OfferClosed(_)
        | Refusal::AgentNotFound
        | Refusal::AgentInactive
        | Refusal::AgentAssigned { .. }
        | Refusal::JobWornOut
        | Refusal::VersionChanged { .. }
        | Refusal::KeyReused
        | Refusal::GatesMissing { .. }
        | Refusal::NoDetails
        | Refusal::NoPrivateWay
        | Refusal::NothingReleased
        | Refusal::GrantOver
        | Refusal::NothingToPublish
        | Refusal::ReferenceConflict => Told::OfferOver(view),
    }
}
