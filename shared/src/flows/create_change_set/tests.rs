//! Runs against stateful fakes, every one delivered more than once.

mod endings;
mod faults;
mod requests;
mod states;
mod superseding;
mod world;

use self::world::{STACK, World, template};
use crate::domain::job::JobOutcome;
use crate::domain::keys;

#[test]
fn a_first_run_plans_the_creation_of_its_stack() {
    let world = World::new();
    let outcome = world.deliver().unwrap();
    let JobOutcome::Succeeded {
        variables,
        summary,
        external_execution_id,
    } = outcome
    else {
        panic!("it succeeds: {outcome:?}");
    };
    let held = world.cloudformation.look(STACK).unwrap();
    let set = &held.change_sets[0];
    assert_eq!(held.stack.status, "REVIEW_IN_PROGRESS");
    assert_eq!(variables["Outcome"], "changes");
    assert_eq!(variables["ChangeSetType"], "CREATE");
    assert_eq!(variables["ChangeSetArn"], set.description.change_set_id);
    assert_eq!(external_execution_id.as_ref(), Some(&variables["ChangeSetArn"]));
    assert_eq!(set.description.change_set_name, format!("cg-0123456-{}", world::RUN));
    assert!(summary.contains("would create stack `network`: 1 to add"), "{summary}");
    let asked = set.new.as_ref().unwrap();
    assert_eq!(asked.role_arn, world::DEPLOYER);
    assert_eq!(asked.capabilities, ["CAPABILITY_NAMED_IAM"]);
    assert_eq!(asked.parameters["Cidr"].as_deref(), Some("10.0.0.0/16"));
    assert_eq!(asked.tags.as_ref().unwrap()["team"], "network");
    assert!(asked.description.contains(world::COMMIT) && asked.description.contains("octo/infrastructure"));
    let planned = world.planned();
    assert_eq!(planned.change_set_arn.as_ref(), Some(&variables["ChangeSetArn"]));
    assert_eq!(planned.template_sha256.to_string(), variables["TemplateSha256"]);
    assert_eq!(planned.commit, world::COMMIT);
    assert_eq!(planned.stack_last_changed, None);
    assert_eq!(planned.source_versions.len(), 2);
}

#[test]
fn a_second_delivery_of_the_same_job_makes_nothing_new() {
    let world = World::new();
    let first = world.deliver().unwrap();
    let second = world.deliver().unwrap();
    assert_eq!(first, second);
    assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 1);
    assert_eq!(world.wire.count_of("cloudformation:DeleteChangeSet"), 0);
}

#[test]
fn an_update_remembers_what_it_was_planned_against() {
    let world = World::new();
    world
        .cloudformation
        .with_stack(STACK, "UPDATE_COMPLETE", &template("old"));
    world.cloudformation.edit(STACK, |held| {
        held.stack.last_updated = Some("2026-11-20T08:00:00Z".to_owned());
        held.policy = Some("{}".to_owned());
    });
    let JobOutcome::Succeeded { variables, .. } = world.deliver().unwrap() else {
        panic!("it succeeds");
    };
    assert_eq!(
        (variables["Outcome"].as_str(), variables["ChangeSetType"].as_str()),
        ("changes", "UPDATE")
    );
    let planned = world.planned();
    assert_eq!(planned.stack_last_changed.as_deref(), Some("2026-11-20T08:00:00Z"));
    assert_eq!(planned.stack_policy_before.as_deref(), Some("{}"));
}

#[test]
fn the_wait_for_cloudformation_is_a_continuation_that_finds_its_change_set() {
    let world = World::new();
    world.cloudformation.delay_next_change_set(2);
    let mut deliveries = 0;
    let outcome = loop {
        match world.deliver().unwrap() {
            JobOutcome::Continue { token, summary, .. } => {
                assert!(summary.contains("is making the change set"), "{summary}");
                world.continue_with(&token);
                deliveries += 1;
            }
            outcome => break outcome,
        }
    };
    assert!(matches!(outcome, JobOutcome::Succeeded { .. }));
    assert_eq!(deliveries, 2);
    assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 1);
}

#[test]
fn a_large_template_travels_by_versioned_url_and_its_copy_is_checked() {
    let world = World::new();
    let large = template(&"x".repeat(60_000));
    let digest = crate::domain::sha256::Sha256::of(&large);
    world.artifacts.with("Template", &large);
    let key = keys::package(digest, "json");
    let version = world.source.seed_with(&key, &large, &[]);
    let url = format!("https://s3.eu-west-1.amazonaws.com/source/{key}?versionId={version}");
    world.cloudformation.with_url(&url, &large);
    assert!(matches!(world.deliver().unwrap(), JobOutcome::Succeeded { .. }));

    let world = World::new();
    world.artifacts.with("Template", &large);
    world.source.seed_with(&key, "something else", &[]);
    let error = world.deliver().unwrap_err().to_string();
    assert!(error.contains("was changed in the source bucket"), "{error}");
    assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 0);
}

#[test]
fn a_stack_without_tags_in_its_configuration_keeps_the_tags_it_has() {
    let world = World::new();
    world.artifacts.with("Configuration", "{}");
    world.deliver().unwrap();
    let held = world.cloudformation.look(STACK).unwrap();
    assert_eq!(held.change_sets[0].new.as_ref().unwrap().tags, None);
}

#[test]
fn sources_that_the_sync_did_not_write_are_refused() {
    let world = World::new();
    let version = world
        .source
        .seed_with("TemplateSource/stacks/network/template.json.zip", "zip", &[]);
    world.pipelines.edit_run(world::PIPELINE, world::RUN, |run| {
        let source = run
            .actions
            .iter_mut()
            .find(|action| action.action == "Template")
            .unwrap();
        source.output_variables.insert("VersionId".to_owned(), version);
    });
    let error = world.deliver().unwrap_err().to_string();
    assert!(error.contains("the sync did not write it"), "{error}");
}

#[test]
fn a_role_outside_of_the_deployers_path_is_refused() {
    let world = World::with_gate(|gate| gate.deployer = "arn:aws:iam::000000000000:role/Admin".to_owned());
    let error = world.deliver().unwrap_err().to_string();
    assert!(error.contains("/changegate/deployers/"), "{error}");
    assert_eq!(world.wire.count_of("cloudformation:CreateChangeSet"), 0);
}
