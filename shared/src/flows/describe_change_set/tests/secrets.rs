//! Secrets planted in every place that a change set, a template, a stack or a commit can hold one, and searched for in
//! everything that leaves the function.

use std::fmt::Write as _;

use serde_json::json;

use super::*;
use crate::domain::change_set::description::{Change, Parameter, ResourceChange, Tag};
use crate::flows::fakes::FakeChangeSet;
use crate::flows::ports::OperationEvent;

/// Told only by where they stand: a parameter with `NoEcho`, now and before, and its default.
const ECHOED: &str = "blue horse battery";
const ECHOED_BEFORE: &str = "green horse battery";
const DEFAULT: &str = "plain default staple";
/// What CloudFormation resolved from a reference to Secrets Manager.
const RESOLVED: &str = "plain resolved staple";
/// Told by the name of the property, variable, tag or output that holds them.
const NAMED: &str = "plainnamed9";
/// Told by their look.
const ACCESS_KEY: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYzz9EXAMPLEKZ";
const TOKEN: &str = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
const KEY_ID: &str = "AKIAIOSFODNN7EXAMPLE";
/// A parameter of a nested stack that gets the value from one with `NoEcho` above it.
const SECRETS: [&str; 8] = [
    ECHOED,
    ECHOED_BEFORE,
    DEFAULT,
    RESOLVED,
    NAMED,
    ACCESS_KEY,
    TOKEN,
    KEY_ID,
];

const NESTED: &str = "production-network-Nested-1ABC";

fn template(is_after: bool) -> String {
    let word = if is_after { "now" } else { "before" };
    json!({
        "Description": format!("{word} {TOKEN}"),
        "Metadata": { "note": format!("{word} {KEY_ID} {DEFAULT}"), "DbPassword": format!("{NAMED}") },
        "Parameters": {
            "Hidden": { "Type": "String", "NoEcho": true, "Default": DEFAULT },
            "DbPassword": { "Type": "String" }, "Note": { "Type": "String" },
        },
        "Mappings": { "M": { "K": { "ApiToken": format!("{NAMED}{word}") } } },
        "Outputs": {
            "ApiToken": { "Value": format!("{NAMED}{word}") },
            "Address": { "Value": format!("postgres://app:{NAMED}@db/{word}"), "Description": format!("{word} {ACCESS_KEY}") },
            "Echo": { "Value": { "Fn::Sub": format!("${{Hidden}} {word}") } },
        },
        "Resources": {
            "Server": { "Type": "AWS::Transfer::Server", "Metadata": { "note": format!("{word} {TOKEN}") },
                        "Properties": { "Banner": "{{resolve:secretsmanager:banner}}", "Motd": { "Ref": "Hidden" },
                                        "MasterUserPassword": format!("{NAMED}{word}"), "Size": word } },
            "Nested": { "Type": "AWS::CloudFormation::Stack",
                        "Properties": { "TemplateURL": word, "Parameters": { "Given": { "Ref": "Hidden" } } } },
        },
    })
    .to_string()
}

fn nested_template() -> String {
    json!({ "Parameters": { "Given": { "Type": "String" } }, "Resources": {} }).to_string()
}

fn parameter(key: &str, value: &str) -> Parameter {
    Parameter {
        parameter_key: key.to_owned(),
        parameter_value: Some(value.to_owned()),
        resolved_value: Some(value.to_owned()),
        ..Parameter::default()
    }
}

fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

/// A resource as CloudFormation tells it, every reference to a secret resolved.
fn context(word: &str) -> String {
    json!({
        "Properties": {
            "Banner": RESOLVED, "Motd": ECHOED, "MasterUserPassword": format!("{NAMED}{word}"), "Size": word,
            "Environment": [{ "Name": "API_TOKEN", "Value": format!("{NAMED}{word}") },
                            { "Name": "COPY", "Value": format!("{RESOLVED} {word}") }],
            "UserData": format!("#!/bin/sh\nexport AWS_SECRET_ACCESS_KEY={ACCESS_KEY}\necho {TOKEN} {word}"),
            "Labels": { KEY_ID: word },
        },
        "Metadata": { "note": format!("{word} {TOKEN}") },
    })
    .to_string()
}

fn change(name: &str, kind: &str) -> ResourceChange {
    ResourceChange {
        action: "Modify".to_owned(),
        logical_resource_id: name.to_owned(),
        resource_type: kind.to_owned(),
        replacement: Some("False".to_owned()),
        scope: vec!["Properties".to_owned(), "Metadata".to_owned()],
        physical_resource_id: Some(format!("server {ECHOED}")),
        before_context: Some(context("before")),
        after_context: Some(context("now")),
        previous_deployment_context: Some(context("deployed")),
        ..ResourceChange::default()
    }
}

fn changes(resources: Vec<ResourceChange>) -> Vec<Change> {
    let change = |resource| Change {
        r#type: Some("Resource".to_owned()),
        resource_change: Some(resource),
        ..Change::default()
    };
    resources.into_iter().map(change).collect()
}

