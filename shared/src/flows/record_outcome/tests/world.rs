//! One pipeline with a run that is about to end.

use futures_util::FutureExt as _;

use crate::domain::change_set::description::ChangeSetDescription;
use crate::domain::gate::Gate;
use crate::domain::history::ActionExecution;
use crate::domain::keys;
use crate::domain::outcome::Outcome;
use crate::domain::provenance::RecordId;
use crate::domain::user_parameters::UserParameters;
use crate::flows::FlowError;
use crate::flows::fakes::{
    self, FakeBucket, FakeChangeSet, FakeClock, FakeCloudFormation, FakeCodePipeline, FakeRepository, FakeTopics, Wire,
};
use crate::flows::record_outcome::{
    EndedRun, RecordPorts, RecordSettings, StackRest, record_outcome, record_stack_end,
};
use crate::flows::tell_again::tell_again;

pub(super) const PIPELINE: &str = "changegate-network";
pub(super) const STACK: &str = "network";
pub(super) const RUN: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(super) const TOPIC: &str = "arn:aws:sns:eu-west-1:000000000000:changegate";
pub(super) const ALICE: &str = "arn:aws:iam::000000000000:user/alice";

pub(super) fn gate() -> Gate {
    Gate {
        stack_name: STACK.to_owned(),
        ..fakes::gate("network")
    }
}

/// The world of one run.
pub(super) struct World {
    pub wire: Wire,
    pub pipelines: FakeCodePipeline,
    pub cloudformation: FakeCloudFormation,
    pub source: FakeBucket,
    pub evidence: FakeBucket,
    pub topics: FakeTopics,
    pub repository: FakeRepository,
    pub settings: RecordSettings,
}

