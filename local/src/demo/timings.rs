//! How long each step of a run took, from the push to the question, and how much of it was a function's.

mod log;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use aws_sdk_codepipeline::types::{ActionCategory, ActionExecutionDetail, ActionTypeId};
use jiff::Timestamp;

use self::log::Invocation;

/// The functions between a push and the sources of a run, as their names end.
const BEFORE_THE_RUN: [&str; 2] = ["-github-webhook", "-source-sync"];

/// Steps of the runs that were timed.
#[derive(Debug, Clone, Default)]
pub struct Timings {
    runs: Vec<Run>,
    /// Every invocation, by function.
    invocations: BTreeMap<String, Vec<Invocation>>,
}

#[derive(Debug, Clone)]
struct Run {
    title: String,
    pushed: Timestamp,
    actions: Vec<Action>,
}

/// An action of a run; `Source` has several that begin at once, and only the first of them is a step.
#[derive(Debug, Clone)]
struct Action {
    name: String,
    began: Timestamp,
    ended: Timestamp,
    /// The function that it invokes.
    function: Option<String>,
    is_question: bool,
}

/// A line of the table: something that begins when what is before it is done.
#[derive(Debug, Clone, PartialEq)]
struct Step {
    name: String,
    began: Timestamp,
    /// Milliseconds in our function, with what the services took to answer it.
    ours: Option<f64>,
    /// Milliseconds of it that the function was working.
    work: Option<f64>,
    /// Milliseconds until its process had started.
    start: Option<f64>,
}

impl Timings {
    /// Adds a run: when it was pushed, and its actions in any order.
    pub fn add(&mut self, title: &str, pushed: Timestamp, actions: &[ActionExecutionDetail]) {
        let mut actions: Vec<Action> = actions.iter().filter_map(action).collect();
        actions.sort_by_key(|action| action.began);
        self.runs.push(Run {
            title: title.to_owned(),
            pushed,
            actions,
        });
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
            let read = log::invocations(&String::from_utf8_lossy(&text));
            self.invocations.entry(name).or_default().extend(read);
        }
        Ok(())
    }

    /// The steps of a run, in order, the question last.
    fn steps(&self, run: &Run) -> Vec<Step> {
        let mut steps = vec![Step {
            name: "git push, and the delivery of its webhook".to_owned(),
            began: run.pushed,
            ours: None,
            work: None,
            start: None,
        }];
        let first = run.actions.first().map_or(run.pushed, |action| action.began);
        for (function, invocations) in &self.invocations {
            if BEFORE_THE_RUN.iter().any(|end| function.ends_with(end)) {
                let before = invocations
                    .iter()
                    .filter(|each| (run.pushed..first).contains(&each.began));
                steps.extend(before.map(|each| Step {
                    name: function.clone(),
                    began: each.arrived(),
                    ours: Some(each.took),
                    work: each.work,
                    start: each.start,
                }));
            }
        }
        for action in &run.actions {
            let of_stage = |step: &Step| step.began == action.began && step.name == action.name;
            if !steps.iter().any(of_stage) {
                steps.push(self.step(action));
            }
            if action.is_question {
                break;
            }
        }
        steps.sort_by_key(|step| step.began);
        steps
    }

    fn step(&self, action: &Action) -> Step {
        let invocations = action.function.as_ref().and_then(|name| self.invocations.get(name));
        let own = |each: &&Invocation| (action.began..=action.ended).contains(&each.began);
        // One that waits is invoked again and again.
        let own: Vec<_> = invocations.into_iter().flatten().filter(own).collect();
        let sum = |part: fn(&Invocation) -> Option<f64>| {
            let parts: Vec<f64> = own.iter().filter_map(|each| part(each)).collect();
            (!parts.is_empty()).then(|| parts.iter().sum())
        };
        Step {
            name: action.name.clone(),
            began: action.began,
            ours: sum(|each| Some(each.took)),
            work: sum(|each| each.work),
            start: sum(|each| each.start),
        }
    }
}

