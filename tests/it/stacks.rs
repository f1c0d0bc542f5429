//! Stacks in every state that can be made here, and templates of every kind, planned by the deployed functions.

mod killed;

use std::fmt::Write as _;

use serde_json::json;

use crate::site::{Site, told};

/// What a run of a stack comes to.
enum End {
    /// The plan ends well with this outcome, and a summary with this text.
    Planned(&'static str, &'static str),
    /// The plan fails with these words.
    Fails(&'static [&'static str]),
}

use End::{Fails, Planned};

/// What is done to a stack before it comes under the gate.
#[derive(Clone, Copy)]
enum Step {
    /// `create-stack` with this template; it fails for a template that cannot be made.
    Create(&'static str),
    /// The same, without a rollback.
    CreateAndKeep(&'static str),
    Update(&'static str),
    Delete,
    /// A first change set that nobody executed.
    Propose(&'static str),
}

use Step::{Create, CreateAndKeep, Delete, Propose, Update};

const QUEUE: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#;
const TOPIC: &str = r#"{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}"#;
/// A stack that comes to nothing: there is no such role.
const BROKEN: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}, "Policy": {"Type": "AWS::IAM::Policy",
    "DependsOn": "Queue", "Properties": {"PolicyName": "more", "Roles": ["of-no-such-name"],
    "PolicyDocument": {"Version": "2012-10-17", "Statement": []}}}}}"#;
const YAML: &str = "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n";
const ROLE: &str = r#"{"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "of-a-stack",
    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}}}}}"#;

struct Case {
    stack: &'static str,
    before: &'static [Step],
    /// Status of the stack when its pipeline is made; nothing when there is no stack.
    status: Option<&'static str>,
    /// Files of the stack besides `template.json`.
    files: &'static [(&'static str, &'static str)],
    end: End,
}

/// A stack whose template is a queue, or what `files` say.
const fn case(stack: &'static str, before: &'static [Step], status: Option<&'static str>, end: End) -> Case {
    Case {
        stack,
        before,
        status,
        files: &[("template.json", QUEUE)],
        end,
    }
}

const fn written(stack: &'static str, files: &'static [(&'static str, &'static str)], end: End) -> Case {
    Case {
        stack,
        before: &[],
        status: None,
        files,
        end,
    }
}

/// States of stacks, most of which get a queue.
fn states() -> Vec<Case> {
    vec![
        case("absent", &[], None, Planned("changes", "would create stack `absent`")),
        case(
            "proposed",
            &[Propose(TOPIC)],
            Some("REVIEW_IN_PROGRESS"),
            Planned("changes", "would create stack `proposed`"),
        ),
        case(
            "same",
            &[Create(QUEUE)],
            Some("CREATE_COMPLETE"),
            Planned("no-changes", "stack `same` is already as commit"),
        ),
        case(
            "created",
            &[Create(TOPIC)],
            Some("CREATE_COMPLETE"),
            Planned("changes", "would update stack `created`"),
        ),
        case(
            "updated",
            &[Create(QUEUE), Update(TOPIC)],
            Some("UPDATE_COMPLETE"),
            Planned("changes", "would update stack `updated`"),
        ),
        case(
            "sent-back",
            &[Create(TOPIC), Update(BROKEN)],
            Some("UPDATE_ROLLBACK_COMPLETE"),
            Planned("changes", "would update stack `sent-back`"),
        ),
        case(
            "deleted",
            &[Create(TOPIC), Delete],
            None,
            Planned("changes", "would create stack `deleted`"),
        ),
        case(
            "rolled-back",
            &[Create(BROKEN)],
            Some("ROLLBACK_COMPLETE"),
            Fails(&[
                "stack `rolled-back` is ROLLBACK_COMPLETE: its creation failed and was rolled back",
                "`aws cloudformation delete-stack --stack-name rolled-back`",
            ]),
        ),
        case(
            "half-made",
            &[CreateAndKeep(BROKEN)],
            Some("CREATE_FAILED"),
            Fails(&[
                "stack `half-made` is CREATE_FAILED",
                "`aws cloudformation delete-stack --stack-name half-made`",
            ]),
        ),
    ]
}

/// Kinds of templates, most of them of stacks that do not exist.
fn templates() -> Vec<Case> {
    let comment = Case {
        before: &[Create(YAML)],
        status: Some("CREATE_COMPLETE"),
        ..written(
            "commented",
            &[(
                "template.yaml",
                "# Ours.\nResources:\n  Queue:\n    Type: AWS::SQS::Queue # standard\n",
            )],
            Planned("no-changes", "stack `commented` is already as commit"),
        )
    };
    let outputs = Case {
        before: &[Create(QUEUE)],
        status: Some("CREATE_COMPLETE"),
        ..written(
            "outputs",
            &[(
                "template.json",
                r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"Name": {"Value": "queue"}}}"#,
            )],
            Planned("changes", "no resource changes"),
        )
    };
    vec![
        comment,
        outputs,
        written(
            "importing",
            &[(
                "template.json",
                r#"{"Resources": {"Topic": {"Type": "AWS::SNS::Topic",
                    "Properties": {"DisplayName": {"Fn::ImportValue": "of-nobody"}}}}}"#,
            )],
            Planned(
                "blocked",
                "imports `of-nobody`, which no stack of this region exports yet",
            ),
        ),
        written(
            "conditioned-out",
            &[(
                "template.json",
                r#"{"Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
                    "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Condition": "Never"}}}"#,
            )],
            Fails(&["there is nothing to create stack `conditioned-out` from"]),
        ),
        written(
            "roles",
            &[("template.json", ROLE)],
            Fails(&["CAPABILITY_NAMED_IAM", "Role", "changegate.yaml"]),
        ),
        written(
            "nonsense",
            &[(
                "template.json",
                r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue",
                    "Properties": {"QueueName": {"Fn::FindInMap": ["Nowhere", "a", "b"]}}}}}"#,
            )],
            Fails(&[
                "CloudFormation refused the template or the configuration of stack `nonsense`",
                "Correct it in a new commit",
            ]),
        ),
        written(
            "nesting",
            &[
                (
                    "template.json",
                    r#"{"Resources": {"Child": {"Type": "AWS::CloudFormation::Stack",
                        "Properties": {"TemplateURL": "child.json"}}}}"#,
                ),
                ("child.json", QUEUE),
            ],
            Planned("changes", "would create stack `nesting`"),
        ),
        written(
            "including",
            &[
                (
                    "template.json",
                    r#"{"Resources": {"Fn::Transform": {"Name": "AWS::Include",
                        "Parameters": {"Location": "snippet.json"}}}}"#,
                ),
                ("snippet.json", r#"{"Queue": {"Type": "AWS::SQS::Queue"}}"#),
            ],
            Planned("changes", "would create stack `including`"),
        ),
    ]
}

