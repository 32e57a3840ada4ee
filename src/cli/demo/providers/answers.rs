//! How people answer an offer on each path: with what that channel gives them for it.

use serde_json::{Value, json};

use super::server::Server;
use super::stub::{APP_SECRET, AUTH_TOKEN, End, Given, NUMBER, NUMBER_ID, PARSE_SECRET, SVIX_SECRET, Stub};
use super::stub::{email, phone, unfolded};
use super::told::now;
use super::{PUBLIC_URL, Path};
use crate::simulator::provider::callback::{self, Callback};
use crate::simulator::provider::{Answer, Taken};

impl Path {
    /// With what people answer.
    pub(super) fn answer(self) -> &'static str {
        match self {
            Self::Telegram | Self::Meta | Self::TwilioWhatsapp => "button",
            Self::Resend | Self::SendGrid => "mail",
            Self::Smtp => "link",
            Self::TwilioSms => "text",
        }
    }
}

impl Stub {
    /// Person `no` answers an offer: yes or no.
    pub async fn answers(&self, server: &Server, given: &Given, no: u16, yes: bool) -> Result<(), String> {
        let word = if yes { "YES" } else { "NO" };
        let call = match (given, &self.end) {
            (Given::Chat { chat, message }, End::Telegram { bot, .. }) => {
                return bot.chat(*chat).presses(message.id, word).map(drop).map_err(|error| error.to_string());
            }
            (Given::Mail(mail), _) => {
                let path = link(&unfolded(&mail.text)).ok_or("the mail has no link to answer by")?;
                return server.submits(&path, &[("answer", if yes { "yes" } else { "no" })]).await;
            }
            (Given::Taken(taken), End::Http(provider)) => match self.path {
                Path::Resend => {
                    let id = format!("received-{no}");
                    let mail = json!({ "object": "email", "text": format!("{word}\r\n\r\n> Reply"), "html": null, "headers": {} });
                    provider.shows(&format!("/emails/receiving/{id}"), Answer::json(200, &mail));
                    received_by_resend(taken, no, &id)?
                }
                Path::SendGrid => received_by_sendgrid(taken, no, word)?,
                Path::Meta => tapped_at_meta(taken, no, yes)?,
                Path::TwilioWhatsapp => tapped_at_twilio(taken, no, yes)?,
                Path::TwilioSms => texted(no, word),
                Path::Telegram | Path::Smtp => return Err("another provider took it".to_owned()),
            },
            (Given::Chat { .. } | Given::Taken(_), _) => return Err("another provider took it".to_owned()),
        };
        reaches(&call, server, 200).await
    }
}

/// Makes a call that must be answered so.
pub async fn reaches(call: &Callback, server: &Server, expected: u16) -> Result<(), String> {
    match call.reaches(server.url()).await {
        Ok(status) if status == expected => Ok(()),
        Ok(status) => Err(format!("{} was answered with {status} in place of {expected}", call.path)),
        Err(_) => Err(format!("{} was not answered", call.path)),
    }
}

/// Makes a call that must be refused; gives back with which status.
pub async fn is_refused(call: &Callback, server: &Server) -> Result<u16, String> {
    match call.reaches(server.url()).await {
        Ok(status @ (401 | 403)) => Ok(status),
        Ok(status) => Err(format!("a forged call of {} was answered with {status}", call.path)),
        Err(_) => Err(format!("{} was not answered", call.path)),
    }
}

fn received_by_resend(taken: &Taken, no: u16, id: &str) -> Result<Callback, String> {
    let body = json!({ "type": "email.received", "created_at": "2026-11-20T16:48:22.579Z",
        "data": { "email_id": id, "from": email(no), "to": [reply_to(taken)?], "subject": "Re: offer" } });
    Ok(callback::of_resend("/public/webhooks/resend/default", &format!("msg_{id}"), now(), &body, SVIX_SECRET))
}

fn received_by_sendgrid(taken: &Taken, no: u16, word: &str) -> Result<Callback, String> {
    let envelope = json!({ "to": [reply_to(taken)?], "from": email(no) }).to_string();
    let fields = [
        ("from", email(no)),
        ("envelope", envelope),
        ("text", format!("{word}\r\n\r\n> Reply")),
        ("headers", format!("Message-ID: <{no}@example.com>")),
        ("SPF", "pass".to_owned()),
        ("dkim", "{@example.com : pass}".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let path = format!("/public/webhooks/sendgrid/default/inbound/{PARSE_SECRET}");
    Ok(callback::of_sendgrid_inbound(&path, &fields))
}

fn tapped_at_meta(taken: &Taken, no: u16, yes: bool) -> Result<Callback, String> {
    let (id, title) = button(taken, yes)?;
    let from = phone(no).trim_start_matches('+').to_owned();
    let button = json!({ "payload": id, "text": title });
    let tap =
        json!({ "id": format!("wamid.tap{no}"), "from": from, "timestamp": "1", "type": "button", "button": button });
    let body = callback::meta_envelope(NUMBER_ID, json!({ "messages": [tap] }));
    Ok(callback::of_meta("/public/webhooks/meta/default", &body, APP_SECRET))
}

fn tapped_at_twilio(taken: &Taken, no: u16, yes: bool) -> Result<Callback, String> {
    let (id, title) = button(taken, yes)?;
    let (sid, from, to) = (format!("SMtap{no}"), format!("whatsapp:{}", phone(no)), format!("whatsapp:{NUMBER}"));
    let fields = [
        ("MessageSid", sid.as_str()),
        ("SmsStatus", "received"),
        ("From", &from),
        ("To", &to),
        ("Body", title),
        ("ButtonText", title),
        ("ButtonPayload", id),
    ];
    Ok(callback::of_twilio(PUBLIC_URL, "/public/webhooks/twilio/default", &fields, AUTH_TOKEN))
}

fn texted(no: u16, word: &str) -> Callback {
    let (sid, from) = (format!("SMtext{no}"), phone(no));
    let fields =
        [("MessageSid", sid.as_str()), ("SmsStatus", "received"), ("From", &from), ("To", NUMBER), ("Body", word)];
    callback::of_twilio(PUBLIC_URL, "/public/webhooks/twilio/default", &fields, AUTH_TOKEN)
}

/// What an offer's button carries, and what it says.
fn button(taken: &Taken, yes: bool) -> Result<(&str, &str), String> {
    let button = taken.buttons.get(usize::from(!yes)).ok_or("the offer has no buttons")?;
    Ok((&button.0, &button.1))
}

/// Where a mail is answered.
fn reply_to(taken: &Taken) -> Result<String, String> {
    let mail: Value = serde_json::from_str(&taken.body).unwrap_or_default();
    let address = mail["reply_to"].as_str().or(mail["reply_to"]["email"].as_str());
    address.map(str::to_owned).ok_or_else(|| "the mail cannot be answered by a mail".to_owned())
}

/// The path of the page where an offer is answered.
fn link(text: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("{PUBLIC_URL}/public/offers/"))?;
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~');
    let token: String = rest.chars().take_while(|c| is_token(*c)).collect();
    Some(format!("/public/offers/{token}"))
}
