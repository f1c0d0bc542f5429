//! Somebody tries to get round the gate of the running system. Each attempt is refused with a reason that says what to
//! do, and leaves the stack as it was.

mod proposal;

use std::process::Command;

use serde_json::{Value, json};

use self::proposal::{PIPELINE, Proposal, STACK};
use super::{program, run, system};

const GUARD: &str = "changegate-changeset-execute";

#[test]
fn root_is_nobody_and_its_approval_is_not_enough() {
    let proposal = Proposal::waiting();

    let message = proposal.approved_by_root().refusal();

    assert!(message.contains("no person approved"), "{message}");
    assert!(
        message.contains("root does not count as a person") && message.contains("--retry-mode ALL_ACTIONS"),
        "{message}"
    );
}

#[test]
fn a_stack_that_is_changed_after_its_review_is_planned_anew() {
    let mut proposal = Proposal::waiting();
    system().aws(&[
        "cloudformation",
        "update-stack",
        "--stack-name",
        STACK,
        "--use-previous-template",
        "--parameters",
        "ParameterKey=Environment,UsePreviousValue=true",
        "ParameterKey=TopicName,UsePreviousValue=true",
        "ParameterKey=Email,UsePreviousValue=true",
        "ParameterKey=BacklogThreshold,ParameterValue=77",
    ]);
    proposal.look_again();

    let message = proposal.approved().refusal();

    assert!(message.contains("the plan is out of date"), "{message}");
    let (_, fresh) = message.split_once("run ").unwrap();
    let (fresh, rest) = fresh.split_once(' ').unwrap();
    assert!(rest.starts_with("was started"), "{message}");
    assert!(
        rest.contains(&format!("/executions/{fresh}/timeline?region=eu-west-1")),
        "{message}"
    );
    let runs = system().aws(&["codepipeline", "list-pipeline-executions", "--pipeline-name", PIPELINE]);
    assert_eq!(
        runs["pipelineExecutionSummaries"][0]["pipelineExecutionId"], fresh,
        "one, and no other"
    );
}

#[test]
fn a_stack_policy_that_is_changed_after_the_review_is_noticed() {
    let proposal = Proposal::waiting();
    let policy = r#"{"Statement":[{"Effect":"Allow","Action":"Update:*","Principal":"*","Resource":"LogicalResourceId/OnCall"}]}"#;
    system().aws(&[
        "cloudformation",
        "set-stack-policy",
        "--stack-name",
        STACK,
        "--stack-policy-body",
        policy,
    ]);

    let message = proposal.approved().refusal();

    assert!(message.contains("the stack policy was changed since"), "{message}");
}

#[test]
fn a_change_set_that_is_swapped_for_another_of_its_name_is_not_executed() {
    let proposal = Proposal::waiting();
    let arn = proposal.variable("CreateChangeSet", "ChangeSetArn");
    let name = arn.split('/').nth(1).unwrap().to_owned();
    system().aws(&["cloudformation", "delete-change-set", "--change-set-name", &arn]);
    system().aws(&[
        "cloudformation",
        "create-change-set",
        "--stack-name",
        STACK,
        "--change-set-name",
        &name,
        "--use-previous-template",
        "--parameters",
        "ParameterKey=BacklogThreshold,ParameterValue=1",
        "ParameterKey=Environment,UsePreviousValue=true",
    ]);

    let message = proposal.approved().refusal();

    assert!(message.contains("the plan is out of date"), "{message}");
}

#[test]
fn an_artifact_that_is_replaced_between_review_and_execution_is_not_believed() {
    for (action, artifact, old, new) in [
        ("Template", "Template", "GreaterThanThreshold", "LessThanThreshold"),
        ("CreateChangeSet", "PlannedChange", "\"version\": 1", "\"version\":  1"),
    ] {
        let proposal = Proposal::waiting();
        proposal.tamper(action, artifact, old, new);

        let message = proposal.approved().refusal();

        assert!(
            message.contains("was changed after it was planned") && message.contains("CloudTrail"),
            "{artifact}: {message}"
        );
    }
}

#[test]
fn a_job_that_nobody_sent_is_refused_though_it_names_a_real_run() {
    let proposal = Proposal::waiting();
    let parameters = json!({
        "pipeline": PIPELINE,
        "execution": proposal.execution,
        "gate": proposal.gate(),
        "changeSet": proposal.variable("CreateChangeSet", "ChangeSetArn"),
        "digest": proposal.variable("DescribeChangeSet", "Digest"),
    });

    proposal.forge(GUARD, &parameters.to_string());

    proposal.stands_as_before();
}

#[test]
fn the_job_of_an_earlier_run_cannot_be_played_again() {
    let proposal = Proposal::waiting();
    let (execution, parameters) = Proposal::executed_before();

    proposal.forge(GUARD, &parameters);

    system().eventually("the refusal in the guard's log", || {
        Proposal::logged("changeset-execute", &["that have ended"]).then_some(())
    });
    assert_ne!(execution, proposal.execution);
    proposal.stands_as_before();
}

