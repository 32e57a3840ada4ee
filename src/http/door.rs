//! What every endpoint can reach, and the router of all of them.

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use baton_actors::clock::Clock;
use baton_actors::engine::Engine;
use bytes::Bytes;
use tokio::sync::watch;
use utoipa::OpenApi as _;
use utoipa::openapi::Server;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::config::drop_in::System;
use crate::http::agents;
use crate::http::dashboard;
use crate::http::desk;
use crate::http::details;
use crate::http::drivers;
use crate::http::drop_in;
use crate::http::endpoints;
use crate::http::events;
use crate::http::events::places::Places;
use crate::http::idempotency::Fingerprints;
use crate::http::jobs;
use crate::http::keys;
use crate::http::leads;
use crate::http::limits::Limits;
use crate::http::notifications;
use crate::http::offers;
use crate::http::ops;
use crate::http::ops::openapi::{Document, Head, close_requests};
use crate::http::plans;
use crate::http::porch::Porch;
use crate::http::problem::{Code, Problem};
use crate::http::public;
use crate::http::public::webhooks::hooks::Hooks;
use crate::http::quarantine;
use crate::http::replies;
use crate::http::reports;
use crate::http::routes;
use crate::http::settings::Settings;
use crate::http::sources;
use crate::http::telegram;
use crate::http::templates;
use crate::http::tenants;
use crate::http::vehicles;
use crate::http::webhooks;
use crate::keys::Keys;
use crate::links::Links;
use crate::sealing::Keyring;
use crate::sinks::Poster;
use crate::telegram_desk::TelegramDesk;
use crate::telemetry::metrics::Exposition;
use crate::wording::Wording;

/// What every endpoint can reach; one pointer, because every request gets a copy.
#[derive(Clone)]
pub struct Door(Arc<Behind>);

/// What lies behind the door.
pub struct Behind {
    /// What the operator set.
    pub settings: Arc<Settings>,
    /// The keys that open it.
    pub keys: Arc<Keys>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The engine behind it.
    pub engine: Engine,
    /// What signs links to people.
    pub links: Arc<Links>,
    /// What tells bodies apart.
    pub fingerprints: Fingerprints,
    /// What messages say.
    pub wording: Arc<Wording>,
    /// What seals private details.
    pub keyring: Arc<Keyring>,
    /// The bot, where there is one.
    pub telegram: Option<Arc<TelegramDesk>>,
    /// Who else calls, and where their news goes; none where nobody does.
    pub hooks: Option<Arc<Hooks>>,
    /// What posts events to endpoints.
    pub poster: Arc<Poster>,
    /// Places for those who listen to events.
    pub listeners: Arc<Places>,
    /// Whether the server is about to stop: whoever waits for something is answered.
    pub leaving: watch::Receiver<bool>,
    /// What is counted; none where no recorder was set up.
    pub exposition: Option<Exposition>,
}

impl Deref for Door {
    type Target = Behind;
    fn deref(&self) -> &Behind {
        &self.0
    }
}

impl From<Behind> for Door {
    fn from(behind: Behind) -> Self {
        Self(Arc::new(behind))
    }
}

impl FromRef<Door> for Arc<Settings> {
    fn from_ref(door: &Door) -> Self {
        door.settings.clone()
    }
}

impl Door {
    fn porch(&self) -> Porch {
        let (settings, keys, wording) = (self.settings.clone(), self.keys.clone(), self.wording.clone());
        Porch::new(settings, keys, Limits::new(&self.settings), wording)
    }

    /// Every endpoint, behind the porch, below a path; at the root where that is empty.
    pub fn router_at(self, base_path: &str) -> Router {
        if base_path.is_empty() {
            return self.router();
        }
        let beside = Router::new().fallback(elsewhere).layer(self.porch()).with_state(self.clone());
        Router::new().nest(base_path, self.router()).fallback_service(beside)
    }

