//! `[server]`: the HTTP door and its bounds.

use std::net::SocketAddr;
use std::time::Duration;

use baton_actors::channel::Rate;
use baton_actors::house::Role;
use ipnet::IpNet;

use super::reader::{Reader, Section};
use super::setting::Bytes;

/// The HTTP door.
#[derive(Clone, Debug)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What links to people start with, base path included, without a slash at its end; none: the address it listens on.
    pub public_url: Option<String>,
    /// The path below which everything answers, such as `/dispatch`; empty: at the root.
    pub base_path: String,
    /// Which part of the work this process does.
    pub role: Role,
    /// The largest body, in bytes.
    pub body_limit: usize,
    /// The largest body of a batch or sync, in bytes.
    pub batch_limit: usize,
    /// Connections open at once.
    pub max_connections: usize,
    /// Until when the head of a request must have come.
    pub header_timeout: Duration,
    /// Until when a request must be answered.
    pub request_timeout: Duration,
    /// How long requests under way may take after SIGTERM.
    pub drain_timeout: Duration,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Which origins may call the API from a browser.
    pub cors_origins: Vec<String>,
    /// The only host names to answer to; empty: any.
    pub hosts: Vec<String>,
    /// Requests of one API key.
    pub rate_key: Option<Rate>,
    /// Requests without a valid key, by address.
    pub rate_ip: Option<Rate>,
    /// Webhook calls from one address; none: no limit.
    pub rate_webhooks: Option<Rate>,
    /// Pages of exports of what is held about a person, of one key.
    pub rate_exports: Option<Rate>,
}

impl Server {
    /// What links to people start with; `bound` is where the server really listens.
    pub fn link_base(&self, bound: SocketAddr) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://{bound}{}", self.base_path))
    }

    pub(super) fn read(reader: &mut Reader<'_>, dev: bool) -> Self {
        let mut rates = reader.section("server.rate_limit");
        let (rate_key, rate_ip) = (rates.get("per_key"), rates.get("per_ip"));
        let (rate_webhooks, rate_exports) = (rates.get("webhooks"), rates.get("exports"));
        let mut section = reader.section("server");
        let listen = section.get::<SocketAddr>("listen");
        section.expect("listen", !dev || listen.ip().is_loopback(), || {
            let cure = "listen on 127.0.0.1 or [::1], or leave --dev out".to_owned();
            ("--dev has open doors and so listens on loopback only".to_owned(), cure)
        });
        let origins: Vec<String> = section.get("cors_origins");
        let plain = |origin: &String| {
            reqwest::Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin)
        };
        section.expect("cors_origins", origins.iter().all(plain), || {
            let cure =
                "write scheme, host and perhaps port without a slash, such as \"https://desk.example.com\"".to_owned();
            ("one of them is no origin".to_owned(), cure)
        });
        let base_path = base_path(&mut section);
        let public_url = Some(section.url("public_url")).filter(|url| !url.is_empty());
        let roles = [Role::All, Role::Intake, Role::Workers].map(|role| (role.as_str(), role));
        Self {
            listen,
            role: section.word("role", &roles),
            public_url: public_url.map(|url| with_base(url, &base_path)),
            base_path,
            body_limit: section.get::<Bytes>("body_limit").0 as usize,
            batch_limit: section.get::<Bytes>("batch_limit").0 as usize,
            max_connections: section.within::<u64>("max_connections", 1..=1_000_000) as usize,
            header_timeout: section.some("header_timeout"),
            request_timeout: section.some("request_timeout"),
            drain_timeout: section.some("drain_timeout"),
            trusted_proxies: section.get("trusted_proxies"),
            cors_origins: origins,
            hosts: section.get::<Vec<String>>("hosts").into_iter().map(|host| host.to_lowercase()).collect(),
            rate_key,
            rate_ip,
            rate_webhooks,
            rate_exports,
        }
    }
}

/// The base path, without a slash at its end.
pub(super) fn base_path(section: &mut Section<'_, '_>) -> String {
    let said = section.get::<String>("base_path");
    let path = said.trim_end_matches('/');
    let plain = |part: &str| {
        !part.is_empty()
            && !part.bytes().all(|b| b == b'.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b))
    };
    let fine = path.is_empty() || path.strip_prefix('/').is_some_and(|rest| rest.split('/').all(plain));
    section.expect("base_path", fine, || {
        let cure = "write a slash and a name of letters, digits and -_.~, such as \"/dispatch\"".to_owned();
        (format!("\"{said}\" is no path to serve under"), cure)
    });
    path.to_owned()
}

/// Where a public address has no path of its own, people come to the base path; one that has a path says the whole.
fn with_base(public_url: String, base_path: &str) -> String {
    let has_path = public_url.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
    if has_path { public_url } else { format!("{public_url}{base_path}") }
}
