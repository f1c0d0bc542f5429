//! Who gets the record of a pull request, and what its approvals are worth. Each test is an attempt of one person to do
//! without a second one, or something ordinary that has to pass.

mod base;
mod moves;

use super::*;
use crate::domain::authors::{CommitRange, Unreviewed};
use crate::domain::people::People;
use crate::domain::provenance::{Commit, Permission, PullRequestReview, Untold};
use crate::domain::sync::authorship::NO_COMMIT;
use crate::flows::fakes::Fault;
use crate::flows::ports::PullRequestFacts;

const STACK: &str = "stacks/network/template.yaml";

/// A pull request under way on branch `feature`, off the head of main.
struct Change {
    place: Place,
    base: String,
    commits: Vec<String>,
    facts: PullRequestFacts,
    reviews: Vec<PullRequestReview>,
}

impl Change {
    /// Alice opened it with one commit.
    async fn opened() -> Self {
        let place = Place::settled().await;
        place.github.permit("bob", Permission::Write);
        place.github.permit("dave", Permission::Admin);
        let base = place.github.head();
        let mut change = Self {
            place,
            base,
            commits: Vec::new(),
            facts: PullRequestFacts {
                number: 7,
                title: "Widen".to_owned(),
                author: "alice".into(),
                is_merged: true,
                base_branch: "main".to_owned(),
                head_branch: "feature".to_owned(),
                ..PullRequestFacts::default()
            },
            reviews: Vec::new(),
        };
        change.push("alice", "one");
        change
    }

    fn head(&self) -> String {
        self.commits.last().unwrap_or(&self.base).clone()
    }

    /// A commit whose author and committer nobody knows.
    fn commit(&self, text: &str, parent: &str) -> String {
        let mut files = self.place.github.files();
        files.insert(STACK.to_owned(), ("100644".to_owned(), template(text).into_bytes()));
        let sha = self.place.github.commit(text, files, &[parent.to_owned()]);
        self.place.github.edit_commit(&sha, |facts| {
            facts.author_login = None;
            facts.committer = None;
        });
        sha
    }

    /// Pushes a commit to the branch.
    fn push(&mut self, login: &str, text: &str) -> String {
        let sha = self.commit(text, &self.head());
        let (before, kind) = match self.commits.last() {
            Some(before) => (before.clone(), "push"),
            None => (NO_COMMIT.to_owned(), "branch_creation"),
        };
        self.place.github.tell_move("feature", &before, &sha, kind, login);
        self.commits.push(sha.clone());
        sha
    }

    fn review(&mut self, login: &str, state: &str) {
        let commit = self.head();
        self.reviews.retain(|review| review.reviewer.login != login);
        self.reviews.push(PullRequestReview {
            reviewer: login.into(),
            state: state.to_owned(),
            commit: Some(commit),
            ..PullRequestReview::default()
        });
    }

    fn approve(&mut self, login: &str) {
        self.review(login, "APPROVED");
    }

    /// Merges with a merge commit, and tells GitHub's view of it.
    fn merged_as(&mut self, sha: &str) {
        self.facts.head = self.head();
        self.facts.merge_commit = Some(sha.to_owned());
        let commits: Vec<&str> = self.commits.iter().map(String::as_str).collect();
        self.place.github.with_pull_commits(7, &commits, true);
        for commit in self.commits.iter().chain([&sha.to_owned()]) {
            self.place
                .github
                .with_pull(commit, self.facts.clone(), self.reviews.clone());
        }
    }

    /// Lets `login` merge it on GitHub, and gives the record of the sync.
    async fn merge(&mut self, login: &str) -> Vec<Commit> {
        let parents = [self.place.github.head(), self.head()];
        let files = self.files_of_head();
        let merge = self.place.github.commit("Merge", files, &parents);
        self.place.github.move_to(&merge, "pr_merge", login);
        self.merged_as(&merge);
        self.record().await
    }

    fn files_of_head(&self) -> BTreeMap<String, (String, Vec<u8>)> {
        let mut files = self.place.github.files();
        let text = self.place.github.facts(&self.head()).message;
        files.insert(STACK.to_owned(), ("100644".to_owned(), template(&text).into_bytes()));
        files
    }

