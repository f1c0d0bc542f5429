//! What the review of a change of pipelines shows of them.

use serde_json::{Value, json};

use super::*;
use crate::domain::change_set::build::{Inputs, TemplateTexts};
use crate::domain::change_set::review::Review;
use crate::domain::change_set::saved;

/// The review of pipelines that change from one template to another; CloudFormation tells values, or none.
fn review(before: &str, after: &str, tells_values: bool) -> Review {
    let parsed: [Value; 2] = [before, after].map(|template| serde_json::from_str(template).unwrap());
    let mut changes = Vec::new();
    for (name, resource) in parsed[1]["Resources"].as_object().unwrap() {
        let mut change = json!({ "Action": "Modify", "LogicalResourceId": name, "ResourceType": resource["Type"],
            "PhysicalResourceId": "changegate-network", "Replacement": "False", "Scope": ["Properties"] });
        if tells_values {
            change["BeforeContext"] = json!(parsed[0]["Resources"][name].to_string());
            change["AfterContext"] = json!(resource.to_string());
        }
        changes.push(json!({ "Type": "Resource", "ResourceChange": change }));
    }
    let set = json!({ "ChangeSetId": "arn:set", "StackName": "changegate-pipelines", "Changes": changes }).to_string();
    let (tree, _) = saved::tree_of(&[&set]).unwrap();
    Review::of(&Inputs {
        title: "root",
        stack_name: "changegate-pipelines",
        tree: Some(&tree),
        templates: &[TemplateTexts {
            before: Some(before.to_owned()),
            after: Some(after.to_owned()),
            ..TemplateTexts::default()
        }],
        ..Inputs::default()
    })
}

#[test]
fn hashes_of_gates_are_shown_and_nothing_of_a_pipeline_looks_secret() {
    let before = gate("network");
    let mut after = before.clone();
    after.approvals = 2;
    let hashes = [before.digest().to_string(), after.digest().to_string()];
    let [before, after] = [before, after].map(|gate| render(&[gate], &settings()).unwrap());
    for tells_values in [true, false] {
        let review = review(&before, &after, tells_values);
        assert_eq!(review.hidden, 0, "{review:#?}");
        let text = format!("{review:?}");
        for hash in &hashes {
            assert!(text.contains(&format!("{}…", &hash[..12])), "{text}");
        }
        let gates = review.resources[0]
            .changes
            .iter()
            .filter(|change| change.path.holds("UserParameters.gate") || change.path == "Tags[changegate:gate].Value")
            .count();
        assert_eq!(gates, 4, "three actions and a tag");
    }
}

#[test]
fn a_secret_in_the_place_of_a_gate_stays_hidden() {
    let [before, after] = [gate("network"), gate("network")].map(|gate| render(&[gate], &settings()).unwrap());
    let hash = gate("network").digest().to_string();
    for secret in [
        "wJalrXUtnFEMIK7MDENGbPxRfiCYzz9EXAMPLEKZ",
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        // Not the hash of a gate: such are written in small letters and are 64 long.
        &hash.to_uppercase(),
        &format!("{hash}00"),
    ] {
        let planted = after.replace(&hash, secret);
        for tells_values in [true, false] {
            let review = review(&before, &planted, tells_values);
            assert!(review.hidden >= 4, "{secret}");
            let held = format!("{review:?}");
            assert!(!held.contains(secret), "{secret} in\n{held}");
        }
    }
}
