//! What holds whatever happens, in whatever order.

use std::time::Duration;

use proptest::prelude::*;

use super::bench::{Bench, NAME, changegate};
use crate::codepipeline::engine::control::RetryMode;
use crate::codepipeline::engine::effects::{Effect, Failure, Fetched};
use crate::codepipeline::engine::jobs::Report;
use crate::codepipeline::engine::state::{ActionStatus, Awaits, Position, RunStatus};

#[derive(Debug, Clone)]
enum Step {
    Start,
    Stop { run: usize, abandon: bool },
    Retry { stage: usize, run: usize, all: bool },
    Update,
    Fetch { ok: bool },
    Job { which: usize, answer: u8 },
    Answer { approved: bool },
    Wait { seconds: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => Just(Step::Start),
        1 => (0..9_usize, any::<bool>()).prop_map(|(run, abandon)| Step::Stop { run, abandon }),
        2 => (0..3_usize, 0..9_usize, any::<bool>()).prop_map(|(stage, run, all)| Step::Retry { stage, run, all }),
        1 => Just(Step::Update),
        6 => prop::bool::weighted(0.9).prop_map(|ok| Step::Fetch { ok }),
        8 => (0..4_usize, 0..10_u8).prop_map(|(which, answer)| Step::Job { which, answer }),
        4 => prop::bool::weighted(0.8).prop_map(|approved| Step::Answer { approved }),
        2 => prop_oneof![Just(1_u64), Just(1_300), Just(90_000), Just(700_000)].prop_map(|seconds| Step::Wait { seconds }),
    ]
}

fn play(bench: &mut Bench, step: &Step) {
    let runs = bench.engine.pipelines[NAME].runs.len();
    let id = |bench: &Bench, run: usize| bench.run(runs.saturating_sub(1 + run % runs)).id.clone();
    match step {
        Step::Start => drop(bench.start()),
        Step::Stop { run, abandon } => {
            let id = id(bench, *run);
            let _ = bench.stop(&id, *abandon);
        }
        Step::Retry { stage, run, all } => {
            let id = id(bench, *run);
            let mode = if *all {
                RetryMode::AllActions
            } else {
                RetryMode::FailedActions
            };
            let _ = bench.retry(["Source", "Plan", "Apply"][*stage], &id, mode);
        }
        Step::Update => bench.update(&changegate()),
        Step::Fetch { ok: true } => bench.fetch_all(),
        Step::Fetch { ok: false } => {
            let position = bench
                .open
                .iter()
                .position(|effect| matches!(effect, Effect::FetchSource(_)));
            if let Some(Effect::FetchSource(fetch)) = position.map(|position| bench.open.remove(position)) {
                let failure: Result<Fetched, Failure> = Err(Failure::new("RevisionUnavailable", "gone"));
                bench
                    .engine
                    .source_fetched(&fetch.pipeline, &fetch.action_execution, failure);
                bench.collect();
            }
        }
        Step::Job { which, answer } => {
            let jobs: Vec<usize> = (0..bench.open.len())
                .filter(|index| matches!(bench.open[*index], Effect::Invoke(_)))
                .collect();
            if jobs.is_empty() {
                return;
            }
            let Effect::Invoke(invocation) = bench.open.remove(jobs[which % jobs.len()]) else {
                unreachable!()
            };
            let outcome = if *answer == 9 { "no-changes" } else { "changes" };
            let variables = [("Outcome", outcome), ("ChangeSetArn", "arn"), ("Digest", "abc")];
            let _ = match answer {
                0 => bench
                    .engine
                    .job_failed(&invocation.job, &Failure::new("JobFailed", "x"), None),
                1 | 2 => bench.report(
                    &invocation.job,
                    Report {
                        continuation: Some("t".into()),
                        ..Report::default()
                    },
                ),
                _ => bench.succeed(&invocation.job, &variables),
            };
            bench.collect();
        }
        Step::Answer { approved } => {
            let open = bench.engine.pipelines[NAME].runs.iter().find_map(|run| {
                run.actions.iter().find_map(|entry| match &entry.awaits {
                    Awaits::Approval { token, .. } => Some((run.action(entry).name.clone(), token.clone())),
                    _ => None,
                })
            });
            if let Some((action, token)) = open {
                bench.answer("Apply", &action, &token, *approved).unwrap();
            }
        }
        Step::Wait { seconds } => bench.wait(Duration::from_secs(*seconds)),
    }
}

