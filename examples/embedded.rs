//! Baton as a part of another axum program, below `/dispatch`.
//!
//!     BATON_DEV_KEY=$(openssl rand -hex 32) cargo run --example embedded
//!
//! serves a program's own page at <http://127.0.0.1:8080/> and all of Baton at <http://127.0.0.1:8080/dispatch>, on a store in
//! `data`. docs/EMBEDDING.md says what is the program's business and what is Baton's.

use std::error::Error;
use std::future::Future;
use std::net::SocketAddr;

use axum::Router;
use axum::routing::get;
use baton::Service;
use baton::config::Config;
use baton::config::layers::{Flags, Sources};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // With `dev`, for trying out: loopback only, no secrets, messages on this terminal. A real program leaves it out.
    let flags = Flags { dev: true, ..Flags::default() };
    let mut sources = Sources::of_process(None, flags);
    sources.environment.insert("BATON__SERVER__BASE_PATH".to_owned(), "/dispatch".to_owned());
    let config = Config::load(&sources)?;
    let listener = TcpListener::bind(config.server.listen).await?;
    let stop = async {
        // Without a handler Ctrl-C ends the process by itself.
        let _ = tokio::signal::ctrl_c().await;
    };
    serve(config, listener, stop).await
}

/// The whole program: its own routes, and Baton's below them, until `stop` ends.
pub async fn serve(
    config: Config,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), Box<dyn Error>> {
    let service = Service::open(config).await?;
    let app = Router::new()
        .route("/", get(|| async { "the shop's own page" }))
        .nest(service.base_path(), service.router())
        // Baton counts strangers by their address.
        .into_make_service_with_connect_info::<SocketAddr>();
    let stop = {
        let service = service.clone();
        async move {
            tokio::select! {
                () = stop => {}
                // Nothing acknowledged is lost: the next start recovers.
                () = service.failed() => {}
            }
            service.leave();
        }
    };
    axum::serve(listener, app).with_graceful_shutdown(stop).await?;
    service.close().await?;
    Ok(())
}
