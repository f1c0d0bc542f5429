//! Approvals of a pull request that was given another base branch.

use super::*;

#[tokio::test]
async fn an_approval_before_somebody_changed_the_base_branch_does_not_count() {
    for (approved, counts) in [
        (Some("2026-11-23T09:59:59Z"), false),
        (Some("2026-11-23T10:00:00Z"), false),
        (Some("2026-11-23T10:00:01Z"), true),
        (None, false),
    ] {
        let mut change = Change::opened().await;
        change.approve("bob");
        change.reviews[0].submitted = approved.map(str::to_owned);
        change.place.github.with_base_changed(7, "2026-11-23T10:00:00Z");
        let reasons = refused(&change.merge("alice").await);
        if counts {
            assert_eq!(reasons, [""; 0]);
        } else {
            let expected = "bob is not known to have approved it after";
            assert!(reasons[0].contains(expected), "{reasons:?}");
        }
    }
    let mut change = Change::opened().await;
    change.approve("bob");
    change.place.wire.break_next("GET timeline", Fault::Denial);
    assert_eq!(
        refused(&change.merge("alice").await).len(),
        1,
        "what is not told does not count"
    );
    // Nobody asks where no approval counts.
    let mut change = Change::opened().await;
    change.approve("outsider");
    change.merge("alice").await;
    assert_eq!(change.place.wire.count_of("GET timeline"), 0);
}
