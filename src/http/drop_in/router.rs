//! The offer router's routes: jobs of a sheet, agents with small numbers, one offer after the other.
//!
//! What it calls `assigned` and `exhausted` is claimed and unfilled here; a job that is approved waits for `start_offers`, as it did
//! there. Numbers are given when something is first shown.

mod rows;
mod words;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{StatusCode, Uri};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use baton_actors::error::Failure;
use baton_actors::numbers::{Numbered, Numbering};
use baton_core::ids::{AgentId, JobId, TenantId};
use baton_core::job::{Answer, Ask, Command, Event, Job, Refusal, Stage};
use baton_core::phone::Phone;
use baton_core::reply::Question;
use baton_core::time::Timestamp;
use futures_util::future::try_join_all;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use self::rows::{approve_url, job_of, numbers, offered, row};
use self::words::{NAMES, STATES, day, moment, not_found, status, word};
use crate::http::agents;
use crate::http::caller::{Caller, Read, Write};
use crate::http::door::Door;
use crate::http::drop_in::envelope::{in_its_words, no, ok, with_ok};
use crate::http::drop_in::{Old, OldList, given, renamed, shape, take};
use crate::http::jobs::{intake, list};
use crate::http::page::List;
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::public;
use crate::http::public::fields::Fields;
use crate::http::query::Query;
use crate::http::replies;
use crate::http::shapes::agent::SyncShape;
use crate::http::shapes::job::{JobRead, JobShape};
use crate::http::shapes::reply::ReplyShape;
use crate::phones;
use crate::replies::{Outcome, reply};

/// An approved job waits for `start_offers`: further ahead than this nobody promises to keep a deadline.
const WAITS: Duration = Duration::from_hours(5 * 365 * 24);

/// Its endpoints.
pub fn routes() -> Router<Door> {
    Router::new()
        .route("/agents/sync", post(sync))
        .route("/jobs", get(index).post(create))
        .route("/jobs/{id}", get(show))
        .route("/jobs/{id}/start_offers", post(start_offers))
        .route("/webhooks/driver_response", post(driver_response))
        .route("/tick", post(tick))
        .route("/offers/{id}", get(offer))
        .layer(map_response(in_its_words))
        .route("/approve", get(approval).post(approve))
}

/// `POST /agents/sync`.
async fn sync(
    caller: Caller<Write>,
    State(door): State<Door>,
    OldList(mut body): OldList,
) -> Result<Response, Problem> {
    let view = door.engine.tenants().view(caller.tenant());
    // Who is known by the number stays who they are.
    let known = |phone: &Phone| {
        let id = view.agent_by_phone(phone.as_str())?;
        view.roster.get(&id).map(|agent| agent.reference.clone())
    };
    let agent = |row: Value| {
        let Value::Object(mut row) = row else { return row };
        let phone = take(&mut row, "phone_e164");
        let read = phone.as_ref().and_then(Value::as_str).and_then(|phone| phones::read(phone).ok());
        let fields = [
            ("ref", read.and_then(|phone| known(&phone)).map(Value::from)),
            ("name", take(&mut row, "name")),
            // Without a number nobody is known here, whatever else is given.
            ("phone", Some(phone.unwrap_or(Value::from("")))),
            ("priority", take(&mut row, "priority")),
            ("active", take(&mut row, "active")),
        ];
        given(fields)
    };
    let agents = match body.remove("agents") {
        Some(Value::Array(rows)) => Some(Value::Array(rows.into_iter().map(agent).collect())),
        other => other,
    };
    let synced = agents::sync::store(&door, caller.tenant(), shape::<SyncShape>(&given([("agents", agents)]))?).await;
    let synced = synced.map_err(|problem| renamed(problem, &NAMES))?;
    let (inserted, updated, total) = (synced.inserted, synced.updated, synced.total);
    Ok(ok(json!({ "inserted": inserted, "updated": updated, "total": total })))
}

