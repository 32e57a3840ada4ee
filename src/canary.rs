//! The canary: a job of our own that goes all the way, again and again, so that what people would notice is noticed first; and a heartbeat
//! for a dead man's switch outside, which calls for help when it hears nothing.
//!
//! It comes in by the same door as everybody (authentication, JSON, sealing, the approval page), in a tenant of its own: nobody's lists,
//! reports and desk ever see it. Its jobs go after `canary.keep`; what a run could not end is called off by the next.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{Method, Request};
use baton_actors::clock::{Clock, Stopwatch};
use baton_actors::gauges;
use baton_core::delivery::{ChannelKind, Provider};
use baton_core::gates::{Dial, Gates};
use baton_core::tenant::{Desk, Settings, Settlement};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::channels::call::CallerError;
use crate::config::canary::{Canary as Set, Way};
use crate::http::address::Peer;
use crate::http::door::Door;
use crate::keys::{ApiKeyRecord, Scope, generate};
use crate::service::ServeError;

/// Who takes the canary's jobs.
const AGENT: &str = "canary";
/// How often it is looked whether something has happened.
const LOOK: Duration = Duration::from_millis(25);
/// How long the heartbeat's address may take to answer.
const HEARTBEAT_WITHIN: Duration = Duration::from_secs(10);
/// No answer to the canary is larger.
const ANSWER_MAX: usize = 1 << 20;

