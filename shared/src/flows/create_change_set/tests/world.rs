//! One pipeline with a run whose `CreateChangeSet` is in progress.

use std::cell::RefCell;

use futures_util::FutureExt as _;

use crate::domain::gate::Gate;
use crate::domain::job::{Job, JobOutcome};
use crate::domain::keys;
use crate::domain::planned_change::PlannedChange;
use crate::domain::user_parameters::UserParameters;
use crate::flows::FlowError;
use crate::flows::create_change_set::{CreateSettings, Ports, create_change_set};
use crate::flows::fakes::{self, FakeArtifacts, FakeBucket, FakeCloudFormation, FakeCodePipeline, FakeSource, Wire};
use crate::flows::prove_job::ProofSettings;

pub(super) const PIPELINE: &str = "changegate-network";
pub(super) const STACK: &str = "network";
pub(super) const RUN: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(super) const OLD_COMMIT: &str = "aaaaaaa000000000000000000000000000000000";
pub(super) const DEPLOYER: &str = "arn:aws:iam::000000000000:role/changegate/deployers/StackDeployer";

/// A template of one resource, with something in it.
pub(super) fn template(text: &str) -> String {
    format!(r#"{{"Resources": {{"Topic": {{"Type": "AWS::SNS::Topic", "Properties": {{"TopicName": "{text}"}}}}}}}}"#)
}

/// The gate of the stack `network`.
pub(super) fn gate() -> Gate {
    Gate {
        stack_name: STACK.to_owned(),
        configuration: Some("stacks/network/production.json".to_owned()),
        deployer: DEPLOYER.to_owned(),
        capabilities: vec!["CAPABILITY_NAMED_IAM".to_owned()],
        ..fakes::gate("network")
    }
}

/// The world of one job.
pub(super) struct World {
    pub wire: Wire,
    pub pipelines: FakeCodePipeline,
    pub cloudformation: FakeCloudFormation,
    pub source: FakeBucket,
    pub evidence: FakeBucket,
    pub artifacts: FakeArtifacts,
    pub settings: CreateSettings,
    pub job: RefCell<Job>,
}

impl World {
    pub(super) fn new() -> Self {
        Self::with_gate(|_| {})
    }

    /// A world whose gate was edited.
    pub(super) fn with_gate(edit: impl FnOnce(&mut Gate)) -> Self {
        let wire = Wire::default();
        let mut gate = gate();
        edit(&mut gate);
        let parameters = UserParameters {
            pipeline: PIPELINE.to_owned(),
            execution: RUN.to_owned(),
            gate: gate.digest().to_string(),
            change_set: None,
            digest: None,
        };
        let user_parameters = serde_json::to_string(&parameters).unwrap();
        let source = FakeBucket::on(&wire);
        source.seed(&keys::gate(gate.digest()), gate.to_canonical_json());
        let written = |content| FakeSource {
            content,
            commit: COMMIT,
            sequence: 1,
        };
        let (template_version, configuration_version) =
            fakes::seed_sources(&source, &gate, written("template"), written("configuration"));
        let reads = ("template", "configuration");
        fakes::seed_record(&source, &fakes::record(1, &gate, reads, OLD_COMMIT, Vec::new()));
        let pipelines = FakeCodePipeline::new(&wire);
        pipelines.with_run(PIPELINE, RUN);
        pipelines.with_source(PIPELINE, RUN, "Template", &template_version);
        pipelines.with_source(PIPELINE, RUN, "Configuration", &configuration_version);
        pipelines.with_invoke_in_progress(PIPELINE, RUN, "CreateChangeSet", &user_parameters);
        let cloudformation = FakeCloudFormation::new(&wire);
        cloudformation.with_resource("changegate-pipelines", "AWS::CodePipeline::Pipeline", PIPELINE);
        let artifacts = FakeArtifacts::new(&wire);
        artifacts.with("Template", template("new"));
        artifacts.with(
            "Configuration",
            r#"{"Parameters": {"Cidr": "10.0.0.0/16"}, "Tags": {"team": "network"}}"#,
        );
        let mut root_gate = super::world::gate();
        root_gate.stack = "root".to_owned();
        root_gate.stack_name = "changegate-pipelines".to_owned();
        Self {
            evidence: FakeBucket::on(&wire),
            wire,
            pipelines,
            cloudformation,
            source,
            artifacts,
            settings: CreateSettings {
                proof: ProofSettings {
                    root_pipeline: "changegate-root".to_owned(),
                    pipelines_stack: "changegate-pipelines".to_owned(),
                    root_gate,
                },
                environment: "production".to_owned(),
                repository: "octo/infrastructure".to_owned(),
                source_bucket: "source".to_owned(),
                region: "eu-west-1".to_owned(),
            },
            job: RefCell::new(Job {
                id: "11111111-2222-4333-8444-555555555555".to_owned(),
                user_parameters,
                continuation_token: None,
                input_artifacts: vec!["Template".to_owned(), "Configuration".to_owned()],
                output_artifacts: vec!["PlannedChange".to_owned()],
            }),
        }
    }

    /// One delivery; `None` when the process was killed in it.
    pub(super) fn try_deliver(&self) -> Option<Result<JobOutcome, FlowError>> {
        let job = self.job.borrow().clone();
        self.delivery(&job).now_or_never()
    }

    /// One delivery of `job`, among others perhaps.
    pub(super) async fn delivery(&self, job: &Job) -> Result<JobOutcome, FlowError> {
        let ports = Ports {
            pipelines: &self.pipelines,
            cloudformation: &self.cloudformation,
            source: &self.source,
            evidence: &self.evidence,
        };
        create_change_set(ports, &self.settings, job, &self.artifacts).await
    }

    /// One delivery of a process that lives on.
    pub(super) fn deliver(&self) -> Result<JobOutcome, FlowError> {
        self.try_deliver().expect("the process lives on")
    }

    /// What the next delivery is told.
    pub(super) fn continue_with(&self, token: &str) {
        self.job.borrow_mut().continuation_token = Some(token.to_owned());
    }

    /// The output artifact.
    pub(super) fn planned(&self) -> PlannedChange {
        serde_json::from_slice(&self.artifacts.bytes("PlannedChange").expect("it was written")).unwrap()
    }
}

/// The variables of an action that succeeded.
pub(super) fn variables(outcome: JobOutcome) -> std::collections::BTreeMap<String, String> {
    match outcome {
        JobOutcome::Succeeded { variables, .. } => variables,
        other => panic!("it succeeds: {other:?}"),
    }
}
