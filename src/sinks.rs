//! Events on their way to endpoints: written out, signed, and posted where it is allowed.

use std::sync::Arc;
use std::time::Duration;

use baton_actors::clock::{BoxFuture, Clock, Stopwatch};
use baton_actors::event_log::Logged;
use baton_actors::sinks::queue::{Customer, Handed};
use baton_actors::sinks::{Came, Carrier, Endpoint, Item, Outcome};
use baton_core::dashboard::Tells;
use baton_core::ids::TenantId;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Url};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::http::shapes::event_view::{EventView, kind};
use crate::sealing::Keyring;

pub mod dashboard;
pub mod guard;
pub mod secret;

use guard::{Forbidden, Guard};
use secret::Signing;

/// The type of the event of a test.
const TEST: &str = "baton.test";

/// A connection that takes longer to open is given up.
const CONNECT: Duration = Duration::from_secs(5);

/// Posts events.
pub struct Poster {
    http: Client,
    guard: Guard,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    public_url: String,
    /// A dashboard must answer by then.
    dashboard_timeout: Duration,
}

/// An event as it is posted: as the feed shows it, and with its moment under the name that Standard Webhooks has for it.
#[derive(Serialize)]
struct Posted<'a> {
    timestamp: String,
    #[serde(flatten)]
    event: EventView<'a>,
}

/// An event on its way.
struct Message {
    id: String,
    body: Vec<u8>,
}

impl Poster {
    /// Posts with a time-out to what the guard lets through.
    pub fn new(
        guard: Guard,
        timeout: Duration,
        keyring: Arc<Keyring>,
        clock: Arc<dyn Clock>,
        public_url: String,
        dashboard_timeout: Duration,
    ) -> Result<Self, reqwest::Error> {
        let http = Client::builder()
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(timeout.min(CONNECT))
            .timeout(timeout)
            .redirect(reqwest::redirect::Policy::none())
            // A proxy would look names up by itself, and connect to whatever they mean.
            .no_proxy()
            .dns_resolver(guard.clone())
            .build()?;
        Ok(Self { http, guard, keyring, clock, public_url, dashboard_timeout })
    }

    fn message(&self, endpoint: &Endpoint, logged: &Logged) -> Option<Message> {
        let event = EventView::of(logged, endpoint.id.tenant, &self.public_url);
        let id = format!("{}-{}", endpoint.id.tenant, logged.no);
        let body = serde_json::to_vec(&Posted { timestamp: logged.entry.at.to_string(), event }).ok()?;
        Some(Message { id, body })
    }

    /// Posts an event of nothing, once.
    pub async fn test(&self, endpoint: &Endpoint) -> Outcome {
        if endpoint.is_dashboard() {
            return self.tell_dashboard(endpoint, &Uuid::new_v4().to_string(), TEST, b"{}").await;
        }
        let id = format!("{}-test-{}", endpoint.id.tenant, Uuid::new_v4());
        let now = self.clock.now().to_string();
        let event = json!({
            "specversion": "1.0", "id": id, "source": format!("{}/tenants/{}", self.public_url, endpoint.id.tenant),
            "type": TEST, "subject": format!("endpoints/{}", endpoint.id), "time": now, "timestamp": now,
            "datacontenttype": "application/json", "data": {},
        });
        let began = Stopwatch::start();
        let (came, retry_after) = self.post(endpoint, Message { id, body: event.to_string().into_bytes() }).await;
        Outcome { came, took: began.elapsed(), retry_after, is_final: false }
    }

    async fn post(&self, endpoint: &Endpoint, message: Message) -> (Came, Option<Duration>) {
        let Ok(url) = Url::parse(&endpoint.url) else { return (Came::Impossible, None) };
        // The library looks up names alone: an address in figures is looked at here.
        if self.guard.refuses(&url) {
            return (Came::Forbidden, None);
        }
        let now = self.clock.now();
        let seconds = now.0.div_euclid(1_000);
        let Some(signatures) =
            Signing::of(endpoint, &self.keyring, now).map(|signing| signing.sign(&message.id, seconds, &message.body))
        else {
            return (Came::Impossible, None);
        };
        let request = self
            .http
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", &message.id)
            .header("webhook-timestamp", seconds.to_string())
            .header("webhook-signature", signatures)
            .body(message.body);
        // What it answers beyond its status is not read.
        match request.send().await {
            Ok(answer) => {
                let status = answer.status();
                let came = if status.is_success() { Came::Taken } else { Came::Status };
                (came(status.as_u16()), retry_after(&answer))
            }
            Err(error) => (failed(&error), None),
        }
    }
}

/// How much rest an answer asks for.
fn retry_after(answer: &reqwest::Response) -> Option<Duration> {
    let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    asked.and_then(|value| value.trim().parse().ok()).map(Duration::from_secs)
}

/// What came of a call that brought no answer.
fn failed(error: &reqwest::Error) -> Came {
    if Forbidden::is_behind(error) {
        Came::Forbidden
    } else if error.is_timeout() {
        Came::TimedOut
    } else if error.is_builder() {
        Came::Impossible
    } else {
        Came::Unreachable
    }
}

/// Posts by one client, shared by all endpoints.
pub struct Posters(pub Arc<Poster>);

impl Carrier for Posters {
    fn kind(&self, event: &Item) -> String {
        match event {
            Item::Logged(logged) => kind(&logged.entry.event),
            Item::Queued(queued) => queued.handed.wire.as_str().to_owned(),
        }
    }

    fn carry(&self, endpoint: Arc<Endpoint>, event: Item) -> BoxFuture<'static, Outcome> {
        let poster = Arc::clone(&self.0);
        Box::pin(async move {
            let event = match event {
                Item::Logged(logged) => logged,
                Item::Queued(queued) => return poster.tell_queued(&endpoint, &queued).await,
            };
            let began = Stopwatch::start();
            let (came, retry_after) = match poster.message(&endpoint, &event) {
                Some(message) => poster.post(&endpoint, message).await,
                None => (Came::Impossible, None),
            };
            Outcome { came, took: began.elapsed(), retry_after, is_final: false }
        })
    }

    fn order(&self, tenant: TenantId, name: &str) -> Uuid {
        dashboard::order(&self.0.keyring, tenant, name)
    }

    fn words(&self, dashboard: &Endpoint, job: &Logged, tells: Tells, customer: Option<&Customer>) -> Option<Handed> {
        dashboard::words(&self.0.keyring, dashboard.id.tenant, job, tells, customer)
    }
}

#[cfg(test)]
mod tests;
