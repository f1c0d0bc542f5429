use super::*;

fn commit(sha: &str, parents: &[&str]) -> ListedCommit {
    ListedCommit {
        sha: sha.to_owned(),
        message: format!("{sha}: subject\n\nbody"),
        parents: parents.iter().map(|parent| (*parent).to_owned()).collect(),
        ..ListedCommit::default()
    }
}

fn step(branch: &str, before: &str, after: &str, kind: MoveKind, actor: &str) -> HeadMove {
    HeadMove {
        branch: branch.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
        kind,
        actor: Some(actor.into()),
    }
}

fn main_step(before: &str, after: &str, kind: MoveKind, actor: &str) -> HeadMove {
    step("main", before, after, kind, actor)
}

fn pull() -> MergedPull {
    MergedPull {
        number: 7,
        head: "f2".to_owned(),
        merge_commit: Some("m".to_owned()),
    }
}

/// c0 (not listed) ─ c1 ─ m ─ c2, where m merges f1 ─ f2, branched off c0.
fn history() -> Vec<ListedCommit> {
    vec![
        commit("c1", &["c0"]),
        commit("f1", &["c0"]),
        commit("f2", &["f1"]),
        commit("m", &["c1", "f2"]),
        commit("c2", &["m"]),
    ]
}

fn brought(listed: &[ListedCommit], moves: &[HeadMove], is_cut: bool, pull: &MergedPull) -> Vec<String> {
    let moves = Moves::of(moves, listed, is_cut);
    let shas = listed.iter().map(|commit| commit.sha.clone());
    shas.filter(|sha| moves.is_brought_by(sha, pull)).collect()
}

fn logins(accounts: &[Account]) -> Vec<&str> {
    accounts.iter().map(|account| account.login.as_str()).collect()
}

#[test]
fn a_merge_brings_the_commits_of_its_branch() {
    assert_eq!(merged_by("m", &history()), BTreeSet::from(["f1", "f2"]));
    assert!(merged_by("c2", &history()).is_empty());
    assert!(merged_by("unknown", &history()).is_empty());
}

#[test]
fn what_github_merged_came_by_its_pull_request_and_what_was_pushed_did_not() {
    let moves = [
        main_step("m", "c2", MoveKind::Push, "dave"),
        main_step("c1", "m", MoveKind::Merge, "carol"),
        main_step("c0", "c1", MoveKind::Push, "erin"),
    ];
    let listed = history();
    assert_eq!(brought(&listed, &moves, false, &pull()), ["f1", "f2", "m"]);
    let moves = Moves::of(&moves, &listed, false);
    assert_eq!(moves.merger_of(&pull()), Some("carol".into()));
    let record = PullRequest {
        number: 7,
        ..PullRequest::default()
    };
    let commits = commits(&listed, &[("f1".to_owned(), record.clone())].into(), &moves);
    let of = |sha: &str| commits.iter().find(|commit| commit.sha == sha).unwrap();
    assert_eq!(of("c1").pusher, Some("erin".into()));
    assert_eq!(of("c2").pusher, Some("dave".into()));
    assert_eq!(of("c2").subject, "c2: subject");
    assert_eq!(of("f1").pusher, None);
    assert_eq!(of("f1").pull_request, Some(record));
}

#[test]
fn a_merge_commit_that_was_made_by_hand_and_pushed_is_in_no_pull_request() {
    let listed = &history()[..4];
    for (kind, expected) in [
        (MoveKind::Merge, vec!["f1", "f2", "m"]),
        (MoveKind::Push, vec!["f1", "f2"]),
    ] {
        let moves = [main_step("c1", "m", kind, "mallory")];
        assert_eq!(brought(listed, &moves, false, &pull()), expected, "{kind:?}");
    }
}

