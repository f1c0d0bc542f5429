use super::*;

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const SSO: &str = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Operators_0123456789abcdef/alice@example.com";
const SSO_OTHER_SET: &str =
    "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admins_fedcba9876543210/alice@example.com";

fn people(entries: &[(&str, &[&str])], roles: &[&str]) -> People {
    let map = entries
        .iter()
        .map(|(login, arns)| ((*login).to_owned(), arns.iter().map(|arn| (*arn).to_owned()).collect()))
        .collect();
    People::new(&map, &roles.iter().map(|role| (*role).to_owned()).collect::<Vec<_>>())
}

fn session(role: &str, name: &str) -> String {
    format!("arn:aws:sts::111122223333:assumed-role/{role}/{name}")
}

#[test]
fn an_iam_user_is_a_person_whatever_the_path_and_case() {
    let people = people(&[], &[]);
    assert_eq!(
        people.of_arn(ALICE),
        people.of_arn("arn:aws:iam::111122223333:user/ops/Alice")
    );
    assert_ne!(
        people.of_arn(ALICE),
        people.of_arn("arn:aws:iam::111122223333:user/bob")
    );
}

#[test]
fn one_identity_center_user_through_two_permission_sets_is_one_person() {
    let people = people(&[], &[]);
    assert!(people.of_arn(SSO).is_some());
    assert_eq!(people.of_arn(SSO), people.of_arn(SSO_OTHER_SET));
}

#[test]
fn two_sessions_of_a_role_that_anybody_may_name_are_one_person() {
    let people = people(&[], &[]);
    assert_eq!(
        people.of_arn(&session("Operators", "alice")),
        people.of_arn(&session("Operators", "bob"))
    );
}

#[test]
fn a_role_whose_name_only_resembles_identity_center_is_an_ordinary_role() {
    let people = people(&[], &[]);
    for role in [
        "AWSReservedSSO_x",
        "AWSReservedSSO_Operators_0123456789abcde",
        "AWSReservedSSO__0123456789abcdef",
        "xAWSReservedSSO_Operators_0123456789abcdef",
        "AWSReservedSSO_Operators_0123456789abcdeg",
    ] {
        assert_eq!(
            people.of_arn(&session(role, "alice")),
            people.of_arn(&session(role, "bob")),
            "{role}"
        );
    }
}

#[test]
fn sessions_of_a_role_that_enforces_their_names_are_told_apart() {
    let people = people(&[], &["arn:aws:iam::111122223333:role/people/Approvers"]);
    assert_ne!(
        people.of_arn(&session("Approvers", "alice")),
        people.of_arn(&session("Approvers", "bob"))
    );
    assert_eq!(
        people.of_arn("arn:aws:sts::444455556666:assumed-role/Approvers/alice"),
        people.of_arn("arn:aws:sts::444455556666:assumed-role/Approvers/bob"),
        "the role of the same name in another account enforces nothing"
    );
}

#[test]
fn a_user_and_the_session_that_bears_the_users_name_are_one_person() {
    let people = people(&[], &["arn:aws:iam::111122223333:role/Approvers"]);
    assert_eq!(people.of_arn(ALICE), people.of_arn(&session("Approvers", "alice")));
}

#[test]
fn root_federated_users_services_and_other_texts_are_nobody() {
    let people = people(&[("root", &["arn:aws:iam::111122223333:root"])], &[]);
    for arn in [
        "arn:aws:iam::111122223333:root",
        "arn:aws:sts::111122223333:federated-user/alice",
        "arn:aws:iam::111122223333:group/operators",
        "arn:aws:iam::111122223333:user/",
        "arn:aws:iam::111122223333:user",
        "arn:aws:iam::1111:user/alice",
        "arn:aws:iam::11112222333x:user/alice",
        "arn:aws:iam::xxxxxxxxxxxx:user/alice",
        "arn:aws:iam::1111222233334:user/alice",
        "arn:aws:iam:eu-west-1:111122223333:user/alice",
        "arn:xaws:iam::111122223333:user/alice",
        "arn:awsx:iam::111122223333:user/alice",
        "arn:aws-:iam::111122223333:user/alice",
        "arn::iam::111122223333:user/alice",
        "arn:aws:sts::111122223333:assumed-role/Operators",
        "arn:aws:sts::111122223333:assumed-role/Operators/a/b",
        "arn:aws:iam::111122223333:user/alice\u{200b}",
        "codepipeline.amazonaws.com",
        "alice",
        "",
    ] {
        assert_eq!(people.of_arn(arn), None, "{arn:?}");
    }
    assert_eq!(people.of_login("root"), None);
}

#[test]
fn a_login_is_the_person_of_each_arn_that_is_listed_for_it() {
    let people = people(&[("Octocat", &[ALICE, SSO])], &[]);
    let octocat = people.of_login("octoCAT").unwrap();
    assert_eq!(people.of_arn(ALICE).as_ref(), Some(&octocat));
    assert_eq!(people.of_arn(SSO_OTHER_SET).as_ref(), Some(&octocat));
    assert_eq!(octocat.to_string(), "octocat");
}

#[test]
fn logins_that_share_a_principal_are_one_person() {
    let people = people(&[("a", &[ALICE]), ("b", &[ALICE, SSO]), ("c", &[SSO])], &[]);
    assert_eq!(people.of_login("a"), people.of_login("c"));
}

