//! Paths that a command line packages are packaged, and those that nobody packages are told.

use super::*;

fn of(kind: &str, properties: &str) -> String {
    format!("Resources:\n  R:\n    Type: {kind}\n    Properties: {properties}\n")
}

/// What is said of a template beside which these files lie.
fn told(template: &str) -> Vec<String> {
    let files = [
        (TEMPLATE, template),
        ("stacks/a/x.yaml", "Resources: {}\n"),
        ("stacks/a/x/index.js", "x"),
    ];
    repository(&files).package(TEMPLATE).err().unwrap_or_default()
}

#[test]
fn paths_that_neither_command_line_packages_are_refused_where_they_stand() {
    for (kind, properties, words) in [
        (
            "AWS::CloudFormation::Stack",
            "{TemplateURL: 'file://./x.yaml'}",
            "without `file://`",
        ),
        (
            "AWS::CloudFormation::Stack",
            "{TemplateURL: !If [A, ./x.yaml, https://e.com/y]}",
            "a path in `!If`",
        ),
        (
            "AWS::CloudFormation::Stack",
            "{TemplateURL: {Fn::If: [A, https://e.com/y, x.yaml]}}",
            "a path in `!If`",
        ),
        (
            "AWS::Serverless::Function",
            "{CodeUri: !Sub './${A}'}",
            "a path in `!Sub`",
        ),
        ("AWS::Serverless::Function", "{CodeUri: './x/${A}'}", "nothing fills in"),
        (
            "AWS::Lambda::Function",
            "{Code: !If [A, ./x, {ZipFile: y}]}",
            "a path in `!If`",
        ),
        (
            "AWS::ServiceCatalog::CloudFormationProduct",
            "{ProvisioningArtifactParameters: [{Info: {LoadTemplateFromURL: ./gone.yaml}}]}",
            "`LoadTemplateFromURL` is not packaged",
        ),
        (
            "AWS::Config::ConformancePack",
            "{TemplateS3Uri: x.yaml}",
            "`TemplateS3Uri` is not packaged",
        ),
    ] {
        let found = told(&of(kind, properties));
        assert_eq!(found.len(), 1, "{properties}: {found:?}");
        let column = 18 + properties.find(['.', '\'', 'x', 'g']).unwrap_or_default();
        assert!(found[0].starts_with("stacks/a/template.yaml:4:"), "{column} {found:?}");
        assert!(found[0].contains(words), "{properties}: {found:?}");
    }
}

#[test]
fn what_is_no_path_of_the_repository_is_not_refused() {
    for (kind, properties) in [
        (
            "AWS::CloudFormation::Stack",
            "{TemplateURL: !If [A, https://e.com/x, !Ref B]}",
        ),
        (
            "AWS::CloudFormation::Stack",
            "{TemplateURL: !Sub 'https://${A}/x.yaml'}",
        ),
        (
            "AWS::Lambda::Function",
            "{Code: !If [A, {ZipFile: x}, {S3Bucket: b, S3Key: x.yaml.zip}]}",
        ),
        ("AWS::Serverless::Function", "{CodeUri: !Sub '${A}/x.yaml'}"),
        ("AWS::Glue::Blueprint", "{BlueprintLocation: bucket/key}"),
        ("Custom::Thing", "{TemplateURL: ./x.yaml}"),
        (
            "AWS::SageMaker::Model",
            "{S3Uri: 's3://b/x.yaml', Other: [{S3Uri: !Ref X}]}",
        ),
    ] {
        assert_eq!(told(&of(kind, properties)), Vec::<String>::new(), "{properties}");
    }
}

const LOOP: &str = "\
# é
Transform: [AWS::LanguageExtensions, AWS::Serverless-2016-10-31]
Resources:
  Fn::ForEach::Functions:
    - Name
    - [alpha, beta]
    - ${Name}Function:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: ./x/${Name} # here
          Handler: index.handler
";

fn packages(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    let files: Vec<_> = [("stacks/a/template.yaml", "")].iter().chain(of).copied().collect();
    let repository = repository(&files);
    of.iter()
        .map(|(path, content)| {
            let name = path.rsplit('/').next().unwrap();
            let entry = archive::Entry {
                name,
                content: content.as_bytes(),
                is_executable: false,
            };
            assert!(repository.files.contains_key(*path));
            let key = keys::package(Sha256::of(archive::pack_all([entry]).unwrap()), "zip");
            ((*path).to_owned(), key)
        })
        .collect()
}

