//! `baton health`: is the server on this machine well? For the container's health check.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use clap::Args;
use reqwest::Url;

use super::client::{http, unreachable};
use super::exit::{Exit, Failure};
use super::output::print;
use super::settings::Settings;
use crate::config::listen_address;

/// Asks a running server whether it is well.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  baton health\n  baton health --ready --listen 0.0.0.0:9000")]
pub struct Health {
    /// Asks whether it can take work (/ready) in place of whether it lives (/health)
    #[arg(long)]
    pub ready: bool,
    /// How long to wait for an answer
    #[arg(long, value_name = "DURATION", default_value = "3s", value_parser = crate::config::duration::parse_duration)]
    pub timeout: Duration,
    /// The configuration of the server that is asked: only its address and base path matter.
    #[command(flatten)]
    pub settings: Settings,
}

impl Health {
    /// Runs it.
    pub async fn run(self) -> Result<(), Failure> {
        let listen = listen_address(&self.settings.sources());
        let (listen, base) = listen.map_err(|faults| Failure::new(Exit::Configuration, faults.to_string()))?;
        let path = if self.ready { "/ready" } else { "/health" };
        let url = format!("http://{}{base}{path}", reachable(listen));
        let url: Url = url.parse().map_err(|_| Failure::new(Exit::Internal, format!("{url} is no address")))?;
        let sick = match http(self.timeout)?.get(url.clone()).send().await {
            Ok(answer) if answer.status().is_success() => return print("ok"),
            Ok(answer) => format!("{url} answers {}", answer.status()),
            Err(error) => unreachable(&error, &url, "--listen"),
        };
        Err(Failure::new(Exit::Server, sick))
    }
}

/// A server that listens everywhere is reached on loopback.
pub(super) fn reachable(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}
