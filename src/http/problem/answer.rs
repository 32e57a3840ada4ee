//! A problem as it is answered: JSON for programs, a page for people.

use std::sync::Arc;

use axum::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};

use crate::http::pages::Page;
use crate::http::pages::mistake::MistakePage;
use crate::http::problem::{Code, Problem};
use crate::http::request_id::RequestId;
use crate::wording::{Wording, Words};

const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");

/// Whether a person looks at the answer: links sent to people, unless a program says it wants JSON.
fn for_a_person(path: &str, headers: &HeaderMap) -> bool {
    let is_link = path.strip_prefix("/public/").is_some_and(|rest| !rest.starts_with("webhooks/"));
    // The page of the offer router's links, where its old routes answer.
    (is_link || path == "/approve")
        && !headers.get_all(ACCEPT).iter().any(|value| value.to_str().is_ok_and(|accept| accept.contains("json")))
}

/// The languages that a person's browser wants; none where a program asks.
pub fn languages(path: &str, headers: &HeaderMap) -> Option<String> {
    let wanted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    for_a_person(path, headers).then(|| wanted.to_owned())
}

/// The words for a person who meets a problem: in their own language where it is known who they are.
pub fn words(problem: &Problem, languages: &str, wording: &Arc<Wording>) -> Words {
    match &problem.told.locale {
        Some(locale) => Words::of(wording, locale),
        None => Words::accepted(wording, languages),
    }
}

/// Gives a problem's response its body and headers: a page where there are words for a person.
pub fn write(
    response: Response,
    problem: &Problem,
    public_url: &str,
    id: &RequestId,
    words: Option<Words>,
) -> Response {
    let (parts, _) = response.into_parts();
    let mut answer = if let Some(words) = words {
        Page(parts.status, MistakePage::of(problem, id.as_str(), words)).into_response()
    } else {
        let body = serde_json::to_vec(&problem.body(public_url, id.as_str()));
        (parts.status, [(CONTENT_TYPE, PROBLEM_JSON)], body.unwrap_or_default()).into_response()
    };
    let headers = answer.headers_mut();
    // What a refusal carries beside its body, such as Allow.
    for (name, value) in parts.headers {
        if let Some(name) = name.filter(|name| *name != CONTENT_TYPE && *name != CONTENT_LENGTH) {
            headers.insert(name, value);
        }
    }
    advise(problem, headers);
    answer
}

/// The headers that go with a problem, in whatever words its body is.
pub fn advise(problem: &Problem, headers: &mut HeaderMap) {
    if let Some(wait) = problem.retry_after {
        // Rounded up: whoever comes back a moment too early is refused again.
        let secs = wait.as_millis().div_ceil(1000).max(1);
        headers.insert(RETRY_AFTER, HeaderValue::from(u64::try_from(secs).unwrap_or(u64::MAX)));
    }
    if problem.code == Code::Unauthorized {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"baton\""));
    }
    if matches!(problem.code, Code::BodyTooLarge | Code::BodyTooSlow) {
        // The rest of the body is not read, so the connection ends: a client that keeps it for the next request must know.
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
}
