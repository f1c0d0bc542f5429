//! A permission that is taken out of `template.yaml` is missed by name.
//!
//! The roles of all seven functions lose their permissions one at a time in the running system; each time a run, a record
//! or a sync fails, and the run's action or the function's log says which permission is missing.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::{alone, program, system};

/// A function's role, and what provokes its calls.
struct Case {
    role: &'static str,
    function: &'static str,
    /// `run`: a run of the pipeline, which fails. `record`: the record of a run. `sync`, `webhook`: a push.
    way: &'static str,
    /// The pipeline whose run makes the calls, or that a push starts.
    pipeline: &'static str,
    /// Whether somebody approves, so that the run goes on to the function.
    approve: bool,
    /// So many permissions are tried, at least.
    tried: usize,
    /// Permissions that such a run does not need, by statement; the tests of the flows and the simulations need them.
    elsewhere: &'static [&'static str],
}

const CASES: [Case; 7] = [
    // Nothing changes, so the run ends after this function.
    Case {
        role: "ChangesetCreateRole",
        function: "changeset-create",
        way: "run",
        pipeline: "changegate-network",
        approve: false,
        tried: 11,
        elsewhere: &[
            // MiniStack writes logs without asking.
            "Log logs:CreateLogStream",
            "Log logs:PutLogEvents",
            // Only a failure is reported with it, an incident read with the others.
            "ReportJobs codepipeline:PutJobFailureResult",
            "ReadStacks cloudformation:DescribeEvents",
            "FindExports cloudformation:ListExports",
            // Only for a bucket without the object that is looked for.
            "SeeThatNothingIsThere s3:ListBucket",
            // Only while another run is under way, or an old change set is there.
            "ProveJobs codepipeline:GetPipelineExecution",
            "Supersede codepipeline:StopPipelineExecution",
            "ClaimSuperseded s3:PutObject",
            "ChangeSets cloudformation:DeleteChangeSet",
            // MiniStack does not ask for these; AWS does.
            "Transform cloudformation:CreateChangeSet",
            "PassDeployers iam:PassRole",
            "ReportFailedDeliveries lambda:InvokeFunction",
        ],
    },
    // The change that the demo rejected still waits to be reviewed.
    Case {
        role: "ChangesetDescribeRole",
        function: "changeset-describe",
        way: "run",
        pipeline: "changegate-data",
        approve: false,
        tried: 10,
        elsewhere: &[
            "Log logs:CreateLogStream",
            "Log logs:PutLogEvents",
            "ReportJobs codepipeline:PutJobFailureResult",
            "SeeThatNothingIsThere s3:ListBucket",
            "ReportFailedDeliveries lambda:InvokeFunction",
            // Only for a change set that invokes hooks, which MiniStack has not.
            "ReadStacks cloudformation:DescribeChangeSetHooks",
            // A call that only informs: that it was denied stands in the review, and the run goes on.
            "ReadStacks cloudformation:DescribeEvents",
            // A review that nobody was told of is alarmed; the credential is read once in a process.
            "Notify sns:Publish",
            "TellGitHub secretsmanager:GetSecretValue",
        ],
    },
    // Every run fails before it executes anything.
    Case {
        role: "ChangesetExecuteRole",
        function: "changeset-execute",
        way: "run",
        pipeline: "changegate-data",
        approve: true,
        tried: 11,
        elsewhere: &[],
    },
    // The catalogue asks for nothing new, so the run ends after this function.
    Case {
        role: "PipelinesProvisionRole",
        function: "pipelines-provision",
        way: "run",
        pipeline: "changegate-root",
        approve: false,
        tried: 6,
        elsewhere: &[
            "Log logs:CreateLogStream",
            "Log logs:PutLogEvents",
            "ReportJobs codepipeline:PutJobFailureResult",
            "SeeThatNothingIsThere s3:ListBucket",
            "ReportFailedDeliveries lambda:InvokeFunction",
            // The root pipeline is known by its name; any other that calls the function is looked up, and refused.
            "FindPipeline cloudformation:DescribeStackResource",
            // Only for a stage that was retried.
            "ProveJobs codepipeline:ListPipelineExecutions",
        ],
    },
    Case {
        role: "OutcomeRecordRole",
        function: "outcome-record",
        way: "record",
        pipeline: "changegate-network",
        approve: false,
        tried: 6,
        elsewhere: &[
            "Log logs:CreateLogStream",
            "Log logs:PutLogEvents",
            "ReportFailedDeliveries codepipeline:PutJobFailureResult",
            // What cannot be looked up is warned of; the record itself is written.
            "SeeThatNothingIsThere s3:ListBucket",
            // Only for a run that failed, waits for another stack, or is retried.
            "ReadStacks cloudformation:DescribeStackEvents",
            "FindExports cloudformation:ListExports",
            "StartAndRetry codepipeline:StartPipelineExecution",
            "StartAndRetry codepipeline:RetryStageExecution",
            "ForgetNotes s3:DeleteObject",
            // Only when the schedule asks.
            "CompareFunctionsWithRelease lambda:GetFunctionConfiguration",
            // Only the schedule looks through all pipelines and takes up what got lost; Lambda sends as the role.
            "FindPipelines codepipeline:ListPipelines",
            "TakeUpLostEvents sqs:SendMessage",
            "TakeUpLostEvents sqs:ReceiveMessage",
            "TakeUpLostEvents sqs:DeleteMessage",
            // Nobody is told of a run that changed nothing; the credential is read once in a process.
            "Notify sns:Publish",
            "TellGitHub secretsmanager:GetSecretValue",
        ],
    },
    Case {
        role: "SourceSyncRole",
        function: "source-sync",
        way: "sync",
        pipeline: "changegate-network",
        approve: false,
        tried: 5,
        elsewhere: &[
            "Log logs:CreateLogStream",
            "Log logs:PutLogEvents",
            // MiniStack takes the messages itself; Lambda does it as the role.
            "TakePushes sqs:ReceiveMessage",
            "TakePushes sqs:DeleteMessage",
            "TakePushes sqs:ChangeMessageVisibility",
            "TakePushes sqs:GetQueueAttributes",
            "AuditSources s3:ListBucket",
            // Only for a status that GitHub does not take.
            "KeepUntold s3:PutObject",
            // Only after a crash, and for a snapshot that is cut up.
            "KeepSources s3:GetObjectVersion",
            "StartPipelines codepipeline:ListPipelineExecutions",
            // Only when many pipelines are started.
            "FindPipelines codepipeline:ListPipelines",
            // Read once in a process.
            "ReadRepository secretsmanager:GetSecretValue",
        ],
    },
    Case {
        role: "GithubWebhookRole",
        function: "github-webhook",
        way: "webhook",
        pipeline: "changegate-network",
        approve: false,
        tried: 1,
        elsewhere: &[
            "Log logs:CreateLogStream",
            "Log logs:PutLogEvents",
            // Read once in a process.
            "Verify secretsmanager:GetSecretValue",
        ],
    },
];

