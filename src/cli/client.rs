//! A client of a running server, for the commands that work through its HTTP API.

use std::fmt;
use std::time::Duration;

use baton_actors::clock::{Clock as _, SystemClock};
use clap::Args;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Method, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::exit::{Exit, Failure};

/// A request is given up after this time.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a request is made again when the server is busy.
const ATTEMPTS: u32 = 8;
/// The longest wait between two of them, whatever the server says.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Which server, and as whom.
#[derive(Clone, Debug, Args)]
pub struct Server {
    /// The server's address
    #[arg(long, value_name = "URL", env = "BATON_SERVER", default_value = "http://127.0.0.1:8080", value_parser = address)]
    pub server: Url,
    /// An API key; better given as BATON_KEY, where other users of this machine do not see it
    #[arg(long, value_name = "KEY", env = "BATON_KEY", hide_env_values = true)]
    pub key: Option<SecretString>,
}

/// A client of one server.
pub struct Client {
    http: reqwest::Client,
    server: Url,
    key: Option<SecretString>,
}

/// What is sent.
#[derive(Clone, Debug)]
pub struct Body {
    /// What it is.
    pub content_type: &'static str,
    /// What makes a second sending harmless, where it is not by itself.
    pub idempotency_key: Option<String>,
    /// It.
    pub text: String,
}

impl Body {
    /// A JSON document, with which nothing goes wrong when it is sent twice.
    pub fn json(value: &Value) -> Self {
        Self { content_type: "application/json", idempotency_key: None, text: value.to_string() }
    }
}

/// What the server answered, when it did what was asked.
#[derive(Debug)]
pub struct Answer {
    /// Whether the body is one JSON document a line.
    pub is_lines: bool,
    /// The body.
    pub body: String,
}

/// The server's no, as RFC 9457 describes it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// The stable word.
    pub code: String,
    /// What is wrong.
    pub detail: String,
    /// Every field that is wrong.
    pub errors: Vec<FieldError>,
    /// The reference of the agent it is about, where it is about one of many.
    pub agent: Option<String>,
}

/// A field that is wrong.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FieldError {
    /// Where: `agents[1].phone`.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub cure: String,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Refused {
    /// The server said no.
    Problem(Problem),
    /// Nothing sensible came.
    Unreachable(String),
}

/// An HTTP client that gives a request up after some time.
pub fn http(patience: Duration) -> Result<reqwest::Client, Failure> {
    let builder = reqwest::Client::builder().timeout(patience).redirect(reqwest::redirect::Policy::none()).no_proxy();
    builder.build().map_err(|error| Failure::new(Exit::Internal, format!("the HTTP client cannot be set up: {error}")))
}

impl Client {
    /// A client of this server.
    pub fn new(server: &Server) -> Result<Self, Failure> {
        Ok(Self { http: http(PATIENCE)?, server: server.server.clone(), key: server.key.clone() })
    }

    /// Reads something.
    pub async fn get(&self, path: &[&str], query: &[(&str, String)]) -> Result<Value, Refused> {
        let mut url = self.url(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let answer = self.send(Method::GET, url, None).await?;
        serde_json::from_str(&answer.body)
            .map_err(|_| Refused::Unreachable("the answer is not JSON; is it Baton?".to_owned()))
    }

    /// Sends something, again while the server is busy. Only for what may be sent twice: by its own nature, or by an
    /// `Idempotency-Key`.
    pub async fn post(&self, path: &[&str], body: Body) -> Result<Answer, Refused> {
        self.send(Method::POST, self.url(path), Some(body)).await
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    async fn send(&self, method: Method, url: Url, body: Option<Body>) -> Result<Answer, Refused> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut request = self.http.request(method.clone(), url.clone());
            if let Some(key) = &self.key {
                request = request.bearer_auth(key.expose_secret());
            }
            if let Some(body) = &body {
                request = request.header(CONTENT_TYPE, body.content_type).body(body.text.clone());
                if let Some(key) = &body.idempotency_key {
                    request = request.header("idempotency-key", key);
                }
            }
            let answer = request.send().await.map_err(|error| self.unreachable(&error))?;
            let status = answer.status();
            let busy = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
            if busy && attempt < ATTEMPTS {
                let said = answer.headers().get(RETRY_AFTER).and_then(|wait| wait.to_str().ok()?.parse().ok());
                let wait = Duration::from_secs(said.unwrap_or(1)).min(LONGEST_WAIT);
                SystemClock.sleep_until(SystemClock.now() + wait).await;
                continue;
            }
            let is_lines = answer
                .headers()
                .get(CONTENT_TYPE)
                .is_some_and(|kind| kind.to_str().unwrap_or_default().starts_with("application/x-ndjson"));
            let body = answer.text().await.map_err(|error| self.unreachable(&error))?;
            if status.is_success() {
                return Ok(Answer { is_lines, body });
            }
            let mut problem: Problem = serde_json::from_str(&body).unwrap_or_default();
            problem.status = status.as_u16();
            return Err(Refused::Problem(problem));
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Refused {
        Refused::Unreachable(unreachable(error, &self.server, "--server"))
    }
}

/// Why nothing came back from an address; `option` is what names it.
pub fn unreachable(error: &reqwest::Error, address: &Url, option: &str) -> String {
    if error.is_connect() && address.scheme() == "https" && !is_refused(error) {
        return format!("TLS with {address} failed; if the server speaks plain HTTP, write http:// in {option}");
    }
    let what = if error.is_connect() {
        "there is no server"
    } else if error.is_timeout() {
        "the server did not answer in time"
    } else {
        "the connection broke"
    };
    format!("{what} at {address}; is `baton serve` running there, and is {option} right?")
}

/// Whether nobody listens there: then TLS was not even begun.
fn is_refused(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|cause| matches!(cause.kind(), std::io::ErrorKind::ConnectionRefused | std::io::ErrorKind::TimedOut))
}

/// The address of a server. Without a scheme, `localhost:8080` would be read as one of the scheme `localhost`.
fn address(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(_) | Err(_) if !text.contains("://") => Err(format!("write http://{text}, or https://{text}")),
        Ok(_) | Err(_) => Err("write an address such as http://127.0.0.1:8080".to_owned()),
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // One mistake is its own summary.
        if let [error] = self.errors.as_slice() {
            return write!(f, "the server refuses: {} {}; {} ({})", error.field, error.message, error.cure, self.code);
        }
        match (self.code.as_str(), self.detail.as_str()) {
            ("", _) => write!(f, "the server answers {}", self.status),
            (code, "") => write!(f, "the server refuses: {code}"),
            (code, detail) => write!(f, "the server refuses: {detail} ({code})"),
        }?;
        if self.status == 401 {
            write!(
                f,
                "\ngive a valid key with BATON_KEY or --key; `baton keys create` makes one while the server is stopped, POST /api/v1/keys while it \
                 runs; with `serve --dev` it is what BATON_DEV_KEY says"
            )?;
        }
        for error in &self.errors {
            write!(f, "\n  - {} {}; {}", error.field, error.message, error.cure)?;
        }
        Ok(())
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Problem(problem) => Self::new(Exit::Server, problem.to_string()),
            Refused::Unreachable(what) => Self::new(Exit::Server, what),
        }
    }
}
