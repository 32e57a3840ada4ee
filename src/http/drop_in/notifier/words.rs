//! The notification dispatcher's words: of fields, states and refusals.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use baton_core::delivery::Provider;
use serde_json::{Value, json};

use crate::http::problem::Problem;
use crate::http::problem::answer::advise;

/// Our names of a recipient's fields, and its.
pub const OF_RECIPIENTS: [(&str, &str); 3] =
    [("ref", "externalRef"), ("phone", "phoneE164"), ("time_zone", "timezone")];

/// Our names of a consent's fields, and its.
pub const OF_CONSENTS: [(&str, &str); 4] = [
    ("consents[0].channel", "channelType"),
    ("consents[0].status", "status"),
    ("consents[0].source", "source"),
    ("consents[0].at", "grantedAt"),
];

/// Our names of a template's fields, and its.
pub const OF_TEMPLATES: [(&str, &str); 4] = [
    ("channel", "channelType"),
    ("locale", "language"),
    ("state", "status"),
    ("providers[0].name", "providerTemplateName"),
];

/// Our names of a notification's fields, and its.
pub const OF_NOTIFICATIONS: [(&str, &str); 13] = [
    ("recipient.contact.ref", "recipient.externalRef"),
    ("recipient.contact.phone", "recipient.phoneE164"),
    ("recipient.contact.email", "recipient.email"),
    ("recipient.contact.name", "recipient.name"),
    ("recipient.contact", "recipient"),
    ("recipient.id", "recipient.recipientId"),
    ("recipient.ref", "recipient.externalRef"),
    ("external_ref", "externalRequestId"),
    ("event_type", "eventType"),
    ("channel", "channelType"),
    ("template", "templateKey"),
    ("scheduled_at", "scheduledAt"),
    ("schedule.at", "scheduledAt"),
];

/// Its states of a notification, and which of ours they are. Nothing is ever `processing`: what is on its way is `queued` until
/// its provider has it.
pub const STATES: [(&str, &[&str]); 6] = [
    ("queued", &["scheduled", "deferred", "queued"]),
    ("processing", &[]),
    ("sent", &["sent"]),
    ("delivered", &["delivered", "read"]),
    ("failed", &["failed", "suppressed", "expired"]),
    ("canceled", &["canceled"]),
];

/// Where a notification stands, by our word.
pub fn state(ours: &'static str) -> &'static str {
    STATES.iter().find(|(_, of_ours)| of_ours.contains(&ours)).map_or(ours, |(theirs, _)| theirs)
}

/// What it calls a provider.
pub fn provider(provider: Provider) -> &'static str {
    match provider {
        Provider::Meta => "meta_cloud",
        Provider::Console
        | Provider::Telegram
        | Provider::TwilioWhatsapp
        | Provider::TwilioSms
        | Provider::Resend
        | Provider::SendGrid
        | Provider::Smtp => provider.as_str(),
    }
}

/// A refusal in its envelope.
pub fn no(status: StatusCode, code: &str, message: &str, details: &Value) -> Response {
    let error = json!({ "code": code, "message": message, "details": details });
    (status, axum::Json(json!({ "error": error }))).into_response()
}

/// Every refusal in its envelope: our code stands in `details`, with all that belongs to it.
pub async fn in_its_words(mut response: Response) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    let status = problem.code.status();
    let mut answer = if status == StatusCode::INTERNAL_SERVER_ERROR {
        let fell = json!({ "success": false, "error": problem.detail, "status": status.as_u16() });
        (status, axum::Json(fell)).into_response()
    } else {
        let mut details = json!({ "code": problem.code.as_str() });
        if !problem.errors.is_empty() {
            details["errors"] = json!(problem.errors);
        }
        for (member, value) in problem.more.iter().flat_map(|more| more.iter()) {
            details[member] = value.clone();
        }
        let own = problem.code.as_str().replace('-', "_").to_uppercase();
        let code = match status {
            StatusCode::BAD_REQUEST => "BAD_REQUEST",
            StatusCode::UNAUTHORIZED => "UNAUTHORIZED",
            StatusCode::NOT_FOUND => "NOT_FOUND",
            StatusCode::CONFLICT => "CONFLICT",
            _ => &own,
        };
        no(status, code, &problem.detail, &details)
    };
    advise(&problem, answer.headers_mut());
    answer
}

#[cfg(test)]
mod tests {
    use baton_core::notification::Notification;

    use super::*;

    #[test]
    fn every_state_of_ours_is_one_of_its() {
        for ours in Notification::STATUSES {
            assert_eq!(STATES.iter().filter(|(_, of_ours)| of_ours.contains(&ours)).count(), 1, "{ours}");
        }
        assert_eq!((state("deferred"), state("read"), state("suppressed")), ("queued", "delivered", "failed"));
    }
}
