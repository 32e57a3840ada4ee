//! `GET /`: where a newcomer looks first.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;

use crate::http::door::Door;
use crate::http::pages::Page;

/// The page.
#[derive(Template)]
#[template(path = "landing.html")]
pub struct Landing {
    version: &'static str,
    base: String,
}

/// Where everything is.
pub async fn get(State(door): State<Door>) -> Page<Landing> {
    Page(StatusCode::OK, Landing { version: env!("CARGO_PKG_VERSION"), base: door.settings.link_path().to_owned() })
}