#[test]
fn a_commit_that_was_pushed_before_its_pull_request_was_merged_did_not_come_by_it() {
    // f1 is pushed to main; the pull request then shows f2 alone.
    let listed = [commit("f1", &["c0"]), commit("f2", &["f1"]), commit("m", &["f1", "f2"])];
    let moves = [
        main_step("f1", "m", MoveKind::Merge, "carol"),
        main_step("c0", "f1", MoveKind::Push, "mallory"),
    ];
    assert_eq!(brought(&listed, &moves, false, &pull()), ["f2", "m"]);
    // And f2 afterwards by hand.
    let listed = &listed[..2];
    let moves = [
        main_step("f1", "f2", MoveKind::Push, "mallory"),
        main_step("c0", "f1", MoveKind::Push, "mallory"),
    ];
    assert_eq!(brought(listed, &moves, false, &pull()), ["f2"]);
    // All at once, as they were reviewed.
    let moves = [main_step("c0", "f2", MoveKind::Push, "carol")];
    assert_eq!(brought(listed, &moves, false, &pull()), ["f1", "f2"]);
}

#[test]
fn a_commit_on_top_of_a_pull_request_that_was_pushed_with_it_did_not_come_by_it() {
    let listed = [commit("f1", &["c0"]), commit("f2", &["f1"]), commit("x", &["f2"])];
    let pull = MergedPull {
        merge_commit: Some("x".to_owned()),
        ..pull()
    };
    let moves = [main_step("c0", "x", MoveKind::Push, "mallory")];
    assert_eq!(brought(&listed, &moves, false, &pull), ["f1", "f2"]);
}

#[test]
fn squashes_rebases_and_merge_queues_come_by_their_pull_requests() {
    let squash = [commit("s", &["c0"]), commit("c2", &["s"])];
    let pull = |merge: &str| MergedPull {
        merge_commit: Some(merge.to_owned()),
        ..pull()
    };
    let moves = [
        main_step("s", "c2", MoveKind::Push, "dave"),
        main_step("c0", "s", MoveKind::Merge, "carol"),
    ];
    assert_eq!(brought(&squash, &moves, false, &pull("s")), ["s"]);
    let rebase = [commit("r1", &["c0"]), commit("r2", &["r1"])];
    let moves = [main_step("c0", "r2", MoveKind::Merge, "carol")];
    assert_eq!(brought(&rebase, &moves, false, &pull("r2")), ["r1", "r2"]);
    let queue = [commit("m1", &["c0", "g1"]), commit("m2", &["m1", "h1"])];
    let moves = [main_step("c0", "m2", MoveKind::Merge, "merge-queue[bot]")];
    assert!(brought(&queue, &moves, false, &pull("m1")).contains(&"m1".to_owned()));
    assert_eq!(
        Moves::of(&moves, &queue, false).merger_of(&pull("m1")),
        Some("merge-queue[bot]".into())
    );
}

#[test]
fn a_commit_that_was_pushed_by_mistake_and_taken_back_comes_by_its_pull_request_later() {
    let listed = history();
    let moves = [
        main_step("c1", "m", MoveKind::Merge, "carol"),
        main_step("f2", "c1", MoveKind::ForcePush, "alice"),
        main_step("c1", "f2", MoveKind::ForcePush, "alice"),
        main_step("c0", "c1", MoveKind::Push, "erin"),
    ];
    assert_eq!(brought(&listed[..4], &moves, false, &pull()), ["f1", "f2", "m"]);
    let commits = commits(&listed[..4], &BTreeMap::new(), &Moves::of(&moves, &listed[..4], false));
    assert_eq!(
        commits[1].pusher,
        Some("alice".into()),
        "who pushed it is an author all the same"
    );
}

#[test]
fn everybody_who_pushed_a_commit_again_is_known() {
    let listed = [commit("c1", &["c0"])];
    let moves = [
        main_step("c0", "c1", MoveKind::Push, "bob"),
        main_step("c1", "c0", MoveKind::ForcePush, "carol"),
        main_step("c0", "c1", MoveKind::Push, "alice"),
    ];
    let commits = commits(&listed, &BTreeMap::new(), &Moves::of(&moves, &listed, false));
    assert_eq!(commits[0].pusher, Some("bob".into()));
    assert_eq!(logins(&commits[0].also_pushed), ["alice"]);
}

#[test]
fn a_commit_from_before_the_known_moves_has_no_pusher() {
    let listed = [commit("c1", &["c0"]), commit("c2", &["c1"])];
    let moves = [main_step("c1", "c2", MoveKind::Push, "bob")];
    let commits = commits(&listed, &BTreeMap::new(), &Moves::of(&moves, &listed, true));
    assert_eq!((&commits[0].pusher, &commits[1].pusher), (&None, &Some("bob".into())));
}

