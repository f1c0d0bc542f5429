//! The top of a review: where, what is asked of whom, and commands that a shell takes as they stand.

use std::process::Command;

use super::golden::{orders, run};
use crate::domain::change_set::build::Inputs;
use crate::domain::change_set::review::{CommitFacts, Review, RunFacts};
use crate::domain::change_set::saved;
use crate::review;

fn review_of(run: RunFacts) -> Review {
    let (tree, _) = saved::tree_of(&[include_str!("../fixtures/orders.json")]).unwrap();
    Review::of(&Inputs {
        title: "orders",
        stack_name: "production-orders",
        tree: Some(&tree),
        run: Some(run),
        ..Inputs::default()
    })
}

/// What a shell calls `aws` with, when it is given the lines: a list of arguments for each call.
fn calls(lines: &str) -> Vec<Vec<String>> {
    // Each call writes its arguments, then an empty line; the first one answers as CodePipeline does.
    let script = format!(
        "aws() {{ for word in \"$@\"; do printf '%s\\n' \"$word\" >&2; done; echo >&2; printf 'Approve2\\ttoken-1\\n'; }}\n{lines}"
    );
    let ran = Command::new("sh").arg("-euc").arg(script).output().unwrap();
    assert!(ran.status.success(), "{lines}\n{ran:?}");
    String::from_utf8(ran.stderr)
        .unwrap()
        .split_terminator("\n\n")
        .map(|call| call.lines().map(str::to_owned).collect())
        .collect()
}

/// The commands of a mail: for approving, and for rejecting.
fn commands(review: &Review) -> (String, String) {
    let text = review::text(review);
    let (_, rest) = text.split_once("APPROVE OR REJECT FROM A TERMINAL\n").unwrap();
    let (approve, rest) = rest.split_once("\n\n").unwrap();
    let (reject, _) = rest.split_once("\n\n").unwrap();
    (approve.to_owned(), reject.to_owned())
}

#[test]
fn a_shell_answers_the_open_approval_of_this_run_whatever_the_names_hold() {
    for name in [
        "changegate-orders",
        "it's $(touch /tmp/x) `id` \"$HOME\" \\ ! ; rm -rf / #",
        "two words, and a comma",
        "a\nb",
    ] {
        let mut facts = run();
        facts.pipeline = name.to_owned();
        let (approve, reject) = commands(&review_of(facts));
        for (lines, status) in [(approve, "Approved"), (reject, "Rejected")] {
            let calls = calls(&lines);
            assert_eq!(calls.len(), 2, "{lines}");
            let shown = name.replace('\n', "⏎");
            let [asked, answered] = [&calls[0], &calls[1]].map(|call| {
                let word = |option: &str| {
                    let at = call.iter().position(|word| word == option).unwrap();
                    call[at + 1].clone()
                };
                assert_eq!(word("--region"), "eu-west-1");
                word
            });
            assert_eq!(asked("--name"), shown, "{lines}");
            let query = asked("--query");
            assert!(
                query.contains("latestExecution.pipelineExecutionId=='11111111-2222-3333-4444-555555555555'"),
                "{query}"
            );
            assert_eq!(answered("--pipeline-name"), shown);
            assert_eq!(answered("--action-name"), "Approve2");
            assert_eq!(answered("--token"), "token-1");
            let result: serde_json::Value = serde_json::from_str(&answered("--result")).unwrap();
            assert_eq!(result["status"], status);
        }
    }
}

#[test]
fn the_commands_are_the_same_in_mail_comment_and_page() {
    let review = orders();
    let (approve, reject) = commands(&review);
    let markdown = review::markdown(&review);
    let page = review::html(&review)
        .replace("&#39;", "'")
        .replace("&quot;", "\"")
        .replace("&amp;", "&");
    for lines in [approve, reject] {
        assert!(markdown.contains(&lines), "{lines} in\n{markdown}");
        assert!(page.contains(&lines), "{lines} in\n{page}");
    }
}

#[test]
fn whoever_is_not_asked_gets_neither_button_nor_commands() {
    let mut facts = run();
    facts.ask.approvals = 0;
    let unasked = review_of(facts);
    assert!(review::text(&unasked).contains("orders: this change needs no approval"));
    let mut odd = run();
    odd.execution = "1' || 'a'=='a".to_owned();
    for review in [unasked, review_of(odd)] {
        for rendered in [review::text(&review), review::markdown(&review), review::html(&review)] {
            assert!(!rendered.contains("put-approval-result"), "{rendered}");
        }
    }
}

#[test]
fn the_environment_comes_before_the_question_and_the_digest_comes_last() {
    let review = orders();
    for rendered in [review::text(&review), review::markdown(&review), review::html(&review)] {
        let places: Vec<_> = [
            "approve this change?",
            "Waiting for 2 approvals",
            "data loss",
            "Orders v2",
        ]
        .map(|part| rendered.find(part).unwrap_or_else(|| panic!("{part} in\n{rendered}")))
        .into();
        assert!(places[0] < places[1] && places[1] < places[2], "{places:?}");
        assert!(places[3] < places[2], "{places:?}");
        let digest = rendered.find("3f9a2c1d3f9a").unwrap();
        assert!(
            digest > rendered.find("DeletionProtectionEnabled").unwrap(),
            "{rendered}"
        );
    }
}

#[test]
fn who_made_a_change_is_told_that_it_may_not_approve_it() {
    let says = |change: fn(&mut RunFacts)| {
        let mut facts = run();
        change(&mut facts);
        review::text(&review_of(facts))
    };
    let two = says(|_| ());
    assert!(
        two.contains("hubot, octocat made this change: at least one approval must come from somebody else."),
        "{two}"
    );
    let one = says(|facts| facts.ask.approvals = 1);
    assert!(
        one.contains("hubot, octocat made this change and may not approve it."),
        "{one}"
    );
    let free = says(|facts| facts.ask.authors.may_approve = true);
    assert!(!free.contains("made this change"), "{free}");
    let doubt = says(|facts| facts.ask.authors.are_in_doubt = true);
    assert!(
        doubt.contains("two approvers are needed who are not known to have"),
        "{doubt}"
    );
    let nobody = says(|facts| facts.ask.approvers = Some(Vec::new()));
    assert!(nobody.contains("lists nobody who may approve"), "{nobody}");
}

#[test]
fn the_newest_commits_are_told_the_others_counted_and_merges_folded() {
    let mut facts = run();
    let first = facts.commits.remove(0);
    facts.commits = (0..110)
        .map(|at| CommitFacts {
            subject: format!("commit number {at}."),
            is_merge: at % 11 == 0,
            ..first.clone()
        })
        .collect();
    let review = review_of(facts);
    for rendered in [review::text(&review), review::markdown(&review)] {
        let told: Vec<_> = (0..110)
            .filter(|at| rendered.contains(&format!("commit number {at}.")))
            .collect();
        assert_eq!(told, [1, 2, 3, 4, 5], "{rendered}");
        assert!(
            rendered.contains("and 95 more commits") && rendered.contains("and 10 merges"),
            "{rendered}"
        );
    }
    let page = review::html(&review);
    assert!((0..110).all(|at| page.contains(&format!("commit number {at}."))));
    let folded = page.find("<summary>and 95 more commits</summary>").unwrap();
    assert!(page.find("commit number 5.").unwrap() < folded && folded < page.find("commit number 6.").unwrap());

    let mut merges = run();
    merges.commits[0].is_merge = true;
    assert!(
        review::text(&review_of(merges)).contains("Give orders a table"),
        "merges alone are told"
    );
}