    async fn record(&self) -> Vec<Commit> {
        self.place.sync().await;
        self.place.record(&self.place.github.head()).commits
    }
}

fn range(commits: &[Commit]) -> CommitRange {
    CommitRange {
        commits: commits.to_vec(),
        ..CommitRange::default()
    }
}

fn authors(commits: &[Commit]) -> Vec<String> {
    range(commits).authors().logins.into_iter().collect()
}

/// Why the commits are not reviewed, each reason once.
fn refused(commits: &[Commit]) -> Vec<String> {
    let range = range(commits);
    let mut reasons: Vec<String> = range
        .unreviewed(&People::default())
        .iter()
        .map(|(_, why)| why.to_string())
        .collect();
    reasons.dedup();
    reasons
}

fn untold(commits: &[Commit]) -> Vec<Untold> {
    let pull = commits.iter().find_map(|commit| commit.pull_request.as_ref());
    pull.unwrap().contributors.clone().unwrap().untold
}

#[tokio::test]
async fn an_ordinary_pull_request_is_reviewed_and_its_authors_are_known() {
    let mut change = Change::opened().await;
    change.approve("bob");
    let commits = change.merge("bob").await;
    assert_eq!(refused(&commits), [""; 0]);
    // The merge commit of the fake is ada's by its address.
    assert_eq!(authors(&commits), ["ada", "alice", "bob"]);
    let all = range(&commits).authors();
    assert_eq!((all.gaps, all.unattributed), (Vec::new(), Vec::new()));
    change.place.assert_at_rest().await;
}

#[tokio::test]
async fn an_approval_that_was_given_before_the_last_push_does_not_count() {
    let mut change = Change::opened().await;
    change.approve("bob");
    change.push("alice", "two");
    let reasons = refused(&change.merge("alice").await);
    assert!(reasons[0].contains("bob approved commit"), "{reasons:?}");
    assert_eq!(reasons.len(), 1);
}

#[tokio::test]
async fn an_approval_of_a_commit_with_the_same_files_at_the_same_place_counts() {
    let mut change = Change::opened().await;
    change.approve("bob");
    // Amended: another message, the same files, the same parent.
    let amended = {
        let mut files = change.place.github.files();
        files.insert(STACK.to_owned(), ("100644".to_owned(), template("one").into_bytes()));
        let sha = change.place.github.commit("one", files, &[change.base.clone()]);
        let before = change.head();
        change
            .place
            .github
            .tell_move("feature", &before, &sha, "force_push", "alice");
        sha
    };
    change.commits = vec![amended];
    let commits = change.merge("alice").await;
    assert_eq!(refused(&commits), [""; 0]);
}

#[tokio::test]
async fn an_approval_of_the_same_files_before_the_base_branch_went_on_does_not_count() {
    let mut change = Change::opened().await;
    change.approve("bob");
    // Main goes on; the same files on top of it take back what came meanwhile.
    let mut files = change.place.github.files();
    files.insert(
        "stacks/network/new.txt".to_owned(),
        ("100644".to_owned(), b"safe".to_vec()),
    );
    let gone_on = change.place.github.push_files("Safer", files);
    change.place.sync().await;
    let mut files = change.place.github.files();
    files.remove("stacks/network/new.txt");
    files.insert(STACK.to_owned(), ("100644".to_owned(), template("one").into_bytes()));
    let before = change.head();
    let reverting = change.place.github.commit("one", files, &[gone_on]);
    change
        .place
        .github
        .tell_move("feature", &before, &reverting, "force_push", "alice");
    change.commits = vec![reverting];
    let reasons = refused(&change.merge("alice").await);
    assert!(reasons[0].contains("bob approved commit"), "{reasons:?}");
}

#[tokio::test]
async fn whoever_pushed_to_somebody_elses_pull_request_is_an_author_and_approves_nothing() {
    let mut change = Change::opened().await;
    change.push("bob", "two");
    change.approve("bob");
    let commits = change.merge("alice").await;
    assert!(authors(&commits).contains(&"bob".to_owned()));
    let reasons = refused(&commits);
    assert!(reasons[0].contains("bob is one of its authors"), "{reasons:?}");
}

