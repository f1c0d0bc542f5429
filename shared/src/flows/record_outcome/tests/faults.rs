//! Every call breaks in every way; what is announced again afterwards ends as if nothing had happened.

use super::world::{ALICE, PIPELINE, RUN, World};
use crate::domain::keys;
use crate::flows::fakes::Fault;

/// A rejected run, while another pipeline waits for an export that exists.
fn world() -> World {
    let world = World::reviewed();
    world.approve(Some(ALICE), "Failed", "no");
    world
        .pipelines
        .edit_run(PIPELINE, RUN, |run| run.execution.status = "Failed".to_owned());
    world.pipelines.with_run("changegate-app", "app-run");
    world.pipelines.edit_run("changegate-app", "app-run", |run| {
        run.execution.status = "Succeeded".to_owned();
    });
    world.evidence.seed(
        &keys::waiting("changegate-app"),
        r#"{"version": 1, "pipeline": "changegate-app", "execution": "app-run", "stack": "app", "commit": "0123456",
        "export": "vpc-id"}"#,
    );
    world.cloudformation.with_export("vpc-id", "base");
    world
}

/// Announces as Lambda does: again after a kill or an error, three times at most.
fn announce_to_the_end(world: &World) {
    for _ in 0..3 {
        if let Some(Ok(())) = world.try_announce("FAILED") {
            return;
        }
    }
    panic!("it ends");
}

#[test]
fn a_fault_at_any_call_loses_nothing_and_doubles_nothing() {
    let untouched = world();
    announce_to_the_end(&untouched);
    let calls = untouched.wire.count();
    let expected = untouched.outcome();
    for fault in [
        Fault::Throttle,
        Fault::Outage,
        Fault::LostAnswer,
        Fault::KillBefore,
        Fault::KillAfter,
    ] {
        for call in 0..calls {
            let world = world();
            world.wire.break_call(call, fault);
            announce_to_the_end(&world);
            let context = format!("{fault:?} at call {call}\n{}", world.wire.log());
            let outcome = world.outcome();
            assert_eq!(
                (outcome.end, &outcome.fingerprint),
                (expected.end, &expected.fingerprint),
                "{context}"
            );
            assert!(
                world.evidence.text(&keys::further_outcome(PIPELINE, RUN, 2)).is_none(),
                "{context}"
            );
            assert_eq!(world.pipelines.started().len(), 1, "{context}");
            assert_eq!(world.change_sets(), 0, "{context}");
            let mails = world.topics.published().len();
            assert!(
                mails == 1 || mails == 2,
                "people hear of it, at most twice: {mails}, {context}"
            );
            assert!(
                world.evidence.text(&keys::waiting("changegate-app")).is_none(),
                "{context}"
            );
        }
    }
}
