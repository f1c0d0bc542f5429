use std::collections::BTreeMap;

use super::*;

fn gate() -> Gate {
    Gate {
        version: 1,
        stack: "network".to_owned(),
        stack_name: "network".to_owned(),
        template: "stacks/network/template.yaml".to_owned(),
        configuration: None,
        approvals: 2,
        release: true,
        author_may_approve: false,
        require_pull_request: true,
        window: Some(Window {
            days: vec![1, 2, 3],
            from_minute: 540,
            to_minute: 960,
            time_zone: "UTC".to_owned(),
        }),
        stack_policy: Some("{}".into()),
        deployer: "arn:aws:iam::111122223333:role/changegate/deployers/network".to_owned(),
        capabilities: vec!["CAPABILITY_IAM".to_owned()],
        notify: None,
        notification_arns: Vec::new(),
        first_run: FirstRun::Hold,
        people: Arc::new(BTreeMap::from([(
            "ann".to_owned(),
            vec!["arn:aws:iam::111122223333:user/ann".to_owned()],
        )])),
        session_name_roles: Vec::new(),
    }
}

/// The differences that an edit of the strict gate makes, and those that taking it back makes.
fn there_and_back(edit: impl Fn(&mut Gate)) -> (String, String) {
    let strict = gate();
    let mut edited = gate();
    edit(&mut edited);
    let words = |from: &Gate, to: &Gate| {
        let changes = gate_changes(Some(from), to);
        let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
        lines.join("\n")
    };
    (words(&strict, &edited), words(&edited, &strict))
}

#[test]
fn equal_gates_have_no_differences() {
    assert_eq!(gate_changes(Some(&gate()), &gate()), []);
}

#[test]
fn demanding_less_is_marked_and_demanding_more_is_not() {
    let pair = |there: &str, back: &str| (format!("{there}: GATE WEAKENED"), back.to_owned());
    assert_eq!(
        there_and_back(|gate| gate.approvals = 0),
        pair("approvals 2 → 0", "approvals 0 → 2")
    );
    assert_eq!(
        there_and_back(|gate| gate.require_pull_request = false),
        pair("require_pull_request true → false", "require_pull_request false → true")
    );
    assert_eq!(
        there_and_back(|gate| gate.author_may_approve = true),
        pair("author_may_approve false → true", "author_may_approve true → false")
    );
    assert_eq!(
        there_and_back(|gate| gate.release = false),
        pair("release manual → automatic", "release automatic → manual")
    );
    assert_eq!(
        there_and_back(|gate| gate.window = None),
        pair(
            "window mon,tue,wed 09:00-16:00 UTC → at any time",
            "window at any time → mon,tue,wed 09:00-16:00 UTC"
        )
    );
    assert_eq!(
        there_and_back(|gate| gate.capabilities.push("CAPABILITY_NAMED_IAM".to_owned())),
        pair(
            "capabilities CAPABILITY_IAM → CAPABILITY_IAM, CAPABILITY_NAMED_IAM",
            "capabilities CAPABILITY_IAM, CAPABILITY_NAMED_IAM → CAPABILITY_IAM"
        )
    );
    let (there, back) = there_and_back(|gate| gate.stack_policy = None);
    assert!(there.ends_with("→ none: GATE WEAKENED"), "{there}");
    assert!(!back.contains("WEAKENED"), "{back}");
}

#[test]
fn what_could_be_weaker_is_marked_both_ways() {
    for edit in [
        (|gate: &mut Gate| gate.deployer.push_str("-admin")) as fn(&mut Gate),
        |gate| gate.stack_name = "other".to_owned(),
        |gate| gate.stack_policy = Some("{ }".into()),
        |gate| {
            gate.window = Some(Window {
                time_zone: "Asia/Kolkata".to_owned(),
                ..gate.window.clone().unwrap()
            });
        },
        |gate| gate.people = Arc::default(),
    ] {
        let (there, back) = there_and_back(edit);
        assert!(there.ends_with("GATE WEAKENED"), "{there}");
        assert!(back.ends_with("GATE WEAKENED"), "{back}");
    }
}

#[test]
fn a_window_inside_the_former_is_no_weakening() {
    let (there, back) = there_and_back(|gate| {
        gate.window = Some(Window {
            days: vec![2],
            from_minute: 600,
            to_minute: 900,
            time_zone: "UTC".to_owned(),
        });
    });
    assert_eq!(there, "window mon,tue,wed 09:00-16:00 UTC → tue 10:00-15:00 UTC");
    assert!(back.ends_with("GATE WEAKENED"), "{back}");
}

#[test]
fn what_does_not_decide_is_told_without_a_mark() {
    let (there, back) = there_and_back(|gate| {
        gate.notify = Some("arn:aws:sns:eu-west-1:111122223333:network".to_owned());
        gate.first_run = FirstRun::Plan;
        gate.configuration = Some("stacks/network/production.json".to_owned());
    });
    assert!(
        !there.contains("WEAKENED") && !back.contains("WEAKENED"),
        "{there}\n{back}"
    );
    assert_eq!(there.lines().count(), 3);
}

#[test]
fn a_new_gate_is_told_without_a_before() {
    let changes: Vec<String> = gate_changes(None, &gate()).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(changes.join("\n"), @r"
    approvals 2
    author_may_approve false
    release manual
    window mon,tue,wed 09:00-16:00 UTC
    deployer arn:aws:iam::111122223333:role/changegate/deployers/network
    first_run hold
    ");
}
