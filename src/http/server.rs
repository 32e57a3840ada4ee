//! The listener: connections, their deadlines, and an end that does not wait for ever.
//!
//! Served by hyper-util directly, because axum's own `serve` installs no timer, without which hyper's header timeout does
//! nothing and one slow client holds a connection for ever.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use baton_actors::gauges;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::http::address::Peer;
use crate::http::settings::Settings;
use first_bytes::FirstBytes;

mod first_bytes;

/// A bound listener, not yet serving.
pub struct Server {
    listener: TcpListener,
    places: Arc<Semaphore>,
    header_timeout: Duration,
    drain_timeout: Duration,
}

/// How serving ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Every request under way was answered.
    Drained,
    /// The drain time was over and connections were cut.
    Cut,
}

impl Server {
    /// Binds the address.
    pub async fn bind(address: SocketAddr, settings: &Settings) -> io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(address).await?,
            places: Arc::new(Semaphore::new(settings.max_connections.clamp(1, Semaphore::MAX_PERMITS))),
            header_timeout: settings.header_timeout,
            drain_timeout: settings.drain_timeout,
        })
    }

    /// The address in fact bound: the port is known even where 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until `stop` ends; then takes no more connections, lets requests under way finish, and cuts what is left
    /// after the drain time: idle keep-alive and slow peers would hold the process otherwise.
    pub async fn serve(self, router: Router, stop: impl Future<Output = ()>) -> Ended {
        let connections = Arc::new(protocols(self.header_timeout));
        let graceful = GracefulShutdown::new();
        let (cut, cut_seen) = watch::channel(());
        tokio::pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = self.accept() => accepted,
            };
            let (stream, peer, place) = match accepted {
                Ok(accepted) => accepted,
                Err(fault) => {
                    tracing::warn!(error = %fault, "could not accept a connection");
                    rest().await;
                    continue;
                }
            };
            let front = Front { router: router.clone(), peer: Peer(peer) };
            let io = TokioIo::new(FirstBytes::new(stream, self.header_timeout));
            let connection = connections.serve_connection(io, front).into_owned();
            let watched = graceful.watch(connection);
            let mut cut_seen = cut_seen.clone();
            tokio::spawn(async move {
                let _place: OwnedSemaphorePermit = place;
                let _counted = Counted::new();
                tokio::select! {
                    ended = watched => if let Err(fault) = ended {
                        tracing::debug!(error = %fault, "connection ended early");
                    },
                    _ = cut_seen.changed() => {}
                }
            });
        }
        drop(self.listener);
        drop(cut_seen);
        if tokio::time::timeout(self.drain_timeout, graceful.shutdown()).await.is_ok() {
            return Ended::Drained;
        }
        let _ = cut.send(());
        cut.closed().await;
        Ended::Cut
    }

    /// The place is taken before the connection, so that what is too much waits in the kernel's queue.
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
        let place = self.places.clone().acquire_owned().await.map_err(io::Error::other)?;
        let (stream, peer) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        Ok((stream, peer, place))
    }
}

/// Out of descriptors, most likely: without a rest the loop would take a whole core.
#[expect(clippy::disallowed_methods, reason = "waits for the machine, not for the domain")]
async fn rest() {
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// HTTP/1 and HTTP/2, each with its deadlines.
fn protocols(header_timeout: Duration) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout).keep_alive(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(20))
        .max_concurrent_streams(256);
    builder
}

/// An open connection, in the gauge for as long as it lives.
struct Counted(metrics::Gauge);

impl Counted {
    fn new() -> Self {
        let open = metrics::gauge!(gauges::HTTP_CONNECTIONS);
        open.increment(1.0);
        Self(open)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// The router as one connection sees it.
#[derive(Clone)]
struct Front {
    router: Router,
    peer: Peer,
}

impl hyper::service::Service<Request<Incoming>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = RouteFuture<Infallible>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        request.extensions_mut().insert(self.peer);
        tower::Service::call(&mut self.router.clone(), request)
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;

    use super::*;

    struct Running {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        ended: tokio::task::JoinHandle<Ended>,
    }

    async fn serving(router: Router, settings: Settings) -> Running {
        let server = Server::bind(([127, 0, 0, 1], 0).into(), &settings).await.unwrap();
        let address = server.address().unwrap();
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(server.serve(router, async {
            let _ = stopped.await;
        }));
        Running { address, stop, ended }
    }

    #[tokio::test]
    async fn a_client_that_never_finishes_its_head_is_cut() {
        let settings = Settings { header_timeout: Duration::from_millis(50), ..Settings::default() };
        let running = serving(Router::new(), settings).await;
        // Nothing at all; the beginning of HTTP/2's greeting, on which the protocol sniff would wait; half a head.
        for beginning in ["", "PRI * HT", "GET / HTTP/1.1\r\nHost: example.com\r\n"] {
            let mut client = TcpStream::connect(running.address).await.unwrap();
            client.write_all(beginning.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            // Ends only because the server closes.
            let _ = client.read_to_end(&mut answer).await;
            assert!(!answer.starts_with(b"HTTP/1.1 200"), "{beginning:?}");
        }
    }

    #[tokio::test]
    async fn a_request_under_way_is_answered_when_the_server_stops() {
        let (entered, mut arrivals) = tokio::sync::mpsc::channel(1);
        let (go_on, may_go_on) = watch::channel(false);
        let router = Router::new().route(
            "/slow",
            get(move || async move {
                entered.send(()).await.unwrap();
                may_go_on.clone().wait_for(|go| *go).await.unwrap();
                "done"
            }),
        );
        let running = serving(router, Settings::default()).await;
        let mut client = TcpStream::connect(running.address).await.unwrap();
        client.write_all(b"GET /slow HTTP/1.1\r\nHost: example.com\r\n\r\n").await.unwrap();
        arrivals.recv().await.unwrap();
        running.stop.send(()).unwrap();
        go_on.send(true).unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("done"), "{answer}");
        assert_eq!(running.ended.await.unwrap(), Ended::Drained);
    }

    #[tokio::test]
    async fn a_request_that_never_ends_does_not_hold_the_server() {
        let (entered, mut arrivals) = tokio::sync::mpsc::channel(1);
        let router = Router::new().route(
            "/never",
            get(move || async move {
                entered.send(()).await.unwrap();
                std::future::pending::<()>().await;
            }),
        );
        let settings = Settings { drain_timeout: Duration::from_millis(20), ..Settings::default() };
        let running = serving(router, settings).await;
        let mut client = TcpStream::connect(running.address).await.unwrap();
        client.write_all(b"GET /never HTTP/1.1\r\nHost: example.com\r\n\r\n").await.unwrap();
        arrivals.recv().await.unwrap();
        running.stop.send(()).unwrap();
        assert_eq!(running.ended.await.unwrap(), Ended::Cut);
    }

    #[tokio::test]
    async fn the_connection_past_the_last_place_waits_for_one() {
        let settings = Settings { max_connections: 1, ..Settings::default() };
        let running = serving(Router::new().route("/", get(|| async { "hello" })), settings).await;
        let first = TcpStream::connect(running.address).await.unwrap();
        let mut second = TcpStream::connect(running.address).await.unwrap();
        second.write_all(b"GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n").await.unwrap();
        drop(first);
        let mut answer = String::new();
        second.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("hello"), "{answer}");
    }
}
