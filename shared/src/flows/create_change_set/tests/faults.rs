//! Every call breaks in every way; what is delivered again afterwards ends as if nothing had happened.

use super::world::{PIPELINE, STACK, World, template};
use crate::domain::job::JobOutcome;
use crate::flows::fakes::Fault;

/// A world in which every kind of call is made: an older run waits, another left a change set, a policy is looked at.
fn world() -> World {
    let world = World::with_gate(|gate| gate.stack_policy = Some("{}".to_owned()));
    let newer = world.pipelines.take_runs(PIPELINE);
    world
        .pipelines
        .with_run(PIPELINE, "aaaaaaaa-0000-4000-8000-00000000000a");
    world.pipelines.put_runs(PIPELINE, newer);
    world
        .cloudformation
        .with_stack(STACK, "UPDATE_COMPLETE", &template("old"));
    world
}

/// Delivers until the job ends, as CodePipeline and Lambda do; tells the end and how many deliveries were killed.
fn deliver_to_the_end(world: &World) -> JobOutcome {
    for _ in 0..10 {
        match world.try_deliver() {
            // Lambda delivers the same event again after a kill; a transient failure is a continuation.
            None => {}
            Some(Err(error)) if error.is_transient() => {}
            Some(Err(error)) => panic!("it goes on: {error}"),
            Some(Ok(JobOutcome::Continue { token, .. })) => world.continue_with(&token),
            Some(Ok(outcome)) => return outcome,
        }
    }
    panic!("it ends");
}

#[test]
fn a_fault_at_any_call_changes_nothing_about_the_end() {
    let untouched = world();
    let expected = deliver_to_the_end(&untouched);
    let calls = untouched.wire.count();
    assert!(calls > 10, "the world is rich enough: {}", untouched.wire.log());
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
            let outcome = deliver_to_the_end(&world);
            assert_eq!(outcome, expected, "{fault:?} at call {call}\n{}", world.wire.log());
            let held = world.cloudformation.look(STACK).unwrap();
            assert_eq!(held.change_sets.len(), 1, "{fault:?} at call {call}");
            let asked = world.wire.count_of("cloudformation:CreateChangeSet");
            let is_creation_itself_broken = matches!(fault, Fault::Throttle | Fault::Outage | Fault::KillBefore);
            assert!(
                asked == 1 || (asked == 2 && is_creation_itself_broken),
                "{fault:?} at call {call}: asked {asked} times"
            );
            assert_eq!(world.cloudformation.made(), 1, "{fault:?} at call {call}");
        }
    }
}

#[test]
fn a_denial_is_told_and_never_read_as_absence() {
    let calls = {
        let untouched = world();
        untouched.deliver().unwrap();
        untouched.wire.count()
    };
    for call in 0..calls {
        let world = world();
        world.wire.break_call(call, Fault::Denial);
        let error = world.deliver().unwrap_err();
        assert_eq!(
            error.kind(),
            crate::domain::job::FailureKind::Permission,
            "call {call}: {error}"
        );
    }
}