impl World {
    /// A run whose plan came to `outcome`, with a change set on an existing stack.
    pub(super) fn planned(outcome: &str) -> Self {
        let wire = Wire::default();
        let gate = gate();
        let source = FakeBucket::on(&wire);
        source.seed(&keys::gate(gate.digest()), gate.to_canonical_json());
        let version = source.seed_with(
            "TemplateSource/stacks/network/template.json.zip",
            "zip",
            &[("changegate-commit", COMMIT)],
        );
        let configuration = source.seed_with(
            &keys::zipped(&keys::configuration("production", "network")),
            "zip",
            &[("changegate-commit", COMMIT)],
        );
        source.seed(
            &keys::provenance(&RecordId::Commit(COMMIT.to_owned())),
            format!(
                r#"{{"version": 1, "repository": "octo/infrastructure", "repositoryId": 4, "branch": "main", "commit": "{COMMIT}",
                "previous": null, "stacks": ["network"], "complete": true, "commits": [{{"sha": "{COMMIT}",
                "subject": "Widen the network", "authorText": "Alice <alice@example.com>", "authorLogin": "alice",
                "pusher": "alice", "isVerified": false, "pullRequest": {{"number": 7, "title": "Widen",
                "author": "alice", "mergedBy": "bob", "reviews": []}}}}]}}"#
            ),
        );
        let pipelines = FakeCodePipeline::new(&wire);
        pipelines.with_run(PIPELINE, RUN);
        pipelines.with_source(PIPELINE, RUN, "Template", &version);
        pipelines.with_source(PIPELINE, RUN, "Configuration", &configuration);
        let cloudformation = FakeCloudFormation::new(&wire);
        cloudformation.with_stack(STACK, "UPDATE_COMPLETE", "{}");
        let world = Self {
            evidence: FakeBucket::on(&wire),
            topics: FakeTopics::new(&wire),
            repository: FakeRepository::new(&wire),
            wire,
            pipelines,
            cloudformation,
            source,
            settings: RecordSettings {
                environment: "production".to_owned(),
                repository: "octo/infrastructure".to_owned(),
                pipeline_prefix: "changegate-".to_owned(),
                root_pipeline: "changegate-root".to_owned(),
                root_gate: gate_of_root(),
                topic: TOPIC.to_owned(),
            },
        };
        let arn = world.with_change_set(RUN);
        let variables = [
            ("Outcome", outcome),
            ("ChangeSetArn", arn.as_str()),
            ("ChangeSetType", "UPDATE"),
            ("TemplateSha256", "abc"),
            ("Summary", "would update stack `network`: 1 to change"),
        ];
        world.act("Plan", "CreateChangeSet", "Invoke", "Succeeded", |action| {
            action.output_variables = variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
            let parameters = UserParameters {
                pipeline: PIPELINE.to_owned(),
                execution: RUN.to_owned(),
                gate: gate.digest().to_string(),
                change_set: None,
                digest: None,
            };
            let parameters = serde_json::to_string(&parameters).unwrap();
            action
                .resolved_configuration
                .insert("UserParameters".to_owned(), parameters);
        });
        world
    }

    /// A run whose plan was reviewed.
    pub(super) fn reviewed() -> Self {
        let world = Self::planned("changes");
        let variables = [
            ("Summary", "1 resource changes"),
            ("Digest", "d1"),
            ("Link", "https://example.com/review"),
            ("Risk", "low"),
        ];
        world.act("Apply", "DescribeChangeSet", "Invoke", "Succeeded", |action| {
            action.output_variables = variables
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
        });
        world
    }

    /// A run that was approved and executed.
    pub(super) fn executed() -> Self {
        let world = Self::reviewed();
        world.approve(Some(ALICE), "Succeeded", "looks right");
        world.act("Apply", "ExecuteChangeSet", "Invoke", "Succeeded", |action| {
            action.summary = Some("executed on stack `network`: UPDATE_COMPLETE".to_owned());
            action
                .output_variables
                .insert("StackStatus".to_owned(), "UPDATE_COMPLETE".to_owned());
        });
        world.cloudformation.edit(STACK, |held| {
            held.change_sets[0].description.execution_status = "EXECUTE_COMPLETE".to_owned();
            held.events = vec![
                event("10:02", "UPDATE_COMPLETE", RUN),
                event("10:01", "UPDATE_IN_PROGRESS", RUN),
            ];
            held.events.push(event("08:00", "CREATE_COMPLETE", "another-run"));
        });
        world
    }

    /// Puts a change set of a run on the stack, and tells its ARN.
    pub(super) fn with_change_set(&self, run: &str) -> String {
        let name = format!("cg-0123456-{run}");
        let arn = format!("arn:aws:cloudformation:eu-west-1:000000000000:changeSet/{name}/1");
        self.cloudformation.edit(STACK, |held| {
            held.change_sets.push(FakeChangeSet {
                description: ChangeSetDescription {
                    change_set_name: name.clone(),
                    change_set_id: arn.clone(),
                    stack_name: STACK.to_owned(),
                    status: "CREATE_COMPLETE".to_owned(),
                    execution_status: "AVAILABLE".to_owned(),
                    ..ChangeSetDescription::default()
                },
                ..FakeChangeSet::default()
            });
        });
        arn
    }

    /// Adds an action, newest of the run.
    pub(super) fn act(
        &self,
        stage: &str,
        name: &str,
        category: &str,
        status: &str,
        edit: impl FnOnce(&mut ActionExecution),
    ) {
        let mut action = ActionExecution {
            id: format!("{name}-1"),
            stage: stage.to_owned(),
            action: name.to_owned(),
            status: status.to_owned(),
            category: category.to_owned(),
            started: Some("2026-11-23T10:00:00Z".to_owned()),
            updated: Some("2026-11-23T10:03:00Z".to_owned()),
            ..ActionExecution::default()
        };
        edit(&mut action);
        self.pipelines.with_action(PIPELINE, RUN, action);
    }

    /// Adds an answer to the request for approval.
    pub(super) fn approve(&self, by: Option<&str>, status: &str, words: &str) {
        self.act("Apply", "Approve1", "Approval", status, |action| {
            action.updated_by = by.map(str::to_owned);
            action.summary = Some(words.to_owned()).filter(|words| !words.is_empty());
        });
    }

    fn ports(
        &self,
    ) -> RecordPorts<
        '_,
        FakeCodePipeline,
        FakeCloudFormation,
        FakeBucket,
        FakeBucket,
        FakeTopics,
        FakeRepository,
        FakeClock,
    > {
        RecordPorts {
            pipelines: &self.pipelines,
            cloudformation: &self.cloudformation,
            source: &self.source,
            evidence: &self.evidence,
            topics: &self.topics,
            repository: &self.repository,
            clock: Box::leak(Box::new(FakeClock::at("2026-11-23T10:05:00Z"))),
        }
    }

    /// Tells again what could not be told.
    pub(super) fn tell_again(&self) {
        let clock = FakeClock::at("2026-11-23T10:06:00Z");
        let told = tell_again(&self.evidence, &self.repository, &self.topics, &clock).now_or_never();
        told.expect("the process lives on").unwrap();
    }

    /// One announcement of an end; `None` when the process was killed in it.
    pub(super) fn try_announce(&self, state: &str) -> Option<Result<(), FlowError>> {
        self.try_announce_of(PIPELINE, RUN, state)
    }

    pub(super) fn try_announce_of(&self, pipeline: &str, run: &str, state: &str) -> Option<Result<(), FlowError>> {
        let run = EndedRun {
            pipeline: pipeline.to_owned(),
            execution: run.to_owned(),
            state: state.to_owned(),
            time: None,
        };
        self.announcement(&run).now_or_never()
    }

    /// One announcement, among others perhaps.
    pub(super) async fn announcement(&self, run: &EndedRun) -> Result<(), FlowError> {
        record_outcome(&self.ports(), &self.settings, run).await
    }

    /// One announcement of an end of the run, made at this time.
    pub(super) fn announce_at(&self, state: &str, time: &str) {
        let run = EndedRun {
            pipeline: PIPELINE.to_owned(),
            execution: RUN.to_owned(),
            state: state.to_owned(),
            time: Some(time.to_owned()),
        };
        let done = self.announcement(&run).now_or_never();
        done.expect("the process lives on").unwrap();
    }

    /// Ends the run and announces it, twice.
    pub(super) fn announce(&self, state: &str) {
        let status = match state {
            "SUCCEEDED" => "Succeeded",
            "STOPPED" => "Stopped",
            "SUPERSEDED" => "Superseded",
            "CANCELED" => "Cancelled",
            _ => "Failed",
        };
        self.pipelines
            .edit_run(PIPELINE, RUN, |run| run.execution.status = status.to_owned());
        for _ in 0..2 {
            self.try_announce(state).expect("the process lives on").unwrap();
        }
    }

    /// Announces that the stack came to rest, twice.
    pub(super) fn announce_rest(&self, status: &str) {
        for _ in 0..2 {
            self.try_announce_rest(status).expect("the process lives on").unwrap();
        }
    }

    /// One announcement that the stack came to rest; `None` when the process was killed in it.
    pub(super) fn try_announce_rest(&self, status: &str) -> Option<Result<(), FlowError>> {
        let rest = StackRest {
            stack_id: self.cloudformation.look(STACK).unwrap().stack.id,
            status: status.to_owned(),
        };
        record_stack_end(&self.ports(), &self.settings, &rest).now_or_never()
    }

    /// The outcome of the run's first end.
    pub(super) fn outcome(&self) -> Outcome {
        let text = self
            .evidence
            .text(&keys::outcome(PIPELINE, RUN))
            .expect("it was recorded");
        serde_json::from_str(&text).unwrap()
    }

    /// Names of the change sets on the stack.
    pub(super) fn change_sets(&self) -> usize {
        self.cloudformation.look(STACK).unwrap().change_sets.len()
    }
}

fn gate_of_root() -> Gate {
    let mut gate = gate();
    gate.stack = "root".to_owned();
    gate.stack_name = "changegate-pipelines".to_owned();
    gate
}

pub(super) fn event(time: &str, status: &str, run: &str) -> crate::flows::ports::StackEvent {
    crate::flows::ports::StackEvent {
        id: format!("{time}-{status}"),
        time: format!("2026-11-23T{time}:00Z"),
        logical_id: "Topic".to_owned(),
        resource_type: "AWS::SNS::Topic".to_owned(),
        status: status.to_owned(),
        client_request_token: Some(format!("cg-{run}")),
        ..crate::flows::ports::StackEvent::default()
    }
}
