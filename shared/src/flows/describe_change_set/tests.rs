mod delivery;
mod hooks;
mod ordinary;
mod refusals;
mod requests;
mod secrets;

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use serde_json::Value;

use super::*;
use crate::domain::executed::Executed;
use crate::domain::gate::Gate;
use crate::domain::provenance::{Commit, Provenance, PullRequest, PullRequestReview};
use crate::flows::fakes::{
    self, FakeArtifacts, FakeBucket, FakeClock, FakeCloudFormation, FakeCodePipeline, FakeRepository, FakeSource,
    FakeTopics, Fault, Wire,
};
use crate::flows::ports::{ActionExecution, NewChangeSet, TemplateLocation, WriteChangeSets};

const PIPELINE: &str = "changegate-network";
const STACK: &str = "production-network";
const RUN: &str = "11111111-2222-3333-4444-555555555555";
const OLD_COMMIT: &str = "aaaaaaa000000000000000000000000000000000";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const TOPIC: &str = "arn:aws:sns:eu-west-1:000000000000:changegate";
const BEFORE: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 1}}}}"#;
const AFTER: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 5}},
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "通知 — café"}}}}"#;

fn gate() -> Gate {
    Gate {
        approvals: 2,
        author_may_approve: false,
        ..fakes::gate("network")
    }
}

struct World {
    wire: Wire,
    cloudformation: FakeCloudFormation,
    pipelines: FakeCodePipeline,
    source: FakeBucket,
    evidence: FakeBucket,
    artifacts: FakeArtifacts,
    topics: FakeTopics,
    repository: FakeRepository,
    clock: FakeClock,
    parameters: String,
    settings: DescribeSettings,
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the fakes answer at once")
}

impl World {
    fn new() -> Self {
        Self::with(&gate(), true)
    }

    fn with(gate: &Gate, has_change_set: bool) -> Self {
        let wire = Wire::default();
        let mut world = Self {
            cloudformation: FakeCloudFormation::new(&wire),
            pipelines: FakeCodePipeline::new(&wire),
            source: FakeBucket::on(&wire),
            evidence: FakeBucket::on(&wire),
            artifacts: FakeArtifacts::new(&wire),
            topics: FakeTopics::new(&wire),
            repository: FakeRepository::new(&wire),
            clock: FakeClock::at("2026-11-23T10:00:00Z"),
            wire,
            parameters: String::new(),
            settings: DescribeSettings {
                proof: ProofSettings {
                    root_pipeline: "changegate-root".to_owned(),
                    pipelines_stack: "changegate-pipelines".to_owned(),
                    root_gate: gate.clone(),
                },
                environment: "production".to_owned(),
                topic: TOPIC.to_owned(),
                repository: "acme/infrastructure".to_owned(),
                packages: Destination {
                    bucket: "changegate-source".to_owned(),
                    region: "eu-west-1".to_owned(),
                },
                web_url: "https://github.com".to_owned(),
                review_url: "https://reviews.example.com/?prefix=".to_owned(),
            },
        };
        world.prepare(gate, has_change_set);
        world
    }

