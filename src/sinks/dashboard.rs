//! Events on their way to a tenant's dashboard: in its own wire form, known by its bearer key.

use baton_actors::clock::Stopwatch;
use baton_actors::event_log::Logged;
use baton_actors::sinks::queue::{Customer, Handed, Queued};
use baton_actors::sinks::{Came, Endpoint, Outcome};
use baton_core::dashboard::Tells;
use baton_core::details::SealedPayload;
use baton_core::ids::{EndpointId, TenantId};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Response, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Poster, failed, retry_after};
use crate::sealing::{Keyring, SealingError};

/// Of an answer, no more is read.
const ANSWER_MAX: usize = 4 * 1024;

/// What an event is known by, the same on every attempt.
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The id of an event of a dashboard.
pub fn event_id(dashboard: EndpointId, no: u64) -> String {
    format!("{dashboard}-{no}")
}

/// A key that a dashboard knows us by, as it is kept.
pub fn seal_key(id: EndpointId, key: &SecretString, keyring: &Keyring) -> Result<SealedPayload, SealingError> {
    keyring.seal_secret(id, key.expose_secret().as_bytes())
}

/// What stands for the name of an order.
pub fn order(keyring: &Keyring, tenant: TenantId, name: &str) -> Uuid {
    keyring.stands_for(tenant, "order", name.trim())
}

/// A job in the words of a dashboard. Nothing private is in it: whom it is for, a bot has said before.
pub fn words(
    keyring: &Keyring,
    tenant: TenantId,
    job: &Logged,
    tells: Tells,
    customer: Option<&Customer>,
) -> Option<Handed> {
    let order = job.external_ref.clone().unwrap_or_else(|| job.job.to_string());
    let identifier = || {
        let opened = customer.map(|customer| keyring.open_handed(tenant, customer.sealed_for, &customer.sealed));
        opened.and_then(Result::ok).and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_else(|| json!({}))
    };
    let data = match tells {
        Tells::Created => json!({
            "customer_identifier": identifier(), "syrve_order_id": order, "external_number": job.job.code().to_string(),
            "items": [], "total": 0,
        }),
        Tells::Status(status) => json!({ "syrve_order_id": order, "status": status.as_str() }),
        Tells::Escalated(reason) => json!({
            "customer_identifier": identifier(), "reason": reason, "metadata": { "syrve_order_id": order },
        }),
        Tells::Resolved(summary) => json!({
            "customer_identifier": identifier(), "resolution_summary": summary, "metadata": { "syrve_order_id": order },
        }),
    };
    let sealed_for = Uuid::new_v4();
    let payload = keyring.seal_handed(tenant, sealed_for, data.to_string().as_bytes()).ok()?;
    Some(Handed { wire: tells.wire(), subject: Uuid::nil(), order: None, at: job.entry.at, sealed_for, payload })
}

impl Poster {
    /// Tells a dashboard of an event that waits for it, once.
    pub(super) async fn tell_queued(&self, dashboard: &Endpoint, queued: &Queued) -> Outcome {
        let Queued { no, handed } = queued;
        match self.keyring.open_handed(dashboard.id.tenant, handed.sealed_for, &handed.payload) {
            Ok(data) => self.tell_dashboard(dashboard, &event_id(dashboard.id, *no), handed.wire.as_str(), &data).await,
            Err(_) => outcome(Came::Impossible),
        }
    }

    /// Posts an event to a dashboard, once.
    pub(super) async fn tell_dashboard(&self, dashboard: &Endpoint, id: &str, event: &str, data: &[u8]) -> Outcome {
        let began = Stopwatch::start();
        let told = self.post_to_dashboard(dashboard, id, event, data).await;
        Outcome { took: began.elapsed(), ..told }
    }

    async fn post_to_dashboard(&self, dashboard: &Endpoint, id: &str, event: &str, data: &[u8]) -> Outcome {
        let Ok(url) = Url::parse(&dashboard.url) else { return outcome(Came::Impossible) };
        if self.guard.refuses(&url) {
            return outcome(Came::Forbidden);
        }
        let Some(bearer) = self.bearer(dashboard) else { return outcome(Came::Impossible) };
        let mut body = format!(r#"{{"event":"{event}","data":"#).into_bytes();
        body.extend_from_slice(data);
        body.push(b'}');
        let request = self
            .http
            .post(url)
            .timeout(self.dashboard_timeout)
            .header(CONTENT_TYPE, "application/json")
            .header(AUTHORIZATION, bearer)
            .header(IDEMPOTENCY_KEY, id)
            .body(body);
        match request.send().await {
            Ok(answer) => answered(answer).await,
            Err(error) => outcome(failed(&error)),
        }
    }

    fn bearer(&self, dashboard: &Endpoint) -> Option<HeaderValue> {
        let kept = &dashboard.secrets.last()?.sealed;
        let key = self.keyring.open_secret(dashboard.id, kept).ok()?;
        let mut bearer = HeaderValue::from_str(&format!("Bearer {}", std::str::from_utf8(&key).ok()?)).ok()?;
        bearer.set_sensitive(true);
        Some(bearer)
    }
}

fn outcome(came: Came) -> Outcome {
    Outcome { came, took: std::time::Duration::ZERO, retry_after: None, is_final: false }
}

async fn answered(answer: Response) -> Outcome {
    let (status, retry_after) = (answer.status().as_u16(), retry_after(&answer));
    let told = outcome(if (200..300).contains(&status) { Came::Taken(status) } else { Came::Status(status) });
    // A dashboard that does not know a customer says 404, and so does an address where there is none: only the first says why.
    let is_final = match status {
        400 | 409 | 413 | 415 | 422 => true,
        404 => says_why(answer).await,
        _ => false,
    };
    Outcome { retry_after, is_final, ..told }
}

/// Whether an answer is an object that says what the error is.
async fn says_why(mut answer: Response) -> bool {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = answer.chunk().await {
        body.extend_from_slice(&chunk);
        if body.len() > ANSWER_MAX {
            return false;
        }
    }
    let said: Option<Value> = serde_json::from_slice(&body).ok();
    said.is_some_and(|said| said["error"].is_string())
}