/// `POST /jobs`.
async fn create(caller: Caller<Write>, State(door): State<Door>, Old(mut body): Old) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let view = door.engine.tenants().view(tenant);
    let today = door.clock.now().to_jiff().to_zoned(TimeZone::get(&view.settings.time_zone).unwrap_or(TimeZone::UTC));
    let native = native(&mut body, today.date());
    let shape = shape::<JobShape>(&native)?;
    let fingerprint = door.fingerprints.of(&shape);
    let now = door.clock.now();
    let read = shape.into_core(tenant, now).map_err(|mut errors| {
        // Ours may be left out, and theirs not.
        for error in errors.iter_mut().filter(|error| error.field == "external_ref" && error.message == "is empty") {
            error.cure = "give the number of the row in the sheet".into();
        }
        renamed(Problem::of_fields(errors), &NAMES)
    })?;
    let id = JobId::of_reference(tenant, read.external_ref.as_deref().unwrap_or_default());
    let read = JobRead { start_at: Some(now + WAITS), ..read };
    let (job, is_new) = match intake::take(&door, tenant, caller.by(), read, fingerprint, None).await {
        Ok(done) => (done.job, done.answer == Answer::Done),
        // Its clients send a sheet again and again, and what has changed in a row meanwhile was always passed over.
        Err(problem) if problem.code == Code::ExternalRefConflict => {
            (Arc::new(door.engine.job(id)?.ok_or(problem)?), false)
        }
        Err(problem) => return Err(problem),
    };
    let number = door.engine.number_of(Numbered::Job(job.id)).await?;
    let mut answer = json!({ "id": number, "status": status(&job), "approve_url": approve_url(&door, &job) });
    if !is_new {
        answer["message"] = Value::from("already_exists");
    }
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, axum::Json(answer)).into_response())
}

/// A row of the sheet as our own door reads it; days without a year are the next of that name.
fn native(body: &mut Map<String, Value>, today: Date) -> Value {
    let reference = match body.remove("sheet_job_id") {
        Some(Value::Number(number)) => Some(Value::from(number.to_string())),
        // Ours may be left out; its must be there.
        None | Some(Value::Null) => Some(Value::from("")),
        other => other,
    };
    let day = |given: Value| match given.as_str().and_then(|text| day(text.trim(), today)) {
        Some(day) => Value::from(day.to_string()),
        None => given,
    };
    let brief = given([
        ("from", take(body, "origin")),
        ("to", take(body, "destination")),
        ("date", take(body, "pickup_date").map(day)),
        ("window", take(body, "pickup_time")),
        ("vehicle", take(body, "vehicle_type")),
    ]);
    given([("external_ref", reference), ("brief", Some(brief)), ("approval", Some(Value::from("link")))])
}

/// What would be wrong with a row of the sheet.
pub fn mistakes(row: Value, tenant: TenantId, now: Timestamp, today: Date) -> Vec<FieldError> {
    let Value::Object(mut row) = row else { return Vec::new() };
    let read = shape::<JobShape>(&native(&mut row, today));
    let read = read.and_then(|shape| shape.into_core(tenant, now).map_err(Problem::of_fields));
    read.map_or_else(|problem| renamed(problem, &NAMES).errors, |_| Vec::new())
}

/// `GET /jobs`: it had no list; this is ours in its words.
async fn index(caller: Caller<Read>, mut query: Query, State(door): State<Door>) -> Result<Response, Problem> {
    query.translate("status", |said| {
        let ours = |word: &str| {
            STATES.iter().find(|(theirs, _)| *theirs == word).map_or(word.to_owned(), |(_, ours)| (*ours).to_owned())
        };
        said.split(',').map(|word| ours(word.trim())).collect::<Vec<_>>().join(",")
    });
    let found = list::found(&door, caller.tenant(), query)?;
    let rows = try_join_all(found.jobs.iter().map(|job| row(&door, job))).await?;
    Ok(axum::Json(List::new(rows, found.total, found.next.as_deref())).into_response())
}

