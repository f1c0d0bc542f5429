//! Which settings are told, and which are left out.

use super::*;

#[test]
fn of_several_people_only_those_who_differ_are_told() {
    let two = |ann: &str| Gate {
        people: Arc::new(BTreeMap::from([
            ("ann".to_owned(), vec![ann.to_owned()]),
            ("bob".to_owned(), vec!["arn:aws:iam::111122223333:user/bob".to_owned()]),
        ])),
        ..gate()
    };
    let changes = gate_changes(Some(&two("a")), Some(&two("b")));
    let told: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["people ann is a → ann is b: GATE WEAKENED"]);
}

#[test]
fn of_a_gate_that_asked_for_nothing_only_what_it_named_is_told_when_it_goes() {
    let plain = Gate {
        approvals: 0,
        release: false,
        author_may_approve: true,
        require_pull_request: false,
        window: None,
        stack_policy: None,
        capabilities: Vec::new(),
        first_run: FirstRun::Plan,
        ..gate()
    };
    let told: Vec<&str> = gate_changes(Some(&plain), None)
        .iter()
        .map(|change| change.setting)
        .collect();
    assert_eq!(told, ["stack_name", "deployer", "template"]);
}
