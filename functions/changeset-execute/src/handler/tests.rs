//! Every event in `events/` from its delivery to its one report.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use changegate::domain::gate::{FirstRun, Gate};
use changegate::domain::job::JobOutcome;
use changegate::domain::keys;
use changegate::domain::planned_change::PlannedChange;
use changegate::domain::sha256::Sha256;
use changegate::flows::digest_inputs::agreed_inputs;
use changegate::flows::execute_change_set::{ExecutePorts, ExecuteSettings, execute_change_set};
use changegate::flows::fakes::{
    FakeArtifacts, FakeBucket, FakeClock, FakeCloudFormation, FakeCodePipeline, FakeSource, Wire, seed_sources,
};
use changegate::flows::ports::{ActionExecution, NewChangeSet, TemplateLocation, WriteChangeSets};
use changegate::flows::prove_job::ProofSettings;
use changegate::lambda::job::deliver;
use changegate::lambda::settings::Variables;
use serde_json::Value;

const RUN: &str = "11111111-2222-3333-4444-555555555555";
const PIPELINE: &str = "changegate-network";
const BEFORE: &str = r#"{"Resources": {}}"#;
const AFTER: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#;
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn event(case: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../events/changeset-execute--{case}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The event's `UserParameters`, to be changed in place.
fn parameters(event: &mut Value) -> &mut Value {
    event
        .pointer_mut("/CodePipeline.job/data/actionConfiguration/configuration/UserParameters")
        .unwrap()
}

fn gate() -> Gate {
    Gate {
        version: 1,
        stack: "network".to_owned(),
        stack_name: "production-network".to_owned(),
        template: "stacks/network/template.json".to_owned(),
        configuration: None,
        approvals: 0,
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

/// A run of the stack that was planned and reviewed, and whose turn it is.
struct World {
    cloudformation: FakeCloudFormation,
    pipelines: FakeCodePipeline,
    source: FakeBucket,
    evidence: FakeBucket,
    artifacts: FakeArtifacts,
    clock: FakeClock,
    settings: ExecuteSettings,
    digest: String,
}

impl World {
    async fn new() -> Self {
        let wire = Wire::default();
        let gate = gate();
        let mut world = Self {
            cloudformation: FakeCloudFormation::new(&wire),
            pipelines: FakeCodePipeline::new(&wire),
            source: FakeBucket::on(&wire),
            evidence: FakeBucket::on(&wire),
            artifacts: FakeArtifacts::new(&wire),
            clock: FakeClock::at("2026-11-23T10:00:00Z"),
            settings: ExecuteSettings {
                proof: ProofSettings {
                    root_pipeline: "changegate-root".to_owned(),
                    pipelines_stack: "changegate-pipelines".to_owned(),
                    root_gate: gate.clone(),
                },
                environment: "production".to_owned(),
            },
            digest: String::new(),
        };
        world
            .cloudformation
            .with_resource("changegate-pipelines", "AWS::CodePipeline::Pipeline", PIPELINE);
        world
            .cloudformation
            .with_stack(&gate.stack_name, "CREATE_COMPLETE", BEFORE);
        let created = world
            .cloudformation
            .create_change_set(new_change_set(&gate))
            .await
            .unwrap();
        world.source.seed(&keys::gate(gate.digest()), gate.to_canonical_json());
        let stack = world.cloudformation.look(&gate.stack_name).unwrap().stack;
        let planned = PlannedChange {
            version: 1,
            stack_name: gate.stack_name.clone(),
            stack_id: Some(stack.id),
            change_set_arn: Some(created.arn.clone()),
            change_set_type: "UPDATE".to_owned(),
            template_sha256: Sha256::of(AFTER),
            template_key: String::new(),
            stack_last_changed: stack.created,
            stack_policy_before: None,
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            commit: COMMIT.to_owned(),
            sequence: None,
            source_versions: BTreeMap::new(),
        };
        let planned = serde_json::to_vec(&planned).unwrap();
        world.artifacts.with("PlannedChange", &planned);
        world.artifacts.with("Template", AFTER);
        let inputs = agreed_inputs(&world.cloudformation, Some(&created.arn), AFTER.as_bytes(), &gate)
            .await
            .unwrap()
            .unwrap();
        world.digest = inputs.document.sha256().to_string();
        let (template, configuration) = seed_sources(&world.source, &gate, source(AFTER), source("{}"));
        world.pipelines.with_run(PIPELINE, RUN);
        world.pipelines.with_source(PIPELINE, RUN, "Template", &template);
        world
            .pipelines
            .with_source(PIPELINE, RUN, "Configuration", &configuration);
        let template = Sha256::of(AFTER).to_string();
        let plan = [
            ("Outcome", "changes"),
            ("ChangeSetArn", &created.arn),
            ("TemplateSha256", &template),
            ("PlanSha256", &Sha256::of(&planned).to_string()),
        ];
        world.act("CreateChangeSet", &plan);
        world.act("DescribeChangeSet", &[("Digest", &world.digest)]);
        world
    }

    fn act(&self, action: &str, variables: &[(&str, &str)]) {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let done = ActionExecution {
            action: action.to_owned(),
            status: "Succeeded".to_owned(),
            category: "Invoke".to_owned(),
            started: Some("2026-11-23T09:40:00Z".to_owned()),
            updated: Some("2026-11-23T09:40:00Z".to_owned()),
            output_variables: variables.collect(),
            ..ActionExecution::default()
        };
        self.pipelines.with_action(PIPELINE, RUN, done);
    }

    /// The event as this world's CodePipeline sends it: with the gate and the digest of its run.
    fn sent(&self, case: &str) -> Value {
        let mut event = event(case);
        let text = parameters(&mut event).as_str().unwrap().to_owned();
        let mut resolved: Value = serde_json::from_str(&text).unwrap();
        resolved["gate"] = gate().digest().to_string().into();
        resolved["digest"] = self.digest.clone().into();
        let resolved = resolved.to_string();
        self.pipelines
            .with_invoke_in_progress(PIPELINE, RUN, "ExecuteChangeSet", &resolved);
        *parameters(&mut event) = resolved.into();
        event
    }

    async fn deliver(&self, event: Value) {
        let ports = ExecutePorts {
            cloudformation: &self.cloudformation,
            pipelines: &self.pipelines,
            source: &self.source,
            evidence: &self.evidence,
            clock: &self.clock,
        };
        let flow = async |event: changegate::lambda::job_event::JobEvent| {
            execute_change_set(&ports, &self.settings, &event.job, &self.artifacts).await
        };
        deliver(&self.pipelines, event, Duration::from_mins(1), flow)
            .await
            .unwrap();
    }

    /// The reports so far, after checking that none tells a secret.
    fn reports(&self) -> Vec<JobOutcome> {
        let reports: Vec<_> = self
            .pipelines
            .reports()
            .into_iter()
            .map(|(_, outcome)| outcome)
            .collect();
        let text = format!("{reports:?}");
        assert!(
            !text.contains("example-secret") && !text.contains("example-token"),
            "{text}"
        );
        reports
    }

    fn status(&self) -> String {
        self.cloudformation.look("production-network").unwrap().stack.status
    }
}

/// A file as the sync of the run's commit wrote it.
fn source(content: &str) -> FakeSource<'_> {
    FakeSource {
        content,
        commit: COMMIT,
        sequence: 1,
    }
}

fn new_change_set(gate: &Gate) -> NewChangeSet {
    NewChangeSet {
        stack: gate.stack_name.clone(),
        name: format!("cg-0123456-{RUN}"),
        is_create: false,
        template: TemplateLocation::Body(AFTER.to_owned()),
        parameters: BTreeMap::new(),
        tags: None,
        capabilities: Vec::new(),
        notification_arns: Vec::new(),
        role_arn: gate.deployer.clone(),
        description: String::new(),
        client_token: RUN.to_owned(),
    }
}

#[tokio::test]
async fn an_approved_run_is_executed_and_followed_with_one_report_for_each_delivery() {
    let world = World::new().await;
    world.deliver(world.sent("approved")).await;
    assert_eq!(world.status(), "UPDATE_IN_PROGRESS", "{:?}", world.reports());
    world.cloudformation.finish("production-network", true);
    world.deliver(world.sent("follows")).await;
    let reports = world.reports();
    let [
        JobOutcome::Continue { token, .. },
        JobOutcome::Succeeded { variables, .. },
    ] = reports.as_slice()
    else {
        panic!("{reports:?}");
    };
    assert_eq!(token, "1:0:follow");
    assert_eq!(variables["Result"], "executed");
    assert_eq!(variables["StackStatus"], "UPDATE_COMPLETE");
}

#[tokio::test]
async fn the_same_event_delivered_twice_executes_once() {
    let world = World::new().await;
    let event = world.sent("approved");
    world.deliver(event.clone()).await;
    world.deliver(event).await;
    let reports = world.reports();
    assert_eq!(reports.len(), 1, "the second report comes too late");
    assert_eq!(world.status(), "UPDATE_IN_PROGRESS", "{reports:?}");
}

#[tokio::test]
async fn a_forged_event_that_names_a_real_run_is_refused() {
    let world = World::new().await;
    world.sent("approved");
    world.deliver(event("forged")).await;
    let reports = world.reports();
    let [JobOutcome::Failed { message, .. }] = reports.as_slice() else {
        panic!("{reports:?}");
    };
    assert!(message.contains("this job was not sent by CodePipeline"), "{message}");
    assert_eq!(world.status(), "CREATE_COMPLETE");
}

#[tokio::test]
async fn an_event_without_parameters_is_reported_as_failed() {
    let world = World::new().await;
    world.deliver(event("without-parameters")).await;
    let reports = world.reports();
    let [JobOutcome::Failed { message, .. }] = reports.as_slice() else {
        panic!("{reports:?}");
    };
    assert!(message.contains("UserParameters"), "{message}");
    assert_eq!(world.status(), "CREATE_COMPLETE");
}

#[test]
fn a_missing_setting_is_named() {
    let error = crate::settings::read(&Variables::from_map(BTreeMap::new()))
        .err()
        .unwrap();
    assert!(error.to_string().contains("CHANGEGATE_"), "{error}");
}
