//! What is not reviewed.

use super::*;
use crate::domain::change_set::description::{Change, ResourceChange};
use crate::flows::fakes::FakeChangeSet;

#[test]
fn a_stack_that_changed_since_the_plan_is_not_reviewed() {
    let world = World::new();
    world.cloudformation.edit(STACK, |held| {
        held.stack.last_updated = Some("2026-11-23T09:59:00Z".to_owned());
    });
    let (kind, message) = world.refusal();
    assert_eq!(kind, FailureKind::RevisionOutOfSync);
    assert!(
        message.contains("somebody else changed the stack") && message.contains("start the pipeline"),
        "{message}"
    );
    assert!(world.topics.published().is_empty());
}

#[test]
fn a_change_set_that_is_gone_or_obsolete_is_not_reviewed() {
    let world = World::new();
    world.cloudformation.edit(STACK, |held| {
        held.change_sets[0].description.execution_status = "OBSOLETE".to_owned();
    });
    assert!(world.refusal().1.contains("OBSOLETE"));
    world.cloudformation.edit(STACK, |held| held.change_sets.clear());
    assert!(world.refusal().1.contains("does not exist any more"));
}

#[test]
fn a_change_set_of_transforms_is_reviewed_when_two_readings_agree() {
    let differing = |count: usize| {
        let world = World::new();
        world.cloudformation.edit(STACK, |held| {
            let set = &mut held.change_sets[0];
            set.processed = Some(format!("{} ", set.template));
            set.answers_before = (0..count)
                .map(|number| {
                    let mut answer = set.description.clone();
                    answer.capabilities = vec![format!("CAPABILITY_{number}")];
                    answer
                })
                .collect();
        });
        world
    };
    for count in 0..3 {
        let world = differing(count);
        world.variables();
        assert_eq!(world.wire.count_of("cloudformation:DescribeChangeSet"), count + 2);
    }
    let error = differing(9).deliver().unwrap().unwrap_err();
    assert!(
        error.is_transient() && error.to_string().contains("differently each time"),
        "{error}"
    );
}

#[test]
fn a_template_that_is_not_the_planned_one_is_refused() {
    let world = World::new();
    world.artifacts.with(TEMPLATE, BEFORE);
    assert_eq!(world.refusal().0, FailureKind::RevisionOutOfSync);
}

/// A nested stack among the changes, as CloudFormation lists one that gets this change set.
fn with_nested(world: &World, change_set: Option<&str>) {
    world.cloudformation.edit(STACK, |held| {
        let description = &mut held.change_sets[0].description;
        description.changes.push(Change {
            resource_change: Some(ResourceChange {
                action: "Add".to_owned(),
                logical_resource_id: "Helper".to_owned(),
                resource_type: "AWS::CloudFormation::Stack".to_owned(),
                change_set_id: change_set.map(str::to_owned),
                after_context: Some(
                    r#"{"Properties": {"TemplateURL": "https://s3.eu-west-1.amazonaws.com/changegate-source/TemplateSource/.packages/0f6e0a1f5a7bb54c8d5b9e8d2f2d1d5a9c7d3b1e4f6a8091a2b3c4d5e6f70819.yaml"}}"#
                        .to_owned(),
                ),
                ..ResourceChange::default()
            }),
            ..Change::default()
        });
    });
}

/// The change set of that nested stack.
fn nested_set(world: &World, edit: impl FnOnce(&mut FakeChangeSet)) -> &'static str {
    const ARN: &str = "arn:aws:cloudformation:eu-west-1:000000000000:changeSet/cg-0123456-1-Helper/0a1b";
    let parent = world.cloudformation.look(STACK).unwrap().change_sets[0]
        .description
        .change_set_id
        .clone();
    world.cloudformation.with_stack("helper", "REVIEW_IN_PROGRESS", "");
    world.cloudformation.edit("helper", |held| {
        let mut set = FakeChangeSet {
            template: AFTER.to_owned(),
            ..FakeChangeSet::default()
        };
        set.description.change_set_id = ARN.to_owned();
        set.description.stack_id.clone_from(&held.stack.id);
        set.description.status = "CREATE_COMPLETE".to_owned();
        set.description.execution_status = "UNAVAILABLE".to_owned();
        set.description.parent_change_set_id = Some(parent.clone());
        set.description.root_change_set_id = Some(parent);
        edit(&mut set);
        held.change_sets.push(set);
    });
    ARN
}

#[test]
fn a_nested_stack_with_a_change_set_of_its_own_is_reviewed() {
    let world = World::new();
    let arn = nested_set(&world, |_| {});
    with_nested(&world, Some(arn));
    assert!(world.variables().contains_key("Digest"));
}

#[test]
fn a_nested_stack_that_no_change_set_shows_is_not_reviewed_and_nobody_is_asked() {
    let world = World::new();
    with_nested(&world, None);
    let (kind, message) = world.refusal();
    assert_eq!(kind, FailureKind::Configuration);
    insta::assert_snapshot!(
        message,
        @"not reviewed: what would happen in the nested stack `Helper` is not shown: its change is `Add`, and CloudFormation made no change set for it; start the pipeline again; if CloudFormation makes no change set for it then either, move its resources into a stack of their own"
    );
    assert!(world.topics.published().is_empty());
    assert!(world.evidence.keys().iter().all(|key| !key.starts_with("reviews/")));
}

#[test]
fn a_nested_change_set_that_is_missing_failed_foreign_or_without_template_is_not_reviewed() {
    let refused = |edit: &dyn Fn(&mut FakeChangeSet), name: Option<&str>| {
        let world = World::new();
        let arn = nested_set(&world, |set| edit(set));
        with_nested(&world, Some(name.unwrap_or(arn)));
        let (kind, message) = world.refusal();
        assert_eq!(kind, FailureKind::RevisionOutOfSync, "{message}");
        assert!(message.contains("start the pipeline again"), "{message}");
        message
    };
    assert!(refused(&|_| {}, Some("arn:gone")).contains("its change set `arn:gone` cannot be read"));
    assert!(refused(&|set| set.description.status = "FAILED".to_owned(), None).contains("FAILED (UNAVAILABLE)"));
    let foreign = refused(
        &|set| set.description.parent_change_set_id = Some("arn:other".to_owned()),
        None,
    );
    assert!(foreign.contains("belongs to `arn:other`"), "{foreign}");
    assert!(refused(&|set| set.template.clear(), None).contains("has no template of its change set"));
    // A change set that leads to itself ends, and is refused.
    let own = World::new();
    let arn = own.cloudformation.look(STACK).unwrap().change_sets[0]
        .description
        .change_set_id
        .clone();
    with_nested(&own, Some(&arn));
    assert!(own.refusal().1.contains("cannot be read"));
}

#[test]
fn the_template_of_one_commit_with_the_configuration_of_another_is_not_reviewed() {
    let world = World::new();
    let key = keys::zipped(&keys::configuration("production", "network"));
    let other = FakeSource {
        content: "another configuration",
        commit: OLD_COMMIT,
        sequence: 1,
    };
    let version = other.seed(&world.source, &key);
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        for held in run.actions.iter_mut().filter(|held| held.action == "Configuration") {
            held.output_variables.insert("VersionId".to_owned(), version.clone());
        }
    });
    for _ in 0..2 {
        let (kind, message) = world.refusal();
        assert_eq!(kind, FailureKind::RevisionOutOfSync);
        assert!(
            message.contains("the branch had these together at no commit"),
            "{message}"
        );
    }
    assert!(world.evidence.keys().iter().all(|key| !key.starts_with("reviews/")));
}