/// The canary.
pub struct Canary {
    set: Set,
    door: Door,
    router: Router,
    key: SecretString,
    http: reqwest::Client,
    /// One run at a time.
    flying: tokio::sync::Mutex<()>,
}

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
enum Fallen {
    #[error("{step} was answered {status} ({code})")]
    Refused { step: &'static str, status: u16, code: String },
    #[error("{step} took longer than canary.step_within")]
    Late { step: &'static str },
    #[error("{step} was answered in a form that is not known")]
    Strange { step: &'static str },
}

impl Canary {
    /// A canary behind this door.
    pub fn new(set: Set, door: &Door) -> Result<Self, ServeError> {
        let key = generate();
        let scopes = vec![Scope::JobsRead, Scope::JobsWrite, Scope::Operator];
        // It stands in no list and no store: it ends with the process.
        door.keys.put(ApiKeyRecord::of(&key, set.tenant, "canary", scopes, None)?);
        metrics::gauge!(gauges::CANARY_LAST).set(seconds(&*door.clock));
        let router = door.clone().router();
        let flying = tokio::sync::Mutex::default();
        let http = reqwest::Client::builder().timeout(HEARTBEAT_WITHIN).build().map_err(CallerError::Http)?;
        Ok(Self { set, door: door.clone(), router, key, http, flying })
    }

    /// One run, unless one is going on; and where all is well, the heartbeat.
    pub async fn fly(&self) {
        let Ok(_alone) = self.flying.try_lock() else { return };
        let well = match self.goes_all_the_way().await {
            Ok(took) => {
                metrics::histogram!(gauges::CANARY_STEP, "step" => "whole").record(took);
                metrics::gauge!(gauges::CANARY_LAST).set(seconds(&*self.door.clock));
                true
            }
            Err(why) => {
                tracing::error!(%why, "the canary did not come to its end: jobs may be stuck");
                false
            }
        };
        metrics::counter!(gauges::CANARY_RUNS, "outcome" => word(well)).increment(1);
        metrics::gauge!(gauges::CANARY_FAILING).set(if well { 0.0 } else { 1.0 });
        if well && self.door.engine.is_ready() {
            self.beat().await;
        }
    }

    async fn beat(&self) {
        let Some(url) = &self.set.heartbeat_url else { return };
        let called = self.http.get(url.expose_secret()).send().await;
        let heard = called.as_ref().is_ok_and(|answer| answer.status().is_success());
        if !heard {
            // Its address may hold a secret, so that the error is not told whole.
            let status = called.ok().map(|answer| answer.status().as_u16());
            tracing::warn!(status, "the heartbeat was not heard");
        }
        metrics::counter!(gauges::HEARTBEATS, "outcome" => word(heard)).increment(1);
    }

    async fn goes_all_the_way(&self) -> Result<Duration, Fallen> {
        self.begin().await?;
        let whole = Stopwatch::start();
        let step = Stopwatch::start();
        let order = json!({
            "external_ref": format!("canary-{}", self.door.clock.now().0), "approval": "link",
            "brief": { "from": "Canary", "to": "Canary" }, "details": { "notes": "nobody\'s" },
            "plan": { "waves": [{ "mode": "one_by_one", "claim_within": "15m" }], "search_for": "15m" },
        });
        let job = self.asks("create", Method::POST, "/api/v1/jobs", Some(order)).await?;
        let text = |step, value: &Value| value.as_str().map(str::to_owned).ok_or(Fallen::Strange { step });
        let path = format!("/api/v1/jobs/{}", text("create", &job["id"])?);
        note("create", &step);

        let step = Stopwatch::start();
        let url = text("approve", &job["approve_url"])?;
        let page = url.strip_prefix(&self.door.settings.public_url).ok_or(Fallen::Strange { step: "approve" })?;
        self.presses("approve", page, "action=approve").await?;
        note("approve", &step);

        let step = Stopwatch::start();
        let seen = self.waits("offer", &path, |job| job["offers"][0]["sent"] == true).await?;
        note("offer", &step);

        let step = Stopwatch::start();
        let offer = text("claim", &seen["offers"][0]["id"])?;
        self.asks("claim", Method::POST, &format!("/api/v1/offers/{offer}/claim"), Some(json!({}))).await?;
        self.waits("claim", &path, |job| job["status"] == "claimed").await?;
        note("claim", &step);

        for (step, status) in [("confirm", "confirmed"), ("release", "released"), ("complete", "completed")] {
            let began = Stopwatch::start();
            self.asks(step, Method::POST, &format!("{path}/{step}"), Some(json!({}))).await?;
            self.waits(step, &path, |job| job["status"] == status).await?;
            note(step, &began);
        }
        Ok(whole.elapsed())
    }

    /// The tenant and its agent are as they must be, and nothing of an earlier run is open.
    async fn begin(&self) -> Result<(), Fallen> {
        let step = "begin";
        let (engine, tenant) = (&self.door.engine, self.set.tenant);
        let wanted = self.settings();
        let is = engine.tenants().get(tenant).is_some_and(|view| view.version > 0 && view.settings == wanted);
        if !is {
            let stored = engine.put_settings(tenant, wanted, None, "canary".to_owned()).await;
            stored.map_err(|_| Fallen::Strange { step })?;
        }
        let channel = match &self.set.way {
            Way::Stub => ChannelKind::Console,
            Way::Email(_) => ChannelKind::Email,
            Way::Telegram(_) => ChannelKind::Telegram,
        };
        let mut agent = json!({
            "name": "Canary", "phone": "+447700900000", "channels": [channel.as_str()], "active": true,
        });
        match &self.set.way {
            Way::Stub => {}
            Way::Email(email) => agent["email"] = json!(email),
            Way::Telegram(chat) => agent["telegram_chat_id"] = json!(chat),
        }
        self.asks(step, Method::PUT, &format!("/api/v1/agents/{AGENT}"), Some(agent)).await?;
        for status in ["needs_approval", "scheduled", "offering", "unfilled", "claimed", "confirmed", "released"] {
            let left = format!("/api/v1/jobs?limit=100&status={status}");
            let left = self.asks(step, Method::GET, &left, None).await?;
            for job in left["items"].as_array().into_iter().flatten().filter_map(|job| job["id"].as_str()) {
                let cancel = format!("/api/v1/jobs/{job}/cancel");
                self.asks(step, Method::POST, &cancel, Some(json!({ "reason": "left behind" }))).await?;
            }
        }
        Ok(())
    }

    /// A desk that nobody sits at, two gates that a person passes, and where its offers go to the stub, the way there.
    fn settings(&self) -> Settings {
        let gates = Gates { confirm: Dial::Person, invoice: Dial::Off, payment: Dial::Off, release: Dial::Person };
        let stub = (self.set.way == Way::Stub).then(|| (ChannelKind::Console, vec![Provider::Console]));
        Settings {
            desk: Desk::default(),
            settlement: Settlement { gates, ..Settlement::default() },
            routes: stub.into_iter().collect(),
            ..Settings::default()
        }
    }

    async fn asks(&self, step: &'static str, method: Method, path: &str, body: Option<Value>) -> Result<Value, Fallen> {
        let key = format!("Bearer {}", self.key.expose_secret());
        let request = Request::builder().method(method).uri(path).header(AUTHORIZATION, key);
        let request = request.header(CONTENT_TYPE, "application/json");
        let text = self.sends(step, request, body.map_or_else(String::new, |body| body.to_string())).await?;
        serde_json::from_slice(&text).map_err(|_| Fallen::Strange { step })
    }

    /// A button on a page.
    async fn presses(&self, step: &'static str, path: &str, form: &str) -> Result<(), Fallen> {
        let request = Request::builder().method(Method::POST).uri(path);
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.sends(step, request, form.to_owned()).await.map(drop)
    }

    async fn sends(
        &self,
        step: &'static str,
        request: axum::http::request::Builder,
        body: String,
    ) -> Result<Vec<u8>, Fallen> {
        let host = self.door.settings.hosts.first().map_or("localhost", String::as_str);
        let here = Peer(([127, 0, 0, 1], 0).into());
        let request = request.header(HOST, host).extension(here).body(Body::from(body));
        let request = request.map_err(|_| Fallen::Strange { step })?;
        let answered = async {
            // It cannot fail: whatever goes wrong is an answer.
            let Ok(response) = self.router.clone().oneshot(request).await;
            let status = response.status();
            let body = to_bytes(response.into_body(), ANSWER_MAX).await.map_err(|_| Fallen::Strange { step })?;
            if status.is_success() {
                return Ok(body.to_vec());
            }
            let problem: Value = serde_json::from_slice(&body).unwrap_or_default();
            let code = problem["code"].as_str().unwrap_or("no code").to_owned();
            Err(Fallen::Refused { step, status: status.as_u16(), code })
        };
        tokio::time::timeout(self.set.step_within, answered).await.unwrap_or(Err(Fallen::Late { step }))
    }

    /// Waits until a job is so; gives it back.
    async fn waits(&self, step: &'static str, path: &str, so: impl Fn(&Value) -> bool) -> Result<Value, Fallen> {
        let began = Stopwatch::start();
        loop {
            let job = self.asks(step, Method::GET, path, None).await?;
            if so(&job) {
                return Ok(job);
            }
            if began.elapsed() > self.set.step_within {
                return Err(Fallen::Late { step });
            }
            let clock = &self.door.clock;
            clock.sleep_until(clock.now() + LOOK).await;
        }
    }
}

/// A run of it, as the schedule starts them.
pub async fn fly(canary: Arc<Canary>) {
    canary.fly().await;
}

fn note(step: &'static str, since: &Stopwatch) {
    metrics::histogram!(gauges::CANARY_STEP, "step" => step).record(since.elapsed());
}

fn word(well: bool) -> &'static str {
    if well { "ok" } else { "failed" }
}

fn seconds(clock: &dyn Clock) -> f64 {
    Duration::from_millis(clock.now().0.unsigned_abs()).as_secs_f64()
}
