//! Documents: every node lies where it says, and JSON means what it means elsewhere.

use changegate::domain::document::{Document, Format, Node, SyntaxError, Value};

pub(super) fn check(bytes: &[u8]) {
    for format in [Format::Yaml, Format::Json] {
        match Document::parse_bytes(bytes, format) {
            Ok(document) => places(&document.root, std::str::from_utf8(bytes).expect("only UTF-8 is read")),
            Err(error) => placed(&error, bytes),
        }
    }
    agrees_with_serde(bytes);
}

/// Line and column of an error are places of the text, or right behind its end.
fn placed(error: &SyntaxError, bytes: &[u8]) {
    let lines = String::from_utf8_lossy(bytes)
        .split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}'])
        .count();
    assert!(
        error.line >= 1 && error.line <= lines + 1,
        "{error} lies in a text of {lines} lines"
    );
    assert!(error.column >= 1, "{error} has a column");
}

fn places(node: &Node, text: &str) {
    assert!(
        text.get(node.span.clone()).is_some(),
        "{:?} lies in the text, between characters",
        node.span
    );
    assert!(node.line >= 1 && node.column >= 1);
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => items.iter().for_each(|item| places(item, text)),
        Value::Mapping(entries) => entries.iter().for_each(|(key, value)| {
            places(key, text);
            places(value, text);
        }),
    }
}

/// What both readers take, they take for the same.
fn agrees_with_serde(bytes: &[u8]) {
    let Ok(ours) = Document::parse_bytes(bytes, Format::Json) else {
        return;
    };
    let body = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let theirs: serde_json::Value = match serde_json::from_slice(body) {
        Ok(value) => value,
        // Numbers that no double holds are texts like any other here.
        Err(error) if error.to_string().starts_with("number out of range") => return,
        Err(error) => panic!("what we read as JSON is JSON: {error}"),
    };
    same(&ours.root, &theirs);
}

fn same(ours: &Node, theirs: &serde_json::Value) {
    match theirs {
        serde_json::Value::Object(entries) => {
            assert_eq!(ours.entries().len(), entries.len());
            for (key, value) in entries {
                same(ours.get(key).expect("each key is found"), value);
            }
        }
        serde_json::Value::Array(items) => {
            assert_eq!(ours.items().len(), items.len());
            ours.items()
                .iter()
                .zip(items)
                .for_each(|(ours, theirs)| same(ours, theirs));
        }
        serde_json::Value::String(text) => assert_eq!(ours.as_text(), Some(text.as_str())),
        serde_json::Value::Null => assert!(ours.is_null()),
        serde_json::Value::Bool(is_true) => assert_eq!(ours.as_text(), Some(if *is_true { "true" } else { "false" })),
        serde_json::Value::Number(_) => assert!(ours.scalar().is_some()),
    }
}
