use std::collections::BTreeMap;
use std::sync::Arc;

use super::*;
use crate::domain::authors::Gap;
use crate::domain::gate::FirstRun;

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const BOB: &str = "arn:aws:iam::111122223333:user/bob";
const CAROL: &str = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Operators_0123456789abcdef/carol";

fn gate(approvals: u8, author_may_approve: bool) -> Gate {
    Gate {
        version: 1,
        stack: "network".to_owned(),
        stack_name: "production-network".to_owned(),
        template: "stacks/network/template.yaml".to_owned(),
        configuration: None,
        approvals,
        release: false,
        author_may_approve,
        require_pull_request: false,
        window: None,
        stack_policy: None,
        deployer: "arn:aws:iam::111122223333:role/changegate/deployers/stack".to_owned(),
        capabilities: Vec::new(),
        notify: None,
        notification_arns: Vec::new(),
        first_run: FirstRun::Plan,
        people: Arc::new(BTreeMap::from([
            ("alice".to_owned(), vec![ALICE.to_owned()]),
            ("carol".to_owned(), vec![CAROL.to_owned()]),
        ])),
        session_name_roles: Vec::new(),
        approvers: None,
    }
}

fn approvals(approvers: &[&str]) -> Vec<Approval> {
    APPROVAL_ACTIONS
        .iter()
        .zip(approvers)
        .map(|(action, approver)| Approval {
            action: (*action).to_owned(),
            approver: Some((*approver).to_owned()),
        })
        .collect()
}

fn authors(logins: &[&str]) -> Authors {
    Authors {
        logins: logins.iter().map(|login| (*login).to_owned()).collect(),
        ..Authors::default()
    }
}

fn refusal(gate: &Gate, approvers: &[&str], authors: &Authors) -> String {
    check(gate, &approvals(approvers), authors).unwrap_err().to_string()
}

#[test]
fn a_gate_without_approvals_asks_nobody() {
    assert_eq!(
        check(&gate(0, false), &[], &Authors::default()).unwrap().people,
        [""; 0]
    );
}

#[test]
fn two_people_are_enough_for_two_approvals() {
    let quorum = check(&gate(2, true), &approvals(&[ALICE, BOB]), &Authors::default()).unwrap();
    assert_eq!(quorum.people, ["bob", "alice"]);
}

#[test]
fn one_person_does_not_become_two_by_approving_twice() {
    let twice = [
        [ALICE, "arn:aws:iam::111122223333:user/path/Alice"],
        [
            "arn:aws:sts::111122223333:assumed-role/Operators/alice",
            "arn:aws:sts::111122223333:assumed-role/Operators/bob",
        ],
        [
            CAROL,
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admins_fedcba9876543210/carol",
        ],
    ];
    for approvers in twice {
        let refused = check(&gate(2, true), &approvals(&approvers), &Authors::default()).unwrap_err();
        assert!(
            matches!(&refused, Shortfall::TooFewPeople { needed: 2, people, .. } if people.len() == 1),
            "{approvers:?}: {refused}"
        );
    }
}

#[test]
fn root_and_an_approver_that_is_not_told_are_nobody() {
    insta::assert_snapshot!(
        refusal(&gate(1, true), &["arn:aws:iam::111122223333:root"], &authors(&[])),
        @"the approval of a person is needed, and no person approved; arn:aws:iam::111122223333:root does not count as a person (root, federated users and unknown principals count as nobody)"
    );
    let untold = [Approval {
        action: "Approve1".to_owned(),
        approver: None,
    }];
    insta::assert_snapshot!(
        check(&gate(1, true), &untold, &Authors::default()).unwrap_err(),
        @"the approval of a person is needed, and no person approved; (not told) does not count as a person (root, federated users and unknown principals count as nobody)"
    );
}

fn only(approvers: &[&str], gate: Gate) -> Gate {
    Gate {
        approvers: Some(approvers.iter().map(|one| (*one).to_owned()).collect()),
        ..gate
    }
}

