use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::domain::limits::MAX_IN_BRACKETS;

fn yaml(text: &str) -> Node {
    Document::parse(text, Format::Yaml).unwrap().root
}

fn json(text: &str) -> Node {
    Document::parse(text, Format::Json).unwrap().root
}

#[track_caller]
fn refuses(format: Format, text: &str, expected: &str) {
    assert_eq!(Document::parse(text, format).unwrap_err().to_string(), expected);
}

/// The text that the span of the node at `pointer` cuts out, and its position.
#[track_caller]
fn at(text: &str, pointer: &str) -> (String, usize, usize) {
    let document = Document::parse(text, Format::Yaml).unwrap();
    let node = document.root.pointer(pointer).unwrap();
    (text[node.span.clone()].to_owned(), node.line, node.column)
}

#[test]
fn spans_cut_out_exactly_the_value() {
    let text = "a: plain # c\nb: 'it''s'  # c\nc: \"x\\\"y\" \nd: !Sub foo\ne: !Sub 'bar' # c\nf: &x !GetAtt a.b\ng: [1, {h: 2 }]\n";
    assert_eq!(at(text, "/a"), ("plain".to_owned(), 1, 4));
    assert_eq!(at(text, "/b"), ("'it''s'".to_owned(), 2, 4));
    assert_eq!(at(text, "/c"), ("\"x\\\"y\"".to_owned(), 3, 4));
    assert_eq!(at(text, "/d"), ("foo".to_owned(), 4, 9));
    assert_eq!(at(text, "/e"), ("'bar'".to_owned(), 5, 9));
    assert_eq!(at(text, "/f"), ("a.b".to_owned(), 6, 15));
    assert_eq!(at(text, "/g"), ("[1, {h: 2 }]".to_owned(), 7, 4));
    assert_eq!(at(text, "/g/1"), ("{h: 2 }".to_owned(), 7, 8));
    assert_eq!(at(text, "/g/1/h"), ("2".to_owned(), 7, 12));
}

#[test]
fn a_collection_in_brackets_begins_with_its_bracket_whatever_stands_behind_it() {
    let text = "a: { h: 2 }\nb: !T &x [ # [\n  1 ]\nc: {\n  k: [  ] }\nd:\n  !U\n  - [ 1 ]\n";
    assert_eq!(at(text, "/a"), ("{ h: 2 }".to_owned(), 1, 4));
    assert_eq!(at(text, "/b"), ("[ # [\n  1 ]".to_owned(), 2, 10));
    assert_eq!(at(text, "/c"), ("{\n  k: [  ] }".to_owned(), 4, 4));
    assert_eq!(at(text, "/c/k"), ("[  ]".to_owned(), 5, 6));
    assert_eq!(at(text, "/d"), ("[ 1 ]".to_owned(), 8, 5));
}

#[test]
fn block_scalars_reach_from_their_header_to_their_last_character() {
    let text = "a: | # note > |\n  one\n\n  two\n\nb: !Sub >-\n    x\n    y\nc:\n- |\n  z\n- > \n  w";
    assert_eq!(at(text, "/a"), ("| # note > |\n  one\n\n  two".to_owned(), 1, 4));
    assert_eq!(at(text, "/b"), (">-\n    x\n    y".to_owned(), 6, 9));
    assert_eq!(at(text, "/c/0"), ("|\n  z".to_owned(), 10, 3));
    assert_eq!(at(text, "/c/1"), ("> \n  w".to_owned(), 12, 3));
    assert_eq!(yaml(text).get("b").unwrap().as_text(), Some("x y"));
}

#[test]
fn columns_count_characters_and_spans_count_bytes() {
    let text = "\u{feff}ä: 漢字\r\nb: \"😀\" # é\r\nc: d\r\n";
    assert_eq!(at(text, "/ä"), ("漢字".to_owned(), 1, 4));
    assert_eq!(at(text, "/b"), ("\"😀\"".to_owned(), 2, 4));
    assert_eq!(at(text, "/c"), ("d".to_owned(), 3, 4));
}

