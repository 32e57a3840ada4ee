//! The porch: the one layer every request passes. It notes who comes and from where, turns away what is too much, and
//! finishes every answer: problem bodies, request id, security headers, CORS, metrics and the log line.
//!
//! One layer rather than five, because each costs an allocation and a boxed future on the intake path.

use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use axum::http::header::{CONTENT_TYPE, HOST, LOCATION, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use baton_actors::clock::Stopwatch;
use baton_actors::gauges;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tower::{Layer, Service};
use tracing::Instrument;

use crate::http::address;
use crate::http::caller::{self, Visitor};
use crate::http::limits::Limits;
use crate::http::problem::{Code, FieldError, Problem, answer};
use crate::http::request_id::{RequestId, X_REQUEST_ID};
use crate::http::settings::Settings;
use crate::http::{cors, security};
use crate::keys::Keys;
use crate::wording::Wording;

/// The layer.
#[derive(Clone)]
pub struct Porch(Arc<Rules>);

struct Rules {
    settings: Arc<Settings>,
    keys: Arc<Keys>,
    limits: Limits,
    wording: Arc<Wording>,
}

impl Porch {
    /// With these rules.
    pub fn new(settings: Arc<Settings>, keys: Arc<Keys>, limits: Limits, wording: Arc<Wording>) -> Self {
        Self(Arc::new(Rules { settings, keys, limits, wording }))
    }
}

impl<S> Layer<S> for Porch {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded { inner, rules: self.0.clone() }
    }
}

/// An endpoint behind the porch.
#[derive(Clone)]
pub struct Guarded<S> {
    inner: S,
    rules: Arc<Rules>,
}

impl<S> Service<Request> for Guarded<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let arrived = Stopwatch::start();
        let rules = self.rules.clone();
        let visit = Visit::of(&request, &rules);
        let span = tracing::error_span!(
            "request",
            id = visit.visitor.request.as_str(),
            method = visit.method.as_str(),
            route = visit.route(&rules).unwrap_or_default()
        );
        if let Some(refused) = rules.turn_away(&request, &visit.visitor) {
            let response = span.in_scope(|| visit.finish(refused, &rules, arrived));
            return Box::pin(std::future::ready(Ok(response)));
        }
        request.extensions_mut().insert(visit.visitor.clone());
        let answered = self.inner.call(request);
        let patience = rules.settings.request_timeout;
        let finished = async move {
            let answered = tokio::time::timeout(patience, AssertUnwindSafe(answered).catch_unwind()).await;
            let response = match answered {
                Ok(Ok(Ok(response))) => response,
                Ok(Err(_panic)) => Problem::new(Code::Internal, "the endpoint panicked").into_response(),
                Err(_elapsed) => {
                    Problem::new(Code::RequestTimeout, "the request was not answered in time").into_response()
                }
            };
            Ok(visit.finish(response, &rules, arrived))
        };
        Box::pin(finished.instrument(span))
    }
}

impl Rules {
    /// The answer to a request that does not get as far as its endpoint.
    fn turn_away(&self, request: &Request, visitor: &Visitor) -> Option<Response> {
        // Load balancers call these by address, often, and from everywhere.
        let is_probe = matches!(request.uri().path(), "/health" | "/ready");
        if !is_probe && !self.serves(request.headers(), request.uri()) {
            let problem = Problem::new(Code::HostNotAllowed, "nothing is served under this host name");
            return Some(problem.into_response());
        }
        if cors::is_preflight(request.method(), request.headers()) {
            return Some(cors::preflight(cors::allowed(request.headers(), &self.settings.cors_origins).as_ref()));
        }
        let within = match &visitor.key {
            Some(key) if request.uri().path().ends_with("/export") => {
                self.limits.key(key.id).and_then(|()| self.limits.export(key.id))
            }
            Some(key) => self.limits.key(key.id),
            None if is_probe => Ok(()),
            // Providers call from few addresses, and often.
            None if request.uri().path().starts_with("/public/webhooks/") => self.limits.webhook(visitor.address),
            None => self.limits.address(visitor.address),
        };
        let wait = within.err()?;
        metrics::counter!(gauges::ADMISSION_REFUSED, "reason" => "rate_limited").increment(1);
        Some(Problem::new(Code::RateLimited, "more requests came than are allowed").retry_after(wait).into_response())
    }

