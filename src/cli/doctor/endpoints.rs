//! Whether those who want to be told what happens are told: endpoints and dashboards.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

use baton_actors::sinks::Endpoint;
use baton_actors::store::keys::{Key, Prefix, Space};
use baton_actors::store::{Store, StoreError, codec};
use baton_core::follower::Follower;

use super::Finding;
use crate::cli::client::http;
use crate::cli::health::reachable;
use crate::config::Config;
use crate::store::{SledOptions, SledStore};

/// A server on this machine answers by then.
const PATIENCE: Duration = Duration::from_secs(3);

/// How many are how.
#[derive(Default)]
struct Standing {
    on: u64,
    away: u64,
    off: u64,
    waiting: u64,
}

/// Looks at endpoints and dashboards: in the store, or, while a server holds that, in what the server tells this machine.
pub async fn endpoints(config: &Config) -> Vec<Finding> {
    if !config.store.path.exists() {
        return Vec::new();
    }
    match SledStore::open(&config.store.path, SledOptions::default()).and_then(|store| stored(&store)) {
        Ok((webhooks, dashboards)) => findings(&webhooks, &dashboards),
        Err(StoreError::InUse(_)) => match told(config).await {
            Some((webhooks, dashboards)) => findings(&webhooks, &dashboards),
            None => Vec::new(),
        },
        // What is wrong with the store is told elsewhere.
        Err(_) => Vec::new(),
    }
}

fn findings(webhooks: &Standing, dashboards: &Standing) -> Vec<Finding> {
    let found = [("endpoints", webhooks), ("dashboards", dashboards)].into_iter().filter_map(|(what, standing)| {
        let Standing { on, away, off, waiting } = standing;
        if on + away + off == 0 {
            return None;
        }
        let seen = format!("{on} told, {away} away, {off} switched off; {waiting} events wait");
        Some(if away + off == 0 {
            Finding::well(what, seen)
        } else {
            let cure = "GET /api/v1/endpoints names them, and its deliveries say what they answer; PATCH {\"enabled\": true} goes on";
            Finding::ill(what, seen, cure)
        })
    });
    found.collect()
}

fn stored(store: &SledStore) -> Result<(Standing, Standing), StoreError> {
    let (mut webhooks, mut dashboards) = (Standing::default(), Standing::default());
    let mut all = Vec::new();
    store.scan(&Prefix::space(Space::Endpoints), None, &mut |_, record| {
        all.extend(codec::open::<Endpoint>(record).map(|(_, endpoint)| endpoint));
        ControlFlow::Continue(())
    })?;
    for endpoint in all {
        let record = store.get(&Key::Follower(endpoint.id).bytes())?;
        let follower = record.and_then(|record| codec::open::<Follower>(&record).ok()).map(|(_, follower)| follower);
        let follower = follower.unwrap_or_default();
        let standing = if endpoint.is_dashboard() { &mut dashboards } else { &mut webhooks };
        *match (endpoint.off.is_some(), follower.is_away()) {
            (true, _) => &mut standing.off,
            (false, true) => &mut standing.away,
            (false, false) => &mut standing.on,
        } += 1;
        let mut waiting = follower.waiting() as u64;
        if endpoint.is_dashboard() {
            let from = Key::DashboardEvent { endpoint: endpoint.id, no: follower.cursor }.bytes();
            store.scan(&Prefix::dashboard_events(endpoint.id), Some(&from), &mut |_, _| {
                waiting += 1;
                ControlFlow::Continue(())
            })?;
        }
        standing.waiting += waiting;
    }
    Ok((webhooks, dashboards))
}

/// What a server that runs here tells of itself; none where it does not answer, or shows its metrics to nobody here.
async fn told(config: &Config) -> Option<(Standing, Standing)> {
    let url = format!("http://{}{}/metrics", reachable(config.server.listen), config.server.base_path);
    let answer = http(PATIENCE).ok()?.get(url).send().await.ok()?;
    let text = answer.error_for_status().ok()?.text().await.ok()?;
    let values: BTreeMap<&str, u64> = text
        .lines()
        .filter(|line| line.starts_with("baton_"))
        .filter_map(|line| {
            let (name, value) = line.rsplit_once(' ')?;
            Some((name, value.parse::<f64>().ok()? as u64))
        })
        .collect();
    let value = |name: &str| values.get(name).copied().unwrap_or_default();
    let standing = |name: &str, waiting: &str| {
        let state = |state: &str| value(&format!("{name}{{state=\"{state}\"}}"));
        Standing { on: state("on"), away: state("away"), off: state("off"), waiting: value(waiting) }
    };
    let webhooks = standing("baton_endpoints", "baton_events_waiting");
    Some((webhooks, standing("baton_dashboards", "baton_dashboard_backlog")))
}
