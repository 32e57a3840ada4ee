//! Which addresses are called: those of the public internet, and networks that the operator has named.
//!
//! A name is looked up when the connection is made, and connected to is what was looked at: a name that means something else a
//! moment later leads nowhere. Redirects are not followed.

use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use baton_actors::clock::BoxFuture;
use ipnet::IpNet;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// What is not of the public internet (IANA's registries of special-purpose addresses).
const SPECIAL: [&str; 29] = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.31.196.0/24",
    "192.52.193.0/24",
    "192.88.99.0/24",
    "192.168.0.0/16",
    "192.175.48.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "::/128",
    "::1/128",
    "64:ff9b:1::/48",
    "100::/64",
    "2001::/23",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "fc00::/7",
    "fe80::/9",
    "ff00::/8",
];

/// Looks names up.
pub type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, std::io::Result<Vec<IpAddr>>> + Send + Sync>;

/// Lets calls through, or not.
#[derive(Clone)]
pub struct Guard {
    special: Arc<[IpNet]>,
    allowed: Arc<[IpNet]>,
    lookup: Lookup,
}

/// The address is one that is never called.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the address is of a network that is not called")]
pub struct Forbidden;

impl Forbidden {
    /// Whether that is why a call failed.
    pub fn is_behind(error: &(dyn Error + 'static)) -> bool {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if error.is::<Self>() {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

impl Guard {
    /// Lets through what is public, and these networks.
    pub fn new(allowed: &[IpNet]) -> Self {
        let lookup: Lookup = Arc::new(|host| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((host, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        });
        let special = SPECIAL.iter().filter_map(|net| net.parse().ok()).collect();
        Self { special, allowed: allowed.into(), lookup }
    }

    /// The same, with names looked up elsewhere.
    #[must_use]
    pub fn with_lookup(self, lookup: Lookup) -> Self {
        Self { lookup, ..self }
    }

    /// Whether an address may be called.
    pub fn lets(&self, address: IpAddr) -> bool {
        let within = |nets: &[IpNet], address: IpAddr| nets.iter().any(|net| net.contains(&address));
        let meant = meant(address);
        within(&self.allowed, address) || within(&self.allowed, meant) || !within(&self.special, meant)
    }

    /// Whether a URL names an address, in figures, that is not called.
    pub fn refuses(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        host.parse::<IpAddr>().is_ok_and(|address| !self.lets(address))
    }
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = self.clone();
        Box::pin(async move {
            let found = (guard.lookup)(name.as_str().to_owned()).await?;
            let was_found = !found.is_empty();
            let mut called = found;
            called.retain(|address| guard.lets(*address));
            if called.is_empty() && was_found {
                return Err(Forbidden.into());
            }
            // The port is that of the URL.
            Ok(Box::new(called.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

/// The IPv4 address that an IPv6 address stands for, where it does: mapped, compatible, by NAT64, 6to4.
fn meant(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    let parts = six.segments();
    let four = |at: usize| {
        let ([a, b], [c, d]) = (parts[at].to_be_bytes(), parts[at + 1].to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match parts {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => four(6),
        [0, 0, 0, 0, 0, 0, ..] if six != Ipv6Addr::UNSPECIFIED && six != Ipv6Addr::LOCALHOST => four(6),
        [0x2002, ..] => four(1),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_not_called_however_it_is_written() {
        let guard = Guard::new(&[]);
        assert_eq!(guard.special.len(), SPECIAL.len(), "every network is read");
        for secret in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "2001:db8::1",
        ] {
            assert!(!guard.lets(secret.parse().unwrap()), "{secret}");
        }
        for public in ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::"] {
            assert!(guard.lets(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_url_in_figures_is_refused_before_anything_is_looked_up() {
        let guard = Guard::new(&["127.0.0.2/32".parse().unwrap()]);
        let refuses = |url: &str| guard.refuses(&Url::parse(url).unwrap());
        for url in
            ["http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://[::1]/", "http://[::ffff:7f00:1]/"]
        {
            assert!(refuses(url), "{url}");
        }
        assert!(
            !refuses("http://127.0.0.2/") && !refuses("http://[::ffff:127.0.0.2]/") && !refuses("https://example.com/")
        );
    }
}
