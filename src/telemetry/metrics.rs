//! Metrics: one table says what each means, and everything else comes from it (descriptions, buckets, docs/METRICS.md).
//!
//! The exporter runs without its own listener: `GET /metrics` renders, and `upkeep` must be called every few seconds, or the
//! samples of histograms pile up between two readings. No metric is ever left out for being idle: gauges are kept by counting
//! up and down, and one that was dropped would start again from zero.

mod reference;
mod table;

use metrics::{Label, Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use parking_lot::Mutex;

pub use self::reference::reference;
pub use self::table::TABLE;

/// What a metric is.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, from `baton_actors::gauges`.
    pub name: &'static str,
    /// How it moves.
    pub kind: Kind,
    /// What it is counted in.
    pub unit: Unit,
    /// Its labels, each with the words it can have.
    pub labels: &'static [(&'static str, Words)],
    /// What it tells.
    pub help: &'static str,
}

/// The words that a label can have.
#[derive(Clone, Copy, Debug)]
pub enum Words {
    /// These and no others.
    Listed(&'static [&'static str]),
    /// Words of this kind.
    Described(&'static str),
}

impl Metric {
    /// The labels of every series there can be; none where the words of a label are not listed.
    fn series(&self) -> Vec<Vec<Label>> {
        let mut series = vec![Vec::new()];
        for (name, words) in self.labels {
            let listed = match words {
                Words::Listed(words) => *words,
                Words::Described(_) => &[],
            };
            let with = |labels: &Vec<Label>, word: &'static str| {
                let label = Label::from_static_parts(name, word);
                labels.iter().cloned().chain([label]).collect::<Vec<_>>()
            };
            series = series.iter().flat_map(|labels| listed.iter().map(move |word| with(labels, word))).collect();
        }
        series
    }
}

/// How a metric moves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// Only up.
    Counter,
    /// Up and down.
    Gauge,
    /// Into buckets with these upper bounds.
    Histogram(&'static [f64]),
}

/// Why metrics could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum MetricsError {
    /// The exporter refused its buckets.
    #[error("the metrics exporter could not be built")]
    NotBuilt(#[source] BuildError),
}

/// Renders what was recorded.
#[derive(Clone)]
pub struct Exposition {
    recorded: PrometheusHandle,
    process: metrics_process::Collector,
}

impl Exposition {
    /// The content type of what [`render`](Self::render) gives.
    pub const CONTENT_TYPE: &'static str = "text/plain; version=0.0.4; charset=utf-8";

    /// Records all metrics of the process, each beginning at zero. None where the program has a recorder of its own: then they
    /// go there, described, and the program shows them.
    pub fn of_process() -> Result<Option<Self>, MetricsError> {
        static OURS: Mutex<Option<Exposition>> = Mutex::new(None);
        let mut ours = OURS.lock();
        if ours.is_none() {
            let recorder = recorder().map_err(MetricsError::NotBuilt)?;
            let recorded = recorder.handle();
            let is_ours = metrics::set_global_recorder(recorder).is_ok();
            describe();
            gauge!(baton_actors::gauges::BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
            if is_ours {
                let process = metrics_process::Collector::default();
                process.describe();
                *ours = Some(Self { recorded, process });
            }
        }
        Ok(ours.clone())
    }

    /// Moves samples into their buckets. To be called every few seconds, also while nobody reads.
    pub fn upkeep(&self) {
        self.recorded.run_upkeep();
    }

    /// Everything, in Prometheus' text format.
    pub fn render(&self) -> String {
        self.process.collect();
        self.recorded.render()
    }
}

fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let builder = PrometheusBuilder::new();
    let histograms = TABLE.iter().filter_map(|metric| match metric.kind {
        Kind::Histogram(buckets) => Some((metric.name, buckets)),
        Kind::Counter | Kind::Gauge => None,
    });
    let with_buckets = |builder: PrometheusBuilder, (name, buckets): (&str, &[f64])| {
        builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)
    };
    Ok(histograms.into_iter().try_fold(builder, with_buckets)?.build_recorder())
}

