//! Ends whose announcement got lost are found in the history and recorded, each once.

use futures_util::FutureExt as _;

use super::*;
use crate::domain::gate::Gate;
use crate::domain::outcome::{End, Outcome};
use crate::domain::provenance::RecordId;
use crate::flows::fakes::{
    self, FakeBucket, FakeClock, FakeCloudFormation, FakeCodePipeline, FakeRepository, FakeTopics, Fault, Wire,
};
use crate::flows::ports::{ActionExecution, StatusState};

const NETWORK: &str = "changegate-network";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

mod statuses;

/// Pipelines whose runs ended, all announcements lost.
struct World {
    wire: Wire,
    pipelines: FakeCodePipeline,
    cloudformation: FakeCloudFormation,
    source: FakeBucket,
    evidence: FakeBucket,
    topics: FakeTopics,
    repository: FakeRepository,
    clock: FakeClock,
    settings: RecordSettings,
}

impl World {
    fn new() -> Self {
        let wire = Wire::default();
        let cloudformation = FakeCloudFormation::new(&wire);
        cloudformation.with_stack("network", "UPDATE_COMPLETE", "{}");
        Self {
            pipelines: FakeCodePipeline::new(&wire),
            cloudformation,
            source: FakeBucket::on(&wire),
            evidence: FakeBucket::on(&wire),
            topics: FakeTopics::new(&wire),
            repository: FakeRepository::new(&wire),
            clock: FakeClock::at("2026-11-23T12:00:00Z"),
            settings: RecordSettings {
                environment: "production".to_owned(),
                repository: "octo/infrastructure".to_owned(),
                pipeline_prefix: "changegate-".to_owned(),
                root_pipeline: "changegate-root".to_owned(),
                root_gate: Gate {
                    stack_name: "changegate-pipelines".to_owned(),
                    ..fakes::gate("root")
                },
                topic: "arn:topic".to_owned(),
            },
            wire,
        }
    }

    /// A run that ended at a time of the day; its template came with a commit.
    fn ended(&self, pipeline: &str, run: &str, status: &str, time: &str) {
        self.pipelines.with_run(pipeline, run);
        let gate = Gate {
            stack_name: "network".to_owned(),
            ..fakes::gate("network")
        };
        let key = crate::flows::run_sources::key_of("production", &gate, false, "Template").unwrap();
        self.source.seed(&keys::gate(gate.digest()), gate.to_canonical_json());
        let record = format!(
            r#"{{"version": 1, "repository": "octo/infrastructure", "repositoryId": 4, "branch": "main", "commit": "{COMMIT}",
            "previous": null, "stacks": ["network"], "complete": true, "commits": []}}"#
        );
        let record_id = RecordId::Commit(COMMIT.to_owned());
        self.source.seed(&keys::provenance(&record_id), record);
        let version = self.source.seed_with(&key, run, &[("changegate-commit", COMMIT)]);
        self.pipelines.with_source(pipeline, run, "Template", &version);
        let parameters = serde_json::json!({
            "pipeline": pipeline, "execution": run, "gate": gate.digest().to_string(),
        });
        let plan = ActionExecution {
            id: format!("{run}-plan"),
            stage: "Plan".to_owned(),
            action: "CreateChangeSet".to_owned(),
            status: if status == "Succeeded" { "Succeeded" } else { "Failed" }.to_owned(),
            category: "Invoke".to_owned(),
            resolved_configuration: [("UserParameters".to_owned(), parameters.to_string())].into(),
            ..ActionExecution::default()
        };
        self.pipelines.with_action(pipeline, run, plan);
        self.end(pipeline, run, status, time);
    }

    fn end(&self, pipeline: &str, run: &str, status: &str, time: &str) {
        self.pipelines.edit_run(pipeline, run, |run| {
            status.clone_into(&mut run.execution.status);
            run.execution.updated = Some(format!("2026-11-23T{time}Z"));
        });
    }

    fn ports(
        &self,
    ) -> RecordPorts<
        '_,
        FakeCodePipeline,
        FakeCloudFormation,
        FakeBucket,
        FakeBucket,
        FakeTopics,
        FakeRepository,
        FakeClock,
    > {
        RecordPorts {
            pipelines: &self.pipelines,
            cloudformation: &self.cloudformation,
            source: &self.source,
            evidence: &self.evidence,
            topics: &self.topics,
            repository: &self.repository,
            clock: &self.clock,
        }
    }

    fn try_sweep(&self, has_time: &dyn Fn() -> bool) -> Option<Result<Swept, FlowError>> {
        sweep(&self.ports(), &self.settings, has_time).now_or_never()
    }

    /// Runs of what a sweep recorded, in order.
    fn sweep(&self) -> Vec<String> {
        let swept = self.try_sweep(&|| true).expect("the process lives on").unwrap();
        swept.recorded.into_iter().map(|(_, run)| run).collect()
    }

    /// An announcement that is heard.
    fn announce(&self, run: &str, state: &str) {
        let run = EndedRun {
            pipeline: NETWORK.to_owned(),
            execution: run.to_owned(),
            state: state.to_owned(),
            time: None,
        };
        let recorded = record_outcome(&self.ports(), &self.settings, &run).now_or_never();
        recorded.expect("the process lives on").unwrap();
    }

    fn outcome(&self, pipeline: &str, run: &str, number: u32) -> Option<Outcome> {
        let key = if number == 1 {
            keys::outcome(pipeline, run)
        } else {
            keys::further_outcome(pipeline, run, number)
        };
        let text = self.evidence.text(&key)?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// A further sweep writes nothing, tells nobody and asks no more than it must.
    fn assert_at_rest(&self) {
        // A run that an end started is noted once.
        assert_eq!(self.sweep(), [""; 0]);
        self.evidence.take_calls();
        let told = (self.topics.published().len(), self.repository.statuses().len());
        assert_eq!(self.sweep(), [""; 0]);
        let calls = self.evidence.take_calls();
        let is_read = |call: &String| call.starts_with("GET") || call.starts_with("LIST");
        assert!(calls.iter().all(is_read), "{calls:?}");
        assert_eq!(told, (self.topics.published().len(), self.repository.statuses().len()));
    }
}

