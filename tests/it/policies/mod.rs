//! The policies of a deployed Changegate, asked.
//!
//! MiniStack deploys the real `template.yaml`, with empty functions; then every cell of `docs/permissions.md` is put to
//! the policies, and the rules of the buckets, which no simulation covers, are tried with real calls. The same cells,
//! and what MiniStack cannot be asked, are decided from the letter of the policies as well, by an evaluation of our own.

mod account;
mod attempts;
mod deployed;
mod generated;
mod handlers;
mod iam;
mod limits;
mod releases;
mod rendered;
mod table;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::account::Account;
use self::deployed::Deployed;
use self::table::{Row, rows};
use crate::contracts::{read, refuse};

#[tokio::test]
async fn policies_answer_as_the_page_says_and_buckets_keep_their_rules() {
    let deployed = Deployed::start().await;
    let rows = rows(&read("docs/permissions.md"));

    let answers = deployed.ask("simulate", &questions(&rows)).await;
    refuse(
        "docs/permissions.md and the policies disagree",
        &differences(&rows, &answers),
    );

    let tried = deployed.ask("try_buckets", &Value::Null).await;
    let tried: BTreeMap<String, String> = serde_json::from_value(tried).expect("what was tried, and what came of it");
    let wrong: Vec<String> = tried
        .iter()
        .filter(|(_, came)| *came != "as it should")
        .map(|(what, came)| format!("{what}: {came}"))
        .collect();
    assert!(tried.len() >= 12, "{tried:?}");
    refuse("the policies of the buckets", &wrong);

    releases::try_to_bring_in_other_code(&deployed).await;
    deployed.stop().await;
}

#[test]
fn the_letter_of_the_policies_is_what_the_page_says() {
    let account = Account::new();
    let mut wrong = Vec::new();
    for row in rows(&read("docs/permissions.md")) {
        for (column, cell) in row.columns().iter().zip(&row.cells) {
            let answer = account.answer(&row, column);
            if answer.in_words() != cell {
                wrong.push(format!(
                    "line {}: {} on {} by {}: the page says {cell}, but it is {answer}",
                    row.line, row.action, row.resource, column.name
                ));
            }
        }
    }
    refuse("docs/permissions.md and the policies disagree", &wrong);
}

fn questions(rows: &[Row]) -> Value {
    let questions = rows.iter().map(|row| {
        let columns = row.columns().iter().map(|column| (column.name, column.principal));
        let limit = row.is_limited.then(|| read("docs/scp.json"));
        json!({
            "action": row.action,
            "resource": row.resource,
            "context": row.context,
            "columns": columns.collect::<BTreeMap<_, _>>(),
            "limit": limit,
        })
    });
    Value::Array(questions.collect())
}

fn differences(rows: &[Row], answers: &Value) -> Vec<String> {
    let answers = answers.as_array().expect("a list of answers");
    assert_eq!(answers.len(), rows.len());
    let mut found = Vec::new();
    for (row, answer) in rows.iter().zip(answers) {
        for (column, cell) in row.columns().iter().zip(&row.cells) {
            let answer = answer[column.name].as_str().unwrap_or("nothing");
            if answer != cell {
                found.push(format!(
                    "line {}: {} on {} by {}: the page says {cell}, the policies {answer}",
                    row.line, row.action, row.resource, column.name
                ));
            }
        }
    }
    found
}
