//! What services say, and where people become the break-glass role.

use super::super::account::{ACCOUNT, Account, REGION, request};
use super::super::iam::{Kind, Policy, Principal, decide};
use super::{Context, attempt, refuse_unless_answered};

/// What a service is answered that publishes to the topic.
fn publishes(service: &str, context: &[(&str, &str)]) -> String {
    let account = Account::new();
    let topic = account.filled("{Topic}");
    let request = request(Principal::Service(service.to_owned()), "sns:Publish", &topic, context);
    decide(&request, &[account.policy_of("TopicPolicy")]).to_string()
}

#[test]
fn nobody_elses_rule_or_alarm_speaks_in_changegates_name() {
    let rule = |account: &str, name: &str| format!("arn:aws:events:{REGION}:{account}:rule/{name}");
    for (account, name, answer) in [
        (ACCOUNT, "changegate-break-glass", "allowed by Rules of TopicPolicy"),
        (ACCOUNT, "mine", "allowed by nothing"),
        ("111111111111", "changegate-break-glass", "allowed by nothing"),
    ] {
        let context = [("aws:SourceAccount", account), ("aws:SourceArn", &rule(account, name))];
        assert_eq!(publishes("events.amazonaws.com", &context), answer, "{account} {name}");
    }
    // A service that does not say for whom it speaks is not believed.
    assert_eq!(publishes("events.amazonaws.com", &[]), "allowed by nothing");
    assert_eq!(publishes("cloudwatch.amazonaws.com", &[]), "allowed by nothing");
    let alarm = format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:changegate-changegate-break-glass");
    let context = [("aws:SourceAccount", ACCOUNT), ("aws:SourceArn", alarm.as_str())];
    assert_eq!(
        publishes("cloudwatch.amazonaws.com", &context),
        "allowed by Alarms of TopicPolicy"
    );
}

#[test]
fn rules_hear_only_their_own_account() {
    let account = Account::new();
    let rendered = account.rendered();
    let mut patterns = vec![(
        "BreakGlassRule".to_owned(),
        rendered.property("BreakGlassRule", "/EventPattern"),
    )];
    for event in ["PipelineEnded", "StackEnded"] {
        let pattern = rendered.property("OutcomeRecordFunction", &format!("/Events/{event}/Properties/Pattern"));
        patterns.push((event.to_owned(), pattern));
    }
    assert_eq!(patterns.len(), 2 + rendered.resources("AWS::Events::Rule").len());
    for (name, pattern) in patterns {
        assert_eq!(pattern["account"], serde_json::json!([ACCOUNT]), "{name}");
    }
}

#[test]
fn break_glass_is_assumed_where_it_is_heard() {
    let account = Account::new();
    let trusted = Principal::Identity(format!("arn:aws:iam::{ACCOUNT}:user/trusted"));
    let trust: [Policy; 1] = [account.trust_of("BreakGlass")];
    let role = account.filled("{BreakGlass}");
    for (region, mfa, is_allowed) in [
        (REGION, "true", true),
        ("us-east-1", "true", false),
        ("us-west-2", "true", false),
        (REGION, "false", false),
    ] {
        let context = [("aws:RequestedRegion", region), ("aws:MultiFactorAuthPresent", mfa)];
        let request = request(trusted.clone(), "sts:AssumeRole", &role, &context);
        assert_eq!(
            decide(&request, &trust).in_words() == "yes",
            is_allowed,
            "{region}, MFA {mfa}"
        );
    }
}

// https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
#[test]
fn what_lambda_itself_asks_for_a_function_is_not_refused() {
    const BY_LAMBDA: Context = &[("lambda:SourceFunctionArn", "")];
    let account = Account::new();
    let functions = account.rendered().resources("AWS::Serverless::Function");
    let mut count = 0;
    for function in &functions {
        let role = function.replace("Function", "Role");
        let ask = |action: &str, resource: &str| {
            let policies = account.policies(&role, false);
            account
                .ask_with(&role, action, resource, BY_LAMBDA, &policies)
                .to_string()
        };
        // The key of the environment has a grant for the role, which a deny would overrule.
        let key = account.resource("kms:Decrypt", "key/of-lambda");
        assert_eq!(ask("kms:Decrypt", &key), "allowed by nothing", "{role}");
        let failed = account
            .rendered()
            .property(function, "/EventInvokeConfig/DestinationConfig/OnFailure");
        let Some(destination) = failed["Destination"].as_str() else {
            continue;
        };
        let action = match failed["Type"].as_str() {
            Some("Lambda") => "lambda:InvokeFunction",
            Some("SQS") => "sqs:SendMessage",
            other => panic!("a destination of the type {other:?}"),
        };
        let answer = ask(action, destination);
        assert!(answer.starts_with("allowed by"), "{action} by {role}: {answer}");
        assert_ne!(answer, "allowed by nothing", "{action} by {role}");
        count += 1;
    }
    assert!(functions.len() >= 7 && count >= 5, "only {count} destinations");
    for action in ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"] {
        let answer = "allowed by TakePushes of SourceSyncRole";
        let polled = attempt("SourceSyncRole", action, "S-pushes.fifo", answer).with(BY_LAMBDA);
        refuse_unless_answered(&[polled]);
    }
}

#[test]
fn the_function_of_a_macro_is_called_for_a_plan_only_where_the_deployment_names_it() {
    const MACRO: &str = "arn:aws:lambda:eu-west-1:000000000000:function:expand";
    const OTHER: &str = "arn:aws:lambda:eu-west-1:000000000000:function:other";
    const TRANSFORM: &str = "arn:aws:cloudformation:eu-west-1:000000000000:transform/Expand";
    let account = Account::new();
    let answers = |parameters: &[(&str, &str)]| {
        let policies = [Policy {
            kind: Kind::Identity,
            name: "ChangesetCreateRole".to_owned(),
            document: account
                .rendered_with(parameters)
                .property("ChangesetCreateRole", "/Policies/0/PolicyDocument"),
        }];
        [
            ("lambda:InvokeFunction", MACRO),
            ("lambda:InvokeFunction", OTHER),
            ("cloudformation:CreateChangeSet", TRANSFORM),
        ]
        .map(|(action, resource)| {
            account
                .ask_with("ChangesetCreateRole", action, resource, &[], &policies)
                .in_words()
        })
    };
    assert_eq!(answers(&[]), ["no", "no", "no"]);
    assert_eq!(answers(&[("MacroFunctionArns", MACRO)]), ["yes", "no", "yes"]);
}
