//! A JSON body, read once from its bytes, with every mistake answered as a problem.
//!
//! What comes out is the endpoint's shape, raw; its own `read` makes of it what the core knows, or says all that is wrong.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::http::given::{Given, Wanted};
use crate::http::problem::{Code, FieldError, Problem};
use crate::http::settings::Settings;

/// A JSON body of at most `server.body_limit` bytes.
pub struct Json<T>(pub T);

/// A JSON body of at most `server.batch_limit` bytes: a list, a sync.
pub struct BatchJson<T>(pub T);

/// A JSON body that may be left out.
pub struct MaybeJson<T>(pub T);

/// What some write before a text in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// A JSON body of a sender that can set no header: whatever it is said to be.
pub struct Bare<T>(pub T);

impl<S, T> FromRequest<S> for Bare<T>
where
    T: for<'de> Wanted<'de>,
    S: Send + Sync,
    Arc<Settings>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body = collect(request, Arc::<Settings>::from_ref(state).body_limit).await?;
        // Some write a mark before it that JSON does not know.
        parse(body.strip_prefix(BOM).unwrap_or(&body)).map(Self)
    }
}

impl<S, T> FromRequest<S> for Json<T>
where
    T: for<'de> Wanted<'de>,
    S: Send + Sync,
    Arc<Settings>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        must_be_json(request.headers())?;
        parse(&collect(request, Arc::<Settings>::from_ref(state).body_limit).await?).map(Self)
    }
}

impl<S, T> FromRequest<S> for BatchJson<T>
where
    T: for<'de> Wanted<'de>,
    S: Send + Sync,
    Arc<Settings>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        must_be_json(request.headers())?;
        parse(&collect(request, Arc::<Settings>::from_ref(state).batch_limit).await?).map(Self)
    }
}

impl<S, T> FromRequest<S> for MaybeJson<T>
where
    T: for<'de> Wanted<'de> + Default,
    S: Send + Sync,
    Arc<Settings>: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let said = request.headers().contains_key(CONTENT_TYPE).then(|| must_be_json(request.headers()));
        let body = collect(request, Arc::<Settings>::from_ref(state).body_limit).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        said.unwrap_or_else(|| Err(wrong_type()))?;
        parse(&body).map(Self)
    }
}

/// Refuses what does not say that it is JSON.
pub fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim();
    let is_json = essence.eq_ignore_ascii_case("application/json")
        || (essence.len() > 17
            && essence.as_bytes()[..12].eq_ignore_ascii_case(b"application/")
            && essence.as_bytes()[essence.len() - 5..].eq_ignore_ascii_case(b"+json"));
    if is_json { Ok(()) } else { Err(wrong_type()) }
}

fn wrong_type() -> Problem {
    Problem::new(Code::UnsupportedMediaType, "the body must come with Content-Type: application/json")
}

/// The whole body, unless it is larger than the limit.
pub async fn collect(request: Request, limit: usize) -> Result<Bytes, Problem> {
    fits(request.headers(), limit)?;
    let collected = Limited::new(request.into_body(), limit).collect().await;
    collected.map(http_body_util::Collected::to_bytes).map_err(|fault| broken_off(&*fault, limit))
}

/// Refuses what says itself that its body is over a limit: then nothing of it needs to be read.
pub fn fits(headers: &HeaderMap, limit: usize) -> Result<(), Problem> {
    if says_too_large(headers, limit) { Err(too_large(limit)) } else { Ok(()) }
}

/// Why a body of at most so many bytes did not come whole.
pub fn broken_off(fault: &(dyn std::error::Error + Send + Sync + 'static), limit: usize) -> Problem {
    if fault.is::<LengthLimitError>() {
        return too_large(limit);
    }
    Problem::new(Code::MalformedJson, "the body ended before its end")
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("the body is over {limit} bytes"))
}

/// Whether the request says itself that its body is over a limit: then nothing of it needs to be read.
fn says_too_large(headers: &HeaderMap, limit: usize) -> bool {
    let said =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<usize>().ok());
    said.is_some_and(|length| length > limit)
}

