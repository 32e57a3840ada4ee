//! A small Telegram: an HTTP server that speaks the Bot API for one bot or more, with chats that can be looked into.
//!
//! ```no_run
//! # async fn shown() -> Result<(), Box<dyn std::error::Error>> {
//! let telegram = baton::simulator::telegram::Server::start().await?;
//! let bot = telegram.bot("123456:TEST-TOKEN", "baton_bot");
//! let ana = bot.chat(1001);
//! // … a server whose `base_url` is `telegram.url()` sends an offer …
//! let shown = ana.wait_for(|messages| messages.iter().any(|message| message.has_button("YES"))).await?;
//! ana.presses(shown[0].id, "YES")?;
//! # Ok(())
//! # }
//! ```

mod bot;
mod chat;
mod delivery;
mod entities;
mod fault;
mod limits;
mod methods;
mod request;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::Extension;
use baton_actors::clock::{Clock, SystemClock};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use parking_lot::Mutex;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

pub use bot::{Bot, Call};
pub use chat::{Button, Chat, Message, NoSuchButton, Overdue};
pub(crate) use entities::visible_text;
pub use fault::Fault;
pub use limits::Limits;

/// The server; it ends, with all its connections, when it is dropped.
pub struct Server {
    address: SocketAddr,
    world: Arc<World>,
    serving: JoinHandle<()>,
}

/// Every bot by its token.
struct World {
    bots: Mutex<BTreeMap<String, Bot>>,
    clock: Arc<dyn Clock>,
}

impl Server {
    /// Starts one on a free port of loopback, by the machine's clock.
    pub async fn start() -> std::io::Result<Self> {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), Arc::new(SystemClock)).await
    }

    /// Starts one at this address, by this clock.
    pub async fn start_at(address: SocketAddr, clock: Arc<dyn Clock>) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let world = Arc::new(World { bots: Mutex::default(), clock });
        let serving = tokio::spawn(serve(listener, Arc::clone(&world)));
        Ok(Self { address, world, serving })
    }

    /// What a client takes for `https://api.telegram.org`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The bot with this token; it is born with the first call. Called within the runtime that serves.
    pub fn bot(&self, token: &str, username: &str) -> Bot {
        let mut bots = self.world.bots.lock();
        bots.entry(token.to_owned()).or_insert_with(|| Bot::new(token, username, Arc::clone(&self.world.clock))).clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Serves connections one by one, so that a fault can cut the very connection that it came over.
async fn serve(listener: TcpListener, world: Arc<World>) {
    let router = Router::new().fallback(request::answer).with_state(world);
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let _ = stream.set_nodelay(true);
        while connections.try_join_next().is_some() {}
        let scissors = Arc::new(Notify::new());
        let service = TowerToHyperService::new(router.clone().layer(Extension(Arc::clone(&scissors))));
        connections.spawn(async move {
            let connection = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            tokio::select! {
                _ = connection => {}
                () = scissors.notified() => {}
            }
        });
    }
}
