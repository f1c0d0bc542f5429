mod numbered;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::domain::provenance::{Contributors, Permission, Provenance, PullRequestReview};

fn commit(sha: &str) -> Commit {
    Commit {
        sha: sha.to_owned(),
        subject: "change".to_owned(),
        author_text: "Mallory <alice@example.com>".to_owned(),
        author_login: Some("alice".into()),
        ..Commit::default()
    }
}

fn pull_request(author: &str, merged_by: Option<&str>, reviews: &[(&str, &str)]) -> PullRequest {
    PullRequest {
        number: 7,
        title: "change".to_owned(),
        author: author.into(),
        merged_by: merged_by.map(Account::from),
        head: Some("f1".to_owned()),
        contributors: Some(Contributors::default()),
        reviews: reviews
            .iter()
            .map(|(login, state)| PullRequestReview {
                reviewer: (*login).into(),
                state: (*state).to_owned(),
                commit: Some("f1".to_owned()),
                permission: Some(Permission::Write),
                ..PullRequestReview::default()
            })
            .collect(),
    }
}

fn record(commit_id: &str, previous: Option<&str>, stacks: &[&str]) -> Provenance {
    Provenance {
        version: 1,
        repository: "acme/infrastructure".to_owned(),
        repository_id: Some(crate::domain::sync::pin::RepositoryId(4)),
        branch: "main".to_owned(),
        commit: commit_id.to_owned(),
        previous: previous.map(str::to_owned),
        stacks: stacks.iter().map(|stack| (*stack).to_owned()).collect(),
        complete: true,
        commits: vec![commit(commit_id)],
        trace: None,
    }
}

fn executed(commit: &str, sequence: Option<u64>) -> ExecutedRecord {
    ExecutedRecord {
        commit: commit.to_owned(),
        sequence,
    }
}

fn unnumbered(commit: &str) -> RecordId {
    RecordId::Commit(commit.to_owned())
}

/// Walks for the stack `network`; every record is asked for once.
fn follow(records: &[Provenance], from: &[RecordId], executed: Option<ExecutedRecord>) -> CommitRange {
    let records: BTreeMap<_, _> = records.iter().map(|record| (record.id(), record.clone())).collect();
    let mut walk = ProvenanceWalk::new("network", from.to_vec(), executed);
    let mut read = BTreeSet::new();
    loop {
        let needed = walk.needed();
        if needed.is_empty() {
            return walk.into_range();
        }
        for id in needed {
            assert!(read.insert(id.clone()), "{id:?} is read twice");
            assert!(read.len() <= MAX_RECORDS, "the walk does not end");
            let record = records.get(&id).cloned();
            walk.add(id, record);
        }
    }
}

/// The same from records from before there were numbers.
fn walk(records: &[Provenance], from: &[&str], last: Option<&str>) -> CommitRange {
    let from: Vec<_> = from.iter().map(|commit| unnumbered(commit)).collect();
    follow(records, &from, last.map(|commit| executed(commit, None)))
}

fn shas(range: &CommitRange) -> Vec<&str> {
    let mut shas: Vec<_> = range.commits.iter().map(|commit| commit.sha.as_str()).collect();
    shas.sort_unstable();
    shas
}

#[test]
fn what_a_record_without_a_number_touched_cannot_be_told_so_it_belongs_to_every_stack() {
    let records = [
        record("c1", None, &["network"]),
        record("c2", Some("c1"), &["network"]),
        record("c3", Some("c2"), &["orders"]),
        record("c4", Some("c3"), &["network", "orders"]),
    ];
    let range = walk(&records, &["c4"], Some("c1"));
    assert_eq!(shas(&range), ["c2", "c3", "c4"]);
    assert_eq!(range.gaps, []);
}

