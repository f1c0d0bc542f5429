//! The template of one commit with the configuration of another.

use super::steps::*;
use super::world::*;
use crate::domain::keys;
use crate::domain::sha256::Sha256;
use crate::flows::fakes::{self, FakeSource};

fn setup() -> Setup {
    Setup {
        is_numbered: true,
        ..Setup::default()
    }
}

fn configuration_key() -> String {
    keys::zipped(&keys::configuration("production", "network"))
}

#[test]
fn a_run_whose_halves_stood_together_is_executed_though_one_of_them_is_old() {
    let world = World::new(&setup());
    waits(world.step(None));
    // A newer configuration, which this run does not read, changes nothing about it.
    let world = World::new(&setup());
    let newer = FakeSource {
        content: "{1}",
        ..numbered(2, 3).1
    };
    newer.seed(&world.source, &configuration_key());
    waits(world.step(None));
}

#[test]
fn the_template_of_one_commit_with_the_configuration_of_another_is_refused() {
    for sequence in [1, 2, 3] {
        let world = World::new(&setup());
        let other = FakeSource {
            content: "{1}",
            ..numbered(2, sequence).1
        };
        let version = other.seed(&world.source, &configuration_key());
        world.reads("Configuration", Some(&version));
        let mut record = fakes::record(3, &gate(), ("later", "{1}"), OLD_COMMIT, Vec::new());
        fakes::seed_record(&world.source, &record);
        let message = world.refusal();
        assert!(
            message.contains(
                "the run reads the template of commit 0123456 with the configuration of commit aaaaaaa, and the branch \
                 had these together at no commit; start the pipeline again"
            ),
            "{message}"
        );
        assert_eq!(world.refusal(), message, "twice the same");
        // The stack was wrong at the commit of the newer one.
        if let Some(touched) = record.trace.as_mut().and_then(|trace| trace.stacks.get_mut("network")) {
            touched.reads = None;
        }
        fakes::seed_record(&world.source, &record);
        assert!(world.refusal().contains("together at no commit"));
    }
}

#[test]
fn what_no_record_tells_of_is_executed_only_while_the_bucket_holds_it() {
    let world = World::new(&Setup::default());
    let newer = FakeSource {
        content: "{1}",
        ..numbered(2, 3).1
    };
    newer.seed(&world.source, &configuration_key());
    let message = world.refusal();
    assert!(message.contains("no record of the sync tells whether"), "{message}");
    // The record is gone.
    let world = World::new(&setup());
    world
        .source
        .remove(&keys::provenance(&crate::domain::provenance::RecordId::Sequence(2)));
    waits(world.step(None));
}

#[test]
fn a_source_whose_version_is_not_known_stood_with_nothing() {
    for action in ["Template", "Configuration"] {
        for setup in [setup(), Setup::default()] {
            let world = World::new(&setup);
            world.reads(action, None);
            let message = world.refusal();
            assert!(message.contains("no record of the sync tells whether"), "{message}");
        }
    }
}

#[test]
fn what_an_object_says_it_holds_is_what_counts() {
    let world = World::new(&setup());
    let (_, configuration) = numbered(2, 1);
    // Another packer's archive of the same configuration.
    let content = Sha256::of(configuration.content).to_string();
    let metadata = [
        ("changegate-commit", OLD_COMMIT),
        ("changegate-sequence", "1"),
        ("changegate-content", content.as_str()),
    ];
    let version = world.source.seed_with(&configuration_key(), "other bytes", &metadata);
    world.reads("Configuration", Some(&version));
    waits(world.step(None));
}
