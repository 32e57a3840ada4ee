//! Pages for people: plain HTML from templates beside this file, readable on a phone, without scripts and without anything
//! from elsewhere. What is said on them is in the reader's language. Everything that is filled in is escaped by the template engine.

use std::sync::LazyLock;

use askama::Template;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};

use crate::http::problem::Problem;

pub mod approval;
pub mod details;
pub mod mistake;
pub mod offer;
pub mod preferences;
pub mod summary;
pub mod unsubscribe;

/// The style of every page; it stands in the page, so that a page is one request.
pub const STYLE: &str = include_str!("pages/style.css");

/// Only our own style, forms that go to us, and no scripts.
static POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let style = BASE64_STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{style}'; img-src data:; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    );
    // Base64 and plain words are always a header value.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
});

/// A page and its status.
pub struct Page<T>(pub StatusCode, pub T);

impl<T: Template> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        match self.1.render() {
            Ok(html) => {
                let mut response = (self.0, html).into_response();
                let headers = response.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
                headers.insert(CONTENT_SECURITY_POLICY, POLICY.clone());
                response
            }
            Err(fault) => Problem::internal(&fault).into_response(),
        }
    }
}
