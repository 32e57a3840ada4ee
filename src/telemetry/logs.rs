//! Logs on the standard error output: one JSON object a line, or a form for people.
//!
//! A JSON line has `timestamp`, `level`, `message`, `target`, and in `context` the fields of the event and of the spans around
//! it (`request.id`, `job.id`), the inner over the outer.

use std::fmt;
use std::io::IsTerminal as _;

use serde_json::{Map, Value};
use tracing::{Event, Subscriber};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{JsonFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields, MakeWriter};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::redact::Scrubbed;
use crate::config::logs::{Format, Logs};

/// What libraries may say where nobody asks for more. ractor's own spans would cost 330 bytes an actor.
const QUIET: [&str; 11] = [
    "ractor=warn",
    "sled=warn",
    "hyper=warn",
    "hyper_util=warn",
    "h2=warn",
    "tower=warn",
    "reqwest=warn",
    "rustls=warn",
    "lettre=warn",
    "tokio_cron_scheduler=warn",
    "metrics_process=error",
];

/// The log was set up before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("logs can be set up only once in a process")]
pub struct AlreadySetUp;

/// Sends all logs of the process where the configuration says.
pub fn install(logs: &Logs) -> Result<(), AlreadySetUp> {
    let colours = std::io::stderr().is_terminal();
    tracing::subscriber::set_global_default(subscriber(logs, colours, std::io::stderr)).map_err(|_| AlreadySetUp)
}

/// What takes the logs and writes them, scrubbed.
fn subscriber<W>(logs: &Logs, colours: bool, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let builder = tracing_subscriber::fmt().with_env_filter(filter(&logs.level)).with_writer(Scrubbed(writer));
    match logs.format {
        Format::Json => Box::new(builder.fmt_fields(JsonFields::new()).event_format(JsonLine).finish()),
        Format::Pretty => Box::new(builder.with_ansi(colours).finish()),
    }
}

/// The level that was asked for, with libraries kept quiet unless they are named.
fn filter(level: &str) -> EnvFilter {
    let asked: Vec<&str> = level.split(',').map(str::trim).collect();
    let is_named = |directive: &str| {
        let library = directive.split('=').next().unwrap_or_default();
        asked.iter().any(|asked| asked.split(['=', '[', ':']).next() == Some(library))
    };
    let quiet = QUIET.into_iter().filter(|directive| !is_named(directive));
    let directives: Vec<&str> = quiet.chain(asked.iter().copied()).collect();
    EnvFilter::new(directives.join(","))
}

/// An event as one line of JSON.
struct JsonLine;

impl<S> FormatEvent<S, JsonFields> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        spans: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut context = Map::new();
        for span in spans.event_scope().into_iter().flat_map(Scope::from_root) {
            if let Some(fields) = span.extensions().get::<FormattedFields<JsonFields>>() {
                context.extend(object(&fields.fields));
            }
        }
        let mut own = String::new();
        spans.field_format().format_fields(Writer::new(&mut own), event)?;
        context.extend(object(&own));
        let message = context.remove("message").unwrap_or_else(|| Value::String(String::new()));

        let mut timestamp = String::new();
        SystemTime.format_time(&mut Writer::new(&mut timestamp))?;
        let metadata = event.metadata();
        let line = serde_json::json!({
            "timestamp": timestamp,
            "level": metadata.level().as_str(),
            "message": message,
            "target": metadata.target(),
            "context": context,
        });
        writeln!(writer, "{line}")
    }
}

fn object(fields: &str) -> Map<String, Value> {
    serde_json::from_str(fields).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn written(format: Format, level: &str, happen: impl FnOnce()) -> String {
        let out = Written::default();
        let sink = out.clone();
        let logs = Logs { format, level: level.to_owned() };
        tracing::subscriber::with_default(subscriber(&logs, false, move || sink.clone()), happen);
        let bytes = out.0.lock().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn t9_a_line_is_json_with_timestamp_level_message_and_context() {
        let text = written(Format::Json, "info", || {
            let request = tracing::info_span!("request", request.id = "r-1", job.id = tracing::field::Empty);
            request.record("job.id", "j-1");
            let _inside = request.enter();
            tracing::info!(wave = 2, "opened wave {}", 2);
        });
        let line: Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(text.lines().count(), 1);
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["message"], "opened wave 2");
        assert_eq!(line["context"], serde_json::json!({"request.id": "r-1", "job.id": "j-1", "wave": 2}));
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn s8_private_things_in_a_line_are_masked_in_both_forms() {
        for format in [Format::Json, Format::Pretty] {
            let text = written(format, "debug", || {
                tracing::warn!(
                    url = "http://127.0.0.1/bot123456:TEST-TOKEN/getMe",
                    "told +447700900001: \"password=hunter2hunter2\""
                );
            });
            assert!(text.contains("123456:***") && text.contains("+***01"), "{text}");
            assert!(super::super::redact::find_private(&text).is_empty(), "{text}");
            if format == Format::Json {
                serde_json::from_str::<Value>(text.trim_end()).expect("still JSON");
            }
        }
    }

    #[test]
    fn libraries_are_quiet_unless_they_are_named() {
        let speak = || {
            tracing::info!(target: "sled::pagecache", "chatter");
            tracing::info!(target: "baton::boot", "ready");
        };
        assert_eq!(written(Format::Json, "info", speak).lines().count(), 1);
        assert_eq!(written(Format::Json, "info,sled=info", speak).lines().count(), 2);
        assert_eq!(written(Format::Json, "warn", speak), "");
    }
}
