//! Providers that take messages over HTTP: servers on loopback that hold callers to the documented contract, keep what they
//! took, and meet them with faults on demand.
//!
//! ```no_run
//! # async fn shown() -> Result<(), Box<dyn std::error::Error>> {
//! use baton::simulator::provider::{Provider, resend::Resend};
//!
//! let resend = Provider::start(Resend { api_key: "re_TEST".to_owned() }).await?;
//! // … a server whose `base_url` is `resend.url()` sends a mail …
//! assert_eq!(resend.taken()[0].to, "d1@example.com");
//! # Ok(())
//! # }
//! ```

pub mod answer;
pub mod callback;
pub mod limits;
pub mod meta;
pub mod resend;
pub mod sendgrid;
pub mod twilio;

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use baton_actors::clock::{Clock, SystemClock};
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::pass;
pub use answer::Answer;
pub use limits::{Limits, Over};

/// One provider; it ends when it is dropped.
pub struct Provider {
    address: SocketAddr,
    office: Arc<Office>,
    serving: JoinHandle<()>,
}

/// How a provider speaks.
pub trait Wire: Send + Sync + 'static {
    /// Reads a call and holds it to the contract; the refusal where it breaks it.
    fn read(&self, call: &Call) -> Result<Taken, Answer>;

    /// The same for a call that may bring several messages.
    fn read_all(&self, call: &Call) -> Result<Vec<Taken>, Answer> {
        self.read(call).map(|one| vec![one])
    }

    /// Whether whoever asks may look at what the provider keeps; the refusal where they may not.
    fn may_look(&self, _call: &Call) -> Result<(), Answer> {
        Ok(())
    }

    /// The answer to a message that was taken.
    fn accept(&self, taken: &Taken) -> Answer;

    /// The answer to a call.
    fn accept_all(&self, _call: &Call, taken: &[Taken]) -> Answer {
        taken.first().map_or_else(|| Answer::empty(200), |one| self.accept(one))
    }

    /// The answer to a question about a message that was taken; none where there are no such questions.
    fn look_up(&self, _call: &Call, _taken: &[Taken]) -> Option<Answer> {
        None
    }

    /// How much of the account's limit a message takes.
    fn weight(&self, _taken: &Taken) -> usize {
        1
    }

    /// The answer to a message that is too much.
    fn too_many(&self, over: Over) -> Answer {
        let (Over::Account(wait) | Over::Pair(wait)) = over;
        Answer::empty(429).with("retry-after", wait.as_secs() + 1)
    }

    /// The answer to another message under a key that was used.
    fn key_reused(&self) -> Answer {
        Answer::json(409, &serde_json::json!({ "message": "the key was used for another message" }))
    }
}

/// A call as it came.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its method.
    pub method: Method,
    /// Path and query.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// A message that was taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Counted from 1; the provider's id is made of it.
    pub no: usize,
    /// To whom.
    pub to: String,
    /// What they see.
    pub text: String,
    /// What its buttons carry, with what they say.
    pub buttons: Vec<(String, String)>,
    /// What comes back in callbacks.
    pub trace: String,
    /// The key under which repeats are told apart.
    pub key: Option<String>,
    /// Everything as it came.
    pub body: String,
}

/// What a call meets.
#[derive(Clone, Debug)]
pub enum Fault {
    /// This answer; nothing is taken.
    Refused(Answer),
    /// The message is taken, and answered so.
    TakenAnd(Answer),
    /// The message is taken, and answered after this time.
    Hang(Duration),
}

struct Office {
    wire: Box<dyn Wire>,
    limits: Limits,
    state: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    taken: Vec<Taken>,
    faults: VecDeque<Fault>,
    every_fault: Option<Fault>,
    met: usize,
    refused: Vec<Answer>,
    shown: BTreeMap<String, Answer>,
    lately: limits::Lately,
    turned_away: usize,
}

impl Provider {
    /// Starts one on a free port of loopback.
    pub async fn start(wire: impl Wire) -> std::io::Result<Self> {
        Self::limited(wire, Limits::default()).await
    }

