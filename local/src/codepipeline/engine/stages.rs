//! Stage locks: who enters, who waits, who is superseded, and how a stage ends.
//!
//! Rules: <https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html>

use super::conditions::{Entry, entry};
use super::events;
use super::state::{ActionStatus, Pipeline, Position, RunStatus, StageRun, StageStatus};
use super::world::World;
use crate::codepipeline::rough::Moods;

impl Pipeline {
    /// A run comes to a stage: it enters, or it waits in front of the lock and supersedes whoever waited there.
    pub(super) fn arrive(&mut self, world: &mut World, run: usize, stage: usize) {
        let name = self.runs[run].stage(stage).name.clone();
        let slot = self.slot(&name);
        if slot.occupant.is_none() {
            self.enter(world, run, stage);
            return;
        }
        let overtaken = match slot.waiting {
            // An older run that comes late does not displace a newer one.
            Some(other) if other > run => Some(run),
            other => {
                slot.waiting = Some(run);
                self.runs[run].position = Position::Waiting(stage);
                other
            }
        };
        if let Some(other) = overtaken {
            let newer = self.slots[&name].waiting.map(|index| self.runs[index].id.clone());
            self.runs[other].summary = newer.map(|id| format!("superseded by pipeline execution {id}"));
            self.end_run(world, other, RunStatus::Superseded);
        }
    }

    /// A run takes a stage's lock.
    pub(super) fn enter(&mut self, world: &mut World, run: usize, stage: usize) {
        let name = self.runs[run].stage(stage).name.clone();
        let slot = self.slot(&name);
        slot.occupant = Some(run);
        slot.latest = Some(run);
        let entry_run = &mut self.runs[run];
        entry_run.position = Position::Inside(stage);
        entry_run.updated = world.now;
        let since = entry_run.actions.len();
        entry_run.stages.push(StageRun {
            index: stage,
            status: StageStatus::InProgress,
            since,
            retries: 0,
            entry: Vec::new(),
            overridden: false,
        });
        events::stage(world, self, run, stage, "STARTED");
        self.pass_entry(world, run, stage);
    }

    /// Checks the conditions of entry and goes on as they say.
    pub(super) fn pass_entry(&mut self, world: &mut World, run: usize, stage: usize) {
        let (rules, verdict) = entry(world, &self.runs[run], stage);
        if let Some(stage_run) = self.runs[run].stage_run_mut(stage) {
            stage_run.entry = rules;
        }
        match verdict {
            Entry::Allowed => self.advance(world, run),
            Entry::Skip => self.leave(world, run, stage, StageStatus::Skipped),
            Entry::Fail => self.leave(world, run, stage, StageStatus::Failed),
        }
    }

    /// Starts what can start in the stage that a run is in, or ends the stage.
    pub(super) fn advance(&mut self, world: &mut World, run: usize) {
        let Position::Inside(stage) = self.runs[run].position else {
            return;
        };
        let entry = &self.runs[run];
        if entry.stopped || entry.cancelled {
            if entry.under_way().is_empty() {
                let status = if entry.cancelled {
                    StageStatus::Cancelled
                } else {
                    StageStatus::Stopped
                };
                self.leave(world, run, stage, status);
            }
            return;
        }
        let mut orders: Vec<u32> = entry
            .stage(stage)
            .actions
            .iter()
            .map(super::super::declaration::Action::order)
            .collect();
        orders.sort_unstable();
        orders.dedup();
        for order in orders {
            let group: Vec<usize> = (0..entry_len(self, run, stage))
                .filter(|action| self.runs[run].stage(stage).actions[*action].order() == order)
                .collect();
            let states: Vec<Option<ActionStatus>> = group
                .iter()
                .map(|action| self.runs[run].latest_of(stage, *action).map(|found| found.status))
                .collect();
            if states.iter().any(Option::is_none) {
                for (action, state) in group.iter().zip(&states) {
                    if state.is_none() {
                        self.begin_action(world, run, stage, *action);
                    }
                }
                // An action may have failed at once, or nothing may be left to wait for.
                return self.advance_if_settled(world, run, stage);
            }
            if states.contains(&Some(ActionStatus::InProgress)) {
                return;
            }
            if states.iter().any(|state| *state != Some(ActionStatus::Succeeded)) {
                return self.leave(world, run, stage, StageStatus::Failed);
            }
        }
        self.leave(world, run, stage, StageStatus::Succeeded);
    }

    fn advance_if_settled(&mut self, world: &mut World, run: usize, stage: usize) {
        if self.runs[run].position == Position::Inside(stage) && self.runs[run].under_way().is_empty() {
            self.advance(world, run);
        }
    }

    /// A run is done with a stage: the lock is released, the run goes on or ends, and whoever waited enters.
    pub(super) fn leave(&mut self, world: &mut World, run: usize, stage: usize, status: StageStatus) {
        if let Some(stage_run) = self.runs[run].stage_run_mut(stage) {
            stage_run.status = status;
        }
        let name = self.runs[run].stage(stage).name.clone();
        self.slot(&name).occupant = None;
        let (word, end) = match status {
            StageStatus::Succeeded | StageStatus::Skipped => ("SUCCEEDED", None),
            StageStatus::Failed => ("FAILED", Some(RunStatus::Failed)),
            StageStatus::Cancelled => ("CANCELED", Some(RunStatus::Cancelled)),
            StageStatus::Stopped | StageStatus::Stopping | StageStatus::InProgress => {
                ("STOPPED", Some(RunStatus::Stopped))
            }
        };
        events::stage(
            world,
            self,
            run,
            stage,
            if status == StageStatus::Skipped {
                "SKIPPED"
            } else {
                word
            },
        );
        match end {
            Some(end) => self.end_run(world, run, end),
            None if stage + 1 < self.runs[run].declaration.stages.len() => self.arrive(world, run, stage + 1),
            None => self.end_run(world, run, RunStatus::Succeeded),
        }
        self.admit(world, &name);
    }

    /// Lets the run that waits in front of a free stage enter it.
    pub(super) fn admit(&mut self, world: &mut World, name: &str) {
        let slot = self.slot(name);
        if slot.occupant.is_some() {
            return;
        }
        let Some(next) = slot.waiting.take() else { return };
        if let Position::Waiting(stage) = self.runs[next].position {
            self.enter(world, next, stage);
        }
    }

    /// Ends a run and tells the world.
    pub(super) fn end_run(&mut self, world: &mut World, run: usize, status: RunStatus) {
        // The guide says that an update fails the runs, the reference that they are `Cancelled`.
        let status = match status {
            RunStatus::Cancelled if world.rough.as_mut().is_some_and(Moods::fails_what_it_updates) => RunStatus::Failed,
            status => status,
        };
        let entry = &mut self.runs[run];
        entry.status = status;
        entry.position = Position::Ended;
        entry.updated = world.now;
        let word = match status {
            RunStatus::Succeeded => "SUCCEEDED",
            RunStatus::Superseded => "SUPERSEDED",
            RunStatus::Failed => "FAILED",
            RunStatus::Cancelled => "CANCELED",
            RunStatus::Stopped | RunStatus::Stopping | RunStatus::InProgress => "STOPPED",
        };
        events::run(world, self, run, word);
    }
}

fn entry_len(pipeline: &Pipeline, run: usize, stage: usize) -> usize {
    pipeline.runs[run].stage(stage).actions.len()
}