#[test]
fn a_login_that_nothing_is_listed_for_is_unresolved() {
    let people = people(&[("empty", &[])], &[]);
    assert_eq!(people.of_login("empty"), None);
    assert_eq!(people.of_login("stranger"), None);
}

#[test]
fn a_role_listed_for_a_login_ties_all_its_sessions_but_not_a_shared_role() {
    let sso_role =
        "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Operators_0123456789abcdef";
    let people = people(
        &[
            ("own", &["arn:aws:iam::111122223333:role/OwnRole"]),
            ("shared", &[sso_role]),
        ],
        &[],
    );
    assert_eq!(people.of_arn(&session("OwnRole", "anything")), people.of_login("own"));
    assert_eq!(people.of_login("shared"), None);
    assert_ne!(people.of_arn(SSO), people.of_login("own"));
}

#[test]
fn other_partitions_have_people_too() {
    let people = people(&[], &["arn:aws-cn:iam::111122223333:role/Approvers"]);
    for partition in ["aws", "aws-cn", "aws-us-gov", "aws-iso-b"] {
        let user = format!("arn:{partition}:iam::111122223333:user/alice");
        assert_eq!(people.of_arn(&user), people.of_arn(ALICE), "{partition}");
    }
    // The role of the same account id in another partition enforces nothing.
    let sessions = |partition: &str| {
        ["alice", "bob"].map(|name| {
            people
                .of_arn(&format!(
                    "arn:{partition}:sts::111122223333:assumed-role/Approvers/{name}"
                ))
                .unwrap()
        })
    };
    let [alice, bob] = sessions("aws-cn");
    assert_ne!(alice, bob);
    let [alice, bob] = sessions("aws");
    assert_eq!(alice, bob);
}

#[test]
fn a_permission_set_may_hold_an_underscore_in_its_name() {
    let people = people(&[], &[]);
    for set in ["Operators_Admin", "a_b_c", "_", "Operators_0123456789abcdef"] {
        let role = format!("AWSReservedSSO_{set}_fedcba9876543210");
        assert_ne!(
            people.of_arn(&session(&role, "alice")),
            people.of_arn(&session(&role, "bob")),
            "{set}"
        );
    }
}

#[test]
fn a_role_that_enforces_its_names_ties_the_login_that_it_is_listed_for_to_nobody() {
    let shared = "arn:aws:iam::111122223333:role/Shared";
    let one = people(&[("mallory", &[shared])], &[shared]);
    assert_eq!(one.of_login("mallory"), None);
    let own = people(&[("mallory", &[shared])], &[]);
    assert_eq!(own.of_login("mallory"), own.of_arn(&session("Shared", "anybody")));
    assert!(own.of_login("mallory").is_some());
}

mod laws {
    use proptest::prelude::*;

    use super::*;

    fn arn() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ab]{1,2}".prop_map(|name| format!("arn:aws:iam::111122223333:user/{name}")),
            ("[rs]", "[ab]{1,2}").prop_map(|(role, name)| session(&role, &name)),
            "[ab]{1,2}".prop_map(|name| session("AWSReservedSSO_P_0123456789abcdef", &name)),
        ]
    }

    proptest! {
        #[test]
        fn being_the_same_person_is_the_same_from_every_side(
            entries in proptest::collection::btree_map("[x-z]", proptest::collection::vec(arn(), 0..3), 0..3),
            arns in proptest::collection::vec(arn(), 1..6),
        ) {
            let people = People::new(&entries, &[]);
            for one in &arns {
                for (login, tied) in &entries {
                    if tied.contains(one) {
                        prop_assert_eq!(people.of_arn(one), people.of_login(login));
                    }
                }
                for other in &arns {
                    let (one, other) = (people.of_arn(one).unwrap(), people.of_arn(other).unwrap());
                    let shares = !one.identities.is_disjoint(&other.identities) || !one.logins.is_disjoint(&other.logins);
                    prop_assert_eq!(shares, one == other);
                }
            }
        }

        #[test]
        fn no_text_makes_the_reading_fail(text in "\\PC*") {
            let _ = People::default().of_arn(&text);
        }
    }
}

#[test]
fn an_account_is_of_a_partition_that_there_can_be() {
    for partition in ["aws", "aws-cn", "aws-us-gov", "aws-iso-b"] {
        assert!(Account::read(partition, "111122223333").is_some(), "{partition}");
    }
    for partition in ["", "aws-", "awsx", "aws-cN", "aws-1", "aws-us_gov", "x-aws-cn"] {
        assert_eq!(Account::read(partition, "111122223333"), None, "{partition}");
    }
    for id in ["", "11112222333", "1111222233334", "11112222333x"] {
        assert_eq!(Account::read("aws", id), None, "{id}");
    }
}

#[test]
fn a_person_is_told_by_the_first_login_else_by_the_first_principal() {
    let people = people(&[("zoe", &[ALICE, &session("Operators", "x")]), ("ann", &[ALICE])], &[]);
    assert_eq!(people.of_arn(ALICE).unwrap().to_string(), "ann");
    let nobody = Person {
        logins: BTreeSet::new(),
        identities: BTreeSet::from([Identity::named("alice"), Identity::named("bob")]),
    };
    assert_eq!(nobody.to_string(), "alice");
}
