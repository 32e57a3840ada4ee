//! Where a request comes from: the peer, or what a trusted proxy says stands behind it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};
use ipnet::IpNet;

/// The other end of the connection, as the server saw it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The other end of a request's connection: as our own server noted it, or that of the program we are a part of.
pub fn peer(noted: &Extensions) -> IpAddr {
    let ours = noted.get::<Peer>().map(|peer| peer.0.ip());
    let theirs = || noted.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip());
    ours.or_else(theirs).unwrap_or(NOWHERE)
}

/// The address a request comes from. `X-Forwarded-For` is believed only as far as trusted proxies wrote it: the last
/// address in it that is not a trusted proxy's own.
pub fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(&address));
    let mut nearest = peer.to_canonical();
    if trusted.is_empty() || !is_trusted(nearest) {
        return nearest;
    }
    let said: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|v| v.split(','))
        .collect();
    for hop in said.iter().rev() {
        let Some(hop) = read(hop) else { break };
        nearest = hop;
        if !is_trusted(hop) {
            break;
        }
    }
    nearest
}

/// An address, with or without a port.
fn read(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|address| address.ip()));
    bare.ok().map(|address| address.to_canonical())
}

/// What rate limits count by: an IPv4 address, or the /64 of an IPv6 one, because a single host owns that many.
pub fn counted_by(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

/// The address where no server noted one, as in tests that call the router directly.
pub const NOWHERE: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        address(peer.parse().unwrap(), &headers, &["10.0.0.0/8".parse().unwrap()]).to_string()
    }

    #[test]
    fn s7_a_forged_header_does_not_change_where_a_request_comes_from() {
        // peer           X-Forwarded-For                           seen as
        assert_eq!(seen("192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
        assert_eq!(seen("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1, 203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1", "203.0.113.9, 10.0.0.7"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &["1.1.1.1, nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(seen("::ffff:10.0.0.1", &["203.0.113.9:4711"]), "203.0.113.9");
    }

    #[test]
    fn a_host_with_many_ipv6_addresses_is_counted_once() {
        let a = counted_by("2001:db8:1:2::1".parse().unwrap());
        assert_eq!(a, counted_by("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_ne!(a, counted_by("2001:db8:1:3::1".parse().unwrap()));
    }
}