/// What a run needs before the change set is executed. What comes after cannot be tried twice with one change.
const BEFORE_EXECUTION: [&str; 11] = [
    "ProveJobs codepipeline:ListActionExecutions",
    "ProveJobs codepipeline:GetPipelineExecution",
    "FindPipeline cloudformation:DescribeStackResource",
    "ReadGatesAndProvenance s3:GetObject",
    "ReadStacks cloudformation:DescribeStacks",
    "ReadStacks cloudformation:GetTemplate",
    "ReadStacks cloudformation:GetStackPolicy",
    "ReadStacks cloudformation:DescribeChangeSet",
    "ExecuteChangeSets cloudformation:ExecuteChangeSet",
    "ReadEvidence s3:GetObject",
    "ClaimAndRecord s3:PutObject",
];

#[test]
fn every_permission_that_a_run_needs_is_missed_by_name() {
    let _alone = alone();
    let mut wrong = Vec::new();
    for case in CASES {
        let found = take_each_out(&case);
        for elsewhere in case.elsewhere {
            assert!(found.contains_key(*elsewhere), "{} has no {elsewhere}", case.role);
        }
        let tried: Vec<_> = found
            .iter()
            .filter(|(_, came)| came.get("elsewhere").is_none())
            .collect();
        assert!(tried.len() >= case.tried, "{}: {found:?}", case.role);
        let is_missed = |came: &Value| came["end"] == "Failed" && came["named"] == true;
        let unnoticed = tried.into_iter().filter(|(_, came)| !is_missed(came));
        wrong.extend(unnoticed.map(|(permission, came)| format!("{}: {permission}: {came}", case.role)));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn take_each_out(case: &Case) -> BTreeMap<String, Value> {
    let state = system().state();
    let log = state.logs.join(format!("functions/changegate-{}.log", case.function));
    let told = json!({
        "endpoint": state.endpoint,
        "role": case.role,
        "way": case.way,
        "pushUrl": state.push_url,
        "schedule": include_str!("../../../events/source-sync--schedule.json"),
        "audit": include_str!("../../../events/source-sync--audit.json"),
        "pipeline": case.pipeline,
        "approve": case.approve,
        "elsewhere": case.elsewhere,
        "only": if case.approve { json!(BEFORE_EXECUTION) } else { Value::Null },
        "log": log,
    });
    let mut child = system()
        .with_aws(&mut Command::new(program("python")))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/it/system/permissions.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(told.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}: it says why above", case.role);
    serde_json::from_slice(&output.stdout).unwrap()
}
