//! What Twilio tells: the status of a message whose trace stands in the address, or a message that came in. SMS and WhatsApp
//! differ in how numbers are written.

use std::collections::BTreeMap;

use baton_core::delivery::Progress;

use super::Unreadable;
use crate::channels::errors::{find, said};
use crate::channels::twilio::ERRORS;
use crate::webhooks::news::{Channel, News, Pressed, Reached, Told, Wrote, clipped};

/// The news of a form. `trace`: what stood in the address.
pub fn read(form: &[u8], trace: Option<&str>) -> Result<Option<Told>, Unreadable> {
    let fields: BTreeMap<String, String> = form_urlencoded::parse(form).into_owned().collect();
    let field = |name: &str| fields.get(name).map(String::as_str).filter(|value| !value.is_empty());
    let sid = field("MessageSid").or(field("SmsSid")).ok_or(Unreadable)?;
    let status = field("MessageStatus").or(field("SmsStatus")).unwrap_or("received");
    if status == "received" || status == "receiving" {
        return Ok(came_in(sid, &field));
    }
    let progress = match status {
        "sent" => Progress::Sent,
        "delivered" => Progress::Delivered,
        "read" => Progress::Read,
        "undelivered" | "failed" | "canceled" => Progress::Failed,
        _ => return Ok(None),
    };
    let (channel, digits) = address(field("To").unwrap_or_default());
    let (class, reason) = match (progress, field("ErrorCode")) {
        (Progress::Failed, Some(code)) => {
            let row = find(ERRORS, code);
            let class = row.map_or("content", |row| row.class.word());
            (class.to_owned(), said(code, row, field("ErrorMessage").unwrap_or_default()))
        }
        (Progress::Failed, None) => ("recipient".to_owned(), status.to_owned()),
        (Progress::Sent | Progress::Delivered | Progress::Read, _) => (String::new(), String::new()),
    };
    let (trace, message) = (trace.unwrap_or_default().to_owned(), sid.to_owned());
    let reached = Reached { channel, trace, message, progress, class, reason, digits };
    Ok(Some(Told { id: format!("{sid}/{status}"), news: News::Reached(reached) }))
}

fn came_in<'a>(sid: &str, field: &impl Fn(&str) -> Option<&'a str>) -> Option<Told> {
    let (channel, digits) = address(field("From")?);
    let id = sid.to_owned();
    if let Some(data) = field("ButtonPayload") {
        return Some(Told { id, news: News::Pressed(Pressed { channel, digits, data: clipped(data) }) });
    }
    let about = field("OriginalRepliedMessageSid").map(str::to_owned);
    // Where Twilio has seen an opt-out word, that is what the text means, whatever language it is in.
    let text = field("OptOutType").unwrap_or(field("Body")?);
    Some(Told { id, news: News::Wrote(Wrote { channel, digits, text: clipped(text), about }) })
}

fn address(text: &str) -> (Channel, String) {
    match text.strip_prefix("whatsapp:") {
        Some(number) => (Channel::Whatsapp, number.trim_start_matches('+').to_owned()),
        None => (Channel::Sms, text.trim_start_matches('+').to_owned()),
    }
}