#[test]
fn without_a_move_only_a_merge_that_github_signed_shows_that_github_made_it() {
    let mut listed = history();
    assert!(brought(&listed, &[], false, &pull()).is_empty());
    listed[3].committer = Some("web-flow".into());
    assert!(
        brought(&listed, &[], false, &pull()).is_empty(),
        "anybody can write the name"
    );
    listed[3].is_verified = true;
    assert_eq!(brought(&listed, &[], false, &pull()), ["f1", "f2", "m"]);
    assert!(
        brought(&listed, &[], true, &pull()).is_empty(),
        "moves were left unread"
    );
}

fn pushed_by(moves: &[HeadMove]) -> Pushed {
    pushed(moves, "f2", &BTreeSet::from(["f1", "f2"]))
}

#[test]
fn everybody_who_pushed_to_the_branch_of_a_pull_request_is_found() {
    let found = pushed_by(&[
        step("feature", "f1", "f2", MoveKind::Push, "bob"),
        step("feature", NO_COMMIT, "f1", MoveKind::Creation, "alice"),
    ]);
    assert_eq!(logins(&found.pushers), ["bob", "alice"]);
    assert!(found.is_known);
}

#[test]
fn pushers_of_what_was_merged_before_from_the_same_branch_are_left_out() {
    let found = pushed_by(&[
        step("develop", "c9", "f2", MoveKind::Push, "bob"),
        step("develop", NO_COMMIT, "c9", MoveKind::Creation, "carol"),
    ]);
    assert_eq!(logins(&found.pushers), ["bob"]);
    assert!(found.is_known);
}

#[test]
fn a_rewritten_branch_is_followed_to_its_beginning() {
    let found = pushed_by(&[
        step("feature", "g2", "f2", MoveKind::ForcePush, "carol"),
        step("feature", "g1", "g2", MoveKind::Push, "bob"),
        step("feature", NO_COMMIT, "g1", MoveKind::Creation, "alice"),
    ]);
    assert_eq!(logins(&found.pushers), ["carol", "bob", "alice"]);
    assert!(found.is_known);
}

#[test]
fn a_branch_that_was_deleted_and_created_again_keeps_its_pushers() {
    let found = pushed_by(&[
        step("feature", NO_COMMIT, "f2", MoveKind::Creation, "alice"),
        step("feature", NO_COMMIT, "f2", MoveKind::Creation, "bob"),
    ]);
    assert_eq!(logins(&found.pushers), ["alice", "bob"]);
}

#[test]
fn moves_that_do_not_lead_back_to_a_beginning_leave_pushers_unknown() {
    let of_another_end = step("feature", NO_COMMIT, "f1", MoveKind::Creation, "alice");
    assert!(!pushed_by(&[of_another_end]).is_known);
    let without_a_beginning = step("feature", "f1", "f2", MoveKind::Push, "bob");
    assert!(!pushed_by(&[without_a_beginning]).is_known);
    let mut of_nobody = step("feature", NO_COMMIT, "f2", MoveKind::Creation, "bob");
    of_nobody.actor = None;
    assert!(!pushed_by(&[of_nobody]).is_known);
    assert!(!pushed_by(&[]).is_known);
}

#[test]
fn what_was_merged_into_the_branch_of_a_pull_request_is_told() {
    let found = pushed_by(&[
        step("develop", "f1", "f2", MoveKind::Merge, "carol"),
        step("develop", NO_COMMIT, "f1", MoveKind::Creation, "alice"),
    ]);
    assert_eq!(found.merges, ["f2"]);
    assert_eq!(logins(&found.pushers), ["carol", "alice"]);
}

#[test]
fn whoever_pushed_a_commit_to_another_branch_first_is_found_and_whoever_copied_it_later_is_not() {
    let commits = [commit("f1", &["c0"]), commit("f2", &["f1"])];
    let moves = [
        step("try-it", NO_COMMIT, "f1", MoveKind::Creation, "reviewer"),
        step("feature", NO_COMMIT, "f2", MoveKind::Creation, "alice"),
        step("hidden", "c0", "f2", MoveKind::Push, "bob"),
        step("main", "c8", "c9", MoveKind::Push, "erin"),
    ];
    let found = earlier_pushers(&moves, "feature", "main", &commits);
    assert_eq!(logins(&found), ["bob"]);
}
