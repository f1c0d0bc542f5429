use proptest::prelude::*;

use super::*;

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const OPS_ALICE: &str = "arn:aws:iam::111122223333:user/ops/alice";
const ROLE: &str = "arn:aws:sts::111122223333:assumed-role/Approvers/alice";
const SSO: &str = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Operators_0123456789abcdef/alice@example.com";
const SSO_LONGER: &str =
    "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Operators_Admin_0123456789abcdef/alice@example.com";
const EVERYBODY: [&str; 5] = [ALICE, OPS_ALICE, ROLE, SSO, SSO_LONGER];

fn home() -> Account {
    Account::read("aws", "111122223333").unwrap()
}

fn people(session_name_roles: &[&str]) -> People {
    let roles: Vec<String> = session_name_roles.iter().map(|role| (*role).to_owned()).collect();
    People::new(&std::collections::BTreeMap::new(), &roles)
}

fn listed(texts: &[&str]) -> Approvers {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    Approvers::read(Some(&texts), Some(&home()))
}

/// Whom of everybody an entry lets approve, where no role enforces its session names.
fn lets(text: &str) -> Vec<&'static str> {
    let (approvers, people) = (listed(&[text]), people(&[]));
    EVERYBODY
        .into_iter()
        .filter(|arn| approvers.have(arn, &people))
        .collect()
}

#[test]
fn a_user_is_named_with_its_path_and_a_star_stands_for_one_segment() {
    assert_eq!(lets(ALICE), [ALICE]);
    assert_eq!(lets("user/alice"), [ALICE]);
    assert_eq!(lets("user/*"), [ALICE]);
    assert_eq!(lets("user/ops/*"), [OPS_ALICE]);
    assert_eq!(lets("user/*/alice"), [OPS_ALICE]);
    assert_eq!(lets("user/al*"), [ALICE]);
    assert_eq!(lets("user/Alice"), [""; 0], "names are compared letter by letter");
    assert_eq!(lets("user/bob"), [""; 0]);
}

#[test]
fn a_role_is_known_by_its_name_whatever_its_path() {
    assert_eq!(lets("role/Approvers"), [ROLE]);
    assert_eq!(lets("arn:aws:iam::111122223333:role/people/Approvers"), [ROLE]);
    assert_eq!(lets("assumed-role/Approvers/*"), [ROLE]);
    assert_eq!(lets("role/App*"), [ROLE]);
    assert_eq!(
        lets("role/*"),
        [ROLE],
        "roles of Identity Center are named by their permission set"
    );
    assert_eq!(lets("role/Approver"), [""; 0]);
}

#[test]
fn a_permission_set_is_known_by_its_whole_name() {
    let reserved = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO";
    for entry in [
        "permission-set/Operators".to_owned(),
        "permission-set/Operators/*".to_owned(),
        "permission-set/Operators/alice@example.com".to_owned(),
        "permission-set/Oper*rs".to_owned(),
        format!("{reserved}_Operators_*"),
        format!("{reserved}_Operators_0123456789abcdef"),
        "role/AWSReservedSSO_Operators_*".to_owned(),
        "assumed-role/AWSReservedSSO_Operators_*/*".to_owned(),
        SSO.to_owned(),
    ] {
        assert_eq!(lets(&entry), [SSO], "{entry}");
    }
    assert_eq!(lets("permission-set/Operators_Admin"), [SSO_LONGER]);
    assert_eq!(lets("permission-set/Operators*"), [SSO, SSO_LONGER]);
    assert_eq!(lets("permission-set/*/alice@example.com"), [SSO, SSO_LONGER]);
    for entry in [
        "permission-set/Operators/bob",
        "permission-set/Operators_0123456789abcdef",
        "role/AWSReservedSSO_Operators_fedcba9876543210",
        "assumed-role/AWSReservedSSO_Operators_*/bob*",
    ] {
        assert_eq!(lets(entry), [""; 0], "{entry}");
    }
}

#[test]
fn a_session_counts_only_where_its_role_enforces_the_name() {
    let approvers = listed(&["assumed-role/Approvers/alice"]);
    assert!(!approvers.have(ROLE, &people(&[])));
    let enforced = people(&["arn:aws:iam::111122223333:role/Approvers"]);
    assert!(approvers.have(ROLE, &enforced));
    assert!(!approvers.have("arn:aws:sts::111122223333:assumed-role/Approvers/bob", &enforced));
    assert!(!approvers.have(ROLE, &people(&["arn:aws:iam::444455556666:role/Approvers"])));
    let Approvers::Listed(patterns) = &approvers else {
        panic!("{approvers:?}");
    };
    assert_eq!(patterns[0].needs_enforced(&people(&[])), Some("Approvers"));
    assert_eq!(patterns[0].needs_enforced(&enforced), None);
}

