mod histories;
mod reviewed;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::*;
use crate::domain::gate::{FirstRun, Gate};

pub(super) fn gate(stack: &str) -> Gate {
    Gate {
        version: 1,
        stack: stack.to_owned(),
        stack_name: format!("production-{stack}"),
        template: format!("stacks/{stack}/template.yaml"),
        configuration: Some(format!("stacks/{stack}/production.json")),
        approvals: 1,
        release: false,
        author_may_approve: true,
        require_pull_request: false,
        window: None,
        stack_policy: None,
        deployer: "arn:aws:iam::111122223333:role/changegate/deployers/default".to_owned(),
        capabilities: Vec::new(),
        notify: None,
        notification_arns: Vec::new(),
        first_run: FirstRun::Plan,
        people: Arc::default(),
        session_name_roles: Vec::new(),
        approvers: None,
    }
}

fn settings() -> PipelinesSettings {
    PipelinesSettings {
        environment: "production".to_owned(),
        pipeline_prefix: "changegate-".to_owned(),
        role_arn: "arn:aws:iam::111122223333:role/changegate/changegate-PipelineRole-1A2B3C4D5E6F".to_owned(),
        source_bucket: "changegate-sourcebucket-1a2b3c4d5e6f".to_owned(),
        artifact_bucket: "changegate-artifactbucket-1a2b3c4d5e6f".to_owned(),
        create_function: "changegate-changeset-create".to_owned(),
        describe_function: "changegate-changeset-describe".to_owned(),
        execute_function: "changegate-changeset-execute".to_owned(),
    }
}

/// Every action's name, run order and configuration of every pipeline.
fn configurations(template: &str) -> Vec<(String, String, String)> {
    let template: serde_json::Value = serde_json::from_str(template).unwrap();
    let mut all = Vec::new();
    for resource in template["Resources"].as_object().unwrap().values() {
        // What stands for no pipelines at all has no stages.
        for stage in resource["Properties"]["Stages"].as_array().into_iter().flatten() {
            for action in stage["Actions"].as_array().unwrap() {
                for (key, value) in action["Configuration"].as_object().unwrap() {
                    let name = action["Name"].as_str().unwrap().to_owned();
                    all.push((name, key.clone(), value.as_str().unwrap().to_owned()));
                }
            }
        }
    }
    all
}

#[test]
fn a_pipeline_is_rendered_as_it_is_agreed() {
    let mut network = gate("network");
    network.approvals = 2;
    network.release = true;
    insta::assert_snapshot!(render(&[network], &settings()).unwrap());
}

#[test]
fn the_order_of_gates_does_not_matter() {
    let gates: Vec<Gate> = ["network", "data-orders", "web"].map(gate).into();
    let mut reversed = gates.clone();
    reversed.reverse();
    assert_eq!(render(&gates, &settings()), render(&reversed, &settings()));
}

#[test]
fn a_pipeline_does_not_depend_on_the_others() {
    let resource = |gates: &[Gate]| {
        let template: serde_json::Value = serde_json::from_str(&render(gates, &settings()).unwrap()).unwrap();
        template["Resources"][logical_id("network")].clone()
    };
    let alone = resource(&[gate("network")]);
    assert!(alone.is_object());
    assert_eq!(alone, resource(&[gate("data"), gate("network"), gate("web")]));
}

#[test]
fn approvals_are_actions_of_their_own_in_sequence() {
    let actions = |approvals: u8, release: bool| {
        let mut gate = gate("network");
        gate.approvals = approvals;
        gate.release = release;
        let template: serde_json::Value = serde_json::from_str(&render(&[gate], &settings()).unwrap()).unwrap();
        let stages = template["Resources"][logical_id("network")]["Properties"]["Stages"].clone();
        let actions = stages[2]["Actions"].as_array().unwrap().clone();
        let orders: BTreeSet<u64> = actions
            .iter()
            .map(|action| action["RunOrder"].as_u64().unwrap_or(1))
            .collect();
        assert_eq!(orders.len(), actions.len(), "each action has a run order of its own");
        let names: Vec<String> = actions
            .iter()
            .map(|action| action["Name"].as_str().unwrap().to_owned())
            .collect();
        names.join(" ")
    };
    assert_eq!(actions(0, false), "DescribeChangeSet ExecuteChangeSet");
    assert_eq!(actions(1, false), "DescribeChangeSet Approve1 ExecuteChangeSet");
    assert_eq!(
        actions(2, false),
        "DescribeChangeSet Approve1 Approve2 ExecuteChangeSet"
    );
    assert_eq!(
        actions(2, true),
        "DescribeChangeSet Approve1 Approve2 Release ExecuteChangeSet"
    );
    assert_eq!(actions(0, true), "DescribeChangeSet Release ExecuteChangeSet");
}

