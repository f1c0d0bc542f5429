//! Every call of every way through the flow breaks in every way; what is delivered again afterwards ends as if nothing
//! had happened. And two deliveries of one job meet in every order.

use super::world::{PIPELINE, RUN, STACK, World, template};
use crate::domain::gate::FirstRun;
use crate::domain::job::JobOutcome;
use crate::domain::keys;
use crate::domain::sha256::Sha256;
use crate::flows::fakes::Fault;
use crate::flows::ports::OperationEvent;

const OLDER: &str = "aaaaaaaa-0000-4000-8000-00000000000a";

const FAULTS: [Fault; 5] = [
    Fault::Throttle,
    Fault::Outage,
    Fault::LostAnswer,
    Fault::KillBefore,
    Fault::KillAfter,
];

/// A stack is updated while an older run waits and an ended one left a change set; a policy is looked at.
fn update() -> World {
    let world = World::with_gate(|gate| gate.stack_policy = Some("{}".into()));
    let own = world.pipelines.take_runs(PIPELINE);
    world.pipelines.with_run(PIPELINE, "ended-run");
    world
        .pipelines
        .edit_run(PIPELINE, "ended-run", |run| run.execution.status = "Failed".to_owned());
    world.pipelines.with_run(PIPELINE, OLDER);
    world.pipelines.put_runs(PIPELINE, own);
    world
        .cloudformation
        .with_stack(STACK, "UPDATE_COMPLETE", &template("old"));
    world.cloudformation.edit(STACK, |held| {
        held.change_sets.push(crate::flows::fakes::FakeChangeSet {
            description: crate::domain::change_set::description::ChangeSetDescription {
                change_set_name: "cg-7654321-ended-run".to_owned(),
                change_set_id: "arn:left".to_owned(),
                status: "CREATE_COMPLETE".to_owned(),
                execution_status: "AVAILABLE".to_owned(),
                ..Default::default()
            },
            ..Default::default()
        });
    });
    world
}

/// CloudFormation takes two deliveries to make the change set of a stack that does not exist.
fn slow_creation() -> World {
    let world = World::new();
    world.cloudformation.delay_next_change_set(2);
    world
}

/// The stack is already as the template says.
fn no_changes() -> World {
    let world = World::new();
    world
        .cloudformation
        .with_stack(STACK, "CREATE_COMPLETE", &template("new"));
    world.cloudformation.edit(STACK, |held| {
        held.inputs.0.insert("Cidr".to_owned(), "10.0.0.0/16".to_owned());
        held.inputs.1.insert("team".to_owned(), "network".to_owned());
    });
    world
}

/// The template imports what no stack exports.
fn blocked() -> World {
    let world = World::new();
    let importing = template("new").replace(r#""new""#, r#"{"Fn::ImportValue": "vpc-id"}"#);
    world.artifacts.with("Template", importing);
    world
}

/// CloudFormation's validation refuses the template.
fn invalid() -> World {
    let world = World::new();
    let finding = OperationEvent {
        event_type: "VALIDATION_ERROR".to_owned(),
        path: "/Resources/Topic".to_owned(),
        reason: "odd".to_owned(),
        ..OperationEvent::default()
    };
    world
        .cloudformation
        .fail_next_change_set("validation failed", vec![finding]);
    world
}

/// The stage was retried: an earlier attempt of the run made a change set.
fn retried() -> World {
    let world = World::new();
    world.deliver().unwrap();
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.actions[0].id = "the second attempt".to_owned();
    });
    world
}

/// The template is too large for a request.
fn large() -> World {
    let world = World::new();
    let large = template(&"x".repeat(60_000));
    let key = keys::package(Sha256::of(&large), "json");
    world.artifacts.with("Template", &large);
    let version = world.source.seed_with(&key, &large, &[]);
    let url = format!("https://s3.eu-west-1.amazonaws.com/source/{key}?versionId={version}");
    world.cloudformation.with_url(&url, &large);
    world
}

/// The first run of a pipeline is held.
fn held() -> World {
    let world = World::with_gate(|gate| gate.first_run = FirstRun::Hold);
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.execution.trigger_type = Some("CreatePipeline".to_owned());
    });
    world
}

