//! `POST /api/v1/dispatch`, `GET /api/v1/dispatch/{id}`, and, new here, `POST /api/v1/dispatch/{id}/cancel`.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_core::delivery::ChannelKind;
use baton_core::ids::{DriverId, RouteId, TenantId};
use baton_core::job::{Ask, Command, Job, Stage};
use baton_core::time::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::view::{channels, dispatch, known, local};
use super::words::No;
use crate::http::caller::{Caller, Read, Write};
use crate::http::door::Door;
use crate::http::form::{Field, Form};
use crate::http::given::{Given, object};
use crate::http::idempotency::IdempotencyKey;
use crate::http::json::Json;
use crate::http::problem::{Code, Problem};
use crate::http::routes::hand_over::{Wanted, hand_over, requested};
use crate::http::shapes::anything::Anything;
use crate::http::shapes::job::moment;
use crate::http::strangers::Strangers;

/// Its words for channels. Nothing goes by `push`, as before.
const CHANNELS: [(&str, Option<ChannelKind>); 4] = [
    ("telegram", Some(ChannelKind::Telegram)),
    ("email", Some(ChannelKind::Email)),
    ("sms", Some(ChannelKind::Sms)),
    ("push", None),
];

/// A dispatch as it comes in.
#[derive(Default)]
pub struct DispatchShape {
    route_id: Given<String>,
    driver_id: Given<String>,
    channels: Given<Vec<Given<String>>>,
    multi_channel: Given<bool>,
    metadata: Given<Anything>,
    scheduled_at: Given<String>,
    strangers: Strangers,
}

object! {
    DispatchShape { route_id, driver_id, channels, multi_channel, metadata, scheduled_at }
}

impl DispatchShape {
    /// Reads it as a part of a form.
    pub fn read(self, form: &mut Form, tenant: TenantId, now: Timestamp) -> Option<Wanted> {
        let route = uuid(form.field("route_id", self.route_id).required());
        let driver = uuid(form.field("driver_id", self.driver_id).required());
        let channels = form
            .field("channels", self.channels)
            .each(16, |form, word: String| form.field("", Given::Is(word)).one_of(&CHANNELS));
        let multi = form.field("multi_channel", self.multi_channel).value().unwrap_or(false);
        let at = moment(form.field("scheduled_at", self.scheduled_at), now);
        let metadata = form.field("metadata", self.metadata).parsed(|Anything(value)| match value {
            Value::Object(_) => Ok(value.to_string()),
            _ => Err("give an object"),
        });
        Some(Wanted {
            route: RouteId { tenant, local: route? },
            driver: DriverId { tenant, local: driver? },
            channels: channels.unwrap_or_default().into_iter().flatten().collect(),
            multi,
            at,
            metadata,
        })
    }
}

fn uuid(field: Field<'_, String>) -> Option<Uuid> {
    field.parsed(|text| Uuid::try_parse(&text).map_err(|_| "give a UUID"))
}

/// `POST /api/v1/dispatch`: taken at once, sent afterwards.
pub async fn create(
    caller: Caller<Write>,
    key: IdempotencyKey,
    State(door): State<Door>,
    Json(shape): Json<DispatchShape>,
) -> Result<Response, No> {
    let (tenant, now) = (caller.tenant(), door.clock.now());
    let wanted = Form::body(shape, |form, shape| shape.read(form, tenant, now)).map_err(Problem::of_fields)?;
    let job = take(&door, &caller, wanted, key.0.as_deref()).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(accepted(&door, &job))).into_response())
}

/// Takes one in.
pub async fn take(door: &Door, caller: &Caller<Write>, wanted: Wanted, key: Option<&str>) -> Result<Job, No> {
    let (route, driver) = (wanted.route, wanted.driver);
    match hand_over(door, caller.tenant(), caller.by(), wanted, key).await {
        Ok(done) => Ok(Job::clone(&done.job)),
        Err(problem) if problem.code == Code::RouteNotFound => Err(No::not_found("route", &local(route.local))),
        Err(problem) if problem.code == Code::DriverNotFound => Err(No::not_found("driver", &local(driver.local))),
        Err(problem) => Err(problem.into()),
    }
}

/// What is answered before anything is sent.
fn accepted(door: &Door, job: &Job) -> Value {
    json!({
        "dispatch_id": job.id.to_string(),
        "status": "pending",
        "requested_channels": channels(&requested(door, job)),
    })
}

/// `GET /api/v1/dispatch/{id}`.
pub async fn show(caller: Caller<Read>, Path(id): Path<String>, State(door): State<Door>) -> Result<Response, No> {
    let job = known(&door, caller.tenant(), &id)?;
    Ok(axum::Json(shown(&door, &job)?).into_response())
}

/// In full, with the driver by the id that its client gave them.
pub fn shown(door: &Door, job: &Job) -> Result<Value, No> {
    let drivers = door.engine.drivers(job.id.tenant)?;
    let driver = job.assignment.as_ref().and_then(|assignment| drivers.get(&assignment.agent).copied());
    Ok(dispatch(door, job, driver))
}

/// `POST /api/v1/dispatch/{id}/cancel`: only while it waits for its moment.
pub async fn cancel(caller: Caller<Write>, Path(id): Path<String>, State(door): State<Door>) -> Result<Response, No> {
    let job = known(&door, caller.tenant(), &id)?;
    let left = || No::new(StatusCode::CONFLICT, "DISPATCH_NOT_PENDING", "the dispatch no longer waits for its moment");
    if !matches!(job.stage, Stage::Scheduled { .. }) {
        return Err(left());
    }
    // As it was seen: its moment may come at this one.
    let ask = Ask { command: Command::Cancel { reason: None }, by: caller.by(), key: None, expects: Some(job.version) };
    match door.engine.ask(job.id, ask).await.map_err(Problem::from) {
        Ok(done) => Ok(axum::Json(shown(&door, &done.job)?).into_response()),
        Err(problem) if matches!(problem.code, Code::VersionChanged | Code::JobClosed) => Err(left()),
        Err(problem) => Err(problem.into()),
    }
}
