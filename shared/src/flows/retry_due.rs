//! Retries the stages whose window has opened.
//!
//! The guard ends a run outside its window at once and leaves a note; a schedule calls this flow. The guard makes all
//! its checks again, so that a retry can do no harm, whenever it comes.

use super::FlowError;
use super::ports::{Clock, ControlPipelines, PortErrorKind, ReadObjects, ReadPipelines, WriteObjects};
use crate::domain::keys;
use crate::domain::retry::Retry;

/// What became of one note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RetryStep {
    /// The window is still closed.
    NotYet(Retry),
    /// The stage was retried.
    Retried(Retry),
    /// The note is of no use any more, for this reason.
    Dropped(String),
}

/// Retries every stage whose window is open by now, and tells what became of each note, in the order of their keys.
///
/// A second call retries nothing that the first did.
///
/// # Errors
///
/// When the notes cannot be read. A stage that cannot be retried for now keeps its note and does not hold up others;
/// the first such error is returned after all notes have been seen.
pub async fn retry_due(
    evidence: &(impl ReadObjects + WriteObjects),
    pipelines: &(impl ReadPipelines + ControlPipelines),
    clock: &impl Clock,
) -> Result<Vec<RetryStep>, FlowError> {
    let mut steps = Vec::new();
    let mut first_error = None;
    for (key, _) in evidence.list(keys::RETRIES).await? {
        match one(evidence, pipelines, clock, &key).await {
            Ok(step) => {
                tracing::info!("s3.key" = key, step = ?step, "looked at a run that waits for its window");
                steps.push(step);
            }
            Err(error) => {
                tracing::warn!("s3.key" = key, %error, "a run that waits for its window was not retried");
                first_error.get_or_insert(error);
            }
        }
    }
    match first_error {
        Some(error) => Err(error),
        None => Ok(steps),
    }
}

async fn one(
    evidence: &(impl ReadObjects + WriteObjects),
    pipelines: &(impl ReadPipelines + ControlPipelines),
    clock: &impl Clock,
    key: &str,
) -> Result<RetryStep, FlowError> {
    let Some(object) = evidence.get(key, None).await? else {
        return Ok(RetryStep::Dropped("somebody else saw to it".to_owned()));
    };
    let step = match serde_json::from_slice::<Retry>(&object.bytes) {
        Err(error) => RetryStep::Dropped(format!("the note cannot be read: {error}")),
        Ok(retry) if !retry.is_due(clock.now()) => return Ok(RetryStep::NotYet(retry)),
        Ok(retry) => retried(pipelines, retry).await?,
    };
    evidence.delete(key).await?;
    Ok(step)
}