/// A world whose change set, templates, stacks and commits hold secrets wherever they can.
fn planted() -> World {
    let mut gate = gate();
    gate.stack_policy = Some(
        json!({ "Statement": [{ "Sid": KEY_ID, "Effect": "Allow", "Action": "Update:*",
        "Principal": "*", "Resource": "*" }] })
        .to_string()
        .into(),
    );
    let world = World::with(&gate, true);
    let nested_set = "arn:aws:cloudformation:eu-west-1:000000000000:changeSet/nested/1";
    world
        .cloudformation
        .with_stack(NESTED, "UPDATE_COMPLETE", &nested_template());
    let nested_stack = now(world.cloudformation.stack(NESTED)).unwrap().unwrap().id;
    world.cloudformation.edit(NESTED, |held| {
        held.stack.parameters = vec![("Given".to_owned(), ECHOED_BEFORE.to_owned())];
        let mut set = FakeChangeSet {
            template: nested_template(),
            ..FakeChangeSet::default()
        };
        let description = &mut set.description;
        description.change_set_id = nested_set.to_owned();
        description.stack_id.clone_from(&nested_stack);
        description.stack_name = NESTED.to_owned();
        description.status = "CREATE_COMPLETE".to_owned();
        description.execution_status = "AVAILABLE".to_owned();
        description.parameters = vec![parameter("Given", ECHOED), parameter("DbPassword", NAMED)];
        description.changes = changes(vec![change("Inner", "AWS::ECS::TaskDefinition")]);
        held.change_sets.push(set);
    });
    world.cloudformation.edit(STACK, |held| {
        held.template = template(false);
        held.stack.parameters = vec![
            ("Hidden".to_owned(), ECHOED_BEFORE.to_owned()),
            ("DbPassword".to_owned(), format!("{NAMED}before")),
        ];
        held.stack.tags = vec![("webhook".to_owned(), format!("{NAMED}before"))];
        let set = &mut held.change_sets[0];
        set.template = template(true);
        set.events = vec![OperationEvent {
            logical_id: "Server".to_owned(),
            reason: format!("{ACCESS_KEY} is no banner"),
            ..OperationEvent::default()
        }];
        let description = &mut set.description;
        description.description = Some(format!("made with {TOKEN}"));
        description.status_reason = Some(format!("because of {KEY_ID}"));
        description.parameters = vec![
            parameter("Hidden", ECHOED),
            parameter("DbPassword", NAMED),
            parameter("Note", &format!("uses {ACCESS_KEY}")),
        ];
        description.tags = vec![tag("webhook", NAMED), tag("note", &format!("see {TOKEN}"))];
        let mut nested = change("Nested", "AWS::CloudFormation::Stack");
        nested.change_set_id = Some(nested_set.to_owned());
        nested.physical_resource_id = Some(nested_stack);
        description.changes = changes(vec![change("Server", "AWS::Transfer::Server"), nested]);
    });
    let mut provenance = provenance(&gate);
    provenance.commits[0].subject = format!("rotate {ACCESS_KEY}");
    provenance.commits[0].author_text = format!("Alice <{TOKEN}>");
    provenance.commits[0].pull_request.as_mut().unwrap().title = format!("use {KEY_ID}");
    fakes::seed_record(&world.source, &provenance);
    world
}

/// Everything that left the function: files, messages, variables, the log.
fn everything(world: &World) -> String {
    let mut all = String::new();
    let mut variables = BTreeMap::new();
    let log = super::delivery::Log::of(|| variables = world.variables());
    for key in world.evidence.keys().iter().filter(|key| key.starts_with("reviews/")) {
        let _ = writeln!(all, "{key}\n{}", world.evidence.text(key).unwrap());
    }
    let _ = writeln!(
        all,
        "{variables:?}\n{log:?}\n{:?}\n{:?}\n{:?}",
        world.topics.published(),
        world.repository.statuses(),
        world.repository.comments()
    );
    all
}

#[test]
fn no_planted_secret_leaves_the_function() {
    let world = planted();
    let all = everything(&world);
    for part in [
        DIGEST_FILE,
        "review.txt",
        "review.md",
        "review.html",
        "review.json",
        DELIVERY_FILE,
    ] {
        assert!(all.contains(&format!("/1/{part}\n")), "{part}");
    }
    // What was planted was read: the places are there, and only the secrets are not.
    for place in [
        "Banner",
        "MasterUserPassword",
        "API_TOKEN",
        "UserData",
        "Nested/Inner",
        "webhook",
        "is no banner",
    ] {
        assert!(all.contains(place), "{place} in\n{all}");
    }
    for secret in SECRETS {
        let found = all.lines().find(|line| line.contains(secret));
        assert_eq!(found.map(|line| (secret, line)), None);
    }
}

