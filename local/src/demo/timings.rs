//! How long each step of a run took, from the push to the question.

use std::fmt;

use aws_sdk_codepipeline::types::ActionExecutionDetail;
use jiff::Timestamp;

/// Steps of the runs that were timed.
#[derive(Debug, Clone, Default)]
pub struct Timings {
    runs: Vec<(String, Vec<(String, f64)>)>,
}

impl Timings {
    /// Adds a run: when it was pushed, its actions in any order, and when the question was there.
    pub fn add(&mut self, title: &str, pushed: Timestamp, actions: &[ActionExecutionDetail], asked: Timestamp) {
        let start = seconds(pushed);
        let mut steps: Vec<(f64, String)> = actions
            .iter()
            .filter_map(|action| {
                let at = action.start_time()?.as_secs_f64() - start;
                Some((
                    at,
                    format!(
                        "{}/{} begins",
                        action.stage_name().unwrap_or_default(),
                        action.action_name().unwrap_or_default()
                    ),
                ))
            })
            .collect();
        steps.sort_by(|one, other| one.0.total_cmp(&other.0));
        let mut lines: Vec<(String, f64)> = steps.into_iter().map(|(at, name)| (name, at)).collect();
        lines.push(("the question was seen".to_owned(), seconds(asked) - start));
        self.runs.push((title.to_owned(), lines));
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds of this century fit into 53 bits"
)]
fn seconds(time: Timestamp) -> f64 {
    time.as_millisecond() as f64 / 1_000.0
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "== Seconds since the push")?;
        for (title, steps) in &self.runs {
            writeln!(f, "{title}")?;
            for (step, at) in steps {
                writeln!(f, "  {at:>6.2}  {step}")?;
            }
        }
        Ok(())
    }
}