    /// Every endpoint, behind the porch.
    pub fn router(self) -> Router {
        let porch = self.porch();
        let (endpoints, document) = endpoints().split_for_parts();
        let mut document = described(document);
        let link_path = self.settings.link_path();
        if !link_path.is_empty() {
            document.servers = Some(vec![Server::new(link_path)]);
        }
        let document = Document(Bytes::from(document.to_json().unwrap_or_default()));
        endpoints
            .merge(ops::docs::router(link_path))
            .merge(public::routes())
            .merge(drop_in::routes(&self.settings.drop_in.enabled))
            .route("/", get(ops::landing::get))
            .route("/openapi.json", get(move || std::future::ready(document.answer())))
            .route("/problems", get(ops::problems::list))
            .route("/problems/", get(ops::problems::list))
            .route("/problems/{code}", get(ops::problems::show))
            .fallback(nothing_here)
            .layer(from_fn_with_state(self.clone(), on_disk))
            .layer(porch)
            .with_state(self)
    }
}

/// The document of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    described(endpoints().into_openapi())
}

/// The document as it comes from the endpoints, with what holds for all of them.
fn described(mut document: utoipa::openapi::OpenApi) -> utoipa::openapi::OpenApi {
    if let Err(error) = close_requests(&mut document) {
        tracing::error!(%error, "the document of the API does not say that unknown fields are refused");
    }
    document
}

/// Every endpoint that stands in the document.
fn endpoints() -> OpenApiRouter<Door> {
    OpenApiRouter::with_openapi(Head::openapi())
        .routes(routes!(ops::health::get))
        .routes(routes!(ops::ready::get))
        .routes(routes!(ops::version::get))
        .routes(routes!(ops::metrics::get))
        .routes(routes!(ops::components::get))
        .merge(quarantine::routes())
        .merge(jobs::routes())
        .merge(leads::routes())
        .merge(offers::routes())
        .merge(agents::routes())
        .merge(notifications::routes())
        .merge(drivers::routes())
        .merge(vehicles::routes())
        .merge(routes::routes())
        .merge(plans::routes())
        .merge(sources::routes())
        .merge(templates::routes())
        .merge(reports::routes())
        .merge(endpoints::routes())
        .merge(dashboard::routes())
        .merge(events::routes())
        .merge(tenants::routes())
        .merge(desk::routes())
        .merge(details::routes())
        .merge(keys::routes())
        .merge(telegram::routes())
        .merge(webhooks::routes())
        .routes(routes!(replies::post))
}

/// The OpenAPI document of every endpoint, as `/openapi.json` gives it.
pub fn document() -> Result<String, serde_json::Error> {
    openapi().to_pretty_json()
}

/// What somebody reads is on disk before they are told: a step can be read a moment before it is synced. Probes do not wait; they
/// tell how the process is, also while its disk hangs.
async fn on_disk(State(door): State<Door>, request: Request, next: Next) -> Response {
    let probe = ["/health", "/ready", "/version", "/metrics"].iter().any(|probe| request.uri().path().ends_with(probe));
    let reads = request.method().is_safe() && !probe;
    let answer = next.run(request).await;
    if reads && answer.status().is_success() {
        door.engine.house().committer.settled().await;
    }
    answer
}

async fn nothing_here(State(door): State<Door>) -> Problem {
    let nothing = Problem::new(Code::NotFound, "nothing is served under this path");
    if door.settings.drop_in.has(System::Notifier) { drop_in::notifier::probes::no_route(nothing) } else { nothing }
}

