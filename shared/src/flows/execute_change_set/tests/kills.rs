//! Whatever is killed, throttled or lost, and delivered again, ends in one execution and one report.

use futures_util::FutureExt as _;

use super::steps::*;
use super::world::*;
use crate::domain::job::JobOutcome;
use crate::domain::keys;
use crate::domain::stack_policy::ALLOW_ALL;
use crate::flows::execute_change_set::execute_change_set;
use crate::flows::fakes::Fault;

const FAULTS: [Fault; 5] = [
    Fault::KillBefore,
    Fault::KillAfter,
    Fault::LostAnswer,
    Fault::Throttle,
    Fault::Outage,
];

/// Delivers until the action ends, as Lambda and CodePipeline do: a killed delivery comes again, a call that failed
/// for now makes the envelope continue. The stack comes to rest between two deliveries.
fn deliver_to_the_end(world: &World, is_success: bool) -> JobOutcome {
    let mut token = None;
    for _ in 0..12 {
        match world.deliver(token.as_deref()) {
            None => {}
            Some(Err(error)) if error.is_transient() => {}
            Some(Err(error)) => panic!("ended without an outcome: {error}\n{}", world.wire.log()),
            Some(Ok(JobOutcome::Continue { token: next, .. })) => token = Some(next),
            Some(Ok(outcome)) => return outcome,
        }
        world.finish(is_success);
    }
    panic!("the action does not end\n{}", world.wire.log());
}

/// Breaks every call in turn, in every way, and looks at the end of each.
fn break_every_call(setup: &Setup, is_success: bool, look: impl Fn(&World, JobOutcome)) {
    for fault in FAULTS {
        for number in 0.. {
            let world = World::new(setup);
            let first = world.wire.count();
            world.wire.break_call(first + number, fault);
            let outcome = deliver_to_the_end(&world, is_success);
            let is_over = world.wire.count() <= first + number;
            look(&world, outcome);
            if is_over {
                assert!(number > 10, "only {number} calls were broken");
                break;
            }
        }
    }
}

#[test]
fn an_update_with_a_policy_is_executed_exactly_once() {
    let mut setup = Setup::default();
    setup.gate.stack_policy = Some(DENY.into());
    break_every_call(&setup, true, |world, outcome| {
        assert_eq!(variables(outcome)["Result"], "executed");
        assert_eq!(world.executions(), 1, "{}", world.wire.log());
        assert_eq!(world.policy().as_deref(), Some(DENY));
        assert_eq!(world.executed().execution, RUN);
    });
}

#[test]
fn a_failed_update_is_executed_exactly_once_and_its_former_policy_comes_back() {
    let mut setup = Setup {
        policy: Some(ALLOW_ALL),
        ..Setup::default()
    };
    setup.gate.stack_policy = Some(DENY.into());
    break_every_call(&setup, false, |world, outcome| {
        assert!(failure(outcome).starts_with("`Topic`"));
        assert_eq!(world.executions(), 1, "{}", world.wire.log());
        assert_eq!(world.policy().as_deref(), Some(ALLOW_ALL));
        assert_eq!(world.executed().execution, "earlier");
    });
}

#[test]
fn a_create_is_executed_exactly_once_and_gets_its_policy() {
    let mut setup = Setup {
        is_create: true,
        ..Setup::default()
    };
    setup.gate.stack_policy = Some(DENY.into());
    break_every_call(&setup, true, |world, outcome| {
        assert_eq!(variables(outcome)["StackStatus"], "CREATE_COMPLETE");
        assert_eq!(world.executions(), 1, "{}", world.wire.log());
        assert_eq!(world.policy().as_deref(), Some(DENY));
    });
}

#[test]
fn a_policy_alone_is_set_whatever_breaks() {
    let mut setup = Setup {
        is_policy_only: true,
        ..Setup::default()
    };
    setup.gate.stack_policy = Some(DENY.into());
    break_every_call(&setup, true, |world, outcome| {
        assert_eq!(variables(outcome)["Result"], "policy-only");
        assert_eq!(world.policy().as_deref(), Some(DENY));
        assert_eq!(world.wire.count_of("cloudformation:ExecuteChangeSet"), 0);
    });
}

#[test]
fn a_stale_plan_is_followed_by_exactly_one_fresh_run() {
    for fault in FAULTS {
        for number in 0.. {
            let world = World::new(&Setup::default());
            world.cloudformation.edit(STACK, |held| {
                held.stack.last_updated = Some("2026-11-23T09:45:00Z".to_owned());
            });
            let first = world.wire.count();
            world.wire.break_call(first + number, fault);
            let message = failure(deliver_to_the_end(&world, true));
            assert!(message.contains("out of date"), "{message}");
            assert_eq!(world.pipelines.started().len(), 1, "{}", world.wire.log());
            assert_eq!(world.executions(), 0);
            if world.wire.count() <= first + number {
                break;
            }
        }
    }
}

