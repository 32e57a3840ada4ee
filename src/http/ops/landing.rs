//! `GET /`: where a newcomer looks first.

use askama::Template;
use axum::http::StatusCode;

use crate::http::pages::Page;

/// The page.
#[derive(Template)]
#[template(path = "landing.html")]
pub struct Landing {
    version: &'static str,
}

/// Where everything is.
pub async fn get() -> Page<Landing> {
    Page(StatusCode::OK, Landing { version: env!("CARGO_PKG_VERSION") })
}
