//! `POST /api/v1/dispatch/batch`: several at once, each for itself.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::dispatch::{DispatchShape, take};
use super::words::No;
use crate::http::caller::{Caller, Write};
use crate::http::door::Door;
use crate::http::form::Form;
use crate::http::given::{Given, object};
use crate::http::idempotency::IdempotencyKey;
use crate::http::json::BatchJson;
use crate::http::problem::Problem;
use crate::http::strangers::Strangers;

/// No more at once.
const MOST: usize = 100;

/// So many are taken in at a time.
const AT_ONCE: usize = 16;

/// Several dispatches.
#[derive(Default)]
pub struct BatchShape {
    dispatches: Given<Vec<Given<DispatchShape>>>,
    strangers: Strangers,
}

object! {
    BatchShape { dispatches }
}

/// As many results as there were items, in their order. One that is malformed refuses all of them, before any is taken.
pub async fn create(
    caller: Caller<Write>,
    key: IdempotencyKey,
    State(door): State<Door>,
    BatchJson(shape): BatchJson<BatchShape>,
) -> Result<Response, No> {
    if let Given::Is(list) = &shape.dispatches {
        let bad = |code, message| Err(No::new(StatusCode::BAD_REQUEST, code, message));
        match list.len() {
            0 => return bad("EMPTY_BATCH", "dispatches must have at least one item"),
            1..=MOST => {}
            _ => return bad("BATCH_TOO_LARGE", "dispatches must have at most 100 items"),
        }
    }
    let (tenant, now) = (caller.tenant(), door.clock.now());
    let wanted = Form::body(shape, |form, shape| {
        form.field("dispatches", shape.dispatches).required().each(MOST, |form, item| item.read(form, tenant, now))
    });
    let wanted = wanted.map_err(Problem::of_fields)?;
    let caller = Arc::new(caller);
    let one = |(index, wanted)| {
        let key = key.0.as_ref().map(|key| format!("{key} {index}"));
        let (door, caller) = (door.clone(), Arc::clone(&caller));
        async move {
            match take(&door, &caller, wanted, key.as_deref()).await {
                Ok(job) => json!({ "index": index, "success": true, "dispatch_id": job.id.to_string() }),
                Err(no) => json!({ "index": index, "success": false, "error": no.in_words() }),
            }
        }
    };
    let results: Vec<Value> =
        futures_util::stream::iter(wanted.into_iter().enumerate()).map(one).buffered(AT_ONCE).collect().await;
    let successful = results.iter().filter(|result| result["success"] == true).count();
    let summary = json!({ "total": results.len(), "successful": successful, "failed": results.len() - successful });
    Ok((StatusCode::ACCEPTED, axum::Json(json!({ "results": results, "summary": summary }))).into_response())
}
