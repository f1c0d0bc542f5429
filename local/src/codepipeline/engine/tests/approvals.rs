use std::time::Duration;

use super::bench::{Bench, approval, changegate, two_stages};
use crate::codepipeline::engine::effects::Effect;

fn asking() -> (Bench, String) {
    let mut bench = Bench::idle(&changegate());
    let run = bench.start();
    bench.plan("changes");
    bench.describe();
    (bench, run)
}

#[test]
fn an_approval_waits_with_a_token_and_a_yes_lets_the_stage_go_on() {
    let (mut bench, run) = asking();
    bench.approve(&run, "Approve1");
    let action = bench.action(&run, "Approve1");
    assert_eq!(action.updated_by.as_deref(), Some("arn:aws:iam::000000000000:user/bob"));
    assert_eq!(
        (action.status.word(), action.summary.as_deref()),
        ("Succeeded", Some("my words"))
    );
    // The second approval opens only now, with a token of its own.
    assert_ne!(bench.token(&run, "Approve2"), action.approval_token.clone().unwrap());
}

#[test]
fn a_no_fails_the_stage_and_the_run() {
    let (mut bench, run) = asking();
    let token = bench.token(&run, "Approve1");
    bench.answer("Apply", "Approve1", &token, false).unwrap();
    assert_eq!(
        (bench.stage_word(&run, "Apply"), bench.by_id(&run).status.word()),
        ("Failed", "Failed")
    );
    let action = bench.action(&run, "Approve1");
    assert_eq!(action.updated_by.as_deref(), Some("arn:aws:iam::000000000000:user/bob"));
    assert_eq!(action.summary.as_deref(), Some("my words"));
}

#[test]
fn an_approval_takes_one_answer() {
    let (mut bench, run) = asking();
    let token = bench.token(&run, "Approve1");
    bench.answer("Apply", "Approve1", &token, true).unwrap();
    let second = bench.answer("Apply", "Approve1", &token, false).unwrap_err();
    assert_eq!(second.code, "ApprovalAlreadyCompletedException");
    assert_eq!(bench.by_id(&run).status.word(), "InProgress");
}

#[test]
fn a_token_of_another_approval_is_invalid() {
    let (mut bench, run) = asking();
    let token = bench.token(&run, "Approve1");
    let wrong = bench.answer("Apply", "Approve2", &token, true).unwrap_err();
    assert_eq!(wrong.code, "InvalidApprovalTokenException");
    let unknown = bench
        .answer("Apply", "Approve1", "00000000-0000-4000-8000-999999999999", true)
        .unwrap_err();
    assert_eq!(unknown.code, "InvalidApprovalTokenException");
}

#[test]
fn an_answer_to_an_unknown_stage_or_action_is_refused_by_name() {
    let (mut bench, run) = asking();
    let token = bench.token(&run, "Approve1");
    assert_eq!(
        bench.answer("Nowhere", "Approve1", &token, true).unwrap_err().code,
        "StageNotFoundException"
    );
    assert_eq!(
        bench.answer("Apply", "Nothing", &token, true).unwrap_err().code,
        "ActionNotFoundException"
    );
}

#[test]
fn an_approval_that_nobody_answers_fails_after_seven_days() {
    let (mut bench, run) = asking();
    let token = bench.token(&run, "Approve1");
    bench.wait(Duration::from_hours(24 * 7) - Duration::from_secs(1));
    assert_eq!(bench.action(&run, "Approve1").status.word(), "InProgress");
    bench.wait(Duration::from_secs(1));
    assert_eq!(
        (
            bench.action(&run, "Approve1").status.word(),
            bench.by_id(&run).status.word()
        ),
        ("Failed", "Failed")
    );
    assert_eq!(
        bench.answer("Apply", "Approve1", &token, true).unwrap_err().code,
        "InvalidApprovalTokenException"
    );
}

#[test]
fn an_approval_waits_as_long_as_its_action_says() {
    let mut declared = approval("Ask", 1);
    declared["timeoutInMinutes"] = 5.into();
    let mut bench = Bench::idle(&two_stages(&[declared]));
    let run = bench.start();
    bench.fetch_all();
    bench.wait(Duration::from_mins(5));
    assert_eq!(bench.by_id(&run).status.word(), "Failed");
}

#[test]
fn a_topic_is_told_of_an_approval_in_the_documented_form() {
    let mut declared = approval("Ask", 1);
    declared["configuration"] = serde_json::json!({
        "NotificationArn": "arn:aws:sns:eu-west-1:000000000000:people",
        "CustomData": "run #{codepipeline.PipelineExecutionId}",
        "ExternalEntityLink": "https://example.com/review",
    });
    let mut bench = Bench::idle(&two_stages(&[declared]));
    let run = bench.start();
    bench.fetch_all();
    let Some(Effect::AskApproval(notice)) = bench.open.first() else {
        panic!("{:?}", bench.open)
    };
    assert_eq!(notice.topic, "arn:aws:sns:eu-west-1:000000000000:people");
    assert_eq!(
        notice.subject,
        "APPROVAL NEEDED: AWS CodePipeline changegate-network for action Ask"
    );
    let message: serde_json::Value = serde_json::from_str(&notice.message).unwrap();
    assert_eq!(message["approval"]["customData"], format!("run {run}"));
    assert_eq!(message["approval"]["externalEntityLink"], "https://example.com/review");
    assert_eq!(message["approval"]["token"], bench.token(&run, "Ask"));
    // Without seconds, as AWS writes it.
    assert_eq!(message["approval"]["expires"], "2026-11-30T10:00Z");
}
