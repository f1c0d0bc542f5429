//! Templates that take the reader and the evaluator long.

use std::fmt::Write as _;

use changegate::domain::limits::{MAX_IN_BRACKETS, MAX_NODES};

use super::{BYTES, Case, filled, nested};

fn chain(link: impl Fn(usize) -> String) -> String {
    let mut text = "{\"Resources\": {\"A\": {\"Condition\": \"C9999\"}}, \"Conditions\": {\"C0\": {\"Fn::Equals\": [\"x\", \"x\"]}".to_owned();
    let mut number = 1;
    while text.len() < BYTES - 200 {
        let _ = write!(text, ", \"C{number}\": {}", link(number - 1));
        number += 1;
    }
    text + "}}"
}

pub(super) fn cases() -> Vec<Case> {
    let reader = for_the_reader().into_iter();
    let evaluator = for_the_evaluator().into_iter();
    reader
        .chain(evaluator)
        .map(|(name, text)| Case::new("template", name, text))
        .collect()
}

fn for_the_reader() -> Vec<(&'static str, String)> {
    let long = "x".repeat(500_000);
    vec![
        (
            "aliases of one long text",
            filled(&format!("a: &x {long}\nb:\n"), "  - *x\n", ""),
        ),
        (
            "aliases of a list",
            filled(&format!("a: &x [{}]\nb:\n", "y,".repeat(1_000)), "  - *x\n", ""),
        ),
        (
            "as many short items as JSON may have",
            format!("[1{}]", ",1".repeat(MAX_NODES - 2)),
        ),
        ("as many short items as lines may have", "- a\n".repeat(MAX_NODES - 1)),
        ("short items in JSON", filled("[1", ",1", "]")),
        ("short items in YAML", filled("[1", ",1", "]").replace("[1,", "[a,")),
        (
            "keys in YAML",
            (0..90_000).fold(String::new(), |mut text, key| {
                let _ = writeln!(text, "k{key}: v");
                text
            }),
        ),
        ("nested brackets", "[".repeat(BYTES)),
        ("nested keys", "? ".repeat(BYTES / 2)),
        ("quotes that stay open", format!("a: \"{}", "\\n".repeat(BYTES / 2))),
        (
            "anchors",
            (0..60_000).fold(String::new(), |mut text, key| {
                let _ = writeln!(text, "- &a{key} v");
                text
            }),
        ),
    ]
}

fn for_the_evaluator() -> Vec<(&'static str, String)> {
    let of = |value: &str| format!("{{\"Resources\": {{\"A\": {{\"P\": {value}}}}}}}");
    let sub = "{\"Fn::Sub\": [\"${a}${a}${a}${a}\", {\"a\": @}]}";
    let find = "{\"Fn::FindInMap\": [\"M\", \"a\", \"b\"]}";
    vec![
        ("Fn::Sub within each other", of(&nested(sub, "\"0123456789\"", 28))),
        (
            "wide Fn::Sub",
            of(&format!(
                "{{\"Fn::Sub\": [\"{}\", {{\"a\": \"{}\"}}]}}",
                "${a}".repeat(100_000),
                "y".repeat(400_000)
            )),
        ),
        (
            "Fn::Join of a long separator",
            of(&format!(
                "{{\"Fn::Join\": [\"{}\", [{}]]}}",
                "s".repeat(400_000),
                filled("\"\"", ",\"\"", "").get(..500_000).unwrap_or_default()
            )),
        ),
        (
            "Fn::Split into many",
            of(&format!("{{\"Fn::Split\": [\",\", \"{}\"]}}", ",".repeat(900_000))),
        ),
        (
            "Fn::ToJsonString within itself",
            of(&nested("{\"Fn::ToJsonString\": @}", "\"\\\"\"", 60)),
        ),
        (
            "a mapping that holds itself",
            format!(
                "{{\"Mappings\": {{\"M\": {{\"a\": {{\"b\": [{find}, {find}]}}}}}}, \"Resources\": {{\"A\": {{\"P\": {find}}}}}}}"
            ),
        ),
        (
            "a chain of conditions",
            chain(|before| format!("{{\"Condition\": \"C{before}\"}}")),
        ),
        (
            "conditions that double",
            chain(|before| {
                format!("{{\"Fn::Or\": [{{\"Condition\": \"C{before}\"}}, {{\"Condition\": \"C{before}\"}}]}}")
            }),
        ),
        (
            "as many references as JSON may have",
            of(&format!("[1{}]", ",{\"Ref\":\"B\"}".repeat(MAX_NODES / 3 - 10))),
        ),
        (
            "as many references as brackets may hold",
            format!(
                "{{Resources: {{A: {{P: [1{}]}}}}}}",
                ",{Ref: B}".repeat(MAX_IN_BRACKETS / 3 - 10)
            ),
        ),
        (
            "as many references as lines may have",
            format!("Resources:\n A:\n  P:\n{}", "  - !Ref B\n".repeat(BYTES / 12)),
        ),
        (
            "imports",
            filled(
                "{\"Resources\": {\"A\": {\"P\": [1",
                ",{\"Fn::ImportValue\":{\"Fn::Sub\":\"${AWS::Region}\"}}",
                "]}}}",
            ),
        ),
    ]
}