    fn prepare(&mut self, gate: &Gate, has_change_set: bool) {
        let gate_hash = gate.digest();
        self.cloudformation
            .with_resource("changegate-pipelines", "AWS::CodePipeline::Pipeline", PIPELINE);
        self.source
            .seed_with(&keys::gate(gate_hash), gate.to_canonical_json(), &[]);
        let template = FakeSource {
            content: AFTER,
            commit: COMMIT,
            sequence: 2,
        };
        let configuration = FakeSource {
            content: "{}",
            commit: OLD_COMMIT,
            sequence: 1,
        };
        let (version, configuration) = fakes::seed_sources(&self.source, gate, template, configuration);
        let executed = Executed {
            version: 1,
            commit: OLD_COMMIT.to_owned(),
            sequence: None,
            execution: "earlier".to_owned(),
            change_set_arn: None,
            source_versions: [("Configuration".to_owned(), configuration.clone())].into(),
            stack_last_changed: Some("2026-11-01T00:00:00Z".to_owned()),
            executed_at: "2026-11-01T00:00:05Z".to_owned(),
            before: None,
        };
        self.evidence
            .seed_with(&keys::executed(PIPELINE), serde_json::to_vec(&executed).unwrap(), &[]);
        fakes::seed_record(&self.source, &provenance(gate));
        self.cloudformation.with_stack(STACK, "CREATE_COMPLETE", BEFORE);
        let created = has_change_set.then(|| {
            let new = NewChangeSet {
                stack: STACK.to_owned(),
                name: "cg-0123456-1".to_owned(),
                is_create: false,
                template: TemplateLocation::Body(AFTER.to_owned()),
                parameters: BTreeMap::new(),
                tags: None,
                capabilities: Vec::new(),
                notification_arns: Vec::new(),
                role_arn: gate.deployer.clone(),
                description: String::new(),
                client_token: "token".to_owned(),
            };
            now(self.cloudformation.create_change_set(new)).unwrap().arn
        });
        let stack = now(self.cloudformation.stack(STACK)).unwrap().unwrap();
        let planned = PlannedChange {
            version: 1,
            stack_name: STACK.to_owned(),
            stack_id: Some(stack.id),
            change_set_arn: created.clone(),
            change_set_type: "UPDATE".to_owned(),
            template_sha256: Sha256::of(AFTER),
            template_key: "TemplateSource/.packages/x.json".to_owned(),
            stack_last_changed: stack.created,
            stack_policy_before: None,
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            commit: COMMIT.to_owned(),
            sequence: None,
            source_versions: [
                ("Template".to_owned(), version.clone()),
                ("Configuration".to_owned(), configuration.clone()),
            ]
            .into(),
        };
        let plan = serde_json::to_vec(&planned).unwrap();
        self.artifacts.with(ARTIFACT, &plan);
        self.artifacts.with(TEMPLATE, AFTER);
        let change_set = created.unwrap_or_else(|| "none".to_owned());
        self.parameters = format!(
            r#"{{"pipeline":"{PIPELINE}","execution":"{RUN}","gate":"{gate_hash}","changeSet":"{change_set}"}}"#
        );
        self.pipelines.with_pipeline(PIPELINE);
        self.pipelines.with_run(PIPELINE, RUN);
        self.pipelines.with_source(PIPELINE, RUN, TEMPLATE, &version);
        self.pipelines
            .with_source(PIPELINE, RUN, "Configuration", &configuration);
        self.pipelines.with_action(
            PIPELINE,
            RUN,
            ActionExecution {
                action: CREATE_CHANGE_SET.to_owned(),
                stage: "Plan".to_owned(),
                status: "Succeeded".to_owned(),
                output_variables: [
                    ("TemplateSha256".to_owned(), Sha256::of(AFTER).to_string()),
                    ("PlanSha256".to_owned(), Sha256::of(&plan).to_string()),
                ]
                .into(),
                ..ActionExecution::default()
            },
        );
        self.pipelines
            .with_invoke_in_progress(PIPELINE, RUN, DESCRIBE_CHANGE_SET, &self.parameters);
    }

    /// One delivery; `None` when the process was killed.
    fn deliver(&self) -> Option<Result<JobOutcome, FlowError>> {
        let job = Job {
            id: "job".to_owned(),
            user_parameters: self.parameters.clone(),
            continuation_token: None,
            input_artifacts: vec![ARTIFACT.to_owned(), TEMPLATE.to_owned()],
            output_artifacts: Vec::new(),
        };
        let ports = Ports {
            pipelines: &self.pipelines,
            cloudformation: &self.cloudformation,
            source: &self.source,
            evidence: &self.evidence,
            topics: &self.topics,
            repository: &self.repository,
            clock: &self.clock,
        };
        describe_change_set(ports, &self.settings, &job, &self.artifacts).now_or_never()
    }

    fn variables(&self) -> BTreeMap<String, String> {
        match self.deliver().unwrap().unwrap() {
            JobOutcome::Succeeded { variables, .. } => variables,
            other => panic!("{other:?}"),
        }
    }

    fn refusal(&self) -> (FailureKind, String) {
        match self.deliver().unwrap() {
            Err(FlowError::Refused { kind, message }) => (kind, message),
            other => panic!("{other:?}"),
        }
    }

    fn file(&self, name: &str) -> String {
        self.evidence.text(&keys::review(PIPELINE, RUN, 1, name)).unwrap()
    }

    fn record(&self) -> Value {
        serde_json::from_str(&self.file(DELIVERY_FILE)).unwrap()
    }
}

fn provenance(gate: &Gate) -> Provenance {
    let commit = Commit {
        sha: COMMIT.to_owned(),
        subject: "Slow the queue down".to_owned(),
        author_text: "Alice <alice@example.com>".to_owned(),
        author_login: Some("alice".into()),
        pull_request: Some(PullRequest {
            number: 42,
            title: "Slower".to_owned(),
            author: "alice".into(),
            merged_by: Some("bob".into()),
            reviews: vec![PullRequestReview {
                reviewer: "bob".into(),
                state: "APPROVED".to_owned(),
                ..PullRequestReview::default()
            }],
            ..PullRequest::default()
        }),
        ..Commit::default()
    };
    fakes::record(2, gate, (AFTER, "{}"), OLD_COMMIT, vec![commit])
}

/// Ends the action and starts it again, as a person does who retries the stage.
fn retry(world: &World) {
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        for action in &mut run.actions {
            if action.action == DESCRIBE_CHANGE_SET {
                action.status = "Succeeded".to_owned();
            }
        }
    });
    world
        .pipelines
        .with_invoke_in_progress(PIPELINE, RUN, DESCRIBE_CHANGE_SET, &world.parameters);
}