/// A way through the flow: its name, its world, how many change sets its run makes and how many are there then.
type Way = (&'static str, fn() -> World, u32, usize);

/// Every way through the flow.
const WAYS: [Way; 8] = [
    ("update", update, 1, 1),
    ("slow creation", slow_creation, 1, 1),
    ("no changes", no_changes, 1, 1),
    ("blocked", blocked, 0, 0),
    ("invalid", invalid, 1, 1),
    ("retried", retried, 1, 1),
    ("large", large, 1, 1),
    ("held", held, 0, 0),
];

/// Delivers until the job ends, as CodePipeline and Lambda do: again after a kill, and by continuing after a throttle.
fn deliver_to_the_end(world: &World) -> JobOutcome {
    for _ in 0..12 {
        match world.try_deliver() {
            None => {}
            Some(Err(error)) if error.is_transient() => {}
            Some(Err(error)) => panic!("it goes on: {error}"),
            Some(Ok(JobOutcome::Continue { token, .. })) => world.continue_with(&token),
            Some(Ok(outcome)) => return outcome,
        }
    }
    panic!("it ends");
}

/// What the world holds after a run: change sets made since `before`, and those that are there.
fn change_sets(world: &World, before: u32) -> (u32, usize) {
    let held = world.cloudformation.look(STACK);
    (
        world.cloudformation.made() - before,
        held.map_or(0, |held| held.change_sets.len()),
    )
}

/// An end as text, to be compared.
fn end_of(outcome: &JobOutcome) -> String {
    format!("{outcome:?}")
}

#[test]
fn a_fault_at_any_call_of_any_way_changes_nothing_about_the_end() {
    for (name, world, made, there) in WAYS {
        let untouched = world();
        let (before, first) = (untouched.cloudformation.made(), untouched.wire.count());
        let expected = end_of(&deliver_to_the_end(&untouched));
        assert_eq!(change_sets(&untouched, before), (made, there), "{name}");
        let calls = first..untouched.wire.count();
        assert!(calls.len() > 5, "{name} is rich enough: {}", untouched.wire.log());
        for fault in FAULTS {
            for call in calls.clone() {
                let world = world();
                let before = world.cloudformation.made();
                world.wire.break_call(call, fault);
                let outcome = deliver_to_the_end(&world);
                let context = format!("{name}: {fault:?} at call {call}\n{}", world.wire.log());
                assert_eq!(end_of(&outcome), expected, "{context}");
                assert_eq!(change_sets(&world, before), (made, there), "{context}");
                let asked = world.wire.count_of("cloudformation:CreateChangeSet");
                let allowed = untouched.wire.count_of("cloudformation:CreateChangeSet");
                // Only a request that never had an effect is made again.
                let is_without_effect = matches!(fault, Fault::Throttle | Fault::Outage | Fault::KillBefore);
                assert!(
                    asked == allowed || (asked == allowed + 1 && is_without_effect),
                    "asked {asked} times; {context}"
                );
            }
        }
    }
}

#[test]
fn two_faults_in_a_row_change_nothing_about_the_end() {
    let untouched = update();
    let expected = end_of(&deliver_to_the_end(&untouched));
    for call in 0..untouched.wire.count() {
        for fault in [Fault::KillAfter, Fault::LostAnswer] {
            for distance in 1..untouched.wire.count() {
                let world = update();
                world.wire.break_call(call, fault);
                world.wire.break_call(call + distance, Fault::KillAfter);
                let outcome = deliver_to_the_end(&world);
                let context = format!("{fault:?} at call {call}, then {distance} later\n{}", world.wire.log());
                assert_eq!(end_of(&outcome), expected, "{context}");
                assert_eq!(world.cloudformation.made(), 1, "{context}");
            }
        }
    }
}

#[test]
fn a_denial_is_told_and_never_read_as_absence() {
    for (name, world, ..) in WAYS {
        let (first, calls) = {
            let untouched = world();
            let first = untouched.wire.count();
            untouched.deliver().unwrap();
            (first, untouched.wire.count())
        };
        for call in first..calls {
            let world = world();
            world.wire.break_call(call, Fault::Denial);
            let log = || world.wire.log();
            match world.deliver() {
                Err(error) => assert_eq!(
                    error.kind(),
                    crate::domain::job::FailureKind::Permission,
                    "{name}, call {call}: {error}\n{}",
                    log()
                ),
                // What is only read to explain an end does not change it.
                Ok(outcome) => {
                    let denied = log().lines().nth(call).unwrap_or_default().to_owned();
                    let is_explanation = denied.starts_with("cloudformation:DescribeEvents")
                        || denied.starts_with("s3:GetObject TemplateSource/.catalogue/");
                    assert!(is_explanation, "{name}, call {call}: {denied}: {outcome:?}");
                }
            }
        }
    }
}

#[test]
fn two_deliveries_at_the_same_time_make_one_change_set() {
    for (name, world, made, there) in WAYS {
        let expected = end_of(&deliver_to_the_end(&world()));
        for seed in 0..60 {
            let world = world();
            let before = world.cloudformation.made();
            world.wire.interleave(seed);
            let both = async {
                let job = world.job.borrow().clone();
                let (first, second) = (world.delivery(&job), world.delivery(&job));
                futures_util::join!(first, second)
            };
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let (first, second) = runtime.block_on(both);
            let context = || format!("{name}, order {seed}\n{}", world.wire.log());
            let mut reports = Vec::new();
            for delivery in [first, second] {
                match delivery {
                    Ok(outcome) => reports.push(outcome),
                    Err(error) => assert!(error.is_transient(), "{error}; {}", context()),
                }
            }
            // CodePipeline takes the report that comes first, whichever that is; each leads to the same end.
            for outcome in reports {
                if let JobOutcome::Continue { token, .. } = &outcome {
                    world.continue_with(token);
                    continue;
                }
                assert_eq!(end_of(&outcome), expected, "{}", context());
            }
            let last = world.deliver_to_the_end_slowly(&runtime);
            assert_eq!(end_of(&last), expected, "{}", context());
            assert_eq!(change_sets(&world, before), (made, there), "{}", context());
        }
    }
}

#[test]
fn a_delivery_after_the_end_makes_nothing_new() {
    for (name, world, made, there) in WAYS {
        let world = world();
        let before = world.cloudformation.made();
        let first = end_of(&deliver_to_the_end(&world));
        world.job.borrow_mut().continuation_token = None;
        let again = world.try_deliver().expect("the process lives on");
        assert_eq!(end_of(&again.unwrap()), first, "{name}");
        assert_eq!(change_sets(&world, before), (made, there), "{name}");
    }
}

impl World {
    /// Delivers until the job ends, on a runtime in which calls give way.
    fn deliver_to_the_end_slowly(&self, runtime: &tokio::runtime::Runtime) -> JobOutcome {
        for _ in 0..12 {
            let job = self.job.borrow().clone();
            match runtime.block_on(self.delivery(&job)) {
                Err(error) if error.is_transient() => {}
                Err(error) => panic!("it goes on: {error}"),
                Ok(JobOutcome::Continue { token, .. }) => self.continue_with(&token),
                Ok(outcome) => return outcome,
            }
        }
        panic!("it ends");
    }
}
