//! `/public/approve/{token}`: the page where a job is approved. Looking shows it; only a pressed button acts, because mail
//! scanners look at links before people do.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::error::Failure;
use baton_core::ids::JobId;
use baton_core::job::{Actor, Ask, By, Cause, Command};

use crate::http::door::Door;
use crate::http::pages::Page;
use crate::http::pages::approval::ApprovalPage;
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::public::fields::Fields;
use crate::http::public::words;
use crate::links::{BadLink, Purpose};
use crate::wording::Words;

/// The page.
pub async fn get(Path(token): Path<String>, State(door): State<Door>) -> Result<Response, Problem> {
    let id = job(&door, &token)?;
    let job = door.engine.job(id)?.ok_or_else(unknown)?;
    Ok(Page(StatusCode::OK, ApprovalPage::of(&job, words::of_tenant(&door, id.tenant))).into_response())
}

/// A pressed button: `action` is `approve` (also where there is no body at all) or `reject`.
pub async fn post(
    Path(token): Path<String>,
    State(door): State<Door>,
    fields: Result<Fields, Problem>,
) -> Result<Response, Problem> {
    let id = job(&door, &token)?;
    let words = words::of_tenant(&door, id.tenant);
    let locale = words.locale().to_owned();
    decided(&door, id, fields, words).await.map_err(|problem| problem.in_language(&locale))
}

async fn decided(door: &Door, id: JobId, fields: Result<Fields, Problem>, words: Words) -> Result<Response, Problem> {
    let fields = fields?;
    let command = match fields.get("action") {
        None | Some("approve") => Command::Approve,
        Some("reject") => Command::Reject { reason: None },
        Some(_) => return Err(Problem::of_fields(vec![wrong_action()])),
    };
    let by = By { actor: Actor::Link, cause: Cause::Page };
    match door.engine.ask(id, Ask { command, by, key: None, expects: None }).await {
        Ok(done) => Ok(Page(StatusCode::OK, ApprovalPage::of(&done.job, words)).into_response()),
        // The page says how the job stands; that it is so is no mistake of whoever pressed.
        Err(Failure::Refused(_, Some(job))) => {
            Ok(Page(StatusCode::CONFLICT, ApprovalPage::of(&job, words)).into_response())
        }
        Err(Failure::Refused(..)) => Err(unknown()),
        Err(failure) => Err(failure.into()),
    }
}

/// A link that lost its end.
pub async fn without_token() -> Problem {
    let (message, cure) = ("is missing from the link".into(), "open the link whole".into());
    Problem::of_fields(vec![FieldError { field: "token".to_owned(), message, cure }])
}

fn wrong_action() -> FieldError {
    FieldError { field: "action".to_owned(), message: "is unknown".into(), cure: "give approve or reject".into() }
}

fn job(door: &Door, token: &str) -> Result<JobId, Problem> {
    match door.links.read(token, door.clock.now()) {
        Ok(Purpose::Approve(job)) => Ok(job),
        Ok(
            Purpose::Offer(_)
            | Purpose::Unsubscribe(_)
            | Purpose::Preferences(_)
            | Purpose::Details(..)
            | Purpose::Route(_)
            | Purpose::Source(_),
        )
        | Err(
            BadLink::Unknown
            | BadLink::Expired(
                Purpose::Offer(_)
                | Purpose::Unsubscribe(_)
                | Purpose::Preferences(_)
                | Purpose::Details(..)
                | Purpose::Route(_)
                | Purpose::Source(_),
            ),
        ) => Err(unknown()),
        Err(BadLink::Expired(Purpose::Approve(job))) => {
            Err(expired().in_language(words::of_tenant(door, job.tenant).locale()))
        }
    }
}

/// The token is none of ours, or of something that is gone.
pub fn unknown() -> Problem {
    Problem::new(Code::LinkUnknown, "the link is not valid")
}

/// The token was valid once.
fn expired() -> Problem {
    Problem::new(Code::LinkExpired, "the time to approve by this link is over")
        .in_words("mistake.expired_approval_text")
}
