//! Anchors, aliases and merge keys are written out, and nothing else changes.

use super::*;
use crate::domain::document::Value;

/// The effective text of a template without local paths.
#[track_caller]
fn unrolled(text: &str) -> String {
    let effective = effective(&[(TEMPLATE, text)]);
    assert_eq!(meaning(&effective), meaning(text), "{effective}");
    let document = Document::parse(&effective, Format::Yaml).unwrap();
    assert!(document.anchors.is_empty() && document.merges.is_empty(), "{effective}");
    effective
}

/// What a text says, whatever its notation.
fn meaning(text: &str) -> String {
    fn of(node: &Node) -> String {
        let tag = node.tag.clone().unwrap_or_default();
        match &node.value {
            Value::Scalar(scalar) if node.is_null() => format!("{tag}{:?}", scalar.kind),
            Value::Scalar(scalar) => format!("{tag}{:?}{:?}", scalar.kind, scalar.text),
            Value::Sequence(items) => format!("{tag}{:?}", items.iter().map(of).collect::<Vec<_>>()),
            Value::Mapping(entries) => {
                let entries: BTreeMap<_, _> = entries.iter().map(|(key, value)| (of(key), of(value))).collect();
                format!("{tag}{entries:?}")
            }
        }
    }
    of(&Document::parse(text, Format::Yaml)
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
        .root)
}

#[test]
fn an_alias_becomes_what_its_anchor_names() {
    assert_eq!(
        unrolled(
            "# é\nA:\n  Tags: &tags # of all\n    - { Key: team, Value: payments }\nB:\n  Tags: *tags  # é\nC: [ *tags, x ]\n"
        ),
        "# é\nA:\n  Tags: # of all\n    - { Key: team, Value: payments }\nB:\n  Tags: [{Key: team, Value: payments}]  # é\nC: [ [{Key: team, Value: payments}], x ]\n"
    );
    // What needs quotes inside brackets has them, numbers and words of YAML 1.1 stay as they are written.
    assert_eq!(
        unrolled(
            "a: &a\n  - AWS::SNS::Topic\n  - 010\n  - yes\n  - 'it''s'\n  - |\n    one\n    two\n  -\n  - !Sub \"${A}\"\n  - !GetAtt A.Arn\nb: *a\n"
        ),
        "a:\n  - AWS::SNS::Topic\n  - 010\n  - yes\n  - 'it''s'\n  - |\n    one\n    two\n  -\n  - !Sub \"${A}\"\n  - !GetAtt A.Arn\nb: [\"AWS::SNS::Topic\", 010, yes, \"it's\", \"one\\ntwo\\n\", null, !Sub \"${A}\", !GetAtt A.Arn]\n"
    );
    // Outside of brackets a text stays without quotes.
    assert_eq!(
        unrolled("a: &a cron(0 12 * * ? *)\nb: *a\nc: [*a]\n? *a\n: &n\nd: *n\ne: !Ref &e x\nf: *e\n"),
        "a: cron(0 12 * * ? *)\nb: cron(0 12 * * ? *)\nc: [\"cron(0 12 * * ? *)\"]\n? cron(0 12 * * ? *)\n: null\nd: null\ne: !Ref x\nf: !Ref x\n"
    );
}

#[test]
fn a_merge_key_becomes_the_entries_that_it_brings_in() {
    assert_eq!(
        unrolled(
            "Base: &base\n  Type: AWS::SQS::Queue\n  Properties: {DelaySeconds: 5}\nA:\n  <<: *base  # the base\n  Properties: {}\nB:\n  - <<: *base\n    Name: b\n  - Name: c\n    <<: *base\n"
        ),
        "Base:\n  Type: AWS::SQS::Queue\n  Properties: {DelaySeconds: 5}\nA:\n  Type: \"AWS::SQS::Queue\"  # the base\n  Properties: {}\nB:\n  - Type: \"AWS::SQS::Queue\"\n    Properties: {DelaySeconds: 5}\n    Name: b\n  - Name: c\n    Type: \"AWS::SQS::Queue\"\n    Properties: {DelaySeconds: 5}\n"
    );
    assert_eq!(
        unrolled("a: &a {x: 1, y: 2}\r\nb: { <<: *a, y: 3 }\r\nc:\r\n  <<: [*a, {x: 5, z: 6}]\r\n  y: 4\r\n"),
        "a: {x: 1, y: 2}\r\nb: { x: 1, y: 3 }\r\nc:\r\n  z: 6\r\n  x: 1\r\n  y: 4\r\n"
    );
}

