//! JSON lines on standard output, one an event, as CloudWatch Logs reads them.
//!
//! The level of Changegate's own lines comes from `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets from the function's
//! `ApplicationLogLevel`; it is never finer than DEBUG. Everything else, the runtime and the SDK above all, stays at
//! INFO: at TRACE the runtime prints the raw event, and a job's event carries credentials.

use std::io;

use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::fmt::format::{FmtSpan, Format, Json, JsonFields};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::domain::secrecy::public;

/// Where Lambda says how much to log.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

/// Starts the log of this process. Called once, first in `main`; a second call changes nothing.
pub fn init() {
    let asked = std::env::var(LOG_LEVEL).ok();
    // A subscriber that is set already stays; it was set by this function.
    let _ = tracing_subscriber::registry()
        .with(lines().with_writer(|| Masking(io::stdout())))
        .with(filter(asked.as_deref()))
        .try_init();
}

/// One JSON object a line, its fields at the top: filters of metrics look for them there.
fn lines<S>() -> fmt::Layer<S, JsonFields, Format<Json>> {
    fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_span_events(FmtSpan::NONE)
        .with_ansi(false)
}

/// Writes lines in which what looks secret is masked and everything can be seen: names, errors of services and words of
/// people reach the log as well.
struct Masking<W>(W);

impl<W: io::Write> io::Write for Masking<W> {
    /// Takes a whole line, as the layer writes it.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let masked = match serde_json::from_slice(line) {
            Ok(value) => masked(value).to_string(),
            // A line that is no JSON is not one of the layer above; nothing of it is lost.
            Err(_) => public(&String::from_utf8_lossy(line)).visible().into_owned(),
        };
        self.0.write_all(masked.as_bytes())?;
        self.0.write_all(b"\n")?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn masked(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(public(&text).visible().into_owned()),
        Value::Array(items) => Value::Array(items.into_iter().map(masked).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(masked_field).collect()),
        other => other,
    }
}

/// A commit id looks as random as a key does; in the field that is named so it is one, and whoever reads the log needs
/// it.
fn masked_field((name, value): (String, Value)) -> (String, Value) {
    let is_commit = name == "commit"
        && value
            .as_str()
            .is_some_and(|text| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let value = if is_commit { value } else { masked(value) };
    (name, value)
}

/// INFO for everybody, and the level that was asked for, at most DEBUG, for Changegate.
fn filter(asked: Option<&str>) -> Targets {
    let own = asked
        .and_then(|level| level.to_ascii_lowercase().parse().ok())
        .unwrap_or(LevelFilter::INFO)
        .min(LevelFilter::DEBUG);
    Targets::new()
        .with_default(own.min(LevelFilter::INFO))
        .with_target("changegate", own)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing::Level;

    use super::*;

    /// What was written.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_fields_of_a_line_stand_at_its_top_where_alarms_look_for_them() {
        let written = Written::default();
        let writer = written.clone();
        let log = tracing_subscriber::registry().with(lines().with_writer(move || writer.clone()));
        tracing::subscriber::with_default(log, || {
            let _span = tracing::info_span!("job", id = "1").entered();
            tracing::error!(undelivered = "mail", "somebody could not be told");
        });
        let bytes = written.0.lock().unwrap().clone();
        let line: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(line["undelivered"], "mail", "{line}");
        assert_eq!(line["message"], "somebody could not be told", "{line}");
        assert_eq!(line["level"], "ERROR", "{line}");
    }

    #[test]
    fn no_secret_and_nothing_invisible_reaches_the_log_and_nothing_else_is_lost() {
        let written = Written::default();
        let writer = written.clone();
        let log = tracing_subscriber::registry().with(lines().with_writer(move || Masking(writer.clone())));
        tracing::subscriber::with_default(log, || {
            tracing::warn!(
                error = "the parameter AKIAIOSFODNN7EXAMPLE is no number\nforged",
                commit = "0123456789abcdef0123456789abcdef01234567",
                "postgres://app:hunter2@db \u{202e}"
            );
        });
        let line = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        for planted in ["AKIA", "hunter2", "\u{202e}", "\\n"] {
            assert!(!line.contains(planted), "{planted:?} in {line}");
        }
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["error"], "the parameter ‹hidden› is no number⏎forged");
        assert_eq!(line["message"], "postgres://app:‹hidden›@db ⟨U+202E⟩");
        assert_eq!(line["commit"], "0123456789abcdef0123456789abcdef01234567");
    }

    #[test]
    fn trace_is_impossible_and_only_our_own_lines_reach_debug() {
        for asked in [None, Some("TRACE"), Some("trace"), Some("DEBUG"), Some("nonsense")] {
            let filter = filter(asked);
            assert!(filter.would_enable("changegate::flows", &Level::INFO));
            for target in ["changegate::lambda", "lambda_runtime", "aws_smithy_runtime", "hyper"] {
                assert!(!filter.would_enable(target, &Level::TRACE), "{asked:?} {target}");
            }
            assert!(!filter.would_enable("lambda_runtime", &Level::DEBUG), "{asked:?}");
            assert!(!filter.would_enable("aws_sdk_s3", &Level::DEBUG), "{asked:?}");
        }
        assert!(filter(Some("DEBUG")).would_enable("changegate::flows", &Level::DEBUG));
        assert!(!filter(Some("WARN")).would_enable("changegate::flows", &Level::INFO));
        assert!(!filter(Some("ERROR")).would_enable("lambda_runtime", &Level::INFO));
    }
}