#[test]
fn a_stack_cannot_change_what_guards_it() {
    let evidence = system().output("EvidenceBucketName");
    let role = system().aws(&["lambda", "get-function-configuration", "--function-name", GUARD]);
    let role = role["Role"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let open = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]});
    let for_all = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": format!("arn:aws:s3:::{evidence}/*")},
    ]});
    let trust = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ]});
    let before = guards(&evidence, &role);
    for (denied, resource) in [
        (
            "s3:PutBucketPolicy",
            json!({"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": evidence, "PolicyDocument": for_all}}),
        ),
        (
            "iam:PutRolePolicy",
            json!({"Type": "AWS::IAM::Policy", "Properties": {
                "PolicyName": "more", "Roles": [role], "PolicyDocument": open,
            }}),
        ),
        (
            "lambda:AddPermission",
            json!({"Type": "AWS::Lambda::Permission", "Properties": {
                "FunctionName": GUARD, "Action": "lambda:InvokeFunction", "Principal": "*",
            }}),
        ),
        (
            "codepipeline:CreatePipeline",
            json!({"Type": "AWS::CodePipeline::Pipeline", "Properties": {
                "Name": "changegate-mine", "RoleArn": "arn:aws:iam::000000000000:role/mine", "Stages": [],
            }}),
        ),
        (
            "iam:CreateRole",
            json!({"Type": "AWS::IAM::Role", "Properties": {
                "RoleName": "unbounded", "AssumeRolePolicyDocument": trust,
            }}),
        ),
    ] {
        let proposal = Proposal::of(|template| {
            template["Resources"]["Attack"] = resource.clone();
        });
        let message = proposal.approved().failure();
        assert!(
            message.contains(denied) && message.contains("not authorized"),
            "{denied}: {message}"
        );
        assert!(
            message.contains("The rollback succeeded: the stack is as it was before"),
            "{denied}: {message}"
        );
        assert_eq!(guards(&evidence, &role), before, "{denied}");
    }
}

/// What the attacks on the guard aim at.
fn guards(evidence: &str, role: &str) -> Value {
    let system = system();
    let policy = system.aws(&["lambda", "get-function-configuration", "--function-name", GUARD]);
    json!([
        system.aws(&["s3api", "get-bucket-policy", "--bucket", evidence]),
        system.aws(&["iam", "list-role-policies", "--role-name", role]),
        policy["CodeSha256"],
    ])
}

#[test]
fn a_commit_cannot_lower_the_gate_that_it_passes() {
    let proposal = Proposal::waiting();
    let gate = proposal.gate();
    drop(proposal);

    let proposal = Proposal::with_catalogue(
        "    stack_name: \"{environment}-alarms\"\n    capabilities: [CAPABILITY_AUTO_EXPAND, CAPABILITY_NAMED_IAM]\n",
    );

    assert_eq!(
        proposal.gate(),
        gate,
        "the run carries the gate that was approved before"
    );
    proposal.stands_as_before();
}

#[test]
fn an_operator_cannot_walk_round_the_gate() {
    let proposal = Proposal::waiting();
    let arn = proposal.variable("CreateChangeSet", "ChangeSetArn");
    let source = system().output("SourceBucketName");
    let artifacts = system().output("ArtifactBucketName");
    let file = tempfile::NamedTempFile::new().unwrap();
    let file = file.path().to_str().unwrap();
    let stage = ["--pipeline-name", PIPELINE, "--stage-name", "Apply"];
    let override_condition = [
        &["codepipeline", "override-stage-condition"][..],
        &stage[..],
        &[
            "--pipeline-execution-id",
            &proposal.execution,
            "--condition-type",
            "BEFORE_ENTRY",
        ],
    ];
    let disable = [
        &["codepipeline", "disable-stage-transition"][..],
        &stage[..],
        &["--transition-type", "Inbound", "--reason", "mine"],
    ];
    for attempt in [
        override_condition.concat(),
        disable.concat(),
        vec!["codepipeline", "delete-pipeline", "--name", PIPELINE],
        vec!["cloudformation", "execute-change-set", "--change-set-name", &arn],
        vec!["cloudformation", "delete-change-set", "--change-set-name", &arn],
        vec!["cloudformation", "delete-stack", "--stack-name", STACK],
        vec![
            "cloudformation",
            "update-stack",
            "--stack-name",
            STACK,
            "--use-previous-template",
        ],
        vec!["lambda", "invoke", "--function-name", GUARD, "--payload", "e30=", file],
        vec!["s3api", "put-object", "--bucket", &source, "--key", "gates/mine.json"],
        vec!["s3api", "put-object", "--bucket", &artifacts, "--key", "mine"],
    ] {
        let answer = proposal.operator.attempt(&attempt);
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        assert!(
            !answer.status.success() && said.contains("AccessDenied"),
            "{attempt:?}: {said}"
        );
    }
    proposal.stands_as_before();
}

/// Runs a Python program against the environment, with arguments.
fn python(script: &str, arguments: &[&str]) -> String {
    run(system()
        .with_aws(&mut Command::new(program("python")))
        .args(["-c", script])
        .args(arguments))
}
