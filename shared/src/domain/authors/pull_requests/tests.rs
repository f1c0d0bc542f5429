use super::*;
use crate::domain::provenance::Contributors;

/// Where accounts are tied to nobody.
fn unreviewed(pull: Option<&PullRequest>) -> Option<Unreviewed> {
    super::unreviewed(pull, &People::default())
}

fn approval(login: &str) -> PullRequestReview {
    PullRequestReview {
        reviewer: login.into(),
        state: "APPROVED".to_owned(),
        commit: Some("head0000".to_owned()),
        permission: Some(Permission::Write),
        ..PullRequestReview::default()
    }
}

fn pull(reviews: Vec<PullRequestReview>) -> PullRequest {
    PullRequest {
        number: 7,
        author: "alice".into(),
        merged_by: Some("carol".into()),
        head: Some("head0000".to_owned()),
        contributors: Some(Contributors::default()),
        reviews,
        ..PullRequest::default()
    }
}

/// Why the one approval does not count.
fn why(pull: &PullRequest) -> Option<NotCounted> {
    match unreviewed(Some(pull))? {
        Unreviewed::NotApproved { mut discounted, .. } => discounted.pop().map(|one| one.why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_commit_without_a_pull_request_or_an_approval_is_not_reviewed() {
    assert_eq!(unreviewed(None), Some(Unreviewed::NoPullRequest));
    for state in ["COMMENTED", "CHANGES_REQUESTED", "DISMISSED", "PENDING"] {
        let verdict = PullRequestReview {
            state: state.to_owned(),
            ..approval("bob")
        };
        let found = unreviewed(Some(&pull(vec![verdict])));
        assert!(
            matches!(&found, Some(Unreviewed::NotApproved { number: 7, discounted }) if discounted.is_empty()),
            "{state}: {found:?}"
        );
    }
}

#[test]
fn an_approval_of_the_merged_commit_by_another_person_with_write_access_counts() {
    for permission in [Permission::Write, Permission::Admin] {
        let review = PullRequestReview {
            permission: Some(permission),
            ..approval("bob")
        };
        assert_eq!(unreviewed(Some(&pull(vec![review]))), None);
    }
    assert_eq!(
        unreviewed(Some(&pull(vec![approval("carol")]))),
        None,
        "who merged may have approved"
    );
}

#[test]
fn an_approval_of_an_earlier_commit_does_not_count_unless_it_holds_the_same() {
    let stale = PullRequestReview {
        commit: Some("f1000000".to_owned()),
        ..approval("bob")
    };
    let other = NotCounted::OtherCommit {
        approved: Some("f1000000".to_owned()),
        merged: Some("head0000".to_owned()),
    };
    assert_eq!(why(&pull(vec![stale.clone()])), Some(other));
    let same = PullRequestReview {
        is_same_content: true,
        ..stale
    };
    assert_eq!(unreviewed(Some(&pull(vec![same]))), None);
}

#[test]
fn an_approval_of_a_pull_request_that_was_given_another_base_branch_does_not_count() {
    let before = PullRequestReview {
        is_of_other_base: true,
        ..approval("bob")
    };
    assert_eq!(why(&pull(vec![before.clone()])), Some(NotCounted::OtherBase));
    assert_eq!(unreviewed(Some(&pull(vec![before, approval("dave")]))), None);
}

#[test]
fn what_an_older_record_does_not_tell_does_not_count() {
    let old = PullRequestReview {
        commit: None,
        permission: None,
        ..approval("bob")
    };
    assert!(matches!(
        why(&pull(vec![old.clone()])),
        Some(NotCounted::OtherCommit { .. })
    ));
    let mut before = pull(vec![old]);
    before.head = None;
    before.contributors = None;
    assert!(matches!(why(&before), Some(NotCounted::OtherCommit { .. })));
}

#[test]
fn an_approval_by_somebody_without_or_with_unknown_write_access_does_not_count() {
    for (permission, expected) in [
        (Some(Permission::None), NotCounted::NoWriteAccess),
        (Some(Permission::Read), NotCounted::NoWriteAccess),
        (None, NotCounted::UnknownAccess),
    ] {
        let review = PullRequestReview {
            permission,
            ..approval("mallory")
        };
        assert_eq!(why(&pull(vec![review])), Some(expected));
    }
}

#[test]
fn an_app_a_deleted_account_and_github_itself_approve_nothing() {
    for login in ["lint[bot]", "Lint[BOT]", "ghost", "web-flow", ""] {
        assert_eq!(why(&pull(vec![approval(login)])), Some(NotCounted::NoPerson), "{login}");
    }
}

#[test]
fn nobody_who_brought_content_in_approves_it() {
    assert_eq!(
        why(&pull(vec![approval("ALICE")])),
        Some(NotCounted::OwnChange),
        "opened it"
    );
    let mut pushed = pull(vec![approval("bob")]);
    pushed.contributors = Some(Contributors {
        pushers: vec!["Bob".into()],
        ..Contributors::default()
    });
    assert_eq!(why(&pushed), Some(NotCounted::OwnChange), "pushed to its branch");
    let mut named = pull(vec![approval("bob")]);
    named.contributors = Some(Contributors {
        named: vec!["bob".into()],
        ..Contributors::default()
    });
    assert_eq!(why(&named), Some(NotCounted::OwnChange), "wrote a commit of it");
    let mut renamed = pull(vec![approval("new-name")]);
    renamed.author.id = Some(5);
    renamed.reviews[0].reviewer.id = Some(5);
    assert_eq!(why(&renamed), Some(NotCounted::OwnChange), "under another login");
}

#[test]
fn one_person_with_two_accounts_does_not_approve_what_the_other_wrote() {
    let of = |name: &str| format!("arn:aws:iam::111122223333:user/{name}");
    let identity_center = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/alice";
    let listed = [
        ("alice", of("alice")),
        ("alice-at-work", identity_center.to_owned()),
        ("bob", of("bob")),
    ];
    let listed = listed.map(|(login, arn)| (login.to_owned(), vec![arn])).into();
    let people = People::new(&listed, &[]);
    let why = |pull: &PullRequest| super::unreviewed(Some(pull), &people);
    let own = why(&pull(vec![approval("Alice-at-Work")]));
    assert!(
        matches!(&own, Some(Unreviewed::NotApproved { discounted, .. }) if discounted[0].why == NotCounted::OwnChange),
        "{own:?}"
    );
    assert_eq!(why(&pull(vec![approval("bob")])), None);
    let mut forked = pull(vec![approval("alice"), approval("alice-at-work")]);
    forked.author = "carol".into();
    forked.contributors = Some(Contributors {
        untold: vec![Untold::Fork],
        ..Contributors::default()
    });
    assert!(matches!(why(&forked), Some(Unreviewed::ApprovedByOne { .. })));
    forked.reviews.push(approval("bob"));
    assert_eq!(why(&forked), None);
    // Two accounts of which nobody is told are two.
    let mut strangers = pull(vec![approval("dave")]);
    strangers.author = "erin".into();
    assert_eq!(why(&strangers), None);
}

#[test]
fn where_an_author_may_be_unknown_two_people_have_to_approve() {
    for untold in [Untold::Fork, Untold::Pushers, Untold::App, Untold::Commits] {
        let mut forked = pull(vec![approval("bob"), approval("BOB")]);
        forked.contributors = Some(Contributors {
            untold: vec![Untold::Merger, untold],
            ..Contributors::default()
        });
        let expected = Unreviewed::ApprovedByOne {
            number: 7,
            untold,
            discounted: Vec::new(),
        };
        assert_eq!(unreviewed(Some(&forked)), Some(expected));
        forked.reviews.push(approval("dave"));
        assert_eq!(unreviewed(Some(&forked)), None);
    }
    let mut auto_merged = pull(vec![approval("bob")]);
    auto_merged.contributors = Some(Contributors {
        untold: vec![Untold::Merger],
        ..Contributors::default()
    });
    assert_eq!(unreviewed(Some(&auto_merged)), None, "who merged brought in nothing");
}

#[test]
fn the_reason_names_each_approval_that_does_not_count_and_counts_the_rest() {
    let stale = PullRequestReview {
        commit: Some("f1000000".to_owned()),
        ..approval("bob")
    };
    let text = unreviewed(Some(&pull(vec![approval("alice"), stale])))
        .unwrap()
        .to_string();
    assert_eq!(
        text,
        "nobody with write access other than its authors approved pull request #7 as it was merged (alice is one of \
         its authors, bob approved commit f100000, and head000 was merged)"
    );
    let mut forked = pull(vec![approval("alice"), approval("bob")]);
    forked.contributors = Some(Contributors {
        untold: vec![Untold::Fork, Untold::App],
        ..Contributors::default()
    });
    assert_eq!(
        unreviewed(Some(&forked)).unwrap().to_string(),
        "pull request #7 needs the approvals of two people, because not everybody who brought content into it is known: \
         its branch is in another repository, whose pushers GitHub does not tell (alice is one of its authors)"
    );
    let crowd = (0..8).map(|_| approval("lint[bot]")).collect();
    let text = unreviewed(Some(&pull(crowd))).unwrap().to_string();
    assert!(text.ends_with(", and 3 more)"), "{text}");
}
