//! Every event in `events/` and what is made of it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use changegate::domain::gate::{FirstRun, Gate};
use changegate::domain::job::JobOutcome;
use changegate::domain::keys;
use changegate::flows::fakes::{
    FakeBucket, FakeClock, FakeCloudFormation, FakeCodePipeline, FakeFunctions, FakeRepository, FakeTopics, Wire,
};
use changegate::flows::ports::{PortError, TakeMessages, TakenMessage};
use changegate::flows::record_outcome::RecordPorts;
use changegate::lambda::ended_event::EndedEvent;
use changegate::lambda::settings::Variables;
use serde_json::Value;

use crate::settings::Settings;

const RUN: &str = "11111111-2222-4333-8444-555555555555";
const PIPELINE: &str = "changegate-network";

fn event(case: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../events/outcome-record--{case}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn environment() -> BTreeMap<String, String> {
    let root_gate = Gate {
        version: 1,
        stack: "root".to_owned(),
        stack_name: "changegate-pipelines".to_owned(),
        template: "changegate.yaml".to_owned(),
        configuration: None,
        approvals: 1,
        release: false,
        author_may_approve: true,
        require_pull_request: false,
        window: None,
        stack_policy: None,
        deployer: "arn:aws:iam::000000000000:role/changegate/pipelines/deployer".to_owned(),
        capabilities: Vec::new(),
        notify: None,
        notification_arns: Vec::new(),
        first_run: FirstRun::Plan,
        people: std::sync::Arc::default(),
        session_name_roles: Vec::new(),
        approvers: None,
    };
    let root_gate = root_gate.to_canonical_json();
    let variables = [
        ("CHANGEGATE_ENVIRONMENT", "production"),
        ("CHANGEGATE_SOURCE_BUCKET", "source"),
        ("CHANGEGATE_EVIDENCE_BUCKET", "evidence"),
        ("CHANGEGATE_GITHUB_REPOSITORY", "octo/infrastructure"),
        ("CHANGEGATE_GITHUB_API_URL", "https://api.github.com"),
        ("CHANGEGATE_GITHUB_CREDENTIAL_ARN", "arn:secret"),
        ("CHANGEGATE_PIPELINE_PREFIX", "changegate-"),
        ("CHANGEGATE_ROOT_PIPELINE", "changegate-root"),
        ("CHANGEGATE_ROOT_GATE", root_gate.as_str()),
        ("CHANGEGATE_TOPIC_ARN", "arn:topic"),
        ("CHANGEGATE_RELEASE", r#"{"source-sync":"c3luYw=="}"#),
        ("CHANGEGATE_LOST_EVENTS_URL", "https://queue.example/lost"),
    ];
    variables
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// The account of the events.
const ACCOUNT: &str = "000000000000";

/// A queue of what Lambda gave up.
#[derive(Default)]
struct Lost(RefCell<BTreeMap<String, String>>);

impl Lost {
    /// What Lambda says of an event that it gave up.
    fn give_up(&self, event: &Value) {
        let said = serde_json::json!({
            "requestContext": {"condition": "RetriesExhausted"},
            "requestPayload": event,
            "responsePayload": {"errorType": "Sandbox.Timedout"},
        });
        let receipt = self.0.borrow().len().to_string();
        self.0.borrow_mut().insert(receipt, said.to_string());
    }
}

impl TakeMessages for Lost {
    async fn take(&self) -> Result<Vec<TakenMessage>, PortError> {
        let held = self.0.borrow();
        let messages = held.iter().map(|(receipt, body)| TakenMessage {
            body: body.clone(),
            receipt: receipt.clone(),
        });
        Ok(messages.take(10).collect())
    }

    async fn remove(&self, receipt: &str) -> Result<(), PortError> {
        self.0.borrow_mut().remove(receipt);
        Ok(())
    }
}

/// Announces an event over fakes, twice, and tells what came of it.
async fn announced(case: &str) -> (FakeCodePipeline, FakeBucket, FakeTopics) {
    delivered(case, &Lost::default()).await
}

/// The same, with what Lambda gave up earlier.
async fn delivered(case: &str, lost: &Lost) -> (FakeCodePipeline, FakeBucket, FakeTopics) {
    let wire = Wire::default();
    let pipelines = FakeCodePipeline::new(&wire);
    pipelines.with_run(PIPELINE, RUN);
    pipelines.edit_run(PIPELINE, RUN, |run| run.execution.status = "Failed".to_owned());
    let evidence = FakeBucket::on(&wire);
    let topics = FakeTopics::new(&wire);
    let settings = Settings::read(&Variables::from_map(environment())).unwrap();
    let cloudformation = FakeCloudFormation::new(&wire);
    cloudformation.with_stack("network", "UPDATE_COMPLETE", "{}");
    let source = FakeBucket::on(&wire);
    let repository = FakeRepository::new(&wire);
    // Late enough that the history is not waited for any longer.
    let clock = FakeClock::at("2026-11-23T10:08:00Z");
    let functions = FakeFunctions::new(&wire);
    functions.run("changegate-source-sync", "cGxhbnRlZA==");
    let ports = RecordPorts {
        pipelines: &pipelines,
        cloudformation: &cloudformation,
        source: &source,
        evidence: &evidence,
        topics: &topics,
        repository: &repository,
        clock: &clock,
    };
    for _ in 0..2 {
        let event = EndedEvent::parse(&event(case), ACCOUNT);
        super::serve(&ports, &functions, &settings, lost, event, ACCOUNT, &|| true)
            .await
            .unwrap();
    }
    (pipelines, evidence, topics)
}

#[tokio::test]
async fn every_end_of_a_run_is_recorded_once() {
    for (case, end) in [
        ("run-succeeded", "no-changes"),
        ("run-failed", "failed"),
        ("run-cancelled", "cancelled"),
    ] {
        let (pipelines, evidence, _) = announced(case).await;
        let outcome = evidence.text(&keys::outcome(PIPELINE, RUN)).unwrap();
        assert!(outcome.contains(&format!(r#""end": "{end}""#)), "{case}: {outcome}");
        assert!(
            evidence.text(&keys::further_outcome(PIPELINE, RUN, 2)).is_none(),
            "{case}"
        );
        let restarts = usize::from(case == "run-cancelled");
        assert_eq!(pipelines.started().len(), restarts, "{case}");
    }
}

#[tokio::test]
async fn a_job_that_no_function_could_report_is_reported_failed_once() {
    let (pipelines, _, _) = announced("lost-delivery").await;
    let reports = pipelines.reports();
    let [(job, JobOutcome::Failed { message, .. })] = &reports[..] else {
        panic!("one failure: {reports:?}");
    };
    assert_eq!(job, "c0d76431-b0e7-4a11-97e3-e8ee786eb6f6");
    for part in [
        "changegate-changeset-create",
        "RetriesExhausted",
        "Sandbox.Timedout",
        "retry this stage",
    ] {
        assert!(message.contains(part), "{message}");
    }
    assert!(!message.contains("example-secret"), "{message}");
}

#[tokio::test]
async fn a_stack_at_rest_leaves_nothing_when_nobody_waits() {
    let (pipelines, evidence, topics) = announced("stack-at-rest").await;
    assert!(pipelines.started().is_empty() && pipelines.retried().is_empty());
    assert!(evidence.keys().is_empty() && topics.published().is_empty());
}

#[tokio::test]
async fn the_schedule_records_an_end_whose_announcement_got_lost_once() {
    let (pipelines, evidence, topics) = announced("retry-due").await;
    assert!(pipelines.started().is_empty() && pipelines.retried().is_empty());
    let outcome = evidence.text(&keys::outcome(PIPELINE, RUN)).unwrap();
    assert!(outcome.contains(r#""end": "failed""#), "{outcome}");
    assert_eq!(topics.published().len(), 1);
}

#[tokio::test]
async fn what_lambda_gave_up_is_taken_up_by_the_schedule_once() {
    let lost = Lost::default();
    for case in ["lost-delivery", "run-failed", "retry-due"] {
        lost.give_up(&event(case));
    }
    let (pipelines, evidence, topics) = delivered("retry-due", &lost).await;
    let reports = pipelines.reports();
    let [(job, JobOutcome::Failed { .. })] = &reports[..] else {
        panic!("one failure: {reports:?}");
    };
    assert_eq!(job, "c0d76431-b0e7-4a11-97e3-e8ee786eb6f6");
    assert!(evidence.text(&keys::outcome(PIPELINE, RUN)).is_some());
    assert_eq!(topics.published().len(), 1);
    assert!(lost.0.borrow().is_empty());
}

#[tokio::test]
async fn an_event_of_another_kind_or_account_changes_nothing() {
    let wire = Wire::default();
    let pipelines = FakeCodePipeline::new(&wire);
    let settings = Settings::read(&Variables::from_map(environment())).unwrap();
    let ports = RecordPorts {
        pipelines: &pipelines,
        cloudformation: &FakeCloudFormation::new(&wire),
        source: &FakeBucket::on(&wire),
        evidence: &FakeBucket::on(&wire),
        topics: &FakeTopics::new(&wire),
        repository: &FakeRepository::new(&wire),
        clock: &FakeClock::at("2026-11-23T10:05:00Z"),
    };
    let mut foreign = event("run-failed");
    foreign["account"] = "444455556666".into();
    for event in [
        serde_json::json!({}),
        serde_json::json!({"detail-type": "Something"}),
        foreign,
    ] {
        let event = EndedEvent::parse(&event, ACCOUNT);
        let (functions, lost) = (FakeFunctions::new(&wire), Lost::default());
        super::serve(&ports, &functions, &settings, &lost, event, ACCOUNT, &|| true)
            .await
            .unwrap();
    }
    assert_eq!(wire.count(), 0);
}

#[test]
fn a_missing_setting_stops_the_start_and_is_named() {
    for name in environment().keys() {
        let mut lacking = environment();
        lacking.remove(name);
        let error = Settings::read(&Variables::from_map(lacking))
            .err()
            .expect("it is needed");
        assert!(error.to_string().contains(name.as_str()), "{error}");
    }
}

#[tokio::test]
async fn a_function_that_runs_other_code_than_was_deployed_is_told_once() {
    let (_, evidence, topics) = announced("check-release").await;
    assert_eq!(topics.published().len(), 1);
    assert!(evidence.text(keys::RELEASE_TOLD).unwrap().contains("source-sync"));
}

#[tokio::test]
async fn a_flood_of_given_up_announcements_does_not_keep_the_schedule_from_the_rest() {
    let lost = Lost::default();
    for number in 0..450 {
        lost.0.borrow_mut().insert(format!("{number:03}"), "{}".to_owned());
    }
    let (_, evidence, _) = delivered("retry-due", &lost).await;
    assert_eq!(lost.0.borrow().len(), 50, "two runs took twenty times ten each");
    assert!(
        evidence.text(&keys::outcome(PIPELINE, RUN)).is_some(),
        "the sweep came after it"
    );
}