fn check(bench: &Bench) {
    let pipeline = &bench.engine.pipelines[NAME];
    for (name, slot) in &pipeline.slots {
        if let Some(run) = slot.occupant {
            let Position::Inside(stage) = pipeline.runs[run].position else {
                panic!("{name} is held by a run that is not inside it");
            };
            assert_eq!(&pipeline.runs[run].stage(stage).name, name);
        }
        if let Some(run) = slot.waiting {
            assert!(slot.occupant.is_some(), "a run waits in front of {name}, which is free");
            assert!(matches!(pipeline.runs[run].position, Position::Waiting(_)));
            assert!(slot.occupant < slot.waiting, "an older run waits behind a newer one");
        }
    }
    for (index, run) in pipeline.runs.iter().enumerate() {
        let holds = pipeline
            .slots
            .values()
            .filter(|slot| slot.occupant == Some(index))
            .count();
        let waits = pipeline
            .slots
            .values()
            .filter(|slot| slot.waiting == Some(index))
            .count();
        let under_way = run
            .actions
            .iter()
            .filter(|entry| entry.status == ActionStatus::InProgress)
            .count();
        match run.position {
            Position::Inside(_) => {
                assert_eq!((holds, waits), (1, 0));
                assert!(under_way > 0, "a run sits in a stage and nothing happens: {run:#?}");
                assert!(matches!(run.status, RunStatus::InProgress | RunStatus::Stopping));
            }
            Position::Waiting(_) => assert_eq!((holds, waits, under_way), (0, 1, 0)),
            Position::Ended => {
                assert_eq!((holds, waits, under_way), (0, 0, 0));
                assert!(!matches!(run.status, RunStatus::InProgress | RunStatus::Stopping));
            }
        }
        if run.status == RunStatus::Superseded {
            assert!(index + 1 < pipeline.runs.len(), "the newest run was superseded");
        }
        for entry in &run.actions {
            let awaits_nothing = entry.awaits == Awaits::Nothing;
            assert_eq!(awaits_nothing, entry.status != ActionStatus::InProgress, "{entry:?}");
            if let Awaits::Job { id } = &entry.awaits {
                assert!(bench.engine.world.jobs[id].open);
            }
        }
    }
    let open = bench.engine.world.jobs.values().filter(|job| job.open).count();
    let awaited = pipeline
        .runs
        .iter()
        .flat_map(|run| &run.actions)
        .filter(|entry| matches!(entry.awaits, Awaits::Job { .. }))
        .count();
    assert_eq!(open, awaited, "every open job is awaited by exactly one action");
}

/// States of a pipeline event that end an attempt.
fn ends(bench: &Bench, run: &str) -> usize {
    bench
        .events
        .iter()
        .filter(|change| change.detail_type.contains("Pipeline Execution") && change.detail["execution-id"] == run)
        .filter(|change| {
            let state = change.detail["state"].as_str().unwrap();
            ["SUCCEEDED", "FAILED", "STOPPED", "SUPERSEDED", "CANCELED"].contains(&state)
        })
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn locks_jobs_and_runs_agree_after_any_steps(steps in prop::collection::vec(step(), 1..60)) {
        let mut bench = Bench::new(&changegate());
        check(&bench);
        for step in &steps {
            play(&mut bench, step);
            check(&bench);
        }
    }

    #[test]
    fn every_attempt_of_every_run_ends_with_exactly_one_event(steps in prop::collection::vec(step(), 1..60)) {
        let mut bench = Bench::new(&changegate());
        for step in &steps {
            play(&mut bench, step);
        }
        // Nobody answers any more: time-outs end what is left.
        for _ in 0..40 {
            bench.wait(Duration::from_hours(24 * 8));
            bench.fetch_all();
        }
        for run in &bench.engine.pipelines[NAME].runs {
            prop_assert_eq!(run.position, Position::Ended, "{} never ended", run.id);
            prop_assert_eq!(ends(&bench, &run.id), usize::try_from(run.attempt).unwrap());
        }
    }

    #[test]
    fn the_same_steps_give_the_same_history(steps in prop::collection::vec(step(), 1..40)) {
        let (mut one, mut two) = (Bench::new(&changegate()), Bench::new(&changegate()));
        for step in &steps {
            play(&mut one, step);
            play(&mut two, step);
        }
        prop_assert_eq!(&one.events, &two.events);
        prop_assert_eq!(&one.open, &two.open);
    }
}
