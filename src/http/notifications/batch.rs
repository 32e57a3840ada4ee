//! `POST /api/v1/notifications/batch`: many notifications in one request, as a JSON array or as a stream of lines, with a result
//! for each. They are taken in a page at a time, so that the people of a page are stored as one change.

use std::sync::Arc;

use axum::body::Body as Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use baton_actors::notification_actor::Noted;
use futures_util::{Stream, StreamExt};
use serde::Serialize;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use crate::http::caller::{Caller, Notify, Visitor};
use crate::http::door::Door;
use crate::http::given::Given;
use crate::http::idempotency::IdempotencyKey;
use crate::http::json::{self, BatchJson};
use crate::http::lines::{self, is_lines};
use crate::http::notifications::intake::{Asker, Name, Ready, Unstored, not_kept, ready};
use crate::http::people;
use crate::http::problem::{Body, Code, FieldError, Problem};
use crate::http::shapes::notification::NotificationShape;
use crate::http::shapes::notification_batch_view::{NotificationResult, NotificationSummary};

/// A JSON array has at most so many notifications.
const ARRAY_MAX: usize = 1_000;

/// A stream has at most so many lines: results wait in memory for a client that reads only when it has sent everything.
const LINES_MAX: usize = 50_000;

/// So many notifications are a page.
const PAGE: usize = 256;

/// So many pages of one request are under way at once: while one is stored, the next is read.
const PAGES_AT_ONCE: usize = 3;

/// The answer to an array.
#[derive(Serialize, ToSchema)]
pub struct NotificationBatchAnswer {
    /// A result for each notification, in order.
    items: Vec<NotificationResult>,
    /// How many of each.
    summary: NotificationSummary,
}

/// Takes many notifications in: each for itself, none hinders another.
///
/// With `Content-Type: application/x-ndjson` both ways are streams: a notification a line in, a result a line out, in order.
#[utoipa::path(post, path = "/api/v1/notifications/batch", tag = "notifications",
    request_body(content((Vec<NotificationShape> = "application/json"), (NotificationShape = "application/x-ndjson"))),
    params(("Idempotency-Key" = Option<String>, Header, description = "with it, notifications without a reference are told apart by their place")),
    responses(
        (status = 200, description = "a result for each notification, in order", content(
            (NotificationBatchAnswer = "application/json"), (NotificationResult = "application/x-ndjson"))),
        (status = 400, description = "the array is empty or too long", body = Body, content_type = "application/problem+json"),
    ))]
