//! Who may approve, and how many people it takes.

use super::office::{IDENTITY_CENTER, Office, QUEUE, SHARED, catalogue};
use super::{overtaking, window};
use crate::people::Somebody;
use crate::site::told;

/// Stacks, and what differs at their gates from two approvals by anybody.
const STACKS: [(&str, &str); 11] = [
    ("two-users", "{ author_may_approve: false }"),
    ("two-sessions", "{}"),
    ("one-user", "{}"),
    ("one-person", "{}"),
    ("one-role", "{}"),
    ("one-and-root", "{}"),
    ("own-change", "{ approvals: 1, author_may_approve: false }"),
    ("strange-author", "{ approvals: 1, author_may_approve: false }"),
    ("pushed", "{ approvals: 1, require_pull_request: true }"),
    ("released", "{ approvals: 1, release: manual }"),
    ("busy", "{ approvals: 1 }"),
];

#[test]
fn what_two_people_must_agree_on_is_executed_only_when_they_agreed() {
    told(async {
        let mut office = Office::open(&STACKS).await;
        let began = std::time::Instant::now();
        // Somebody whose login `people` does not list takes part in one change.
        let file = "stacks/strange-author/template.json";
        office.push_as(
            "mallory",
            "main",
            "Take part",
            &[(file, &QUEUE.replace("{\"Queue", "{\"Line"))],
        );
        office.account.make_role(SHARED);
        office.account.make_role(IDENTITY_CENTER);
        office.site.provision(true).await;
        office.asked("two-users", "Approve1", None).await;

        let (opens, gate) = window::soon(began.elapsed());
        let merged = (
            "merged",
            "{ approvals: 1, author_may_approve: false, require_pull_request: true }",
        );
        let stacks = [&STACKS[..], &[merged, ("later", &gate)]].concat();
        let files = [
            ("changegate.yaml", &*catalogue(&stacks)),
            ("stacks/merged/template.json", QUEUE),
            ("stacks/later/template.json", QUEUE),
        ];
        office.push_as("octocat", "reviewed", "Add two more", &files);
        office.merge("reviewed", "hubot").await;
        office.site.provision(true).await;

        tokio::join!(
            window::a_closed_window_ends_the_run_and_the_schedule_goes_on_when_it_opens(&office, opens),
            two_different_people(&office),
            two_sessions_of_an_identity_center_role(&office),
            one_person_is_not_two(&office),
            the_author_alone(&office),
            an_author_whom_nobody_knows(&office),
            without_a_pull_request(&office),
            with_a_pull_request(&office),
            a_release_by_hand(&office),
            overtaking::an_approval_and_a_newer_run_in_the_same_second(&office, "busy"),
        );
    });
}

async fn two_different_people(office: &Office) {
    let first = office.asked("two-users", "Approve1", None).await;
    office.ann.approve(&first);
    let second = office.asked("two-users", "Approve2", None).await;
    assert_eq!(second.execution, first.execution);
    office.bea.approve(&second);
    office.executed(&second).await;
}

async fn two_sessions_of_an_identity_center_role(office: &Office) {
    for (action, session) in [("Approve1", "ann@example.com"), ("Approve2", "bea@example.com")] {
        let question = office.asked("two-sessions", action, None).await;
        office.account.session(IDENTITY_CENTER, session).approve(&question);
        if action == "Approve2" {
            office.executed(&question).await;
        }
    }
}

async fn one_person_is_not_two(office: &Office) {
    let sessions = ["ann", "bea"].map(|name| office.account.session(SHARED, name));
    let root = office.account.root();
    let cases: [(&str, [&Somebody; 2], &str); 4] = [
        ("one-user", [&office.bea, &office.bea], "only bea approved"),
        (
            "one-person",
            [&office.otto, &office.otto_admin],
            "only octocat approved",
        ),
        (
            "one-role",
            [&sessions[0], &sessions[1]],
            "only any session of role shared approved",
        ),
        (
            "one-and-root",
            [&office.ann, &root],
            "only adalovelace approved; arn:aws:iam::000000000000:root does not count as a person",
        ),
    ];
    for (stack, people, words) in cases {
        people[0].approve(&office.asked(stack, "Approve1", None).await);
        let second = office.asked(stack, "Approve2", None).await;
        people[1].approve(&second);
        let message = office.refused(&second).await;
        assert!(
            message.contains(&format!("approvals by 2 different people are needed, and {words}")),
            "{stack}: {message}"
        );
        if stack != "one-user" {
            continue;
        }
        // The command that it names makes a new review, which two people may approve.
        let (_, command) = message.split_once("run `aws ").unwrap();
        let arguments: Vec<&str> = command.trim_end_matches('`').split(' ').collect();
        office.bea.ask(&arguments);
        office.ann.approve(&office.asked(stack, "Approve1", None).await);
        let again = office.asked(stack, "Approve2", None).await;
        assert_eq!(again.execution, second.execution);
        office.bea.approve(&again);
        office.executed(&again).await;
    }
}

async fn the_author_alone(office: &Office) {
    let question = office.asked("own-change", "Approve1", None).await;
    office.otto.approve(&question);
    let message = office.refused(&question).await;
    assert!(
        message.contains("only octocat approved, who made, merged or pushed the change"),
        "{message}"
    );
}

async fn an_author_whom_nobody_knows(office: &Office) {
    let question = office.asked("strange-author", "Approve1", None).await;
    office.ann.approve(&question);
    let message = office.refused(&question).await;
    assert!(
        message.contains("2 approvers are needed who are not known to have made the change, and 1 approved")
            && message.contains("`people` in the catalogue has no IAM principal for mallory"),
        "{message}"
    );
}

async fn without_a_pull_request(office: &Office) {
    let question = office.asked("pushed", "Approve1", None).await;
    office.ann.approve(&question);
    let message = office.refused(&question).await;
    assert!(
        message.contains("the stack wants every change through a reviewed pull request"),
        "{message}"
    );
}

async fn with_a_pull_request(office: &Office) {
    let question = office.asked("merged", "Approve1", None).await;
    office.ann.approve(&question);
    office.executed(&question).await;
}

async fn a_release_by_hand(office: &Office) {
    office.ann.approve(&office.asked("released", "Approve1", None).await);
    let release = office.asked("released", "Release", None).await;
    let stack = office.site.stack("released").await.unwrap();
    assert_eq!(stack["StackStatus"], "REVIEW_IN_PROGRESS", "it waits for its release");
    office.bea.approve(&release);
    office.executed(&release).await;
}
