//! The envelope with `ok` in it, in which two of the systems answer.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::http::problem::Problem;
use crate::http::problem::answer::advise;

/// With the word that all went well.
pub fn with_ok(mut answer: Value) -> Value {
    answer["ok"] = Value::from(true);
    answer
}

/// All went well.
pub fn ok(answer: Value) -> Response {
    axum::Json(with_ok(answer)).into_response()
}

/// A refusal.
pub fn no(status: StatusCode, error: &str, more: Value) -> Response {
    let mut answer = more;
    answer["ok"] = Value::from(false);
    answer["error"] = Value::from(error);
    (status, axum::Json(answer)).into_response()
}

/// Every other refusal in its envelope: the word is our code.
pub async fn in_its_words(mut response: Response) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let mut more = json!({ "detail": problem.detail });
    if !problem.errors.is_empty() {
        more["errors"] = json!(problem.errors);
    }
    for (member, value) in problem.more.iter().flat_map(|more| more.iter()) {
        more[member] = value.clone();
    }
    let mut answer = no(problem.code.status(), &problem.code.as_str().replace('-', "_"), more);
    advise(&problem, answer.headers_mut());
    answer
}
