//! What keeps Changegate's own parts safe, in `template.yaml`.

use changegate::domain::document::Node;

use super::refuse;
use super::template::{Statement, Template, text, texts, visit};

/// The bucket, queue or topic that a policy of a resource denies plain HTTP for.
fn speaks_only_tls(template: &Template, policy_type: &str, holder: &str, name: &str) -> bool {
    template.resources(policy_type).any(|(_, policy)| {
        let applies = policy
            .pointer(&format!("/Properties/{holder}"))
            .map(texts)
            .unwrap_or_default();
        let denies = Statement::all(policy).iter().any(|statement| {
            !statement.allows()
                && statement.node.get("Principal").and_then(Node::as_text) == Some("*")
                && statement
                    .node
                    .pointer("/Condition/Bool/aws:SecureTransport")
                    .and_then(Node::as_text)
                    == Some("false")
        });
        applies.iter().any(|applied| applied == name) && denies
    })
}

#[test]
fn buckets_are_versioned_encrypted_private_tls_only_and_kept() {
    let (template, releases) = (Template::read(), Template::of_releases());
    let mut count = 0;
    let buckets = template.resources("AWS::S3::Bucket").map(|bucket| (&template, bucket));
    let released = releases.resources("AWS::S3::Bucket").map(|bucket| (&releases, bucket));
    for (template, (name, bucket)) in buckets.chain(released) {
        count += 1;
        assert_eq!(text(bucket, "/DeletionPolicy"), "Retain", "{name}");
        assert_eq!(text(bucket, "/UpdateReplacePolicy"), "Retain", "{name}");
        assert_eq!(
            text(bucket, "/Properties/VersioningConfiguration/Status"),
            "Enabled",
            "{name}"
        );
        assert!(bucket.pointer("/Properties/BucketEncryption").is_some(), "{name}");
        for key in [
            "BlockPublicAcls",
            "BlockPublicPolicy",
            "IgnorePublicAcls",
            "RestrictPublicBuckets",
        ] {
            assert_eq!(
                text(bucket, &format!("/Properties/PublicAccessBlockConfiguration/{key}")),
                "true",
                "{name}"
            );
        }
        assert!(
            speaks_only_tls(template, "AWS::S3::BucketPolicy", "Bucket", name),
            "{name}"
        );
        // There is one bucket of packages for all deployments, and policies name it before it exists.
        assert!(
            name == "ReleaseBucket" || bucket.pointer("/Properties/BucketName").is_none(),
            "{name}: two deployments would collide"
        );
    }
    assert_eq!(count, 4);
}