#[test]
fn short_form_tags_stay_on_their_nodes() {
    let root =
        yaml("a: !Join [',', [!Ref x, !If [c, 1, !Ref 'AWS::NoValue']]]\nb: !Sub\n  - ${x}\n  - {x: 1}\nc: !!str 1\n");
    assert_eq!(root.get("a").unwrap().tag.as_deref(), Some("!Join"));
    assert_eq!(root.pointer("/a/1/0").unwrap().tag.as_deref(), Some("!Ref"));
    assert_eq!(root.pointer("/a/1/1/2").unwrap().as_text(), Some("AWS::NoValue"));
    assert_eq!(root.get("b").unwrap().tag.as_deref(), Some("!Sub"));
    assert_eq!(root.pointer("/b/0").unwrap().tag, None);
    let c = root.get("c").unwrap();
    assert_eq!(
        (c.tag.as_deref(), c.scalar().unwrap().kind),
        (Some("!!str"), ScalarKind::Text)
    );
}

#[test]
fn scalars_keep_their_text_as_written() {
    for text in ["010", "1.0", "1e3", "12345678901234567890", "+1", "0x1F", ".5", "-0"] {
        let root = yaml(&format!("a: {text}\n"));
        let scalar = root.get("a").unwrap().scalar().unwrap().clone();
        assert_eq!(
            (scalar.text.as_str(), scalar.kind),
            (text, ScalarKind::Number),
            "{text}"
        );
    }
    for text in ["1.0", "1e3", "12345678901234567890", "-0", "1E+2"] {
        let root = json(&format!("[{text}]"));
        assert_eq!(root.pointer("/0").unwrap().as_text(), Some(text));
    }
    for (text, kind) in [
        ("yes", ScalarKind::Text),
        ("2010-09-09", ScalarKind::Text),
        ("True", ScalarKind::Boolean),
        ("~", ScalarKind::Null),
        ("'true'", ScalarKind::Text),
        ("1_000", ScalarKind::Text),
        (".", ScalarKind::Text),
        ("1e", ScalarKind::Text),
        ("!Ref 12", ScalarKind::Text),
        ("!GetAZs", ScalarKind::Text),
        ("!!null", ScalarKind::Null),
    ] {
        let root = yaml(&format!("a: {text}\n"));
        assert_eq!(root.get("a").unwrap().scalar().unwrap().kind, kind, "{text}");
    }
}

#[test]
fn aliases_are_copies_that_stand_where_their_anchor_stands() {
    let text = "a: &x {k: v}\nb: *x\nc: &y text\nd: *y\n";
    assert_eq!(at(text, "/b/k"), ("v".to_owned(), 1, 11));
    assert_eq!(at(text, "/d"), ("text".to_owned(), 3, 7));
}

#[test]
fn an_alias_bomb_is_refused_before_it_grows() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..30 {
        let before = level - 1;
        let _ = writeln!(
            text,
            "a{level}: &a{level} [{}]",
            vec![format!("*a{before}"); 10].join(",")
        );
    }
    let error = Document::parse(&text, Format::Yaml).unwrap_err();
    assert!(error.message.contains("more than 200000 values"), "{error}");
}

#[test]
fn what_aliases_copy_is_counted_in_bytes_and_told_with_the_place() {
    // As in a file of 130 KB whose aliases of one long text come to a gigabyte.
    let long = "x".repeat(65_536);
    let text = format!("a: &x \"{long}\"\nb:\n  - {}\n", vec!["*x"; 10_000].join("\n  - "));
    let error = Document::parse(&text, Format::Yaml).unwrap_err();
    assert_eq!(
        error.message,
        "anchors and aliases copy more than 4194304 bytes of text"
    );
    assert_eq!((error.line, error.column), (66, 5));
    let nested = format!("{}\"{long}\"{}", "&a [".repeat(100), "]".repeat(100));
    let error = Document::parse(&nested, Format::Yaml).unwrap_err();
    assert!(error.message.contains("copy more than"), "{error}");
    let tags = format!("a: &x !{long} y\nb: [{}]\n", vec!["*x"; 100].join(", "));
    let error = Document::parse(&tags, Format::Yaml).unwrap_err();
    assert!(error.message.contains("copy more than"), "{error}");
    // What is written out is the file's own length, and stays.
    assert!(Document::parse(&format!("a: {}", "y".repeat(5_000_000)), Format::Yaml).is_ok());
}

#[test]
fn anchors_inside_each_other_do_not_multiply_memory() {
    let mut text = String::new();
    for level in 0..100 {
        let _ = write!(text, "&a{level} [");
    }
    text.push_str(&"x,".repeat(20_000));
    text.push_str(&"]".repeat(100));
    let error = Document::parse(&text, Format::Yaml).unwrap_err();
    assert!(error.message.contains("more than 200000 values"), "{error}");
}