#[test]
fn only_values_of_a_closed_alphabet_are_interpolated_into_user_parameters() {
    let allowed = BTreeSet::from(["codepipeline.PipelineExecutionId", "Plan.ChangeSetArn", "Review.Digest"]);
    let mut hostile = gate("a.b_c-D");
    hostile.template = "stacks/#{variables.Subject}/x\",\"gate\":\"0/template.yaml".to_owned();
    let refused = render(&[hostile.clone()], &settings()).unwrap_err();
    assert_eq!(
        refused.iter().map(ToString::to_string).collect::<Vec<_>>(),
        [
            "stack `a.b_c-D`: `S3ObjectKey` of its action Template holds `#{`, for which CodePipeline would fill something \
         in; rename the template"
        ]
    );
    hostile.template = hostile.template.replace('#', "");
    hostile.stack_name = "n".to_owned();
    let template = render(&[gate("network"), hostile], &settings()).unwrap();
    let mut seen = BTreeSet::new();
    for (action, key, value) in configurations(&template) {
        for interpolated in value.split("#{").skip(1) {
            let variable = interpolated.split('}').next().unwrap().to_owned();
            if key == "UserParameters" {
                assert!(
                    allowed.contains(variable.as_str()),
                    "{action} interpolates {variable} into its parameters"
                );
                seen.insert(variable);
            }
        }
        if key == "UserParameters" {
            let parsed: crate::domain::user_parameters::UserParameters = serde_json::from_str(&value).unwrap();
            assert!(parsed.gate.parse::<crate::domain::sha256::Sha256>().is_ok());
        }
    }
    assert_eq!(seen.len(), allowed.len());
}

#[test]
fn what_does_not_fit_names_the_stack_and_the_setting() {
    let long = "x".repeat(95);
    let mut deep = gate("deep");
    deep.template = format!("stacks/{}/template.yaml", "d".repeat(1_000));
    let mut three = gate("three");
    three.approvals = 3;
    let errors = render(
        &[
            gate(&long),
            deep,
            three,
            gate("root"),
            gate("a/b"),
            gate("web"),
            gate("web"),
        ],
        &settings(),
    )
    .unwrap_err();
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(
        errors,
        [
            format!("stack `{long}`: its pipeline would be named `changegate-{long}`, which has more than 100 characters; rename the stack in the catalogue"),
            "stack `deep`: `S3ObjectKey` of its action Template has 1040 characters, and CodePipeline takes at most 1000; shorten the path of the template, or the stack's name".to_owned(),
            "stack `three`: `approvals` is 3, and a pipeline has at most 2".to_owned(),
            "stack `root`: its pipeline would be named `changegate-root`, which is Changegate's own; rename the stack in the catalogue".to_owned(),
            "stack `a/b`: its pipeline would be named `changegate-a/b`, and a pipeline's name has letters, digits, `.`, `@`, `-` and `_` only; rename the stack in the catalogue".to_owned(),
            "stack `web`: the catalogue has it twice".to_owned(),
        ]
    );
}

#[test]
fn two_hundred_and_fifty_pipelines_fit_and_a_thousand_are_refused_with_the_way_out() {
    let gates = |count: usize| -> Vec<Gate> {
        (0..count)
            .map(|number| {
                let mut gate = gate(&format!("services-orders-{number:04}"));
                gate.approvals = u8::try_from(number % 3).unwrap();
                gate.release = number % 2 == 0;
                gate
            })
            .collect()
    };
    let template = render(&gates(250), &settings()).unwrap();
    assert!(template.len() <= MAX_TEMPLATE_BYTES, "{} bytes", template.len());
    assert_eq!(deployed(&template).unwrap().len(), 250);
    let errors = render(&gates(1_000), &settings()).unwrap_err();
    let [error] = errors.as_slice() else {
        panic!("{errors:?}");
    };
    assert!(error.to_string().contains("deploy Changegate a second time"), "{error}");
}

#[test]
fn no_stacks_at_all_are_a_template_that_cloudformation_takes() {
    let template = render(&[], &settings()).unwrap();
    assert!(template.contains("AWS::CloudFormation::WaitConditionHandle"));
    assert_eq!(deployed(&template).unwrap(), []);
}

#[test]
fn tags_take_any_path() {
    let mut odd = gate("odd");
    odd.template = "stacks/odd, (old) näme/template.yaml".to_owned();
    let template = render(&[odd], &settings()).unwrap();
    assert!(
        template.contains("\"Value\": \"stacks/odd_ _old_ näme/template.yaml\""),
        "{template}"
    );
}

fn plan(before: &[Gate], after: &[Gate]) -> PipelinesPlan {
    let read = |gates: &[Gate]| deployed(&render(gates, &settings()).unwrap()).unwrap();
    let documents = before
        .iter()
        .chain(after)
        .map(|gate| (gate.digest(), gate.clone()))
        .collect();
    PipelinesPlan::between(&read(before), &read(after), &documents)
}

#[test]
fn the_same_gates_change_nothing() {
    let gates = ["network", "web"].map(gate);
    assert!(plan(&gates, &gates).is_empty());
}

