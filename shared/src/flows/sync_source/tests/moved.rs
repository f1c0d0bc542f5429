//! Files that move: whoever wrote one is behind what it becomes, however it came there.

use super::*;
use crate::domain::provenance::Origin;

const CODE: &str =
    "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: src\n      Role: r\n";
const SNIPPET: &str = "stacks/shared/evil.js";

/// A stack whose code is a folder, and a file that no stack reads and that mallory pushed.
async fn planted() -> Place {
    let place = Place::settled().await;
    place.github.push(
        "Code",
        &[
            ("stacks/data/orders/template.yaml", Some(CODE)),
            ("stacks/data/orders/src/index.js", Some("1")),
        ],
    );
    place.sync().await;
    let mallory = place.github.push("Plant", &[(SNIPPET, Some("a\nb\nc\nd\n"))]);
    place.sync().await;
    assert!(place.record(&mallory).stacks.is_empty(), "no stack reads it");
    place
}

/// What the stack reads since the last record, by who wrote it.
fn adopted(place: &Place) -> Vec<Origin> {
    let record = place.record(&place.github.head());
    record.trace.unwrap().stacks["data-orders"].adopted.clone()
}

fn planted_origin(place: &Place) -> Origin {
    let records = place.records();
    let mut planting = records.iter().filter_map(|record| record.trace.as_ref());
    let planting = planting.find(|trace| trace.files.contains_key(SNIPPET)).unwrap();
    Origin::from((SNIPPET.to_owned(), planting.sequence))
}

#[tokio::test]
async fn who_wrote_a_file_is_behind_the_folder_that_somebody_else_moves_it_into() {
    let place = planted().await;
    let origin = planted_origin(&place);
    let moved = [
        (SNIPPET, None),
        ("stacks/data/orders/src/evil.js", Some("a\nb\nc\nd\n")),
    ];
    place.github.push("Move", &moved);
    place.sync_push().await;
    assert_eq!(adopted(&place), [origin]);
    // What is new in the folder was nobody else's.
    place
        .github
        .push("More", &[("stacks/data/orders/src/more.js", Some("x"))]);
    place.sync_push().await;
    assert_eq!(adopted(&place), []);
    place.assert_at_rest().await;
}

#[tokio::test]
async fn who_wrote_a_file_is_behind_it_though_a_pull_request_moves_and_then_rewrites_it() {
    for is_merge in [true, false] {
        let place = planted().await;
        let origin = planted_origin(&place);
        let base = place.github.head();
        let path = "stacks/data/orders/src/evil.js";
        let with = |text: &str| {
            let mut files = place.github.files();
            files.remove(SNIPPET);
            files.insert(path.to_owned(), ("100644".to_owned(), text.as_bytes().to_vec()));
            files
        };
        let moved = place
            .github
            .commit("Move", with("a\nb\nc\nd\n"), std::slice::from_ref(&base));
        let rewritten = with("d\n1\n2\n3\n4\n5\n6\n7\n");
        let mut head = place.github.commit("Rewrite", rewritten.clone(), &[moved]);
        if is_merge {
            head = place.github.commit("Merge", rewritten, &[base.clone(), head]);
        }
        place.github.move_to(&head, "push", "octocat");
        place.sync_push().await;
        assert_eq!(adopted(&place), [origin], "{is_merge}");
    }
}

#[tokio::test]
async fn an_ordinary_merge_of_several_commits_is_not_looked_at_commit_by_commit() {
    let place = Place::settled().await;
    let base = place.github.head();
    let mut head = base.clone();
    let mut files = place.github.files();
    for text in ["one", "two", "three"] {
        let template = template(text).into_bytes();
        files.insert(
            "stacks/network/template.yaml".to_owned(),
            ("100644".to_owned(), template),
        );
        head = place.github.commit(text, files.clone(), &[head]);
    }
    let merge = place.github.commit("Merge", files, &[base, head]);
    place.github.move_to(&merge, "pr_merge", "octocat");
    let before = place.wire.count_of("GET compare");
    place.sync_push().await;
    assert_eq!(place.wire.count_of("GET compare") - before, 1);
}
