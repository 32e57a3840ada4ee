//! Problems: the HTTP face of every refusal and mistake, as RFC 9457 describes, each with a stable code and a page.
//!
//! A handler returns a [`Problem`]; the porch writes the body, because only it knows the request's id and whether a person
//! or a program is asking.

use std::borrow::Cow;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use serde::Serialize;

pub use code::Code;

pub mod answer;
mod code;
mod failed;
mod refused;

/// What is wrong, for the one who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which problem: clients decide by it.
    pub code: Code,
    /// What is wrong in this case; no private data.
    pub detail: Cow<'static, str>,
    /// Every field that is wrong, at once.
    pub errors: Vec<FieldError>,
    /// When asking again may help.
    pub retry_after: Option<Duration>,
    /// Further members, named in the code's page.
    pub more: Option<Box<serde_json::Map<String, serde_json::Value>>>,
    /// How it is told where a person looks, and not a program.
    pub told: Told,
}

/// How a problem is told to a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// In which language; none: nobody knows who it is, so the browser says it.
    pub locale: Option<String>,
    /// By which line of the pages; none: by the one of its kind.
    pub line: Option<&'static str>,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Where: `agents[1].phone`; empty for the whole body.
    pub field: String,
    /// What is wrong with it.
    pub message: Cow<'static, str>,
    /// What would be right.
    pub cure: Cow<'static, str>,
}

/// The body of a problem, `application/problem+json`.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct Body<'a> {
    /// The page that explains this problem.
    pub r#type: String,
    /// What it is, the same for every case.
    pub title: &'static str,
    /// The HTTP status.
    pub status: u16,
    /// The stable word for it.
    #[schema(value_type = String, example = "validation-failed")]
    pub code: Code,
    /// What is wrong in this case.
    pub detail: &'a str,
    /// Every field that is wrong.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub errors: &'a [FieldError],
    /// The request's id, for whoever looks into the logs.
    pub request_id: &'a str,
    /// Further members, named in the problem's page.
    #[serde(flatten)]
    #[schema(ignore)]
    pub more: Option<&'a serde_json::Map<String, serde_json::Value>>,
}

impl Problem {
    /// A problem of this kind.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None, more: None, told: Told::default() }
    }

    /// Fields are wrong: all of them at once.
    pub fn of_fields(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [one] if one.field.is_empty() => Cow::Owned(format!("the body {}", one.message)),
            [one] => Cow::Owned(format!("{} {}", one.field, one.message)),
            several => Cow::Owned(format!("{} fields need mending", several.len())),
        };
        Self { errors, ..Self::new(Code::ValidationFailed, detail) }
    }

    /// Something of ours failed; the cause is logged here and not shown.
    pub fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error = cause, "a request could not be answered");
        Self::new(Code::Internal, "something failed on our side; it is logged under the request's id")
    }

    /// When asking again may help.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// A further member, which the code's page names.
    #[must_use]
    pub fn with(mut self, member: &str, value: impl Into<serde_json::Value>) -> Self {
        self.more.get_or_insert_default().insert(member.to_owned(), value.into());
        self
    }

    /// In which language a person is told of it, where nothing has said so before.
    #[must_use]
    pub fn in_language(mut self, locale: &str) -> Self {
        self.told.locale.get_or_insert_with(|| locale.to_owned());
        self
    }

    /// The line of the pages by which a person is told of it.
    #[must_use]
    pub fn in_words(mut self, line: &'static str) -> Self {
        self.told.line = Some(line);
        self
    }

    /// The body as a program reads it.
    pub fn body<'a>(&'a self, public_url: &str, request_id: &'a str) -> Body<'a> {
        Body {
            r#type: format!("{public_url}/problems/{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            code: self.code,
            detail: &self.detail,
            errors: &self.errors,
            request_id,
            more: self.more.as_deref(),
        }
    }
}

/// An empty response that carries the problem to the porch.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_names_its_page_its_fields_and_the_request() {
        let problem = Problem::of_fields(vec![FieldError {
            field: "agents[1].phone".into(),
            message: "is missing".into(),
            cure: "give a number such as +447700900001".into(),
        }])
        .with("seen", 2);
        let body = serde_json::to_value(problem.body("https://jobs.example.com", "r-1")).unwrap();
        let expected = serde_json::json!({
            "type": "https://jobs.example.com/problems/validation-failed",
            "title": "Some of what was sent is not valid",
            "status": 400,
            "code": "validation-failed",
            "detail": "agents[1].phone is missing",
            "errors": [{"field": "agents[1].phone", "message": "is missing", "cure": "give a number such as +447700900001"}],
            "request_id": "r-1",
            "seen": 2,
        });
        assert_eq!(body, expected);
    }
}
