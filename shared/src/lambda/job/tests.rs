use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::flows::fakes::{FakeCodePipeline, Fault, Wire, refusal};

const JOB: &str = "c0d76431-b0e7-4a11-97e3-e8ee786eb6f6";

fn event(token: Option<&str>) -> Value {
    json!({"CodePipeline.job": {"id": JOB, "data": {
        "actionConfiguration": {"configuration": {"UserParameters": "{}"}},
        "artifactCredentials": {"accessKeyId": "AKIDSECRET", "secretAccessKey": "hush", "sessionToken": "hush"},
        "continuationToken": token,
    }}})
}

fn succeeded(summary: &str) -> JobOutcome {
    JobOutcome::Succeeded {
        variables: BTreeMap::new(),
        summary: summary.to_owned(),
        external_execution_id: None,
    }
}

/// Delivers an event to a flow, and tells what was reported.
async fn reports<F>(event: Value, flow: F) -> Vec<JobOutcome>
where
    F: AsyncFnOnce(JobEvent) -> Result<JobOutcome, FlowError>,
{
    let pipelines = FakeCodePipeline::new(&Wire::default());
    deliver(&pipelines, event, Duration::from_mins(1), flow).await.unwrap();
    pipelines.reports().into_iter().map(|(_, outcome)| outcome).collect()
}

fn failure(reports: &[JobOutcome]) -> (FailureKind, &str) {
    match reports {
        [JobOutcome::Failed { kind, message, .. }] => (*kind, message),
        other => panic!("exactly one failure: {other:?}"),
    }
}

#[tokio::test]
async fn the_outcome_of_the_flow_is_reported_once() {
    let reports = reports(event(None), async |_| Ok(succeeded("done"))).await;
    assert_eq!(reports, [succeeded("done")]);
}

#[tokio::test]
async fn a_malformed_job_is_reported_without_calling_the_flow() {
    let mut event = event(None);
    event["CodePipeline.job"]["data"]["actionConfiguration"] = json!(7);
    let reports = reports(event, async |_| panic!("the flow is not called")).await;
    let (kind, message) = failure(&reports);
    assert_eq!(kind, FailureKind::Configuration);
    assert!(!message.contains("hush"), "{message}");
}

