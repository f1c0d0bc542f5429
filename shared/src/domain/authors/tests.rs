use std::collections::BTreeMap;

use super::*;
use crate::domain::provenance::{Provenance, PullRequestReview};

fn commit(sha: &str) -> Commit {
    Commit {
        sha: sha.to_owned(),
        subject: "change".to_owned(),
        author_text: "Mallory <alice@example.com>".to_owned(),
        author_login: Some("alice".to_owned()),
        pusher: None,
        is_verified: false,
        pull_request: None,
    }
}

fn pull_request(author: &str, merged_by: Option<&str>, reviews: &[(&str, &str)]) -> PullRequest {
    PullRequest {
        number: 7,
        title: "change".to_owned(),
        author: author.to_owned(),
        merged_by: merged_by.map(str::to_owned),
        reviews: reviews
            .iter()
            .map(|(login, state)| PullRequestReview {
                login: (*login).to_owned(),
                state: (*state).to_owned(),
            })
            .collect(),
    }
}

fn record(commit_id: &str, previous: Option<&str>, stacks: &[&str]) -> Provenance {
    Provenance {
        version: 1,
        repository: "acme/infrastructure".to_owned(),
        branch: "main".to_owned(),
        commit: commit_id.to_owned(),
        previous: previous.map(str::to_owned),
        stacks: stacks.iter().map(|stack| (*stack).to_owned()).collect(),
        complete: true,
        commits: vec![commit(commit_id)],
    }
}

fn walk(records: &[Provenance], from: &[&str], executed: Option<&str>) -> CommitRange {
    let records: BTreeMap<_, _> = records
        .iter()
        .map(|record| (record.commit.clone(), record.clone()))
        .collect();
    let mut walk = ProvenanceWalk::new("network", from.iter().map(|commit| (*commit).to_owned()), executed);
    let mut reads = 0;
    while let Some(commit) = walk.needed() {
        reads += 1;
        assert!(reads <= MAX_RECORDS, "the walk does not end");
        walk.add(records.get(&commit).cloned());
    }
    walk.into_range()
}

fn shas(range: &CommitRange) -> Vec<&str> {
    range.commits.iter().map(|commit| commit.sha.as_str()).collect()
}

#[test]
fn only_commits_since_the_last_execution_that_touch_the_stack_are_taken() {
    let records = [
        record("c1", None, &["network"]),
        record("c2", Some("c1"), &["network"]),
        record("c3", Some("c2"), &["orders"]),
        record("c4", Some("c3"), &["network", "orders"]),
    ];
    let range = walk(&records, &["c4"], Some("c1"));
    assert_eq!(shas(&range), ["c4", "c2"]);
    assert_eq!(range.gaps, []);
}

#[test]
fn the_sync_that_wrote_a_source_touched_the_stack_whatever_its_record_says() {
    let records = [record("c1", None, &["network"]), record("c2", Some("c1"), &["orders"])];
    assert_eq!(shas(&walk(&records, &["c2"], Some("c1"))), ["c2"]);
}

#[test]
fn a_run_of_what_was_executed_already_has_no_commits() {
    assert_eq!(
        walk(&[record("c1", None, &["network"])], &["c1"], Some("c1")),
        CommitRange::default()
    );
    assert_eq!(walk(&[], &[], Some("c1")), CommitRange::default());
}

#[test]
fn two_sources_of_different_commits_are_walked_once() {
    let records = [
        record("c1", None, &["network"]),
        record("c2", Some("c1"), &["network"]),
        record("c3", Some("c2"), &["network"]),
    ];
    for from in [["c2", "c3"], ["c3", "c2"]] {
        let mut found = walk(&records, &from, Some("c1")).commits;
        found.sort_by(|a, b| a.sha.cmp(&b.sha));
        assert_eq!(
            found.iter().map(|commit| commit.sha.as_str()).collect::<Vec<_>>(),
            ["c2", "c3"]
        );
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
        [Gap::NoRecord("c2".to_owned())]
    );
    assert_eq!(
        walk(&[record("c1", None, &["network"])], &["c1"], Some("c9")).gaps,
        [Gap::NotAnAncestor("c9".to_owned())]
    );
}

#[test]
fn a_chain_that_bites_its_tail_ends() {
    let records = [
        record("c1", Some("c2"), &["network"]),
        record("c2", Some("c1"), &["network"]),
    ];
    let range = walk(&records, &["c2"], Some("c9"));
    assert_eq!(shas(&range), ["c2", "c1"]);
    assert_eq!(range.gaps, [Gap::NoRecord("c2".to_owned())]);
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
        gaps: Vec::new(),
    }
    .authors()
}

#[test]
fn the_author_text_and_an_unsigned_login_make_nobody_an_author() {
    let authors = authors_of(vec![commit("c1")]);
    assert!(authors.logins.is_empty());
    assert_eq!(authors.unattributed, ["c1"]);
}

#[test]
fn whoever_opened_merged_pushed_or_signed_is_an_author() {
    let mut merged = commit("c1");
    merged.pull_request = Some(pull_request("Opener", Some("merger"), &[]));
    merged.pusher = Some("pusher".to_owned());
    merged.is_verified = true;
    let authors = authors_of(vec![merged]);
    assert_eq!(
        authors.logins.iter().collect::<Vec<_>>(),
        ["alice", "merger", "opener", "pusher"]
    );
    assert!(authors.unattributed.is_empty());
}

#[test]
fn a_commit_that_only_apps_touched_is_unattributed() {
    let mut bumped = commit("c1");
    bumped.pull_request = Some(pull_request("dependabot[bot]", Some("merge-queue[bot]"), &[]));
    assert_eq!(authors_of(vec![bumped.clone()]).unattributed, ["c1"]);
    bumped.pusher = Some("octocat".to_owned());
    assert_eq!(authors_of(vec![bumped]).logins.iter().collect::<Vec<_>>(), ["octocat"]);
}

#[test]
fn a_commit_is_reviewed_only_when_somebody_else_approved_its_pull_request() {
    let cases = [
        (None, Some(Unreviewed::NoPullRequest)),
        (Some(pull_request("alice", None, &[])), Some(Unreviewed::NotApproved(7))),
        (
            Some(pull_request("alice", None, &[("Alice", "APPROVED")])),
            Some(Unreviewed::NotApproved(7)),
        ),
        (
            Some(pull_request("alice", None, &[("bob", "DISMISSED")])),
            Some(Unreviewed::NotApproved(7)),
        ),
        (
            Some(pull_request("alice", None, &[("lint[bot]", "APPROVED")])),
            Some(Unreviewed::NotApproved(7)),
        ),
        (
            Some(pull_request(
                "alice",
                None,
                &[("eve", "COMMENTED"), ("bob", "APPROVED")],
            )),
            None,
        ),
    ];
    for (pull_request, expected) in cases {
        let mut commit = commit("c1");
        commit.pull_request = pull_request;
        let range = CommitRange {
            commits: vec![commit],
            gaps: Vec::new(),
        };
        let found: Vec<_> = range.unreviewed().into_iter().map(|(_, why)| why).collect();
        assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
    }
}