#[test]
fn another_account_and_another_partition_are_others() {
    for other in [
        "arn:aws:iam::444455556666:user/alice",
        "arn:aws-cn:iam::111122223333:user/alice",
        "arn:aws-us-gov:iam::111122223333:user/alice",
    ] {
        let (approvers, people) = (listed(&[other]), people(&[]));
        assert!(approvers.have(other, &people), "{other}");
        assert!(!approvers.have(ALICE, &people), "{other}");
        assert!(!listed(&["user/alice"]).have(other, &people), "{other}");
        assert!(!approvers.are_among(&listed(&["user/*"])), "{other}");
    }
}

#[test]
fn what_cannot_be_read_says_what_to_write_and_matches_nobody() {
    for (text, error) in [
        ("alice", NotAnApprover::Form),
        ("", NotAnApprover::Form),
        ("*", NotAnApprover::Form),
        ("user", NotAnApprover::Form),
        ("user/", NotAnApprover::Form),
        ("user//alice", NotAnApprover::Form),
        ("user/alice\u{200b}", NotAnApprover::Form),
        ("group/operators", NotAnApprover::Form),
        ("permission-set/a/b/c", NotAnApprover::Form),
        ("assumed-role/Approvers", NotAnApprover::Form),
        ("arn:aws:iam::111122223333:root", NotAnApprover::Form),
        ("arn:aws:sts::111122223333:federated-user/alice", NotAnApprover::Form),
        ("arn:aws:sts::111122223333:user/alice", NotAnApprover::Form),
        ("arn:aws:iam::111122223333:assumed-role/a/b", NotAnApprover::Form),
        ("arn:aws:iam:eu-west-1:111122223333:user/alice", NotAnApprover::Form),
        (
            "arn:aws:iam::111122223333:permission-set/Operators",
            NotAnApprover::Form,
        ),
        ("arn:aws:iam::*:user/alice", NotAnApprover::Account),
        ("arn:*:iam::111122223333:user/alice", NotAnApprover::Account),
        ("arn:awsome:iam::111122223333:user/alice", NotAnApprover::Account),
        ("user/**", NotAnApprover::Stars),
        ("role/people/*", NotAnApprover::RolePath),
        ("role/*/Approvers", NotAnApprover::RolePath),
        ("role/AWSReservedSSO_*", NotAnApprover::IdentityCenter),
        ("role/AWSReservedSSO_Operators*", NotAnApprover::IdentityCenter),
        ("role/AWSReservedSSO__*", NotAnApprover::IdentityCenter),
        ("role/*/AWSReservedSSO_Operators_*", NotAnApprover::IdentityCenter),
        (
            "assumed-role/AWSReservedSSO_Op*_0123456789abcde*/x",
            NotAnApprover::IdentityCenter,
        ),
    ] {
        assert_eq!(ApproverPattern::parse(text, Some(&home())), Err(error), "{text:?}");
        assert_eq!(lets(text), [""; 0], "{text:?}");
    }
    assert_eq!(ApproverPattern::parse("user/alice", None), Err(NotAnApprover::Account));
}

#[test]
fn root_a_role_by_itself_and_no_principal_are_never_approvers() {
    let all = listed(&["user/*", "role/*", "permission-set/*"]);
    for arn in [
        "",
        "arn:aws:iam::111122223333:root",
        "arn:aws:iam::111122223333:role/Approvers",
        "arn:aws:sts::111122223333:federated-user/alice",
    ] {
        assert!(!all.have(arn, &people(&[])), "{arn}");
        assert!(
            Approvers::Anyone.have(arn, &people(&[])),
            "who is nobody is not decided here"
        );
    }
    assert!(!listed(&[]).have(ALICE, &people(&[])), "an empty list lets nobody");
}

