//! `/public/offers/{token}`: the page where an agent answers an offer. Looking shows it; only a pressed button answers.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::error::Failure;
use baton_core::ids::OfferId;
use baton_core::job::{Actor, By, Cause, Job, Refusal};

use crate::http::door::Door;
use crate::http::pages::Page;
use crate::http::pages::offer::{OfferPage, OfferStanding};
use crate::http::problem::{FieldError, Problem};
use crate::http::public::approve::{expired, unknown};
use crate::http::public::fields::Fields;
use crate::links::{BadLink, Purpose};

pub use crate::http::public::approve::without_token;

/// The page.
pub async fn get(Path(token): Path<String>, State(door): State<Door>) -> Result<Response, Problem> {
    let (id, job) = offer(&door, &token)?;
    Ok(Page(StatusCode::OK, OfferPage::of(&job, id.no)).into_response())
}

/// A pressed button: `answer` is `yes` or `no`.
pub async fn post(Path(token): Path<String>, State(door): State<Door>, fields: Fields) -> Result<Response, Problem> {
    let (id, job) = offer(&door, &token)?;
    let agent = job.offer(id.no).ok_or_else(unknown)?.agent;
    let by = By { actor: Actor::Agent(agent), cause: Cause::Page };
    let answered = match fields.get("answer") {
        Some("yes") => door.engine.claim(id, agent, None, by).await,
        Some("no") => door.engine.decline(id, agent, by).await,
        Some(_) | None => return Err(Problem::of_fields(vec![no_answer()])),
    };
    match answered {
        Ok(done) => Ok(Page(StatusCode::OK, OfferPage::of(&done.job, id.no)).into_response()),
        Err(Failure::Refused(refusal, job_now)) => {
            let page = refused(&refusal, job_now.as_deref().unwrap_or(&job), id);
            Ok(Page(StatusCode::CONFLICT, page).into_response())
        }
        Err(failure) => Err(failure.into()),
    }
}

fn refused(refusal: &Refusal, job: &Job, id: OfferId) -> OfferPage {
    match refusal {
        Refusal::AlreadyClaimed { place } => OfferPage::showing(job, OfferStanding::Taken { place: *place }),
        Refusal::NotTheWinner => OfferPage::showing(job, OfferStanding::Taken { place: None }),
        Refusal::AgentFull { .. } | Refusal::AgentBusy => OfferPage::showing(job, OfferStanding::Full),
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
        | Refusal::OfferNotFound
        | Refusal::NotYourOffer
        | Refusal::OfferClosed(_)
        | Refusal::AgentNotFound
        | Refusal::AgentInactive
        | Refusal::AgentUnreachable
        | Refusal::VersionChanged { .. }
        | Refusal::KeyReused
        | Refusal::ReferenceConflict => OfferPage::of(job, id.no),
    }
}

fn no_answer() -> FieldError {
    FieldError { field: "answer".to_owned(), message: "is missing or unknown".into(), cure: "give yes or no".into() }
}

fn offer(door: &Door, token: &str) -> Result<(OfferId, Job), Problem> {
    let id = match door.links.read(token, door.clock.now()) {
        Ok(Purpose::Offer(offer)) => offer,
        Ok(Purpose::Approve(_)) | Err(BadLink::Unknown) => return Err(unknown()),
        Err(BadLink::Expired) => return Err(expired()),
    };
    let job = door.engine.job(id.job)?.ok_or_else(unknown)?;
    Ok((id, job))
}