#[test]
fn nesting_without_end_is_refused() {
    for (format, text) in [
        (Format::Json, "[".repeat(100_000)),
        (Format::Yaml, "[".repeat(10_000)),
        (Format::Yaml, "- ".repeat(1_000)),
    ] {
        let error = Document::parse(&text, format).unwrap_err();
        assert!(error.message.contains("nested deeper than 128 levels"), "{error}");
    }
}

#[test]
fn documents_that_mean_two_things_are_refused() {
    refuses(
        Format::Yaml,
        "a: 1\n---\nb: 2\n",
        "2:1: a second document begins here; a file holds one",
    );
    refuses(Format::Yaml, "? [a]\n: b\n", "1:3: a key is a text, not a list");
    refuses(
        Format::Yaml,
        "a: &x [*x]\n",
        "1:8: this alias stands inside its own anchor",
    );
}

#[test]
fn of_a_key_that_stands_twice_the_last_counts_and_both_are_known() {
    for (format, text, places, value) in [
        (Format::Yaml, "a: 1\nb: 2\na: 3\n", vec![(1, 1, 3, 1)], "3"),
        (Format::Yaml, "x: {a: 1, 'a': 3}\na: 0\n", vec![(1, 5, 1, 11)], "0"),
        (Format::Json, "{\"a\": 1,\n \"\\u0061\": 2}", vec![(1, 2, 2, 2)], "2"),
        (
            Format::Yaml,
            "a: 1\na: 2\na: 3\n",
            vec![(1, 1, 2, 1), (2, 1, 3, 1)],
            "3",
        ),
        (
            Format::Yaml,
            "x: &x {a: 1}\na: 4\ny: {<<: *x, a: 2}\nz: *x\n",
            vec![],
            "4",
        ),
        (Format::Yaml, "x: {\ny: 1,\ny: 2\n}\na: 5\n", vec![(2, 1, 3, 1)], "5"),
    ] {
        let document = Document::parse(text, format).unwrap();
        let found: Vec<_> = document
            .duplicates
            .iter()
            .map(|duplicate| {
                let (earlier, later) = (&duplicate.earlier, &duplicate.later);
                (earlier.line, earlier.column, later.line, later.column)
            })
            .collect();
        assert_eq!(found, places, "{text}");
        assert_eq!(document.root.get("a").unwrap().as_text(), Some(value), "{text}");
        match places.first() {
            None => assert!(document.with_each_key_once().is_ok()),
            Some((line, column, later_line, later_column)) => {
                let key = document.duplicates[0].later.as_text().unwrap().to_owned();
                let expected =
                    format!("{later_line}:{later_column}: duplicate key `{key}`; it stands at {line}:{column} already");
                assert_eq!(document.with_each_key_once().unwrap_err().to_string(), expected);
            }
        }
    }
}

