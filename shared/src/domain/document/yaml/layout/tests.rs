use std::fmt::Write as _;

use proptest::prelude::*;

use crate::domain::document::{Document, Format, Node, Value};

fn yaml(text: &str) -> Node {
    Document::parse(text, Format::Yaml).unwrap().root
}

/// Values, tags and keys of a node, without places.
fn values(node: &Node) -> String {
    let tag = node.tag.clone().unwrap_or_default();
    match &node.value {
        Value::Scalar(scalar) => format!("{tag} {:?} {:?}", scalar.kind, scalar.text),
        Value::Sequence(items) => format!("{tag} {:?}", items.iter().map(values).collect::<Vec<_>>()),
        Value::Mapping(entries) => {
            let entries = entries.iter().map(|(key, value)| (values(key), values(value)));
            format!("{tag} {:?}", entries.collect::<Vec<_>>())
        }
    }
}

#[test]
fn a_closing_bracket_may_stand_at_the_column_of_its_key() {
    let text = "Role:\n  Statement:\n    - Effect: Allow\n      Action: [\n        \"sts:AssumeRole\"\n      ]\n  Document: {\n  \"a\": [{\n  \"b\": 'it''s'\n  }]\n}\nLast: x\n";
    let root = yaml(text);
    assert_eq!(
        root.pointer("/Role/Statement/0/Action/0").unwrap().as_text(),
        Some("sts:AssumeRole")
    );
    let b = root.pointer("/Role/Document/a/0/b").unwrap();
    assert_eq!(b.as_text(), Some("it's"));
    assert_eq!((b.line, b.column, &text[b.span.clone()]), (9, 8, "'it''s'"));
    let action = root.pointer("/Role/Statement/0/Action").unwrap();
    assert_eq!(&text[action.span.clone()], "[\n        \"sts:AssumeRole\"\n      ]");
    let last = root.get("Last").unwrap();
    assert_eq!((last.line, last.column, &text[last.span.clone()]), (12, 7, "x"));
}

#[test]
fn the_last_line_of_a_quoted_text_may_stand_at_the_column_of_its_key() {
    let text = "\u{feff}a:\n  key: \"ä one\n  two\n\n  three\\\n  four\" # \"\n  other: '\n  x # y\n  '\n";
    let root = yaml(text);
    assert_eq!(root.pointer("/a/key").unwrap().as_text(), Some("ä one two\nthreefour"));
    let other = root.pointer("/a/other").unwrap();
    assert_eq!(other.as_text(), Some(" x # y "));
    assert_eq!(
        (other.line, other.column, &text[other.span.clone()]),
        (7, 10, "'\n  x # y\n  '")
    );
}

#[test]
fn what_looks_like_brackets_and_quotes_in_comments_texts_and_block_scalars_opens_nothing() {
    let text = "# it's [\na: it's [not { open # \"\nb: |\n  '[{\"\n   x\nc: >-\n\n  {\nd: - 'x\n";
    assert!(
        Document::parse(text, Format::Yaml).is_err(),
        "a list cannot follow on the line of its key"
    );
    let text = "# it's [\na: it's [not { open # \"\nb: |\n  '[{\"\n   x\nc: >-\n\n  {\nlist:\n- - |\n    [\n- &x !T {k: it's, 'l': [a'b, c #]\n]\n}\nend: 1\n";
    let root = yaml(text);
    assert_eq!(root.pointer("/a").unwrap().as_text(), Some("it's [not { open"));
    assert_eq!(root.pointer("/b").unwrap().as_text(), Some("'[{\"\n x\n"));
    assert_eq!(root.pointer("/list/1/l/0").unwrap().as_text(), Some("a'b"));
    assert_eq!(root.pointer("/list/1").unwrap().tag.as_deref(), Some("!T"));
    assert_eq!(root.pointer("/end").unwrap().line, 15);
}

