use std::collections::BTreeMap;

use super::*;
use crate::domain::gate::Gate;

const ARN: &str = "arn:aws:cloudformation:eu-west-1:111122223333:changeSet/cg-0123456-1111/1";
const STACK: &str = "arn:aws:cloudformation:eu-west-1:111122223333:stack/production-network/1";

fn planned() -> PlannedChange {
    PlannedChange {
        version: 1,
        stack_name: "production-network".to_owned(),
        stack_id: Some(STACK.to_owned()),
        change_set_arn: Some(ARN.to_owned()),
        change_set_type: "UPDATE".to_owned(),
        template_sha256: Sha256::of("template"),
        template_key: String::new(),
        stack_last_changed: None,
        stack_policy_before: None,
        parameters: BTreeMap::new(),
        tags: BTreeMap::new(),
        commit: "c1".to_owned(),
        sequence: None,
        source_versions: BTreeMap::new(),
    }
}

fn plan(status: &str, variables: &[(&str, &str)]) -> ActionExecution {
    ActionExecution {
        action: CREATE_CHANGE_SET.to_owned(),
        status: status.to_owned(),
        output_variables: variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        ..ActionExecution::default()
    }
}

fn good() -> ActionExecution {
    let template = Sha256::of("template").to_string();
    plan(
        "Succeeded",
        &[
            ("Outcome", "changes"),
            ("ChangeSetArn", ARN),
            ("TemplateSha256", &template),
            ("PlanSha256", &Sha256::of("plan").to_string()),
        ],
    )
}

fn parameters() -> UserParameters {
    serde_json::from_value(serde_json::json!({
        "pipeline": "changegate-network", "execution": "1111", "gate": "g", "changeSet": ARN, "digest": "d"
    }))
    .unwrap()
}

pub(in crate::domain::guard) fn gate() -> Gate {
    serde_json::from_value(serde_json::json!({
        "version": 1, "stack": "network", "stackName": "production-network", "template": "t", "configuration": null,
        "approvals": 1, "release": false, "authorMayApprove": true, "requirePullRequest": false, "window": null,
        "stackPolicy": null, "deployer": "d", "capabilities": [], "notify": null, "notificationArns": [],
        "firstRun": "plan", "people": {}, "sessionNameRoles": []
    }))
    .unwrap()
}

fn check(history: &[ActionExecution], parameters: &UserParameters, planned: &PlannedChange) -> Result<(), Refusal> {
    planned_by_run(history, parameters, &gate(), planned, b"template")
}

#[test]
fn a_plan_is_refused_for_each_thing_that_is_not_as_the_history_has_it() {
    assert_eq!(check(&[good()], &parameters(), &planned()), Ok(()));
    let replaced = |what: &str, result: Result<(), Refusal>| {
        assert!(
            matches!(&result, Err(Refusal::PlanReplaced { what: found, .. }) if *found == what),
            "{what}: {result:?}"
        );
    };
    let mut other = planned();
    other.change_set_arn = Some("another".to_owned());
    assert_eq!(
        check(&[good()], &parameters(), &other).unwrap_err().to_string(),
        format!(
            "the change set of the plan was changed after it was planned: the history has `{ARN}`, and `another` was found"
        )
    );
    replaced("the change set of the plan", check(&[good()], &parameters(), &other));
    let mut asked = parameters();
    asked.change_set = Some("another".to_owned());
    replaced("the change set of this action", check(&[good()], &asked, &planned()));
    asked.change_set = None;
    replaced("the change set of this action", check(&[good()], &asked, &planned()));
    let mut other = planned();
    other.template_sha256 = Sha256::of("other");
    replaced(
        "the hash of the template in the plan",
        check(&[good()], &parameters(), &other),
    );
    replaced(
        "the hash of the template artifact",
        planned_by_run(&[good()], &parameters(), &gate(), &planned(), b"other"),
    );
    let mut other = planned();
    other.stack_name = "production-data".to_owned();
    replaced("the stack of the plan", check(&[good()], &parameters(), &other));
}

#[test]
fn the_newest_plan_that_succeeded_is_the_one_of_the_run() {
    let older = plan("Succeeded", &[("Outcome", "no-changes"), ("PlanSha256", "older")]);
    let failed = plan("Failed", &[("Outcome", "changes"), ("PlanSha256", "failed")]);
    let running = plan("InProgress", &[]);
    let another = ActionExecution {
        action: "DescribeChangeSet".to_owned(),
        ..older.clone()
    };
    let history = [another.clone(), running.clone(), failed.clone(), good(), older.clone()];
    assert_eq!(check(&history, &parameters(), &planned()), Ok(()));
    assert_eq!(plan_as_written(&history, Sha256::of("plan")), Ok(()));
    assert_eq!(
        plan_as_written(&history, Sha256::of("another")),
        Err(Refusal::PlanReplaced {
            what: "the plan in its artifact",
            expected: Sha256::of("plan").to_string(),
            found: Sha256::of("another").to_string(),
        })
    );
    for history in [&[older, good()][..], &[failed, running][..], &[another][..], &[][..]] {
        assert!(matches!(
            check(history, &parameters(), &planned()),
            Err(Refusal::NotPlanned(_))
        ));
        assert!(plan_as_written(history, Sha256::of("plan")).is_err());
    }
}

#[test]
fn a_change_set_is_the_runs_by_its_name_its_arn_and_its_stack_each_by_itself() {
    let described = ChangeSetDescription {
        change_set_name: "cg-0123456-1111".to_owned(),
        change_set_id: ARN.to_owned(),
        stack_id: STACK.to_owned(),
        ..ChangeSetDescription::default()
    };
    assert_eq!(change_set_of_run("1111", &planned(), &described), Ok(()));
    for edit in [
        (|set: &mut ChangeSetDescription| set.change_set_name = "cg-0123456-2222".to_owned()) as fn(&mut _),
        |set| set.change_set_name = "cg-0123456-1111x".to_owned(),
        |set| set.change_set_name = "xcg-0123456-1111".to_owned(),
        |set| set.change_set_id.push('x'),
        |set| set.stack_id.push('x'),
    ] {
        let mut other = described.clone();
        edit(&mut other);
        assert!(matches!(
            change_set_of_run("1111", &planned(), &other),
            Err(Refusal::WrongChangeSet(_))
        ));
    }
}