#[test]
fn a_run_of_what_was_executed_already_has_no_commits() {
    assert_eq!(
        walk(&[record("c1", None, &["network"])], &["c1"], Some("c1")),
        CommitRange::default()
    );
    assert_eq!(walk(&[], &[], Some("c1")), CommitRange::default());
    assert_eq!(follow(&[], &[], Some(executed("c1", Some(7)))), CommitRange::default());
}

#[test]
fn two_sources_of_different_commits_are_walked_once() {
    let records = [
        record("c1", None, &["network"]),
        record("c2", Some("c1"), &["network"]),
        record("c3", Some("c2"), &["network"]),
    ];
    for from in [["c2", "c3"], ["c3", "c2"]] {
        assert_eq!(shas(&walk(&records, &from, Some("c1"))), ["c2", "c3"]);
    }
}

#[test]
fn two_sources_of_one_commit_of_a_stack_that_was_never_executed_have_no_gap() {
    let records = [record("c1", None, &["network"]), record("c2", Some("c1"), &["network"])];
    for from in [&["c1", "c1"], &["c2", "c2"], &["c2", "c1"], &["c1", "c2"]] {
        let range = walk(&records, from, None);
        assert_eq!(range.gaps, [], "{from:?}");
        assert_eq!(
            range.commits.len(),
            if from.contains(&"c2") { 2 } else { 1 },
            "{from:?}"
        );
    }
}

#[test]
fn a_missing_record_a_force_push_and_older_versions_are_gaps() {
    let mut pushed = record("c2", Some("c1"), &["network"]);
    pushed.complete = false;
    assert_eq!(
        walk(&[pushed], &["c2"], Some("c1")).gaps,
        [Gap::NotListed("c2".to_owned())]
    );
    assert_eq!(
        walk(&[record("c3", Some("c2"), &["network"])], &["c3"], Some("c1")).gaps,
        [Gap::NoRecord(unnumbered("c2"))]
    );
    assert_eq!(
        walk(&[record("c1", None, &["network"])], &["c1"], Some("c9")).gaps,
        [Gap::NotAnAncestor("c9".to_owned())]
    );
}

#[test]
fn a_chain_that_bites_its_tail_ends_and_is_a_gap() {
    let records = [
        record("c1", Some("c2"), &["network"]),
        record("c2", Some("c1"), &["network"]),
    ];
    let range = walk(&records, &["c2"], Some("c9"));
    assert_eq!(shas(&range), ["c1", "c2"]);
    assert!(matches!(range.gaps[..], [Gap::NoRecord(_)]), "{:?}", range.gaps);
}

#[test]
fn a_chain_that_is_too_long_is_a_gap() {
    let records: Vec<_> = (0..=MAX_RECORDS)
        .map(|index| {
            let previous = index.checked_sub(1).map(|index| index.to_string());
            record(&index.to_string(), previous.as_deref(), &["network"])
        })
        .collect();
    let range = walk(&records, &[&MAX_RECORDS.to_string()], None);
    assert_eq!(range.gaps, [Gap::TooLong]);
}

fn authors_of(commits: Vec<Commit>) -> Authors {
    CommitRange {
        commits,
        ..CommitRange::default()
    }
    .authors()
}

#[test]
fn the_author_text_makes_nobody_an_author_and_an_unverified_login_takes_nobody_out() {
    let authors = authors_of(vec![commit("c1")]);
    assert_eq!(authors.logins.iter().collect::<Vec<_>>(), ["alice"]);
    assert_eq!(authors.unattributed, ["c1"], "nobody was authenticated");
    let mut nameless = commit("c1");
    nameless.author_login = None;
    assert!(authors_of(vec![nameless]).logins.is_empty());
}

