//! `[endpoints]`: places outside that are told what happens.

use std::time::Duration;

use ipnet::IpNet;

use super::reader::Section;

/// Places outside that are told what happens.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// Networks that are called although they are not of the public internet.
    pub allowed_networks: Vec<IpNet>,
    /// Whether an endpoint may be at an address without TLS.
    pub plain_http: bool,
    /// A call is given up after this time.
    pub timeout: Duration,
    /// How long a first, second … failure waits.
    pub retries: Vec<Duration>,
    /// The part of each wait that chance adds.
    pub jitter: f64,
    /// How many calls to one endpoint may be under way.
    pub in_flight: usize,
    /// How many endpoints a tenant may have.
    pub most: usize,
    /// How long it is kept what became of each event.
    pub keep: Option<Duration>,
}

impl Endpoints {
    pub(super) fn read(section: &mut Section<'_, '_>) -> Self {
        Self {
            allowed_networks: section.get("allowed_networks"),
            plain_http: section.get("plain_http"),
            timeout: section.some("timeout"),
            retries: rests(section),
            jitter: section.within("jitter", 0.0..=1.0),
            in_flight: usize::try_from(section.within::<u64>("in_flight", 1..=256)).unwrap_or(1),
            most: usize::try_from(section.within::<u64>("most", 0..=1_000)).unwrap_or(0),
            keep: Some(section.get::<Duration>("keep")).filter(|age| !age.is_zero()),
        }
    }
}

/// How long a first, second … failure waits.
pub(super) fn rests(section: &mut Section<'_, '_>) -> Vec<Duration> {
    let retries = section.get::<Vec<String>>("retries");
    let mut read = Vec::new();
    for word in &retries {
        match super::duration::parse_duration(word) {
            Ok(rest) if !rest.is_zero() => read.push(rest),
            Ok(_) | Err(_) => section.fault(
                "retries",
                format!("\"{word}\" is no time to wait"),
                "write durations such as \"5s\", \"5m\", \"2h\"".to_owned(),
            ),
        }
    }
    section.expect("retries", (1..=20).contains(&retries.len()), || {
        ("a failure must be repeated, and not for ever".to_owned(), "write 1 to 20 durations".to_owned())
    });
    read
}
