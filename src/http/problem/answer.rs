//! A problem as it is answered: JSON for programs, a page for people.

use axum::body::Body;
use axum::http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;

use crate::http::problem::{Code, Problem};
use crate::http::request_id::RequestId;

/// Whether a person looks at the answer: links sent to people, unless a program says it wants JSON.
pub fn for_a_person(path: &str, headers: &HeaderMap) -> bool {
    let is_link = path.strip_prefix("/public/").is_some_and(|rest| !rest.starts_with("webhooks/"));
    is_link && !headers.get_all(ACCEPT).iter().any(|value| value.to_str().is_ok_and(|accept| accept.contains("json")))
}

/// Gives a problem's response its body and headers.
pub fn write(response: Response, problem: &Problem, public_url: &str, id: &RequestId, page: bool) -> Response {
    let (mut parts, _) = response.into_parts();
    let body = if page { None } else { serde_json::to_vec(&problem.body(public_url, id.as_str())).ok() };
    let (kind, body) = match body {
        Some(body) => ("application/problem+json", body),
        None => ("text/plain; charset=utf-8", problem.code.title().into()),
    };
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    parts.headers.remove(CONTENT_LENGTH);
    if let Some(wait) = problem.retry_after {
        // Rounded up: whoever comes back a moment too early is refused again.
        let secs = wait.as_millis().div_ceil(1000).max(1);
        parts.headers.insert(RETRY_AFTER, HeaderValue::from(u64::try_from(secs).unwrap_or(u64::MAX)));
    }
    if problem.code == Code::Unauthorized {
        parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"baton\""));
    }
    Response::from_parts(parts, Body::from(body))
}
