//! Every event in `events/` from its delivery to which messages come again.

use std::cell::{Cell, RefCell};
use std::fs;
use std::path::PathBuf;

use changegate::domain::catalogue::Environment;
use changegate::domain::gate::Floor;
use changegate::domain::packaging::Destination;
use changegate::domain::sync::snapshot::CutLimits;
use changegate::flows::fakes::{FakeBucket, FakeCodePipeline, FakeGitHub, Fault, Wire};
use changegate::flows::sync_source::{KEPT_BYTES, SyncSettings};
use changegate::github::GitHubSettings;

use super::*;

/// A queue that remembers what was postponed, by how much.
#[derive(Default)]
struct FakeQueue(RefCell<Vec<u32>>);

impl PostponeMessages for FakeQueue {
    async fn postpone(&self, _: &str, seconds: u32) -> Result<(), PortError> {
        self.0.borrow_mut().push(seconds);
        Ok(())
    }
}

thread_local! {
    /// What GitHub asked for, in the test that runs on this thread.
    static PAUSE: Cell<Option<u32>> = const { Cell::new(None) };
}

impl Pauses for FakeGitHub {
    fn pause_seconds(&self) -> Option<u32> {
        PAUSE.get()
    }
}

type Sync = SourceSync<FakeGitHub, FakeBucket, FakeBucket, FakeCodePipeline, FakeQueue>;

fn function() -> (Sync, Wire) {
    let wire = Wire::default();
    let floor = Floor {
        minimum_approvals: 0,
        author_may_approve: true,
        deployer_prefix: "arn:aws:iam::111122223333:role/changegate/deployers/".to_owned(),
        stack_name_pattern: "*".to_owned(),
        reserved_stack_names: Vec::new(),
        approvers: None,
    };
    let settings = Settings {
        sync: SyncSettings {
            repository: "acme/infrastructure".to_owned(),
            repository_id: None,
            branch: "main".to_owned(),
            environment: Environment {
                name: "production".to_owned(),
                pipeline_prefix: "changegate-".to_owned(),
                floor,
                default_deployer: "arn:aws:iam::111122223333:role/changegate/deployers/default".to_owned(),
            },
            root_pipeline: "changegate-root".to_owned(),
            destination: Destination {
                bucket: "source".to_owned(),
                region: "eu-west-1".to_owned(),
            },
            web_url: "https://github.example".to_owned(),
            cut_limits: CutLimits::default(),
            kept_bytes: KEPT_BYTES,
        },
        github: GitHubSettings {
            api_url: "https://api.github.example".to_owned(),
            credential_arn: "arn".to_owned(),
        },
        evidence_bucket: "evidence".to_owned(),
        queue_url: "https://queue.example".to_owned(),
    };
    let repository = FakeGitHub::new(&wire);
    repository.push(
        "First",
        &[(
            "stacks/network/template.yaml",
            Some("Resources:\n  T: {Type: AWS::SNS::Topic}\n"),
        )],
    );
    let function = SourceSync {
        repository,
        source: FakeBucket::on(&wire),
        evidence: FakeBucket::on(&wire),
        pipelines: FakeCodePipeline::new(&wire),
        queue: FakeQueue::default(),
        settings,
    };
    (function, wire)
}

