//! Who somebody is: an ARN, then a line `===`, then a pattern of approvers and the payload of a push.

use changegate::domain::approvers::ApproverPattern;
use changegate::domain::people::{Account, People, Principal};
use changegate::domain::sync::push::{WatchedBranch, judge};

pub(super) fn check(bytes: &[u8]) {
    let files = super::files(bytes);
    let principal = Principal::parse(&files[0]);
    let home = Account::read("aws", "111122223333").expect("an account");
    for pattern in &files {
        if let Ok(pattern) = ApproverPattern::parse(pattern, Some(&home)) {
            let is_held = pattern.holds(&principal, &People::default());
            assert!(!(is_held && principal == Principal::Nobody), "nobody is no approver");
        }
    }
    let watched = WatchedBranch {
        repository: "octo/infrastructure".to_owned(),
        branch: "main".to_owned(),
    };
    for event in ["push", "ping"] {
        let _ = judge(event, "delivery", bytes, &watched);
    }
}