    fn serves(&self, headers: &HeaderMap, uri: &Uri) -> bool {
        if self.settings.hosts.is_empty() {
            return true;
        }
        // HTTP/2 carries the host in the address.
        let said = uri.authority().map(Authority::host);
        let said = said.or_else(|| headers.get(HOST)?.to_str().ok());
        let Some(said) = said else { return false };
        let bare = match said.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            Some(_) | None => said,
        };
        self.settings.hosts.iter().any(|host| host.eq_ignore_ascii_case(bare))
    }
}

/// One request, as the porch needs it for the answer.
struct Visit {
    visitor: Visitor,
    method: Method,
    matched: Option<MatchedPath>,
    origin: Option<HeaderValue>,
    /// Where a person looks: the languages of their browser.
    languages: Option<String>,
}

impl Visit {
    fn of(request: &Request, rules: &Rules) -> Self {
        let headers = request.headers();
        let peer = address::peer(request.extensions());
        let address: IpAddr = address::address(peer, headers, &rules.settings.trusted_proxies);
        let key = caller::recognise(headers, &rules.keys);
        Self {
            visitor: Visitor { request: RequestId::of(headers), address, key },
            method: request.method().clone(),
            matched: request.extensions().get::<MatchedPath>().cloned(),
            origin: headers.get(ORIGIN).and_then(|_| cors::allowed(headers, &rules.settings.cors_origins)),
            languages: answer::languages(request.uri().path(), headers),
        }
    }

    /// The template of the path below the base path, never the path itself: links to people carry their token in it.
    fn route(&self, rules: &Rules) -> Option<&str> {
        let route = self.matched.as_ref()?.as_str();
        Some(route.strip_prefix(rules.settings.base_path.as_str()).unwrap_or(route))
    }

    fn finish(&self, mut response: Response, rules: &Rules, arrived: Stopwatch) -> Response {
        let id = &self.visitor.request;
        if response.extensions().get::<Problem>().is_none()
            && let Some(problem) = of_the_frame(&response)
        {
            response.extensions_mut().insert(problem);
        }
        let problem = response.extensions_mut().remove::<Problem>();
        let code = problem.as_ref().map(|problem| problem.code);
        if let Some(problem) = problem {
            let words = self.languages.as_deref().map(|wanted| answer::words(&problem, wanted, &rules.wording));
            response = answer::write(response, &problem, &rules.settings.public_url, id, words);
        }
        let headers = response.headers_mut();
        headers.insert(X_REQUEST_ID, id.header());
        lead(headers, rules.settings.link_path());
        security::guard(headers);
        if let Some(origin) = self.origin.clone() {
            cors::mark(headers, origin);
        }
        self.note(rules, response.status(), code, arrived.elapsed());
        response
    }

    fn note(&self, rules: &Rules, status: StatusCode, code: Option<Code>, took: Duration) {
        let route = self.route(rules).unwrap_or("other").to_owned();
        metrics::counter!(gauges::HTTP_REQUESTS, "route" => route.clone(), "status" => status.as_str().to_owned())
            .increment(1);
        metrics::histogram!(gauges::HTTP_SECONDS, "route" => route).record(took);
        let (status, took_us) = (status.as_u16(), took.as_micros() as u64);
        let code = code.map(Code::as_str);
        let who = self.visitor.key.as_ref().map(|key| key.name.as_str());
        if status >= 500 {
            tracing::info!(status, took_us, code, key = who, "answered {status}");
        } else {
            tracing::debug!(status, took_us, code, key = who, "answered {status}");
        }
    }
}

/// Where an answer leads to a path of ours, it leads there as the client sees it.
fn lead(headers: &mut HeaderMap, link_path: &str) {
    if link_path.is_empty() {
        return;
    }
    let led = headers.get(LOCATION).and_then(|to| to.to_str().ok()).filter(|to| to.starts_with('/'));
    if let Some(Ok(led)) = led.map(|to| HeaderValue::try_from(format!("{link_path}{to}"))) {
        headers.insert(LOCATION, led);
    }
}

