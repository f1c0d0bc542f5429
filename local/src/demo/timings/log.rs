//! What the emulator writes into a function's log about its invocations (`local/ministack/durations.py`).

use jiff::{SignedDuration, Timestamp};

/// An invocation that is over.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Invocation {
    /// When the function got its event.
    pub began: Timestamp,
    /// Milliseconds from then to its answer.
    pub took: f64,
    /// Milliseconds of it that its process was working; the rest it waited for the services. Not every system tells.
    pub work: Option<f64>,
    /// Milliseconds that the start of its process took before that, when it was not there yet.
    pub start: Option<f64>,
}

impl Invocation {
    /// When there was something to do, before any start of a process.
    pub(super) fn arrived(&self) -> Timestamp {
        let start = SignedDuration::from_secs_f64(self.start.unwrap_or_default() / 1_000.0);
        self.began.saturating_sub(start).unwrap_or(self.began)
    }
}

/// The invocations in a function's log, in its order.
pub(super) fn invocations(log: &str) -> Vec<Invocation> {
    log.lines().filter_map(invocation).collect()
}

/// Reads `-- invocation ID of TIME ended after 12.0 ms with 5.0 ms of work and a start of 3.4 ms`; work and start may
/// be missing.
fn invocation(line: &str) -> Option<Invocation> {
    let (_, told) = line.strip_prefix("-- invocation ")?.split_once(" of ")?;
    let (began, told) = told.split_once(' ')?;
    let (_, told) = told.split_once(" after ")?;
    let (took, told) = told.split_once(" ms")?;
    let (work, told) = match told.strip_prefix(" with ") {
        None => (None, told),
        Some(told) => {
            let (work, told) = told.split_once(" ms of work")?;
            (Some(work.parse().ok()?), told)
        }
    };
    let start = told.strip_prefix(" and a start of ");
    let start = start.and_then(|start| start.strip_suffix(" ms"));
    Some(Invocation {
        began: began.parse().ok()?,
        took: took.parse().ok()?,
        work,
        start: start.and_then(|start| start.parse().ok()),
    })
}
