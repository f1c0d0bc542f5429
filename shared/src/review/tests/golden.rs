//! Golden files: `UPDATE_GOLDEN=1 cargo test -p changegate --no-default-features golden` writes them anew.

use std::path::PathBuf;

use crate::domain::change_set::ask::{Ask, ChangeAuthors};
use crate::domain::change_set::build::{DeployedStack, Inputs, TemplateTexts};
use crate::domain::change_set::review::{CommitFacts, LastExecuted, PullRequestFacts, Review, RunFacts};
use crate::domain::change_set::saved;
use crate::domain::console;
use crate::review;

const RUN: &str = "11111111-2222-3333-4444-555555555555";

pub(super) fn run() -> RunFacts {
    RunFacts {
        environment: "production".to_owned(),
        pipeline: "changegate-orders".to_owned(),
        execution: RUN.to_owned(),
        attempt: 1,
        made: "2026-11-23T10:00:00Z".to_owned(),
        digest: "3f9a2c1d".repeat(8),
        link:
            "https://eu-west-1.console.aws.amazon.com/s3/object/evidence?region=eu-west-1&prefix=reviews/x/review.html"
                .to_owned(),
        commit: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        commits: vec![CommitFacts {
            sha: "0123456789abcdef0123456789abcdef01234567".to_owned(),
            is_merge: false,
            subject: "Give orders a table of their own — 注文 🚚".to_owned(),
            authenticated: vec!["octocat".to_owned(), "hubot".to_owned()],
            author_text: "Octo Cat <octocat@example.com>".to_owned(),
            url: Some("https://github.com/acme/infrastructure/commit/0123456789abcdef".to_owned()),
            pull_request: Some(PullRequestFacts {
                number: 42,
                title: "Orders v2".to_owned(),
                author: "octocat".to_owned(),
                merged_by: Some("hubot".to_owned()),
                verdicts: vec!["hubot: approved".to_owned()],
                url: Some("https://github.com/acme/infrastructure/pull/42".to_owned()),
            }),
        }],
        commits_incomplete: None,
        compare_url: Some("https://github.com/acme/infrastructure/compare/aaaa...0123".to_owned()),
        last_executed: Some(LastExecuted {
            commit: "aaaaaaa000000000000000000000000000000000".to_owned(),
            at: "2026-11-01T00:00:05Z".to_owned(),
        }),
        changed_elsewhere: None,
        waiting: vec!["Another run of this pipeline is under way: 6666.".to_owned()],
        ask: Ask {
            approvals: 2,
            approvers: Some(vec!["role/sre-*".to_owned()]),
            authors: ChangeAuthors {
                logins: vec!["hubot".to_owned(), "octocat".to_owned()],
                ..ChangeAuthors::default()
            },
            asked: "Mon 23 Nov 2026, 10:00 UTC".to_owned(),
            until: "Mon 30 Nov 2026, 10:00 UTC".to_owned(),
            page: console::run_page(
                "arn:aws:sns:eu-west-1:111122223333:changegate",
                "changegate-orders",
                RUN,
            ),
            ..Ask::default()
        },
        is_root: false,
        window: Some("Mon-Thu 09:00-16:00 Asia/Kolkata: open now".to_owned()),
    }
}

/// The review of the change set in `fixtures/orders.json`, with everything around it.
pub(super) fn orders() -> Review {
    let (tree, warnings) = saved::tree_of(&[include_str!("../fixtures/orders.json")]).unwrap();
    let deployed = DeployedStack {
        status: "UPDATE_COMPLETE".to_owned(),
        parameters: [
            ("TableName".to_owned(), "orders".to_owned()),
            ("DatabasePassword".to_owned(), "****".to_owned()),
        ]
        .into(),
        tags: [("team".to_owned(), "delivery".to_owned())].into(),
        capabilities: vec!["CAPABILITY_NAMED_IAM".to_owned()],
        ..DeployedStack::default()
    };
    Review::of(&Inputs {
        title: "orders",
        stack_name: "production-orders",
        tree: Some(&tree),
        deployed: Some(&deployed),
        run: Some(run()),
        warnings,
        ..Inputs::default()
    })
}

/// A review of values that CloudFormation does not tell: everything comes from the two templates.
fn templates_only() -> Review {
    let (tree, warnings) = saved::tree_of(&[include_str!("../fixtures/templates.json")]).unwrap();
    let deployed = DeployedStack {
        parameters: [
            ("Size".to_owned(), "small".to_owned()),
            ("Password".to_owned(), "hunter2hunter2".to_owned()),
        ]
        .into(),
        ..DeployedStack::default()
    };
    let before = include_str!("../fixtures/templates.before.yaml");
    let after = include_str!("../fixtures/templates.after.yaml");
    let lossy = |text: &str| {
        text.chars()
            .map(|character| if character.is_ascii() { character } else { '?' })
            .collect::<String>()
    };
    let templates = [TemplateTexts {
        before: Some(lossy(before)),
        after: Some(lossy(after)),
        submitted_before: Some(before.to_owned()),
        submitted_after: Some(after.to_owned()),
        ..TemplateTexts::default()
    }];
    Review::of(&Inputs {
        title: "queues",
        stack_name: "production-queues",
        tree: Some(&tree),
        deployed: Some(&deployed),
        templates: &templates,
        warnings,
        ..Inputs::default()
    })
}

fn golden(name: &str, rendered: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("src/review/fixtures")
        .join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, rendered).unwrap();
    }
    let held = std::fs::read_to_string(&path).unwrap_or_default();
    if held == rendered {
        return;
    }
    let differs = held
        .lines()
        .zip(rendered.lines())
        .find(|(held, rendered)| held != rendered);
    panic!("{} differs: {differs:?}", path.display());
}

#[test]
fn each_rendering_of_a_whole_review_is_its_golden_file() {
    let review = orders();
    golden("orders.txt", &review::text(&review));
    golden("orders.md", &review::markdown(&review));
    golden("orders.html", &review::html(&review));
    golden("orders.review.json", &review::json(&review));
    golden(
        "orders.summary.txt",
        &format!("{}\n{}\n", review::summary(&review), review::subject(&review)),
    );
}

#[test]
fn values_that_cloudformation_does_not_tell_come_from_the_templates() {
    let review = templates_only();
    golden("templates.txt", &review::text(&review));
    golden("templates.md", &review::markdown(&review));
}

#[test]
fn the_published_schema_is_the_one_of_the_code() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/review.schema.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, review::schema()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), review::schema());
}
