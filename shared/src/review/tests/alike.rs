//! What has a finding comes first and stays whole; what changes alike is told as one.

use serde_json::{Value, json};

use super::golden::run;
use crate::domain::change_set::build::Inputs;
use crate::domain::change_set::review::Review;
use crate::domain::change_set::saved;
use crate::review::{self, MARKDOWN_CHARACTERS, TEXT_BYTES};

fn modified(name: &str, resource_type: &str, before: &Value, after: &Value) -> Value {
    let side = |value: &Value| json!({ "Properties": value }).to_string();
    json!({ "Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": name, "ResourceType": resource_type, "Replacement": "False",
        "BeforeContext": side(before), "AfterContext": side(after) } })
}

/// So many topics whose tag changes alike, a queue that changes otherwise, and so many tables that are no longer
/// protected, each with a long value.
fn review(alike: usize, tables: usize, length: usize) -> Review {
    let tag = |value: &str| json!({ "Tags": [{ "Key": "team", "Value": value }] });
    let mut changes: Vec<_> = (0..alike)
        .map(|at| {
            modified(
                &format!("Topic{at}."),
                "AWS::SNS::Topic",
                &tag("delivery"),
                &tag("logistics"),
            )
        })
        .collect();
    changes.push(modified(
        "Queue.",
        "AWS::SQS::Queue",
        &json!({ "DelaySeconds": 1 }),
        &json!({ "DelaySeconds": 5 }),
    ));
    changes.extend((0..tables).map(|at| {
        let side = |word: &str, is_protected: bool| {
            json!({ "DeletionProtectionEnabled": is_protected, "TableName": "t", "Note": format!("{word}{at}. {}", "x ".repeat(length)) })
        };
        modified(&format!("Table{at}."), "AWS::DynamoDB::Table", &side("old", true), &side("new", false))
    }));
    let set = json!({ "ChangeSetId": "arn", "StackName": "s", "Changes": changes }).to_string();
    let (tree, _) = saved::tree_of(&[&set]).unwrap();
    Review::of(&Inputs {
        title: "s",
        stack_name: "s",
        tree: Some(&tree),
        run: Some(run()),
        ..Inputs::default()
    })
}

#[test]
fn what_changes_alike_is_one_line_with_every_name() {
    let review = review(380, 3, 1);
    for rendered in [review::text(&review), review::markdown(&review), review::html(&review)] {
        assert_eq!(rendered.matches("change alike").count(), 1, "{rendered}");
        assert!((0..380).all(|at| rendered.contains(&format!("Topic{at}."))));
        let places = ["Table0.", "Table2.", "Topic0."].map(|name| {
            let changes = rendered.to_lowercase().find("what changes").unwrap();
            changes + rendered[changes..].find(name).unwrap()
        });
        assert!(places.is_sorted(), "what has a finding comes first: {places:?}");
    }
    for rendered in [review::text(&review), review::markdown(&review)] {
        assert_eq!(rendered.matches("- delivery").count(), 1, "{rendered}");
    }
    let page = review::html(&review);
    assert!(
        page.contains("<span class=\"name\">380 resources</span> change alike"),
        "{page}"
    );
    assert_eq!(page.matches("<details class=\"resource").count(), 384);
    let table = page.find("Table0.</span>").unwrap();
    assert!(page[..table].rfind(" open>") > page[..table].rfind("<details class=\"alike"));
}

#[test]
fn other_values_other_properties_and_few_resources_are_told_one_by_one() {
    let few = review(3, 0, 1);
    let other = {
        let changes: Vec<_> = (0..8)
            .map(|at| {
                let after = json!({ "DisplayName": format!("to {at}") });
                modified(
                    &format!("Topic{at}."),
                    "AWS::SNS::Topic",
                    &json!({ "DisplayName": "from" }),
                    &after,
                )
            })
            .collect();
        let set = json!({ "ChangeSetId": "arn", "StackName": "s", "Changes": changes }).to_string();
        let (tree, _) = saved::tree_of(&[&set]).unwrap();
        Review::of(&Inputs {
            tree: Some(&tree),
            ..Inputs::default()
        })
    };
    for review in [few, other] {
        for rendered in [review::text(&review), review::markdown(&review), review::html(&review)] {
            assert!(!rendered.contains("change alike"), "{rendered}");
        }
    }
}

#[test]
fn what_has_a_finding_keeps_its_differences_when_the_rest_is_left_out() {
    // The ordinary ones alone are too long for a comment and for a mail.
    let changes: Vec<_> = (0..3_000)
        .map(|at| {
            let side = |word: &str| json!({ "DisplayName": format!("{word}{at} {}", "words ".repeat(20)) });
            modified(&format!("Calm{at}."), "AWS::SNS::Topic", &side("from"), &side("to"))
        })
        .chain((0..3).map(|at| {
            let side = |is_protected: bool| {
                json!({ "DeletionProtectionEnabled": is_protected, "Note": format!("{is_protected}{at}. {}", "x ".repeat(4_000)) })
            };
            modified(&format!("Risky{at}."), "AWS::DynamoDB::Table", &side(true), &side(false))
        }))
        .collect();
    let set = json!({ "ChangeSetId": "arn", "StackName": "s", "Changes": changes }).to_string();
    let (tree, _) = saved::tree_of(&[&set]).unwrap();
    let review = Review::of(&Inputs {
        title: "s",
        stack_name: "s",
        tree: Some(&tree),
        run: Some(run()),
        ..Inputs::default()
    });
    let (text, markdown) = (review::text(&review), review::markdown(&review));
    assert!(text.len() <= TEXT_BYTES && markdown.chars().count() <= MARKDOWN_CHARACTERS);
    for rendered in [&text, &markdown] {
        for at in 0..3 {
            for whole in ["true", "false"].map(|side| format!("{side}{at}. {}", "x ".repeat(4_000))) {
                assert!(rendered.contains(whole.trim_end()), "Risky{at}");
            }
        }
        assert!(rendered.contains("shortened"), "{rendered}");
    }
    assert!(markdown.contains("further resources, none with a finding, are left out here"));
    assert!(markdown.contains("<details open>"));
}

#[test]
fn more_findings_than_fit_are_all_named() {
    let review = review(10, 300, 400);
    let markdown = review::markdown(&review);
    assert!(markdown.chars().count() <= MARKDOWN_CHARACTERS);
    assert!(
        (0..300).all(|at| markdown.contains(&format!("Table{at}."))),
        "{markdown}"
    );
}
