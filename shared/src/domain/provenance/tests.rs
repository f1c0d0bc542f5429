use super::*;

fn facts(commit: &str, sequence: Option<u64>, modified: Option<i64>) -> SourceFacts {
    SourceFacts {
        commit: commit.to_owned(),
        sequence,
        modified,
        content: None,
    }
}

fn newest(sources: &[SourceFacts]) -> Option<&str> {
    SourceFacts::newest(sources).map(|facts| facts.commit.as_str())
}

#[test]
fn the_greater_number_is_the_newer_whatever_the_order_and_the_time() {
    for (old, new) in [(1, 2), (9, 10), (99, 100), (1, 1_000_000)] {
        let sources = [facts("a", Some(new), Some(1)), facts("b", Some(old), Some(2))];
        assert_eq!(newest(&sources), Some("a"));
        let reversed: Vec<_> = sources.into_iter().rev().collect();
        assert_eq!(newest(&reversed), Some("a"));
    }
}

#[test]
fn what_has_no_number_is_older_than_what_has_one() {
    let sources = [facts("a", None, Some(9)), facts("b", Some(1), Some(1))];
    assert_eq!(newest(&sources), Some("b"));
}

#[test]
fn without_numbers_the_time_of_writing_decides_and_where_it_does_not_nothing_does() {
    let two = |first, second| [facts("a", None, first), facts("b", None, second)];
    assert_eq!(newest(&two(Some(1), Some(2))), Some("b"));
    assert_eq!(newest(&two(Some(2), Some(1))), Some("a"));
    assert_eq!(newest(&two(Some(2), Some(2))), None);
    assert_eq!(newest(&two(None, Some(2))), None);
    assert_eq!(newest(&two(None, None)), None);
    assert_eq!(newest(&[facts("a", None, None), facts("a", None, None)]), Some("a"));
    assert_eq!(newest(&[]), None);
}

#[test]
fn an_object_that_the_sync_did_not_write_says_nothing() {
    let of = |entries: &[(&str, &str)]| {
        let entries = entries
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        SourceFacts::of(&entries.collect(), None)
    };
    let commit = "0123456789abcdef0123456789abcdef01234567";
    assert_eq!(of(&[]), None);
    assert_eq!(of(&[(COMMIT_METADATA, "not an id")]), None);
    assert_eq!(of(&[(COMMIT_METADATA, commit)]), Some(facts(commit, None, None)));
    let numbered = [(COMMIT_METADATA, commit), (SEQUENCE_METADATA, "12")];
    assert_eq!(of(&numbered), Some(facts(commit, Some(12), None)));
    for wrong in ["", "0", "-1", "twelve", "99999999999999999999"] {
        assert_eq!(
            of(&[(COMMIT_METADATA, commit), (SEQUENCE_METADATA, wrong)]),
            None,
            "{wrong}"
        );
    }
}

#[test]
fn a_record_of_the_first_version_is_read_still() {
    let record: Provenance = serde_json::from_str(
        r#"{"version": 1, "repository": "o/r", "branch": "main", "commit": "c1", "previous": null,
            "stacks": ["network"], "complete": true, "commits": []}"#,
    )
    .unwrap();
    assert_eq!(record.id(), RecordId::Commit("c1".to_owned()));
    assert_eq!(record.trace, None);
}

#[test]
fn a_record_from_before_is_read_and_tells_only_what_it_knew() {
    let text = r#"{"sha":"f1","subject":"s","authorText":"a <a@b>","authorLogin":"alice","pusher":null,
        "isVerified":true,"pullRequest":{"number":7,"title":"t","author":"alice","mergedBy":"carol",
        "reviews":[{"login":"bob","state":"APPROVED"}]}}"#;
    let commit: Commit = serde_json::from_str(text).unwrap();
    assert_eq!(commit.author_login, Some(Account::from("alice")));
    assert_eq!(commit.committer, None);
    let pull = commit.pull_request.unwrap();
    assert_eq!((pull.head, pull.contributors), (None, None));
    let review = &pull.reviews[0];
    assert_eq!(
        (
            &review.reviewer,
            &review.commit,
            review.is_same_content,
            review.permission
        ),
        (&Account::from("bob"), &None, false, None)
    );
}

#[test]
fn an_account_survives_being_written_with_and_without_its_number() {
    for account in [
        Account::from("alice"),
        Account {
            login: "alice".to_owned(),
            id: Some(7),
        },
    ] {
        let text = serde_json::to_string(&account).unwrap();
        assert_eq!(serde_json::from_str::<Account>(&text).unwrap(), account, "{text}");
    }
}

#[test]
fn accounts_are_the_same_by_number_or_by_login_in_any_case() {
    let account = |login: &str, id| Account {
        login: login.to_owned(),
        id,
    };
    assert!(account("Alice", None).is_same(&account("alice", Some(7))));
    assert!(account("alice", Some(7)).is_same(&account("alice-renamed", Some(7))));
    assert!(!account("alice", Some(7)).is_same(&account("bob", Some(8))));
    assert!(!account("", None).is_same(&account("", None)));
}
