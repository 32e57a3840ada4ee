//! One HTTP call to a provider: what it answered, or how far the call got. No address, credential or quoted text of the HTTP
//! library leaves this file.

use std::time::Duration;

use baton_core::delivery::Outcome;
use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Url};

/// Providers answer with a few lines; whatever says more is not read to its end.
const ANSWER_MAX: usize = 256 * 1024;

/// A connection that takes longer to open is given up; nothing was sent then.
const CONNECT: Duration = Duration::from_secs(5);

/// The way to one provider.
#[derive(Clone)]
pub struct Caller {
    http: Client,
    base_url: String,
}

/// The way to a provider cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    /// Not an address of HTTP.
    #[error("the base address of {0} begins with http:// or https://")]
    BaseUrl(&'static str),
    /// No certificates, no resolver.
    #[error("the HTTP client cannot be set up")]
    Http(#[source] reqwest::Error),
}

/// What a provider answered.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// There is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// No connection: nothing was sent.
    #[error("no connection: {0}")]
    NotSent(&'static str),
    /// The request went out, and no answer came.
    #[error("no answer: {0}")]
    Unanswered(&'static str),
}

impl Caller {
    /// The way to `provider` at this address.
    pub fn new(provider: &'static str, base_url: &str, request_timeout: Duration) -> Result<Self, CallerError> {
        let base_url = base_url.trim_end_matches('/').to_owned();
        let address = Url::parse(&base_url).map_err(|_| CallerError::BaseUrl(provider))?;
        if !matches!(address.scheme(), "http" | "https") {
            return Err(CallerError::BaseUrl(provider));
        }
        let mut http = Client::builder()
            // Some providers turn away whoever does not say what they are.
            .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(request_timeout.min(CONNECT))
            .timeout(request_timeout)
            // Shorter than servers keep an idle connection: a reused one that dies under a message leaves us not knowing.
            .pool_idle_timeout(Duration::from_secs(20))
            .redirect(reqwest::redirect::Policy::none());
        if address.host_str().is_some_and(is_loopback) {
            http = http.no_proxy();
        }
        Ok(Self { http: http.build().map_err(CallerError::Http)?, base_url })
    }

    /// A request that posts to a path below the base address.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.base_url))
    }

    /// A request that reads a path below the base address.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", self.base_url))
    }
}

/// Makes the call: one attempt.
pub async fn call(request: RequestBuilder) -> Result<Reply, Lost> {
    call_for(request, ANSWER_MAX).await
}

/// The same for an answer that may be so long.
pub async fn call_for(request: RequestBuilder, most: usize) -> Result<Reply, Lost> {
    let mut answer = request.send().await.map_err(|error| Lost::of(&error))?;
    let (status, headers) = (answer.status().as_u16(), std::mem::take(answer.headers_mut()));
    let mut body = BytesMut::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| Lost::of(&error))? {
        body.extend_from_slice(&chunk);
        if body.len() > most {
            break;
        }
    }
    Ok(Reply { status, headers, body: body.freeze() })
}

impl Reply {
    /// Whether the provider took it.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header that holds a number.
    pub fn number(&self, header: &str) -> Option<u64> {
        self.headers.get(header)?.to_str().ok()?.trim().parse().ok()
    }

    /// How long to wait, where `Retry-After` says so in seconds.
    pub fn retry_after(&self) -> Option<Duration> {
        self.number("retry-after").map(Duration::from_secs)
    }
}

impl Lost {
    fn of(error: &reqwest::Error) -> Self {
        if error.is_connect() {
            Self::NotSent(if error.is_timeout() { "it took too long to open" } else { "refused or unreachable" })
        } else if error.is_builder() {
            Self::NotSent("the request could not be built")
        } else if error.is_timeout() {
            Self::Unanswered("it took too long")
        } else {
            Self::Unanswered("the connection broke")
        }
    }

    /// Its class. Where the provider tells repeats apart, what may have arrived can be sent again.
    pub fn outcome(self, tells_repeats_apart: bool) -> Outcome {
        match self {
            Self::NotSent(_) => Outcome::Retry(self.to_string()),
            Self::Unanswered(_) if tells_repeats_apart => Outcome::Retry(self.to_string()),
            Self::Unanswered(_) => Outcome::Unknown(self.to_string()),
        }
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_arrived_is_sent_again_only_where_repeats_are_told_apart() {
        assert_eq!(Lost::NotSent("x").outcome(false).class(), "retry");
        assert_eq!(Lost::Unanswered("x").outcome(false).class(), "unknown");
        assert_eq!(Lost::Unanswered("x").outcome(true).class(), "retry");
    }

    #[test]
    fn only_an_address_of_the_web_leads_to_a_provider() {
        for bad in ["", "ftp://example.com", "example.com"] {
            assert!(Caller::new("Resend", bad, CONNECT).is_err(), "{bad}");
        }
        assert!(Caller::new("Resend", "http://127.0.0.1:1/", CONNECT).is_ok());
    }
}
