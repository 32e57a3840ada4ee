//! `POST /public/webhooks/twilio/{account}`, and `…/status`: where Twilio calls, with messages and with what becomes of ours.

use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, Uri};
use secrecy::ExposeSecret;

use super::hooks::{account, header, is_signed, take};
use crate::channels::twilio::TRACE;
use crate::http::door::Door;
use crate::http::problem::Problem;
use crate::webhooks::read;
use crate::webhooks::verify::twilio::{Body, Call, Keys, SETTINGS, SIGNATURE, verify};

/// Where status callbacks of messages go, below the public address.
pub const STATUS: &str = "/public/webhooks/twilio/default/status";

/// A form with one message, or what became of one.
const BODY_MAX: usize = 64 * 1024;

/// Any words in an answer would be sent back to the person as a message.
const SILENCE: ([(HeaderName, &str); 1], &str) = ([(CONTENT_TYPE, "text/xml")], "<Response/>");

/// Takes in what is told.
pub async fn post(
    Path(name): Path<String>,
    State(door): State<Door>,
    request: Request,
) -> Result<([(HeaderName, &'static str); 1], &'static str), Problem> {
    let (hooks, twilio) = account(&door, &name, |accounts| accounts.twilio.as_ref())?;
    is_signed(&request, &[SIGNATURE])?;
    let posted = hooks.bodies.collect(request, BODY_MAX).await?;
    let (head, body) = (&posted.head, &posted.body);
    // The address as Twilio was given it: a proxy may have changed what the request says of itself.
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    let url = format!("{}{path}", hooks.public_url);
    let is_form = header(&head.headers, CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    let call = Call {
        url: &url,
        signature: header(&head.headers, SIGNATURE),
        settings: header(&head.headers, SETTINGS),
        body: if is_form { Body::Form(body) } else { Body::Other(body) },
    };
    let keys = Keys {
        auth_token: twilio.auth_token.expose_secret(),
        shared_key: twilio.shared_key.as_ref().map(ExposeSecret::expose_secret),
    };
    verify(keys, call)?;
    let news = read::twilio::read(body, trace(&head.uri).as_deref());
    take(hooks, "twilio", news.map(|told| told.into_iter().collect())).await?;
    Ok(SILENCE)
}

fn trace(uri: &Uri) -> Option<String> {
    let query = uri.query()?;
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == TRACE).map(|(_, trace)| trace.into_owned())
}