    /// The same, and it takes no more than its documents say.
    pub async fn limited(wire: impl Wire, limits: Limits) -> std::io::Result<Self> {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let address = listener.local_addr()?;
        let office = Arc::new(Office { wire: Box::new(wire), limits, state: Mutex::default() });
        let router = Router::new().fallback(answer).with_state(Arc::clone(&office));
        let serving = tokio::spawn(async move {
            // It ends with its provider.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, office, serving })
    }

    /// What a client takes for the provider's address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Everything that was taken, oldest first.
    pub fn taken(&self) -> Vec<Taken> {
        self.office.state.lock().taken.clone()
    }

    /// Everything that was refused because the call broke the contract.
    pub fn refused(&self) -> Vec<Answer> {
        self.office.state.lock().refused.clone()
    }

    /// How many messages were too much.
    pub fn turned_away(&self) -> usize {
        self.office.state.lock().turned_away
    }

    /// From now on whoever may look sees this at a path.
    pub fn shows(&self, path: &str, answer: Answer) {
        self.office.state.lock().shown.insert(path.to_owned(), answer);
    }

    /// The next call meets a fault.
    pub fn next_call_meets(&self, fault: Fault) {
        self.office.state.lock().faults.push_back(fault);
    }

    /// From now on every call meets a fault, or none any more.
    pub fn every_call_meets(&self, fault: Option<Fault>) {
        self.office.state.lock().every_fault = fault;
    }

    /// How many calls have met one.
    pub fn met(&self) -> usize {
        self.office.state.lock().met
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn answer(
    State(office): State<Arc<Office>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let call = Call { method, uri, headers, body };
    let fault = {
        let mut state = office.state.lock();
        let fault = state.faults.pop_front().or_else(|| state.every_fault.clone());
        state.met += usize::from(fault.is_some());
        fault
    };
    match fault {
        None => office.take(&call).into_response(),
        Some(Fault::Refused(answer)) => answer.into_response(),
        Some(Fault::TakenAnd(answer)) => {
            office.take(&call);
            answer.into_response()
        }
        Some(Fault::Hang(time)) => {
            let taken = office.take(&call);
            pass(&SystemClock, time).await;
            taken.into_response()
        }
    }
}

impl Office {
    fn take(&self, call: &Call) -> Answer {
        let shown = self.state.lock().shown.get(call.uri.path()).cloned();
        if let Some(shown) = shown.filter(|_| call.method == Method::GET) {
            return self.wire.may_look(call).err().unwrap_or(shown);
        }
        if call.method == Method::GET
            && let Some(answer) = self.wire.look_up(call, &self.state.lock().taken)
        {
            return answer;
        }
        let read = self.wire.read_all(call);
        let mut state = self.state.lock();
        let mut all = match read {
            Ok(all) => all,
            Err(refusal) => {
                state.refused.push(refusal.clone());
                return refusal;
            }
        };
        let body = String::from_utf8_lossy(&call.body).into_owned();
        let Some(first) = all.first() else { return self.wire.accept_all(call, &[]) };
        let same_key = |other: &&Taken| first.key.is_some() && other.key == first.key;
        let before: Vec<Taken> = state.taken.iter().filter(same_key).cloned().collect();
        if let Some(other) = before.first() {
            let same = other.body == body;
            return if same { self.wire.accept_all(call, &before) } else { self.wire.key_reused() };
        }
        let weight = self.wire.weight(first);
        if let Err(over) = state.lately.admit(self.limits, &first.to, weight, SystemClock.now()) {
            state.turned_away += 1;
            return self.wire.too_many(over);
        }
        for (no, one) in (state.taken.len() + 1..).zip(&mut all) {
            (one.no, one.body) = (no, body.clone());
        }
        let answer = self.wire.accept_all(call, &all);
        state.taken.append(&mut all);
        answer
    }
}

/// The bearer token of a call.
pub(crate) fn bearer(call: &Call) -> &str {
    let said = call.headers.get("authorization").and_then(|value| value.to_str().ok());
    said.and_then(|said| said.strip_prefix("Bearer ")).unwrap_or_default()
}

/// A status that exists.
pub(crate) fn status(code: u16) -> StatusCode {
    StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}