#[test]
fn whoever_is_not_among_the_approvers_counts_as_nobody_whatever_iam_lets_them_press() {
    let gate = |approvals| only(&["user/alice", "permission-set/Operators"], gate(approvals, true));
    insta::assert_snapshot!(refusal(&gate(1), &[BOB], &authors(&[])), @"the approval of a person is needed, and none counts; arn:aws:iam::111122223333:user/bob answered and is not among the approvers of this stack; those who may approve are user/alice, permission-set/Operators");
    insta::assert_snapshot!(refusal(&gate(2), &[ALICE, BOB], &authors(&[])), @"approvals by 2 different people are needed, and only alice approved; arn:aws:iam::111122223333:user/bob answered and is not among the approvers of this stack; those who may approve are user/alice, permission-set/Operators");
    assert!(check(&gate(1), &approvals(&[ALICE]), &Authors::default()).is_ok());
    assert!(check(&gate(2), &approvals(&[ALICE, CAROL]), &Authors::default()).is_ok());
    assert!(check(&gate(2), &approvals(&[BOB, CAROL]), &Authors::default()).is_err());
    // Two who may, and a third who may not, are two.
    assert_eq!(
        check(&gate(1), &approvals(&[BOB, CAROL]), &Authors::default())
            .unwrap()
            .people,
        ["carol"]
    );
}

#[test]
fn an_approver_whom_nobody_can_resolve_counts_as_nobody() {
    for unreadable in [
        &["nonsense"][..],
        &[],
        &["arn:aws:iam::111122223333:root"],
        &["assumed-role/Shared/alice"],
    ] {
        let gate = only(unreadable, gate(1, true));
        for approver in [ALICE, CAROL, "arn:aws:sts::111122223333:assumed-role/Shared/alice"] {
            assert!(
                check(&gate, &approvals(&[approver]), &Authors::default()).is_err(),
                "{unreadable:?} {approver}"
            );
        }
    }
    let root = "arn:aws:iam::111122223333:root";
    assert!(
        refusal(&only(&["user/alice"], gate(1, true)), &[root], &authors(&[]))
            .ends_with("count as nobody); those who may approve are user/alice"),
        "nobody answered who is somebody else"
    );
    let nobody = only(&[], gate(1, true));
    assert!(refusal(&nobody, &[ALICE], &authors(&[])).ends_with("; the gate lets nobody approve"));
    let homeless = Gate {
        deployer: "none".to_owned(),
        ..only(&["user/alice"], gate(1, true))
    };
    assert!(check(&homeless, &approvals(&[ALICE]), &Authors::default()).is_err());
}

#[test]
fn an_approver_outside_of_the_list_is_no_second_person_beside_an_author() {
    let gate = only(&["user/alice"], gate(2, false));
    assert!(check(&gate, &approvals(&[ALICE, BOB]), &authors(&["alice"])).is_err());
    let gate = only(&["user/alice", "user/bob"], gate);
    assert!(check(&gate, &approvals(&[ALICE, BOB]), &authors(&["alice"])).is_ok());
}

const SHARED: &str = "arn:aws:iam::111122223333:role/Shared";

fn shared(session: &str) -> String {
    format!("arn:aws:sts::111122223333:assumed-role/Shared/{session}")
}

/// A gate under which the login `mallory` is whoever assumes a role that many can assume.
fn with_shared_role(approvals: u8, listed: &str) -> Gate {
    let mut people = (*gate(approvals, false).people).clone();
    people.insert("mallory".to_owned(), vec![listed.to_owned()]);
    Gate {
        people: Arc::new(people),
        session_name_roles: vec![SHARED.to_owned()],
        ..gate(approvals, false)
    }
}

#[test]
fn an_author_listed_as_a_shared_role_does_not_approve_alone() {
    let mallory = shared("mallory");
    // Many people are behind the role, so it ties the login to none of them: one approver more is needed.
    let gate = with_shared_role(1, SHARED);
    let refused = check(&gate, &approvals(&[&mallory]), &authors(&["mallory"])).unwrap_err();
    assert!(
        matches!(&refused, Shortfall::UnknownAuthors { unresolved, .. } if unresolved == &["mallory"]),
        "{refused}"
    );
    let two = with_shared_role(2, SHARED);
    assert!(check(&two, &approvals(&[&mallory, BOB]), &authors(&["mallory"])).is_ok());
    assert!(check(&two, &approvals(&[&mallory, &mallory]), &authors(&["mallory"])).is_err());
    // Listed as the session, the login is that person, whichever way it comes.
    let gate = with_shared_role(1, &mallory);
    for approver in [mallory.as_str(), "arn:aws:iam::111122223333:user/mallory"] {
        let refused = check(&gate, &approvals(&[approver]), &authors(&["mallory"])).unwrap_err();
        assert!(
            matches!(refused, Shortfall::OnlyAuthors { .. }),
            "{approver}: {refused}"
        );
    }
    assert!(check(&gate, &approvals(&[&shared("bob")]), &authors(&["mallory"])).is_ok());
}

