//! `GET /problems` and `GET /problems/{code}`: what a problem's `type` leads to.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::http::door::Door;
use crate::http::pages::Page;
use crate::http::problem::Code;

/// All of them.
#[derive(Template)]
#[template(path = "problems.html")]
pub struct Problems {
    codes: &'static [Code],
    base: String,
}

/// One of them.
#[derive(Template)]
#[template(path = "explained.html")]
pub struct Explained {
    title: &'static str,
    html: String,
    base: String,
}

/// All of them.
pub async fn list(State(door): State<Door>) -> Page<Problems> {
    Page(StatusCode::OK, Problems { codes: Code::ALL, base: door.settings.link_path().to_owned() })
}

/// One of them.
pub async fn show(Path(word): Path<String>, State(door): State<Door>) -> Page<Explained> {
    let base = door.settings.link_path().to_owned();
    let mut html = String::new();
    let Some(code) = Code::named(&word) else {
        html.push_str(
            "<h1>There is no such problem</h1>\n<p>The list of all problems has every code that is answered.</p>",
        );
        return Page(StatusCode::NOT_FOUND, Explained { title: "There is no such problem", html, base });
    };
    // The pages are ours and compiled in: nothing in them needs escaping.
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(code.page()));
    Page(StatusCode::OK, Explained { title: code.title(), html, base })
}
