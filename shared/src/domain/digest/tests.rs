use serde_json::json;

use super::*;
use crate::domain::change_set::description::{
    Change, ChangeSetDescription, Parameter, ResourceChange, RollbackConfiguration, RollbackTrigger, Tag,
};
use crate::domain::change_set::tree::{ChangeSetTree, PlacedChangeSet};
use crate::domain::gate::{FirstRun, Gate};
use crate::domain::sha256::Sha256;

fn gate() -> Gate {
    Gate {
        version: 1,
        stack: "network".to_owned(),
        stack_name: "production-network".to_owned(),
        template: "stacks/network/template.yaml".to_owned(),
        configuration: None,
        approvals: 1,
        release: false,
        author_may_approve: false,
        require_pull_request: false,
        window: None,
        stack_policy: None,
        deployer: "arn:aws:iam::111122223333:role/changegate/deployers/StackDeployer".to_owned(),
        capabilities: Vec::new(),
        notify: None,
        notification_arns: Vec::new(),
        first_run: FirstRun::Plan,
        people: std::sync::Arc::default(),
        session_name_roles: Vec::new(),
        approvers: None,
    }
}

fn change(logical_id: &str, action: &str) -> Change {
    Change {
        resource_change: Some(ResourceChange {
            action: action.to_owned(),
            logical_resource_id: logical_id.to_owned(),
            resource_type: "AWS::SNS::Topic".to_owned(),
            scope: vec!["Tags".to_owned(), "Properties".to_owned()],
            ..ResourceChange::default()
        }),
        ..Change::default()
    }
}

fn description() -> ChangeSetDescription {
    ChangeSetDescription {
        change_set_id: "arn:aws:cloudformation:eu-west-1:111122223333:changeSet/cg-1/x".to_owned(),
        parameters: vec![
            Parameter {
                parameter_key: "Size".to_owned(),
                parameter_value: Some("2".to_owned()),
                ..Parameter::default()
            },
            Parameter {
                parameter_key: "Password".to_owned(),
                parameter_value: Some("correct horse".to_owned()),
                ..Parameter::default()
            },
        ],
        tags: vec![Tag {
            key: "team".to_owned(),
            value: "配送 — é".to_owned(),
        }],
        changes: vec![change("B", "Modify"), change("A", "Add")],
        ..ChangeSetDescription::default()
    }
}

fn document(description: ChangeSetDescription) -> DigestDocument {
    DigestDocument::of(&Covered {
        tree: Some(&ChangeSetTree {
            sets: vec![PlacedChangeSet {
                hooks: None,
                path: String::new(),
                description,
            }],
        }),
        template_sha256: Sha256::of("template"),
        templates: &[],
        secret_parameters: &["Password".to_owned()],
        gate: &gate(),
    })
}

#[test]
fn keys_are_ordered_by_utf_16_and_only_what_must_be_is_escaped() {
    let value = json!({ "\u{e000}": "1", "\u{10000}": "2", "a\"\\\u{1}\n\u{7f}é—": ["x", {}] });
    assert_eq!(
        to_canonical_json(&value),
        "{\"a\\\"\\\\\\u0001\\n\u{7f}é—\":[\"x\",{}],\"\u{10000}\":\"2\",\"\u{e000}\":\"1\"}"
    );
}

#[test]
fn what_may_move_between_two_readings_does_not_move_the_digest() {
    let mut later = description();
    later.execution_status = "EXECUTE_IN_PROGRESS".to_owned();
    later.status_reason = Some("anything".to_owned());
    later.creation_time = Some("2026-01-01T00:00:00Z".to_owned());
    later.changes.reverse();
    later.changes[0].hook_invocation_count = Some(3);
    assert_eq!(document(description()).sha256(), document(later).sha256());
}

#[test]
fn each_thing_that_is_covered_moves_the_digest() {
    let base = document(description()).sha256();
    let edits: [fn(&mut ChangeSetDescription); 8] = [
        |it| it.change_set_id.push('y'),
        |it| it.parameters[0].parameter_value = Some("3".to_owned()),
        |it| it.tags[0].value.push('!'),
        |it| it.capabilities.push("CAPABILITY_IAM".to_owned()),
        |it| {
            it.notification_arns
                .push("arn:aws:sns:eu-west-1:111122223333:x".to_owned());
        },
        |it| it.on_stack_failure = Some("DELETE".to_owned()),
        |it| it.changes[0].resource_change.as_mut().unwrap().replacement = Some("True".to_owned()),
        |it| it.changes.truncate(1),
    ];
    for edit in edits {
        let mut edited = description();
        edit(&mut edited);
        assert_ne!(document(edited).sha256(), base);
    }
}

