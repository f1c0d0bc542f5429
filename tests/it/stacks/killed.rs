//! The function that executes is killed while it does.

use std::process::Command;
use std::time::Duration;

use changegate::domain::keys;

use crate::site::Site;

pub(super) const STACK: &str = "slow";

/// A stack that is being made until somebody signals.
pub(super) const TEMPLATE: &str = r#"{"Resources": {"Signal": {"Type": "AWS::CloudFormation::WaitCondition",
    "CreationPolicy": {"ResourceSignal": {"Count": 1, "Timeout": "PT10M"}}}}}"#;

/// The kill comes right after the change set began to be executed, before anybody can have reported, and again while
/// the stack is followed.
pub(super) async fn a_function_that_is_killed_while_it_executes_is_delivered_again_and_executes_once(site: &Site) {
    let question = site.question("changegate-slow", None).await;
    let yes = local::demo::ask::Answer {
        approved: true,
        words: "go".to_owned(),
    };
    site.world.answer(&question, &yes).await.unwrap();
    let cloudformation = &site.world.aws.cloudformation;
    loop {
        let described = cloudformation.describe_stacks().stack_name(STACK).send().await.unwrap();
        let status = described.stacks()[0].stack_status().unwrap().as_str().to_owned();
        if status == "CREATE_IN_PROGRESS" {
            break;
        }
        assert_eq!(status, "REVIEW_IN_PROGRESS");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut killed = kill(&site.running.state.endpoint);
    for _ in 0..50 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let again = kill(&site.running.state.endpoint);
        killed += again;
        if again > 0 {
            break;
        }
    }
    assert!(killed >= 2, "it was killed {killed} times");
    let signal = ["cloudformation", "signal-resource", "--stack-name", STACK];
    let by = [
        "--logical-resource-id",
        "Signal",
        "--unique-id",
        "1",
        "--status",
        "SUCCESS",
    ];
    site.cli(&[&signal[..], &by[..]].concat()).await;

    assert_eq!(site.end(&question.pipeline, &question.execution).await, "Succeeded");
    let outcome = site
        .world
        .outcome(&question.pipeline, &question.execution)
        .await
        .unwrap();
    assert_eq!(outcome["end"], "executed", "{outcome}");
    let further = keys::further_outcome(&question.pipeline, &question.execution, 2);
    assert_eq!(site.world.evidence(&further).await.unwrap(), None);
    let events = cloudformation
        .describe_stack_events()
        .stack_name(STACK)
        .send()
        .await
        .unwrap();
    let began = events
        .stack_events()
        .iter()
        .filter(|event| event.logical_resource_id() == Some(STACK))
        .filter(|event| {
            event
                .resource_status()
                .is_some_and(|status| status.as_str() == "CREATE_IN_PROGRESS")
        });
    assert_eq!(began.count(), 1, "{events:?}");
    let actions = site
        .world
        .runs
        .actions(&question.pipeline, &question.execution)
        .await
        .unwrap();
    let executions = actions
        .iter()
        .filter(|each| each.action_name() == Some("ExecuteChangeSet"));
    assert_eq!(executions.count(), 1);
}

/// Kills every process of the function in one environment, and gives their number.
fn kill(endpoint: &str) -> usize {
    let listed = Command::new("ps")
        .args(["axeww", "-o", "pid=,command="])
        .output()
        .unwrap();
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    let of_function = |line: &&str| {
        ["AWS_LAMBDA_FUNCTION_NAME=changegate-changeset-execute", endpoint]
            .iter()
            .all(|text| line.contains(text))
    };
    let mut killed = 0;
    for line in listed.lines().filter(of_function) {
        let id = line.split_whitespace().next().unwrap();
        let done = Command::new("kill").args(["-KILL", id]).status().unwrap();
        killed += usize::from(done.success());
    }
    killed
}
