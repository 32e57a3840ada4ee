//! `POST /api/v1/jobs/batch`: many jobs in one request, as a JSON array or as a stream of lines, with a result for each.

use std::sync::Arc;

use axum::body::Body as Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Visitor, Write};
use crate::http::door::Door;
use crate::http::given::Given;
use crate::http::idempotency::IdempotencyKey;
use crate::http::jobs::intake;
use crate::http::json::{self, BatchJson};
use crate::http::lines::{self, is_lines};
use crate::http::problem::{Body, Code, FieldError, Problem};
use crate::http::shapes::batch_view::{BatchItem, Summary};
use crate::http::shapes::job::JobShape;

/// A JSON array has at most so many jobs.
const ARRAY_MAX: usize = 1_000;

/// A stream has at most so many lines: results wait in memory for a client that reads only when it has sent everything.
const LINES_MAX: usize = 50_000;

/// So many jobs of one request are under way at once.
const AT_ONCE: usize = 256;

/// The answer to an array.
#[derive(Serialize, ToSchema)]
pub struct BatchAnswer {
    /// A result for each job, in order.
    items: Vec<BatchItem>,
    /// How many of each.
    summary: Summary,
}

/// Brings many jobs in: each for itself, none hinders another.
///
/// With `Content-Type: application/x-ndjson` both ways are streams: a job a line in, a result a line out, in order.
#[utoipa::path(post, path = "/api/v1/jobs/batch", tag = "jobs",
    request_body(content((Vec<JobShape> = "application/json"), (JobShape = "application/x-ndjson"))),
    params(("Idempotency-Key" = Option<String>, Header, description = "with it, jobs without a reference are told apart by their place")),
    responses(
        (status = 200, description = "a result for each job, in order", content(
            (BatchAnswer = "application/json"), (BatchItem = "application/x-ndjson"))),
        (status = 400, description = "the array is empty or too long", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Write>,
    key: IdempotencyKey,
    visitor: Visitor,
    State(door): State<Door>,
    request: Request,
) -> Result<Response, Problem> {
    let intake = Arc::new(Intake { door: door.clone(), caller, key, request: visitor });
    if is_lines(request.headers()) {
        let (told, results) = mpsc::channel(LINES_MAX + 1);
        let lines = lines::lines(request.into_body(), door.settings.body_limit, door.settings.request_timeout);
        tokio::spawn(stream(intake, lines, told));
        let results =
            futures_util::stream::unfold(results, |mut results| async { Some((results.recv().await?, results)) });
        let body = Bytes::from_stream(results.map(Ok::<_, std::convert::Infallible>));
        return Ok(([(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))], body).into_response());
    }
    let BatchJson(jobs) = BatchJson::<Vec<Given<JobShape>>>::from_request(request, &door).await?;
    if jobs.is_empty() || jobs.len() > ARRAY_MAX {
        let message = format!("has {} jobs", jobs.len());
        let cure = format!("send 1 to {ARRAY_MAX} at once, or a stream of lines");
        let wrong = FieldError { field: String::new(), message: message.into(), cure: cure.into() };
        return Err(Problem::of_fields(vec![wrong]));
    }
    let one = |(index, given): (usize, Given<JobShape>)| {
        let intake = Arc::clone(&intake);
        async move { intake.take_in(index, shape(given)).await }
    };
    let items: Vec<BatchItem> =
        futures_util::stream::iter(jobs.into_iter().enumerate()).map(one).buffered(AT_ONCE).collect().await;
    let summary = Summary::of(&items);
    Ok(axum::Json(BatchAnswer { items, summary }).into_response())
}

fn shape(given: Given<JobShape>) -> Result<JobShape, Problem> {
    let wrong = |found: &str| {
        let message = format!("is {found}").into();
        Problem::of_fields(vec![FieldError { field: String::new(), message, cure: "give an object".into() }])
    };
    match given {
        Given::Is(shape) => Ok(shape),
        Given::Absent | Given::Null => Err(wrong("null")),
        Given::Wrong(found) => Err(wrong(found)),
    }
}

/// Carries a stream of lines through, in order.
async fn stream(intake: Arc<Intake>, lines: impl Stream<Item = lines::Line>, told: mpsc::Sender<String>) {
    let one = |(index, line): (usize, lines::Line)| {
        let intake = Arc::clone(&intake);
        async move {
            let shape = line.and_then(|line| json::parse::<JobShape>(&line));
            let shape = if index < LINES_MAX { shape } else { Err(too_many()) };
            intake.take_in(index, shape).await
        }
    };
    // One line more than is taken, so that whoever sends too many is told.
    let mut items = Box::pin(lines.take(LINES_MAX + 1).enumerate().map(one).buffered(AT_ONCE));
    while let Some(item) = items.next().await {
        let mut line = serde_json::to_string(&item).unwrap_or_default();
        line.push('\n');
        if told.send(line).await.is_err() {
            // Nobody listens any more. What was taken in stays; what was not sent yet is not looked at.
            return;
        }
    }
}

fn too_many() -> Problem {
    Problem::new(Code::BodyTooLarge, format!("a stream has at most {LINES_MAX} lines; send the rest in another"))
}

/// Who sends jobs.
struct Intake {
    door: Door,
    caller: Caller<Write>,
    key: IdempotencyKey,
    request: Visitor,
}

impl Intake {
    async fn take_in(&self, index: usize, shape: Result<JobShape, Problem>) -> BatchItem {
        let key = self.key.0.as_ref().map(|key| format!("{key}/{index}"));
        let taken = match shape {
            Ok(shape) => {
                intake::take_in(&self.door, self.caller.tenant(), self.caller.by(), shape, key.as_deref()).await
            }
            Err(problem) => Err(problem),
        };
        match taken {
            Ok(done) => {
                let approve_url = intake::approve_url(&self.door, &done.job);
                BatchItem::taken(index, &done, approve_url)
            }
            Err(problem) => {
                let body = problem.body(&self.door.settings.public_url, self.request.request.as_str());
                BatchItem::refused(index, &problem, &body)
            }
        }
    }
}
