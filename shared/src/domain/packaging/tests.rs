mod locations;
mod random;
mod unrolled;

use proptest::prelude::*;

use super::*;
use crate::domain::document::{Document, Format};
use crate::domain::sync::files::FileEntry;
use crate::domain::sync::git;

/// A repository of these files: path to content.
struct Repository {
    files: Files,
    contents: BTreeMap<String, Rc<Vec<u8>>>,
}

fn repository(files: &[(&str, &str)]) -> Repository {
    let entry = |(path, content): &(&str, &str)| {
        let entry = FileEntry {
            mode: "100644".to_owned(),
            id: git::blob_id(content.as_bytes()),
        };
        ((*path).to_owned(), entry)
    };
    let content = |(path, content): &(&str, &str)| ((*path).to_owned(), Rc::new(content.as_bytes().to_vec()));
    Repository {
        files: files.iter().map(entry).collect(),
        contents: files.iter().map(content).collect(),
    }
}

const TEMPLATE: &str = "stacks/a/template.yaml";

impl Repository {
    /// Packages the template, giving contents only when they are asked for.
    fn package(&self, template: &str) -> Result<Packaged, Vec<String>> {
        let destination = Destination {
            bucket: "source".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let mut contents = BTreeMap::new();
        loop {
            let sources = Sources {
                files: &self.files,
                contents: &contents,
            };
            match package(template, sources, &destination) {
                Packaging::Done(packaged) => return Ok(packaged),
                Packaging::Refused(problems) => return Err(problems),
                Packaging::Needs(paths) => {
                    for path in paths {
                        assert!(!contents.contains_key(&path), "{path} is asked for twice");
                        contents.insert(path.clone(), Rc::clone(&self.contents[&path]));
                    }
                }
            }
        }
    }
}

/// The effective text, with every hash shortened to the path of the file it stands for.
fn effective(files: &[(&str, &str)]) -> String {
    let repository = repository(files);
    let packaged = repository.package(files[0].0).unwrap();
    String::from_utf8(packaged.template).unwrap()
}

fn key(content: &str, extension: &str) -> String {
    keys::package(Sha256::of(content), extension)
}

fn problems(files: &[(&str, &str)]) -> Vec<String> {
    repository(files).package(files[0].0).unwrap_err()
}

#[test]
fn a_template_without_local_paths_stays_as_it_is() {
    let text = "\u{feff}# comment\r\nResources:\r\n  T:   {Type: 'AWS::SNS::Topic'} # é\r\n";
    assert_eq!(effective(&[(TEMPLATE, text)]), text);
}

#[test]
fn includes_are_rewritten_wherever_they_stand_and_nothing_else_is() {
    let template = "\
# keep me
Transform:
  - AWS::Serverless-2016-10-31
  - Name: 'AWS::Include'   # quotes stay
    Parameters: { Location: ./mappings.yaml }
Resources:
  A:
    Fn::Transform: {Name: AWS::Include, Parameters: {Location: \"mappings.yaml\"}}
  B: !Transform
    Name: AWS::Include
    Parameters:
      Location: 'mappings.yaml'   # and comments
  C:
    Fn::Transform:
      Name: AWS::Include
      Parameters:
        Location: s3://elsewhere/x.yaml
  D:
    Fn::Transform:
      Name: AWS::Include
      Parameters:
        Location: !Sub \"s3://${Bucket}/x.yaml\"
";
    let snippet = "A: 1\n";
    let url = format!("s3://source/{}", key(snippet, "yaml"));
    let expected = template
        .replace("./mappings.yaml", &url)
        .replace("\"mappings.yaml\"", &format!("\"{url}\""))
        .replace("'mappings.yaml'", &format!("'{url}'"));
    assert_eq!(
        effective(&[(TEMPLATE, template), ("stacks/a/mappings.yaml", snippet)]),
        expected
    );
}

#[test]
fn json_templates_are_rewritten_too() {
    let template = r#"{ "Transform" : {"Name":"AWS::Include","Parameters":{"Location":"x.json"}},
  "Resources": {"F": {"Type": "AWS::Lambda::Function", "Properties": {"Code": "f.zip", "Role": "r"}}}}"#;
    let zip = "PK\u{3}\u{4}already";
    let expected = template
        .replace("\"x.json\"", &format!("\"s3://source/{}\"", key("{}", "json")))
        .replace(
            "\"f.zip\"",
            &format!("{{\"S3Bucket\": \"source\", \"S3Key\": \"{}\"}}", key(zip, "zip")),
        );
    let files = [
        ("stacks/a/template.json", template),
        ("stacks/a/x.json", "{}"),
        ("stacks/a/f.zip", zip),
    ];
    assert_eq!(effective(&files), expected);
}

#[test]
fn nested_templates_are_rewritten_first_and_named_by_what_they_become() {
    let outer =
        "Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: ../b/inner.yaml\n";
    let inner = "Resources:\n  F:\n    Fn::Transform: {Name: AWS::Include, Parameters: {Location: part.yaml}}\n";
    let of = |part: &str| {
        let files = [
            (TEMPLATE, outer),
            ("stacks/b/inner.yaml", inner),
            ("stacks/b/part.yaml", part),
        ];
        repository(&files).package(TEMPLATE).unwrap()
    };
    let packaged = of("Type: AWS::SNS::Topic\n");
    let inner_text = inner.replace(
        "part.yaml",
        &format!("s3://source/{}", key("Type: AWS::SNS::Topic\n", "yaml")),
    );
    let url = format!("https://s3.eu-west-1.amazonaws.com/source/{}", key(&inner_text, "yaml"));
    assert_eq!(
        String::from_utf8(packaged.template.clone()).unwrap(),
        outer.replace("../b/inner.yaml", &url)
    );
    assert_eq!(packaged.packages.len(), 2);
    assert_eq!(packaged.parts, ["stacks/b/inner.yaml", "stacks/b/part.yaml"]);
    assert_ne!(
        of("Type: AWS::SQS::Queue\n").template,
        packaged.template,
        "a change below reaches the top"
    );
}

#[test]
fn every_property_that_a_command_line_packages_is_rewritten() {
    use super::properties::Kind;
    for (kind, path, stands_for) in properties::PROPERTIES {
        let path: Vec<&str> = path.iter().map(|key| if *key == "*" { "Any" } else { *key }).collect();
        let inner = path
            .iter()
            .rev()
            .fold("part.txt".to_owned(), |value, key| format!("{{{key}: {value}}}"));
        let template = format!("Resources:\n  R:\n    Type: {kind}\n    Properties: {inner}\n");
        let text = effective(&[(TEMPLATE, &template), ("stacks/a/part.txt", "Resources: {}\n")]);
        assert!(!text.contains("part.txt"), "{text}");
        let document = Document::parse(&text, Format::Yaml).unwrap();
        let value = path.iter().fold(
            document.root.pointer("/Resources/R/Properties").unwrap(),
            |node, key| node.get(key).unwrap(),
        );
        match stands_for {
            Kind::Location { bucket, key, .. } => {
                assert_eq!(value.get(bucket).and_then(Node::as_text), Some("source"), "{kind}");
                assert!(
                    value
                        .get(key)
                        .and_then(Node::as_text)
                        .unwrap()
                        .starts_with("TemplateSource/.packages/")
                );
            }
            Kind::Template => assert!(
                value
                    .as_text()
                    .unwrap()
                    .starts_with("https://s3.eu-west-1.amazonaws.com/source/")
            ),
            Kind::Snippet | Kind::Url { .. } => assert!(value.as_text().unwrap().starts_with("s3://source/")),
        }
    }
}

#[test]
fn serverless_globals_and_metadata_are_rewritten() {
    let template = "Globals:\n  Function:\n    CodeUri: src\nMetadata:\n  AWS::ServerlessRepo::Application:\n    LicenseUrl: LICENSE\nResources: {}\n";
    let text = effective(&[
        (TEMPLATE, template),
        ("stacks/a/src/index.js", "x"),
        ("stacks/a/LICENSE", "mine"),
    ]);
    assert!(
        text.contains("CodeUri: s3://source/TemplateSource/.packages/") && text.contains("LicenseUrl: s3://source/")
    );
}

#[test]
fn folders_and_single_files_of_code_become_the_same_zip_every_time() {
    let template = "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: ./src/\n  G:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: src/index.js\n";
    let files = [
        (TEMPLATE, template),
        ("stacks/a/src/index.js", "x"),
        ("stacks/a/src/lib/y.js", "y"),
    ];
    let packaged = repository(&files).package(TEMPLATE).unwrap();
    assert_eq!(packaged, repository(&files).package(TEMPLATE).unwrap());
    assert_eq!(packaged.packages.len(), 2);
    // A file that is added to the folder later belongs to it too.
    assert_eq!(packaged.parts, ["stacks/a/src/", "stacks/a/src/index.js"]);
    let single = packaged
        .packages
        .values()
        .find_map(|zip| archive::unpack(zip, 100).ok());
    assert_eq!(single.as_deref(), Some(&b"x"[..]));
}

#[test]
fn what_is_computed_or_elsewhere_is_left_alone() {
    let template = "Resources:
  A:
    Type: AWS::Lambda::Function
    Properties:
      Code: {ZipFile: 'x'}
  B:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: !Ref Url
  C:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: https://example.com/t.yaml
  D:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: s3://bucket/key
  E:
    Type: AWS::Serverless::Application
    Properties:
      Location: {ApplicationId: x, SemanticVersion: 1.0.0}
  F:
    Type: Custom::Thing
    Properties:
      CodeUri: ./left/alone
";
    assert_eq!(effective(&[(TEMPLATE, template)]), template);
}

#[test]
fn large_templates_are_uploaded_as_a_whole() {
    let large = format!("# {}\nResources: {{}}\n", "x".repeat(INLINE_TEMPLATE_LIMIT_BYTES));
    let packaged = repository(&[(TEMPLATE, &large)]).package(TEMPLATE).unwrap();
    assert_eq!(packaged.packages.keys().collect::<Vec<_>>(), [&key(&large, "yaml")]);
}

fn including(location: &str) -> String {
    format!("Resources:\n  A:\n    Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: {location}}}}}\n")
}

#[test]
fn missing_escaping_and_unsynced_paths_are_refused_where_they_stand() {
    let refused = |location: &str| problems(&[(TEMPLATE, &including(location))]).join("\n");
    assert_eq!(
        refused("gone.yaml"),
        "stacks/a/template.yaml:3:64: `gone.yaml` is not there: the repository has no `stacks/a/gone.yaml`"
    );
    assert!(refused("../../../etc/passwd").contains("3:64: `../../../etc/passwd` leads out of the repository"));
    assert!(refused("/etc/passwd").contains("leads out of the repository"));
    assert!(refused("../../shared/x.yaml").contains("only files below `stacks/`, and beside"));
}

#[test]
fn cycles_short_forms_folders_and_links_are_refused() {
    let cycle = problems(&[
        (TEMPLATE, &including("b.yaml")),
        ("stacks/a/b.yaml", &including("template.yaml")),
    ]);
    assert_eq!(
        cycle,
        ["stacks/a/b.yaml:3:64: a cycle: stacks/a/template.yaml → stacks/a/b.yaml → stacks/a/template.yaml"]
    );
    let short = problems(&[
        (TEMPLATE, &including("b.yaml")),
        ("stacks/a/b.yaml", "A:\n  - !GetAtt X.Arn\n"),
    ]);
    assert!(short[0].starts_with("stacks/a/b.yaml:2:"), "{short:?}");
    assert!(
        short[0].contains("cannot use `!GetAtt`") && short[0].contains("`Fn::GetAtt`"),
        "{short:?}"
    );
    let folder = problems(&[(TEMPLATE, &including("b")), ("stacks/a/b/c.yaml", "")]);
    assert!(folder[0].contains("is a folder"), "{folder:?}");
    let mut linked = repository(&[(TEMPLATE, &including("b.yaml"))]);
    let link = FileEntry {
        mode: "120000".to_owned(),
        id: "x".to_owned(),
    };
    linked.files.insert("stacks/a/b.yaml".to_owned(), link);
    let linked = linked.package(TEMPLATE).unwrap_err();
    assert!(linked[0].contains("a symbolic link"), "{linked:?}");
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let template = format!(
        "{}  B:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: nowhere\n",
        including("gone.yaml")
    );
    assert_eq!(problems(&[(TEMPLATE, &template)]).len(), 2);
    let broken = problems(&[(TEMPLATE, "Resources: [\n")]);
    assert!(broken[0].starts_with("stacks/a/template.yaml:"), "{broken:?}");
}

proptest! {
    /// Whatever comments, indentation and quotes there are: only the path changes.
    #[test]
    fn every_untouched_byte_stays(
        before in "(# [a-zé→ ]{0,20}\n){0,4}",
        after in "(# [a-zé→ ]{0,20}\r?\n){0,4}",
        spaces in " {1,9}",
        quote in "['\"]?",
    ) {
        let line = |value: &str| format!(
            "{before}Resources:\n  N:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n{spaces}      TemplateURL:{spaces}{quote}{value}{quote}  # end\n{after}"
        );
        let text = effective(&[(TEMPLATE, &line("n.yaml")), ("stacks/a/n.yaml", "Resources: {}\n")]);
        let url = format!("https://s3.eu-west-1.amazonaws.com/source/{}", key("Resources: {}\n", "yaml"));
        prop_assert_eq!(text, line(&url));
    }

    /// No text makes packaging panic.
    #[test]
    fn any_text_is_packaged_or_refused(text in ".{0,200}") {
        let _ = repository(&[(TEMPLATE, &text)]).package(TEMPLATE);
    }
}

#[test]
fn a_template_that_names_a_package_itself_is_refused_at_every_place_in_every_file() {
    let stored = key("somebody's", "zip");
    let text = |value: &str| {
        format!(
            "Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: {{S3Bucket: source, S3Key: {value}}}\n"
        )
    };
    let says = "names an object below `TemplateSource/.packages/`";
    for value in [
        stored.clone(),
        format!("\"{}\"", stored.replace("Source", "\\x53ource")),
        format!("!Sub '{stored}'"),
        format!("s3://source/{stored}"),
        format!("{{? {stored} : x}}"),
    ] {
        let found = problems(&[(TEMPLATE, &text(&value))]).join("\n");
        assert!(found.contains(":5:") && found.contains(says), "{value}: {found}");
    }
    let in_snippet = problems(&[(TEMPLATE, &including("x.yaml")), ("stacks/a/x.yaml", &text(&stored))]).join("\n");
    assert!(
        in_snippet.starts_with("stacks/a/x.yaml:5:") && in_snippet.contains(says),
        "{in_snippet}"
    );
    // A file that happens to be spoken of is packaged as before.
    let comment = format!("# {stored}\n{}", text("x"));
    assert!(repository(&[(TEMPLATE, &comment)]).package(TEMPLATE).is_ok());
}