/// Why taking a role off `session_name_roles` is a weakening.
#[test]
fn without_the_enforced_name_a_session_and_the_user_of_its_name_are_two() {
    let pressed = approvals(&[&shared("alice"), ALICE]);
    let enforced = Gate {
        session_name_roles: vec![SHARED.to_owned()],
        ..gate(2, true)
    };
    assert!(check(&enforced, &pressed, &Authors::default()).is_err());
    assert!(check(&gate(2, true), &pressed, &Authors::default()).is_ok());
}

#[test]
fn an_approval_that_the_history_does_not_show_yet_may_be_lag() {
    let refused = check(&gate(2, true), &approvals(&[ALICE]), &Authors::default()).unwrap_err();
    assert!(refused.may_be_lag());
    insta::assert_snapshot!(refused, @"2 approvals are needed, and the history of this run shows 1 that was given to its review");
    insta::assert_snapshot!(
        check(&gate(1, true), &[], &Authors::default()).unwrap_err(),
        @"1 approval is needed, and the history of this run shows 0 that were given to its review"
    );
}

#[test]
fn the_author_alone_is_refused_and_the_author_with_somebody_else_is_not() {
    insta::assert_snapshot!(
        refusal(&gate(1, false), &[ALICE], &authors(&["alice"])),
        @"only alice approved, who made, merged or pushed the change; somebody else must approve"
    );
    assert!(check(&gate(2, false), &approvals(&[ALICE, BOB]), &authors(&["alice"])).is_ok());
    assert!(check(&gate(1, false), &approvals(&[BOB]), &authors(&["alice"])).is_ok());
    assert!(check(&gate(1, true), &approvals(&[ALICE]), &authors(&["alice"])).is_ok());
}

#[test]
fn two_authors_do_not_approve_their_own_change_together() {
    let refused = check(
        &gate(2, false),
        &approvals(&[ALICE, CAROL]),
        &authors(&["alice", "carol"]),
    )
    .unwrap_err();
    assert!(matches!(refused, Shortfall::OnlyAuthors { .. }), "{refused}");
}

#[test]
fn an_author_who_cannot_be_resolved_demands_one_approver_more() {
    insta::assert_snapshot!(
        refusal(&gate(1, false), &[BOB], &authors(&["stranger"])),
        @"2 approvers are needed who are not known to have made the change, and 1 approved, because it cannot be told who else made it: `people` in the catalogue has no IAM principal for stranger"
    );
    assert!(check(&gate(2, false), &approvals(&[ALICE, BOB]), &authors(&["stranger"])).is_ok());
    assert!(
        check(
            &gate(2, false),
            &approvals(&[ALICE, BOB]),
            &authors(&["stranger", "alice"])
        )
        .is_err()
    );
}

#[test]
fn unattributed_commits_and_gaps_demand_one_approver_more() {
    let mut unattributed = authors(&[]);
    unattributed.unattributed.push("0123456789abcdef".to_owned());
    let mut gap = authors(&[]);
    gap.gaps.push(Gap::NoRecord(crate::domain::provenance::RecordId::Commit(
        "0123456789abcdef".to_owned(),
    )));
    let unknown = "2 approvers are needed who are not known to have made the change, and 1 approved, because it cannot be \
                   told who else made it: ";
    assert_eq!(
        refusal(&gate(1, false), &[BOB], &unattributed),
        format!("{unknown}no account is known for commit 0123456")
    );
    assert_eq!(
        refusal(&gate(1, false), &[BOB], &gap),
        format!("{unknown}{}", gap.gaps[0])
    );
    for authors in [&unattributed, &gap] {
        assert!(check(&gate(1, false), &approvals(&[BOB]), authors).is_err());
        assert!(check(&gate(2, false), &approvals(&[ALICE, BOB]), authors).is_ok());
    }
}

