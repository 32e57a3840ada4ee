//! `GET /problems` and `GET /problems/{code}`: what a problem's `type` leads to.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;

use crate::http::pages::Page;
use crate::http::problem::{Code, Problem};

/// All of them.
#[derive(Template)]
#[template(path = "problems.html")]
pub struct Problems {
    codes: &'static [Code],
}

/// One of them.
#[derive(Template)]
#[template(path = "explained.html")]
pub struct Explained {
    title: &'static str,
    html: String,
}

/// All of them.
pub async fn list() -> Page<Problems> {
    Page(StatusCode::OK, Problems { codes: Code::ALL })
}

/// One of them.
pub async fn show(Path(word): Path<String>) -> Result<Page<Explained>, Problem> {
    let code = Code::named(&word).ok_or_else(|| Problem::new(Code::NotFound, "there is no such problem"))?;
    let mut html = String::new();
    // The pages are ours and compiled in: nothing in them needs escaping.
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new(code.page()));
    Ok(Page(StatusCode::OK, Explained { title: code.title(), html }))
}
