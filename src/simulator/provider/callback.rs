//! The calls that providers make themselves: what became of a message, and what people answered, signed as each of them signs.
//!
//! ```no_run
//! # async fn shown() -> Result<(), Box<dyn std::error::Error>> {
//! use baton::simulator::provider::callback;
//!
//! let body = serde_json::json!({ "object": "whatsapp_business_account", "entry": [] });
//! let call = callback::of_meta("/public/webhooks/meta/default", &body, "TEST-APP-SECRET");
//! assert_eq!(call.reaches("http://127.0.0.1:8080").await?, 200);
//! assert_eq!(call.forged().reaches("http://127.0.0.1:8080").await?, 403);
//! # Ok(())
//! # }
//! ```

use std::fmt::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::EncodePublicKey;
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

use super::Taken;
use super::sendgrid::parsed;
use crate::webhooks::verify::{meta, sendgrid, twilio};

/// A call, ready to be made.
#[derive(Clone, Debug)]
pub struct Callback {
    /// The path at the server, with its query.
    pub path: String,
    /// The headers, the signature last where there is one.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Callback {
    fn new(path: impl Into<String>, headers: Vec<(&'static str, String)>, body: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), headers, body: body.into() }
    }

    /// The same call by somebody who does not know the secret: what is signed is another body.
    #[must_use]
    pub fn forged(mut self) -> Self {
        match self.headers.first().map(|(_, kind)| kind.as_str()) {
            Some("application/json") => self.body.push(b' '),
            Some(_) | None => self.body.extend(b"&forged=1"),
        }
        self
    }

    /// Puts it onto a request that leads to its path.
    pub fn onto(&self, mut request: RequestBuilder) -> RequestBuilder {
        for (name, value) in &self.headers {
            request = request.header(*name, value);
        }
        request.body(self.body.clone())
    }

    /// Makes it, at a server at this address; gives back the status of the answer.
    pub async fn reaches(&self, server: &str) -> Result<u16, reqwest::Error> {
        let http = reqwest::Client::builder().no_proxy().build()?;
        let answer = self.onto(http.post(format!("{server}{}", self.path))).send().await?;
        Ok(answer.status().as_u16())
    }
}

/// An HMAC takes keys of every length.
macro_rules! hmac {
    ($hash:ty, $key:expr, $text:expr) => {{
        let mac = Hmac::<$hash>::new_from_slice($key);
        mac.map(|mac| mac.chain_update($text).finalize().into_bytes().to_vec()).unwrap_or_default()
    }};
}

/// Twilio calls `url`, of which `server` is what the customer entered and `path` the rest.
pub fn of_twilio(server: &str, path: &str, fields: &[(&str, &str)], auth_token: &str) -> Callback {
    let mut sorted = fields.to_vec();
    sorted.sort_unstable();
    let mut signed = format!("{server}{path}");
    for (name, value) in sorted {
        // Writing to a text does not fail.
        let _ = write!(signed, "{name}{value}");
    }
    let signature = STANDARD.encode(hmac!(Sha1, auth_token.as_bytes(), signed));
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let kind = ("content-type", "application/x-www-form-urlencoded".to_owned());
    Callback::new(path, vec![kind, (twilio::SIGNATURE, signature)], body)
}

/// Meta calls with JSON, in which it writes what is not ASCII as escapes.
pub fn of_meta(path: &str, body: &Value, app_secret: &str) -> Callback {
    let body = ascii(&body.to_string());
    let signature = format!("sha256={}", hex::encode(hmac!(Sha256, app_secret.as_bytes(), &body)));
    let kind = ("content-type", "application/json".to_owned());
    Callback::new(path, vec![kind, (meta::SIGNATURE, signature)], body)
}

/// What Meta tells of one business number: `messages` or `statuses`, in its envelope.
pub fn meta_envelope(phone_number_id: &str, mut value: Value) -> Value {
    value["messaging_product"] = json!("whatsapp");
    value["metadata"] = json!({ "display_phone_number": "447700900100", "phone_number_id": phone_number_id });
    let change = json!({ "field": "messages", "value": value });
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [change] }] })
}

/// Resend calls by way of Svix: event `id`, signed at `at`, in seconds since 1970, under a secret `whsec_…`.
pub fn of_resend(path: &str, id: &str, at: u64, body: &Value, secret: &str) -> Callback {
    let body = body.to_string();
    let key = STANDARD.decode(secret.trim_start_matches("whsec_")).unwrap_or_default();
    let signature = format!("v1,{}", STANDARD.encode(hmac!(Sha256, &key, format!("{id}.{at}.{body}"))));
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("svix-id", id.to_owned()),
        ("svix-timestamp", at.to_string()),
        ("svix-signature", signature),
    ];
    Callback::new(path, headers, body)
}