#[test]
fn every_end_that_nobody_recorded_is_recorded_told_and_tidied_once() {
    for (status, end, state) in [
        ("Succeeded", End::NoChanges, StatusState::Success),
        ("Failed", End::Failed, StatusState::Failure),
        ("Stopped", End::Stopped, StatusState::Error),
        ("Superseded", End::Superseded, StatusState::Error),
        ("Cancelled", End::Cancelled, StatusState::Error),
    ] {
        let world = World::new();
        world.ended(NETWORK, "a", status, "11:00:00");
        assert_eq!(world.sweep(), ["a"], "{status}");
        assert_eq!(world.outcome(NETWORK, "a", 1).unwrap().end, end, "{status}");
        assert_eq!(world.repository.statuses()[0].state, state, "{status}");
        world.assert_at_rest();
    }
}

#[test]
fn an_end_that_was_recorded_is_left_alone_whatever_its_announcement_called_it() {
    for (status, state) in [
        ("Succeeded", "SUCCEEDED"),
        ("Failed", "FAILED"),
        ("Stopped", "STOPPED"),
        ("Superseded", "SUPERSEDED"),
        ("Cancelled", "CANCELED"),
    ] {
        let world = World::new();
        world.ended(NETWORK, "a", status, "11:00:00");
        world.announce("a", state);
        // The history showed the end later than it was announced.
        world.end(NETWORK, "a", status, "11:00:01");
        assert_eq!(world.sweep(), [""; 0], "{status}");
        assert!(world.outcome(NETWORK, "a", 2).is_none(), "{status}");
        world.assert_at_rest();
    }
}

#[test]
fn a_retry_whose_end_got_lost_is_recorded_as_a_further_end() {
    let world = World::new();
    world.ended(NETWORK, "a", "Failed", "11:00:00");
    world.announce("a", "FAILED");
    assert_eq!(world.sweep(), [""; 0]);
    world.pipelines.edit_run(NETWORK, "a", |run| {
        run.actions.insert(
            0,
            ActionExecution {
                id: "again".to_owned(),
                stage: "Plan".to_owned(),
                action: "CreateChangeSet".to_owned(),
                status: "Succeeded".to_owned(),
                ..ActionExecution::default()
            },
        );
    });
    world.end(NETWORK, "a", "Succeeded", "11:30:00");
    assert_eq!(world.sweep(), ["a"]);
    assert_eq!(world.outcome(NETWORK, "a", 2).unwrap().end, End::NoChanges);
    world.assert_at_rest();
}

