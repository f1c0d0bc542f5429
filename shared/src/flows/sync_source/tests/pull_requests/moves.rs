//! Who pushed a commit first is looked for as far back as the pull request's commits may be, and no silent end.

use super::*;

/// A pull request of alice whose commit bob had pushed to another branch, before `others` moves of other branches and
/// after the head of main came there.
async fn behind(others: usize) -> Change {
    let mut change = Change::opened().await;
    change.commits.clear();
    let hidden = change.commit("hidden", &change.base.clone());
    let github = &change.place.github;
    github.forget_activity();
    github.tell_move("main", "older", &change.base, "push", "carol");
    github.tell_move("scratch", NO_COMMIT, &hidden, "branch_creation", "bob");
    for number in 0..others {
        let (before, after) = (format!("{number:040x}"), format!("{:040x}", number + 1));
        github.tell_move("busy", &before, &after, "push", "dave");
    }
    github.tell_move("feature", NO_COMMIT, &hidden, "branch_creation", "alice");
    change.commits = vec![hidden];
    change.approve("bob");
    change
}

#[tokio::test]
async fn a_push_behind_hundreds_of_moves_is_found_and_only_so_many_pages_are_read() {
    for (others, pages) in [(0, 1), (90, 1), (150, 2), (850, 9)] {
        let mut change = behind(others).await;
        let before = change.place.wire.count_of("GET activity");
        let commits = change.merge("alice").await;
        assert_eq!(change.place.wire.count_of("GET activity") - before, pages, "{others}");
        assert!(authors(&commits).contains(&"bob".to_owned()), "{others}");
        assert_eq!(untold(&commits), [], "{others}");
        assert!(refused(&commits)[0].contains("bob is one of its authors"), "{others}");
    }
}

#[tokio::test]
async fn a_push_behind_more_moves_than_are_read_is_told_to_be_unknown() {
    let mut change = behind(1_000).await;
    assert_eq!(untold(&change.merge("alice").await), [Untold::Pushers]);
}

#[tokio::test]
async fn a_page_of_moves_that_may_not_be_read_leaves_pushers_unknown() {
    let mut change = behind(150).await;
    change.merge("alice").await;
    let log = change.place.wire.log();
    let second = log.lines().position(|call| call == "GET activity 100").unwrap();
    let mut change = behind(150).await;
    change.place.wire.break_call(second, Fault::Denial);
    assert_eq!(untold(&change.merge("alice").await), [Untold::Pushers]);
}
