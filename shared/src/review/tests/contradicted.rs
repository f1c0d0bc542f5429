//! What CloudFormation tells is what is executed; the template only says where a value comes from.

use serde_json::{Value, json};

use super::of_templates;
use crate::domain::change_set::build::TemplateTexts;
use crate::domain::change_set::review::Review;
use crate::domain::risk::Level;
use crate::review;

/// A new policy of which CloudFormation tells `action`, and the template comes to something else.
fn review_of(action: &Value, template: &str) -> Review {
    let after = json!({ "Properties": { "PolicyDocument": { "Statement": [
        { "Effect": "Allow", "Action": action, "Resource": "*" }] } } })
    .to_string();
    let change = json!({ "Action": "Add", "LogicalResourceId": "P", "ResourceType": "AWS::IAM::ManagedPolicy",
        "AfterContext": after });
    let text = format!(
        "Parameters: {{Hidden: {{Type: String, NoEcho: true}}}}\nConditions:\n  Plain: !Equals [1, '2']\nResources:\n  P:\n    \
         Type: AWS::IAM::ManagedPolicy\n    Properties:\n      PolicyDocument:\n        Statement:\n          \
         - {{Effect: Allow, Action: {template}, Resource: '*'}}\n"
    );
    let texts = TemplateTexts {
        after: Some(text.clone()),
        submitted_after: Some(text),
        ..TemplateTexts::default()
    };
    of_templates::review_of(&change, texts)
}

#[test]
fn a_reference_does_not_stand_for_what_it_cannot_have_come_to() {
    // The other branch of a condition that CloudFormation decided otherwise, or a macro's own idea.
    for template in ["'s3:{{resolve:ssm:/names/action:1}}'", "!Sub 's3:${Hidden}'"] {
        let review = review_of(&json!("iam:*"), template);
        let text = review::text(&review);
        assert_eq!(review.risk.level, Some(Level::High), "{text}");
        assert!(
            text.contains("CloudFormation tells another value of PolicyDocument"),
            "{text}"
        );
    }
    let told = review::text(&review_of(&json!("iam:*"), "'s3:{{resolve:ssm:/names/action:1}}'"));
    assert!(
        told.contains("iam:*") && !told.contains("{{resolve:ssm"),
        "what is executed is shown: {told}"
    );
}

#[test]
fn a_reference_stands_for_what_it_came_to() {
    let text = review::text(&review_of(
        &json!("s3:GetObject"),
        "'s3:{{resolve:ssm:/names/action:1}}'",
    ));
    assert!(text.contains("s3:{{resolve:ssm:/names/action:1}}"), "{text}");
    let text = review::text(&review_of(&json!("s3:****"), "!Sub 's3:${Hidden}'"));
    assert!(!text.contains("tells another value"), "{text}");
}

#[test]
fn a_value_that_is_too_long_to_be_told_is_not_taken_from_a_branch_that_nobody_decided() {
    let signature = json!("(Truncated-Signature):abc");
    let decided = review::text(&review_of(&signature, "!If [Plain, 'iam:*', 's3:GetObject']"));
    assert!(
        decided.contains("s3:GetObject") && !decided.contains("Truncated"),
        "{decided}"
    );
    let open = review::text(&review_of(&signature, "!If [Elsewhere, 'iam:*', 's3:GetObject']"));
    assert!(open.contains("too long for CloudFormation to tell"), "{open}");
}