/// The problem behind a refusal that no endpoint of ours wrote.
fn of_the_frame(response: &Response) -> Option<Problem> {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let bare = kind.is_empty() || kind.starts_with("text/plain");
    match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => {
            Some(Problem::new(Code::MethodNotAllowed, "the path exists, but not for this method"))
        }
        StatusCode::NOT_FOUND if bare => Some(Problem::new(Code::NotFound, "there is nothing under this path")),
        StatusCode::BAD_REQUEST if bare => Some(Problem::of_fields(vec![FieldError {
            field: "path".to_owned(),
            message: "cannot be read".into(),
            cure: "send it as UTF-8, percent-encoded".into(),
        }])),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::routing::{get, post};
    use baton_actors::channel::Rate;
    use baton_core::ids::TenantId;
    use serde_json::Value;
    use tower::ServiceExt;

    use super::*;
    use crate::http::caller::{Caller, Write};
    use crate::http::given::{Given, object};
    use crate::http::json::Json;
    use crate::http::strangers::Strangers;
    use crate::keys::{ApiKeyRecord, Scope};

    const KEY: &str = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
    const READER: &str = "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr";

    #[derive(Default)]
    struct Sample {
        name: Given<String>,
        strangers: Strangers,
    }
    object! {
        Sample { name }
    }

    #[derive(Clone)]
    struct State(Arc<Settings>);
    impl axum::extract::FromRef<State> for Arc<Settings> {
        fn from_ref(state: &State) -> Self {
            state.0.clone()
        }
    }

    async fn create(caller: Caller<Write>, Json(sample): Json<Sample>) -> String {
        format!("{}:{}", caller.name(), sample.name.value().unwrap_or_default())
    }

    async fn panics() {
        panic!("as planned")
    }

    fn house(settings: Settings) -> Router {
        let record =
            |key: &str, name, scope| ApiKeyRecord::of(&key.into(), TenantId::DEFAULT, name, vec![scope], None).unwrap();
        let keys = Keys::new([record(KEY, "shop", Scope::JobsWrite), record(READER, "screen", Scope::JobsRead)]);
        let settings = Arc::new(settings);
        let porch =
            Porch::new(settings.clone(), Arc::new(keys), Limits::new(&settings), crate::http::sample::wording());
        Router::new()
            .route("/things", post(create).get(|| async { "seen" }))
            .route("/named/{name}", get(|axum::extract::Path(name): axum::extract::Path<String>| async { name }))
            .route("/panics", get(panics))
            .route("/never", get(std::future::pending::<()>))
            .fallback(|| async { Problem::new(Code::NotFound, "nothing") })
            .layer(porch)
            .with_state(State(settings))
    }

    struct Answer {
        status: u16,
        headers: HeaderMap,
        body: String,
    }

    impl Answer {
        fn problem(&self) -> (u16, String) {
            let kind = self.headers.get("content-type").unwrap();
            assert_eq!(kind, "application/problem+json", "{}", self.body);
            let body: Value = serde_json::from_str(&self.body).unwrap();
            assert_eq!(body["status"], self.status);
            assert_eq!(body["request_id"], self.headers.get("x-request-id").unwrap().to_str().unwrap());
            (self.status, body["code"].as_str().unwrap().to_owned())
        }
    }

    async fn ask(house: &Router, line: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = house.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    const JSON: (&str, &str) = ("content-type", "application/json");

    #[tokio::test]
    async fn a8_whatever_is_wrong_is_answered_as_a_problem() {
        let house = house(Settings { body_limit: 100, ..Settings::default() });
        let key = ("x-api-key", KEY);
        let large = format!("{{\"name\":\"{}\"}}", "x".repeat(200));
        let cases = [
            // line           headers                              body          status and code
            ("GET /nowhere", vec![], "", (404, "not-found")),
            ("DELETE /things", vec![key], "", (405, "method-not-allowed")),
            ("POST /things", vec![key, JSON], "{bad", (400, "malformed-json")),
            ("POST /things", vec![key, JSON], "[]", (400, "validation-failed")),
            ("POST /things", vec![key, ("content-type", "text/html")], "{}", (415, "unsupported-media-type")),
            ("POST /things", vec![key], "{}", (415, "unsupported-media-type")),
            ("POST /things", vec![key, JSON], large.as_str(), (413, "body-too-large")),
            ("GET /panics", vec![key], "", (500, "internal")),
        ];
        for (line, headers, body, (status, code)) in cases {
            let answer = ask(&house, line, &headers, body).await;
            assert_eq!(answer.problem(), (status, code.to_owned()), "{line} {body}");
        }
        let unreadable = ask(&house, "GET /named/%ff", &[key], "").await;
        assert_eq!(unreadable.problem(), (400, "validation-failed".to_owned()));
        let fine = ask(&house, "POST /things", &[key, JSON], r#"{"name":"n"}"#).await;
        assert_eq!((fine.status, fine.body.as_str()), (200, "shop:n"));
    }

    #[tokio::test]
    async fn s2_who_you_are_comes_before_what_you_say() {
        let house = house(Settings::default());
        for headers in [vec![], vec![("authorization", "Bearer wrong")], vec![JSON]] {
            let answer = ask(&house, "POST /things", &headers, "{bad").await;
            assert_eq!(answer.problem(), (401, "unauthorized".into()));
            assert!(answer.headers.contains_key("www-authenticate"));
        }
        let answer = ask(&house, "POST /things", &[("x-api-key", READER)], "{bad").await;
        assert_eq!(answer.problem(), (403, "forbidden".into()));
    }

    #[tokio::test]
    async fn s7_one_request_too_many_is_told_when_to_come_back() {
        let rate = Some(Rate { count: 2, per_millis: 60_000, burst: 2 });
        let house = house(Settings { key_rate: rate, address_rate: rate, ..Settings::default() });
        for headers in [vec![], vec![("x-api-key", KEY)]] {
            for _ in 0..2 {
                assert_eq!(ask(&house, "GET /things", &headers, "").await.status, 200);
            }
            let headers = [headers, vec![("x-forwarded-for", "203.0.113.77")]].concat();
            let answer = ask(&house, "GET /things", &headers, "").await;
            assert_eq!(answer.problem(), (429, "rate-limited".into()));
            let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
            assert!((1..=60).contains(&wait));
        }
    }

    #[tokio::test]
    async fn s10_answers_carry_security_headers_and_only_listed_origins_may_read_them() {
        let house = house(Settings { cors_origins: vec!["https://desk.example.com".into()], ..Settings::default() });
        let answer = ask(&house, "GET /things", &[("origin", "https://desk.example.com")], "").await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            ("access-control-allow-origin", "https://desk.example.com"),
        ] {
            assert_eq!(answer.headers[name], value);
        }
        let other = ask(&house, "GET /things", &[("origin", "https://evil.example.com")], "").await;
        assert!(!other.headers.contains_key("access-control-allow-origin"));
        let asks = ("access-control-request-method", "POST");
        let may = ask(&house, "OPTIONS /things", &[("origin", "https://desk.example.com"), asks], "").await;
        assert_eq!((may.status, may.headers.contains_key("access-control-allow-methods")), (204, true));
        let may_not = ask(&house, "OPTIONS /things", &[("origin", "https://evil.example.com"), asks], "").await;
        assert!(!may_not.headers.contains_key("access-control-allow-methods"));
    }

    #[tokio::test]
    async fn s9_only_listed_hosts_are_served() {
        let house = house(Settings { hosts: vec!["jobs.example.com".into()], ..Settings::default() });
        assert_eq!(ask(&house, "GET /things", &[("host", "Jobs.example.com:8080")], "").await.status, 200);
        let answer = ask(&house, "GET /things", &[("host", "other.example.com")], "").await;
        assert_eq!(answer.problem(), (404, "host-not-allowed".into()));
        assert_eq!(ask(&house, "GET /things", &[], "").await.status, 404);
    }

    #[tokio::test]
    async fn t8_the_requests_id_is_echoed() {
        let house = house(Settings::default());
        let answer = ask(&house, "GET /things", &[("x-request-id", "order-7")], "").await;
        assert_eq!(answer.headers["x-request-id"], "order-7");
        let drawn = ask(&house, "GET /things", &[("x-request-id", "not sane")], "").await;
        assert_eq!(drawn.headers["x-request-id"].len(), 32);
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_answered_all_the_same() {
        let house = house(Settings { request_timeout: Duration::from_millis(10), ..Settings::default() });
        assert_eq!(ask(&house, "GET /never", &[], "").await.problem(), (503, "request-timeout".into()));
    }
}
