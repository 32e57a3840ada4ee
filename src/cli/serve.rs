//! `baton serve`: the server.

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};

use super::exit::{Exit, Failure};
use super::output::complain;
use super::settings::Settings;
use crate::boot;
use crate::service::ServeError;
use crate::telemetry::logs;

/// Runs the server.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  BATON_DEV_KEY=$(openssl rand -hex 32) baton serve --dev\n  \
    baton serve --config baton.toml --listen 0.0.0.0:8080 --data /var/lib/baton\n\n\
    Stops on SIGTERM and Ctrl-C: requests under way are answered, the store is flushed, exit code 0.")]
pub struct Serve {
    /// Where the configuration comes from.
    #[command(flatten)]
    pub settings: Settings,
}

impl Serve {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        let config = self.settings.read()?;
        // Installed once a process; a second time is a fault of ours, and no reason not to serve.
        if logs::install(&config.logs).is_err() {
            complain("logs were set up before");
        }
        // Through the log, so that every line on the error output has its form.
        for warning in self.settings.warnings(&config) {
            tracing::warn!("{warning}");
        }
        let started = boot::start(config).await.map_err(|error| failure(&error))?;
        let address = started.address().map_err(|error| Failure::new(Exit::Internal, error.to_string()))?;
        let url = started.service.public_url();
        tracing::info!("serving at {url}, listening on {address}; the API is described at {url}/docs");
        started.serve(told_to_stop()).await.map_err(|error| failure(&error))
    }
}

pub(super) fn failure(error: &ServeError) -> Failure {
    let exit = if error.is_store() { Exit::Store } else { Exit::Configuration };
    Failure::new(exit, error.to_string())
}

/// Ends on SIGTERM or Ctrl-C.
pub(super) async fn told_to_stop() {
    let Ok(mut term) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = term.recv() => {}
        // Without a handler Ctrl-C ends the process by itself.
        _ = tokio::signal::ctrl_c() => {}
    }
}
