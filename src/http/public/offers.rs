//! `/public/offers/{token}`: the page where an agent answers an offer. Looking shows it; only a pressed button answers.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::error::Failure;
use baton_core::ids::OfferId;
use baton_core::job::{Actor, By, Cause, Job, OfferState, Refusal};

use crate::http::door::Door;
use crate::http::pages::Page;
use crate::http::pages::offer::{OfferPage, OfferStanding};
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::public::approve::unknown;
use crate::http::public::fields::Fields;
use crate::http::public::words;
use crate::links::{BadLink, Purpose};
use crate::wording::Words;

pub use crate::http::public::approve::without_token;

/// The page.
pub async fn get(Path(token): Path<String>, State(door): State<Door>) -> Result<Response, Problem> {
    let Opened { id, job, .. } = open(&door, &token)?;
    Ok(Page(StatusCode::OK, shown(&door, &job, id)).into_response())
}

/// A pressed button: `answer` is `yes` or `no`.
pub async fn post(
    Path(token): Path<String>,
    State(door): State<Door>,
    fields: Result<Fields, Problem>,
) -> Result<Response, Problem> {
    let opened = open(&door, &token)?;
    let words = words_for(&door, &opened.job, opened.id);
    answered(&door, opened, fields).await.map_err(|problem| problem.in_language(words.locale()))
}

async fn answered(door: &Door, opened: Opened, fields: Result<Fields, Problem>) -> Result<Response, Problem> {
    let (Opened { id, job, is_late }, fields) = (opened, fields?);
    if is_late {
        return Ok(Page(StatusCode::OK, shown(door, &job, id)).into_response());
    }
    let agent = job.offer(id.no).ok_or_else(unknown)?.agent;
    let by = By { actor: Actor::Agent(agent), cause: Cause::Page };
    let answered = match fields.get("answer") {
        Some("yes") => door.engine.claim(id, agent, None, by).await,
        Some("no") => door.engine.decline(id, agent, by).await,
        Some(_) | None => return Err(Problem::of_fields(vec![no_answer()])),
    };
    match answered {
        Ok(done) => Ok(Page(StatusCode::OK, shown(door, &done.job, id)).into_response()),
        Err(Failure::Refused(refusal, job_now)) => {
            let page = refused(door, &refusal, job_now.as_deref().unwrap_or(&job), id);
            Ok(Page(StatusCode::CONFLICT, page).into_response())
        }
        Err(failure) => Err(failure.into()),
    }
}

fn shown(door: &Door, job: &Job, id: OfferId) -> OfferPage {
    let words = words_for(door, job, id);
    door.engine.with_world(id.job.tenant, |world| OfferPage::of(job, id.no, world, words))
}

/// In the language of whoever the offer was made to.
fn words_for(door: &Door, job: &Job, id: OfferId) -> Words {
    match job.offer(id.no) {
        Some(offer) => words::of_agent(door, offer.agent),
        None => words::of_tenant(door, id.job.tenant),
    }
}

fn refused(door: &Door, refusal: &Refusal, job: &Job, id: OfferId) -> OfferPage {
    let showing = |state| OfferPage::showing(job, state, words_for(door, job, id));
    match refusal {
        Refusal::AlreadyClaimed { place } => showing(OfferStanding::Taken { place: *place }),
        Refusal::NotTheWinner => showing(OfferStanding::Taken { place: None }),
        Refusal::AgentFull { .. }
        | Refusal::AgentBusy
        | Refusal::TooManyClaims { .. }
        | Refusal::CoolingDown { .. } => showing(OfferStanding::Full),
        Refusal::JobNotFound
        | Refusal::JobNotApproved
        | Refusal::AlreadyApproved { .. }
        | Refusal::JobIsYours
        | Refusal::JobWornOut
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
        | Refusal::AgentUnreachable
        | Refusal::VersionChanged { .. }
        | Refusal::KeyReused
        | Refusal::GatesMissing { .. }
        | Refusal::NoDetails
        | Refusal::NoPrivateWay
        | Refusal::NothingReleased
        | Refusal::GrantOver
        | Refusal::NothingToPublish
        | Refusal::NotPublished
        | Refusal::NotForThem { .. }
        | Refusal::ReferenceConflict => shown(door, job, id),
    }
}

fn no_answer() -> FieldError {
    FieldError { field: "answer".to_owned(), message: "is missing or unknown".into(), cure: "give yes or no".into() }
}

/// An offer whose link was opened.
struct Opened {
    id: OfferId,
    job: Job,
    /// The link's time is over: it shows the winner what they have, and does nothing any more.
    is_late: bool,
}

fn open(door: &Door, token: &str) -> Result<Opened, Problem> {
    let (id, is_late) = match door.links.read(token, door.clock.now()) {
        Ok(Purpose::Offer(offer)) => (offer, false),
        Err(BadLink::Expired(Purpose::Offer(offer))) => (offer, true),
        Ok(
            Purpose::Approve(_)
            | Purpose::Unsubscribe(_)
            | Purpose::Preferences(_)
            | Purpose::Details(..)
            | Purpose::Route(_)
            | Purpose::Source(_),
        )
        | Err(
            BadLink::Unknown
            | BadLink::Expired(
                Purpose::Approve(_)
                | Purpose::Unsubscribe(_)
                | Purpose::Preferences(_)
                | Purpose::Details(..)
                | Purpose::Route(_)
                | Purpose::Source(_),
            ),
        ) => {
            return Err(unknown());
        }
    };
    let job = door.engine.job(id.job)?.ok_or_else(unknown)?;
    let is_theirs = job.offer(id.no).is_some_and(|offer| offer.state == OfferState::Claimed);
    if is_late && !is_theirs {
        let over = Problem::new(Code::LinkExpired, "the time to answer is over");
        let words = words_for(door, &job, id);
        return Err(over.in_words("mistake.expired_offer_text").in_language(words.locale()));
    }
    Ok(Opened { id, job, is_late })
}
