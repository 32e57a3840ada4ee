//! Twilio: `X-Twilio-Signature`, an HMAC over the address as it is configured and the fields of the form.
//!
//! The address is ours as we publish it, never what the request says of itself: a proxy before us may have changed that.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::NotGenuine;

/// The header of the signature.
pub const SIGNATURE: &str = "x-twilio-signature";

/// The header that names another algorithm and key.
pub const SETTINGS: &str = "x-twilio-webhooks-signature-settings";

/// What calls are signed with.
#[derive(Clone, Copy)]
pub struct Keys<'a> {
    /// The account's auth token.
    pub auth_token: &'a str,
    /// The shared key, for calls that say so.
    pub shared_key: Option<&'a str>,
}

/// A call as it came.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// Our public address with path and query, as Twilio was given it.
    pub url: &'a str,
    /// The signature.
    pub signature: Option<&'a str>,
    /// The settings of the signature.
    pub settings: Option<&'a str>,
    /// The body.
    pub body: Body<'a>,
}

/// What a call carries.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// Nothing: it is a GET.
    None,
    /// A form.
    Form(&'a [u8]),
    /// Anything else, whose hash stands in the address.
    Other(&'a [u8]),
}

enum Algorithm {
    Sha1,
    Sha256,
}

/// Whether a call is Twilio's.
pub fn verify(keys: Keys<'_>, call: Call<'_>) -> Result<(), NotGenuine> {
    let signature = call.signature.ok_or(NotGenuine::Unsigned)?;
    let signature = STANDARD.decode(signature).map_err(|_| NotGenuine::Malformed)?;
    let (algorithm, key) = match algorithm(call.settings)? {
        Algorithm::Sha1 => (Algorithm::Sha1, keys.auth_token),
        Algorithm::Sha256 => (Algorithm::Sha256, keys.shared_key.ok_or(NotGenuine::UnknownScheme)?),
    };
    let fields = match call.body {
        Body::None => String::new(),
        Body::Form(form) => fields(form),
        Body::Other(body) => {
            let said = query_value(call.url, "bodySHA256").ok_or(NotGenuine::Malformed)?;
            if !bool::from(hex::encode(Sha256::digest(body)).as_bytes().ct_eq(said.to_lowercase().as_bytes())) {
                return Err(NotGenuine::Wrong);
            }
            String::new()
        }
    };
    let fits = |url: String| is_signed(&algorithm, key, format!("{url}{fields}").as_bytes(), &signature);
    // Twilio signs some addresses with the port that goes without saying.
    if addresses(call.url).into_iter().any(fits) { Ok(()) } else { Err(NotGenuine::Wrong) }
}

/// `key=…,algorithm=HMAC_SHA256`; without it SHA-1.
fn algorithm(settings: Option<&str>) -> Result<Algorithm, NotGenuine> {
    let Some(settings) = settings.map(str::trim).filter(|settings| !settings.is_empty()) else {
        return Ok(Algorithm::Sha1);
    };
    let mut pairs = settings.split(',').filter_map(|pair| pair.trim().split_once('='));
    match pairs.find(|(name, _)| *name == "algorithm").map(|(_, word)| word) {
        Some("HMAC_SHA256") => Ok(Algorithm::Sha256),
        Some("HMAC_SHA1") => Ok(Algorithm::Sha1),
        Some(_) | None => Err(NotGenuine::UnknownScheme),
    }
}

fn is_signed(algorithm: &Algorithm, key: &str, message: &[u8], signature: &[u8]) -> bool {
    match algorithm {
        Algorithm::Sha1 => Hmac::<Sha1>::new_from_slice(key.as_bytes()).is_ok_and(|mut mac| {
            mac.update(message);
            mac.verify_slice(signature).is_ok()
        }),
        Algorithm::Sha256 => Hmac::<Sha256>::new_from_slice(key.as_bytes()).is_ok_and(|mut mac| {
            mac.update(message);
            mac.verify_slice(signature).is_ok()
        }),
    }
}

/// Names in order of their bytes, each with its values, once each and in order.
fn fields(form: &[u8]) -> String {
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(form) {
        fields.entry(name.into_owned()).or_default().insert(value.into_owned());
    }
    let each = fields.iter().flat_map(|(name, values)| values.iter().map(move |value| format!("{name}{value}")));
    each.collect()
}

fn query_value(url: &str, wanted: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
}

/// The address as it is, and with or without its usual port.
fn addresses(url: &str) -> Vec<String> {
    let mut all = vec![url.to_owned()];
    for (scheme, port) in [("https://", ":443"), ("http://", ":80")] {
        let Some(rest) = url.strip_prefix(scheme) else { continue };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, path) = rest.split_at(end);
        match host.strip_suffix(port) {
            Some(host) => all.push(format!("{scheme}{host}{path}")),
            None if !host.rsplit(']').next().unwrap_or(host).contains(':') => {
                all.push(format!("{scheme}{host}{port}{path}"));
            }
            None => {}
        }
    }
    all
}
