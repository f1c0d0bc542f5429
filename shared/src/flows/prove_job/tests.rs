use futures_util::FutureExt as _;

use super::*;
use crate::flows::fakes::{self, FakeBucket, FakeCloudFormation, FakeCodePipeline, Fault, Wire};

const PIPELINE: &str = "changegate-network";
const ROOT: &str = "changegate-root";
const RUN: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const ACTION: &str = "ExecuteChangeSet";

struct World {
    wire: Wire,
    pipelines: FakeCodePipeline,
    stacks: FakeCloudFormation,
    source: FakeBucket,
    settings: ProofSettings,
    gate: Gate,
}

impl World {
    /// A run of a provisioned pipeline whose `ExecuteChangeSet` is in progress.
    fn new() -> Self {
        let wire = Wire::default();
        let gate = gate("network");
        let world = Self {
            pipelines: FakeCodePipeline::new(&wire),
            stacks: FakeCloudFormation::new(&wire),
            source: FakeBucket::on(&wire),
            settings: ProofSettings {
                root_pipeline: ROOT.to_owned(),
                pipelines_stack: "changegate-pipelines".to_owned(),
                root_gate: super::tests::gate("root"),
            },
            gate,
            wire,
        };
        world
            .source
            .seed(&keys::gate(world.gate.digest()), world.gate.to_canonical_json());
        world.pipelines.with_run(PIPELINE, RUN);
        world
            .pipelines
            .with_invoke_in_progress(PIPELINE, RUN, ACTION, &world.parameters(PIPELINE));
        world
            .stacks
            .with_resource("changegate-pipelines", PIPELINE_TYPE, PIPELINE);
        world
    }

    fn parameters(&self, pipeline: &str) -> String {
        let gate = if pipeline == ROOT {
            "root".to_owned()
        } else {
            self.gate.digest().to_string()
        };
        format!(r#"{{"pipeline":"{pipeline}","execution":"{RUN}","gate":"{gate}"}}"#)
    }

    fn prove(&self, user_parameters: &str) -> Result<ProvenJob, FlowError> {
        let job = Job {
            id: "job".to_owned(),
            user_parameters: user_parameters.to_owned(),
            continuation_token: None,
            input_artifacts: Vec::new(),
            output_artifacts: Vec::new(),
        };
        prove_job(
            &self.pipelines,
            &self.stacks,
            &self.source,
            &self.settings,
            &job,
            ACTION,
        )
        .now_or_never()
        .expect("nothing waits")
    }

    fn not_yet(&self, user_parameters: &str) -> String {
        match self.prove(user_parameters) {
            Err(FlowError::NotYet(why)) => why,
            other => panic!("not yet, not {other:?}"),
        }
    }

    fn refusal(&self, user_parameters: &str) -> String {
        match self.prove(user_parameters) {
            Err(error @ FlowError::Refused { .. }) => error.to_string(),
            Err(error) => panic!("refused, not {error}"),
            Ok(_) => panic!("it is refused"),
        }
    }
}

fn gate(stack: &str) -> Gate {
    Gate {
        stack_name: stack.to_owned(),
        approvals: 2,
        author_may_approve: false,
        ..fakes::gate(stack)
    }
}

#[test]
fn a_job_that_the_history_shows_in_progress_is_believed_with_its_gate() {
    let world = World::new();
    let proven = world.prove(&world.parameters(PIPELINE)).unwrap();
    assert_eq!((proven.pipeline.as_str(), proven.execution.as_str()), (PIPELINE, RUN));
    assert_eq!(proven.gate, world.gate);
    assert_eq!(proven.gate_sha256, world.gate.digest());
    assert!(!proven.is_root);
}

#[test]
fn parameters_that_differ_in_one_byte_from_the_history_are_a_forgery() {
    let world = World::new();
    let forged = world.parameters(PIPELINE).replace(r#""pipeline""#, r#" "pipeline""#);
    let error = world.refusal(&forged);
    assert!(error.contains("not sent by CodePipeline"), "{error}");
}

#[test]
fn an_action_that_has_ended_proves_nothing() {
    for status in ["Succeeded", "Failed", "Abandoned"] {
        let world = World::new();
        world.pipelines.edit_run(PIPELINE, RUN, |run| {
            run.actions[0].status = status.to_owned();
            run.execution.status = "Failed".to_owned();
        });
        let error = world.not_yet(&world.parameters(PIPELINE));
        assert!(error.contains("that have ended"), "{error}");
    }
}

#[test]
fn an_action_in_progress_whose_parameters_are_not_there_yet_is_asked_for_again() {
    let world = World::new();
    let whole = world.pipelines.actions(PIPELINE, RUN);
    world
        .pipelines
        .edit_run(PIPELINE, RUN, |run| run.actions[0].resolved_configuration.clear());
    let error = world.not_yet(&world.parameters(PIPELINE));
    assert!(error.contains("in progress and not yet its parameters"), "{error}");
    world.pipelines.edit_run(PIPELINE, RUN, |run| run.actions = whole);
    assert!(world.prove(&world.parameters(PIPELINE)).is_ok());
}

#[test]
fn parameters_that_are_not_there_yet_prove_nothing_about_an_attempt_that_has_ended() {
    let world = World::new();
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.actions[0].resolved_configuration.clear();
        run.actions[0].status = "Failed".to_owned();
    });
    world.refusal(&world.parameters(PIPELINE));
}