async fn retried(pipelines: &(impl ReadPipelines + ControlPipelines), retry: Retry) -> Result<RetryStep, FlowError> {
    let run = pipelines.pipeline_execution(&retry.pipeline, &retry.execution).await?;
    match run.as_ref().map(|run| run.status.as_str()) {
        Some("Failed") => {}
        Some(status) => return Ok(RetryStep::Dropped(format!("run {} is {status}", retry.execution))),
        None => return Ok(RetryStep::Dropped(format!("run {} is unknown", retry.execution))),
    }
    let answer = pipelines
        .retry_failed_actions(&retry.pipeline, &retry.stage, &retry.execution)
        .await;
    match answer {
        Ok(()) => Ok(RetryStep::Retried(retry)),
        // A newer run entered the stage, the pipeline was updated, or somebody was faster.
        Err(error) if matches!(error.kind, PortErrorKind::Conflict | PortErrorKind::NotFound) => {
            Ok(RetryStep::Dropped(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::flows::fakes::{FakeBucket, FakeClock, FakeCodePipeline, Fault, Wire};

    struct World {
        wire: Wire,
        evidence: FakeBucket,
        pipelines: FakeCodePipeline,
        clock: FakeClock,
    }

    impl World {
        /// Two runs that wait: of `network` until nine, of `orders` until ten.
        fn new() -> Self {
            let wire = Wire::default();
            let world = Self {
                evidence: FakeBucket::on(&wire),
                pipelines: FakeCodePipeline::new(&wire),
                clock: FakeClock::at("2026-11-24T08:59:59Z"),
                wire,
            };
            for (pipeline, opens) in [("network", "2026-11-24T09:00:00Z"), ("orders", "2026-11-24T10:00:00Z")] {
                world.pipelines.with_run(pipeline, "run");
                world.set_status(pipeline, "Failed");
                let note = Retry {
                    version: 1,
                    pipeline: pipeline.to_owned(),
                    stage: "Apply".to_owned(),
                    execution: "run".to_owned(),
                    opens: opens.to_owned(),
                };
                world
                    .evidence
                    .seed(&keys::retry(pipeline), serde_json::to_vec(&note).unwrap());
            }
            world
        }

        fn set_status(&self, pipeline: &str, status: &str) {
            self.pipelines
                .edit_run(pipeline, "run", |run| run.execution.status = status.to_owned());
        }

        fn call(&self) -> Option<Result<Vec<RetryStep>, FlowError>> {
            retry_due(&self.evidence, &self.pipelines, &self.clock).now_or_never()
        }

        fn retried(&self) -> Vec<String> {
            self.pipelines
                .retried()
                .into_iter()
                .map(|(pipeline, ..)| pipeline)
                .collect()
        }
    }

    #[test]
    fn nothing_is_retried_while_the_windows_are_closed() {
        let world = World::new();
        let steps = world.call().unwrap().unwrap();
        assert!(
            steps.iter().all(|step| matches!(step, RetryStep::NotYet(_))),
            "{steps:?}"
        );
        assert_eq!(world.retried(), [""; 0]);
        assert_eq!(world.evidence.keys().len(), 2);
    }

    #[test]
    fn a_stage_is_retried_once_when_its_window_opens() {
        let world = World::new();
        world.clock.set("2026-11-24T09:00:00Z");
        world.call().unwrap().unwrap();
        world.call().unwrap().unwrap();
        assert_eq!(
            world.pipelines.retried(),
            [("network".to_owned(), "Apply".to_owned(), "run".to_owned())]
        );
        assert_eq!(world.evidence.keys(), [keys::retry("orders")]);
    }

    #[test]
    fn a_run_that_is_not_failed_any_more_is_left_alone() {
        for status in ["InProgress", "Succeeded", "Stopped", "Superseded"] {
            let world = World::new();
            world.clock.set("2026-11-24T09:00:00Z");
            world.set_status("network", status);
            let steps = world.call().unwrap().unwrap();
            assert!(
                steps.contains(&RetryStep::Dropped(format!("run run is {status}"))),
                "{steps:?}"
            );
            assert_eq!(world.retried(), [""; 0]);
        }
    }

    #[test]
    fn one_stage_that_cannot_be_retried_for_now_holds_up_no_other() {
        let world = World::new();
        world.clock.set("2026-11-24T10:00:00Z");
        world
            .wire
            .break_next("codepipeline:RetryStageExecution", Fault::Throttle);
        assert!(world.call().unwrap().is_err());
        assert_eq!(world.retried(), ["orders"]);
        world.call().unwrap().unwrap();
        assert_eq!(world.retried(), ["orders", "network"]);
        assert_eq!(world.evidence.keys(), [""; 0]);
    }

    #[test]
    fn a_note_that_cannot_be_read_is_dropped() {
        let world = World::new();
        world.evidence.seed(&keys::retry("network"), "{");
        let steps = world.call().unwrap().unwrap();
        assert!(
            matches!(&steps[0], RetryStep::Dropped(why) if why.contains("cannot be read")),
            "{steps:?}"
        );
    }

    #[test]
    fn a_kill_between_any_two_calls_loses_no_retry() {
        for number in 0.. {
            let world = World::new();
            world.clock.set("2026-11-24T10:00:00Z");
            world.wire.break_call(world.wire.count() + number, Fault::KillBefore);
            if world.call().is_some() {
                assert!(number > 5);
                break;
            }
            world.call().unwrap().unwrap();
            let mut retried = world.retried();
            retried.dedup();
            assert_eq!(retried, ["network", "orders"]);
        }
    }
}
