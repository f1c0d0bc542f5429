//! What services say, and where people become the break-glass role.

use super::super::account::{ACCOUNT, Account, REGION, request};
use super::super::iam::{Policy, Principal, decide};

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
