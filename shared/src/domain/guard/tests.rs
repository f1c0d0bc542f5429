use super::*;
use crate::domain::approvals::Shortfall;
use crate::domain::job::FailureKind;

fn run() -> RunRef {
    RunRef {
        pipeline: "changegate-network".to_owned(),
        execution: "1111".to_owned(),
        stage: "Apply".to_owned(),
    }
}

#[test]
fn every_refusal_says_that_nothing_was_executed_and_what_to_do() {
    let refusals = [
        (Refusal::Superseded { by: "2222".to_owned() }, "look at run 2222"),
        (Refusal::RolledBack, "git revert"),
        (Refusal::NotPlanned("held".to_owned()), "start the pipeline again"),
        (
            Refusal::PlanReplaced {
                what: "the stack of the plan",
                expected: "a".to_owned(),
                found: "b".to_owned(),
            },
            "find out who wrote it",
        ),
        (
            Refusal::WrongChangeSet("its name is `x`".to_owned()),
            "find out who wrote it",
        ),
        (
            Refusal::ExecutedElsewhere("EXECUTE_COMPLETE".to_owned()),
            "find out who executed it",
        ),
        (Refusal::NotReviewed("d1".to_owned()), "--retry-mode ALL_ACTIONS"),
        (
            Refusal::Changed {
                reviewed: "d1".to_owned(),
                current: "d2".to_owned(),
                difference: None,
            },
            "--retry-mode ALL_ACTIONS",
        ),
        (Refusal::Stale(Staleness::StackGone), "start the pipeline again"),
        (
            Refusal::Approvals(Shortfall::NotAnswered { needed: 2, shown: 1 }),
            "--retry-mode ALL_ACTIONS",
        ),
        (
            Refusal::NotReleased {
                others: Vec::new(),
                approvers: None,
            },
            "--retry-mode ALL_ACTIONS",
        ),
        (
            Refusal::OutsideWindow {
                window: "Mon 09:00-10:00 UTC".to_owned(),
                opens: None,
            },
            "correct `window`",
        ),
        (Refusal::BrokenWindow("no such zone".to_owned()), "correct `window`"),
        (
            Refusal::Unreviewed(vec!["c1: no pull request".to_owned()]),
            "pull request",
        ),
    ];
    for (refusal, advice) in refusals {
        let message = refusal.message(&run(), None);
        assert!(message.starts_with("not executed: "), "{message}");
        assert!(message.contains(advice), "{message}");
        assert!(message.chars().count() < 1000, "{message}");
        assert_ne!(refusal.kind(), FailureKind::Unavailable, "a person must act: {message}");
    }
}

#[test]
fn a_refusal_says_what_was_found() {
    for (refusal, said) in [
        (
            Refusal::NotPlanned(String::new()),
            "the plan of this run did not succeed",
        ),
        (
            Refusal::NotPlanned("held".to_owned()),
            "the plan of this run ended with `held` and has nothing to apply; its stage condition was overridden",
        ),
        (
            Refusal::Changed {
                reviewed: "d1".to_owned(),
                current: "d2".to_owned(),
                difference: None,
            },
            "what would be executed is not what was reviewed: the digest was d1 and is d2",
        ),
    ] {
        assert_eq!(refusal.to_string(), said);
    }
}

#[test]
fn of_many_unreviewed_commits_the_first_are_named_and_the_rest_counted() {
    let reasons = (0..40)
        .map(|number| format!("c{number}: it came without a pull request"))
        .collect();
    let message = Refusal::Unreviewed(reasons).message(&run(), None);
    assert!(
        message.contains("c4:") && !message.contains("c5:") && message.contains("and 35 more"),
        "{message}"
    );
}

mod stacks {
    use std::collections::BTreeMap;

    use super::super::*;
    use crate::domain::planned_change::PlannedChange;
    use crate::domain::sha256::Sha256;

    fn planned(kind: &str) -> PlannedChange {
        PlannedChange {
            version: 1,
            stack_name: "network".to_owned(),
            stack_id: Some("arn".to_owned()),
            change_set_arn: Some("set".to_owned()),
            change_set_type: kind.to_owned(),
            template_sha256: Sha256::of(""),
            template_key: String::new(),
            stack_last_changed: (kind == "UPDATE").then(|| "2026-11-23T10:00:00Z".to_owned()),
            stack_policy_before: Some("{}".to_owned()),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            commit: "c1".to_owned(),
            sequence: None,
            source_versions: BTreeMap::new(),
        }
    }