#[tokio::test]
async fn a_panic_is_reported() {
    let reports = reports(event(None), async |_| panic!("index out of bounds")).await;
    let (kind, message) = failure(&reports);
    assert_eq!(kind, FailureKind::JobFailed);
    assert!(message.contains("a defect in Changegate"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn work_that_outlasts_the_invocation_is_continued() {
    let reports = reports(event(Some("1:2:where it was")), async |_| std::future::pending().await).await;
    let [JobOutcome::Continue { token, .. }] = &reports[..] else {
        panic!("it continues: {reports:?}");
    };
    assert_eq!(token, "1:3:where it was");
}

#[tokio::test]
async fn a_transient_failure_continues_with_the_same_token_until_it_lasts_too_long() {
    let throttled = || {
        refusal(
            "cloudformation:DescribeStacks",
            "network",
            PortErrorKind::Throttled,
            "Throttling",
            "slow",
        )
    };
    let first = reports(event(None), async |_| Err(throttled().into())).await;
    let [JobOutcome::Continue { token, summary, .. }] = &first[..] else {
        panic!("it continues: {first:?}");
    };
    assert_eq!(token, "1:1");
    assert!(summary.contains("Throttling"), "{summary}");

    let last = format!("1:{MAX_ATTEMPTS}:flow");
    let last = reports(event(Some(&last)), async |_| Err(throttled().into())).await;
    let (kind, message) = failure(&last);
    assert_eq!(kind, FailureKind::Unavailable);
    assert!(
        message.contains("gave up") && message.contains("retry the stage"),
        "{message}"
    );
}

#[tokio::test]
async fn progress_resets_the_count_and_the_flow_gets_its_own_token_back() {
    let reports = reports(event(Some("1:7:mine")), async |event: JobEvent| {
        assert_eq!(event.job.continuation_token.as_deref(), Some("mine"));
        Ok(JobOutcome::Continue {
            token: "next".to_owned(),
            summary: String::new(),
            percent: Some(200),
        })
    })
    .await;
    let [JobOutcome::Continue { token, percent, .. }] = &reports[..] else {
        panic!("it continues: {reports:?}");
    };
    assert_eq!((token.as_str(), *percent), ("1:0:next", Some(100)));
}

#[tokio::test]
async fn the_kind_of_a_failure_says_who_must_act() {
    for (error, expected) in [
        (FlowError::configuration("x"), FailureKind::Configuration),
        (FlowError::permission("x"), FailureKind::Permission),
        (FlowError::job("x"), FailureKind::JobFailed),
        (
            refusal("s3:GetObject", "k", PortErrorKind::Denied, "AccessDenied", "").into(),
            FailureKind::Permission,
        ),
        (
            refusal("s3:GetObject", "k", PortErrorKind::Refused, "Odd", "").into(),
            FailureKind::JobFailed,
        ),
    ] {
        let reports = reports(event(None), async |_| Err(error)).await;
        assert_eq!(failure(&reports).0, expected);
    }
}

#[tokio::test]
async fn a_long_message_is_cut_on_a_character_and_an_empty_one_filled() {
    let long = "ü".repeat(6000);
    let long = reports(event(None), async |_| Err(FlowError::job(long))).await;
    let message = failure(&long).1;
    assert_eq!(message.chars().count(), 5000);
    assert!(message.ends_with("ü…"));
    let empty = reports(event(None), async |_| Err(FlowError::job(" "))).await;
    assert!(!failure(&empty).1.trim().is_empty());
}

#[tokio::test]
async fn what_codepipeline_would_refuse_becomes_a_failure_that_says_so() {
    let too_much = [("Summary".to_owned(), "x".repeat(130_000))];
    let odd_name = [("Not a name".to_owned(), String::new())];
    for variables in [too_much, odd_name] {
        let outcome = JobOutcome::Succeeded {
            variables: variables.into(),
            summary: String::new(),
            external_execution_id: None,
        };
        failure(&reports(event(None), async |_| Ok(outcome)).await);
    }
    let outcome = JobOutcome::Continue {
        token: "x".repeat(3000),
        summary: String::new(),
        percent: None,
    };
    failure(&reports(event(None), async |_| Ok(outcome)).await);
}

#[tokio::test]
async fn a_job_that_is_closed_already_is_an_expected_end() {
    let pipelines = FakeCodePipeline::new(&Wire::default());
    pipelines.close_job(JOB);
    let time = Duration::from_mins(1);
    deliver(&pipelines, event(None), time, async |_| Ok(succeeded("late")))
        .await
        .unwrap();
    assert!(pipelines.reports().is_empty());
}

#[tokio::test]
async fn a_report_that_does_not_get_through_is_left_to_the_next_delivery() {
    let wire = Wire::default();
    let pipelines = FakeCodePipeline::new(&wire);
    let time = Duration::from_mins(1);
    wire.break_call(0, Fault::Outage);
    let first = deliver(&pipelines, event(None), time, async |_| Ok(succeeded("done"))).await;
    assert!(matches!(first, Err(DeliveryError::Report(_))));
    deliver(&pipelines, event(None), time, async |_| Ok(succeeded("done")))
        .await
        .unwrap();
    deliver(&pipelines, event(None), time, async |_| Ok(succeeded("done")))
        .await
        .unwrap();
    assert_eq!(pipelines.reports().len(), 1);
}

#[tokio::test]
async fn an_event_without_a_job_is_an_error_and_reports_nothing() {
    let pipelines = FakeCodePipeline::new(&Wire::default());
    let result = deliver(&pipelines, json!({}), Duration::ZERO, async |_| Ok(succeeded("x"))).await;
    assert!(matches!(result, Err(DeliveryError::Event(JobEventError::NoJobId))));
    assert!(pipelines.reports().is_empty());
}

#[test]
fn only_the_last_characters_of_a_job_id_are_shown() {
    assert_eq!(last_characters(JOB), "786eb6f6");
    assert_eq!(last_characters("short"), "short");
    assert_eq!(last_characters("äöüäöüäöü"), "öüäöüäöü");
}

#[test]
fn the_time_of_a_flow_leaves_time_for_its_report() {
    let left = time_left(SystemTime::now() + Duration::from_mins(1));
    assert!(
        left > Duration::from_secs(50) && left <= Duration::from_secs(55),
        "{left:?}"
    );
    assert_eq!(time_left(SystemTime::UNIX_EPOCH), Duration::ZERO);
}

/// How a flow may end, deadline and panic included.
#[derive(Debug, Clone, Copy)]
enum Way {
    Success,
    Wait,
    Refusal,
    Throttle,
    Panic,
    Overtime,
    Malformed,
}

/// One delivery of a job whose flow ends this way; `None` when the process was killed in it.
fn delivery(pipelines: &FakeCodePipeline, way: Way) -> Option<Result<(), DeliveryError>> {
    let mut event = event(None);
    if matches!(way, Way::Malformed) {
        event["CodePipeline.job"]["data"]["inputArtifacts"] = json!("odd");
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let flow = async |_: JobEvent| match way {
        Way::Success | Way::Malformed => Ok(succeeded("done")),
        Way::Wait => Ok(JobOutcome::Continue {
            token: "t".to_owned(),
            summary: String::new(),
            percent: None,
        }),
        Way::Refusal => Err(FlowError::configuration("wrong")),
        Way::Throttle => Err(refusal("s3:GetObject", "k", PortErrorKind::Throttled, "SlowDown", "").into()),
        Way::Panic => panic!("a defect"),
        Way::Overtime => std::future::pending().await,
    };
    runtime.block_on(async {
        let delivered = deliver(pipelines, event, Duration::from_mins(1), flow);
        // A killed process is seen from outside: nothing comes, for far longer than a delivery may take.
        tokio::time::timeout(Duration::from_hours(1), delivered).await.ok()
    })
}

#[test]
fn whatever_breaks_at_the_report_every_way_of_ending_is_reported_once() {
    for way in [
        Way::Success,
        Way::Wait,
        Way::Refusal,
        Way::Throttle,
        Way::Panic,
        Way::Overtime,
        Way::Malformed,
    ] {
        for fault in [
            Fault::Throttle,
            Fault::Outage,
            Fault::Denial,
            Fault::LostAnswer,
            Fault::KillBefore,
            Fault::KillAfter,
        ] {
            let wire = Wire::default();
            let pipelines = FakeCodePipeline::new(&wire);
            wire.break_call(0, fault);
            let first = delivery(&pipelines, way);
            assert!(
                !matches!(first, Some(Ok(()))),
                "{way:?}, {fault:?}: Lambda delivers again"
            );
            assert!(matches!(delivery(&pipelines, way), Some(Ok(()))), "{way:?}, {fault:?}");
            assert!(
                matches!(delivery(&pipelines, way), Some(Ok(()))),
                "a late duplicate: {way:?}, {fault:?}"
            );
            assert_eq!(pipelines.reports().len(), 1, "{way:?}, {fault:?}");
        }
    }
}

/// A CodePipeline that takes nothing but failures, and says why.
struct OnlyFailures(std::cell::RefCell<Vec<JobOutcome>>);

impl ReportJobs for OnlyFailures {
    async fn report(&self, _: &str, outcome: &JobOutcome) -> Result<(), crate::flows::ports::PortError> {
        if !matches!(outcome, JobOutcome::Failed { .. }) {
            let kind = PortErrorKind::Refused;
            let code = "OutputVariablesSizeExceededException";
            return Err(refusal(
                "codepipeline:PutJobSuccessResult",
                "the job",
                kind,
                code,
                "too much",
            ));
        }
        self.0.borrow_mut().push(outcome.clone());
        Ok(())
    }
}

#[tokio::test]
async fn a_success_that_codepipeline_refuses_is_reported_as_a_failure_at_once() {
    let pipelines = OnlyFailures(std::cell::RefCell::default());
    let time = Duration::from_mins(1);
    deliver(&pipelines, event(None), time, async |_| Ok(succeeded("done")))
        .await
        .unwrap();
    let reports = pipelines.0.into_inner();
    let (kind, message) = failure(&reports);
    assert_eq!(kind, FailureKind::JobFailed);
    assert!(message.contains("OutputVariablesSizeExceededException"), "{message}");
}

#[tokio::test]
async fn two_deliveries_at_the_same_time_are_reported_once() {
    for seed in 0..50 {
        let wire = Wire::default();
        wire.interleave(seed);
        let pipelines = FakeCodePipeline::new(&wire);
        let time = Duration::from_mins(1);
        let (first, second) = futures_util::join!(
            deliver(&pipelines, event(None), time, async |_| Ok(succeeded("done"))),
            deliver(&pipelines, event(None), time, async |_| Ok(succeeded("done"))),
        );
        first.unwrap();
        second.unwrap();
        assert_eq!(pipelines.reports().len(), 1);
    }
}
