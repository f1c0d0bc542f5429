//! JSON lines on standard output, one an event, as CloudWatch Logs reads them.
//!
//! The level of Changegate's own lines comes from `AWS_LAMBDA_LOG_LEVEL`, which Lambda sets from the function's
//! `ApplicationLogLevel`; it is never finer than DEBUG. Everything else, the runtime and the SDK above all, stays at
//! INFO: at TRACE the runtime prints the raw event, and a job's event carries credentials.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Where Lambda says how much to log.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html>
const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

/// Starts the log of this process. Called once, first in `main`; a second call changes nothing.
pub fn init() {
    let asked = std::env::var(LOG_LEVEL).ok();
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_span_events(FmtSpan::NONE)
        .with_ansi(false);
    // A subscriber that is set already stays; it was set by this function.
    let _ = tracing_subscriber::registry()
        .with(lines)
        .with(filter(asked.as_deref()))
        .try_init();
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
    use tracing::Level;

    use super::*;

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
