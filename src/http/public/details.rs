//! `/public/details/{token}`: the page where the winner sees the private details of a job. Looking shows a button; only a pressed
//! one opens them, because mail scanners and chats look at links before people do, and some keep what they saw.
//!
//! The job itself decides each time whether the grant still opens. So a withdrawal shuts the page at once, whatever the link says.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_actors::error::Failure;
use baton_core::ids::JobId;
use baton_core::job::{Actor, Ask, By, Cause, Command, GrantNo, Job, Refusal};

use crate::http::door::Door;
use crate::http::pages::Page;
use crate::http::pages::details::DetailsPage;
use crate::http::problem::{Code, Problem};
use crate::http::public::approve::unknown;
use crate::http::public::fields::Fields;
use crate::http::public::words;
use crate::links::{BadLink, Purpose};
use crate::wording::Words;

pub use crate::http::public::approve::without_token;

/// The page with its button.
pub async fn get(Path(token): Path<String>, State(door): State<Door>) -> Result<Response, Problem> {
    let (id, no) = read(&door, &token)?;
    let job = door.engine.job(id)?.ok_or_else(unknown)?;
    let words = words(&door, &job);
    if !live(&job, no, &door) {
        return Err(over().in_language(words.locale()));
    }
    Ok(Page(StatusCode::OK, DetailsPage::shut(&job, words)).into_response())
}

/// The pressed button.
pub async fn post(
    Path(token): Path<String>,
    State(door): State<Door>,
    fields: Result<Fields, Problem>,
) -> Result<Response, Problem> {
    let (id, no) = read(&door, &token)?;
    fields?;
    let by = By { actor: Actor::Link, cause: Cause::Page };
    let ask = Ask { command: Command::OpenGrant { no }, by, key: None, expects: None };
    let job = match door.engine.ask(id, ask).await {
        Ok(done) => done.job,
        Err(Failure::Refused(Refusal::GrantOver, job)) => {
            return Err(match job {
                Some(job) => over().in_language(words(&door, &job).locale()),
                None => over(),
            });
        }
        Err(Failure::Refused(..)) => return Err(unknown()),
        Err(failure) => return Err(failure.into()),
    };
    let words = words(&door, &job);
    // Decided together with a withdrawal, the withdrawal counts.
    let grant = job.grant.as_ref().filter(|_| live(&job, no, &door));
    let Some(grant) = grant else { return Err(over().in_language(words.locale())) };
    let sealed = door.engine.details(id)?.ok_or_else(over)?;
    let details = door.keyring.open(id, &sealed).map_err(|error| Problem::internal(&error))?;
    Ok(Page(StatusCode::OK, DetailsPage::open(&job, &details, grant.fields, words)).into_response())
}

/// In the language of whoever the details are for.
fn words(door: &Door, job: &Job) -> Words {
    match &job.grant {
        Some(grant) => words::of_agent(door, grant.agent),
        None => words::of_tenant(door, job.id.tenant),
    }
}

fn live(job: &Job, no: GrantNo, door: &Door) -> bool {
    let live = job.live_grant(door.clock.now()).filter(|grant| grant.no == no);
    live.is_some_and(|grant| job.winner() == Some(grant.agent))
}

fn read(door: &Door, token: &str) -> Result<(JobId, GrantNo), Problem> {
    match door.links.read(token, door.clock.now()) {
        Ok(Purpose::Details(job, no)) => Ok((job, no)),
        Err(BadLink::Expired(Purpose::Details(..))) => Err(over()),
        Ok(
            Purpose::Approve(_)
            | Purpose::Offer(_)
            | Purpose::Unsubscribe(_)
            | Purpose::Preferences(_)
            | Purpose::Route(_)
            | Purpose::Source(_),
        )
        | Err(
            BadLink::Unknown
            | BadLink::Expired(
                Purpose::Approve(_)
                | Purpose::Offer(_)
                | Purpose::Unsubscribe(_)
                | Purpose::Preferences(_)
                | Purpose::Route(_)
                | Purpose::Source(_),
            ),
        ) => Err(unknown()),
    }
}

fn over() -> Problem {
    Problem::new(
        Code::ReleaseOver,
        "The details can no longer be seen by this link. If the job is yours, please ask the desk.",
    )
}