#[test]
fn a_secret_parameter_is_covered_by_its_name_and_never_written_out() {
    let text = document(description()).to_canonical_json();
    assert!(text.contains(r#"{"key":"Password","value":"****"}"#), "{text}");
    assert!(!text.contains("correct horse"));
}

#[test]
fn the_first_difference_names_the_place_and_both_values() {
    let mut changed = description();
    changed.changes[0].resource_change.as_mut().unwrap().action = "Remove".to_owned();
    let difference = first_difference(&document(description()).to_value(), &document(changed).to_value()).unwrap();
    assert_eq!(
        difference.to_string(),
        "`/resources/1/action` was \"Modify\" when it was reviewed and is \"Remove\" now"
    );
    assert_eq!(first_difference(&json!({"a/b": "1"}), &json!({"a/b": "1"})), None);
    assert_eq!(
        first_difference(&json!({"a/b": "1"}), &json!({})).unwrap().pointer,
        "/a~1b"
    );
    // The first by name, whichever side it stands on.
    assert_eq!(
        first_difference(&json!({"b": "1"}), &json!({"a": "1", "b": "2"}))
            .unwrap()
            .pointer,
        "/a"
    );
}

#[test]
fn the_document_survives_its_json_form() {
    let document = document(description());
    let read: DigestDocument = serde_json::from_str(&document.to_canonical_json()).unwrap();
    assert_eq!(read, document);
}

/// Runs the script of `docs/digest.md`, with stand-ins for `aws` and Python that answer what CloudFormation would.
#[test]
fn the_documented_recipe_makes_the_same_document() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/digest.md");
    let text = std::fs::read_to_string(docs).unwrap();
    let begin = text.find("#!/bin/sh\n# recompute.sh").unwrap();
    let script = &text[begin..begin + text[begin..].find("```").unwrap()];
    let set = include_str!("../../review/fixtures/orders.json");
    let mut gate = gate();
    gate.stack_policy = Some("{\"Statement\": []}".into());
    let (original, processed, template) = ("{\"a\":  1}", "{\"a\":1}", "a: 1 # — é\n");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, content: &str| std::fs::write(folder.path().join(name), content).unwrap();
    write("answer.json", set);
    write("Original.txt", original);
    write("Processed.txt", processed);
    write("template.yaml", template);
    write("gate.json", &gate.to_canonical_json());
    write("recompute.sh", script);
    write("aws", "#!/bin/sh\ncat answer.json\n");
    write("python3", "#!/bin/sh\ncat \"$3.txt\"\n");
    let run = std::process::Command::new("sh")
        .args([
            "-c",
            "chmod +x aws python3 && PATH=\"$PWD:$PATH\" sh recompute.sh arn template.yaml gate.json",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let answer = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(
        run.status.success(),
        "the recipe needs `jq` and `sha256sum`: {}",
        String::from_utf8_lossy(&run.stderr)
    );
    let description: ChangeSetDescription = serde_json::from_str(set).unwrap();
    let arn = description.change_set_id.clone();
    let document = DigestDocument::of(&Covered {
        tree: Some(&ChangeSetTree::of(description)),
        template_sha256: Sha256::of(template),
        templates: &[TemplateHashes {
            path: String::new(),
            change_set: arn,
            original_sha256: Sha256::of(original),
            processed_sha256: Sha256::of(processed),
        }],
        secret_parameters: &[],
        gate: &gate,
    });
    let made = std::fs::read_to_string(folder.path().join("digest.json")).unwrap();
    assert_eq!(made, document.to_canonical_json());
    assert_eq!(answer.split(' ').next(), Some(document.sha256().to_string().as_str()));
}

#[test]
fn control_characters_are_escaped_as_the_canonical_form_says() {
    // https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2.2
    assert_eq!(
        to_canonical_json(&json!("\u{8}\t\n\u{b}\u{c}\r\u{1f}")),
        r#""\b\t\n\u000b\f\r\u001f""#
    );
}

#[test]
fn each_thing_that_decides_how_the_change_is_made_moves_the_digest() {
    type Edit = fn(&mut ChangeSetDescription);
    fn first(it: &mut ChangeSetDescription) -> &mut ResourceChange {
        it.changes[0].resource_change.as_mut().unwrap()
    }
    fn rollback(it: &mut ChangeSetDescription) -> &mut RollbackConfiguration {
        it.rollback_configuration.get_or_insert_default()
    }
    let base = document(description()).sha256();
    let edits: [(&str, Edit); 12] = [
        ("resolved value", |it| {
            it.parameters[0].resolved_value = Some("ami-1".to_owned());
        }),
        ("import", |it| it.import_existing_resources = Some(true)),
        ("deployment mode", |it| {
            it.deployment_mode = Some("REVERT_DRIFT".to_owned());
        }),
        ("mode of the deployment", |it| {
            it.deployment_config.get_or_insert_default().mode = Some("EXPRESS".to_owned());
        }),
        ("no rollback", |it| {
            it.deployment_config.get_or_insert_default().disable_rollback = Some(true);
        }),
        ("trigger", |it| {
            rollback(it).rollback_triggers.push(RollbackTrigger {
                arn: "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:x".to_owned(),
                ..RollbackTrigger::default()
            });
        }),
        ("minutes", |it| rollback(it).monitoring_time_in_minutes = Some(5)),
        ("nested change set", |it| {
            first(it).change_set_id = Some("arn:nested".to_owned());
        }),
        ("physical id", |it| {
            first(it).physical_resource_id = Some("topic-1".to_owned());
        }),
        ("policy action", |it| {
            first(it).policy_action = Some("ReplaceAndDelete".to_owned());
        }),
        ("scope", |it| first(it).scope.push("Metadata".to_owned())),
        ("type", |it| first(it).resource_type = "AWS::SQS::Queue".to_owned()),
    ];
    for (what, edit) in edits {
        let mut edited = description();
        edit(&mut edited);
        assert_ne!(document(edited).sha256(), base, "{what}");
    }
}

#[test]
fn the_order_in_which_things_are_told_does_not_move_the_digest() {
    let trigger = |name: &str| RollbackTrigger {
        arn: format!("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:{name}"),
        ..RollbackTrigger::default()
    };
    let mut told = description();
    told.tags.push(Tag {
        key: "cost".to_owned(),
        value: "1".to_owned(),
    });
    told.rollback_configuration = Some(RollbackConfiguration {
        rollback_triggers: vec![trigger("b"), trigger("a")],
        ..RollbackConfiguration::default()
    });
    let mut again = told.clone();
    again.tags.reverse();
    again.parameters.reverse();
    again
        .rollback_configuration
        .as_mut()
        .unwrap()
        .rollback_triggers
        .reverse();
    for change in &mut again.changes {
        change.resource_change.as_mut().unwrap().scope.reverse();
    }
    assert_eq!(document(told).sha256(), document(again).sha256());
}

#[test]
fn a_change_that_moves_into_a_nested_stack_moves_the_digest() {
    let placed = |path: &str, changes: &[Change]| PlacedChangeSet {
        hooks: None,
        path: path.to_owned(),
        description: ChangeSetDescription {
            changes: changes.to_vec(),
            ..ChangeSetDescription::default()
        },
    };
    let digest = |sets: Vec<PlacedChangeSet>| {
        let document = DigestDocument::of(&Covered {
            tree: Some(&ChangeSetTree { sets }),
            template_sha256: Sha256::of("template"),
            templates: &[],
            secret_parameters: &[],
            gate: &gate(),
        });
        document.sha256()
    };
    let (a, b) = (change("A", "Add"), change("B", "Modify"));
    let apart = digest(vec![
        placed("", std::slice::from_ref(&a)),
        placed("Data", std::slice::from_ref(&b)),
    ]);
    let other = digest(vec![
        placed("", std::slice::from_ref(&b)),
        placed("Data", std::slice::from_ref(&a)),
    ]);
    assert_ne!(apart, other);
    assert_ne!(apart, digest(vec![placed("", &[a, b]), placed("Data", &[])]));
}

#[test]
fn a_value_that_a_parameter_keeps_secret_is_written_nowhere_as_given_or_as_resolved() {
    for edit in [
        (|it: &mut ChangeSetDescription| it.tags[0].value = "correct horse".to_owned()) as fn(&mut _),
        |it| {
            it.parameters[1].resolved_value = Some("battery staple".to_owned());
            it.tags[0].value = "battery staple".to_owned();
        },
    ] {
        let mut planted = description();
        edit(&mut planted);
        let value = planted.tags[0].value.clone();
        let text = document(planted).to_canonical_json();
        assert!(!text.contains(&value), "{text}");
    }
}

#[test]
fn the_order_in_which_templates_are_read_does_not_move_the_digest() {
    let hashes = |path: &str| TemplateHashes {
        path: path.to_owned(),
        change_set: "arn".to_owned(),
        original_sha256: Sha256::of(path),
        processed_sha256: Sha256::of(path),
    };
    let with = |templates: &[TemplateHashes]| {
        DigestDocument::of(&Covered {
            tree: None,
            template_sha256: Sha256::of("template"),
            templates,
            secret_parameters: &[],
            gate: &gate(),
        })
        .sha256()
    };
    let (a, b) = (hashes("A"), hashes("B"));
    assert_eq!(with(&[a.clone(), b.clone()]), with(&[b.clone(), a.clone()]));
    assert_ne!(with(&[a]), with(&[b]));
}
