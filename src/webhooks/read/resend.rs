//! What Resend tells: one event a call. Tags are a list where they are sent, and a map where they come back.

use std::collections::BTreeMap;

use baton_core::delivery::Progress;
use serde::Deserialize;

use super::Unreadable;
use super::mail::{address, token};
use crate::channels::email::resend::TRACE;
use crate::channels::errors::said;
use crate::webhooks::news::{Channel, Mailed, News, Reached, Told, Wants};

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    #[serde(default)]
    email_id: String,
    #[serde(default)]
    tags: BTreeMap<String, String>,
    bounce: Option<Bounce>,
    failed: Option<Reason>,
    suppressed: Option<Reason>,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: Vec<String>,
}

#[derive(Deserialize)]
struct Bounce {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default, rename = "subType")]
    detail: String,
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

/// The news of a body under the event's id; none where it is of no interest.
pub fn read(body: &[u8], id: &str) -> Result<Option<Told>, Unreadable> {
    let Event { kind, data } = serde_json::from_slice(body).map_err(|_| Unreadable)?;
    if kind == "email.received" {
        // The call does not say what stands in the mail.
        let (from, token) = (address(&data.from), token(data.to.iter().map(String::as_str)));
        let id = format!("mail/{}", data.email_id);
        let mail = Mailed { from, token, fetch: Some(data.email_id), ..Mailed::default() };
        return Ok(Some(Told { id, news: News::Mailed(mail) }));
    }
    if kind == "email.complained" {
        let who = data.to.first().map(|to| address(to)).filter(|who| !who.is_empty());
        let wants = |address| Wants { channel: Channel::Email, address, some: false, source: "complaint".to_owned() };
        return Ok(who.map(|who| Told { id: id.to_owned(), news: News::Wants(wants(who)) }));
    }
    let failed =
        |class: &str, code: &str, text: &str| Some((Progress::Failed, class.to_owned(), said(code, None, text)));
    let reached = match kind.as_str() {
        "email.sent" => Some((Progress::Sent, String::new(), String::new())),
        "email.delivered" => Some((Progress::Delivered, String::new(), String::new())),
        "email.bounced" => data.bounce.as_ref().and_then(|bounce| {
            // A mailbox that is full today is no reason to write it off.
            (bounce.kind == "Permanent").then(|| failed("recipient", "bounced", &bounce.detail)).flatten()
        }),
        "email.suppressed" => failed("recipient", "suppressed", data.suppressed.as_ref().map_or("", |why| &why.reason)),
        "email.failed" => failed("content", "failed", data.failed.as_ref().map_or("", |why| &why.reason)),
        _ => None,
    };
    let trace = data.tags.get(TRACE).cloned().unwrap_or_default();
    Ok(reached.map(|(progress, class, reason)| {
        let (message, digits) = (data.email_id, String::new());
        let reached = Reached { channel: Channel::Email, trace, message, progress, class, reason, digits };
        Told { id: id.to_owned(), news: News::Reached(reached) }
    }))
}