    const NOW: StackNow<'_> = StackNow {
        id: "arn",
        status: "UPDATE_COMPLETE",
        last_changed: Some("2026-11-23T10:00:00.000+00:00"),
        policy: Some("{ }"),
    };

    #[test]
    fn the_same_moment_and_the_same_policy_in_another_spelling_are_no_change() {
        assert_eq!(unchanged(&planned("UPDATE"), Some(NOW), None), Ok(()));
    }

    #[test]
    fn a_policy_that_an_interrupted_guard_set_already_is_no_change() {
        let wanted = r#"{"Statement":[]}"#;
        let now = StackNow {
            policy: Some(wanted),
            ..NOW
        };
        assert_eq!(unchanged(&planned("UPDATE"), Some(now), Some(wanted)), Ok(()));
        assert_eq!(
            unchanged(&planned("UPDATE"), Some(now), None),
            Err(Staleness::PolicyChanged)
        );
        let removed = StackNow { policy: None, ..NOW };
        assert_eq!(
            unchanged(&planned("UPDATE"), Some(removed), Some(wanted)),
            Err(Staleness::PolicyChanged)
        );
    }

    #[test]
    fn a_policy_that_was_removed_is_a_change_though_the_gate_wants_none() {
        let removed = StackNow { policy: None, ..NOW };
        assert_eq!(
            unchanged(&planned("UPDATE"), Some(removed), None),
            Err(Staleness::PolicyChanged)
        );
    }

    #[test]
    fn a_stack_that_is_only_cleaned_up_is_not_at_work() {
        for (status, is_at_work) in [
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", false),
            ("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", false),
            ("UPDATE_IN_PROGRESS", true),
            ("IMPORT_IN_PROGRESS", true),
            ("UPDATE_ROLLBACK_FAILED", false),
        ] {
            let now = StackNow { status, ..NOW };
            let found = unchanged(&planned("UPDATE"), Some(now), None);
            assert_eq!(found.is_err(), is_at_work, "{status}");
        }
    }

    #[test]
    fn a_change_set_is_executed_only_when_it_is_complete_and_available() {
        use crate::domain::change_set::description::ChangeSetDescription;
        let with = |status: &str, execution_status: &str| {
            available(&ChangeSetDescription {
                status: status.to_owned(),
                execution_status: execution_status.to_owned(),
                ..ChangeSetDescription::default()
            })
        };
        assert_eq!(with("CREATE_COMPLETE", "AVAILABLE"), Ok(()));
        for (status, execution_status) in [
            ("FAILED", "AVAILABLE"),
            ("CREATE_PENDING", "AVAILABLE"),
            ("DELETE_COMPLETE", "AVAILABLE"),
            ("CREATE_COMPLETE", "OBSOLETE"),
            ("CREATE_COMPLETE", "UNAVAILABLE"),
            ("", ""),
        ] {
            assert!(with(status, execution_status).is_err(), "{status} {execution_status}");
        }
    }

    #[test]
    fn a_stack_that_is_gone_anew_changed_or_at_work_is_told_apart() {
        let update = planned("UPDATE");
        assert_eq!(unchanged(&update, None, None), Err(Staleness::StackGone));
        let anew = StackNow { id: "other", ..NOW };
        assert_eq!(unchanged(&update, Some(anew), None), Err(Staleness::StackReplaced));
        for last_changed in [None, Some("2026-11-23T10:00:01Z"), Some("unreadable")] {
            let changed = StackNow { last_changed, ..NOW };
            assert_eq!(
                unchanged(&update, Some(changed), None),
                Err(Staleness::StackChanged {
                    planned: "2026-11-23T10:00:00Z".to_owned(),
                    now: last_changed.unwrap_or_default().to_owned(),
                })
            );
        }
        // Of a plan that knows only the name of its stack, and a time that nobody can read, the same text is the same.
        let named = PlannedChange {
            stack_id: None,
            stack_last_changed: Some("unreadable".to_owned()),
            ..planned("UPDATE")
        };
        let same = StackNow {
            last_changed: Some("unreadable"),
            ..NOW
        };
        assert_eq!(unchanged(&named, Some(same), None), Ok(()));
        let at_work = StackNow {
            status: "UPDATE_ROLLBACK_IN_PROGRESS",
            ..NOW
        };
        assert!(matches!(
            unchanged(&update, Some(at_work), None),
            Err(Staleness::StackBusy(_))
        ));
    }

    #[test]
    fn a_stack_that_is_to_be_created_must_still_be_a_shell() {
        let shell = StackNow {
            status: "REVIEW_IN_PROGRESS",
            ..NOW
        };
        assert_eq!(unchanged(&planned("CREATE"), Some(shell), None), Ok(()));
        assert!(matches!(
            unchanged(&planned("CREATE"), Some(NOW), None),
            Err(Staleness::StackBusy(_))
        ));
        assert_eq!(unchanged(&planned("CREATE"), None, None), Err(Staleness::StackGone));
    }
}