#[test]
fn the_digest_document_holds_stars_for_secrets_and_still_differs_when_the_change_set_does() {
    let world = planted();
    let digest = world.variables()["Digest"].clone();
    let document: Value = serde_json::from_str(&world.file(DIGEST_FILE)).unwrap();
    let value_of = |list: &str, key: &str| {
        let entries = document[list].as_array().unwrap();
        let entry = entries.iter().find(|entry| entry["key"] == key).unwrap();
        entry["value"].as_str().unwrap().to_owned()
    };
    for (list, key) in [
        ("parameters", "Hidden"),
        ("parameters", "DbPassword"),
        ("parameters", "Note"),
        ("tags", "webhook"),
        ("tags", "note"),
    ] {
        assert_eq!(value_of(list, key), "****", "{list} {key}");
    }
    let physical = &document["resources"][0]["physicalId"];
    assert!(!physical.to_string().contains("horse"), "{physical}");
    // No value of a change set can change, so another value means another change set, whose ARN is covered.
    let other = planted();
    other.cloudformation.edit(STACK, |held| {
        held.change_sets[0].description.tags[0].key = "other".to_owned();
    });
    assert_ne!(other.variables()["Digest"], digest);
}

#[test]
fn an_error_about_a_secret_place_does_not_tell_the_secret() {
    let world = planted();
    world.cloudformation.edit(STACK, |held| {
        held.change_sets[0].description.execution_status = "OBSOLETE".to_owned();
    });
    let log = super::delivery::Log::of(|| {
        let (_, message) = world.refusal();
        for secret in SECRETS {
            assert!(!message.contains(secret), "{message}");
        }
    });
    assert!(!SECRETS.iter().any(|secret| log.concat().contains(secret)), "{log:?}");
}

/// A world in which others wrote credentials and characters that nobody sees, wherever they may write.
fn controlled() -> World {
    let text = |words: &str| Some(fakes::planted(words));
    let world = planted();
    world.cloudformation.edit(STACK, |held| {
        held.stack.status_reason = fakes::planted("status reason");
        held.template = json!({ "Description": text("before"), "Resources": {} }).to_string();
        let set = &mut held.change_sets[0];
        set.template = json!({
            "Description": text("description"), "Metadata": { fakes::planted("key"): text("metadata") },
            "Mappings": { "M": { fakes::planted("mapping"): { "A": text("mapped") } } }, "Resources": {},
            "Outputs": { "O": { "Value": text("output"), "Description": text("described") } },
        })
        .to_string();
        for event in &mut set.events {
            event.logical_id = fakes::planted("logical id");
            event.reason = fakes::planted("reason");
        }
        let description = &mut set.description;
        description.description = text("description");
        description.status_reason = text("status reason");
        description.parameters = vec![parameter("Planted", &fakes::planted("value"))];
        description.tags = vec![tag(&fakes::planted("tag"), &fakes::planted("value"))];
        for change in &mut description.changes {
            let change = change.resource_change.as_mut().unwrap();
            let properties = json!({ "Properties": { fakes::planted("property"): text("value"), "List": [{ "Name": text("item") }] } });
            change.after_context = Some(properties.to_string());
            change.physical_resource_id = text("physical id").filter(|_| change.change_set_id.is_none());
            change.policy_action = text("policy action");
            change.resource_drift_status = text("drift");
        }
    });
    let mut provenance = provenance(&gate());
    provenance.commits[0].subject = fakes::planted("subject");
    provenance.commits[0].author_text = fakes::planted("author");
    provenance.commits[0].pull_request.as_mut().unwrap().title = fakes::planted("title");
    fakes::seed_record(&world.source, &provenance);
    world
}

#[test]
fn whatever_others_wrote_is_visible_and_masked_in_all_that_leaves_the_function() {
    let world = controlled();
    let mut variables = BTreeMap::new();
    let log = super::delivery::Log::of(|| variables = world.variables());
    let mut all: Vec<(String, String)> = variables.into_iter().collect();
    let reviews = world
        .evidence
        .keys()
        .into_iter()
        .filter(|key| key.starts_with("reviews/"));
    all.extend(reviews.map(|key| (key.clone(), world.evidence.text(&key).unwrap())));
    for (_, subject, body) in world.topics.published() {
        all.extend([("a subject".to_owned(), subject), ("a mail".to_owned(), body)]);
    }
    all.extend(
        world
            .repository
            .statuses()
            .into_iter()
            .map(|status| ("a status".to_owned(), status.description)),
    );
    all.extend(
        world
            .repository
            .comments()
            .into_iter()
            .map(|comment| ("a comment".to_owned(), comment.2)),
    );
    all.extend(log.into_iter().map(|line| ("the log".to_owned(), line)));
    for (what, text) in &all {
        if what.ends_with(DIGEST_FILE) {
            // What a program compares; CloudFormation's own ids and words stand in it as they are.
            assert!(!text.contains(fakes::CREDENTIAL), "{text}");
            continue;
        }
        let found = fakes::assert_harmless(what, text);
        let is_whole = ["review.txt", "review.html", "review.json"]
            .iter()
            .any(|file| what.ends_with(file));
        assert!(!is_whole || found > 10, "{what} shows what was planted:\n{text}");
    }
}
