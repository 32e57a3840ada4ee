//! One request: which bot, which method, which fault it meets; then its answer.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use super::World;
use super::bot::{Bot, Call};
use super::fault::{Fault, No};
use super::methods;
use crate::simulator::pass;

/// Answers `/bot<token>/<method>`.
pub(super) async fn answer(
    State(world): State<Arc<World>>,
    Extension(scissors): Extension<Arc<Notify>>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some((token, method)) = uri.path().strip_prefix("/bot").and_then(|path| path.split_once('/')) else {
        return no(&No::new(404, "Not Found".to_owned()));
    };
    let Some(bot) = world.bots.lock().get(token).cloned() else {
        return no(&No::new(401, "Unauthorized".to_owned()));
    };
    let body = arguments(&uri, &headers, &body);
    let chat = body["chat_id"].as_i64().or_else(|| body["chat_id"].as_str()?.parse().ok());
    let call = Call { at: bot.clock().now(), method: method.to_owned(), chat, body: body.clone() };
    let fault = bot.with(|state| {
        state.calls.push(call);
        fault_of(state, method, chat)
    });
    bot.has_changed();
    match fault {
        None | Some(Fault::Nothing) => carry_out(&bot, method, &body).await,
        Some(Fault::TooMany { retry_after }) => no(&No::too_many(retry_after)),
        Some(Fault::Refused(code, description)) => no(&No::new(code, description)),
        Some(Fault::Moved(to)) => no(&No::moved(to)),
        Some(Fault::Blocked) => no(&No::blocked()),
        Some(Fault::Broken) => no(&No::new(500, "Internal Server Error".to_owned())),
        Some(Fault::DoneAndBroken) => {
            carry_out(&bot, method, &body).await;
            no(&No::new(500, "Internal Server Error".to_owned()))
        }
        Some(Fault::Garbage) => (StatusCode::BAD_GATEWAY, "<html>502 Bad Gateway</html>").into_response(),
        Some(Fault::Hang(time)) => {
            pass(bot.clock(), time).await;
            carry_out(&bot, method, &body).await
        }
        Some(Fault::DoneAndHang(time)) => {
            let done = carry_out(&bot, method, &body).await;
            pass(bot.clock(), time).await;
            done
        }
        Some(Fault::Cut) => cut(&scissors).await,
        Some(Fault::DoneAndCut) => {
            carry_out(&bot, method, &body).await;
            cut(&scissors).await
        }
    }
}

/// A fault for the chat comes before one for the method, and that before one for all.
fn fault_of(state: &mut super::bot::State, method: &str, chat: Option<i64>) -> Option<Fault> {
    let of_chat = chat.and_then(|chat| state.chats.get_mut(&chat)?.faults.pop_front());
    if of_chat.is_some() {
        return of_chat;
    }
    let method = method.to_lowercase();
    let at = state.faults.iter().position(|(wanted, _)| wanted.as_ref().is_none_or(|wanted| *wanted == method));
    match at.and_then(|at| state.faults.remove(at)) {
        Some((_, fault)) => Some(fault),
        None => state.every_fault.clone(),
    }
}

async fn carry_out(bot: &Bot, method: &str, body: &Value) -> Response {
    let done = methods::carry_out(bot, method, body).await;
    bot.has_changed();
    match done {
        Ok(result) => axum::Json(json!({ "ok": true, "result": result })).into_response(),
        Err(refusal) => no(&refusal),
    }
}

fn no(no: &No) -> Response {
    let status = StatusCode::from_u16(no.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(no.to_json())).into_response();
    if let Some(wait) = no.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, wait.into());
    }
    response
}

/// Cuts the connection that this request came over; the answer is never seen.
async fn cut(scissors: &Notify) -> Response {
    scissors.notify_one();
    std::future::pending().await
}

/// The arguments of a call, as JSON or in the address.
fn arguments(uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Value {
    let is_json =
        headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if is_json && let Ok(value @ Value::Object(_)) = serde_json::from_slice(body) {
        return value;
    }
    let query = axum::extract::Query::<Map<String, Value>>::try_from_uri(uri);
    query.map_or_else(|_| json!({}), |axum::extract::Query(arguments)| Value::Object(arguments))
}
