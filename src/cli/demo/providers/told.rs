//! What providers tell of a message that they took.

use serde_json::json;

use super::stub::{APP_SECRET, AUTH_TOKEN, Given, NUMBER_ID, SVIX_SECRET, Stub, sendgrid_key};
use super::{PUBLIC_URL, Path};
use crate::simulator::provider::Taken;
use crate::simulator::provider::callback::{self, Callback, twilio_sid, wamid};
use crate::simulator::provider::resend::id as id_of;

impl Path {
    /// How far it can tell that a message has come; the last word is the furthest. Empty: that it was taken is all there is.
    pub(super) fn tells(self) -> &'static [&'static str] {
        match self {
            // Out of order and twice, as they come in life.
            Self::Meta | Self::TwilioWhatsapp => &["delivered", "sent", "delivered", "read"],
            Self::Resend | Self::SendGrid | Self::TwilioSms => &["delivered", "sent", "delivered"],
            Self::Telegram | Self::Smtp => &[],
        }
    }
}

impl Stub {
    /// The provider's call about a message; none where it makes none.
    pub fn tells(&self, given: &Given, progress: &str) -> Option<Callback> {
        let Given::Taken(taken) = given else { return None };
        match self.path {
            Path::Resend => Some(resend(taken, progress)),
            Path::SendGrid => sendgrid(taken, progress),
            Path::Meta => Some(meta(taken, progress)),
            Path::TwilioWhatsapp | Path::TwilioSms => Some(twilio(taken, progress)),
            Path::Telegram | Path::Smtp => None,
        }
    }
}

fn resend(taken: &Taken, progress: &str) -> Callback {
    let body = json!({ "type": format!("email.{progress}"), "created_at": "2026-11-20T16:48:22.579Z",
        "data": { "email_id": id_of(taken), "to": [taken.to], "tags": { "baton": taken.trace } } });
    let id = format!("msg_{}-{progress}", taken.no);
    callback::of_resend("/public/webhooks/resend/default", &id, now(), &body, SVIX_SECRET)
}

fn sendgrid(taken: &Taken, progress: &str) -> Option<Callback> {
    let event = if progress == "sent" { "processed" } else { progress };
    let event = json!({ "event": event, "sg_event_id": format!("{}-{event}", taken.no), "baton_trace": taken.trace,
        "sg_message_id": format!("TEST-{:06}.filter0001.1.0", taken.no), "timestamp": now(), "email": taken.to });
    Some(sendgrid_key()?.events("/public/webhooks/sendgrid/default", now(), &json!([event])))
}

fn meta(taken: &Taken, progress: &str) -> Callback {
    let status = json!({ "id": wamid(taken), "status": progress, "timestamp": "1", "recipient_id": taken.to,
        "biz_opaque_callback_data": taken.trace });
    let body = callback::meta_envelope(NUMBER_ID, json!({ "statuses": [status] }));
    callback::of_meta("/public/webhooks/meta/default", &body, APP_SECRET)
}

fn twilio(taken: &Taken, progress: &str) -> Callback {
    let path = format!("/public/webhooks/twilio/default/status?a={}", taken.trace);
    let sid = twilio_sid(taken);
    let fields = [("MessageSid", sid.as_str()), ("MessageStatus", progress), ("To", &taken.to)];
    callback::of_twilio(PUBLIC_URL, &path, &fields, AUTH_TOKEN)
}

/// Seconds since 1970.
pub fn now() -> u64 {
    use baton_actors::clock::{Clock as _, SystemClock};
    u64::try_from(SystemClock.now().0 / 1_000).unwrap_or_default()
}
