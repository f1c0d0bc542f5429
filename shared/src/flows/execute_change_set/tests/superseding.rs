//! Approval and supersession in the same moment: one of them happens, never both.

use std::cell::Cell;

use proptest::prelude::*;

use super::steps::*;
use super::world::*;
use crate::domain::claim::Claim;
use crate::domain::job::JobOutcome;
use crate::domain::keys;
use crate::flows::execute_change_set::{ExecutePorts, execute_change_set};
use crate::flows::fakes::Fault;
use crate::flows::ports::{
    ControlPipelines, NewObject, Object, ObjectHead, PortError, PortErrorKind, ReadObjects, WriteCondition,
    WriteObjects, WrittenObject,
};

/// What a newer run does to this one: claim it, and only then stop it.
async fn supersede(world: &World, evidence: &impl WriteObjects) -> bool {
    let claim = Claim::Superseded { by: "newer".to_owned() };
    let object = NewObject {
        key: keys::claim(world.pipeline, RUN),
        bytes: serde_json::to_vec(&claim).unwrap(),
        content_type: "application/json",
        metadata: std::collections::BTreeMap::new(),
        condition: WriteCondition::Absent,
    };
    match evidence.put(object).await {
        Ok(_) => {
            world.pipelines.stop(world.pipeline, RUN, "superseded").await.unwrap();
            true
        }
        Err(error) => {
            assert_eq!(error.kind, PortErrorKind::Conflict);
            false
        }
    }
}

fn is_superseded(world: &World) -> bool {
    world.claim().is_some_and(|claim| claim.contains("superseded"))
}

/// A bucket whose every call lets the other side go first, as often as a script says.
struct Yielding<'a, E> {
    bucket: &'a E,
    script: &'a [u8],
    at: Cell<usize>,
}

impl<E> Yielding<'_, E> {
    async fn step_back(&self) {
        let times = self.script.get(self.at.get()).copied().unwrap_or_default();
        self.at.set(self.at.get() + 1);
        for _ in 0..times {
            tokio::task::yield_now().await;
        }
    }
}

impl<E: ReadObjects> ReadObjects for Yielding<'_, E> {
    async fn get(&self, key: &str, version: Option<&str>) -> Result<Option<Object>, PortError> {
        self.step_back().await;
        let found = self.bucket.get(key, version).await;
        self.step_back().await;
        found
    }

    async fn head(&self, key: &str, version: Option<&str>) -> Result<Option<ObjectHead>, PortError> {
        self.bucket.head(key, version).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, ObjectHead)>, PortError> {
        self.bucket.list(prefix).await
    }
}

impl<E: WriteObjects> WriteObjects for Yielding<'_, E> {
    async fn put(&self, object: NewObject) -> Result<WrittenObject, PortError> {
        self.step_back().await;
        let written = self.bucket.put(object).await;
        self.step_back().await;
        written
    }

    async fn delete(&self, key: &str) -> Result<(), PortError> {
        self.bucket.delete(key).await
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn execution_and_supersession_never_both_happen(
        guard_script in proptest::collection::vec(0_u8..4, 12),
        newer_script in proptest::collection::vec(0_u8..12, 2),
    ) {
        let world = World::new(&Setup::default());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (outcome, superseded) = runtime.block_on(async {
            let guarded = Yielding { bucket: &world.evidence, script: &guard_script, at: Cell::new(0) };
            let newer = Yielding { bucket: &world.evidence, script: &newer_script, at: Cell::new(0) };
            let ports = ExecutePorts {
                cloudformation: &world.cloudformation,
                pipelines: &world.pipelines,
                source: &world.source,
                evidence: &guarded,
                clock: &world.clock,
            };
            let job = world.job(None);
            tokio::join!(
                execute_change_set(&ports, &world.settings, &job, &world.artifacts),
                supersede(&world, &newer),
            )
        });
        prop_assert_eq!(world.executions() == 1, !superseded);
        match outcome {
            Ok(JobOutcome::Continue { .. }) => prop_assert!(!superseded),
            Ok(JobOutcome::Failed { message, .. }) => {
                prop_assert!(superseded);
                prop_assert!(message.contains("newer"), "{}", message);
            }
            // The history showed the stop before the job was proved.
            Err(error) => prop_assert!(superseded, "{}", error),
            Ok(other) => prop_assert!(false, "{:?}", other),
        }
    }
}

proptest! {
    #[test]
    fn two_deliveries_of_one_job_that_run_side_by_side_execute_once(
        scripts in proptest::collection::vec(proptest::collection::vec(0_u8..6, 12), 2),
    ) {
        let world = World::new(&Setup::default());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let buckets: Vec<_> = scripts
            .iter()
            .map(|script| Yielding { bucket: &world.evidence, script, at: Cell::new(0) })
            .collect();
        let ports: Vec<_> = buckets
            .iter()
            .map(|evidence| ExecutePorts {
                cloudformation: &world.cloudformation,
                pipelines: &world.pipelines,
                source: &world.source,
                evidence,
                clock: &world.clock,
            })
            .collect();
        let job = world.job(None);
        let deliver = |number: usize| execute_change_set(&ports[number], &world.settings, &job, &world.artifacts);
        let (one, other) = runtime.block_on(async { tokio::join!(deliver(0), deliver(1)) });
        for outcome in [one, other] {
            match outcome {
                Ok(outcome) => {
                    waits(outcome);
                }
                Err(error) => prop_assert!(error.is_transient(), "{}", error),
            }
        }
        waits(world.step(None));
        prop_assert_eq!(world.executions(), 1);
    }
}

#[test]
fn a_newer_run_that_comes_before_any_call_of_the_guard_wins_or_loses_whole() {
    let mut wins = 0;
    for number in 0.. {
        let world = World::new(&Setup::default());
        let first = world.wire.count();
        world.wire.break_call(first + number, Fault::KillBefore);
        if world.deliver(None).is_some() {
            break;
        }
        let superseded = futures_util::FutureExt::now_or_never(supersede(&world, &world.evidence)).unwrap();
        let redelivered = world.deliver(None).unwrap();
        assert_eq!(superseded, is_superseded(&world));
        assert_eq!(world.executions(), usize::from(!superseded), "{}", world.wire.log());
        if superseded {
            assert!(!matches!(redelivered, Ok(JobOutcome::Continue { .. })));
            wins += 1;
        }
    }
    assert!(wins > 5);
}

#[test]
fn a_superseded_run_never_executes_also_when_its_stage_is_retried() {
    let world = World::new(&Setup::default());
    world
        .evidence
        .seed(&keys::claim(PIPELINE, RUN), r#"{"claim":"superseded","by":"newer"}"#);
    let message = world.refusal();
    insta::assert_snapshot!(
        message,
        @"not executed: run newer is newer and took over; look at run newer instead; to run this one's commit, push it again"
    );
    assert_eq!(world.refusal(), message);
}

#[test]
fn a_run_that_is_refused_leaves_no_claim_so_that_a_newer_one_can_supersede_it() {
    let world = World::new(&Setup {
        approvers: vec![ALICE, ALICE],
        ..Setup::default()
    });
    world.refusal();
    assert_eq!(world.claim(), None);
}
