//! Newer runs that come while older ones wait to be approved.

use std::time::Duration;

use serde_json::Value;

use super::office::Office;

const ROUNDS: u64 = 5;

/// The older run is approved while the newer one plans, each time a little later. One of the two takes the stack, and
/// the other never touches it.
pub(super) async fn an_approval_and_a_newer_run_in_the_same_second(office: &Office, stack: &str) {
    let pipeline = format!("changegate-{stack}");
    let file = format!("stacks/{stack}/template.json");
    let mut held = None;
    let mut question = office.asked(stack, "Approve1", None).await;
    for round in 0..ROUNDS {
        let proposed = template_of(office, &question.execution, &pipeline).await;
        let runs = office.site.runs(&pipeline).await;
        office.push_as("octocat", "main", "Keep it longer", &[(&file, &queue(round))]);
        office.site.run(&pipeline, runs).await;
        tokio::time::sleep(Duration::from_millis(300 * round)).await;
        let taken = office.bea.try_approve(&question).status.success();

        let ended = office.site.end(&pipeline, &question.execution).await;
        let outcome = office.site.world.outcome(&pipeline, &question.execution).await.unwrap();
        let next = office.asked(stack, "Approve1", Some(&question.execution)).await;
        if ended == "Succeeded" {
            assert!(taken);
            assert_eq!(outcome["end"], "executed", "{outcome}");
            held = Some(proposed);
        } else {
            assert_eq!(outcome["end"], "superseded", "{ended}: {outcome}");
        }
        assert_eq!(stack_holds(office, stack).await, held, "round {round}: {ended}");
        question = next;
    }
    office.bea.approve(&question);
    assert_eq!(office.site.end(&pipeline, &question.execution).await, "Succeeded");
    let last: Value = serde_json::from_str(&queue(ROUNDS - 1)).unwrap();
    assert_eq!(stack_holds(office, stack).await, Some(last));
}

fn queue(round: u64) -> String {
    let period = 3600 + round;
    format!(
        r#"{{"Resources": {{"Queue": {{"Type": "AWS::SQS::Queue", "Properties": {{"MessageRetentionPeriod": {period}}}}}}}}}"#
    )
}

/// The template that a run would apply.
async fn template_of(office: &Office, execution: &str, pipeline: &str) -> Value {
    let arn = office
        .site
        .world
        .runs
        .variable(pipeline, execution, "CreateChangeSet", "ChangeSetArn")
        .await
        .unwrap()
        .unwrap();
    let asked = ["cloudformation", "get-template", "--change-set-name", &arn];
    body(&office.site.cli(&asked).await)
}

/// The template of the stack; nothing while it was never made.
async fn stack_holds(office: &Office, stack: &str) -> Option<Value> {
    let described = office.site.stack(stack).await?;
    if described["StackStatus"] == "REVIEW_IN_PROGRESS" {
        return None;
    }
    let asked = ["cloudformation", "get-template", "--stack-name", stack];
    Some(body(&office.site.cli(&asked).await))
}

fn body(got: &Value) -> Value {
    match &got["TemplateBody"] {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        body => body.clone(),
    }
}
