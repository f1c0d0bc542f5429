//! What does not fit is cut, and the review says so.

use serde_json::json;

use super::golden::run;
use crate::domain::change_set::build::Inputs;
use crate::domain::change_set::review::Review;
use crate::domain::change_set::saved;
use crate::review::{self, MARKDOWN_CHARACTERS, TEXT_BYTES};

fn large(resources: usize, value: usize) -> Review {
    let changes: Vec<_> = (0..resources)
        .map(|at| {
            let side = |word: &str| json!({ "Properties": { "Value": word.repeat(value) } }).to_string();
            json!({ "Type": "Resource", "ResourceChange": {
                "Action": "Modify", "LogicalResourceId": format!("Resource{at}"), "ResourceType": "AWS::SNS::Topic",
                "Replacement": "False", "BeforeContext": side("é before "), "AfterContext": side("é after "),
            }})
        })
        .collect();
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
fn every_rendering_keeps_its_bounds_and_says_what_it_left_out() {
    for (resources, value) in [(1, 1), (3, 20_000), (500, 100), (2_500, 10), (20_000, 1)] {
        let review = large(resources, value);
        let text = review::text(&review);
        assert!(text.len() <= TEXT_BYTES, "{resources} resources: {} bytes", text.len());
        let markdown = review::markdown(&review);
        let characters = markdown.chars().count();
        assert!(
            characters <= MARKDOWN_CHARACTERS,
            "{resources} resources: {characters} characters"
        );
        let shown = format!("{resources} of {resources} resources shown");
        assert!(markdown.contains(&shown));
        if characters > 10_000 && !markdown.contains(&format!("Resource{}", resources - 1)) {
            assert!(
                markdown.contains("left out") || markdown.contains("Everything else"),
                "{markdown}"
            );
        }
        for rendered in [&text, &markdown] {
            let is_whole = rendered.contains("é after ".repeat(value).trim_end());
            assert!(is_whole || rendered.contains("shortened") || rendered.contains("Everything else"));
        }
        let page = review::html(&review);
        assert_eq!(page.matches("<details class=\"resource").count(), resources);
    }
}

#[test]
fn a_page_of_many_resources_begins_folded() {
    let page = review::html(&large(100, 1));
    assert!(!page.contains("\" open>"));
    assert!(review::html(&large(3, 1)).contains("<details class=\"resource change\" id=\"r0\" open>"));
}

#[test]
fn many_findings_are_told_as_one_and_cost_no_comment_its_content() {
    let changes: Vec<_> = (0..900)
        .map(|at| {
            json!({ "Type": "Resource", "ResourceChange": {
                "Action": "Remove", "LogicalResourceId": format!("Table{at}"), "ResourceType": "AWS::DynamoDB::Table",
                "BeforeContext": json!({ "Properties": { "TableName": format!("table-{at}") } }).to_string(),
            }})
        })
        .collect();
    let set = json!({ "ChangeSetId": "arn", "StackName": "s", "Changes": changes }).to_string();
    let (tree, _) = saved::tree_of(&[&set]).unwrap();
    let review = Review::of(&Inputs {
        title: "s",
        stack_name: "s",
        tree: Some(&tree),
        warnings: (0..900).map(|at| format!("warning {at} {}", "w".repeat(100))).collect(),
        ..Inputs::default()
    });
    let markdown = review::markdown(&review);
    assert!(markdown.chars().count() <= MARKDOWN_CHARACTERS);
    assert!(markdown.contains("it is deleted, and its content with it"));
    assert!(markdown.contains("Table399"), "{markdown}");
    assert!(markdown.contains("more are left out here"));
    assert_eq!(review::text(&review).matches("it is deleted, and its").count(), 1);
}
