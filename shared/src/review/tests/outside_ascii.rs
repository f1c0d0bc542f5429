//! CloudFormation gives characters outside ASCII back as `?`; a `?` that somebody wrote is something else.

use serde_json::json;

use super::of_templates;
use crate::domain::change_set::build::TemplateTexts;
use crate::domain::template::lossy;
use crate::review;

/// A stack whose policy and output name `bucket`; `other` is a text elsewhere in it.
fn template(bucket: &str, other: &str) -> String {
    json!({
        "Resources": {
            "P": { "Type": "AWS::IAM::ManagedPolicy", "Properties": { "Description": other, "PolicyDocument": {
                "Statement": [{ "Effect": "Allow", "Action": "s3:GetObject", "Resource": bucket }] } } } },
        "Outputs": { "Bucket": { "Value": bucket }, "Other": { "Value": other } },
    })
    .to_string()
}

/// The review of an update; CloudFormation says that `told` changes.
fn review_of(before: &str, after: &str, is_before_known: bool, told: &str) -> String {
    let change = json!({ "Action": "Modify", "LogicalResourceId": "P", "ResourceType": "AWS::IAM::ManagedPolicy",
        "Replacement": "False", "Scope": ["Properties"], "Details": [
        { "Target": { "Attribute": "Properties", "Name": told, "RequiresRecreation": "Never" },
          "Evaluation": "Static", "ChangeSource": "DirectModification" }] });
    let texts = TemplateTexts {
        before: Some(lossy(before)),
        after: Some(lossy(after)),
        submitted_before: is_before_known.then(|| before.to_owned()),
        submitted_after: Some(after.to_owned()),
        ..TemplateTexts::default()
    };
    review::text(&of_templates::review_of(&change, texts))
}

/// How often a text shows this change.
fn changes(text: &str, before: &str, after: &str) -> usize {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let (before, after) = (format!("- {before}"), format!("+ {after}"));
    lines
        .windows(2)
        .filter(|pair| pair[0] == before && pair[1] == after)
        .count()
}

#[test]
fn a_question_mark_that_somebody_wrote_is_told_from_one_that_cloudformation_made() {
    let (wild, named) = ("arn:aws:s3:::b/?", "arn:aws:s3:::b/é");
    for (before, after) in [(named, wild), (wild, named)] {
        // The same text stands elsewhere, unchanged: it must not lend its form to the other.
        for other in ["plain", named, wild] {
            let text = review_of(
                &template(before, other),
                &template(after, other),
                true,
                "PolicyDocument",
            );
            assert_eq!(changes(&text, before, after), 2, "policy and output: {text}");
            assert!(!text.contains("taken as unchanged"), "{text}");
        }
    }
}

#[test]
fn what_cloudformation_made_of_a_text_is_no_change() {
    let (before, after) = (
        template("arn:aws:s3:::b/é", "日本語"),
        template("arn:aws:s3:::c/é", "日本語"),
    );
    let text = review_of(&before, &after, true, "PolicyDocument");
    assert_eq!(changes(&text, "arn:aws:s3:::b/é", "arn:aws:s3:::c/é"), 2, "{text}");
    assert!(!text.contains("+ 日本語") && !text.contains("Other"), "{text}");
}

#[test]
fn where_nobody_knows_what_was_submitted_before_the_review_says_what_it_takes_as_unchanged() {
    let (before, after) = (template("b/?", "日本語"), template("b/é", "日本語"));
    let text = review_of(&before, &after, false, "PolicyDocument");
    assert_eq!(
        changes(&text, "b/?", "b/é"),
        1,
        "CloudFormation says that it changes: {text}"
    );
    assert!(
        text.contains("3 values that differ in nothing else are taken as unchanged"),
        "the description and two outputs: {text}"
    );
}

#[test]
fn a_question_mark_of_a_snippet_is_not_taken_for_a_character_of_the_template() {
    use crate::domain::template::{Restorer, Template};
    let submitted = |transform: Option<&str>| {
        let mut template = json!({ "Metadata": { "Note": "arn:aws:s3:::é*" }, "Resources": {} });
        match transform {
            Some("AWS::Include") => {
                template["Resources"] = json!({ "Fn::Transform": { "Name": "AWS::Include", "Parameters": {} } });
            }
            Some(transform) => template["Transform"] = json!([transform]),
            None => {}
        }
        Restorer::of(Template::parse(&template.to_string()).unwrap())
    };
    let restored = |transform, twin: Option<&str>| {
        let mut value = json!("arn:aws:s3:::?*");
        submitted(transform).restore(&mut value, twin.map(|twin| json!(twin)).as_ref());
        value
    };
    for foreign in ["AWS::Include", "OurMacro"] {
        assert_eq!(restored(Some(foreign), None), "arn:aws:s3:::?*", "{foreign}");
    }
    for own in [None, Some("AWS::Serverless-2016-10-31")] {
        assert_eq!(restored(own, None), "arn:aws:s3:::é*", "{own:?}");
        // An import stood there, and came to a text with a question mark.
        assert_eq!(restored(own, Some("${import Bucket}")), "arn:aws:s3:::?*", "{own:?}");
    }
}