#[test]
fn packages_are_written_once_and_only_by_break_glass_and_publishers() {
    let releases = Template::of_releases();
    let statements = Statement::all(releases.resource("ReleaseBucketPolicy"));
    let find = |sid: &str| {
        let named = |statement: &&Statement| statement.node.get("Sid").and_then(Node::as_text) == Some(sid);
        let found = statements
            .iter()
            .find(named)
            .unwrap_or_else(|| panic!("no statement {sid}"));
        assert!(!found.allows(), "{sid}");
        assert_eq!(found.node.get("Principal").and_then(Node::as_text), Some("*"), "{sid}");
        found.node
    };
    let writers = find("OnlyPublishersWrite");
    assert_eq!(
        writers.get("NotAction").map(texts).unwrap_or_default(),
        ["s3:Get*", "s3:List*"]
    );
    let mut named = Vec::new();
    visit(
        writers
            .pointer("/Condition/ArnNotLike/aws:PrincipalArn")
            .expect("who may"),
        &mut |node| {
            named.extend(node.as_text().map(str::to_owned));
        },
    );
    let break_glass = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/changegate/*-break-glass";
    let publishers = format!("{break_glass},${{Publishers}}");
    assert!(
        named.iter().any(|text| text == break_glass) && named.contains(&publishers),
        "{named:?}"
    );
    assert!(
        named
            .iter()
            .all(|text| !text.starts_with("arn:") || [break_glass, publishers.as_str()].contains(&text.as_str())),
        "{named:?}"
    );
    assert_eq!(text(find("WrittenOnce"), "/Condition/Null/s3:if-none-match"), "true");
    assert!(find("NeverDeleted").get("Condition").is_none());
}

#[test]
fn the_bucket_of_packages_is_closed_before_it_exists() {
    let (template, releases) = (Template::read(), Template::of_releases());
    let name = text(releases.resource("ReleaseBucket"), "/Properties/BucketName");
    assert!(name.starts_with("changegate-releases-"), "{name}");
    for policy in ["DeployerBoundary", "Operators"] {
        let denied: Vec<String> = Statement::all(template.resource(policy))
            .iter()
            .filter(|statement| !statement.allows())
            .flat_map(Statement::resources)
            .collect();
        for bucket in ["changegate-releases-*", "aws-sam-cli-managed-*"] {
            assert!(
                denied
                    .iter()
                    .any(|resource| resource.ends_with(&format!(":s3:::{bucket}"))),
                "{policy} forgets {bucket}"
            );
        }
    }
    let mut floor = String::new();
    let variables = "/Globals/Function/Environment/Variables/CHANGEGATE_FLOOR";
    visit(
        template.document.root.pointer(variables).expect("a floor"),
        &mut |node| {
            floor.push_str(node.as_text().unwrap_or_default());
        },
    );
    assert!(
        floor.contains("\"changegate-releases\""),
        "a catalogue may name the stack of the bucket"
    );
}

#[test]
fn queues_and_the_topic_speak_only_tls() {
    let template = Template::read();
    for (name, queue) in template.resources("AWS::SQS::Queue") {
        assert!(
            speaks_only_tls(&template, "AWS::SQS::QueuePolicy", "Queues", name),
            "{name}"
        );
        assert_eq!(text(queue, "/Properties/SqsManagedSseEnabled"), "true", "{name}");
    }
    for (name, _) in template.resources("AWS::SNS::Topic") {
        assert!(
            speaks_only_tls(&template, "AWS::SNS::TopicPolicy", "Topics", name),
            "{name}"
        );
    }
}

#[test]
fn a_message_that_cannot_be_handled_is_kept_and_announced() {
    let template = Template::read();
    let redrive = template
        .resource("Queue")
        .pointer("/Properties/RedrivePolicy")
        .expect("a redrive policy");
    assert_eq!(text(redrive, "/deadLetterTargetArn"), "DeadLetterQueue.Arn");
    let alarm = template.resource("DeadLetterAlarm");
    assert_eq!(
        text(alarm, "/Properties/Dimensions/0/Value"),
        "DeadLetterQueue.QueueName"
    );
    for (name, alarm) in template.resources("AWS::CloudWatch::Alarm") {
        assert_eq!(text(alarm, "/Properties/AlarmActions/0"), "Topic", "{name}");
    }
}

#[test]
fn every_function_has_an_alarm_for_its_errors() {
    let template = Template::read();
    let watched: Vec<String> = template
        .resources("AWS::CloudWatch::Alarm")
        .filter(|(_, alarm)| text(alarm, "/Properties/Namespace") == "AWS/Lambda")
        .map(|(_, alarm)| text(alarm, "/Properties/Dimensions/0/Value"))
        .collect();
    for (logical_id, _) in template.resources("AWS::Serverless::Function") {
        assert!(watched.iter().any(|watched| watched == logical_id), "{logical_id}");
    }
}

/// The statements that deny an action on the objects of the evidence bucket below a prefix.
fn denied<'a>(statements: &'a [Statement<'a>], action: &str, prefix: &str) -> Vec<&'a Statement<'a>> {
    let resource = format!("${{EvidenceBucket.Arn}}/{prefix}/*");
    let is_denied = |statement: &&Statement| {
        !statement.allows()
            && statement.actions().iter().any(|denied| denied == action)
            && statement.resources().contains(&resource)
    };
    statements.iter().filter(is_denied).collect()
}

#[test]
fn evidence_is_written_once_and_by_whom_it_belongs_to() {
    let template = Template::read();
    let policy = template.resource("EvidenceBucketPolicy");
    let statements = Statement::all(policy);
    for prefix in ["reviews", "outcomes", "runs"] {
        let once = denied(&statements, "s3:PutObject", prefix).iter().any(|statement| {
            statement
                .node
                .pointer("/Condition/Null/s3:if-none-match")
                .and_then(Node::as_text)
                == Some("true")
        });
        assert!(once, "{prefix}/ may be overwritten");
        let stays = denied(&statements, "s3:DeleteObject", prefix)
            .iter()
            .any(|statement| statement.node.get("Condition").is_none());
        assert!(stays, "{prefix}/ may be deleted and written again");
    }
    for (prefix, writers) in [
        ("reviews", vec!["ChangesetDescribeRole.Arn"]),
        ("outcomes", vec!["OutcomeRecordRole.Arn"]),
        ("runs", vec!["ChangesetCreateRole.Arn", "ChangesetExecuteRole.Arn"]),
        ("executed", vec!["ChangesetExecuteRole.Arn"]),
    ] {
        let allowed: Vec<String> = denied(&statements, "s3:PutObject", prefix)
            .iter()
            .filter_map(|statement| statement.node.pointer("/Condition/ArnNotEquals/aws:PrincipalArn"))
            .flat_map(texts)
            .collect();
        assert_eq!(allowed, writers, "{prefix}/");
    }
}

#[test]
fn the_deployer_carries_the_boundary_and_stands_under_the_path() {
    let template = Template::read();
    let deployer = template.resource("StackDeployer");
    assert_eq!(text(deployer, "/Properties/PermissionsBoundary"), "DeployerBoundary");
    assert_eq!(text(deployer, "/Properties/Path"), "/changegate/deployers/");
    for (name, role) in template.resources("AWS::IAM::Role") {
        assert!(text(role, "/Properties/Path").starts_with("/changegate/"), "{name}");
        let is_named = role.pointer("/Properties/RoleName").map(|name| text(name, ""));
        assert!(
            is_named.is_none_or(|name| name.contains("${AWS::StackName}-${AWS::Region}")),
            "{name}"
        );
    }
}

#[test]
fn operators_are_denied_what_would_pass_the_gate() {
    let template = Template::read();
    let denied: Vec<String> = Statement::all(template.resource("Operators"))
        .iter()
        .filter(|statement| !statement.allows())
        .flat_map(Statement::actions)
        .collect();
    for action in [
        "cloudformation:Create*",
        "cloudformation:Execute*",
        "cloudformation:Set*",
        "codepipeline:DisableStageTransition",
        "codepipeline:EnableStageTransition",
        "codepipeline:GetJobDetails",
        "codepipeline:OverrideStageCondition",
        "codepipeline:PutJob*",
        "codepipeline:RollbackStage",
        "codepipeline:UpdatePipeline",
        "lambda:InvokeFunction",
        "s3:Put*",
    ] {
        assert!(denied.iter().any(|found| found == action), "{action}");
    }
}

#[test]
fn every_parameter_is_described_and_bounded() {
    let template = Template::read();
    let parameters = template.document.root.get("Parameters").expect("parameters");
    let mut problems = Vec::new();
    for (name, parameter) in parameters.entries() {
        let name = name.as_text().unwrap_or_default();
        if parameter.get("Description").is_none() {
            problems.push(format!("{name} has no description"));
        }
        let bounds = ["AllowedPattern", "AllowedValues", "MinValue", "MaxLength"];
        if !bounds.iter().any(|bound| parameter.get(bound).is_some()) {
            problems.push(format!("{name} takes any text"));
        }
        let is_secret = ["GitHubToken", "WebhookSecret"].contains(&name);
        if is_secret != (parameter.get("NoEcho").and_then(Node::as_text) == Some("true")) {
            problems.push(format!("{name}: NoEcho"));
        }
    }
    refuse("parameters", &problems);
}

#[test]
fn the_root_pipeline_is_entered_like_every_other() {
    let template = Template::read();
    let pipeline = template.resource("RootPipeline");
    let apply = pipeline.pointer("/Properties/Stages/2").expect("a third stage");
    assert_eq!(text(apply, "/Name"), "Apply");
    let condition = apply.pointer("/BeforeEntry/Conditions/0").expect("a condition");
    assert_eq!(text(condition, "/Result"), "SKIP");
    let rule = condition.pointer("/Rules/0/Configuration").expect("a rule");
    assert_eq!(text(rule, "/Variable"), "#{Plan.Outcome}");
    assert_eq!(text(rule, "/Operator"), "EQ");
    assert_eq!(text(rule, "/Value"), "changes");
    let mut polling = 0;
    let mut interpolated = Vec::new();
    visit(pipeline, &mut |node| {
        if let Some(polls) = node.get("PollForSourceChanges") {
            assert_eq!(polls.as_text(), Some("false"));
            polling += 1;
        }
        if let Some(parameters) = node.get("UserParameters").and_then(Node::as_text) {
            assert!(parameters.len() < 1_000);
            interpolated.extend(
                parameters
                    .split("#{")
                    .skip(1)
                    .filter_map(|rest| rest.split('}').next())
                    .map(str::to_owned),
            );
        }
    });
    assert_eq!(polling, 1);
    // CodePipeline does not escape what it puts in: only ids, ARNs and hexadecimal digits may stand here.
    let closed = ["codepipeline.PipelineExecutionId", "Plan.ChangeSetArn", "Review.Digest"];
    assert!(
        interpolated.iter().all(|name| closed.contains(&name.as_str())),
        "{interpolated:?}"
    );
    assert_eq!(interpolated.len(), 7);
}

#[test]
fn no_queue_of_anybody_else_may_have_its_undelivered_messages_put_into_ours() {
    let template = Template::read();
    let mut count = 0;
    for (name, queue) in template.resources("AWS::SQS::Queue") {
        count += 1;
        let permission = text(queue, "/Properties/RedriveAllowPolicy/redrivePermission");
        // A queue that is a dead-letter queue takes those of the one queue that names it.
        let is_target = template.resources("AWS::SQS::Queue").any(|(_, other)| {
            let target = other.pointer("/Properties/RedrivePolicy/deadLetterTargetArn");
            target
                .and_then(Node::as_text)
                .is_some_and(|target| target.starts_with(&format!("{name}.")))
        });
        let expected = if is_target { "byQueue" } else { "denyAll" };
        assert_eq!(permission, expected, "{name}");
    }
    assert!(count > 2, "only {count} queues");
}