fn action(detail: &ActionExecutionDetail) -> Option<Action> {
    let time =
        |time: Option<&aws_sdk_codepipeline::primitives::DateTime>| Timestamp::from_nanosecond(time?.as_nanos()).ok();
    let stage = detail.stage_name().unwrap_or_default();
    let input = detail.input();
    let category = input
        .and_then(|input| input.action_type_id())
        .map(ActionTypeId::category);
    let is_question = category == Some(&ActionCategory::Approval);
    let name = detail.action_name().unwrap_or_default();
    Some(Action {
        name: match category {
            Some(ActionCategory::Source) => stage.to_owned(),
            Some(ActionCategory::Approval) => format!("{stage}/{name} waits for a person"),
            _ => format!("{stage}/{name}"),
        },
        began: time(detail.start_time())?,
        ended: time(detail.last_update_time())?,
        function: input
            .and_then(|input| input.configuration()?.get("FunctionName"))
            .cloned(),
        is_question,
    })
}

impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "== From the push to the question, in milliseconds")?;
        writeln!(
            f,
            "  {:>6} {:>6} {:>6} {:>6} {:>6}",
            "at", "start", "ours", "work", "rest"
        )?;
        for run in &self.runs {
            writeln!(f, "{}", run.title)?;
            let steps = self.steps(run);
            for (index, step) in steps.iter().enumerate() {
                let next = steps.get(index + 1).map(|next| milliseconds(step.began, next.began));
                let known = step.ours.unwrap_or_default() + step.start.unwrap_or_default();
                writeln!(
                    f,
                    "  {:>6.0} {} {} {} {}  {}",
                    milliseconds(run.pushed, step.began),
                    cell(step.start),
                    cell(step.ours),
                    cell(step.work),
                    cell(next.map(|next| (next - known).max(0.0))),
                    step.name
                )?;
            }
            let ours = steps.iter().filter(|step| step.ours.is_some());
            if let Some(slowest) =
                ours.max_by(|one, other| one.ours.partial_cmp(&other.ours).unwrap_or(std::cmp::Ordering::Equal))
            {
                let took = slowest.ours.unwrap_or_default();
                let work = slowest
                    .work
                    .map_or_else(String::new, |work| format!(" ({work:.0} ms of work)"));
                writeln!(f, "  slowest step of ours: {}, {took:.0} ms{work}", slowest.name)?;
            }
        }
        writeln!(
            f,
            "start: of the function's process, when none was there to take the step\n\
             ours:  the function, from the event to its answer\n\
             work:  what its process worked of it; the rest it waited for the services\n\
             rest:  git, the CodePipeline engine and the services, until the next step"
        )?;
        writeln!(f, "\n== All invocations, in milliseconds")?;
        writeln!(
            f,
            "  {:>5}  {:>6}  {:>7}  {:>6}  {:>7}",
            "count", "median", "slowest", "starts", "slowest"
        )?;
        for (name, all) in &self.invocations {
            let (median, slowest) = summary(all.iter().map(|each| each.took));
            let starts: Vec<f64> = all.iter().filter_map(|each| each.start).collect();
            let (_, start) = summary(starts.iter().copied());
            writeln!(
                f,
                "  {:>5}  {median:>6.0}  {slowest:>7.0}  {:>6}  {start:>7.0}  {name}",
                all.len(),
                starts.len()
            )?;
        }
        Ok(())
    }
}

fn cell(milliseconds: Option<f64>) -> String {
    milliseconds.map_or_else(|| " ".repeat(6), |milliseconds| format!("{milliseconds:>6.0}"))
}

/// Median and largest; zero of none.
fn summary(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    (at(values.len() / 2), at(values.len().saturating_sub(1)))
}

/// From one time to another.
fn milliseconds(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64() * 1_000.0
}
