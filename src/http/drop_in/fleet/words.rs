//! The fleet service's words: its envelope, its codes, and the ids that its requests name.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use baton_actors::error::Failure;
use baton_actors::tenants::roster::ChangeFailure;
use serde_json::{Value, json};

use crate::http::caller::Visitor;
use crate::http::problem::answer::advise;
use crate::http::problem::{Code, Problem};

/// What its clients call a request's id.
const X_CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");

/// A refusal in its envelope.
#[derive(Clone, Debug)]
pub struct No {
    status: StatusCode,
    code: String,
    message: String,
    details: Value,
    /// The headers that go with it.
    problem: Option<Box<Problem>>,
}

impl No {
    /// A refusal of its own.
    pub fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned(), details: Value::Null, problem: None }
    }

    /// With what there is to know besides.
    #[must_use]
    pub fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }

    /// With another code.
    #[must_use]
    pub fn called(self, code: &str) -> Self {
        Self { code: code.to_owned(), ..self }
    }

    /// What is not there, by its kind and id.
    pub fn not_found(entity: &str, id: &str) -> Self {
        let (code, message) = (format!("{}_NOT_FOUND", entity.to_uppercase()), format!("there is no such {entity}"));
        Self::new(StatusCode::NOT_FOUND, &code, &message).with(json!({ "entityType": entity, "entityId": id }))
    }

    /// As a batch tells it of one of its items.
    pub fn in_words(&self) -> String {
        self.message.clone()
    }

    fn body(&self, request: &str) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if !self.details.is_null() {
            error["details"] = self.details.clone();
        }
        json!({ "error": error, "requestId": request })
    }
}

impl From<Problem> for No {
    fn from(problem: Problem) -> Self {
        let code = match problem.code {
            Code::ValidationFailed | Code::MalformedJson | Code::UnsupportedMediaType | Code::BodyTooLarge => {
                "VALIDATION_ERROR".to_owned()
            }
            Code::RateLimited => "RATE_LIMIT_EXCEEDED".to_owned(),
            Code::Internal => "INTERNAL_ERROR".to_owned(),
            Code::JobNotFound => "DISPATCH_NOT_FOUND".to_owned(),
            Code::AgentInactive => "DRIVER_INACTIVE".to_owned(),
            Code::AgentAssigned => "DRIVER_ASSIGNED".to_owned(),
            Code::Overloaded | Code::NotReady | Code::RequestTimeout | Code::RestoredCopy | Code::NotStored => {
                "SERVICE_UNAVAILABLE".to_owned()
            }
            other => other.as_str().to_uppercase().replace('-', "_"),
        };
        let mut details = problem.more.as_deref().cloned().map_or(Value::Null, Value::Object);
        let told = |field: &str, message: &str| match field {
            "" => format!("the body {message}"),
            field => format!("{field} {message}"),
        };
        let mut message = problem.detail.to_string();
        if let Some(first) = problem.errors.first() {
            message = told(&first.field, &first.message);
            let errors = problem.errors.iter().map(|error| {
                json!({ "field": error.field, "message": format!("{}: {}", told(&error.field, &error.message), error.cure) })
            });
            details = json!({ "errors": errors.collect::<Vec<_>>() });
        }
        Self { status: problem.code.status(), code, message, details, problem: Some(Box::new(problem)) }
    }
}

impl From<Failure> for No {
    fn from(failure: Failure) -> Self {
        Problem::from(failure).into()
    }
}

impl From<ChangeFailure> for No {
    fn from(failure: ChangeFailure) -> Self {
        Problem::from(failure).into()
    }
}

/// An empty response that carries the refusal to the layer, which knows the request's id.
impl IntoResponse for No {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// The id of a request: the client's own where it is sane, else ours.
fn called(headers: &HeaderMap, visitor: Option<&Visitor>) -> HeaderValue {
    let sane = |id: &&HeaderValue| (1..=128).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic);
    let said = headers.get(X_CORRELATION_ID).filter(sane).cloned();
    let ours = visitor.map(|visitor| visitor.request.header());
    said.or(ours).unwrap_or(HeaderValue::from_static("none"))
}

/// The answer of a route of ours that answers in its words.
pub fn on_our_route(headers: &HeaderMap, visitor: &Visitor, answer: impl IntoResponse) -> Response {
    told(answer.into_response(), called(headers, Some(visitor)))
}

/// Every refusal in its envelope, and every answer with the id that its clients look for.
pub async fn in_its_words(request: Request, next: Next) -> Response {
    let id = called(request.headers(), request.extensions().get::<Visitor>());
    told(next.run(request).await, id)
}

/// An answer in its words, under this id.
fn told(mut response: Response, id: HeaderValue) -> Response {
    let problem = response.extensions_mut().remove::<Problem>();
    let frame = (response.status() == StatusCode::METHOD_NOT_ALLOWED)
        .then(|| Problem::new(Code::MethodNotAllowed, "the path exists, but not for this method"));
    let no = response.extensions_mut().remove::<No>().or_else(|| problem.or(frame).map(No::from));
    if let Some(no) = no {
        let allowed = response.headers().get(axum::http::header::ALLOW).cloned();
        let body = no.body(id.to_str().unwrap_or_default());
        response = (no.status, axum::Json(body)).into_response();
        if let Some(problem) = &no.problem {
            advise(problem, response.headers_mut());
        }
        if let Some(allowed) = allowed {
            response.headers_mut().insert(axum::http::header::ALLOW, allowed);
        }
    }
    response.headers_mut().insert(X_CORRELATION_ID, id);
    response
}
