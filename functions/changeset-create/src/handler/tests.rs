//! Every event in `events/` from its delivery to its one report.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use changegate::domain::gate::{FirstRun, Gate};
use changegate::domain::job::{FailureKind, JobOutcome};
use changegate::domain::keys;
use changegate::flows::create_change_set::{Ports, create_change_set};
use changegate::flows::fakes::{FakeArtifacts, FakeBucket, FakeCloudFormation, FakeCodePipeline, Fault, Wire};
use changegate::flows::record_outcome::{LostDelivery, report_lost_delivery};
use changegate::lambda::job::{DeliveryError, deliver};
use changegate::lambda::settings::Variables;
use futures_util::FutureExt as _;
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
        people: std::sync::Arc::default(),
        session_name_roles: Vec::new(),
        approvers: None,
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

/// Fakes in which CodePipeline confirms the job of an event.
struct World {
    wire: Wire,
    event: Value,
    pipelines: FakeCodePipeline,
    cloudformation: FakeCloudFormation,
    source: FakeBucket,
    evidence: FakeBucket,
    artifacts: FakeArtifacts,
    settings: crate::settings::Settings,
}

impl World {
    fn of(case: &str) -> Self {
        let mut event = event(case);
        let gate = gate("network", "network");
        let pointer = "/CodePipeline.job/data/actionConfiguration/configuration/UserParameters";
        if let Some(Value::String(parameters)) = event.pointer_mut(pointer) {
            *parameters = parameters.replace(&"0".repeat(64), &gate.digest().to_string());
        }
        let parameters = event.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let parameters = parameters.to_owned();
        let wire = Wire::default();
        let source = FakeBucket::on(&wire);
        source.seed(&keys::gate(gate.digest()), gate.to_canonical_json());
        let pipelines = FakeCodePipeline::new(&wire);
        let cloudformation = FakeCloudFormation::new(&wire);
        let owner = "changegate-pipelines";
        cloudformation.with_resource(owner, "AWS::CodePipeline::Pipeline", "changegate-network");
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
        Self {
            event,
            pipelines,
            cloudformation,
            source,
            evidence: FakeBucket::on(&wire),
            artifacts,
            settings: crate::settings::read(&Variables::from_map(environment())).unwrap(),
            wire,
        }
    }

    /// One delivery of an event to the function.
    async fn deliver(&self, event: Value) -> Result<(), DeliveryError> {
        deliver(&self.pipelines, event, Duration::from_mins(1), async |event| {
            let ports = Ports {
                pipelines: &self.pipelines,
                cloudformation: &self.cloudformation,
                source: &self.source,
                evidence: &self.evidence,
            };
            create_change_set(ports, &self.settings.create, &event.job, &self.artifacts).await
        })
        .await
    }

    /// The action from its first delivery to its end: Lambda delivers an event three times at most, CodePipeline
    /// sends a new job for every continuation, and what Lambda gives up is reported lost.
    fn live(&self) -> JobOutcome {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .unwrap();
        // Nothing here waits; a delivery that is not done at once was killed.
        let _context = runtime.enter();
        let mut event = self.event.clone();
        for job in 0..20 {
            let id = format!("11111111-2222-4333-8444-{job:012}");
            event["CodePipeline.job"]["id"] = Value::from(id.clone());
            let is_done = (0..3).any(|_| {
                let delivery = self.deliver(event.clone()).now_or_never();
                matches!(delivery, Some(Ok(())))
            });
            if !is_done {
                let lost = LostDelivery {
                    function: "changegate-changeset-create".to_owned(),
                    condition: "RetriesExhausted".to_owned(),
                    error: String::new(),
                };
                let told = report_lost_delivery(&self.pipelines, &id, &lost).now_or_never();
                told.expect("nothing breaks any more").unwrap();
            }
            let mut reports = self.pipelines.reports().into_iter().filter(|(of, _)| *of == id);
            let (_, report) = reports.next().expect("no action hangs");
            assert!(reports.next().is_none(), "one job, one report");
            match report {
                JobOutcome::Continue { token, .. } => {
                    event["CodePipeline.job"]["data"]["continuationToken"] = Value::from(token);
                }
                report => return report,
            }
        }
        panic!("the action ends");
    }
}

/// Delivers an event to the function, and tells what was reported.
async fn report_of(case: &str) -> (JobOutcome, FakeCloudFormation) {
    let world = World::of(case);
    world.deliver(world.event.clone()).await.unwrap();
    let mut reports = world.pipelines.reports();
    assert_eq!(reports.len(), 1, "one delivery, one report");
    (reports.remove(0).1, world.cloudformation)
}

#[test]
fn a_fault_at_any_call_from_delivery_to_report_ends_in_one_report_and_one_change_set() {
    for (case, pending) in [("first-delivery", 0), ("first-delivery", 2), ("root-pipeline", 0)] {
        let world = || {
            let world = World::of(case);
            world.cloudformation.delay_next_change_set(pending);
            world
        };
        let untouched = world();
        let expected = untouched.live();
        assert!(matches!(expected, JobOutcome::Succeeded { .. }), "{expected:?}");
        for fault in [
            Fault::Throttle,
            Fault::Outage,
            Fault::LostAnswer,
            Fault::KillBefore,
            Fault::KillAfter,
        ] {
            for call in 0..untouched.wire.count() {
                let world = world();
                world.wire.break_call(call, fault);
                let report = world.live();
                let context = format!("{case}: {fault:?} at call {call}\n{}", world.wire.log());
                assert_eq!(report, expected, "{context}");
                assert_eq!(world.cloudformation.made(), 1, "{context}");
                let ends = world.pipelines.reports().into_iter();
                let ends = ends.filter(|(_, report)| !matches!(report, JobOutcome::Continue { .. }));
                assert_eq!(ends.count(), 1, "{context}");
            }
        }
    }
}

#[test]
fn a_function_that_is_killed_every_time_is_reported_lost() {
    let calls = {
        let world = World::of("first-delivery");
        world.live();
        world.wire.count()
    };
    for call in 0..calls {
        let world = World::of("first-delivery");
        // The first delivery makes `call` calls and one more, and so do the others or they end before.
        for at in [call, 2 * call + 1, 3 * call + 2] {
            world.wire.break_call(at, Fault::KillBefore);
        }
        let report = world.live();
        let is_end = matches!(report, JobOutcome::Succeeded { .. })
            || matches!(
                &report,
                JobOutcome::Failed {
                    kind: FailureKind::Unavailable,
                    ..
                }
            );
        assert!(is_end, "{report:?}\n{}", world.wire.log());
        assert!(world.cloudformation.made() <= 1, "{}", world.wire.log());
    }
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