#[tokio::test]
async fn whoever_pushed_and_was_rewritten_is_an_author_still() {
    let mut change = Change::opened().await;
    let pushed = change.push("bob", "two");
    let rewritten = change.commit("two", &change.base.clone());
    change
        .place
        .github
        .tell_move("feature", &pushed, &rewritten, "force_push", "alice");
    change.commits = vec![rewritten];
    change.approve("bob");
    let commits = change.merge("alice").await;
    assert!(authors(&commits).contains(&"bob".to_owned()));
    assert!(refused(&commits)[0].contains("bob is one of its authors"));
}

#[tokio::test]
async fn whoever_pushed_it_to_another_branch_that_somebody_else_opened_is_an_author() {
    let mut change = Change::opened().await;
    change.commits.clear();
    let hidden = change.commit("hidden", &change.base.clone());
    change.place.github.forget_activity();
    change
        .place
        .github
        .tell_move("scratch", NO_COMMIT, &hidden, "branch_creation", "bob");
    change
        .place
        .github
        .tell_move("feature", NO_COMMIT, &hidden, "branch_creation", "alice");
    change.commits = vec![hidden];
    change.approve("bob");
    let commits = change.merge("alice").await;
    assert!(authors(&commits).contains(&"bob".to_owned()));
    assert!(refused(&commits)[0].contains("bob is one of its authors"));
}

#[tokio::test]
async fn an_approval_without_write_access_or_of_unknown_access_does_not_count() {
    let mut change = Change::opened().await;
    change.approve("outsider");
    assert!(refused(&change.merge("alice").await)[0].contains("outsider has no write access"));
    let mut change = Change::opened().await;
    change.approve("bob");
    change.place.wire.break_next("GET permission", Fault::Denial);
    assert!(refused(&change.merge("alice").await)[0].contains("bob is not known to have write access"));
}

#[tokio::test]
async fn a_crowd_of_outsiders_costs_a_bounded_number_of_requests_and_hides_no_reviewer() {
    let mut change = Change::opened().await;
    for number in 0..100 {
        change.approve(&format!("outsider-{number}"));
    }
    change.approve("bob");
    assert_eq!(refused(&change.merge("alice").await), [""; 0]);
    let asked = change.place.wire.count_of("GET permission");
    assert!(asked <= 20, "{asked}");
}

#[tokio::test]
async fn a_review_that_was_dismissed_or_asks_for_changes_approves_nothing() {
    for state in ["DISMISSED", "CHANGES_REQUESTED", "COMMENTED"] {
        let mut change = Change::opened().await;
        change.review("bob", state);
        assert_eq!(refused(&change.merge("alice").await).len(), 1, "{state}");
    }
}

#[tokio::test]
async fn a_squash_has_the_authors_of_all_of_its_commits() {
    let mut change = Change::opened().await;
    let pushed = change.push("carol", "two");
    change
        .place
        .github
        .edit_commit(&pushed, |facts| facts.committer = Some("erin".into()));
    change.approve("bob");
    let files = change.files_of_head();
    let squash = change
        .place
        .github
        .commit("Squash", files, &[change.place.github.head()]);
    change.place.github.move_to(&squash, "pr_merge", "dave");
    change.merged_as(&squash);
    let commits = change.record().await;
    assert_eq!(refused(&commits), [""; 0]);
    assert_eq!(authors(&commits), ["ada", "alice", "carol", "dave", "erin"]);
}

#[tokio::test]
async fn the_branch_of_a_fork_asks_for_one_approver_more() {
    let mut change = Change::opened().await;
    change.facts.is_from_fork = true;
    change.approve("bob");
    let commits = change.merge("bob").await;
    assert_eq!(untold(&commits), [Untold::Fork]);
    assert!(matches!(
        range(&commits).unreviewed(&People::default())[0].1,
        Unreviewed::ApprovedByOne { .. }
    ));
    assert!(!range(&commits).authors().gaps.is_empty());
    let mut change = Change::opened().await;
    change.facts.is_from_fork = true;
    change.approve("bob");
    change.approve("dave");
    assert_eq!(refused(&change.merge("bob").await), [""; 0]);
}