pub async fn post(
    caller: Caller<Notify>,
    key: IdempotencyKey,
    visitor: Visitor,
    State(door): State<Door>,
    request: Request,
) -> Result<Response, Problem> {
    let intake = Arc::new(Intake { door: door.clone(), asker: caller.asker(), key, request: visitor });
    if is_lines(request.headers()) {
        let (told, results) = mpsc::channel(LINES_MAX + 1);
        let lines = lines::lines(request.into_body(), door.settings.body_limit, door.settings.request_timeout);
        tokio::spawn(stream(intake, lines, told));
        let results =
            futures_util::stream::unfold(results, |mut results| async { Some((results.recv().await?, results)) });
        let body = Bytes::from_stream(results.map(Ok::<String, std::convert::Infallible>));
        return Ok(([(CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"))], body).into_response());
    }
    let BatchJson(given) = BatchJson::<Vec<Given<NotificationShape>>>::from_request(request, &door).await?;
    if given.is_empty() || given.len() > ARRAY_MAX {
        let message = format!("has {} notifications", given.len());
        let cure = format!("send 1 to {ARRAY_MAX} at once, or a stream of lines");
        let wrong = FieldError { field: String::new(), message: message.into(), cure: cure.into() };
        return Err(Problem::of_fields(vec![wrong]));
    }
    let shapes = futures_util::stream::iter(given.into_iter().map(shape).enumerate());
    let items = intake.take_in(shapes).concat().await;
    let summary = NotificationSummary::of(&items);
    Ok(axum::Json(NotificationBatchAnswer { items, summary }).into_response())
}

fn shape(given: Given<NotificationShape>) -> Result<NotificationShape, Problem> {
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
async fn stream(intake: Arc<Intake>, lines: impl Stream<Item = lines::Line> + Send, told: mpsc::Sender<String>) {
    // One line more than is taken, so that whoever sends too many is told.
    let shapes = lines.take(LINES_MAX + 1).enumerate().map(|(index, line)| {
        let shape = line.and_then(|line| json::parse::<NotificationShape>(&line));
        (index, if index < LINES_MAX { shape } else { Err(too_many()) })
    });
    let mut pages = Box::pin(intake.take_in(shapes));
    while let Some(page) = pages.next().await {
        for item in page {
            let mut line = serde_json::to_string(&item).unwrap_or_default();
            line.push('\n');
            if told.send(line).await.is_err() {
                // Nobody listens any more. What was taken in stays; what was not sent yet is not looked at.
                return;
            }
        }
    }
}

fn too_many() -> Problem {
    Problem::new(Code::BodyTooLarge, format!("a stream has at most {LINES_MAX} lines; send the rest in another"))
}

/// Who sends notifications.
struct Intake {
    door: Door,
    asker: Asker,
    key: IdempotencyKey,
    request: Visitor,
}

/// One notification as it was read, and its place.
type Read = (usize, Result<NotificationShape, Problem>);

impl Intake {
    /// Takes notifications in, in order, a page at a time: as many as have come by then.
    fn take_in<'s>(
        self: &'s Arc<Self>,
        shapes: impl Stream<Item = Read> + Send + 's,
    ) -> impl Stream<Item = Vec<NotificationResult>> + Send + 's {
        shapes.ready_chunks(PAGE).map(move |page| Arc::clone(self).page(page)).buffered(PAGES_AT_ONCE)
    }

    async fn page(self: Arc<Self>, page: Vec<Read>) -> Vec<NotificationResult> {
        let ready: Vec<_> = page.into_iter().map(|(index, shape)| (index, self.ready(index, shape))).collect();
        let people = ready.iter().filter_map(|(_, ready)| match ready {
            Ok(Ready::New(new)) => new.person.clone(),
            Ok(Ready::Known(_)) | Err(_) => None,
        });
        let mut kept = match people::keep(&self.door, self.asker.tenant, people.collect()).await {
            Ok(verdicts) => Ok(verdicts.into_iter()),
            Err(problem) => Err(problem),
        };
        let mut next = || match &mut kept {
            Ok(verdicts) => verdicts.next().unwrap_or(Ok(())).map_err(not_kept),
            Err(problem) => Err(problem.clone()),
        };
        let stored = ready.into_iter().map(|(index, ready)| {
            let ready = match ready {
                Ok(Ready::New(new)) if new.person.is_some() => next().map(|()| Ready::New(new)),
                other => other,
            };
            let intake = Arc::clone(&self);
            async move {
                let noted = match ready {
                    Ok(Ready::New(new)) => intake.store(*new).await,
                    Ok(Ready::Known(noted)) => Ok(*noted),
                    Err(problem) => Err(problem),
                };
                intake.result(index, &noted)
            }
        });
        futures_util::future::join_all(stored).await
    }

    fn ready(&self, index: usize, shape: Result<NotificationShape, Problem>) -> Result<Ready, Problem> {
        let key = self.key.0.as_ref().map(|key| format!("{key}/{index}"));
        ready(&self.door, &self.asker, shape?, Name::Own(key.as_deref()))
    }

    async fn store(&self, new: Unstored) -> Result<Noted, Problem> {
        new.store(&self.door, self.asker.by.clone()).await
    }

    fn result(&self, index: usize, noted: &Result<Noted, Problem>) -> NotificationResult {
        match noted {
            Ok(noted) => NotificationResult::taken(index, noted),
            Err(problem) => {
                let body = problem.body(&self.door.settings.public_url, self.request.request.as_str());
                NotificationResult::refused(index, problem, &body)
            }
        }
    }
}