/// One delivery is held before each of its calls in turn, while another of the same job runs to the very end of the
/// action and the stack comes to rest. Then the first goes on with what it knew.
fn hold_every_call(setup: &Setup, is_success: bool, look: impl Fn(&World)) {
    for number in 0.. {
        let world = World::new(setup);
        let first = world.wire.count();
        world.wire.break_call(first + number, Fault::Hold);
        let (ports, job) = (world.ports(), world.job(None));
        let mut held = std::pin::pin!(execute_change_set(&ports, &world.settings, &job, &world.artifacts));
        if (&mut held).now_or_never().is_some() {
            assert!(number > 10, "only {number} calls were held");
            break;
        }
        let outcome = deliver_to_the_end(&world, is_success);
        assert_eq!(
            matches!(outcome, JobOutcome::Succeeded { .. }),
            is_success,
            "{outcome:?}"
        );
        world.wire.release();
        let late = held.now_or_never().expect("nothing holds it any more");
        match late {
            Ok(JobOutcome::Failed { message, .. }) => assert!(!is_success, "{number}: {message}"),
            Err(error) => assert!(error.is_transient(), "{number}: {error}"),
            Ok(JobOutcome::Continue { .. } | JobOutcome::Succeeded { .. }) => {}
        }
        assert_eq!(world.executions(), 1, "{number}: {}", world.wire.log());
        look(&world);
    }
}

#[test]
fn a_delivery_that_comes_late_after_the_end_executes_nothing_and_records_nothing_else() {
    let mut setup = Setup::default();
    setup.gate.stack_policy = Some(DENY.into());
    hold_every_call(&setup, true, |world| {
        assert_eq!(world.policy().as_deref(), Some(DENY));
        assert_eq!(world.executed().execution, RUN);
    });
}

#[test]
fn a_delivery_that_comes_late_after_a_failure_leaves_the_former_policy() {
    let mut setup = Setup {
        policy: Some(ALLOW_ALL),
        ..Setup::default()
    };
    setup.gate.stack_policy = Some(DENY.into());
    hold_every_call(&setup, false, |world| {
        assert_eq!(world.policy().as_deref(), Some(ALLOW_ALL), "{}", world.wire.log());
        assert_eq!(world.executed().execution, "earlier");
    });
}

#[test]
fn an_execution_that_another_delivery_began_meanwhile_is_followed() {
    let world = World::new(&Setup::default());
    world
        .wire
        .break_next("cloudformation:ExecuteChangeSet", Fault::LostAnswer);
    let error = world.deliver(None).unwrap().unwrap_err();
    assert!(error.is_transient(), "{error}");
    let (_, summary, _) = waits(world.step(None));
    assert_eq!(summary, "0 of 2 resources");
    assert_eq!(world.executions(), 1);
}

#[test]
fn a_denied_execution_puts_the_policy_back_and_says_what_was_denied() {
    let mut setup = Setup::default();
    setup.gate.stack_policy = Some(DENY.into());
    let world = World::new(&setup);
    world.wire.break_next("cloudformation:ExecuteChangeSet", Fault::Denial);
    let error = world.deliver(None).unwrap().unwrap_err();
    assert!(error.to_string().contains("cloudformation:ExecuteChangeSet"), "{error}");
    assert_eq!(world.policy().as_deref(), Some(ALLOW_ALL));
    assert_eq!(world.executions(), 0);
}

/// Changes the stack after the plan, so that the guard refuses.
fn change_stack(world: &World) {
    world.cloudformation.edit(STACK, |held| {
        held.stack.last_updated = Some("2026-11-23T09:45:00Z".to_owned());
    });
}

#[test]
fn a_refusal_waits_while_another_delivery_has_claimed_and_not_yet_begun() {
    let world = World::new(&Setup::default());
    change_stack(&world);
    world.wire.break_next("codepipeline:GetPipelineExecution", Fault::Hold);
    let (ports, job) = (world.ports(), world.job(None));
    let mut late = std::pin::pin!(execute_change_set(&ports, &world.settings, &job, &world.artifacts));
    assert!((&mut late).now_or_never().is_none(), "{}", world.wire.log());
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"executing"}"#);
    world.wire.release();
    let error = late.now_or_never().expect("nothing holds it any more").unwrap_err();
    assert!(error.is_transient(), "{error}");
    assert!(error.to_string().contains("about to execute"), "{error}");
    assert!(world.pipelines.started().is_empty());
}

#[test]
fn a_refusal_follows_what_another_delivery_has_begun() {
    let world = World::new(&Setup::default());
    change_stack(&world);
    world.wire.break_next("codepipeline:GetPipelineExecution", Fault::Hold);
    let (ports, job) = (world.ports(), world.job(None));
    let mut late = std::pin::pin!(execute_change_set(&ports, &world.settings, &job, &world.artifacts));
    assert!((&mut late).now_or_never().is_none(), "{}", world.wire.log());
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"executing"}"#);
    world.cloudformation.edit(STACK, |held| {
        held.stack.status = "UPDATE_IN_PROGRESS".to_owned();
        held.change_sets[0].description.execution_status = "EXECUTE_IN_PROGRESS".to_owned();
    });
    world.wire.release();
    waits(late.now_or_never().expect("nothing holds it any more").unwrap());
}

#[test]
fn a_run_that_a_killed_delivery_claimed_is_refused_when_its_plan_is_stale() {
    let world = World::new(&Setup::default());
    change_stack(&world);
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"executing"}"#);
    let message = world.refusal();
    assert!(message.contains("out of date"), "{message}");
}