#[test]
fn an_error_after_a_matter_of_layout_is_told_where_it_stands() {
    let text = "a: [\n1\n]\nb: {c: 1,\nd: 2} x\n";
    let error = Document::parse(text, Format::Yaml).unwrap_err();
    assert_eq!((error.line, error.column), (5, 7), "{error}");
    let error = Document::parse("a:\n  b: [\n  1\n", Format::Yaml).unwrap_err();
    assert_eq!(error.line, 4, "{error}");
}

#[test]
fn lines_that_would_need_endless_spaces_are_refused_as_they_stand() {
    let mut text = format!("{}k: [\n", "- ".repeat(60));
    for _ in 0..20_000 {
        text.push_str("1,\n");
    }
    text.push_str("]\n");
    let error = Document::parse(&text, Format::Yaml).unwrap_err();
    assert!(error.to_string().contains("indentation"), "{error}");
}

/// A value as it is written in brackets, a piece each; a line may be broken between any two.
fn pieces() -> impl Strategy<Value = Vec<String>> {
    let leaf = prop_oneof![
        "[a-z]{1,5}".prop_map(|text| vec![text]),
        "[a-z '#:]{0,6}".prop_map(|text| vec![format!("\"{text}\"")]),
        "[a-z \"#]{0,6}".prop_map(|text| vec![format!("'{text}'")]),
        "[A-Z][a-z]{0,3}".prop_map(|tag| vec![format!("!{tag}"), "x".to_owned()]),
        Just(vec!["\"ä\"".to_owned()]),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let items = proptest::collection::vec(inner, 0..4);
        (items, any::<bool>()).prop_map(|(items, is_mapping)| {
            let mut pieces = vec![if is_mapping { "{" } else { "[" }.to_owned()];
            for (index, item) in items.into_iter().enumerate() {
                if index > 0 {
                    pieces.push(",".to_owned());
                }
                if is_mapping {
                    pieces.push(format!("k{index}:"));
                }
                pieces.extend(item);
            }
            pieces.push(if is_mapping { "}" } else { "]" }.to_owned());
            pieces
        })
    })
}

proptest! {
    #[test]
    fn indentation_inside_brackets_means_nothing(
        values_written in proptest::collection::vec((pieces(), proptest::collection::vec((any::<bool>(), 0..9_usize), 60)), 1..4)
    ) {
        let (mut indented, mut shifted) = ("Root:\n".to_owned(), "Root:\n".to_owned());
        for (index, (pieces, breaks)) in values_written.iter().enumerate() {
            for text in [&mut indented, &mut shifted] {
                write!(text, "    key{index}: ").unwrap();
            }
            for (place, piece) in pieces.iter().enumerate() {
                let (is_broken, column) = breaks[place % breaks.len()];
                if is_broken && place > 0 {
                    write!(indented, "\n{}{piece} ", " ".repeat(20)).unwrap();
                    write!(shifted, "\n{}{piece} ", " ".repeat(column)).unwrap();
                } else {
                    for text in [&mut indented, &mut shifted] {
                        write!(text, "{piece} ").unwrap();
                    }
                }
            }
            for text in [&mut indented, &mut shifted] {
                text.push('\n');
            }
        }
        // A tag with nothing but a line break behind it belongs to a value outside of brackets only by indentation.
        let is_alone = |pieces: &[String]| pieces.first().is_some_and(|piece| piece.starts_with('!'));
        prop_assume!(!values_written.iter().any(|(pieces, _)| is_alone(pieces)));
        prop_assert!(Document::parse(&shifted, Format::Yaml).is_ok(), "{}", shifted);
        let (expected, found) = (yaml(&indented), yaml(&shifted));
        prop_assert_eq!(values(&expected), values(&found));
        let cut = |text: &str, node: &Node| text[node.span.clone()].split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for index in 0..values_written.len() {
            let pointer = format!("/Root/key{index}");
            let (expected, found) = (expected.pointer(&pointer).unwrap(), found.pointer(&pointer).unwrap());
            prop_assert_eq!(cut(&indented, expected), cut(&shifted, found));
            prop_assert_eq!(expected.line, found.line);
        }
    }
}