fn action(name: &str, category: &str, status: &str, started: &str) -> ActionExecution {
    ActionExecution {
        action: name.to_owned(),
        category: category.to_owned(),
        status: status.to_owned(),
        started: Some(started.to_owned()),
        updated: Some("2026-11-23T10:00:05.5Z".to_owned()),
        updated_by: Some(ALICE.to_owned()),
        summary: Some("Approved by arn:aws:iam::111122223333:user/bob".to_owned()),
        ..ActionExecution::default()
    }
}

/// A review without a link that began then.
fn reviewed(began: &str) -> Reviewed {
    let mut review = action("DescribeChangeSet", "Invoke", "Succeeded", began);
    review.output_variables.insert("Digest".to_owned(), "d1".to_owned());
    Reviewed::newest("d1", &[review]).unwrap()
}

#[test]
fn only_approvals_that_were_asked_for_after_the_review_began_count() {
    let reviewed = reviewed("2026-11-23T10:00:05.500Z");
    let counted = |action: ActionExecution| given_to(&reviewed, &[action]).len();
    assert_eq!(
        counted(action("Approve1", "Approval", "Succeeded", "2026-11-23T10:00:05.5Z")),
        1
    );
    assert_eq!(
        counted(action("Approve1", "Approval", "Succeeded", "2026-11-23T11:00:06+01:00")),
        1
    );
    assert_eq!(
        counted(action("Approve1", "Approval", "Succeeded", "2026-11-23T10:00:05.499Z")),
        0
    );
    assert_eq!(counted(action("Approve1", "Approval", "Succeeded", "yesterday")), 0);
    assert_eq!(
        counted(action("Approve1", "Approval", "Failed", "2026-11-23T10:01:00Z")),
        0
    );
    assert_eq!(
        counted(action("Approve1", "Approval", "InProgress", "2026-11-23T10:01:00Z")),
        0
    );
    assert_eq!(
        counted(action("Approve1", "Invoke", "Succeeded", "2026-11-23T10:01:00Z")),
        0
    );
    assert_eq!(
        counted(action("Release", "Approval", "Succeeded", "2026-11-23T10:01:00Z")),
        0
    );
}

#[test]
fn who_approved_is_never_read_from_the_comment() {
    let given = given_to(
        &reviewed("1970-01-01T00:00:00Z"),
        &[action("Approve1", "Approval", "Succeeded", "2026-11-23T10:01:00Z")],
    );
    assert_eq!(given[0].approver.as_deref(), Some(ALICE));
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    fn approver() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-d]".prop_map(|name| format!("arn:aws:iam::111122223333:user/{name}")),
            ("[rs]", "[a-d]").prop_map(|(role, name)| format!("arn:aws:sts::111122223333:assumed-role/{role}/{name}")),
            Just("arn:aws:iam::111122223333:root".to_owned()),
        ]
    }

    proptest! {
        /// More facts against a change never let it pass: what passes with more authors passes with fewer.
        #[test]
        fn more_authors_and_stricter_gates_only_refuse_more(
            first in approver(),
            second in approver(),
            few in proptest::collection::btree_set("[a-d]", 0..2),
            more in proptest::collection::btree_set("[a-d]", 0..2),
        ) {
            let mut strict = gate(2, false);
            let people = "abcd".chars()
                .map(|name| (name.to_string(), vec![format!("arn:aws:iam::111122223333:user/{name}")]));
            strict.people = Arc::new(people.collect());
            let given = approvals(&[&first, &second]);
            let all = Authors { logins: few.union(&more).cloned().collect(), ..Authors::default() };
            let some = Authors { logins: few, ..Authors::default() };
            if check(&strict, &given, &all).is_ok() {
                prop_assert!(check(&strict, &given, &some).is_ok());
                let lenient = Gate { author_may_approve: true, ..strict.clone() };
                prop_assert!(check(&lenient, &given, &Authors::default()).is_ok());
                let single = Gate { approvals: 1, ..strict };
                prop_assert!(check(&single, &given, &all).is_ok());
            }
        }
    }
}