#[test]
fn a_plan_says_what_comes_goes_changes_and_weakens() {
    let before = ["data", "legacy", "network", "old", "web"].map(gate);
    let mut network = gate("network");
    network.approvals = 0;
    let mut web = gate("web");
    web.approvals = 2;
    let mut renamed = gate("new");
    renamed.stack_name = "production-old".to_owned();
    let after = [gate("data"), network, web, renamed, gate("queue")];
    let plan = plan(&before, &after);
    insta::assert_snapshot!(plan, @r"
    legacy: the pipeline goes; the stack production-legacy stays as it is, unmanaged
      stack_name production-legacy → (none)
      approvals 1 → (none)
      deployer arn:aws:iam::111122223333:role/changegate/deployers/default → (none)
      template stacks/legacy/template.yaml → (none)
      configuration stacks/legacy/production.json → (none)
    network: the gate changes
      approvals 1 → 0: GATE WEAKENED
    new: a new pipeline, which takes the stack production-old over from old
      template stacks/old/template.yaml → stacks/new/template.yaml
      configuration stacks/old/production.json → stacks/new/production.json
    old: the pipeline goes; new takes the stack production-old over
    queue: a new pipeline for the stack production-queue
      stack_name production-queue
      approvals 1
      approvers whoever IAM lets
      author_may_approve true
      require_pull_request false
      people not told apart
      session_name_roles none
      release automatic
      window at any time
      stack_policy none
      deployer arn:aws:iam::111122223333:role/changegate/deployers/default
      capabilities none
      notify the environment's topic
      notification_arns none
      first_run plan
      template stacks/queue/template.yaml
      configuration stacks/queue/production.json
    web: the gate changes
      approvals 1 → 2
      people not told apart → nobody known
    ");
    assert_eq!(
        plan.summary(),
        "2 added, 2 updated, 2 removed; 1 GATE WEAKENED: network"
    );
    assert_eq!(
        plan.interrupted(),
        [
            "changegate-legacy",
            "changegate-network",
            "changegate-old",
            "changegate-web"
        ]
    );
}

#[test]
fn a_stack_that_loses_its_pipeline_is_told_to_stay_unmanaged() {
    let before = ["legacy", "old", "web"].map(gate);
    let mut web = gate("web");
    web.stack_name = "production-shop".to_owned();
    let mut renamed = gate("new");
    renamed.stack_name = "production-old".to_owned();
    assert_eq!(
        plan(&before, &[web, renamed]).left_behind(),
        [
            "the stack production-legacy stays as it is, unmanaged: legacy is its pipeline no more, and nothing of it \
             is deleted",
            "the stack production-web stays as it is, unmanaged: web is its pipeline no more, and nothing of it is \
             deleted",
        ]
    );
    let (mut web, mut old) = (gate("web"), gate("old"));
    std::mem::swap(&mut web.stack_name, &mut old.stack_name);
    let swapped = plan(&before, &[gate("legacy"), web, old]);
    assert_eq!(swapped.left_behind(), Vec::<String>::new(), "each is another's");
}

#[test]
fn a_gate_in_force_that_cannot_be_read_counts_as_weakened() {
    let read = |gates: &[Gate]| deployed(&render(gates, &settings()).unwrap()).unwrap();
    let mut after = gate("network");
    after.approvals = 2;
    let documents = BTreeMap::from([(after.digest(), after.clone())]);
    let plan = PipelinesPlan::between(&read(&[gate("network")]), &read(&[after]), &documents);
    assert_eq!(plan.weakened(), ["network"]);
}

#[test]
fn a_gate_that_cannot_be_read_counts_as_weakened_also_where_the_pipeline_is_new() {
    let read = |gates: &[Gate]| deployed(&render(gates, &settings()).unwrap()).unwrap();
    let unknown = PipelinesPlan::between(&[], &read(&[gate("network")]), &BTreeMap::new());
    assert_eq!(unknown.weakened(), ["network"]);
    assert!(
        unknown.to_string().contains("cannot be read: GATE WEAKENED"),
        "{unknown}"
    );
    // The stack is taken over from a pipeline whose gate nobody can read.
    let mut renamed = gate("core");
    renamed.stack_name = "production-network".to_owned();
    let documents = BTreeMap::from([(renamed.digest(), renamed.clone())]);
    let taken = PipelinesPlan::between(&read(&[gate("network")]), &read(&[renamed]), &documents);
    assert_eq!(taken.weakened(), ["core"]);
    let known = plan(&[], &[gate("network")]);
    assert_eq!(known.weakened(), [""; 0]);
}

#[test]
fn a_new_gate_that_tells_another_account_counts_as_weakened() {
    let mut told = gate("network");
    told.notification_arns = vec!["arn:aws:sns:eu-west-1:444455556666:events".to_owned()];
    let plan = plan(&[], &[told]);
    assert_eq!(plan.weakened(), ["network"]);
    assert_eq!(
        plan.summary(),
        "1 added, 0 updated, 0 removed; 1 GATE WEAKENED: network"
    );
}

#[test]
fn a_plan_tells_of_deployers_that_stacks_of_different_trust_share() {
    let mut network = gate("network");
    network.approvals = 2;
    let plan = plan(&[gate("web"), gate("network")], &[gate("web"), network]);
    let [shared] = plan.shared_deployers.as_slice() else {
        panic!("{plan:?}");
    };
    assert_eq!(
        (&*shared.weaker, &*shared.stronger),
        (&["web".to_owned()][..], &["network".to_owned()][..])
    );
}
