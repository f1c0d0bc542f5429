use futures_util::FutureExt as _;

use super::*;
use crate::domain::job::FailureKind;
use crate::domain::pipelines::{Doing, deployed};
use crate::flows::fakes::{FakeArtifacts, FakeBucket, FakeCloudFormation, FakeCodePipeline, Fault, Wire, gate};
use crate::flows::pipeline_changes::runs_in_flight;
use crate::flows::ports::ActionExecution;

const ROOT: &str = "changegate-root";
const STACK: &str = "changegate-pipelines";
const RUN: &str = "11111111-2222-3333-4444-555555555555";

struct World {
    wire: Wire,
    pipelines: FakeCodePipeline,
    cloudformation: FakeCloudFormation,
    source: FakeBucket,
    artifacts: FakeArtifacts,
    settings: ProvisionSettings,
    parameters: String,
}

impl World {
    /// A deployment whose root pipeline is about to provision these stacks.
    fn with(gates: &[Gate]) -> Self {
        let wire = Wire::default();
        let world = Self {
            pipelines: FakeCodePipeline::new(&wire),
            cloudformation: FakeCloudFormation::new(&wire),
            source: FakeBucket::on(&wire),
            artifacts: FakeArtifacts::new(&wire),
            wire,
            settings: ProvisionSettings {
                proof: ProofSettings {
                    root_pipeline: ROOT.to_owned(),
                    pipelines_stack: STACK.to_owned(),
                    root_gate: gate("root"),
                },
                pipelines: PipelinesSettings {
                    environment: "production".to_owned(),
                    pipeline_prefix: "changegate-".to_owned(),
                    role_arn: "arn:aws:iam::000000000000:role/changegate/pipeline".to_owned(),
                    source_bucket: "source".to_owned(),
                    artifact_bucket: "artifacts".to_owned(),
                    create_function: "changegate-changeset-create".to_owned(),
                    describe_function: "changegate-changeset-describe".to_owned(),
                    execute_function: "changegate-changeset-execute".to_owned(),
                },
                floor: Floor {
                    minimum_approvals: 0,
                    author_may_approve: true,
                    deployer_prefix: "arn:aws:iam::000000000000:role/changegate/deployers/".to_owned(),
                    stack_name_pattern: "*".to_owned(),
                    reserved_stack_names: vec!["changegate".to_owned(), STACK.to_owned()],
                    approvers: None,
                },
            },
            parameters: format!(r#"{{"pipeline":"{ROOT}","execution":"{RUN}","gate":"root"}}"#),
        };
        world.pipelines.with_run(ROOT, RUN);
        world
            .pipelines
            .with_invoke_in_progress(ROOT, RUN, PROVISION_PIPELINES, &world.parameters);
        world.want(gates);
        world
    }

    /// Makes these the stacks of the catalogue.
    fn want(&self, gates: &[Gate]) {
        let mut catalogue = ResolvedCatalogue {
            version: 1,
            environment: "production".to_owned(),
            stacks: Vec::new(),
            problems: Vec::new(),
        };
        for gate in gates {
            self.source.seed(&keys::gate(gate.digest()), gate.to_canonical_json());
            catalogue.stacks.push(CatalogueStack {
                name: gate.stack.clone(),
                stack_name: gate.stack_name.clone(),
                gate: gate.digest(),
                template: gate.template.clone(),
                configuration: gate.configuration.clone(),
                template_key: keys::zipped(&keys::source(&gate.template)),
                configuration_key: keys::zipped(&keys::configuration("production", &gate.stack)),
            });
        }
        self.artifacts.with(CATALOGUE, catalogue.to_json());
    }

    /// Makes what was rendered last the template in force.
    fn execute(&self) {
        let template = self.rendered().expect("a template was rendered");
        self.cloudformation.with_stack(STACK, "UPDATE_COMPLETE", &template);
    }

    fn rendered(&self) -> Option<String> {
        self.artifacts
            .bytes(TEMPLATE)
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn provision(&self) -> Result<JobOutcome, FlowError> {
        let job = Job {
            id: "job".to_owned(),
            user_parameters: self.parameters.clone(),
            continuation_token: None,
            input_artifacts: vec![CATALOGUE.to_owned()],
            output_artifacts: vec![TEMPLATE.to_owned()],
        };
        provision_pipelines(
            &self.pipelines,
            &self.cloudformation,
            &self.source,
            &self.settings,
            &job,
            &self.artifacts,
        )
        .now_or_never()
        .expect("the fakes answer at once")
    }

    #[track_caller]
    fn summary(&self) -> String {
        match self.provision() {
            Ok(JobOutcome::Succeeded { variables, .. }) => variables["Summary"].clone(),
            other => panic!("{other:?}"),
        }
    }

    #[track_caller]
    fn refusal(&self) -> (FailureKind, String) {
        match self.provision() {
            Err(FlowError::Refused { kind, message }) => {
                assert_eq!(self.rendered(), None, "a refused plan leaves no template");
                (kind, message)
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_catalogue_becomes_the_template_that_the_run_goes_on_with() {
    let world = World::with(&[gate("network"), gate("data")]);
    assert_eq!(world.summary(), "2 added, 0 updated, 0 removed");
    let template = world.rendered().unwrap();
    let pipelines: Vec<String> = deployed(&template)
        .unwrap()
        .into_iter()
        .map(|one| one.pipeline)
        .collect();
    assert_eq!(pipelines, ["changegate-data", "changegate-network"]);
    let stored = world.source.text(&keys::package(Sha256::of(&template), "json"));
    assert_eq!(stored, Some(template));
}

#[test]
fn a_plan_that_changes_no_pipeline_costs_these_requests() {
    let world = World::with(&[gate("network"), gate("data")]);
    world.summary();
    world.execute();
    let before = world.wire.count();
    world.summary();
    assert_eq!(
        world.wire.tally(before),
        [
            "1 codepipeline:ListActionExecutions",
            "3 s3:GetObject",
            "1 cloudformation:DescribeStacks",
            "1 cloudformation:GetTemplate",
            "2 s3:PutObject",
        ]
    );
}

#[test]
fn a_second_run_plans_nothing_and_renders_the_same_bytes() {
    let world = World::with(&[gate("network"), gate("data")]);
    world.summary();
    let first = world.rendered();
    world.execute();
    assert_eq!(world.summary(), "0 added, 0 updated, 0 removed");
    assert_eq!(world.rendered(), first);
    let packages = world.source.keys().into_iter().filter(|key| key.contains(".packages/"));
    assert_eq!(packages.count(), 1);
}

#[test]
fn a_weakened_gate_is_told_in_the_variables() {
    let world = World::with(&[gate("network"), gate("data")]);
    world.summary();
    world.execute();
    let mut weak = gate("network");
    weak.approvals = 0;
    world.want(&[weak, gate("queue")]);
    let Ok(JobOutcome::Succeeded { variables, summary, .. }) = world.provision() else {
        panic!("it succeeds");
    };
    let told = ["Added", "Changed", "Removed", "Weakened"].map(|name| variables[name].as_str());
    assert_eq!(told, ["1", "1", "1", "1"]);
    assert_eq!(
        summary,
        "2 pipelines: 1 added, 1 updated, 1 removed; 1 GATE WEAKENED: network"
    );
}

#[test]
fn names_outside_of_ascii_are_not_taken_for_changes() {
    let mut gate = gate("network");
    gate.template = "stacks/nätwerk/template.yaml".to_owned();
    let world = World::with(&[gate]);
    world.summary();
    world.execute();
    assert_eq!(world.summary(), "0 added, 0 updated, 0 removed");
}

#[test]
fn a_stack_that_was_never_executed_has_no_pipelines() {
    let world = World::with(&[gate("network")]);
    world.summary();
    world.execute();
    let template = world.rendered().unwrap();
    world.cloudformation.with_stack(STACK, "REVIEW_IN_PROGRESS", &template);
    assert_eq!(world.summary(), "1 added, 0 updated, 0 removed");
}

#[test]
fn a_broken_catalogue_fails_the_plan_with_its_own_words() {
    let world = World::with(&[gate("network")]);
    let catalogue = ResolvedCatalogue {
        version: 1,
        environment: "production".to_owned(),
        stacks: Vec::new(),
        problems: vec!["changegate.yaml:4:5: no setting is named `aprovals`".to_owned()],
    };
    world.artifacts.with(CATALOGUE, catalogue.to_json());
    let (kind, message) = world.refusal();
    assert_eq!(kind, FailureKind::Configuration);
    assert_eq!(
        message,
        "the catalogue is broken, so every pipeline stays as it is; correct it and push: \
         changegate.yaml:4:5: no setting is named `aprovals`"
    );
}

#[test]
fn a_list_of_problems_fits_into_the_report() {
    let world = World::with(&[]);
    let catalogue = ResolvedCatalogue {
        version: 1,
        environment: "production".to_owned(),
        stacks: Vec::new(),
        problems: (0..500)
            .map(|line| format!("changegate.yaml:{line}:1: something is wrong here"))
            .collect(),
    };
    world.artifacts.with(CATALOGUE, catalogue.to_json());
    let (_, message) = world.refusal();
    assert!(message.len() <= 5_000, "{}", message.len());
    assert!(message.contains("; and ") && message.ends_with(" more"), "{message}");
}

#[test]
fn what_is_not_this_deployments_catalogue_is_refused() {
    let world = World::with(&[gate("network")]);
    let text = String::from_utf8(world.artifacts.bytes(CATALOGUE).unwrap()).unwrap();
    world
        .artifacts
        .with(CATALOGUE, text.replace("\"production\"", "\"staging\""));
    assert!(world.refusal().1.contains("is for the environment `staging`"));
    world
        .artifacts
        .with(CATALOGUE, text.replace("\"version\": 1", "\"version\": 2"));
    assert!(world.refusal().1.contains("has version 2"));
    world.artifacts.with(CATALOGUE, "{");
    assert!(world.refusal().1.contains("cannot be read"));
}

#[test]
fn a_gate_below_the_floor_is_refused_whoever_wrote_it() {
    let mut world = World::with(&[gate("network")]);
    world.settings.floor.minimum_approvals = 2;
    let (kind, message) = world.refusal();
    assert_eq!(kind, FailureKind::Permission);
    assert!(
        message.contains("`network` has 1 approvals, and this deployment demands at least 2"),
        "{message}"
    );
}

#[test]
fn a_gate_document_that_is_missing_changed_or_anothers_is_refused() {
    let world = World::with(&[gate("network")]);
    let key = keys::gate(gate("network").digest());
    let mut weak = gate("network");
    weak.approvals = 0;
    world.source.seed(&key, weak.to_canonical_json());
    let (kind, message) = world.refusal();
    assert_eq!(kind, FailureKind::Permission);
    assert!(message.contains("was changed in the source bucket"), "{message}");
    world.source.remove(&key);
    assert!(world.refusal().1.contains("is not in the source bucket"));

    let world = World::with(&[gate("network")]);
    let text = String::from_utf8(world.artifacts.bytes(CATALOGUE).unwrap()).unwrap();
    world
        .artifacts
        .with(CATALOGUE, text.replace("production-network", "production-data"));
    assert!(world.refusal().1.contains("is not that of `network`"));
}

#[test]
fn two_pipelines_of_one_stack_are_refused() {
    let mut other = gate("other");
    other.stack_name = "production-network".to_owned();
    let world = World::with(&[gate("network"), other]);
    assert!(
        world
            .refusal()
            .1
            .contains("are both the CloudFormation stack `production-network`")
    );
}

#[test]
fn pipelines_that_do_not_fit_are_refused() {
    let mut reserved = gate("pipelines");
    reserved.stack_name = "production-x".to_owned();
    let world = World::with(&[reserved]);
    assert!(
        world
            .refusal()
            .1
            .contains("the pipelines cannot be rendered: stack `pipelines`")
    );
}

#[test]
fn a_job_that_codepipeline_does_not_know_is_refused() {
    let mut world = World::with(&[gate("network")]);
    world.parameters = world.parameters.replace("\"root\"}", "\"root\" }");
    assert_eq!(world.refusal().0, FailureKind::Permission);
}

#[test]
fn a_template_of_somebody_else_is_not_compared_with() {
    let world = World::with(&[gate("network")]);
    world
        .cloudformation
        .with_stack(STACK, "UPDATE_COMPLETE", "Resources: {}");
    let (_, message) = world.refusal();
    assert!(
        message.contains("somebody else deployed another template there"),
        "{message}"
    );
}

#[test]
fn whatever_call_breaks_the_next_delivery_ends_in_the_same_template() {
    let gates = [gate("network"), gate("data")];
    let wanted = {
        let world = World::with(&gates);
        world.summary();
        world.rendered()
    };
    for fault in [Fault::Outage, Fault::Throttle, Fault::LostAnswer] {
        let mut broken = 0;
        for call in 0.. {
            let world = World::with(&gates);
            world.wire.break_call(call, fault);
            match world.provision() {
                Ok(_) => break,
                Err(error) => assert!(error.is_transient(), "{error}"),
            }
            broken += 1;
            assert_eq!(world.summary(), "2 added, 0 updated, 0 removed");
            assert_eq!(world.rendered(), wanted);
        }
        assert!(broken >= 7, "{broken} calls were broken");
    }
}

#[test]
fn runs_in_flight_are_told_with_what_they_do() {
    let world = World::with(&[]);
    for (pipeline, run, stage, action, category) in [
        ("changegate-a", "a1", "Apply", "ExecuteChangeSet", "Invoke"),
        ("changegate-b", "b1", "Apply", "Approve2", "Approval"),
        ("changegate-c", "c1", "Plan", "CreateChangeSet", "Invoke"),
    ] {
        world.pipelines.with_run(pipeline, run);
        let action = ActionExecution {
            stage: stage.to_owned(),
            action: action.to_owned(),
            category: category.to_owned(),
            status: "InProgress".to_owned(),
            ..ActionExecution::default()
        };
        world.pipelines.with_action(pipeline, run, action);
    }
    world.pipelines.with_run("changegate-d", "d1");
    world.pipelines.edit_run("changegate-d", "d1", |run| {
        run.execution.status = "Succeeded".to_owned();
    });
    let names = [
        "changegate-a",
        "changegate-b",
        "changegate-c",
        "changegate-d",
        "changegate-gone",
    ];
    let runs = runs_in_flight(&world.pipelines, &names)
        .now_or_never()
        .unwrap()
        .unwrap();
    let doing: Vec<&Doing> = runs.iter().map(|run| &run.doing).collect();
    assert_eq!(
        doing,
        [
            &Doing::Executing,
            &Doing::AwaitingApproval("Approve2".to_owned()),
            &Doing::Planning
        ]
    );
    assert_eq!(
        runs[1].to_string(),
        "changegate-b, run b1: waits for Approve2; it is cancelled and started again, and asks anew"
    );
}