mod releases {
    use super::super::release;
    use crate::domain::approvals::Reviewed;
    use crate::domain::gate::Gate;
    use crate::domain::history::ActionExecution;

    const ALICE: &str = "arn:aws:iam::000000000000:user/alice";
    const BOB: &str = "arn:aws:iam::000000000000:user/bob";

    fn released(approvers: Option<&[&str]>) -> Gate {
        Gate {
            release: true,
            approvers: approvers.map(|listed| listed.iter().map(|one| (*one).to_owned()).collect()),
            deployer: "arn:aws:iam::000000000000:role/changegate/deployers/stack".to_owned(),
            ..super::super::plan::tests::gate()
        }
    }

    fn pressed(at: &str, by: &str) -> ActionExecution {
        ActionExecution {
            action: "Release".to_owned(),
            category: "Approval".to_owned(),
            status: "Succeeded".to_owned(),
            started: Some(format!("2026-11-23T{at}Z")),
            updated_by: Some(by.to_owned()),
            ..ActionExecution::default()
        }
    }

    fn is_released(gate: &Gate, history: &[ActionExecution]) -> bool {
        release(gate, &reviewed(), history).is_ok()
    }

    /// A review that began at ten.
    fn reviewed() -> Reviewed {
        let review = ActionExecution {
            action: "DescribeChangeSet".to_owned(),
            category: "Invoke".to_owned(),
            output_variables: [("Digest".to_owned(), "d1".to_owned())].into(),
            ..pressed("10:00:00", ALICE)
        };
        Reviewed::newest("d1", &[review]).unwrap()
    }

    #[test]
    fn only_an_answer_of_that_very_action_after_the_review_releases() {
        let gate = released(None);
        let answer = pressed("10:00:00", ALICE);
        assert!(is_released(&gate, std::slice::from_ref(&answer)));
        for edit in [
            (|answer: &mut ActionExecution| answer.started = Some("2026-11-23T09:59:59.999Z".to_owned())) as fn(&mut _),
            |answer| answer.started = None,
            |answer| answer.started = Some("yesterday".to_owned()),
            |answer| answer.status = "Failed".to_owned(),
            |answer| answer.status = "InProgress".to_owned(),
            |answer| answer.category = "Invoke".to_owned(),
            |answer| answer.action = "Approve1".to_owned(),
        ] {
            let mut other = answer.clone();
            edit(&mut other);
            assert!(!is_released(&gate, std::slice::from_ref(&other)), "{other:?}");
            assert!(is_released(&gate, &[other, answer.clone()]));
        }
        assert!(!is_released(&gate, &[]));
        assert!(
            is_released(&super::super::plan::tests::gate(), &[]),
            "a gate without a release asks for none"
        );
    }

    #[test]
    fn only_an_approver_releases_where_the_gate_names_them() {
        let gate = released(Some(&["user/alice"]));
        assert!(is_released(&gate, &[pressed("10:01:00", ALICE)]));
        assert!(is_released(
            &gate,
            &[pressed("10:01:00", BOB), pressed("10:01:00", ALICE)]
        ));
        assert!(!is_released(
            &gate,
            &[pressed("10:01:00", BOB), pressed("09:01:00", ALICE)]
        ));
        assert!(!is_released(&released(Some(&[])), &[pressed("10:01:00", ALICE)]));
        let mut untold = pressed("10:01:00", BOB);
        untold.updated_by = None;
        let refusal = release(&gate, &reviewed(), &[pressed("10:01:00", BOB), untold]).unwrap_err();
        insta::assert_snapshot!(refusal, @"nobody who may answered `Release` for this review; arn:aws:iam::000000000000:user/bob, (not told) answered and is not among the approvers of this stack; those who may approve are user/alice");
    }
}