/// `GET /jobs/{id}`.
async fn show(caller: Caller<Read>, Path(id): Path<String>, State(door): State<Door>) -> Result<Response, Problem> {
    match job_of(&door, caller.tenant(), &id)? {
        Some(job) => Ok(axum::Json(row(&door, &job).await?).into_response()),
        None => Ok(not_found()),
    }
}

/// `POST /jobs/{id}/start_offers`.
async fn start_offers(
    caller: Caller<Write>,
    Path(id): Path<String>,
    State(door): State<Door>,
) -> Result<Response, Problem> {
    let Some(job) = job_of(&door, caller.tenant(), &id)? else {
        return Ok(no(StatusCode::NOT_FOUND, "job_not_found", json!({})));
    };
    let command = match job.stage {
        // Whoever has said no is not asked again.
        Stage::Unfilled { .. } => Command::Restart { plan: None, skip_declined: true },
        Stage::NeedsApproval
        | Stage::Scheduled { .. }
        | Stage::Offering(_)
        | Stage::Claimed(_)
        | Stage::Closed { .. } => Command::Start,
    };
    match door.engine.ask(job.id, Ask { command, by: caller.by(), key: None, expects: None }).await {
        Ok(done) => Ok(ok(offered(&door, &done.job).await?)),
        // Its one word for a job that is not ready to be started, or no longer.
        Err(Failure::Refused(refusal, _)) => {
            Ok(no(StatusCode::BAD_REQUEST, "job_not_approved", json!({ "detail": refusal.to_string() })))
        }
        Err(failure) => Err(failure.into()),
    }
}

/// `POST /webhooks/driver_response`.
async fn driver_response(
    caller: Caller<Write>,
    State(door): State<Door>,
    Old(mut body): Old,
) -> Result<Response, Problem> {
    let tenant = caller.tenant();
    let native = given([("from", body.remove("from")), ("text", body.remove("response"))]);
    let said = shape::<ReplyShape>(&native)?
        .into_core()
        .map_err(|errors| renamed(Problem::of_fields(errors), &[("text", "response")]))?;
    let Ok(agent) = replies::sender(&door.engine, tenant, &said.from) else {
        return Ok(no(StatusCode::BAD_REQUEST, "unknown_agent", json!({})));
    };
    let hint = match take(&mut body, "job_id") {
        None => None,
        Some(named) => match job_of(&door, tenant, named.as_str().unwrap_or(&named.to_string()))? {
            Some(job) => Some(job.id),
            None => return Ok(no(StatusCode::BAD_REQUEST, "job_not_found", json!({}))),
        },
    };
    let outcome = reply(&door.engine, agent, said.text, hint, None).await?;
    answered(&door, agent, outcome).await
}