#[test]
fn merge_keys_bring_in_what_their_mapping_does_not_say_itself() {
    let root = yaml(
        "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc:\n  y: 3\n  <<: [*a, *b]\nd: {<<: *a, <<: *b}\ne: {'<<': *a}\n",
    );
    let of = |pointer: &str| root.pointer(pointer).and_then(Node::as_text).map(str::to_owned);
    assert_eq!(
        ["/c/x", "/c/y", "/c/z", "/d/y", "/d/x", "/e/x", "/e/<</x"].map(of),
        [Some("1"), Some("3"), Some("2"), Some("2"), Some("1"), None, Some("1")].map(|text| text.map(str::to_owned))
    );
    assert_eq!(root.get("c").unwrap().entries().len(), 3);
    assert_eq!(
        json(r#"{"<<": {"a": 1}}"#).pointer("/<</a").unwrap().as_text(),
        Some("1")
    );
    refuses(
        Format::Yaml,
        "a: {<<: 1}\n",
        "1:5: `<<` merges a mapping or a list of mappings, not a number",
    );
    refuses(
        Format::Yaml,
        "a: {<<: [{}, [x]]}\n",
        "1:5: `<<` merges a mapping or a list of mappings, not a list",
    );
}

#[test]
fn json_is_read_strictly() {
    refuses(
        Format::Json,
        "{'a': 1}",
        "1:2: a key in double quotes is expected; JSON quotes texts with `\"`, not with `'`",
    );
    refuses(
        Format::Json,
        "// c\n{}",
        "1:1: a value is expected, not `/`; JSON has no comments",
    );
    refuses(
        Format::Json,
        "{\"a\": 1,}",
        "1:9: a comma may not stand before `}`; remove the comma",
    );
    refuses(
        Format::Json,
        "[1,]",
        "1:4: a comma may not stand before `]`; remove the comma",
    );
    refuses(
        Format::Json,
        "[010]",
        "1:3: a JSON number has no leading zeros; write it as a text, in double quotes",
    );
    refuses(Format::Json, "[+1]", "1:2: a value is expected, not `+`");
    refuses(Format::Json, "[1.]", "1:4: a digit is expected, not `]`");
    refuses(
        Format::Json,
        "[yes]",
        "1:2: a value is expected, not `yes`; JSON writes texts in double quotes",
    );
    refuses(
        Format::Json,
        "{} {}",
        "1:4: nothing may follow the document's one value",
    );
    refuses(Format::Json, "", "1:1: the document ends where a value is expected");
    refuses(
        Format::Json,
        "[\"a\nb\"]",
        "1:4: a text may not hold a line break or control character; escape it, as `\\n`",
    );
    refuses(Format::Json, "[\"ab]", "1:2: this text has no closing `\"`");
    refuses(
        Format::Json,
        "[\"\\x\"]",
        "1:3: an escape is one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000",
    );
}

#[test]
fn surrogate_pairs_become_one_character_and_halves_are_refused() {
    assert_eq!(
        json(r#"["\ud83d\ude00\u00e9\/"]"#).pointer("/0").unwrap().as_text(),
        Some("😀é/")
    );
    for half in [
        r#"["\ud83d"]"#,
        r#"["\ude00"]"#,
        r#"["\ud83dx"]"#,
        r#"["\ud83d\u0041"]"#,
    ] {
        refuses(
            Format::Json,
            half,
            "1:3: this half of a surrogate pair has no other half",
        );
    }
    refuses(
        Format::Json,
        r#"["\u12g4"]"#,
        "1:3: `\\u` takes four hexadecimal digits",
    );
}

#[test]
fn pointers_reach_escaped_keys_and_items() {
    let root = json(r#"{"a/b": [{"c~d": 1}], "": 2}"#);
    assert_eq!(root.pointer("/a~1b/0/c~0d").unwrap().as_text(), Some("1"));
    assert_eq!(root.pointer("/").unwrap().as_text(), Some("2"));
    assert_eq!(root.pointer("/a~1b/1"), None);
    assert_eq!(root.pointer("a"), None);
}

#[test]
fn empty_yaml_is_nothing_and_bytes_that_are_no_text_are_refused() {
    assert!(yaml("").is_null());
    assert!(yaml("# only a comment\n").is_null());
    let error = Document::parse_bytes(b"a: 1\nb: \xff", Format::Yaml).unwrap_err();
    assert_eq!(error.to_string(), "2:4: this byte is not UTF-8; save the file as UTF-8");
}

#[test]
fn indentation_that_only_looks_like_spaces_is_told_where_it_stands() {
    for (text, place, name) in [
        (
            "Resources:\n\u{a0}\u{a0}A:\n\u{a0}\u{a0}\u{a0} Type: x\n",
            (2, 1),
            "a no-break space",
        ),
        ("a:\n  b: 1\n  \u{a0}c: 2\n", (3, 3), "a no-break space"),
        ("a:\n\u{3000}b: 1\n", (2, 1), "U+3000"),
        ("a:\n\tb: 1\n", (2, 1), "a tab"),
        ("a:\n  b: 1\n\tc: 2\n", (3, 1), "a tab"),
    ] {
        let error = Document::parse(text, Format::Yaml).unwrap_err();
        assert_eq!((error.line, error.column), place, "{text:?} {error}");
        assert!(error.message.contains(name), "{text:?} {error}");
    }
    // In a text it is a character like any other.
    let root = yaml("a: |\n  \u{a0}x\n\tb: \"\u{a0}y\"\n".replace("\tb", "b").as_str());
    assert_eq!(root.get("b").unwrap().as_text(), Some("\u{a0}y"));
    assert_eq!(yaml("'\u{a0}a': 1\n").get("\u{a0}a").unwrap().as_text(), Some("1"));
}

#[test]
fn syntax_errors_say_where() {
    for (text, expected) in [
        ("x: [1, 2", "1:9"),
        ("a: *nope\n", "1:4"),
        ("a: b: c\n", "1:5"),
        ("a: 'open\n", "1:4"),
    ] {
        let error = Document::parse(text, Format::Yaml).unwrap_err();
        assert_eq!(format!("{}:{}", error.line, error.column), expected, "{text:?} {error}");
    }
}

/// A scalar in one of the styles, with the text that it stands for.
fn scalars() -> impl Strategy<Value = (String, String)> {
    prop_oneof![
        "[a-zé漢][a-z0-9é./-]{0,8}".prop_map(|text| (text.clone(), text)),
        "[ -~é😀]{0,12}".prop_map(|text| (format!("'{}'", text.replace('\'', "''")), text)),
        "[ -~é😀]{0,12}".prop_map(|text| (serde_json::to_string(&text).unwrap(), text)),
    ]
}

proptest! {
    #[test]
    fn every_scalar_is_cut_out_as_it_was_written(
        values in proptest::collection::vec((scalars(), proptest::option::of("![A-Z][a-z]{1,4}"), proptest::option::of("# [a-z'\"|>é]{0,6}")), 1..12),
        has_mark: bool,
        is_windows: bool,
    ) {
        let newline = if is_windows { "\r\n" } else { "\n" };
        let mut text = if has_mark { "\u{feff}".to_owned() } else { String::new() };
        for (index, ((written, _), tag, comment)) in values.iter().enumerate() {
            let tag = tag.as_ref().map(|tag| format!("{tag} ")).unwrap_or_default();
            let comment = comment.as_ref().map(|comment| format!(" {comment}")).unwrap_or_default();
            let _ = write!(text, "k{index}:{newline}  - {tag}{written}{comment}{newline}");
        }
        let root = yaml(&text);
        for (index, ((written, meaning), tag, _)) in values.iter().enumerate() {
            let node = root.pointer(&format!("/k{index}/0")).unwrap();
            prop_assert_eq!(&text[node.span.clone()], written);
            prop_assert_eq!(node.as_text().unwrap(), meaning);
            prop_assert_eq!(&node.tag, tag);
            prop_assert_eq!(node.line, index * 2 + 2);
        }
    }

    #[test]
    fn json_that_is_written_by_others_is_read_as_they_mean_it(texts in proptest::collection::vec(any::<String>(), 0..8)) {
        let text = serde_json::to_string_pretty(&texts).unwrap();
        let read: Vec<String> = json(&text).items().iter().map(|item| item.as_text().unwrap().to_owned()).collect();
        prop_assert_eq!(read, texts);
    }

    #[test]
    fn no_text_makes_the_readers_panic(text in any::<String>(), markup in "[\\[\\]{}:,'\"|>&*!# \n\ta-c0-9-]{0,60}") {
        for text in [&text, &markup] {
            for format in [Format::Yaml, Format::Json] {
                if let Ok(document) = Document::parse(text, format) {
                    prop_assert!(text.get(document.root.span.clone()).is_some());
                }
            }
        }
    }
}

#[test]
fn more_values_than_a_document_may_have_are_refused_at_the_one_that_is_too_many() {
    let items = |count: usize| "a,".repeat(count);
    let json = format!("[{}1]", "1,".repeat(MAX_NODES));
    let error = Document::parse(&json, Format::Json).unwrap_err();
    assert_eq!(error.to_string(), "1:400000: the document has more than 200000 values");
    let in_brackets = format!("Key: text, [text\nOther: [\n'x', [{}a]\n", items(MAX_IN_BRACKETS - 2));
    let error = Document::parse(&in_brackets, Format::Yaml).unwrap_err();
    assert_eq!(
        error.to_string(),
        "3:300002: more than 150000 commas, colons and brackets stand in brackets; write it as JSON or in lines"
    );
    // Commas and colons of texts are no separators.
    let text = format!("a: \"{0}\"\nb: [\"{0}\", '{0}']\nc: {0}\n", items(MAX_NODES));
    assert_eq!(yaml(&text).entries().len(), 3);
    let lines = "- a\n".repeat(MAX_NODES);
    let error = Document::parse(&lines, Format::Yaml).unwrap_err();
    assert_eq!(
        error.to_string(),
        "200000:3: the document has more than 200000 values, aliases expanded"
    );
}