/// What is wrong with a body that is no JSON, and where.
pub fn malformed(fault: &serde_json::Error) -> Problem {
    let (line, column) = (fault.line(), fault.column());
    let what = match fault.classify() {
        serde_json::error::Category::Eof => "the body ends too early",
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "the body is not JSON",
        // The only thing shapes refuse while reading.
        serde_json::error::Category::Data => "a field is given twice",
    };
    Problem::new(Code::MalformedJson, format!("{what}: line {line}, column {column}"))
}

/// Reads a body of the wanted type.
pub fn parse<T: for<'de> Wanted<'de>>(body: &[u8]) -> Result<T, Problem> {
    let given = serde_json::from_slice::<Given<T>>(body).map_err(|fault| malformed(&fault))?;
    let wrong = |found: &'static str| {
        let (message, cure) = (format!("is {found}").into(), format!("give {}", T::WANTED).into());
        Problem::of_fields(vec![FieldError { field: String::new(), message, cure }])
    };
    match given {
        Given::Is(value) => Ok(value),
        Given::Wrong(found) => Err(wrong(found)),
        Given::Null | Given::Absent => Err(wrong("null")),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::http::given::object;
    use crate::http::strangers::Strangers;

    #[derive(Default)]
    struct Sample {
        name: Given<String>,
        inner: Given<Inner>,
        strangers: Strangers,
    }

    #[derive(Default)]
    struct Inner {
        count: Given<u32>,
        strangers: Strangers,
    }

    object! {
        Sample { name, inner }
        Inner { count }
    }

    fn code(body: &str) -> (Code, String) {
        let problem = parse::<Sample>(body.as_bytes()).map(|_| ()).expect_err("a problem");
        (problem.code, problem.detail.into_owned())
    }

    #[test]
    fn a8_a_broken_body_is_named_with_line_and_column() {
        assert_eq!(code("{bad"), (Code::MalformedJson, "the body is not JSON: line 1, column 2".into()));
        assert_eq!(code("{\n\"name\":"), (Code::MalformedJson, "the body ends too early: line 2, column 7".into()));
        assert_eq!(code(""), (Code::MalformedJson, "the body ends too early: line 1, column 0".into()));
        assert_eq!(code("{} x"), (Code::MalformedJson, "the body is not JSON: line 1, column 4".into()));
        assert_eq!(code(r#"{"name":"a","name":"b"}"#).0, Code::MalformedJson);
        assert_eq!(
            parse::<Sample>(b"{\"name\":\"\xff\"}").map(|_| ()).expect_err("a problem").code,
            Code::MalformedJson
        );
        assert_eq!(code(&"[".repeat(10_000)).0, Code::MalformedJson);
        assert_eq!(code(&r#"{"extra":"#.repeat(10_000)).0, Code::MalformedJson);
    }

    #[test]
    fn e3_a_list_where_an_object_is_wanted_is_refused() {
        assert_eq!(code("[]"), (Code::ValidationFailed, "the body is a list".into()));
        assert_eq!(code("null"), (Code::ValidationFailed, "the body is null".into()));
        assert_eq!(code("7"), (Code::ValidationFailed, "the body is a number".into()));
    }

    #[test]
    fn wrong_types_and_unknown_fields_inside_are_kept_for_the_form() {
        let sample = parse::<Sample>(br#"{"name":7,"inner":{"count":"3","cuont":3},"later":{"x":[1]}}"#).unwrap();
        assert!(sample.name == Given::Wrong("a number"));
        assert_eq!(sample.strangers.iter().map(|stranger| stranger.name).collect::<Vec<_>>(), ["later"]);
        let inner = sample.inner.value().unwrap();
        assert!(inner.count == Given::Wrong("text"));
        assert_eq!(inner.strangers.iter().map(|stranger| stranger.name).collect::<Vec<_>>(), ["cuont"]);
    }

    #[test]
    fn only_json_is_read_as_json() {
        let said = |value: &str| {
            must_be_json(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_str(value).unwrap())])).is_ok()
        };
        for json in ["application/json", "Application/JSON; charset=utf-8", "application/merge-patch+json"] {
            assert!(said(json), "{json}");
        }
        for other in
            ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp", "application/+json", "é"]
        {
            assert!(!said(other), "{other}");
        }
        assert!(must_be_json(&HeaderMap::new()).is_err());
    }
}