/// What an answer came to, in its words.
async fn answered(door: &Door, agent: AgentId, outcome: Outcome) -> Result<Response, Problem> {
    let done = async |message: &str, job: &Job| -> Result<Value, Problem> {
        let (job, agent) = tokio::try_join!(
            door.engine.number_of(Numbered::Job(job.id)),
            door.engine.number_of(Numbered::Agent(agent)),
        )?;
        Ok(json!({ "message": message, "job_id": job, "agent_id": agent }))
    };
    let bad = StatusCode::BAD_REQUEST;
    Ok(match &outcome {
        Outcome::Claimed(job) | Outcome::AlreadyTheirs(job) => ok(done("accepted", job).await?),
        Outcome::Declined(job) => {
            let next = with_ok(offered(door, job).await?);
            ok(json!({ "message": "declined_advanced", "next": next }))
        }
        Outcome::Acknowledged(job) => ok(done("acknowledged", job).await?),
        Outcome::Withdrawn(job) => ok(done("withdrawn", job).await?),
        Outcome::Help => ok(json!({ "message": "help", "expected": ["YES", "NO"] })),
        Outcome::OptOut => ok(json!({ "message": "opted_out" })),
        Outcome::OptIn => ok(json!({ "message": "opted_in" })),
        Outcome::Refused(Refusal::AlreadyClaimed { place }, _) => {
            let place = place.map_or(json!({}), |place| json!({ "place": place }));
            no(StatusCode::CONFLICT, "already_taken", place)
        }
        Outcome::Refused(Refusal::JobNotFound, _) => no(bad, "job_not_found", json!({})),
        Outcome::Refused(Refusal::OfferClosed(_) | Refusal::OfferNotFound | Refusal::NotYourOffer, _)
        | Outcome::NoOpenOffer
        | Outcome::ToldBefore
        | Outcome::NoClaim
        | Outcome::UnknownCode(_) => no(bad, "no_open_offer", json!({})),
        Outcome::Refused(refusal, _) => return Err(refusal.clone().into()),
        Outcome::Which(question) => no(StatusCode::CONFLICT, "ambiguous_response", which(door, question).await?),
        Outcome::Unrecognized => no(bad, "unrecognized_response", json!({ "expected": ["YES", "NO"] })),
    })
}

/// The jobs that could be meant.
async fn which(door: &Door, question: &Question) -> Result<Value, Problem> {
    let jobs = question.choices.iter().map(|offer| door.engine.number_of(Numbered::Job(offer.job)));
    Ok(json!({ "job_ids": try_join_all(jobs).await? }))
}

/// `POST /tick`: timers are ours, so this tells what they did since it was last called.
async fn tick(caller: Caller<Write>, State(door): State<Door>) -> Response {
    let lapsed = door.engine.lapsed(caller.tenant());
    ok(json!({ "timed_out": lapsed.timed_out, "advanced": lapsed.advanced }))
}

/// `GET /offers/{id}`.
async fn offer(caller: Caller<Read>, Path(id): Path<String>, State(door): State<Door>) -> Result<Response, Problem> {
    let named = id.parse().ok().map(|number| door.engine.numbered(caller.tenant(), Numbering::Offers, number));
    let Some(Numbered::Offer(id)) = named.transpose()?.flatten() else { return Ok(not_found()) };
    let Some(job) = door.engine.job(id.job)? else { return Ok(not_found()) };
    let Some(offer) = job.offer(id.no) else { return Ok(not_found()) };
    let (number, job_number, agent) = numbers(&door, id, offer.agent).await?;
    let mut responded_at = None;
    door.engine.each_entry(&job, |entry| match entry.event {
        Event::Claimed { no, .. } | Event::Declined { no } | Event::OfferOver { no, .. } if no == id.no => {
            responded_at = Some(entry.at);
        }
        _ => {}
    })?;
    let row = json!({
        "id": number, "job_id": job_number, "agent_id": agent, "status": word(offer.state),
        "sent_at": moment(offer.at), "responded_at": responded_at.map(moment),
    });
    Ok(axum::Json(row).into_response())
}

/// `GET /approve?token=`: the page; looking changes nothing.
async fn approval(query: Query, state: State<Door>) -> Result<Response, Problem> {
    match token(query)? {
        Some(token) => public::approve::get(Path(token), state).await,
        None => Err(public::approve::without_token().await),
    }
}

/// `POST /approve?token=`: its button.
async fn approve(query: Query, state: State<Door>, mut request: Request) -> Result<Response, Problem> {
    let Some(token) = token(query)? else { return Err(public::approve::without_token().await) };
    // Of the address only the token is looked at; what the page says stands in the body.
    *request.uri_mut() = Uri::from_static("/approve");
    let fields = Fields::from_request(request, &state.0).await;
    public::approve::post(Path(token), state, fields).await
}

fn token(query: Query) -> Result<Option<String>, Problem> {
    query.read(|_, query| Some(query.take("token").value()))
}
