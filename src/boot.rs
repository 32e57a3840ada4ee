//! From a configuration to a running server, and to its orderly end: a [`Service`] behind a listener of our own.

use std::future::Future;
use std::net::SocketAddr;

use crate::config::Config;
use crate::http::server::{Ended, Server};
use crate::http::settings::Settings;
use crate::service::{ServeError, Service};

/// A started server: its doors are bound, its engine runs, nothing is served yet.
pub struct Started {
    /// What is served.
    pub service: Service,
    server: Server,
}

impl Started {
    /// The bound address.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.server.address()
    }

    /// Serves until `stop` ends, then stops in order: the door, what is in flight, the disk.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let service = self.service;
        let stop = async {
            tokio::select! {
                () = stop => tracing::info!("stopping: no new work is taken in"),
                () = service.failed() => tracing::error!("the store failed; stopping, a restart recovers"),
            }
            service.leave();
        };
        let ended = self.server.serve(service.door().clone().router_at(service.base_path()), stop).await;
        if ended == Ended::Cut {
            tracing::warn!("some connections were still open when the time was over");
        }
        service.close().await
    }
}

/// Starts everything, up to serving.
pub async fn start(mut config: Config) -> Result<Started, ServeError> {
    let listen = config.server.listen;
    let of_listening = |source| ServeError::Listen { address: listen, source };
    let server = Server::bind(listen, &Settings::from(&config)).await.map_err(of_listening)?;
    // The port is known even where any was asked for.
    config.server.listen = server.address().map_err(of_listening)?;
    Ok(Started { service: Service::open(config).await?, server })
}
