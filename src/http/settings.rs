//! What the operator sets for the door, as it is used here; where it comes from is the configuration's business.

use std::time::Duration;

use baton_actors::channel::Rate;
use ipnet::IpNet;

use crate::config::Config;
use crate::config::dispatch::Dispatch;
use crate::config::drop_in::DropIn;

/// The door's settings.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What links to people and problem types start with, without a slash at its end.
    pub public_url: String,
    /// The path below which everything answers; empty: at the root.
    pub base_path: String,
    /// The only host names to answer to; empty: any.
    pub hosts: Vec<String>,
    /// Origins whose pages may call the API from a browser.
    pub cors_origins: Vec<String>,
    /// Networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Networks that may read `/metrics` without a key.
    pub metrics_networks: Vec<IpNet>,
    /// Requests of one API key; none: no limit.
    pub key_rate: Option<Rate>,
    /// Requests without a valid key from one address; none: no limit.
    pub address_rate: Option<Rate>,
    /// Webhook calls from one address; none: no limit.
    pub webhook_rate: Option<Rate>,
    /// Exports of what is held about a person, of one key.
    pub export_rate: Option<Rate>,
    /// The largest body of a request, in bytes.
    pub body_limit: usize,
    /// The largest body of a batch or a sync, in bytes.
    pub batch_limit: usize,
    /// How many connections may be open at once; the next waits.
    pub max_connections: usize,
    /// A connection must have sent the head of its next request by then; so it is also how long an idle one is kept.
    pub header_timeout: Duration,
    /// A request must be answered by then.
    pub request_timeout: Duration,
    /// How long requests under way may take once the server is told to stop.
    pub drain_timeout: Duration,
    /// What the desk gets of a finished lead.
    pub dispatch: Dispatch,
    /// The old routes that answer.
    pub drop_in: DropIn,
    /// What endpoints for events may be.
    pub endpoints: Endpoints,
}

/// What endpoints for events may be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Endpoints {
    /// Whether there is something to tell: an event log is kept.
    pub events: bool,
    /// Whether they may be at http://.
    pub plain_http: bool,
    /// How many a tenant may have.
    pub most: usize,
}

impl Settings {
    /// What a path of ours begins with where people and clients see it: the base path, or what a proxy takes away.
    pub fn link_path(&self) -> &str {
        let rest = self.public_url.split_once("://").map_or("", |(_, rest)| rest);
        rest.find('/').map_or("", |at| &rest[at..])
    }
}

impl From<&Config> for Settings {
    fn from(config: &Config) -> Self {
        let server = &config.server;
        Self {
            public_url: server.public_url.clone().unwrap_or_default(),
            base_path: server.base_path.clone(),
            hosts: server.hosts.clone(),
            cors_origins: server.cors_origins.clone(),
            trusted_proxies: server.trusted_proxies.clone(),
            metrics_networks: config.metrics.allow.clone(),
            key_rate: server.rate_key,
            address_rate: server.rate_ip,
            webhook_rate: server.rate_webhooks,
            export_rate: server.rate_exports,
            body_limit: server.body_limit,
            batch_limit: server.batch_limit,
            max_connections: server.max_connections,
            header_timeout: server.header_timeout,
            request_timeout: server.request_timeout,
            drain_timeout: server.drain_timeout,
            dispatch: config.dispatch,
            drop_in: config.drop_in.clone(),
            endpoints: Endpoints {
                events: config.events.enabled,
                plain_http: config.endpoints.plain_http,
                most: config.endpoints.most,
            },
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://127.0.0.1:8080".to_owned(),
            base_path: String::new(),
            hosts: Vec::new(),
            cors_origins: Vec::new(),
            trusted_proxies: Vec::new(),
            metrics_networks: Vec::new(),
            key_rate: None,
            address_rate: None,
            webhook_rate: None,
            export_rate: None,
            body_limit: 64 * 1024,
            batch_limit: 8 * 1024 * 1024,
            max_connections: 4096,
            header_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            drain_timeout: Duration::from_secs(10),
            dispatch: Dispatch::default(),
            drop_in: DropIn::default(),
            endpoints: Endpoints::default(),
        }
    }
}