fn event(case: &str) -> Batch {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../events/source-sync--{case}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

const LONG: Duration = Duration::from_mins(5);

#[tokio::test]
async fn pushes_and_schedules_bring_the_bucket_up_to_the_branch() {
    for case in ["push", "schedule", "audit", "several"] {
        let (function, wire) = function();
        let answer = function.answer(event(case), LONG).await;
        assert_eq!(answer, BatchAnswer::default(), "{case}");
        assert!(
            function
                .source
                .bytes("TemplateSource/stacks/network/template.yaml")
                .is_some(),
            "{case}"
        );
        assert_eq!(
            wire.count_of("GET commits"),
            1,
            "{case}: one sync serves the whole batch"
        );
    }
}

#[tokio::test]
async fn an_audit_anywhere_in_the_batch_makes_it_an_audit() {
    let (function, wire) = function();
    function.answer(event("push"), LONG).await;
    let before = wire.count_of("s3:ListObjectVersions");
    function.answer(event("several"), LONG).await;
    assert_eq!(wire.count_of("s3:ListObjectVersions"), before + 1);
}

#[tokio::test]
async fn a_message_that_cannot_be_read_has_the_branch_looked_at_and_holds_up_nothing() {
    let (function, _) = function();
    let answer = function.answer(event("not-a-request"), LONG).await;
    assert_eq!(answer, BatchAnswer::default());
    assert!(function.source.bytes("snapshot.json").is_some());
    let alone = Batch {
        records: vec![Record {
            message_id: "1".to_owned(),
            receipt_handle: String::new(),
            body: "{}".to_owned(),
        }],
    };
    assert_eq!(function.answer(alone, LONG).await, BatchAnswer::default());
}

#[tokio::test]
async fn a_failure_that_time_heals_brings_all_messages_again_soon() {
    let (function, wire) = function();
    wire.break_next("s3:PutObject", Fault::Outage);
    let answer = function.answer(event("several"), LONG).await;
    assert_eq!(answer.batch_item_failures.len(), 3);
    assert_eq!(*function.queue.0.borrow(), [SOON_SECONDS; 3]);
}

#[tokio::test]
async fn a_rate_limit_is_waited_for_as_long_as_github_asks() {
    let (function, wire) = function();
    for (asked, waited) in [
        (Some(600), 600),
        (Some(5), SOON_SECONDS),
        (Some(90_000), MOST_SECONDS),
        (None, SOON_SECONDS),
    ] {
        PAUSE.set(asked);
        function.queue.0.borrow_mut().clear();
        wire.break_next("GET commits", Fault::Throttle);
        function.answer(event("push"), LONG).await;
        assert_eq!(*function.queue.0.borrow(), [waited], "{asked:?}");
    }
}

#[tokio::test]
async fn a_failure_that_somebody_has_to_heal_comes_again_later() {
    let (function, wire) = function();
    wire.break_next("GET commits", Fault::Denial);
    let answer = function.answer(event("push"), LONG).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert_eq!(*function.queue.0.borrow(), [LATER_SECONDS]);
}

#[tokio::test]
async fn a_start_that_is_still_owed_brings_the_message_again() {
    let (function, wire) = function();
    function.pipelines.with_pipeline("changegate-network");
    wire.break_next("codepipeline:StartPipelineExecution", Fault::Throttle);
    let answer = function.answer(event("push"), LONG).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    let again = function.answer(event("push"), LONG).await;
    assert_eq!(again, BatchAnswer::default());
    assert_eq!(function.pipelines.started().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sync_that_takes_too_long_says_so_before_it_is_killed() {
    let (function, wire) = function();
    wire.break_next("s3:PutObject", Fault::KillBefore);
    let answer = function.answer(event("push"), LONG).await;
    assert_eq!(answer.batch_item_failures.len(), 1);
    assert_eq!(*function.queue.0.borrow(), [1]);
}

#[tokio::test(start_paused = true)]
async fn pipelines_that_cannot_be_started_in_time_are_started_by_the_next_invocations_once_each() {
    let (function, _) = function();
    let stacks: Vec<String> = (0..40).map(|number| format!("s{number:02}")).collect();
    let paths: Vec<String> = stacks
        .iter()
        .map(|stack| format!("stacks/{stack}/template.yaml"))
        .collect();
    let template = "Resources:\n  T: {Type: AWS::SNS::Topic}\n";
    let files: Vec<_> = paths.iter().map(|path| (path.as_str(), Some(template))).collect();
    function.repository.push("Many", &files);
    for stack in &stacks {
        function.pipelines.with_pipeline(&format!("changegate-{stack}"));
    }
    function.pipelines.take_a_second_to_start();
    let mut invocations = 0;
    loop {
        invocations += 1;
        let answer = function.answer(event("push"), Duration::from_secs(20)).await;
        if answer == BatchAnswer::default() {
            break;
        }
        assert_eq!(function.queue.0.borrow().last(), Some(&1), "it goes on at once");
        assert!(invocations < 10, "it does not come to an end");
    }
    assert_eq!(invocations, 4);
    let mut started: Vec<_> = function
        .pipelines
        .started()
        .into_iter()
        .map(|start| start.pipeline)
        .collect();
    started.sort();
    let wanted: Vec<_> = stacks.iter().map(|stack| format!("changegate-{stack}")).collect();
    assert_eq!(started, wanted);
}

#[tokio::test]
async fn a_status_that_github_does_not_take_for_now_is_kept_to_be_told_again() {
    let (function, wire) = function();
    function
        .repository
        .push("Wrong", &[("stacks/network/template.yaml", Some("Resources: {"))]);
    wire.break_next("POST statuses", Fault::Outage);
    let answer = function.answer(event("push"), LONG).await;
    assert_eq!(answer, BatchAnswer::default());
    let [key] = &function.evidence.keys()[..] else {
        panic!("one message is kept: {:?}", function.evidence.keys());
    };
    let kept = function.evidence.text(key).unwrap();
    assert!(kept.contains(r#""state": "failure""#), "{kept}");
}