#[test]
fn a_merge_key_that_brings_nothing_in_goes_away() {
    assert_eq!(
        unrolled(
            "a: &a {x: 1}\nb:\n  <<: *a\n  x: 2\nc: {<<: *a, x: 3}\nd: {x: 4, <<: *a}\ne: &e {}\nf:\n  <<: *e\ng: {<<: *e}\nh:\n  - <<: *e # none\n    x: 5\n"
        ),
        "a: {x: 1}\nb:\n  x: 2\nc: {x: 3}\nd: {x: 4, }\ne: {}\nf:\n  {}\ng: {}\nh:\n  -  # none\n    x: 5\n"
    );
}

#[test]
fn what_is_named_inside_of_what_is_named_is_written_out_too() {
    assert_eq!(
        unrolled("a: &a {x: 1}\nb: &b\n  <<: *a\n  l: [*a]\nc: *b\nd: {<<: &d {<<: *b, k: *a}, l: 2}\n"),
        "a: {x: 1}\nb:\n  x: 1\n  l: [{x: 1}]\nc: {x: 1, l: [{x: 1}]}\nd: {x: 1, k: {x: 1}, l: 2}\n"
    );
    // A name may be given anew, and what only looks like one is a text.
    assert_eq!(
        unrolled("a: &x 1\nb: *x\nc: &x 2\nd: *x\ne: '*x & <<: *x'\n'<<': 1\nf: \"<<\"\n"),
        "a: 1\nb: 1\nc: 2\nd: 2\ne: '*x & <<: *x'\n'<<': 1\nf: \"<<\"\n"
    );
}

#[test]
fn closing_brackets_at_the_column_of_their_key_do_not_disturb_it() {
    assert_eq!(
        unrolled("\u{feff}r:\n  a: &a [\n  é\n  ]\n  b: {\n  <<: &m {k: v},\n  c: *a\n  }\n  d: *m\n"),
        "\u{feff}r:\n  a: [\n  é\n  ]\n  b: {\n  k: v,\n  c: [\"é\"]\n  }\n  d: {k: v}\n"
    );
}

#[test]
fn paths_below_a_merged_type_are_packaged() {
    let template = "\
Metadata:
  Function: &function
    Type: AWS::Serverless::Function
    Properties: &properties
      CodeUri: ./src
  Stack: &stack { TemplateURL: './nested.yaml' }
Resources:
  A:
    <<: *function
    Properties:
      <<: *properties
      Handler: a.b
  B:
    Type: AWS::CloudFormation::Stack
    Properties: *stack
  C: *function
";
    let nested = "Resources: {}\n";
    let files = [
        (TEMPLATE, template),
        ("stacks/a/src/index.js", "x"),
        ("stacks/a/nested.yaml", nested),
    ];
    let packaged = repository(&files).package(TEMPLATE).unwrap();
    let zip = packaged.packages.keys().find(|key| key.ends_with(".zip")).unwrap();
    let url = format!("https://s3.eu-west-1.amazonaws.com/source/{}", key(nested, "yaml"));
    let code = format!("{{Type: \"AWS::Serverless::Function\", Properties: {{CodeUri: \"s3://source/{zip}\"}}}}");
    let expected = template
        .replace(" &function", "")
        .replace(" &properties", "")
        .replace("&stack ", "")
        .replace("    <<: *function\n", "    Type: \"AWS::Serverless::Function\"\n")
        .replace("<<: *properties", &format!("CodeUri: \"s3://source/{zip}\""))
        .replace("*stack", &format!("{{TemplateURL: \"{url}\"}}"))
        .replace("*function", &code)
        // The anchor itself stands below a type as well.
        .replacen("CodeUri: ./src", &format!("CodeUri: s3://source/{zip}"), 1);
    assert_eq!(String::from_utf8(packaged.template).unwrap(), expected);
    assert_eq!(packaged.parts, ["stacks/a/nested.yaml", "stacks/a/src/"]);
}