#[test]
fn stacks_in_every_state_are_planned_or_explained_and_a_killed_function_executes_once() {
    told(async {
        let mut site = Site::start_empty().await;
        let cases: Vec<Case> = states().into_iter().chain(templates()).collect();
        let mut catalogue = "version: 1\nstacks:\n".to_owned();
        for case in &cases {
            let capability = if matches!(case.stack, "including") {
                "[CAPABILITY_AUTO_EXPAND]"
            } else {
                "[]"
            };
            writeln!(catalogue, "  {}: {{ capabilities: {capability} }}", case.stack).unwrap();
            for (file, text) in case.files {
                site.write(&format!("stacks/{}/{file}", case.stack), text);
            }
            for step in case.before {
                take(&site, case.stack, *step).await;
            }
            let stack = site.stack(case.stack).await;
            let status = stack.as_ref().and_then(|stack| stack["StackStatus"].as_str());
            assert_eq!(status, case.status, "{}", case.stack);
        }
        writeln!(catalogue, "  large: {{}}\n  {}: {{}}", killed::STACK).unwrap();
        site.write("stacks/slow/template.json", killed::TEMPLATE);
        site.write("stacks/large/template.json", &large());
        site.write("changegate.yaml", &catalogue);
        site.push("Everything").await;
        site.provision(true).await;
        for case in &cases {
            ended(&site, case.stack, &case.end).await;
        }
        site.approve("changegate-outputs", None).await;
        let stack = site.stack("outputs").await.unwrap();
        assert_eq!(stack["Outputs"][0]["OutputValue"], "queue", "{stack}");
        killed::a_function_that_is_killed_while_it_executes_is_delivered_again_and_executes_once(&site).await;
        ended(&site, "large", &Planned("changes", "would create stack `large`")).await;
    });
}

/// A template that is too large to travel in a request.
fn large() -> String {
    let words = "ä".repeat(30_000);
    json!({"Metadata": {"Words": words}, "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}).to_string()
}

async fn take(site: &Site, stack: &str, step: Step) {
    let named = ["--stack-name", stack];
    let (call, arguments): (&str, Vec<&str>) = match step {
        Create(template) => ("create-stack", vec!["--template-body", template]),
        CreateAndKeep(template) => (
            "create-stack",
            vec!["--on-failure", "DO_NOTHING", "--template-body", template],
        ),
        Update(template) => ("update-stack", vec!["--template-body", template]),
        Delete => ("delete-stack", Vec::new()),
        Propose(template) => (
            "create-change-set",
            vec![
                "--change-set-name",
                "mine",
                "--change-set-type",
                "CREATE",
                "--template-body",
                template,
            ],
        ),
    };
    let able: &[&str] = match step {
        Delete => &[],
        _ => &["--capabilities", "CAPABILITY_IAM"],
    };
    site.cli(&[&["cloudformation", call], &named[..], &arguments, able].concat())
        .await;
    for _ in 0..300 {
        let stack = site.stack(stack).await;
        let status = stack
            .as_ref()
            .map_or("", |stack| stack["StackStatus"].as_str().unwrap());
        if status == "REVIEW_IN_PROGRESS" || !status.ends_with("_IN_PROGRESS") {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{stack} does not come to rest");
}

/// Waits for the end of the plan of a stack's first run, and compares.
async fn ended(site: &Site, stack: &str, end: &End) {
    let pipeline = format!("changegate-{stack}");
    let run = site.run(&pipeline, 0).await;
    let plan = loop {
        let actions = site.world.runs.actions(&pipeline, &run).await.unwrap();
        let plan = actions
            .into_iter()
            .find(|each| each.action_name() == Some("CreateChangeSet"));
        match plan {
            Some(plan) if plan.status().is_some_and(|status| status.as_str() != "InProgress") => break plan,
            _ => tokio::time::sleep(std::time::Duration::from_millis(200)).await,
        }
    };
    let output = plan.output().unwrap();
    let variable = |name: &str| {
        output
            .output_variables()
            .and_then(|held| held.get(name))
            .map(String::as_str)
    };
    let result = output.execution_result();
    let message = result
        .and_then(|result| result.error_details()?.message())
        .unwrap_or_default();
    match end {
        Planned(outcome, words) => {
            assert_eq!(variable("Outcome"), Some(*outcome), "{stack}: {message}");
            let summary = variable("Summary").unwrap();
            assert!(summary.contains(words), "{stack}: {summary}");
        }
        Fails(words) => {
            assert_eq!(
                plan.status().unwrap().as_str(),
                "Failed",
                "{stack}: {:?}",
                variable("Summary")
            );
            for words in *words {
                assert!(message.contains(words), "{stack}: {message}");
            }
        }
    }
}
