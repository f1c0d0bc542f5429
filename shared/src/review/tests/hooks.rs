//! Hooks that the execution invokes are shown with all that CloudFormation tells of them.

use serde_json::{Value, json};

use crate::domain::change_set::build::Inputs;
use crate::domain::change_set::review::Review;
use crate::domain::change_set::saved;
use crate::review;

fn change_set(id: &str, counts: [Option<i32>; 2]) -> Value {
    let change = |name: &str, count: Option<i32>| {
        json!({ "Type": "Resource", "HookInvocationCount": count, "ResourceChange": {
            "Action": "Add", "LogicalResourceId": name, "ResourceType": "AWS::S3::Bucket" } })
    };
    json!({ "ChangeSetId": id, "StackName": "files",
            "Changes": [change("Files", counts[0]), change("Other", counts[1])] })
}

fn hook(kind: &str, mode: &str, target: &str) -> Value {
    json!({ "InvocationPoint": "PRE_PROVISION", "FailureMode": mode, "TypeName": kind,
            "TypeVersionId": "00000003", "TypeConfigurationVersionId": "7",
            "TargetDetails": { "TargetType": "RESOURCE", "ResourceTargetDetails": {
                "LogicalResourceId": target, "ResourceType": "AWS::S3::Bucket", "ResourceAction": "Add" } } })
}

fn hooks(of: &str, status: &str, hooks: &[Value]) -> Value {
    json!({ "ChangeSetId": of, "ChangeSetName": "next", "StackName": "files", "Status": status, "Hooks": hooks })
}

fn review_of(files: &[Value]) -> Review {
    let texts: Vec<_> = files.iter().map(Value::to_string).collect();
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let (tree, warnings) = saved::tree_of(&texts).unwrap();
    Review::of(&Inputs {
        title: "files",
        stack_name: "files",
        tree: Some(&tree),
        warnings,
        ..Inputs::default()
    })
}

#[test]
fn each_hook_is_named_with_what_its_failure_does_in_every_rendering() {
    let told = hooks(
        "arn:set",
        "PLANNED",
        &[
            hook("Acme::Guard::Buckets", "FAIL", "Files"),
            hook("Acme::Watch::Buckets", "WARN", "Files"),
        ],
    );
    let review = review_of(&[change_set("arn:set", [Some(2), None]), told]);
    assert!(review.warnings.is_empty(), "{:?}", review.warnings);
    for rendered in [
        review::text(&review),
        review::markdown(&review),
        review::html(&review),
        review::json(&review),
    ] {
        for part in [
            "Acme::Guard::Buckets",
            "FAIL",
            "Acme::Watch::Buckets",
            "WARN",
            "PRE_PROVISION",
            "00000003",
            "may refuse it",
            "a warning only",
        ] {
            assert!(rendered.contains(part), "{part} in\n{rendered}");
        }
    }
    let files = review
        .resources
        .iter()
        .find(|resource| resource.logical_id == "Files")
        .unwrap();
    assert_eq!(files.invoked_hooks.len(), 2);
    assert_eq!(files.invoked_hooks[0].configuration.as_ref().unwrap(), &"7");
    let other = review
        .resources
        .iter()
        .find(|resource| resource.logical_id == "Other")
        .unwrap();
    assert!(other.invoked_hooks.is_empty());
}

#[test]
fn pages_of_hooks_are_put_together_in_any_order() {
    let mut first = hooks("arn:set", "PLANNED", &[hook("Acme::Guard::One", "FAIL", "Files")]);
    first["NextToken"] = json!("more");
    let last = hooks("arn:set", "PLANNED", &[hook("Acme::Guard::Two", "FAIL", "Files")]);
    let set = change_set("arn:set", [Some(2), None]);
    for files in [[first.clone(), set.clone(), last.clone()], [last, first, set]] {
        let review = review_of(&files);
        assert!(review.warnings.is_empty(), "{:?}", review.warnings);
        assert_eq!(
            review
                .resources
                .iter()
                .map(|one| one.invoked_hooks.len())
                .sum::<usize>(),
            2
        );
    }
}

#[test]
fn hooks_that_nobody_names_are_said_to_be_unknown() {
    let set = change_set("arn:set", [Some(2), Some(1)]);
    let warned = |files: &[Value], words: &str| {
        let review = review_of(files);
        let text = review::text(&review);
        assert!(
            review.warnings.iter().any(|warning| warning.holds(words)),
            "{:?}",
            review.warnings
        );
        assert!(text.contains(words), "{text}");
    };
    warned(
        std::slice::from_ref(&set),
        "describe-change-set-hooks --change-set-name arn:set",
    );
    warned(&[set.clone(), hooks("arn:set", "UNAVAILABLE", &[])], "UNAVAILABLE");
    warned(
        &[
            set.clone(),
            hooks("arn:set", "PLANNED", &[hook("Acme::Guard::One", "FAIL", "Files")]),
        ],
        "2 hooks are invoked for Files, and CloudFormation names 1 of them",
    );
    warned(
        &[
            set.clone(),
            hooks("arn:set", "PLANNED", &[hook("Acme::Guard::One", "FAIL", "Elsewhere")]),
        ],
        "Acme::Guard::One (FAIL) is invoked for Elsewhere, which is not among the changes",
    );
    warned(
        &[set, hooks("arn:other", "PLANNED", &[])],
        "the hooks of arn:other belong to no change set",
    );
}