#[test]
fn whoever_opened_merged_pushed_or_signed_is_an_author() {
    let mut merged = commit("c1");
    let mut pull = pull_request("Opener", Some("merger"), &[]);
    pull.contributors = Some(Contributors {
        pushers: vec!["head-pusher".into()],
        named: vec!["co-committer".into()],
        untold: Vec::new(),
    });
    merged.pull_request = Some(pull);
    merged.pusher = Some("pusher".into());
    merged.also_pushed = vec!["earlier-pusher".into()];
    merged.committer = Some("signer".into());
    merged.is_verified = true;
    let authors = authors_of(vec![merged]);
    assert_eq!(
        authors.logins.iter().collect::<Vec<_>>(),
        [
            "alice",
            "co-committer",
            "earlier-pusher",
            "head-pusher",
            "merger",
            "opener",
            "pusher",
            "signer"
        ]
    );
    assert!(authors.unattributed.is_empty());
    assert_eq!(authors.gaps, []);
}

#[test]
fn a_signature_is_its_committers_and_makes_no_author_known() {
    let mut signed = commit("c1");
    signed.is_verified = true;
    assert_eq!(
        authors_of(vec![signed.clone()]).unattributed,
        ["c1"],
        "an old record has no committer"
    );
    signed.committer = Some("web-flow".into());
    let authors = authors_of(vec![signed.clone()]);
    assert_eq!(authors.unattributed, ["c1"], "GitHub signed for somebody");
    assert_eq!(authors.logins.iter().collect::<Vec<_>>(), ["alice"]);
    signed.committer = Some("bob".into());
    let unsigned = Commit {
        is_verified: false,
        ..signed.clone()
    };
    assert_eq!(
        authors_of(vec![unsigned]).unattributed,
        ["c1"],
        "anybody may write that bob committed it"
    );
    let authors = authors_of(vec![signed]);
    assert!(authors.unattributed.is_empty());
    assert_eq!(authors.logins.iter().collect::<Vec<_>>(), ["alice", "bob"]);
}

#[test]
fn neither_github_itself_nor_an_account_without_a_login_was_authenticated() {
    let mut merged = commit("c1");
    merged.pull_request = Some(pull_request("", Some("web-flow"), &[]));
    assert_eq!(authenticated(&merged).count(), 0);
    merged.pusher = Some("dependabot[bot]".into());
    let logins: Vec<_> = authenticated(&merged).map(|account| account.login.as_str()).collect();
    assert_eq!(logins, ["dependabot[bot]"]);
}

#[test]
fn a_commit_that_only_apps_or_deleted_accounts_touched_is_unattributed() {
    let mut bumped = commit("c1");
    bumped.author_login = None;
    bumped.pull_request = Some(pull_request("dependabot[bot]", Some("merge-queue[bot]"), &[]));
    assert_eq!(authors_of(vec![bumped.clone()]).unattributed, ["c1"]);
    bumped.pusher = Some("ghost".into());
    let authors = authors_of(vec![bumped.clone()]);
    assert_eq!((authors.unattributed.len(), authors.logins.len()), (1, 0));
    bumped.pusher = Some("octocat".into());
    assert_eq!(authors_of(vec![bumped]).logins.iter().collect::<Vec<_>>(), ["octocat"]);
}

#[test]
fn what_is_not_known_of_a_pull_request_is_a_gap_once() {
    let mut merged = commit("c1");
    let mut pull = pull_request("alice", Some("carol"), &[]);
    pull.contributors = None;
    merged.pull_request = Some(pull.clone());
    let authors = authors_of(vec![merged.clone(), merged.clone()]);
    assert_eq!(authors.gaps, [Gap::PullRequest(7, Untold::NotAsked)]);
    pull.contributors = Some(Contributors {
        untold: vec![Untold::Fork],
        ..Contributors::default()
    });
    merged.pull_request = Some(pull);
    let gaps = authors_of(vec![merged]).gaps;
    assert_eq!(gaps, [Gap::PullRequest(7, Untold::Fork)]);
    assert_eq!(
        gaps[0].to_string(),
        "who brought content into pull request #7 is not all known: its branch is in another repository, whose \
         pushers GitHub does not tell"
    );
}