/// Beside the base path.
async fn elsewhere(State(door): State<Door>) -> Problem {
    let base = &door.settings.base_path;
    Problem::new(Code::NotFound, format!("nothing is served under this path; everything answers below {base}"))
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode};
    use baton_core::ids::TenantId;
    use tower::ServiceExt;

    use super::*;
    use crate::http::address::Peer;
    use crate::http::sample;
    use crate::keys::{ApiKeyRecord, Scope};

    const METER: &str = "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm";
    const READER: &str = "rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr";

    async fn door() -> Door {
        let record =
            |key: &str, scope| ApiKeyRecord::of(&key.into(), TenantId::DEFAULT, "k", vec![scope], None).unwrap();
        let settings = Settings { metrics_networks: vec!["127.0.0.0/8".parse().unwrap()], ..Settings::default() };
        sample::door(settings, [record(METER, Scope::Metrics), record(READER, Scope::JobsRead)]).await
    }

    async fn get(router: &Router, path: &str, from: [u8; 4], key: Option<&str>) -> (StatusCode, String, String) {
        let mut request = Request::get(path).extension(Peer((from, 4711).into()));
        if let Some(key) = key {
            request = request.header("x-api-key", key);
        }
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        let kind = parts.headers.get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
        (parts.status, kind.unwrap_or_default(), String::from_utf8_lossy(&body).into_owned())
    }

    const HERE: [u8; 4] = [127, 0, 0, 1];
    const AWAY: [u8; 4] = [192, 0, 2, 7];

    #[tokio::test]
    async fn a1_a2_health_and_version_answer_anybody() {
        let router = door().await.router();
        let (status, kind, body) = get(&router, "/health", AWAY, None).await;
        assert_eq!((status.as_u16(), kind.as_str(), body.as_str()), (200, "application/json", r#"{"status":"ok"}"#));
        let (status, _, body) = get(&router, "/version", AWAY, None).await;
        assert_eq!(
            (status.as_u16(), body),
            (200, format!(r#"{{"name":"baton","version":"{}"}}"#, env!("CARGO_PKG_VERSION")))
        );
    }

    #[tokio::test]
    async fn t10_a_house_that_cannot_work_is_alive_but_not_ready() {
        let door = door().await;
        let router = door.clone().router();
        assert_eq!(get(&router, "/ready", AWAY, None).await.0, StatusCode::OK);
        door.engine.set_open(false);
        let (status, _, body) = get(&router, "/ready", AWAY, None).await;
        assert!(status == StatusCode::SERVICE_UNAVAILABLE && body.contains("\"missing\":{\"intake\""), "{body}");
        assert_eq!(get(&router, "/health", AWAY, None).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn s9_metrics_are_for_known_networks_or_a_key_of_their_scope() {
        let router = door().await.router();
        for (from, key, status) in [
            (HERE, None, 200),
            (AWAY, None, 401),
            (AWAY, Some(READER), 403),
            (AWAY, Some(METER), 200),
            (HERE, Some(READER), 200),
        ] {
            assert_eq!(get(&router, "/metrics", from, key).await.0.as_u16(), status, "{from:?} {key:?}");
        }
    }

    #[tokio::test]
    async fn what_a_problems_type_leads_to_is_a_page() {
        let router = door().await.router();
        for code in Code::ALL {
            let (status, kind, body) = get(&router, &format!("/problems/{}", code.as_str()), AWAY, None).await;
            assert_eq!((status, kind.as_str()), (StatusCode::OK, "text/html; charset=utf-8"));
            assert!(body.contains(&format!("<h1>{}</h1>", code.title())), "{body}");
        }
        assert_eq!(get(&router, "/problems/none-such", AWAY, None).await.0, StatusCode::NOT_FOUND);
        assert_eq!(get(&router, "/problems", AWAY, None).await.0, StatusCode::OK);
        assert_eq!(get(&router, "/", AWAY, None).await.0, StatusCode::OK);
    }

    #[tokio::test]
    async fn the_documentation_comes_from_the_binary() {
        let router = door().await.router();
        let (status, _, page) = get(&router, "/docs/", AWAY, None).await;
        assert_eq!(status, StatusCode::OK);
        for line in page.lines().filter(|line| line.contains("src=") || line.contains("href=")) {
            assert!(!line.contains("//"), "{line}");
        }
        assert_eq!(get(&router, "/docs/swagger-ui-bundle.js", AWAY, None).await.0, StatusCode::OK);
        let (_, kind, document) = get(&router, "/openapi.json", AWAY, None).await;
        let document: serde_json::Value = serde_json::from_str(&document).unwrap();
        assert!(kind == "application/json" && document["paths"]["/health"].is_object());
        assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
    }
}