#[test]
fn only_what_is_certainly_narrower_is_among_the_others() {
    for (inner, outer) in [
        (&["user/alice"][..], &["user/*"][..]),
        (&["user/a*e"], &["user/a*"]),
        (&["user/ops/alice", "user/bob"], &["user/bob", "user/*/al*"]),
        (&["assumed-role/Approvers/alice"], &["role/Approvers"]),
        (&["assumed-role/Approvers/a*"], &["assumed-role/App*/*"]),
        (&["permission-set/Operators/alice"], &["permission-set/Operators"]),
        (
            &["role/AWSReservedSSO_Operators_0123456789abcdef"],
            &["permission-set/Operators"],
        ),
        (&["role/AWSReservedSSO_Operators_*"], &["permission-set/Operators"]),
        (&[], &["user/alice"]),
    ] {
        assert!(listed(inner).are_among(&listed(outer)), "{inner:?} {outer:?}");
        assert!(listed(inner).are_among(&Approvers::Anyone));
        assert!(
            !listed(outer).are_among(&listed(inner)) || inner == outer || outer.len() == 1,
            "{inner:?} {outer:?}"
        );
    }
    for (inner, outer) in [
        (&["user/*"][..], &["user/alice"][..]),
        (&["user/a*"], &["user/a*e"]),
        (&["user/alice"], &["user/ops/*"]),
        (&["user/alice", "user/bob"], &["user/alice"]),
        (&["role/Approvers"], &["assumed-role/Approvers/alice"]),
        (&["role/Approvers"], &["user/*"]),
        (&["permission-set/Operators"], &["role/*"]),
        (&["permission-set/Operators"], &["permission-set/Operators/alice"]),
        (
            &["permission-set/Operators"],
            &["role/AWSReservedSSO_Operators_0123456789abcdef"],
        ),
        (&["permission-set/Operators_Admin"], &["permission-set/Operators"]),
        (&["user/alice"], &[]),
    ] {
        assert!(!listed(inner).are_among(&listed(outer)), "{inner:?} {outer:?}");
    }
    assert!(!Approvers::Anyone.are_among(&listed(&["user/*"])));
}

#[test]
fn a_list_that_names_each_person_can_be_counted() {
    let enforced = people(&["arn:aws:iam::111122223333:role/Approvers"]);
    let count = |texts: &[&str], people: &People| listed(texts).people(people).map(|people| people.len());
    assert_eq!(count(&["user/alice", "user/bob"], &people(&[])), Some(2));
    assert_eq!(count(&["user/alice", "user/ops/Alice"], &people(&[])), Some(1));
    assert_eq!(
        count(&["role/Approvers"], &people(&[])),
        Some(1),
        "all sessions are one person"
    );
    assert_eq!(count(&["role/Approvers"], &enforced), None);
    assert_eq!(
        count(&["assumed-role/Approvers/alice", "user/alice"], &enforced),
        Some(1)
    );
    assert_eq!(count(&["assumed-role/Approvers/a*"], &enforced), None);
    assert_eq!(
        count(&["permission-set/Operators/alice", "user/bob"], &people(&[])),
        Some(2)
    );
    assert_eq!(count(&["permission-set/Operators"], &people(&[])), None);
    assert_eq!(count(&["user/*"], &people(&[])), None);
    assert_eq!(count(&["role/*"], &people(&[])), None);
    assert_eq!(Approvers::Anyone.people(&people(&[])), None);
}

fn segment() -> impl Strategy<Value = String> {
    "[ab*]{1,3}".prop_map(|text| text.replace("**", "*"))
}

fn entry() -> impl Strategy<Value = String> {
    prop_oneof![
        segment().prop_map(|name| format!("user/{name}")),
        (segment(), segment()).prop_map(|(path, name)| format!("user/{path}/{name}")),
        segment().prop_map(|name| format!("role/{name}")),
        (segment(), segment()).prop_map(|(role, session)| format!("assumed-role/{role}/{session}")),
        segment().prop_map(|set| format!("permission-set/{set}")),
        (segment(), segment()).prop_map(|(set, user)| format!("permission-set/{set}/{user}")),
        segment().prop_map(|set| format!("role/AWSReservedSSO_{set}_0123456789abcdef")),
    ]
}

fn principal() -> impl Strategy<Value = String> {
    prop_oneof![
        "[ab]{1,3}".prop_map(|name| format!("arn:aws:iam::111122223333:user/{name}")),
        ("[ab]{1,3}", "[ab]{1,3}").prop_map(|(path, name)| format!("arn:aws:iam::111122223333:user/{path}/{name}")),
        ("[ab]{1,3}", "[ab]{1,3}")
            .prop_map(|(role, name)| format!("arn:aws:sts::111122223333:assumed-role/{role}/{name}")),
        ("[ab]{1,3}", "[ab]{1,3}").prop_map(|(set, name)| format!(
            "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_{set}_0123456789abcdef/{name}"
        )),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// What is found to be narrower lets nobody approve whom the other does not.
    #[test]
    fn narrower_is_never_said_of_what_lets_somebody_else(inner in entry(), outer in entry(), arn in principal()) {
        let enforced = people(&["arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/ab"]);
        let (inner, outer) = (listed(&[&inner]), listed(&[&outer]));
        for people in [&enforced, &people(&[])] {
            if inner.are_among(&outer) && inner.have(&arn, people) {
                prop_assert!(outer.have(&arn, people));
            }
        }
        prop_assert!(inner.are_among(&inner));
    }

    #[test]
    fn no_text_makes_the_reading_fail(text in "\\PC*", arn in "\\PC*") {
        let _ = listed(&[&text]).have(&arn, &people(&[]));
    }
}