#[test]
fn what_ended_just_now_is_left_to_its_announcement() {
    let world = World::new();
    world.ended(NETWORK, "a", "Failed", "11:59:30");
    assert_eq!(world.sweep(), [""; 0]);
    world.clock.set("2026-11-23T12:00:31Z");
    assert_eq!(world.sweep(), ["a"]);
}

#[test]
fn a_run_that_waited_for_weeks_behind_hundreds_of_others_is_recorded_when_it_ends() {
    let world = World::new();
    world.pipelines.with_run(NETWORK, "old");
    for number in 0..250 {
        world.ended(
            NETWORK,
            &format!("r{number:03}"),
            "Succeeded",
            &format!("10:{:02}:00", number % 60),
        );
    }
    world.pipelines.edit_run(NETWORK, "old", |run| {
        run.execution.started = Some("2026-11-01T00:00:00Z".to_owned());
    });
    assert_eq!(world.sweep().len(), 250, "all pages of the history are read at first");
    world.assert_at_rest();
    world.end(NETWORK, "old", "Stopped", "11:30:00");
    assert_eq!(world.sweep(), ["old"]);
    world.assert_at_rest();
}

#[test]
fn what_there_is_no_time_for_is_left_to_the_next_sweep_and_none_is_passed_over() {
    let world = World::new();
    for stack in ["a", "b", "c", "d", "e"] {
        world.ended(
            &format!("changegate-{stack}"),
            &format!("run-{stack}"),
            "Failed",
            "11:00:00",
        );
    }
    let mut recorded = Vec::new();
    for _ in 0..12 {
        let left = std::cell::Cell::new(3);
        let has_time = || {
            left.set(left.get() - 1);
            left.get() >= 0
        };
        let swept = world.try_sweep(&has_time).unwrap().unwrap();
        recorded.extend(swept.recorded.into_iter().map(|(_, run)| run));
    }
    recorded.sort();
    assert_eq!(recorded, ["run-a", "run-b", "run-c", "run-d", "run-e"]);
    world.assert_at_rest();
}

#[test]
fn pipelines_of_others_are_not_looked_at_and_those_that_are_gone_are_forgotten() {
    let world = World::new();
    world.ended("other-network", "x", "Failed", "11:00:00");
    world.ended(NETWORK, "a", "Failed", "11:00:00");
    world.ended("changegate-gone", "g", "Failed", "11:00:00");
    assert_eq!(world.sweep(), ["g", "a"]);
    world.pipelines.remove("changegate-gone");
    assert_eq!(world.sweep(), [""; 0]);
    assert!(!world.evidence.text(keys::WATERMARKS).unwrap().contains("gone"));
    world.assert_at_rest();
}

#[test]
fn a_note_that_cannot_be_read_is_made_anew() {
    let world = World::new();
    world.evidence.seed(keys::WATERMARKS, "{");
    world.ended(NETWORK, "a", "Failed", "11:00:00");
    assert_eq!(world.sweep(), ["a"]);
    world.assert_at_rest();
}

#[test]
fn a_fault_or_a_kill_at_any_call_loses_no_end_and_records_none_twice() {
    let calls = {
        let world = World::new();
        two_ends(&world);
        let before = world.wire.count();
        world.sweep();
        world.wire.count() - before
    };
    for fault in [
        Fault::Throttle,
        Fault::Outage,
        Fault::LostAnswer,
        Fault::KillBefore,
        Fault::KillAfter,
    ] {
        for number in 0..calls {
            let world = World::new();
            two_ends(&world);
            world.wire.break_call(world.wire.count() + number, fault);
            let _ = world.try_sweep(&|| true);
            world.sweep();
            let context = format!("{fault:?} at {number}:\n{}", world.wire.log());
            for (pipeline, run) in [(NETWORK, "a"), ("changegate-orders", "b")] {
                assert!(world.outcome(pipeline, run, 1).is_some(), "{context}");
                assert!(world.outcome(pipeline, run, 2).is_none(), "{context}");
            }
            world.sweep();
            world.assert_at_rest();
        }
    }
}

fn two_ends(world: &World) {
    world.ended(NETWORK, "a", "Failed", "11:00:00");
    world.ended("changegate-orders", "b", "Succeeded", "11:10:00");
}
