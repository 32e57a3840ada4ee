//! Files that are written from the code say what the code says. `UPDATE_GENERATED=1` writes them anew.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is missing")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use baton::telemetry::metrics::{Kind, TABLE, reference};

fn in_repository(path: &str) -> PathBuf {
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

/// A heading as GitHub makes an anchor of it.
fn anchor(heading: &str) -> String {
    let plain = heading.trim_start_matches('#').trim().to_lowercase();
    plain.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).collect::<String>().replace(' ', "-")
}

fn anchors(text: &str) -> BTreeSet<String> {
    text.lines().filter(|line| line.starts_with('#')).map(anchor).collect()
}

#[test]
fn every_alert_leads_to_a_page_that_helps() {
    let runbook = anchors(&std::fs::read_to_string(in_repository("docs/RUNBOOK.md")).unwrap());
    let alerts = std::fs::read_to_string(in_repository("config/prometheus/alerts.yml")).unwrap();
    let count = |what: &str| alerts.lines().filter(|line| line.trim_start().starts_with(what)).count();
    assert_eq!(count("- alert:"), count("runbook:"));
    let led: Vec<&str> = alerts.split("docs/RUNBOOK.md#").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let lost: Vec<_> = led.into_iter().filter(|anchor| !runbook.contains(*anchor)).collect();
    assert!(lost.is_empty(), "no such heading: {lost:?}");
}

/// Every file of the repository with this ending, below some folders.
fn files(folders: &[&str], ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left: Vec<PathBuf> = folders.iter().map(|folder| in_repository(folder)).collect();
    while let Some(folder) = left.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn links_in_the_documentation_lead_somewhere() {
    let mut pages = files(&["docs"], "md");
    pages.extend([in_repository("README.md"), in_repository("CHANGELOG.md")]);
    let mut lost = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let (path, place) = link.split_once('#').unwrap_or((link, ""));
            if link.starts_with("http") || link.starts_with('/') {
                continue;
            }
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            let there = target.exists()
                && (place.is_empty() || anchors(&std::fs::read_to_string(&target).unwrap()).contains(place));
            if !there {
                lost.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn the_tests_that_hold_the_promises_exist() {
    let code: String =
        files(&["src", "actors", "tests"], "rs").iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
    let page = std::fs::read_to_string(in_repository("docs/ARCHITECTURE.md")).unwrap();
    let promises: Vec<&str> = page.lines().filter(|line| line.starts_with("| P")).collect();
    assert_eq!(promises.len(), 10);
    for promise in promises {
        let held_by = promise.rsplit('|').nth(1).unwrap();
        let names =
            held_by.split('`').skip(1).step_by(2).filter(|name| name.matches('_').count() >= 3 && !name.contains('/'));
        for name in names {
            assert!(
                code.contains(&format!("fn {name}(")),
                "{name} is named in docs/ARCHITECTURE.md and does not exist"
            );
        }
    }
}

#[test]
fn docs_provider_errors_says_what_every_code_means() {
    is_generated("docs/PROVIDER-ERRORS.md", &baton::channels::errors::reference());
}
