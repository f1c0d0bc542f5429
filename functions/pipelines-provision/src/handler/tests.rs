//! Every event in `events/` from its delivery to its one report.

use std::path::PathBuf;
use std::time::Duration;

use changegate::domain::actions::{CATALOGUE, PROVISION_PIPELINES, TEMPLATE};
use changegate::domain::catalogue::{CatalogueStack, ResolvedCatalogue};
use changegate::domain::gate::{FirstRun, Floor, Gate};
use changegate::domain::job::JobOutcome;
use changegate::domain::keys;
use changegate::domain::pipelines::PipelinesSettings;
use changegate::flows::fakes::{FakeArtifacts, FakeBucket, FakeCloudFormation, FakeCodePipeline, Wire};
use changegate::flows::prove_job::ProofSettings;
use changegate::flows::provision_pipelines::{ProvisionSettings, provision_pipelines};
use changegate::lambda::job::deliver;
use serde_json::Value;

const RUN: &str = "11111111-2222-4333-8444-555555555555";
const ROOT: &str = "changegate-root";

fn event(case: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../events/pipelines-provision--{case}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn gate(stack: &str) -> Gate {
    Gate {
        version: 1,
        stack: stack.to_owned(),
        stack_name: format!("production-{stack}"),
        template: format!("stacks/{stack}/template.json"),
        configuration: None,
        approvals: 1,
        release: false,
        author_may_approve: true,
        require_pull_request: false,
        window: None,
        stack_policy: None,
        deployer: "arn:aws:iam::000000000000:role/changegate/deployers/stack".to_owned(),
        capabilities: Vec::new(),
        notify: None,
        notification_arns: Vec::new(),
        first_run: FirstRun::Plan,
        people: std::sync::Arc::default(),
        session_name_roles: Vec::new(),
        approvers: None,
    }
}

fn settings() -> ProvisionSettings {
    ProvisionSettings {
        proof: ProofSettings {
            root_pipeline: ROOT.to_owned(),
            pipelines_stack: "changegate-pipelines".to_owned(),
            root_gate: gate("root"),
        },
        pipelines: PipelinesSettings {
            environment: "production".to_owned(),
            pipeline_prefix: "changegate-".to_owned(),
            role_arn: "arn:aws:iam::000000000000:role/changegate/pipeline".to_owned(),
            source_bucket: "source".to_owned(),
            artifact_bucket: "changegate-artifacts".to_owned(),
            create_function: "changegate-changeset-create".to_owned(),
            describe_function: "changegate-changeset-describe".to_owned(),
            execute_function: "changegate-changeset-execute".to_owned(),
        },
        floor: Floor {
            minimum_approvals: 1,
            author_may_approve: true,
            deployer_prefix: "arn:aws:iam::000000000000:role/changegate/deployers/".to_owned(),
            stack_name_pattern: "*".to_owned(),
            reserved_stack_names: vec!["changegate".to_owned()],
            approvers: None,
        },
    }
}

/// A catalogue of one stack, for which the root pipeline runs.
struct World {
    pipelines: FakeCodePipeline,
    cloudformation: FakeCloudFormation,
    source: FakeBucket,
    artifacts: FakeArtifacts,
}

impl World {
    fn new() -> Self {
        let wire = Wire::default();
        let world = Self {
            pipelines: FakeCodePipeline::new(&wire),
            cloudformation: FakeCloudFormation::new(&wire),
            source: FakeBucket::on(&wire),
            artifacts: FakeArtifacts::new(&wire),
        };
        let network = gate("network");
        world
            .source
            .seed(&keys::gate(network.digest()), network.to_canonical_json());
        let catalogue = ResolvedCatalogue {
            version: 1,
            environment: "production".to_owned(),
            stacks: vec![CatalogueStack {
                name: network.stack.clone(),
                stack_name: network.stack_name.clone(),
                gate: network.digest(),
                template: network.template.clone(),
                configuration: None,
                template_key: keys::zipped(&keys::source(&network.template)),
                configuration_key: keys::zipped(&keys::configuration("production", "network")),
            }],
            problems: Vec::new(),
        };
        world.artifacts.with(CATALOGUE, catalogue.to_json());
        world.pipelines.with_run(ROOT, RUN);
        world
    }

    /// Makes CodePipeline confirm the job of an event.
    fn confirm(&self, event: &Value) {
        let parameters = event.pointer("/CodePipeline.job/data/actionConfiguration/configuration/UserParameters");
        let parameters = parameters.and_then(Value::as_str).unwrap();
        self.pipelines
            .with_invoke_in_progress(ROOT, RUN, PROVISION_PIPELINES, parameters);
    }

    /// Delivers an event to the function, and tells the one report that was made.
    async fn report_of(&self, event: Value) -> JobOutcome {
        let settings = settings();
        deliver(&self.pipelines, event, Duration::from_mins(1), async |event| {
            provision_pipelines(
                &self.pipelines,
                &self.cloudformation,
                &self.source,
                &settings,
                &event.job,
                &self.artifacts,
            )
            .await
        })
        .await
        .unwrap();
        let mut reports = self.pipelines.reports();
        assert_eq!(reports.len(), 1, "one delivery, one report");
        let report = reports.remove(0).1;
        let text = format!("{report:?}");
        assert!(
            !text.contains("example-secret") && !text.contains("example-token"),
            "{text}"
        );
        report
    }
}

#[tokio::test]
async fn the_root_pipeline_gets_the_template_of_all_pipelines() {
    let world = World::new();
    let event = event("root-pipeline");
    world.confirm(&event);

    let report = world.report_of(event).await;

    let JobOutcome::Succeeded { variables, .. } = report else {
        panic!("{report:?}");
    };
    assert_eq!(variables["Summary"], "1 added, 0 updated, 0 removed");
    let template = String::from_utf8(world.artifacts.bytes(TEMPLATE).unwrap()).unwrap();
    assert!(template.contains("\"changegate-network\""), "{template}");
}

#[tokio::test]
async fn an_event_that_the_history_does_not_show_asks_again_and_leaves_no_template() {
    let world = World::new();

    let report = world.report_of(event("root-pipeline")).await;

    // The history may lag behind the delivery while the run is in progress.
    let JobOutcome::Continue { summary, .. } = report else {
        panic!("{report:?}");
    };
    assert!(summary.contains("shows no action `ProvisionPipelines`"), "{summary}");
    assert_eq!(world.artifacts.bytes(TEMPLATE), None);
}
