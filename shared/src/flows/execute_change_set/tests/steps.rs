//! What tests do with a world and look at in it.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;

use super::world::{RUN, STACK, World};
use crate::domain::executed::Executed;
use crate::domain::job::{Job, JobOutcome};
use crate::domain::keys;
use crate::flows::FlowError;
use crate::flows::execute_change_set::{ExecutePorts, execute_change_set};
use crate::flows::fakes::{FakeBucket, FakeClock, FakeCloudFormation, FakeCodePipeline};
use crate::flows::ports::StackEvent;

pub(super) type Ports<'a> = ExecutePorts<'a, FakeCloudFormation, FakeCodePipeline, FakeBucket, FakeBucket, FakeClock>;

impl World {
    pub(super) fn job(&self, token: Option<&str>) -> Job {
        Job {
            id: "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee".to_owned(),
            user_parameters: self.parameters.clone(),
            continuation_token: token.map(str::to_owned),
            input_artifacts: vec!["PlannedChange".to_owned(), "Template".to_owned()],
            output_artifacts: Vec::new(),
        }
    }

    /// The services of this world.
    pub(super) fn ports(&self) -> Ports<'_> {
        ExecutePorts {
            cloudformation: &self.cloudformation,
            pipelines: &self.pipelines,
            source: &self.source,
            evidence: &self.evidence,
            clock: &self.clock,
        }
    }

    /// One delivery; `None` when the process was killed in it.
    pub(super) fn deliver(&self, token: Option<&str>) -> Option<Result<JobOutcome, FlowError>> {
        let ports = self.ports();
        execute_change_set(&ports, &self.settings, &self.job(token), &self.artifacts).now_or_never()
    }

    /// One delivery that must end without a kill and without an error.
    #[track_caller]
    pub(super) fn step(&self, token: Option<&str>) -> JobOutcome {
        self.deliver(token)
            .expect("nothing was killed")
            .expect("no call failed")
    }

    /// What a delivery refuses with, after checking that it left the stack alone.
    #[track_caller]
    pub(super) fn refusal(&self) -> String {
        let mut token: Option<String> = None;
        let message = loop {
            match self.deliver(token.as_deref()).expect("nothing was killed") {
                Ok(JobOutcome::Failed {
                    message,
                    external_execution_id,
                    ..
                }) => {
                    assert_eq!(external_execution_id, self.planned().change_set_arn, "{message}");
                    break message;
                }
                // The history is asked again before what it lacks is refused.
                Ok(JobOutcome::Continue { token: next, .. }) if next.starts_with("history:") => token = Some(next),
                Ok(other) => panic!("not refused: {other:?}"),
                Err(error) => break error.to_string(),
            }
        };
        assert_eq!(self.wire.count_of("cloudformation:ExecuteChangeSet"), 0, "{message}");
        assert_eq!(self.wire.count_of("cloudformation:SetStackPolicy"), 0, "{message}");
        message
    }

    /// Lets the stack come to rest, if it is moving, with the events that CloudFormation would write.
    pub(super) fn finish(&self, is_success: bool) {
        let Some(held) = self.cloudformation.look(STACK) else {
            return;
        };
        if !held.stack.status.ends_with("_IN_PROGRESS") || held.stack.status == "REVIEW_IN_PROGRESS" {
            return;
        }
        self.cloudformation.finish(STACK, is_success);
        let status = self.cloudformation.look(STACK).unwrap().stack.status;
        if !is_success {
            self.event(
                "Topic",
                "AWS::SNS::Topic",
                "CREATE_FAILED",
                "Invalid parameter: TopicName",
            );
            self.event("Queue", "AWS::SQS::Queue", "UPDATE_FAILED", "Resource update cancelled");
            let rolling = if status == "ROLLBACK_COMPLETE" {
                "ROLLBACK_IN_PROGRESS"
            } else {
                "UPDATE_ROLLBACK_IN_PROGRESS"
            };
            self.event(
                STACK,
                "AWS::CloudFormation::Stack",
                rolling,
                "The following resource(s) failed to create: [Topic].",
            );
        }
        self.event(STACK, "AWS::CloudFormation::Stack", &status, "");
    }

    /// Adds an event of this run's execution.
    pub(super) fn event(&self, logical_id: &str, resource_type: &str, status: &str, reason: &str) {
        self.event_in(STACK, logical_id, resource_type, status, reason);
    }

    /// As [`World::event`], in a stack of the tree. A resource that is a stack has the ARN of the stack of its name.
    pub(super) fn event_in(&self, stack: &str, logical_id: &str, resource_type: &str, status: &str, reason: &str) {
        let nested = self.cloudformation.look(&format!("{stack}-{logical_id}"));
        self.cloudformation.edit(stack, |held| {
            let event = StackEvent {
                id: format!("event-{}", held.events.len()),
                time: "2026-11-23T10:00:30Z".to_owned(),
                logical_id: logical_id.to_owned(),
                physical_id: if logical_id == stack {
                    held.stack.id.clone()
                } else {
                    nested.map_or_else(|| logical_id.to_owned(), |nested| nested.stack.id)
                },
                resource_type: resource_type.to_owned(),
                status: status.to_owned(),
                reason: reason.to_owned(),
                client_request_token: Some(format!("cg-{RUN}")),
            };
            held.events.insert(0, event);
        });
    }

    pub(super) fn policy(&self) -> Option<String> {
        self.cloudformation.look(STACK).unwrap().policy
    }

    pub(super) fn executed(&self) -> Executed {
        serde_json::from_slice(&self.evidence.bytes(&keys::executed(self.pipeline)).unwrap()).unwrap()
    }

    pub(super) fn claim(&self) -> Option<String> {
        self.evidence.text(&keys::claim(self.pipeline, RUN))
    }

    /// How many executions CloudFormation began: one first event each.
    pub(super) fn executions(&self) -> usize {
        let held = self.cloudformation.look(STACK).unwrap();
        let begun = |event: &&StackEvent| {
            event.physical_id == held.stack.id
                && matches!(event.status.as_str(), "CREATE_IN_PROGRESS" | "UPDATE_IN_PROGRESS")
        };
        held.events.iter().filter(begun).count()
    }
}

/// Token, summary and percent of an outcome that continues.
#[track_caller]
pub(super) fn waits(outcome: JobOutcome) -> (String, String, Option<u8>) {
    match outcome {
        JobOutcome::Continue {
            token,
            summary,
            percent,
        } => (token, summary, percent),
        other => panic!("does not wait: {other:?}"),
    }
}

/// The variables of an outcome that succeeded.
#[track_caller]
pub(super) fn variables(outcome: JobOutcome) -> BTreeMap<String, String> {
    match outcome {
        JobOutcome::Succeeded { variables, .. } => variables,
        other => panic!("did not succeed: {other:?}"),
    }
}

/// The message of an outcome that failed.
#[track_caller]
pub(super) fn failure(outcome: JobOutcome) -> String {
    match outcome {
        JobOutcome::Failed { message, .. } => message,
        other => panic!("did not fail: {other:?}"),
    }
}