/// What SendGrid signs its events with. Each is its own account.
pub struct SendGridKey {
    key: SigningKey,
}

impl SendGridKey {
    /// The key of a seed; none for the few seeds that are no key.
    pub fn of(seed: [u8; 32]) -> Option<Self> {
        SigningKey::from_slice(&seed).ok().map(|key| Self { key })
    }

    /// What the customer enters: base64 of the public key in SPKI.
    pub fn public(&self) -> String {
        let spki = self.key.verifying_key().to_public_key_der();
        spki.map(|spki| STANDARD.encode(spki.as_bytes())).unwrap_or_default()
    }

    /// SendGrid tells a batch of events, signed at `at`, in seconds since 1970.
    pub fn events(&self, path: &str, at: u64, events: &Value) -> Callback {
        let body = format!("{events}\r\n");
        let signature: Signature = self.key.sign(format!("{at}{body}").as_bytes());
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            (sendgrid::TIMESTAMP, at.to_string()),
            (sendgrid::SIGNATURE, STANDARD.encode(signature.to_der())),
        ];
        Callback::new(path, headers, body)
    }
}

/// SendGrid hands over a mail that came in; the secret stands in the path.
pub fn of_sendgrid_inbound(path: &str, fields: &[(&str, &str)]) -> Callback {
    let fields: Vec<(&str, &[u8])> = fields.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    let (kind, body) = parsed(&fields);
    Callback::new(path, vec![("content-type", kind)], body)
}

/// The id that Twilio gave a message.
pub fn twilio_sid(taken: &Taken) -> String {
    format!("SM{:032x}", taken.no)
}

/// The id that Meta gave a message.
pub fn wamid(taken: &Taken) -> String {
    format!("wamid.TEST{:06}", taken.no)
}

/// Text with what is not ASCII as `\uXXXX`, and `/` as `\/`.
fn ascii(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '/' => text.push_str("\\/"),
            c if c.is_ascii() => text.push(c),
            c => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(text, "\\u{unit:04x}");
                }
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::verify::standard::{Key, Signed};

    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../webhooks/verify/vectors.json")).unwrap()
    }

    fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
        vector[name].as_str().unwrap()
    }

    fn last(call: &Callback) -> &str {
        &call.headers.last().unwrap().1
    }

    #[test]
    fn twilio_signs_as_its_own_library_does() {
        let vectors = vectors();
        let vector = &vectors["twilio"][0];
        let fields: Vec<(&str, &str)> =
            vector["params"].as_object().unwrap().iter().map(|(k, v)| (k.as_str(), v.as_str().unwrap())).collect();
        let (server, path) = text(vector, "url").split_at("https://mycompany.com".len());
        assert_eq!(last(&of_twilio(server, path, &fields, "12345")), text(vector, "signature"));
    }

    #[test]
    fn resend_signs_as_its_own_library_does() {
        let vectors = vectors();
        let all = vectors["standard_webhooks"].as_array().unwrap();
        let vector = all.iter().find(|vector| vector["headers"]["svix-id"].is_string()).unwrap();
        let body: Value = serde_json::from_str(text(vector, "body")).unwrap();
        let call = of_resend("/x", "msg_1", 1_795_193_302, &body, text(vector, "secret"));
        let signed = Signed { id: Some("msg_1"), timestamp: Some("1795193302"), signature: Some(last(&call)) };
        let key = Key::read(text(vector, "secret")).unwrap();
        assert_eq!(key.verify(signed, &call.body, 1_795_193_302), Ok("msg_1"));
        assert!(key.verify(signed, &call.clone().forged().body, 1_795_193_302).is_err());
    }

    #[test]
    fn meta_and_sendgrid_sign_what_they_send() {
        let call = of_meta("/x", &json!({ "name": "José 😀 a/b" }), "secret");
        assert_eq!(String::from_utf8_lossy(&call.body), r#"{"name":"Jos\u00e9 \ud83d\ude00 a\/b"}"#);
        assert_eq!(meta::verify("secret", Some(last(&call)), &call.body), Ok(()));
        assert!(meta::verify("secret", Some(last(&call)), &call.clone().forged().body).is_err());
        let pen = SendGridKey::of([7; 32]).unwrap();
        let call = pen.events("/x", 5, &json!([{ "event": "delivered" }]));
        let key = sendgrid::Key::read(&pen.public()).unwrap();
        assert_eq!(key.verify(Some(last(&call)), Some("5"), &call.body), Ok(()));
        assert!(key.verify(Some(last(&call)), Some("5"), &call.clone().forged().body).is_err());
    }
}
