//! Random templates: only the paths change, and they become what stands for their content.

use super::*;

const SNIPPET: &str = "Type: AWS::SNS::Topic\n";
const NESTED: &str = "Resources: {}\n";

/// What stands for each path in the effective text.
fn replaced(path: &str, quote: &str) -> String {
    let plain = match path {
        "snippet.yaml" => format!("s3://source/{}", key(SNIPPET, "yaml")),
        "nested.yaml" => format!("https://s3.eu-west-1.amazonaws.com/source/{}", key(NESTED, "yaml")),
        "schema.graphql" => format!("s3://source/{}", key("type Q { a: Int }", "graphql")),
        "machine.json" => {
            let object = key("{}", "json");
            return format!("{{\"Bucket\": \"source\", \"Key\": \"{object}\"}}");
        }
        other => panic!("{other}"),
    };
    format!("{quote}{plain}{quote}")
}

fn written(path: &str, quote: &str) -> String {
    format!("{quote}{path}{quote}")
}

/// A part of a template: how it reads with paths written by a function.
#[derive(Debug, Clone)]
enum Part {
    Stack(&'static str),
    IncludeLong(&'static str),
    IncludeShort(&'static str),
    IncludeFlow(&'static str),
    Deep(&'static str),
    Schema(&'static str),
    Machine(&'static str),
    ForEach(&'static str),
    Decoy,
    ShortForms,
}

impl Part {
    fn yaml(&self, number: usize, note: &str, write: fn(&str, &str) -> String) -> String {
        match self {
            Part::Stack(quote) => format!(
                "  N{number}: # {note} nested.yaml\n    Type: \"AWS::CloudFormation::Stack\"\n    Properties:\n      Parameters: {{A: nested.yaml}}\n      TemplateURL:   {}   # nested.yaml\n",
                write("nested.yaml", quote)
            ),
            Part::IncludeLong(quote) => format!(
                "  I{number}:\n    Fn::Transform:\n      Name: AWS::Include # {note}\n      Parameters:\n        Location: {}\n",
                write("snippet.yaml", quote)
            ),
            Part::IncludeShort(quote) => format!(
                "  S{number}: !Transform\n    Name: 'AWS::Include'\n    Parameters: {{ Location : {} }}\n",
                write("snippet.yaml", quote)
            ),
            Part::IncludeFlow(quote) => format!(
                "  F{number}: {{Fn::Transform: [{{Name: AWS::Include, Parameters: {{Location: {}, Other: snippet.yaml}}}}]}}\n",
                write("snippet.yaml", quote)
            ),
            Part::Deep(quote) => format!(
                "  D{number}:\n    Type: AWS::SQS::Queue\n    Properties:\n      Tags:\n      - - Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {}}}}}\n        - é {note}\n",
                write("snippet.yaml", quote)
            ),
            Part::Schema(quote) => format!(
                "  G{number}:\n    Properties: {{ApiId: x, DefinitionS3Location: {}}}\n    Type: AWS::AppSync::GraphQLSchema\n",
                write("schema.graphql", quote)
            ),
            Part::Machine(quote) => format!(
                "  M{number}:\n    Type: AWS::StepFunctions::StateMachine\n    Properties:\n        DefinitionS3Location: {}\n        RoleArn: machine.json\n",
                write("machine.json", quote)
            ),
            Part::ForEach(quote) => format!(
                "  Fn::ForEach::L{number}:\n  - Name\n  - [a, b]\n  - X${{Name}}:\n      Type: AWS::CloudFormation::Stack\n      Properties:\n        TemplateURL: {}\n",
                write("nested.yaml", quote)
            ),
            Part::Decoy => format!(
                "  C{number}:\n    Type: Custom::Thing\n    Properties:\n      TemplateURL: nested.yaml\n      Text: |\n        TemplateURL: nested.yaml\n        # {note}\n      Folded: >-\n        snippet.yaml\n"
            ),
            Part::ShortForms => format!(
                "  R{number}:\n    Type: AWS::CloudFormation::Stack\n    Condition: No\n    Properties:\n      TemplateURL: !Sub 'https://x/${{A}}'\n      Tags: [{{Key: a, Value: !GetAtt B.Arn}}, !If [X, !Ref Y, !Ref \"AWS::NoValue\"]]\n"
            ),
        }
    }
}

fn part() -> impl Strategy<Value = Part> {
    let quote = || prop::sample::select(vec!["", "'", "\""]);
    prop_oneof![
        quote().prop_map(Part::Stack),
        quote().prop_map(Part::IncludeLong),
        quote().prop_map(Part::IncludeShort),
        quote().prop_map(Part::IncludeFlow),
        quote().prop_map(Part::Deep),
        quote().prop_map(Part::Schema),
        quote().prop_map(Part::Machine),
        quote().prop_map(Part::ForEach),
        Just(Part::Decoy),
        Just(Part::ShortForms),
    ]
}

fn files<'f>(template: &'f str, text: &'f str) -> [(&'f str, &'f str); 5] {
    [
        (template, text),
        ("stacks/a/snippet.yaml", SNIPPET),
        ("stacks/a/nested.yaml", NESTED),
        ("stacks/a/schema.graphql", "type Q { a: Int }"),
        ("stacks/a/machine.json", "{}"),
    ]
}

/// Random JSON around references, with the white space of a random writer.
fn json(parts: &[(bool, String)], space: &str, line: &str, write: fn(&str, &str) -> String) -> String {
    let resources: Vec<String> = parts
        .iter()
        .enumerate()
        .map(|(number, (is_nested, note))| {
            let note = serde_json::to_string(note).unwrap();
            if *is_nested {
                format!(
                    "\"N{number}\":{space}{{\"Metadata\":{note},{line}\"Type\":{space}\"AWS::CloudFormation::Stack\",{line}\"Properties\"{space}:{{\"TemplateURL\":{space}{}}}}}",
                    write("nested.yaml", "\"")
                )
            } else {
                format!(
                    "\"I{number}\":{{\"Fn::Transform\":{line}{{\"Parameters\":{{\"Location\"{space}:{space}{}{space},\"X\":{note}}},\"Name\":\"AWS::Include\"}}}}",
                    write("snippet.yaml", "\"")
                )
            }
        })
        .collect();
    format!(
        "{{{line}\"Resources\":{space}{{{}}}{line}}}{line}",
        resources.join(&format!(",{line}"))
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn in_random_yaml_only_the_paths_change(
        parts in prop::collection::vec((part(), "[a-z '\"é{}#,]{0,12}"), 0..8),
        head in "(# [a-z:é]{0,10}\n|\n){0,3}",
        is_windows in any::<bool>(),
        has_top in any::<bool>(),
    ) {
        let text = |write: fn(&str, &str) -> String| {
            let mut text = format!("{head}Description: snippet.yaml\n");
            if has_top {
                text.push_str(&format!(
                    "Transform:\n- AWS::Serverless-2016-10-31\n- Name: AWS::Include\n  Parameters:\n    Location: {}\n",
                    write("snippet.yaml", "")
                ));
            }
            text.push_str("Resources:\n  First: {Type: AWS::SNS::Topic}\n");
            for (number, (part, note)) in parts.iter().enumerate() {
                text.push_str(&part.yaml(number, note, write));
            }
            if is_windows { text.replace('\n', "\r\n") } else { text }
        };
        let before = text(written);
        prop_assert_eq!(effective(&files(TEMPLATE, &before)), text(replaced));
    }

    #[test]
    fn in_random_json_only_the_paths_change(
        parts in prop::collection::vec((any::<bool>(), "[a-z\"\\\\é\n/]{0,8}"), 0..8),
        space in "[ \t]{0,3}",
        line in "(\n {0,4}|\r\n|)",
    ) {
        let before = json(&parts, &space, &line, written);
        let after = json(&parts, &space, &line, replaced);
        prop_assert_eq!(effective(&files("stacks/a/template.json", &before)), after);
    }

    /// What was rewritten once has no local paths any more.
    #[test]
    fn an_effective_template_is_packaged_to_itself(parts in prop::collection::vec(part(), 0..8)) {
        let mut text = "Resources:\n  First: {Type: AWS::SNS::Topic}\n".to_owned();
        for (number, part) in parts.iter().enumerate() {
            text.push_str(&part.yaml(number, "", written));
        }
        // Nobody but the packager may name a package.
        let once = effective(&files(TEMPLATE, &text)).replace(keys::PACKAGES, "elsewhere/");
        prop_assert_eq!(effective(&files(TEMPLATE, &once)), once.clone());
    }
}