/// Describes every metric. Those whose labels hold words of a list show from the start: without a first zero Prometheus sees
/// no increase in the first event of a series, and no alert tells of it.
fn describe() {
    for metric in TABLE {
        match metric.kind {
            Kind::Counter => {
                describe_counter!(metric.name, metric.unit, metric.help);
                for labels in metric.series() {
                    counter!(metric.name, labels).absolute(0);
                }
            }
            Kind::Gauge => {
                describe_gauge!(metric.name, metric.unit, metric.help);
                for labels in metric.series() {
                    gauge!(metric.name, labels).set(0.0);
                }
            }
            Kind::Histogram(_) => describe_histogram!(metric.name, metric.unit, metric.help),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use metrics::{histogram, with_local_recorder};

    use super::*;

    #[test]
    fn every_name_has_one_meaning() {
        let source = include_str!("../../actors/src/gauges.rs");
        let named: BTreeSet<&str> = source.lines().filter_map(|line| line.split('"').nth(1)).collect();
        let described: BTreeSet<&str> = TABLE.iter().map(|metric| metric.name).collect();
        assert_eq!(named, described);
        assert_eq!(described.len(), TABLE.len(), "one is described twice");
    }

    #[test]
    fn names_say_what_they_count() {
        for metric in TABLE {
            let (name, unit) = (metric.name, metric.unit);
            assert_eq!(name.ends_with("_total"), metric.kind == Kind::Counter, "{name}");
            assert_eq!(name.ends_with("_seconds"), unit == Unit::Seconds, "{name}");
            assert_eq!(name.ends_with("_bytes"), unit == Unit::Bytes, "{name}");
            assert!(metric.help.ends_with('.') && !metric.help.contains('\n'), "{name}");
            if let Kind::Histogram(buckets) = metric.kind {
                assert!(buckets.is_sorted_by(|a, b| a < b), "{name}");
            }
        }
    }

    #[test]
    fn every_invariant_is_counted_from_the_start() {
        let counted = TABLE.iter().find(|metric| metric.name == baton_actors::gauges::INVARIANTS_BROKEN).unwrap();
        let listed: Vec<_> = counted.series().into_iter().map(|labels| labels[0].value().to_owned()).collect();
        let numbers: Vec<_> = baton_core::job::invariants::INVARIANTS.iter().map(|rule| rule.number).collect();
        assert_eq!(listed, numbers);
    }

    #[test]
    fn t7_what_was_recorded_is_rendered_in_buckets_with_help() {
        let recorder = recorder().unwrap();
        with_local_recorder(&recorder, || {
            describe();
            counter!(baton_actors::gauges::CLAIMS, "verdict" => "won").increment(2);
            histogram!(baton_actors::gauges::CASCADE_DEPTH).record(3.0);
        });
        let text = recorder.handle().render();
        for line in [
            "# TYPE baton_claims_total counter",
            "baton_claims_total{verdict=\"won\"} 2",
            "# HELP baton_jobs_without_next_action ",
            "baton_jobs_without_next_action 0",
            "baton_jobs_created_total 0",
            "baton_invariants_broken_total{invariant=\"I12\"} 0",
            "baton_sends_dropped_total{channel=\"sms\",provider=\"twilio_sms\",reason=\"late\"} 0",
            "baton_quarantined{kind=\"job\"} 0",
            "baton_claims_total{verdict=\"lost\"} 0",
            "baton_cascade_depth_bucket{le=\"2\"} 0",
            "baton_cascade_depth_bucket{le=\"3\"} 1",
            "baton_cascade_depth_count 1",
        ] {
            assert!(text.lines().any(|found| found.starts_with(line)), "{line} is not in\n{text}");
        }
    }
}
