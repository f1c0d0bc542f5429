mod told;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::domain::gate::{FirstRun, Window};

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
        approvers: None,
    }
}

/// The differences that an edit of the strict gate makes, and those that taking it back makes.
fn there_and_back(edit: impl Fn(&mut Gate)) -> (String, String) {
    let strict = gate();
    let mut edited = gate();
    edit(&mut edited);
    let words = |from: &Gate, to: &Gate| {
        let changes = gate_changes(Some(from), Some(to));
        let lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
        lines.join("\n")
    };
    (words(&strict, &edited), words(&edited, &strict))
}

#[test]
fn equal_gates_have_no_differences() {
    assert_eq!(gate_changes(Some(&gate()), Some(&gate())), []);
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
        |gate| gate.session_name_roles = vec!["arn:aws:iam::111122223333:role/Shared".to_owned()],
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
fn each_bound_of_a_window_is_looked_at_by_itself() {
    let window = |edit: fn(&mut Window)| {
        let mut window = gate().window.unwrap();
        edit(&mut window);
        there_and_back(|gate| gate.window = Some(window.clone()))
    };
    for widened in [
        (|window| window.from_minute -= 1) as fn(&mut Window),
        |window| window.to_minute += 1,
        |window| window.days = vec![1, 2, 3, 4],
        |window| window.days = vec![1, 2, 4],
    ] {
        let (there, _) = window(widened);
        assert!(there.ends_with("GATE WEAKENED"), "{there}");
    }
    for narrowed in [
        (|window| window.from_minute += 1) as fn(&mut Window),
        |window| window.to_minute -= 1,
        |window| window.days = vec![1, 3],
    ] {
        let (there, back) = window(narrowed);
        assert!(!there.contains("WEAKENED"), "{there}");
        assert!(back.ends_with("GATE WEAKENED"), "{back}");
    }
}

#[test]
fn a_window_past_midnight_lies_within_none_that_ends_on_its_day() {
    let night = |from_minute, to_minute| Window {
        days: vec![1],
        from_minute,
        to_minute,
        time_zone: "UTC".to_owned(),
    };
    let between = |was: Window, is: Window| {
        let with = |window| Gate {
            window: Some(window),
            ..gate()
        };
        gate_changes(Some(&with(was)), Some(&with(is)))[0].is_weakening
    };
    assert!(!between(night(1_320, 240), night(1_380, 180)));
    assert!(between(night(1_320, 240), night(1_380, 300)));
    assert!(between(night(1_320, 240), night(1_260, 180)));
    // Both begin later and end earlier, and one of them lasts into Tuesday.
    assert!(between(night(540, 960), night(600, 120)));
    assert!(between(night(1_320, 960), night(1_330, 950 + 400)));
}

#[test]
fn a_window_that_never_opens_is_no_room_for_another() {
    let broken = Gate {
        window: Some(Window {
            to_minute: 6_000,
            ..gate().window.unwrap()
        }),
        ..gate()
    };
    assert!(gate_changes(Some(&broken), Some(&gate()))[0].is_weakening);
}

#[test]
fn what_does_not_decide_is_told_without_a_mark() {
    let (there, back) = there_and_back(|gate| {
        gate.notification_arns = vec!["arn:aws:sns:eu-west-1:111122223333:events".to_owned()];
        gate.template = "stacks/core/template.yaml".to_owned();
        gate.configuration = Some("stacks/network/production.json".to_owned());
    });
    assert!(
        !there.contains("WEAKENED") && !back.contains("WEAKENED"),
        "{there}\n{back}"
    );
    assert_eq!(there.lines().count(), 3);
}

#[test]
fn messages_that_go_elsewhere_and_a_first_run_that_nobody_starts_are_marked() {
    let topic = "arn:aws:sns:eu-west-1:111122223333:network";
    let (there, back) = there_and_back(|gate| gate.notify = Some(topic.to_owned()));
    assert_eq!(
        there,
        format!("notify the environment's topic → {topic}: GATE WEAKENED")
    );
    assert_eq!(back, format!("notify {topic} → the environment's topic"));
    let (there, back) = there_and_back(|gate| gate.first_run = FirstRun::Plan);
    assert_eq!(there, "first_run hold → plan: GATE WEAKENED");
    assert_eq!(back, "first_run plan → hold");
}

#[test]
fn a_topic_of_another_account_is_marked_also_in_a_new_gate() {
    let own = "arn:aws:sns:eu-west-1:111122223333:events";
    for foreign in [
        "arn:aws:sns:eu-west-1:444455556666:events",
        "arn:aws-cn:sns:cn-north-1:111122223333:events",
        "nothing that names an account",
    ] {
        let told = Gate {
            notification_arns: vec![foreign.to_owned(), own.to_owned()],
            ..gate()
        };
        let notified = Gate {
            notify: Some(foreign.to_owned()),
            ..gate()
        };
        for (before, after, setting) in [
            (Some(gate()), &told, "notification_arns"),
            (None, &told, "notification_arns"),
            (Some(gate()), &notified, "notify"),
            (None, &notified, "notify"),
        ] {
            let changes = gate_changes(before.as_ref(), Some(after));
            let marked: Vec<&str> = changes
                .iter()
                .filter(|change| change.is_weakening)
                .map(|change| change.setting)
                .collect();
            assert_eq!(marked, [setting], "{foreign}");
        }
        let at_home = Gate {
            notification_arns: vec![own.to_owned()],
            notify: Some(own.to_owned()),
            ..gate()
        };
        assert!(
            gate_changes(None, Some(&at_home))
                .iter()
                .all(|change| !change.is_weakening)
        );
        // It was told before, so nothing is new about it.
        let fewer = Gate {
            notification_arns: vec![foreign.to_owned()],
            ..gate()
        };
        assert!(!gate_changes(Some(&told), Some(&fewer))[0].is_weakening);
        for topic in [own, "nothing that names an account"] {
            let homeless = Gate {
                deployer: String::new(),
                notification_arns: vec![topic.to_owned()],
                ..gate()
            };
            let changes = gate_changes(None, Some(&homeless));
            assert!(changes.iter().any(|change| change.is_weakening), "{topic}");
        }
    }
}

#[test]
fn other_approvers_are_marked_unless_everybody_of_them_could_approve_before() {
    let of = |listed: Option<&[&str]>| Gate {
        approvers: listed.map(|listed| listed.iter().map(|one| (*one).to_owned()).collect()),
        ..gate()
    };
    let change = |was, is| {
        let changes = gate_changes(Some(&of(was)), Some(&of(is)));
        changes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        change(None, Some(&["user/ann"])),
        "approvers whoever IAM lets → user/ann"
    );
    assert_eq!(
        change(Some(&["user/ann"]), None),
        "approvers user/ann → whoever IAM lets: GATE WEAKENED"
    );
    assert_eq!(
        change(Some(&["user/*"]), Some(&["user/ann", "user/bob"])),
        "approvers user/* → user/ann, user/bob"
    );
    assert_eq!(
        change(Some(&["user/ann", "user/bob"]), Some(&["user/ann"])),
        "approvers user/ann, user/bob → user/ann"
    );
    assert_eq!(
        change(Some(&["user/ann"]), Some(&["user/ann", "user/bob"])),
        "approvers user/ann → user/ann, user/bob: GATE WEAKENED"
    );
    assert_eq!(change(Some(&["user/ann"]), Some(&[])), "approvers user/ann → nobody");
}

/// A gate that tells people apart may have been told of a shared role; two people would become of one.
#[test]
fn a_stricter_gate_hides_no_new_session_names() {
    let shared = vec!["arn:aws:iam::111122223333:role/Shared".to_owned()];
    let lax = Gate {
        approvals: 1,
        author_may_approve: true,
        ..gate()
    };
    let words = |from: &Gate, to: &Gate| -> Vec<String> {
        gate_changes(Some(from), Some(to))
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    let stricter = Gate {
        approvals: 2,
        session_name_roles: shared.clone(),
        ..lax.clone()
    };
    assert_eq!(
        words(&lax, &stricter),
        [
            "approvals 1 → 2",
            "people not told apart → ann is arn:aws:iam::111122223333:user/ann",
            "session_name_roles none → arn:aws:iam::111122223333:role/Shared",
        ]
    );
    assert_eq!(
        words(&stricter, &lax),
        [
            "approvals 2 → 1: GATE WEAKENED",
            "people ann is arn:aws:iam::111122223333:user/ann → not told apart",
            "session_name_roles arn:aws:iam::111122223333:role/Shared → none",
        ]
    );
    let named = Gate {
        approvers: Some(vec!["assumed-role/Shared/ann".to_owned()]),
        ..lax
    };
    let enforced = Gate {
        session_name_roles: shared,
        ..named.clone()
    };
    assert!(words(&named, &enforced)[0].ends_with("GATE WEAKENED"));
    assert!(words(&enforced, &named)[0].ends_with("GATE WEAKENED"));
}

type Edit = fn(&mut Gate);

/// One edit for each field of a gate that a review shows, by its setting.
fn edits() -> Vec<(&'static str, Edit)> {
    vec![
        ("stack_name", |gate| gate.stack_name.push('x')),
        ("approvals", |gate| gate.approvals = 3),
        ("approvers", |gate| gate.approvers = Some(vec!["user/ann".to_owned()])),
        ("author_may_approve", |gate| gate.author_may_approve = true),
        ("require_pull_request", |gate| gate.require_pull_request = false),
        ("people", |gate| {
            gate.people = Arc::new(BTreeMap::from([("ann".to_owned(), Vec::new())]));
        }),
        ("session_name_roles", |gate| {
            gate.session_name_roles = vec!["arn:aws:iam::111122223333:role/Shared".to_owned()];
        }),
        ("release", |gate| gate.release = false),
        ("window", |gate| gate.window = None),
        ("stack_policy", |gate| gate.stack_policy = None),
        ("deployer", |gate| gate.deployer.push('x')),
        ("capabilities", |gate| gate.capabilities.clear()),
        ("notify", |gate| {
            gate.notify = Some("arn:aws:sns:eu-west-1:111122223333:n".to_owned());
        }),
        ("notification_arns", |gate| {
            gate.notification_arns = vec!["arn:aws:sns:eu-west-1:111122223333:n".to_owned()];
        }),
        ("first_run", |gate| gate.first_run = FirstRun::Plan),
        ("template", |gate| gate.template.push('x')),
        ("configuration", |gate| gate.configuration = Some("x".to_owned())),
    ]
}

#[test]
fn every_field_is_told_when_it_differs_when_it_is_new_and_when_it_goes() {
    let settings: Vec<&str> = edits().iter().map(|(setting, _)| *setting).collect();
    let named = |changes: Vec<GateChange>| changes.iter().map(|change| change.setting).collect::<Vec<_>>();
    assert_eq!(named(gate_changes(None, Some(&gate()))), settings);
    let full = Gate {
        approvers: Some(vec!["user/ann".to_owned()]),
        session_name_roles: vec!["arn:aws:iam::111122223333:role/Shared".to_owned()],
        notify: Some("arn:aws:sns:eu-west-1:111122223333:n".to_owned()),
        notification_arns: vec!["arn:aws:sns:eu-west-1:111122223333:n".to_owned()],
        configuration: Some("x".to_owned()),
        ..gate()
    };
    assert_eq!(named(gate_changes(Some(&full), None)), settings);
    assert!(
        gate_changes(Some(&full), None)
            .iter()
            .all(|change| change.after.is_none() && !change.is_weakening)
    );
    let mut fields = serde_json::to_value(gate()).unwrap().as_object().unwrap().len();
    // The version is that of the shape, and the name of the stack stands before each difference; absent approvers are
    // no field of the document.
    fields = fields - 2 + 1;
    assert_eq!(fields, settings.len());
    for (setting, edit) in edits() {
        let mut edited = gate();
        edit(&mut edited);
        for (before, after) in [(gate(), edited.clone()), (edited, gate())] {
            let changes = gate_changes(Some(&before), Some(&after));
            let [change] = changes.as_slice() else {
                panic!("{setting}: {changes:?}");
            };
            assert_eq!(change.setting, setting);
            assert!(change.before.is_some() && change.after.is_some() && change.before != change.after);
        }
    }
    assert_eq!(gate_changes(None, None), []);
}

#[test]
fn a_new_gate_is_told_whole_without_a_before() {
    let words = |changes: Vec<GateChange>| -> Vec<String> { changes.iter().map(ToString::to_string).collect() };
    insta::assert_snapshot!(words(gate_changes(None, Some(&gate()))).join("\n"), @r"
    stack_name network
    approvals 2
    approvers whoever IAM lets
    author_may_approve false
    require_pull_request true
    people ann is arn:aws:iam::111122223333:user/ann
    session_name_roles none
    release manual
    window mon,tue,wed 09:00-16:00 UTC
    stack_policy set (44136fa355b3)
    deployer arn:aws:iam::111122223333:role/changegate/deployers/network
    capabilities CAPABILITY_IAM
    notify the environment's topic
    notification_arns none
    first_run hold
    template stacks/network/template.yaml
    configuration none
    ");
    insta::assert_snapshot!(words(gate_changes(Some(&gate()), None)).join("\n"), @r"
    stack_name network → (none)
    approvals 2 → (none)
    author_may_approve false → (none)
    require_pull_request true → (none)
    people ann is arn:aws:iam::111122223333:user/ann → (none)
    release manual → (none)
    window mon,tue,wed 09:00-16:00 UTC → (none)
    stack_policy set (44136fa355b3) → (none)
    deployer arn:aws:iam::111122223333:role/changegate/deployers/network → (none)
    capabilities CAPABILITY_IAM → (none)
    first_run hold → (none)
    template stacks/network/template.yaml → (none)
    ");
}
