//! The worst that AWS is allowed, from a seed that repeats it.
//!
//! What is decided here is asked for by functions only: people and the demo see things as they are, so that what they
//! check is what happened. Each kind of roughness draws from a stream of its own, so that one does not shift another.

mod history;
mod numbers;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;

use self::history::Lag;
use self::numbers::Numbers;
use super::error::ApiError;

/// What is rough, and how rough it still is.
pub struct Rough {
    throttles: Numbers,
    burst: u64,
    lost: Numbers,
    lags: Numbers,
    seen: BTreeMap<String, Lag>,
    runs: Numbers,
    seen_runs: BTreeMap<String, Lag>,
    events: Numbers,
}

/// What the engine itself does otherwise.
#[derive(Debug, Clone)]
pub struct Moods {
    deliveries: Numbers,
    updates: Numbers,
}

impl Moods {
    /// Those of a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            deliveries: Numbers::new(seed, "deliveries"),
            updates: Numbers::new(seed, "updates"),
        }
    }

    /// Whether the next job is delivered twice.
    pub fn delivers_twice(&mut self) -> bool {
        self.deliveries.one_in(4)
    }

    /// Whether an update of a pipeline fails the run that it ends, instead of cancelling it.
    pub fn fails_what_it_updates(&mut self) -> bool {
        self.updates.one_in(2)
    }
}

/// When copies of an event are published; none when it gets lost.
pub type Copies = Vec<Duration>;

impl Rough {
    /// The roughness of a seed.
    pub fn new(seed: u64) -> Self {
        Self {
            throttles: Numbers::new(seed, "throttles"),
            burst: 0,
            lost: Numbers::new(seed, "lost answers"),
            lags: Numbers::new(seed, "history"),
            seen: BTreeMap::new(),
            runs: Numbers::new(seed, "runs"),
            seen_runs: BTreeMap::new(),
            events: Numbers::new(seed, "events"),
        }
    }

    /// Whether a caller is a function: people are users, functions are sessions.
    pub fn concerns(caller: &str) -> bool {
        caller.contains(":assumed-role/")
    }

    /// A refusal in place of an answer: throttles come in bursts.
    ///
    /// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/CommonErrors.html>
    pub fn throttle(&mut self) -> Option<ApiError> {
        if self.burst > 0 {
            self.burst -= 1;
        } else if self.throttles.one_in(30) {
            self.burst = self.throttles.below(3);
        } else {
            return None;
        }
        Some(ApiError::new("ThrottlingException", "Rate exceeded"))
    }

    /// Whether the answer to something that was done gets lost.
    pub fn loses_answer(&mut self, operation: &str) -> bool {
        operation == "StartPipelineExecution" && self.lost.one_in(3)
    }

    /// The history as it may be shown at `now`, where it is the answer of this operation.
    pub fn history(&mut self, operation: &str, answer: &mut Value, now: Timestamp) {
        if operation == "ListActionExecutions"
            && let Some(entries) = answer["actionExecutionDetails"].as_array_mut()
        {
            let now = now.as_duration().as_secs_f64();
            entries.retain_mut(|entry| {
                let id = entry["actionExecutionId"].as_str().unwrap_or_default().to_owned();
                let lags = &mut self.lags;
                self.seen.entry(id).or_insert_with(|| Lag::draw(lags)).show(entry, now)
            });
        }
        if operation == "ListPipelineExecutions"
            && let Some(entries) = answer["pipelineExecutionSummaries"].as_array_mut()
        {
            let now = now.as_duration().as_secs_f64();
            entries.retain_mut(|entry| {
                let id = entry["pipelineExecutionId"].as_str().unwrap_or_default().to_owned();
                let runs = &mut self.runs;
                self.seen_runs
                    .entry(id)
                    .or_insert_with(|| Lag::draw(runs))
                    .show_run(entry, now)
            });
        }
    }

    /// How an event reaches EventBridge: at once or late, once or twice, or never. What is late is overtaken.
    pub fn event(&mut self) -> Copies {
        if self.events.one_in(8) {
            return Vec::new();
        }
        let copies = if self.events.one_in(5) { 2 } else { 1 };
        (0..copies)
            .map(|_| match self.events.below(3) {
                0 => Duration::from_millis(self.events.below(3_000)),
                _ => Duration::ZERO,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests;