#[tokio::test]
async fn a_push_by_an_app_asks_for_one_approver_more_and_one_by_dependabot_does_not() {
    for (app, expected) in [("github-actions[bot]", vec![Untold::App]), ("dependabot[bot]", vec![])] {
        let mut change = Change::opened().await;
        change.push(app, "two");
        change.approve("bob");
        let commits = change.merge("alice").await;
        assert_eq!(untold(&commits), expected, "{app}");
    }
}

#[tokio::test]
async fn a_pull_request_with_more_commits_than_github_lists_asks_for_one_approver_more() {
    let mut change = Change::opened().await;
    change.approve("bob");
    let parents = [change.place.github.head(), change.head()];
    let merge = change.place.github.commit("Merge", change.files_of_head(), &parents);
    change.place.github.move_to(&merge, "pr_merge", "bob");
    change.merged_as(&merge);
    let commits: Vec<&str> = change.commits.iter().map(String::as_str).collect();
    change.place.github.with_pull_commits(7, &commits, false);
    assert_eq!(untold(&change.record().await), [Untold::Commits]);
}

#[tokio::test]
async fn pushers_that_github_does_not_tell_ask_for_one_approver_more() {
    let mut change = Change::opened().await;
    change.approve("bob");
    change.place.github.forget_activity();
    assert_eq!(untold(&change.merge("bob").await), [Untold::Pushers]);
}

#[tokio::test]
async fn what_was_merged_into_the_branch_of_a_pull_request_keeps_its_authors() {
    let mut change = Change::opened().await;
    let inner = change.commit("inner", &change.head());
    let merge = change.commit("inner", &inner);
    let before = change.head();
    change
        .place
        .github
        .tell_move("inner", NO_COMMIT, &inner, "branch_creation", "bob");
    change
        .place
        .github
        .tell_move("feature", &before, &merge, "pr_merge", "carol");
    let of_inner = PullRequestFacts {
        number: 6,
        author: "frank".into(),
        is_merged: true,
        base_branch: "feature".to_owned(),
        merge_commit: Some(merge.clone()),
        head_branch: "inner".to_owned(),
        head: inner.clone(),
        ..PullRequestFacts::default()
    };
    change.place.github.with_pull(&merge, of_inner, Vec::new());
    change.place.github.with_pull_commits(6, &[&inner], true);
    change.commits.extend([inner, merge]);
    change.approve("bob");
    let commits = change.merge("alice").await;
    assert_eq!(authors(&commits), ["ada", "alice", "bob", "carol", "frank"]);
    assert_eq!(untold(&commits), []);
    assert!(refused(&commits)[0].contains("bob is one of its authors"));
}

#[tokio::test]
async fn a_merge_into_the_branch_that_nobody_can_explain_asks_for_one_approver_more() {
    let mut change = Change::opened().await;
    let before = change.head();
    let merge = change.commit("inner", &before);
    change
        .place
        .github
        .tell_move("feature", &before, &merge, "pr_merge", "carol");
    change.commits.push(merge);
    change.approve("bob");
    assert_eq!(untold(&change.merge("alice").await), [Untold::Pushers]);
}

#[tokio::test]
async fn a_commit_that_was_pushed_to_the_branch_before_the_merge_is_not_reviewed() {
    let mut change = Change::opened().await;
    let pushed = change.head();
    change.place.github.move_to(&pushed, "push", "mallory");
    change.push("alice", "two");
    change.approve("bob");
    let commits = change.merge("bob").await;
    assert_eq!(refused(&commits), ["it came without a pull request"]);
    assert_eq!(commits[0].pusher, Some("mallory".into()));
}

#[tokio::test]
async fn a_direct_push_after_the_merge_is_not_reviewed() {
    let mut change = Change::opened().await;
    change.approve("bob");
    let parents = [change.place.github.head(), change.head()];
    let merge = change.place.github.commit("Merge", change.files_of_head(), &parents);
    change.place.github.move_to(&merge, "pr_merge", "bob");
    change.merged_as(&merge);
    change
        .place
        .github
        .push("Sneak in", &[(STACK, Some(&template("sneaked")))]);
    let commits = change.record().await;
    assert_eq!(refused(&commits), ["it came without a pull request"]);
    assert_eq!(commits.last().unwrap().pusher, Some("pusher".into()));
}
