//! Somebody who is told what happens: a real HTTP server that does as the story says, and remembers everything.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::wait::{a_moment, until};

/// How a receiver behaves.
#[derive(Clone)]
pub enum Behaves {
    /// Takes everything.
    Takes,
    /// Answers this.
    Answers(u16, &'static [(&'static str, String)]),
    /// Answers this where the type of the event is that.
    RefusesType(&'static str),
    /// Takes it after a while.
    TakesAfter(Duration),
    /// Sends everybody elsewhere.
    Redirects(String),
}

/// What it was told.
#[derive(Clone)]
pub struct Told {
    pub headers: HeaderMap,
    pub body: Bytes,
    pub json: Value,
    pub taken: bool,
}

impl Told {
    pub fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn kind(&self) -> &str {
        self.json["type"].as_str().unwrap()
    }

    pub fn job(&self) -> &str {
        self.json["data"]["job"]["external_ref"].as_str().unwrap_or_default()
    }

    pub fn sequence(&self) -> u64 {
        self.json["sequence"].as_u64().unwrap()
    }
}

struct Memory {
    behaves: Behaves,
    told: Vec<Told>,
}

/// The receiver.
pub struct Receiver {
    pub address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
    serving: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    pub async fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let memory = Arc::new(Mutex::new(Memory { behaves: Behaves::Takes, told: Vec::new() }));
        let router = Router::new().fallback(hears).with_state(Arc::clone(&memory));
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, memory, serving }
    }

    pub async fn start() -> Self {
        Self::at("127.0.0.1:0").await
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    pub fn behaves(&self, behaves: Behaves) {
        self.memory.lock().behaves = behaves;
    }

    pub fn told(&self) -> Vec<Told> {
        self.memory.lock().told.clone()
    }

    /// What it has taken.
    pub fn taken(&self) -> Vec<Told> {
        self.told().into_iter().filter(|told| told.taken).collect()
    }

    /// Waits until it has taken so many.
    pub async fn takes(&self, count: usize) -> Vec<Told> {
        until(&format!("{count} events are taken"), async || {
            let taken = self.taken();
            (taken.len() >= count).then_some(taken)
        })
        .await
    }

    /// It goes away: nobody listens at its address any more.
    pub fn goes_away(self) -> SocketAddr {
        self.address
    }
}

async fn hears(State(memory): State<Arc<Mutex<Memory>>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let json: Value = serde_json::from_slice(&body).unwrap_or_default();
    let behaves = memory.lock().behaves.clone();
    let (answer, taken) = match behaves {
        Behaves::Takes => (StatusCode::NO_CONTENT.into_response(), true),
        Behaves::Answers(status, more) => {
            let mut answer = StatusCode::from_u16(status).unwrap().into_response();
            for (name, value) in more {
                answer.headers_mut().insert(*name, value.parse().unwrap());
            }
            (answer, (200..300).contains(&status))
        }
        Behaves::RefusesType(kind) if json["type"] == kind => (StatusCode::UNPROCESSABLE_ENTITY.into_response(), false),
        Behaves::RefusesType(_) => (StatusCode::OK.into_response(), true),
        Behaves::TakesAfter(span) => {
            a_moment(span).await;
            (StatusCode::OK.into_response(), true)
        }
        Behaves::Redirects(to) => {
            let answer = (StatusCode::TEMPORARY_REDIRECT, [("location", format!("{to}{uri}"))]).into_response();
            (answer, false)
        }
    };
    memory.lock().told.push(Told { headers, body, json, taken });
    answer
}
