//! The page of a problem, for a person who opened a link.

use askama::Template;

use crate::http::problem::{Code, Problem};

/// The page.
#[derive(Template)]
#[template(path = "mistake.html")]
pub struct MistakePage<'a> {
    title: &'static str,
    text: &'a str,
    request_id: &'a str,
}

impl<'a> MistakePage<'a> {
    /// Shows a problem.
    pub fn of(problem: &'a Problem, request_id: &'a str) -> Self {
        let text = match problem.code {
            Code::LinkUnknown => "Please open the link again from the message it came in, or ask for a new one.",
            Code::NotFound => "Please check the link.",
            _ => &problem.detail,
        };
        Self { title: problem.code.title(), text, request_id }
    }
}
