//! How long each step of a run took, from the push to the question, and how long the functions took of it.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use aws_sdk_codepipeline::types::ActionExecutionDetail;
use jiff::Timestamp;

/// Steps of the runs that were timed.
#[derive(Debug, Clone, Default)]
pub struct Timings {
    runs: Vec<(String, Vec<(String, f64)>)>,
    /// Milliseconds of every invocation, by function.
    invocations: BTreeMap<String, Vec<f64>>,
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

    /// Adds the invocations of every function, from the lines that the emulator writes into their logs.
    ///
    /// # Errors
    ///
    /// When the folder or a log in it cannot be read.
    pub fn add_invocations(&mut self, logs: &Path) -> std::io::Result<()> {
        for entry in std::fs::read_dir(logs)? {
            let path = entry?.path();
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let text = std::fs::read(&path)?;
            let took = invocations(&String::from_utf8_lossy(&text));
            self.invocations.entry(name).or_default().extend(took);
        }
        Ok(())
    }
}

/// The durations in a function's log, in milliseconds.
fn invocations(log: &str) -> Vec<f64> {
    let ends = log.lines().filter(|line| line.starts_with("-- invocation "));
    let took = ends.filter_map(|line| line.strip_suffix(" ms")?.rsplit(' ').next()?.parse().ok());
    took.collect()
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
        writeln!(
            f,
            "\n== Milliseconds of the functions' invocations, with what the services took"
        )?;
        writeln!(f, "  {:>5}  {:>7}  {:>7}", "count", "median", "slowest")?;
        for (name, took) in &self.invocations {
            let mut took = took.clone();
            took.sort_by(f64::total_cmp);
            let (median, slowest) = (took.get(took.len() / 2), took.last());
            let (median, slowest) = (
                median.copied().unwrap_or_default(),
                slowest.copied().unwrap_or_default(),
            );
            writeln!(f, "  {:>5}  {median:>7.0}  {slowest:>7.0}  {name}", took.len())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invocations_are_read_from_a_log_and_nothing_else_is() {
        let log = "{\"message\":\"took 9 ms\"}\n-- invocation a1 ended after 12 ms\n\
                   -- invocation a2 ended with an error after 7.5 ms\n-- invocation a3 ended";
        assert_eq!(invocations(log), [12.0, 7.5]);
    }

    #[test]
    fn the_functions_are_shown_with_their_median_and_slowest() {
        let mut timings = Timings::default();
        timings.invocations.insert("webhook".to_owned(), vec![30.0, 1.0, 2.0]);
        let text = timings.to_string();
        assert!(text.contains("      3        2       30  webhook"), "{text}");
    }
}