#[test]
fn one_anchor_may_stand_for_two_different_things() {
    let template = "\
Resources:
  A:
    Type: AWS::Lambda::Function
    Properties: { Code: &path ./part.yaml, Description: *path }
  B:
    Type: AWS::CloudFormation::Stack
    Properties: { TemplateURL: *path }
";
    let part = "Resources: {}\n";
    let text = effective(&[(TEMPLATE, template), ("stacks/a/part.yaml", part)]);
    assert!(text.contains("Description: ./part.yaml }"), "{text}");
    let url = format!("https://s3.eu-west-1.amazonaws.com/source/{}", key(part, "yaml"));
    assert!(text.contains(&format!("TemplateURL: \"{url}\"")), "{text}");
    assert!(text.contains("Code: {\"S3Bucket\": \"source\""), "{text}");
}

#[test]
fn snippets_and_nested_templates_are_written_out_too() {
    let template = format!(
        "{}  N:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: nested.yaml}}\n",
        including("snippet.yaml")
    );
    let short = "A: &a {x: 1}\nB: *a\n";
    let long = "A: {x: 1}\nB: {x: 1}\n";
    let files = [
        (TEMPLATE, template.as_str()),
        ("stacks/a/snippet.yaml", short),
        ("stacks/a/nested.yaml", short),
    ];
    let packaged = repository(&files).package(TEMPLATE).unwrap();
    assert_eq!(
        packaged.packages,
        BTreeMap::from([(key(long, "yaml"), long.as_bytes().to_vec())])
    );
}

#[test]
fn what_becomes_longer_than_any_template_is_refused_at_the_alias() {
    let long = "x".repeat(300_000);
    let text = format!("Resources:\n  A: &a {long}\n  B: [*a, *a]\n  C: *a\n  D: *a\n  E: *a\n");
    let found = problems(&[(TEMPLATE, &text)]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("stacks/a/template.yaml:5:6: written out"),
        "{found:?}"
    );
    // The same text without aliases is as long as it is.
    assert!(
        repository(&[(TEMPLATE, &format!("Resources:\n  A: {}\n", long.repeat(4)))])
            .package(TEMPLATE)
            .is_ok()
    );
    let of_no_mapping = problems(&[(TEMPLATE, "Resources:\n  A: &a [x]\n  B:\n    <<: *a\n")]);
    assert!(
        of_no_mapping[0].starts_with("stacks/a/template.yaml:4:5: `<<` merges a mapping"),
        "{of_no_mapping:?}"
    );
}

/// A block of a document with anchors, aliases and merge keys, by random choices.
fn document(choices: &[u8]) -> String {
    let mut text = String::from("k: &a0 {p: 1, q: [x, 'y z']}\n");
    let mut names = 1;
    for (index, choice) in choices.iter().enumerate() {
        let name = usize::from(choice / 8) % names;
        let line = match choice % 8 {
            0 => format!("k{index}: *a{name}\n"),
            1 => format!("k{index}: [*a{name} , {{z: *a{name}}}]\n"),
            2 => format!("k{index}:\n  <<: *a{name} # é\n  q: 2\n"),
            3 => format!("k{index}: {{ r: 1, <<: [*a{name}, *a0] }}\n"),
            4 => format!("k{index}: &a{names}\n  <<: *a{name}\n  s{index}: |\n    text\n\n  t: *a0\n"),
            5 => format!("k{index}: !Sub &a{names} {{u: *a{name}, ? v : w}}\n"),
            6 => format!("k{index}:\n- &a{names} b: &c{index} 010\n  d: *c{index}\n- <<: *a{name}\n"),
            _ => format!("k{index}: &a{names} {{ <<: *a{name}, p: , q: ~, }}\n"),
        };
        text.push_str(&line);
        // Of the sixth the anchor names a key, which cannot be merged.
        if matches!(choice % 8, 4 | 5 | 7) {
            names += 1;
        } else {
            text = text.replace(&format!("&a{names} "), "");
        }
    }
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn random_documents_say_the_same_written_out(
        choices in prop::collection::vec(any::<u8>(), 0..10),
        is_windows in any::<bool>(),
    ) {
        let text = document(&choices);
        let text = if is_windows { text.replace('\n', "\r\n") } else { text };
        unrolled(&text);
    }
}
