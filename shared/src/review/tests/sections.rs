//! Every section of a template is shown when it changes.

use serde_json::{Value, json};

use super::of_templates;
use crate::domain::change_set::build::TemplateTexts;
use crate::domain::change_set::review::Review;
use crate::domain::risk::Level;
use crate::domain::template_check::SECTIONS;
use crate::review;

fn review_of(before: Option<&Value>, after: &Value) -> Review {
    let change = json!({ "Action": "Modify", "LogicalResourceId": "T", "ResourceType": "AWS::ECS::TaskDefinition",
        "Replacement": "False", "Scope": ["Properties"] });
    let texts = TemplateTexts {
        before: before.map(Value::to_string),
        after: Some(after.to_string()),
        submitted_before: before.map(Value::to_string),
        submitted_after: Some(after.to_string()),
        ..TemplateTexts::default()
    };
    of_templates::review_of(&change, texts)
}

/// A template with a value in a section; the resource's description is another part of it.
fn template(section: &str, value: &str) -> Value {
    let inner = match section {
        "Conditions" => json!({ "It": { "Fn::Equals": [{ "Ref": "AWS::StackName" }, value] } }),
        "Description" => json!(value),
        "Mappings" => json!({ "Map": { "key": { "It": value } } }),
        "Outputs" => json!({ "It": { "Value": value } }),
        "Parameters" => json!({ "It": { "Type": "String", "Default": value } }),
        "Rules" => json!({ "It": { "Assertions": [{ "AssertDescription": value }] } }),
        "Hooks" => json!({ "It": { "Properties": { "ServiceRole": value } } }),
        _ => json!({ "It": value }),
    };
    let mut template = json!({ "Resources": { "T": { "Type": "AWS::ECS::TaskDefinition" } } });
    template[section] = inner;
    template
}

#[test]
fn whatever_changes_in_any_section_of_a_template_is_shown() {
    // Resources have a part of their own, and the version of the format has one value.
    let shown_elsewhere = ["AWSTemplateFormatVersion", "Resources"];
    let sections = SECTIONS.iter().chain(&["Transform", "WhatAwsAddsTomorrow"]);
    for section in sections.filter(|section| !shown_elsewhere.contains(section)) {
        let review = review_of(
            Some(&template(section, "value-before")),
            &template(section, "value-after"),
        );
        let text = review::text(&review);
        assert!(
            text.contains("value-before") && text.contains("value-after"),
            "{section}: {text}"
        );
    }
}

#[test]
fn the_hooks_of_a_template_are_shown_and_a_risk_for_a_new_stack_too() {
    let hooks = template("Hooks", "deploys-everything");
    for before in [None, Some(template("Description", "old"))] {
        let review = review_of(before.as_ref(), &hooks);
        let text = review::text(&review);
        assert!(text.contains("deploys-everything"), "{text}");
        assert!(review.risk.level >= Some(Level::Medium), "{text}");
        assert!(text.contains("calls the functions of the template's hooks"), "{text}");
    }
    let gone = review_of(Some(&hooks), &template("Description", "new"));
    assert!(
        !review::text(&gone).contains("calls the functions"),
        "what goes calls nothing"
    );
}

#[test]
fn a_parameter_that_is_hidden_no_longer_is_told() {
    let parameter = |no_echo: Option<&str>| {
        let mut template = template("Parameters", "x");
        if let Some(no_echo) = no_echo {
            template["Parameters"]["It"]["NoEcho"] = json!(no_echo);
        }
        template
    };
    for (before, after, is_told) in [
        (Some("true"), None, true),
        (Some("yes"), Some("no"), true),
        (Some("true"), Some("on"), false),
        (None, Some("true"), false),
    ] {
        let review = review_of(Some(&parameter(before)), &parameter(after));
        let text = review::text(&review);
        let told = "no longer hides the parameter's value";
        assert_eq!(text.contains(told), is_told, "{before:?} {after:?}: {text}");
    }
}
