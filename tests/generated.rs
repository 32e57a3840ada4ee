//! Files that are written from the code say what the code says. `UPDATE_GENERATED=1` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is missing")]

use std::collections::BTreeSet;
use std::path::Path;

use baton::telemetry::metrics::{Kind, TABLE, reference};

fn in_repository(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Holds a file against what it should be.
fn is_generated(path: &str, expected: &str) {
    let file = in_repository(path);
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&file, expected).unwrap();
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(found == expected, "{path} is not up to date: UPDATE_GENERATED=1 cargo test --test generated");
}

#[test]
fn docs_metrics_lists_every_metric() {
    is_generated("docs/METRICS.md", &reference());
}

/// The names of our metrics in a text.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("baton_")).collect()
}

#[test]
fn dashboard_and_alerts_ask_for_metrics_that_exist() {
    let mut exist = BTreeSet::new();
    for metric in TABLE {
        exist.insert(metric.name.to_owned());
        if let Kind::Histogram(_) = metric.kind {
            exist.extend(["bucket", "sum", "count"].map(|part| format!("{}_{part}", metric.name)));
        }
    }
    for path in ["config/grafana/baton.json", "config/prometheus/alerts.yml", "config/prometheus/alerts_test.yml"] {
        let text = std::fs::read_to_string(in_repository(path)).unwrap();
        let asked = metrics_in(&text);
        assert!(!asked.is_empty(), "{path} asks for nothing");
        let unknown: Vec<_> = asked.into_iter().filter(|name| !exist.contains(*name)).collect();
        assert!(unknown.is_empty(), "{path} asks for {unknown:?}");
    }
}
