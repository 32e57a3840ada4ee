//! docs/METRICS.md, written from the table.

use std::fmt::Write as _;

use super::{Kind, TABLE, Words};

const HEAD: &str = "\
# Metrics

`GET /metrics` gives these in Prometheus' text format, from loopback, from the networks of `metrics.allow`, or with an API
key of scope `metrics`. Labels hold words of fixed lists, never an id, a tenant or a text. A dashboard for Grafana is in
`config/grafana/baton.json`, alert rules are in `config/prometheus/alerts.yml`.

This page is generated from `src/telemetry/metrics/table.rs` (`UPDATE_GENERATED=1 cargo test --test generated`).

";

const TAIL: &str = "
A server with nothing to do still commits: it stores a sign of life every five seconds, by which the next start knows how long it was
away. So `baton_commits_total` and `baton_commit_seconds_count` rise by 12 a minute at rest.

Counters and gauges show from the start, each series at 0, where the words of their labels are listed here.

The process itself is told in the usual names: `process_cpu_seconds_total`, `process_resident_memory_bytes`,
`process_virtual_memory_bytes`, `process_open_fds`, `process_max_fds`, `process_threads`, `process_start_time_seconds`.
";

/// The page.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| metric | kind | labels | what it tells |\n|---|---|---|---|\n");
    for metric in TABLE {
        let kind = match metric.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram(_) => "histogram",
        };
        let told = |words: &Words| match words {
            Words::Listed(words) => words.join(", "),
            Words::Described(kind) => (*kind).to_owned(),
        };
        let labels: Vec<String> =
            metric.labels.iter().map(|(name, words)| format!("`{name}`: {}", told(words))).collect();
        let labels = if labels.is_empty() { "–".to_owned() } else { labels.join("; ") };
        let _ = writeln!(page, "| `{}` | {kind} | {labels} | {} |", metric.name, metric.help);
    }
    page.push_str("\n## Buckets\n\n| metric | upper bounds |\n|---|---|\n");
    for metric in TABLE {
        if let Kind::Histogram(buckets) = metric.kind {
            let bounds: Vec<String> = buckets.iter().map(ToString::to_string).collect();
            let _ = writeln!(page, "| `{}` | {} |", metric.name, bounds.join(", "));
        }
    }
    page.push_str(TAIL);
    page
}
