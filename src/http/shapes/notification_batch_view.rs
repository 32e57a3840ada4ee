//! What became of each notification of a batch, as it goes out: short, because there are many.

use baton_actors::notification_actor::Noted;
use baton_core::ids::NotificationId;
use baton_core::notification::Answer;
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::problem::{Body, Problem};
use crate::http::shapes::shown::Shown;

/// What became of one notification.
#[derive(Serialize, ToSchema)]
pub struct NotificationResult {
    /// Which notification of the request, from 0.
    index: usize,
    /// The HTTP status it would have had alone: 202, 200 (it was there), or that of its problem.
    status: u16,
    /// The notification's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    id: Option<Shown<NotificationId>>,
    /// Where it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    notification_status: Option<&'static str>,
    /// The client's own name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    external_ref: Option<String>,
    /// What is wrong with it, as a problem.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    problem: Option<serde_json::Value>,
}

/// How many of each.
#[derive(Serialize, ToSchema)]
pub struct NotificationSummary {
    /// In all.
    total: usize,
    /// Stored by this request.
    accepted: usize,
    /// There before.
    existing: usize,
    /// Refused.
    refused: usize,
}

impl NotificationResult {
    /// A notification that is stored.
    pub fn taken(index: usize, noted: &Noted) -> Self {
        let notification = &noted.notification;
        let status = match noted.answer {
            Answer::Done => 202,
            Answer::Already => 200,
        };
        Self {
            index,
            status,
            id: Some(Shown(notification.id)),
            notification_status: Some(notification.status()),
            external_ref: notification.intent.reference.clone(),
            problem: None,
        }
    }

    /// A notification that is not.
    pub fn refused(index: usize, problem: &Problem, body: &Body<'_>) -> Self {
        let problem_body = serde_json::to_value(body).ok();
        let status = problem.code.status().as_u16();
        Self { index, status, id: None, notification_status: None, external_ref: None, problem: problem_body }
    }
}

impl NotificationSummary {
    /// Counts results.
    pub fn of(items: &[NotificationResult]) -> Self {
        let count = |status: u16| items.iter().filter(|item| item.status == status).count();
        let (total, accepted, existing) = (items.len(), count(202), count(200));
        Self { total, accepted, existing, refused: total - accepted - existing }
    }
}
