//! An answer as a provider gives it.

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use super::status;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Headers besides the type.
    pub headers: Vec<(String, String)>,
    /// The body, and its type.
    pub body: (String, &'static str),
}

impl Answer {
    /// JSON.
    pub fn json(status: u16, body: &Value) -> Self {
        Self { status, headers: Vec::new(), body: (body.to_string(), "application/json") }
    }

    /// What a gateway says.
    pub fn html(status: u16) -> Self {
        let body = format!("<html><h1>{status}</h1></html>");
        Self { status, headers: Vec::new(), body: (body, "text/html") }
    }

    /// Nothing but a status.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: (String::new(), "text/plain") }
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = Response::builder().status(status(self.status)).header("content-type", self.body.1);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(self.body.0)).unwrap_or_default()
    }
}
