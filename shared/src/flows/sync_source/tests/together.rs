//! Which versions of a template and a configuration a run may read together: such as the branch had at one commit.

use std::collections::BTreeSet;

use super::random::{Branch, Random, STACKS, edit, file};
use super::*;
use crate::domain::actions::{CONFIGURATION, SOURCE_STAGE, TEMPLATE};
use crate::domain::gate::Gate;
use crate::domain::history::ActionExecution;
use crate::domain::provenance::Apart;
use crate::flows::fakes::{self, Fault};
use crate::flows::run_sources::{RunOfStack, Sources};

const NETWORK: &str = "stacks/network/template.yaml";
const CONFIGURED: &str = "stacks/network/production.json";

fn size(size: usize) -> String {
    format!(r#"{{"Parameters": {{"Size": {size}}}}}"#)
}

/// Why a run of the stack that reads these versions is refused.
async fn apart(place: &Place, name: &str, path: &str, versions: [&str; 2]) -> Option<Apart> {
    let mut sources = sources(place, name, path, versions).await;
    sources.apart(&place.bucket).await.unwrap()
}

/// The sources of a run of the stack that reads these versions.
async fn sources(place: &Place, name: &str, path: &str, versions: [&str; 2]) -> Sources {
    let gate = Gate {
        stack: name.to_owned(),
        template: path.to_owned(),
        ..fakes::gate("network")
    };
    let actions: Vec<_> = [TEMPLATE, CONFIGURATION]
        .into_iter()
        .zip(versions)
        .map(|(action, version)| ActionExecution {
            stage: SOURCE_STAGE.to_owned(),
            action: action.to_owned(),
            status: "Succeeded".to_owned(),
            output_variables: [("VersionId".to_owned(), version.to_owned())].into(),
            ..ActionExecution::default()
        })
        .collect();
    let run = RunOfStack {
        environment: "production",
        gate: &gate,
        is_root: false,
        actions: &actions,
    };
    Sources::of(&place.bucket, run).await.unwrap()
}

/// The versions that a stack's pipeline was given last.
fn current(place: &Place, name: &str) -> [String; 2] {
    let stack = place.snapshot().stacks.remove(name).unwrap();
    [
        stack.template_zip.unwrap().version,
        stack.configuration_zip.unwrap().version,
    ]
}

fn keys_of(path: &str, name: &str) -> [String; 2] {
    [
        keys::zipped(&keys::source(path)),
        keys::zipped(&keys::configuration("production", name)),
    ]
}

async fn assert_together(place: &Place, name: &str, path: &str) {
    let [template, configuration] = current(place, name);
    assert_eq!(
        apart(place, name, path, [&template, &configuration]).await,
        None,
        "{name}"
    );
}

#[tokio::test]
async fn versions_of_different_commits_are_refused_and_those_of_one_are_not() {
    let place = Place::settled().await;
    let first = current(&place, "network");
    let both = [(NETWORK, template("2")), (CONFIGURED, size(3))];
    let both = both.each_ref().map(|(path, text)| (*path, Some(text.as_str())));
    place.github.push("Both", &both);
    place.sync().await;
    let second = current(&place, "network");
    place.github.push("Template", &[(NETWORK, Some(&template("3")))]);
    place.sync().await;
    let third = current(&place, "network");
    assert_eq!(third[1], second[1], "the configuration stays");
    for pair in [&first, &second, &third] {
        assert_eq!(apart(&place, "network", NETWORK, [&pair[0], &pair[1]]).await, None);
    }
    for (template, configuration) in [(&first, &second), (&second, &first), (&third, &first)] {
        let refused = apart(&place, "network", NETWORK, [&template[0], &configuration[1]]).await;
        assert!(refused.is_some_and(|apart| apart.is_told));
    }
}

#[tokio::test]
async fn a_stack_may_take_over_a_template_that_was_written_for_another_one() {
    let place = Place::settled().await;
    let shared = "stacks/shared/template.yaml";
    let catalogue = |network: &str| {
        format!(
            "version: 1\nstacks:\n  network: {{ template: {network}, configuration: {CONFIGURED} }}\n  other: {{ template: {shared} }}\n"
        )
    };
    place.pipelines.with_pipeline("cg-other");
    let before = (catalogue(NETWORK), template("shared"));
    place.github.push(
        "Other",
        &[("changegate.yaml", Some(&before.0)), (shared, Some(&before.1))],
    );
    place.sync().await;
    let old = current(&place, "network");
    assert_together(&place, "other", shared).await;
    // Neither the template nor the configuration is written, for both are there.
    place
        .github
        .push("Take over", &[("changegate.yaml", Some(&catalogue(shared)))]);
    place.sync().await;
    assert_together(&place, "network", shared).await;
    assert_together(&place, "other", shared).await;
    assert!(
        place
            .started()
            .ends_with(&["cg-network".to_owned(), "cg-root".to_owned()])
    );
    let taken = current(&place, "network");
    assert!(apart(&place, "network", shared, [&taken[0], &old[1]]).await.is_some());
    place.assert_at_rest().await;
}

#[tokio::test]
async fn what_a_dead_sync_wrote_for_another_commit_is_not_taken_for_this_one() {
    let both = [(NETWORK, template("2")), (CONFIGURED, size(3))];
    let both = both.each_ref().map(|(path, text)| (*path, Some(text.as_str())));
    let calls = {
        let place = Place::settled().await;
        place.github.push("Both", &both);
        let before = place.wire.count();
        place.sync().await;
        place.wire.count() - before
    };
    let mut renewed = 0;
    for call in 0..calls {
        for fault in [Fault::KillBefore, Fault::KillAfter, Fault::LostAnswer] {
            let place = Place::settled().await;
            let [_, key] = keys_of(NETWORK, "network");
            place.github.push("Both", &both);
            place.wire.break_call(place.wire.count() + call, fault);
            let sync = sync_source(place.world(), &place.settings, SyncReason::Look);
            let _ = tokio::time::timeout(std::time::Duration::from_secs(1), sync).await;
            place.wire.heal();
            let is_torn = place.bucket.version_ids(&key).len() == 1;
            place.github.push("Take back half", &[(CONFIGURED, Some(&size(2)))]);
            place.sync().await;
            assert_together(&place, "network", NETWORK).await;
            renewed += usize::from(is_torn && place.bucket.version_ids(&key).len() == 2);
            place.assert_at_rest().await;
        }
    }
    assert!(renewed > 0, "no sync died between the two");
}

/// Every pair that there ever was is allowed for good once it was current, and no other content is.
#[tokio::test(start_paused = true)]
async fn of_a_random_history_exactly_what_stood_on_the_branch_may_be_read_together() {
    let (mut allowed, mut refused) = (0, 0);
    for seed in 0..12 {
        let place = Place::new();
        for (_, name) in STACKS {
            place.pipelines.with_pipeline(&format!("cg-{name}"));
        }
        place.pipelines.with_pipeline("cg-root");
        let mut random = Random::new(seed);
        let mut earlier: Vec<Branch> = Vec::new();
        let mut stood: BTreeSet<(String, [String; 2])> = BTreeSet::new();
        let mut contents: BTreeSet<(String, [Vec<u8>; 2])> = BTreeSet::new();
        for _ in 0..14 {
            let mut files = place.github.files();
            let (folder, _) = STACKS[random.below(2)];
            let (note, size) = (random.below(6).to_string(), size(random.below(6)));
            match random.below(4) {
                0 => edit(&mut random, &mut files, &earlier),
                half => {
                    if half != 1 {
                        files.insert(format!("{folder}/template.yaml"), file(&template(&note)));
                    }
                    if half != 2 {
                        files.insert(format!("{folder}/production.json"), file(&size));
                    }
                }
            }
            earlier.push(files.clone());
            place.github.push_files("Commit", files);
            place.sync().await;
            for (name, stack) in place.snapshot().stacks {
                let (Some(template), Some(configuration)) = (stack.template_zip, stack.configuration_zip) else {
                    continue;
                };
                let keys = keys_of(&stack.template, &name);
                let versions = [template.version, configuration.version];
                let bytes = [0, 1].map(|half| place.bucket.version_bytes(&keys[half], &versions[half]).unwrap());
                contents.insert((name.clone(), bytes));
                stood.insert((name, versions));
            }
        }
        for (folder, name) in STACKS {
            let path = format!("{folder}/template.yaml");
            let keys = keys_of(&path, name);
            for template in place.bucket.version_ids(&keys[0]) {
                for configuration in place.bucket.version_ids(&keys[1]) {
                    let versions = [template.clone(), configuration.clone()];
                    let bytes = [0, 1].map(|half| place.bucket.version_bytes(&keys[half], &versions[half]).unwrap());
                    let is_allowed = apart(&place, name, &path, [&versions[0], &versions[1]]).await.is_none();
                    if stood.contains(&(name.to_owned(), versions)) {
                        assert!(is_allowed, "{seed} {name}");
                        allowed += 1;
                    } else if !contents.contains(&(name.to_owned(), bytes)) {
                        assert!(!is_allowed, "{seed} {name}");
                        refused += 1;
                    }
                }
            }
        }
    }
    assert!(allowed > 100 && refused > 100, "{allowed} and {refused} are no test");
}