#[test]
fn an_attempt_that_the_history_does_not_show_yet_is_asked_for_again() {
    let world = World::new();
    world
        .pipelines
        .edit_run(PIPELINE, RUN, |run| run.actions[0].status = "Failed".to_owned());
    let proven = world.prove(&world.parameters(PIPELINE));
    assert!(matches!(proven, Err(FlowError::NotYet(_))), "{proven:?}");
    // Other parameters are no other attempt.
    let forged = world.parameters(PIPELINE).replace(r#""pipeline""#, r#" "pipeline""#);
    world.refusal(&forged);
}

#[test]
fn an_action_of_another_name_proves_nothing() {
    let world = World::new();
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        run.actions[0].action = "DescribeChangeSet".to_owned();
    });
    // The history may only lag behind, so it is asked again before the job fails.
    assert!(matches!(
        world.prove(&world.parameters(PIPELINE)),
        Err(FlowError::NotYet(_))
    ));
}

#[test]
fn a_pipeline_that_the_root_pipeline_did_not_provision_is_refused() {
    let world = World::new();
    world.stacks.remove("changegate-pipelines");
    let error = world.refusal(&world.parameters(PIPELINE));
    assert!(error.contains("not one of stack `changegate-pipelines`"), "{error}");
    world.stacks.with_resource("somebody-elses", PIPELINE_TYPE, PIPELINE);
    world.refusal(&world.parameters(PIPELINE));
    world.stacks.remove("somebody-elses");
    world
        .stacks
        .with_resource("changegate-pipelines", "AWS::SSM::Parameter", PIPELINE);
    world.refusal(&world.parameters(PIPELINE));
}

#[test]
fn a_gate_document_that_was_changed_behind_the_hash_is_refused() {
    let world = World::new();
    let mut weaker = world.gate.clone();
    weaker.approvals = 0;
    world
        .source
        .seed(&keys::gate(world.gate.digest()), weaker.to_canonical_json());
    let error = world.refusal(&world.parameters(PIPELINE));
    assert!(error.contains("was changed in the source bucket"), "{error}");
    world.source.remove(&keys::gate(world.gate.digest()));
    let error = world.refusal(&world.parameters(PIPELINE));
    assert!(error.contains("is not in the source bucket"), "{error}");
}

#[test]
fn the_root_gate_belongs_to_the_root_pipeline_alone() {
    let world = World::new();
    let borrowed = world
        .parameters(PIPELINE)
        .replace(&world.gate.digest().to_string(), "root");
    let error = world.refusal(&borrowed);
    assert!(error.contains("and to no other"), "{error}");

    world.pipelines.with_run(ROOT, RUN);
    let parameters = world.parameters(ROOT);
    world.pipelines.with_invoke_in_progress(ROOT, RUN, ACTION, &parameters);
    let proven = world.prove(&parameters).unwrap();
    assert!(proven.is_root);
    assert_eq!(proven.gate.stack, "root");
    let lowered = parameters.replace(r#""root""#, &format!(r#""{}""#, world.gate.digest()));
    world.refusal(&lowered);
}

#[test]
fn unknown_duplicate_and_missing_keys_are_refused() {
    let world = World::new();
    let good = world.parameters(PIPELINE);
    for wrong in [
        good.replace('}', r#","approvals":0}"#),
        good.replace('}', r#","gate":"root"}"#),
        good.replace(r#""execution""#, r#""run""#),
        String::new(),
        "null".to_owned(),
    ] {
        let error = world.refusal(&wrong);
        assert!(error.contains("UserParameters"), "{error}");
    }
}

#[test]
fn a_throttle_is_never_a_proof_nor_a_refusal() {
    for call in 0..3 {
        for fault in [Fault::Throttle, Fault::Outage] {
            let world = World::new();
            world.wire.break_call(call, fault);
            let error = world.prove(&world.parameters(PIPELINE)).unwrap_err();
            assert!(error.is_transient(), "{fault:?} at call {call}: {error}");
        }
    }
}

#[test]
fn a_source_version_comes_from_the_history() {
    let world = World::new();
    world.pipelines.with_source(PIPELINE, RUN, "Template", "v9");
    let proven = world.prove(&world.parameters(PIPELINE)).unwrap();
    assert_eq!(proven.source_version("Template").unwrap(), "v9");
    let error = proven.source_version("Configuration").unwrap_err().to_string();
    assert!(error.contains("`Configuration`"), "{error}");
}

#[test]
fn a_source_action_that_did_not_succeed_or_told_no_version_gives_none() {
    for (status, version) in [("Failed", "v9"), ("InProgress", "v9"), ("Succeeded", "")] {
        let world = World::new();
        world.pipelines.with_source(PIPELINE, RUN, "Template", version);
        world.pipelines.edit_run(PIPELINE, RUN, |run| {
            let read = run.actions.iter_mut().find(|action| action.action == "Template");
            read.unwrap().status = status.to_owned();
        });
        let proven = world.prove(&world.parameters(PIPELINE)).unwrap();
        let error = proven.source_version("Template").unwrap_err().to_string();
        assert!(error.contains("`Template`"), "{status}: {error}");
    }
}

#[test]
fn of_two_reads_of_a_source_the_newest_says_which_version_the_run_has() {
    let world = World::new();
    world.pipelines.with_source(PIPELINE, RUN, "Template", "v8");
    let mut proven = world.prove(&world.parameters(PIPELINE)).unwrap();
    let mut newer = proven
        .actions
        .iter()
        .find(|action| action.action == "Template")
        .unwrap()
        .clone();
    newer.output_variables.insert("VersionId".to_owned(), "v9".to_owned());
    proven.actions.insert(0, newer);
    assert_eq!(proven.source_version("Template").unwrap(), "v9");
}
