//! What leaves for an endpoint, against a real socket.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::any;
use baton_actors::clock::SystemClock;
use baton_actors::sinks::Signature;
use baton_core::ids::{EndpointId, TenantId};
use baton_core::time::Timestamp;
use tokio::net::TcpListener;

use super::*;
use crate::sinks::guard::Lookup;
use crate::sinks::secret::draw;

/// Somebody who counts who knocks, on an address of this machine.
async fn counts(address: Ipv4Addr, port: u16) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((address, port)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let router = Router::new().fallback(any(move || {
        counter.fetch_add(1, Ordering::Relaxed);
        std::future::ready("")
    }));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (port, count)
}

fn endpoint(url: String, keyring: &Keyring) -> Endpoint {
    let id = EndpointId::drawn(TenantId::DEFAULT, Uuid::from_u128(7));
    let secrets = vec![draw(id, Signature::Shared, keyring).unwrap().kept];
    let (description, types, created_at) = (String::new(), Vec::new(), Timestamp(0));
    Endpoint { id, version: 1, created_at, url, description, types, signature: Signature::Shared, secrets, off: None }
}

fn poster(keyring: &Arc<Keyring>, lookup: Lookup) -> Poster {
    let guard = Guard::new(&["127.0.0.2/32".parse().unwrap()]).with_lookup(lookup);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    Poster::new(
        guard,
        Duration::from_secs(5),
        Arc::clone(keyring),
        clock,
        "https://baton.example.com".to_owned(),
        Duration::from_secs(3),
    )
    .unwrap()
}

#[tokio::test]
async fn a_name_that_means_something_else_a_moment_later_leads_nowhere() {
    let keyring = Arc::new(Keyring::for_dev(None).unwrap());
    let (port, theirs) = counts(Ipv4Addr::new(127, 0, 0, 2), 0).await;
    let (_, ours) = counts(Ipv4Addr::LOCALHOST, port).await;
    // As a hostile name server answers: first what is allowed, then what it is after, then both.
    let asked = Arc::new(AtomicUsize::new(0));
    let lookup: Lookup = {
        let asked = Arc::clone(&asked);
        Arc::new(move |_| {
            let (good, bad) = (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)), IpAddr::V4(Ipv4Addr::LOCALHOST));
            let found = match asked.fetch_add(1, Ordering::Relaxed) {
                0 => vec![good],
                1 => vec![bad],
                _ => vec![bad, good],
            };
            Box::pin(std::future::ready(Ok(found)))
        })
    };
    let endpoint = endpoint(format!("http://hooks.example.com:{port}/"), &keyring);
    let came = async || poster(&keyring, Arc::clone(&lookup)).test(&endpoint).await.came;
    assert_eq!([came().await, came().await, came().await], [Came::Taken(200), Came::Forbidden, Came::Taken(200)]);
    assert_eq!(
        (asked.load(Ordering::Relaxed), theirs.load(Ordering::Relaxed)),
        (3, 2),
        "a name is looked up for each connection"
    );
    assert_eq!(ours.load(Ordering::Relaxed), 0, "nothing reached what is not allowed");
}

#[tokio::test]
async fn a_name_that_means_nothing_is_unreachable_and_a_secret_that_does_not_open_stops_the_call() {
    let keyring = Arc::new(Keyring::for_dev(None).unwrap());
    let nothing: Lookup = Arc::new(|_| Box::pin(std::future::ready(Ok(Vec::new()))));
    let (port, theirs) = counts(Ipv4Addr::new(127, 0, 0, 2), 0).await;
    let there = endpoint(format!("http://hooks.example.com:{port}/"), &keyring);
    assert_eq!(poster(&keyring, Arc::clone(&nothing)).test(&there).await.came, Came::Unreachable);
    let other = Arc::new(Keyring::for_dev(None).unwrap());
    let direct = endpoint(format!("http://127.0.0.2:{port}/"), &keyring);
    assert_eq!(poster(&other, nothing).test(&direct).await.came, Came::Impossible);
    assert_eq!(theirs.load(Ordering::Relaxed), 0);
}