#[test]
fn paths_with_the_variable_of_a_loop_become_a_mapping() {
    let files = [("stacks/a/x/alpha/index.js", "a"), ("stacks/a/x/beta/index.js", "b")];
    let keys = packages(&files);
    let [alpha, beta] = files.map(|(path, _)| format!("s3://source/{}", keys[path]));
    let mapping = format!(
        "\"Packages1Functions\": {{\"alpha\": {{\"Package\": \"{alpha}\"}}, \"beta\": {{\"Package\": \"{beta}\"}}}}"
    );
    let lookup = "{\"Fn::FindInMap\": [\"Packages1Functions\", {\"Ref\": \"Name\"}, \"Package\"]}";
    let expected = LOOP
        .replace("./x/${Name}", lookup)
        .replace("Transform:", &format!("\"Mappings\": {{{mapping}}}\nTransform:"));
    let all = |template: &str| {
        let all: Vec<_> = [(TEMPLATE, template)].into_iter().chain(files).collect();
        String::from_utf8(repository(&all).package(TEMPLATE).unwrap().template).unwrap()
    };
    assert_eq!(all(LOOP), expected);
    // Beside the mappings that there are, in either style.
    let with = |mappings: &str| LOOP.replace("Resources:", &format!("Mappings:{mappings}\nResources:"));
    let block = "\n  Regions: {a: {b: c}}";
    assert!(all(&with(block)).contains(&format!("Mappings:\n  {mapping}\n  Regions: {{a: {{b: c}}}}\n")));
    assert!(all(&with(" {}")).contains(&format!("Mappings: {{{mapping}}}\n")));
    assert!(all(&with(" { A: {b: {c: d}} }")).contains(&format!("Mappings: {{ {mapping}, A: {{b: {{c: d}}}} }}\n")));
    // A value that has a mapping's two keys.
    let lambda = LOOP
        .replace("Serverless::Function", "Lambda::Function")
        .replace("CodeUri", "Code");
    let expected = format!("Code: {{\"S3Bucket\": \"source\", \"S3Key\": {lookup}}} # here");
    assert!(all(&lambda).contains(&expected), "{}", all(&lambda));
}

#[test]
fn loops_whose_paths_cannot_be_known_are_refused() {
    let files = [("stacks/a/x/alpha/index.js", "a")];
    let told = |template: &str| {
        let all: Vec<_> = [(TEMPLATE, template)].into_iter().chain(files).collect();
        repository(&all).package(TEMPLATE).unwrap_err()
    };
    assert_eq!(
        told(LOOP),
        ["stacks/a/template.yaml:10:20: `./x/beta` is not there: the repository has no `stacks/a/x/beta`"]
    );
    let parameter = told(&LOOP.replace("[alpha, beta]", "!Ref Names"));
    assert!(
        parameter[0].contains("10:20: `Name` takes its values from outside"),
        "{parameter:?}"
    );
    let odd = told(&LOOP.replace("[alpha, beta]", "[a_b]"));
    assert!(odd[0].contains("10:20: `a_b` cannot be a key"), "{odd:?}");
    let other = told(&LOOP.replace("./x/${Name}", "./x/${Name}/${Other}"));
    assert!(
        other[0].contains("10:20: `./x/${Name}/${Other}` holds `${`"),
        "{other:?}"
    );
}

#[test]
fn values_that_name_a_file_beside_the_template_are_known() {
    let template = "\
Resources:
  A:
    Type: AWS::SSM::Document
    Properties:
      Content: ./run.sh
      Tags: [{Key: script, Value: run.sh}, {Key: none, Value: gone.sh}, {Key: folder, Value: code}]
      Folder: ../a/code
  B:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: ./code
      Handler: index.js
      Url: https://e.com/run.sh
Outputs:
  O: {Value: ./run.sh}
";
    let files = repository(&[
        (TEMPLATE, template),
        ("stacks/a/run.sh", ""),
        ("stacks/a/index.js", ""),
        ("stacks/a/code/index.js", ""),
    ]);
    let root = Document::parse(template, Format::Yaml).unwrap().root;
    let left: Vec<_> = left_paths(&root, TEMPLATE, &files.files)
        .into_iter()
        .map(|left| (left.line, left.column, left.written, left.path))
        .collect();
    let expected = [
        (5, 16, "./run.sh", "stacks/a/run.sh"),
        (6, 35, "run.sh", "stacks/a/run.sh"),
        (7, 15, "../a/code", "stacks/a/code"),
    ];
    assert_eq!(
        left,
        expected.map(|(line, column, written, path)| (line, column, written.to_owned(), path.to_owned()))
    );
}
