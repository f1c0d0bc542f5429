//! Every event in `events/` from its delivery to its one report.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use changegate::domain::gate::{FirstRun, Gate};
use changegate::domain::job::{FailureKind, JobOutcome};
use changegate::domain::keys;
use changegate::flows::create_change_set::{Ports, create_change_set};
use changegate::flows::fakes::{FakeArtifacts, FakeBucket, FakeCloudFormation, FakeCodePipeline, Wire};
use changegate::lambda::job::deliver;
use changegate::lambda::settings::Variables;
use serde_json::Value;

const RUN: &str = "11111111-2222-4333-8444-555555555555";
const TEMPLATE: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#;
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn event(case: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../events/changeset-create--{case}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn gate(stack: &str, stack_name: &str) -> Gate {
    Gate {
        version: 1,
        stack: stack.to_owned(),
        stack_name: stack_name.to_owned(),
        template: "stacks/network/template.json".to_owned(),
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
        people: BTreeMap::new(),
        session_name_roles: Vec::new(),
    }
}

fn environment() -> BTreeMap<String, String> {
    let root_gate = gate("root", "changegate-pipelines").to_canonical_json();
    let variables = [
        ("CHANGEGATE_ENVIRONMENT", "production"),
        ("CHANGEGATE_SOURCE_BUCKET", "source"),
        ("CHANGEGATE_EVIDENCE_BUCKET", "evidence"),
        ("CHANGEGATE_GITHUB_REPOSITORY", "octo/infrastructure"),
        ("CHANGEGATE_ROOT_PIPELINE", "changegate-root"),
        ("CHANGEGATE_PIPELINES_STACK", "changegate-pipelines"),
        ("CHANGEGATE_ROOT_GATE", root_gate.as_str()),
        ("AWS_REGION", "eu-west-1"),
    ];
    variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// Delivers an event to the flow over fakes in which CodePipeline confirms the job, and tells what was reported.
async fn report_of(case: &str) -> (JobOutcome, FakeCloudFormation) {
    let mut event = event(case);
    let gate = gate("network", "network");
    let pointer = "/CodePipeline.job/data/actionConfiguration/configuration/UserParameters";
    if let Some(Value::String(parameters)) = event.pointer_mut(pointer) {
        *parameters = parameters.replace(&"0".repeat(64), &gate.digest().to_string());
    }
    let parameters = event
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let wire = Wire::default();
    let source = FakeBucket::on(&wire);
    source.seed(&keys::gate(gate.digest()), gate.to_canonical_json());
    let pipelines = FakeCodePipeline::new(&wire);
    let cloudformation = FakeCloudFormation::new(&wire);
    cloudformation.with_resource(
        "changegate-pipelines",
        "AWS::CodePipeline::Pipeline",
        "changegate-network",
    );
    let objects = [
        (
            "changegate-network",
            "Template",
            "TemplateSource/stacks/network/template.json.zip",
        ),
        (
            "changegate-network",
            "Configuration",
            "TemplateSource/.configurations/production/network.json.zip",
        ),
        (
            "changegate-root",
            "Catalogue",
            "TemplateSource/.catalogue/production.json.zip",
        ),
    ];
    for pipeline in ["changegate-network", "changegate-root"] {
        pipelines.with_run(pipeline, RUN);
        for (_, action, key) in objects.iter().filter(|(of, ..)| *of == pipeline) {
            let version = source.seed_with(key, "zip", &[("changegate-commit", COMMIT)]);
            pipelines.with_source(pipeline, RUN, action, &version);
        }
        pipelines.with_invoke_in_progress(pipeline, RUN, "CreateChangeSet", &parameters);
    }
    let artifacts = FakeArtifacts::new(&wire);
    artifacts.with("Template", TEMPLATE);
    artifacts.with("Configuration", "{}");
    let evidence = FakeBucket::on(&wire);
    let settings = crate::settings::read(&Variables::from_map(environment())).unwrap();
    deliver(&pipelines, event, Duration::from_mins(1), async |event| {
        let ports = Ports {
            pipelines: &pipelines,
            cloudformation: &cloudformation,
            source: &source,
            evidence: &evidence,
        };
        create_change_set(ports, &settings.create, &event.job, &artifacts).await
    })
    .await
    .unwrap();
    let mut reports = pipelines.reports();
    assert_eq!(reports.len(), 1, "one delivery, one report");
    (reports.remove(0).1, cloudformation)
}

#[tokio::test]
async fn a_first_delivery_and_a_continuation_end_in_a_change_set() {
    for case in ["first-delivery", "continuation"] {
        let (report, cloudformation) = report_of(case).await;
        let JobOutcome::Succeeded { variables, .. } = report else {
            panic!("{case} succeeds: {report:?}");
        };
        assert_eq!(variables["Outcome"], "changes");
        assert_eq!(cloudformation.look("network").unwrap().change_sets.len(), 1);
    }
}

#[tokio::test]
async fn the_root_pipeline_plans_the_pipelines_stack() {
    let (report, cloudformation) = report_of("root-pipeline").await;
    assert!(matches!(report, JobOutcome::Succeeded { .. }), "{report:?}");
    let held = cloudformation.look("changegate-pipelines").unwrap();
    assert_eq!(held.change_sets.len(), 1);
}

#[tokio::test]
async fn injected_and_missing_parameters_are_reported_and_change_nothing() {
    for case in ["injected-parameters", "without-parameters"] {
        let (report, cloudformation) = report_of(case).await;
        let JobOutcome::Failed { kind, message, .. } = report else {
            panic!("{case} fails: {report:?}");
        };
        assert_eq!(kind, FailureKind::Configuration);
        assert!(message.contains("UserParameters"), "{message}");
        assert!(!message.contains("example-secret"), "{message}");
        assert!(cloudformation.look("network").is_none());
    }
}

#[test]
fn a_missing_setting_stops_the_start_and_is_named() {
    for name in environment().keys() {
        let mut lacking = environment();
        lacking.remove(name);
        let error = crate::settings::read(&Variables::from_map(lacking))
            .err()
            .expect("it is needed");
        assert!(error.to_string().contains(name.as_str()), "{error}");
    }
}
