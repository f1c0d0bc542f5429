use std::fs;

use super::*;

fn repository(files: &[(&str, &str)]) -> (tempfile::TempDir, Repository) {
    let root = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let read = Repository::read(root.path()).unwrap();
    (root, read)
}

fn problems(findings: &Findings) -> Vec<String> {
    findings.findings.iter().map(ToString::to_string).collect()
}

fn demands() -> Demands {
    Demands {
        floor: Floor {
            minimum_approvals: 0,
            author_may_approve: true,
            deployer_prefix: "arn:aws:iam::000000000000:role/changegate/deployers/".to_owned(),
            stack_name_pattern: "*".to_owned(),
            reserved_stack_names: vec!["changegate".to_owned()],
            approvers: None,
        },
        deployment: "changegate".to_owned(),
    }
}

const TEMPLATE: &str = "Parameters:\n  Size: {Type: Number}\nResources:\n  Topic: {Type: 'AWS::SNS::Topic'}\n";

const TEMPLATE_WITHOUT_PARAMETERS: &str = "Resources:\n  Topic: {Type: 'AWS::SNS::Topic'}\n";

#[test]
fn a_sound_repository_has_no_findings_in_any_environment() {
    let (_root, repository) = repository(&[
        (
            "changegate.yaml",
            "version: 1\nenvironments: [production, staging]\nstacks:\n  web: { environments: [production] }\n",
        ),
        ("stacks/network/template.yaml", TEMPLATE),
        (
            "stacks/network/production.json",
            "{\"Parameters\": {\"Size\": 010}}".replace("010", "10").as_str(),
        ),
        ("stacks/network/staging.yaml", "Parameters: {Size: 010}\n"),
        (
            "stacks/web/template.json",
            "{\"Resources\": {\"Topic\": {\"Type\": \"AWS::SNS::Topic\"}}}",
        ),
        ("elsewhere/broken.yaml", "a: b: c"),
        (".git/config", "x"),
    ]);
    let environments = repository.environments();
    assert_eq!(environments, ["production", "staging"]);
    let findings = repository.check(&environments, &demands());
    assert_eq!(problems(&findings), Vec::<String>::new());
    assert_eq!(
        findings.stacks,
        BTreeMap::from([("production".to_owned(), 2), ("staging".to_owned(), 1)])
    );
}

#[test]
fn everything_that_is_wrong_is_found_once_and_with_its_place() {
    let (_root, repository) = repository(&[
        (
            "changegate.yaml",
            "version: 1\ndefaults: { aprovals: 1 }\nenvironments: [production, staging]\n",
        ),
        ("stacks/a/template.yaml", TEMPLATE),
        (
            "stacks/b/template.yaml",
            "Parameters:\n  Size: {Type: Number}\nResources:\n  X:\n    Fn::Transform: {Name: 'AWS::Include', Parameters: {Location: ./none.yaml}}\n",
        ),
        ("stacks/b/configuration.json", "{\"Parameters\": {\"Size\": \"x\"}}"),
        ("stacks/c/template.json", "{"),
    ]);
    let findings = repository.check(&repository.environments(), &demands());
    let starts: Vec<String> = findings
        .findings
        .iter()
        .map(ToString::to_string)
        .map(|problem| problem.splitn(4, ':').take(3).collect::<Vec<_>>().join(":"))
        .collect();
    assert_eq!(findings.stacks.values().sum::<usize>(), 0, "{:#?}", problems(&findings));
    assert_eq!(starts[0], "changegate.yaml:2:13");
    assert!(
        starts.contains(&"stacks/a/template.yaml:2:3".to_owned()),
        "{:#?}",
        problems(&findings)
    );
    assert!(
        starts.contains(&"stacks/b/configuration.json:1:25".to_owned()),
        "{:#?}",
        problems(&findings)
    );
    assert!(
        starts
            .iter()
            .any(|start| start.starts_with("stacks/b/template.yaml:5:")),
        "{:#?}",
        problems(&findings)
    );
    assert!(
        starts.contains(&"stacks/c/template.json:1:2".to_owned()),
        "{:#?}",
        problems(&findings)
    );
}

#[test]
fn the_articles_repository_works_without_any_catalogue() {
    let (_root, repository) = repository(&[
        (
            "stacks/network.json",
            "{\"Resources\": {\"T\": {\"Type\": \"AWS::SNS::Topic\"}}, \"Parameters\": {\"A\": {\"Type\": \"String\"}}}",
        ),
        (
            "stacks/network.configuration.json",
            "{\"Parameters\": {\"A\": 12345678901234567890}}",
        ),
    ]);
    let findings = repository.check(&repository.environments(), &demands());
    assert_eq!(problems(&findings), Vec::<String>::new());
    assert_eq!(findings.stacks, BTreeMap::from([("production".to_owned(), 1)]));
}

#[test]
fn a_directory_without_stacks_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let error = Repository::read(root.path()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("holds neither `stacks/` nor `changegate.yaml`"),
        "{error}"
    );
    assert!(Repository::read(&root.path().join("none")).is_err());
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_told_and_not_followed() {
    let (root, _) = repository(&[("stacks/a/template.yaml", TEMPLATE_WITHOUT_PARAMETERS)]);
    std::os::unix::fs::symlink("/etc/passwd", root.path().join("stacks/a/production.json")).unwrap();
    let findings = Repository::read(root.path())
        .unwrap()
        .check(&["production".to_owned()], &demands());
    assert_eq!(
        problems(&findings),
        ["stacks/a/production.json:1:1: this is a symbolic link; put the file itself there"]
    );
}

#[test]
fn what_cloudformation_refuses_is_found_in_nested_templates_too() {
    let (_root, repository) = repository(&[
        (
            "stacks/a/template.yaml",
            "Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: ./child.yaml}\n",
        ),
        (
            "stacks/a/child.yaml",
            "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n",
        ),
        ("stacks/b/template.yaml", "Resources: {}\n"),
    ]);
    let findings = repository.check(&repository.environments(), &demands());
    let rules: Vec<_> = findings
        .findings
        .iter()
        .map(|found| (found.path.as_str(), found.rule.name()))
        .collect();
    assert_eq!(
        rules,
        [
            ("stacks/a/child.yaml", "template-null-value"),
            ("stacks/b/template.yaml", "template-no-resources"),
        ]
    );
    assert_eq!(findings.stacks["production"], 0);
}

#[test]
fn a_file_that_looks_like_a_template_or_a_configuration_and_belongs_to_nothing_is_a_warning() {
    let (_root, repository) = repository(&[
        ("stacks/a/template.yaml", TEMPLATE_WITHOUT_PARAMETERS),
        ("stacks/a/prod.json", "{\"Parameters\": {}}"),
        ("stacks/a/notes.json", "{\"Owner\": \"team\"}"),
        ("stacks/n.template", TEMPLATE_WITHOUT_PARAMETERS),
        ("stacks/n.cfn", TEMPLATE_WITHOUT_PARAMETERS),
        ("stacks/a/other.yaml", TEMPLATE_WITHOUT_PARAMETERS),
    ]);
    let findings = repository.check(&["production".to_owned()], &demands());
    let found: Vec<_> = findings
        .findings
        .iter()
        .map(|found| (found.path.as_str(), found.rule.name()))
        .collect();
    assert_eq!(
        found,
        [
            ("stacks/a/other.yaml", "unused-template"),
            ("stacks/a/prod.json", "unused-configuration"),
            ("stacks/n.cfn", "unused-template"),
            ("stacks/n.template", "unused-template"),
        ]
    );
    assert!(!findings.has_errors());
    assert!(
        findings.findings[0]
            .to_string()
            .contains(": warning: this looks like a template")
    );
}

#[test]
fn a_repository_without_any_stack_is_an_error() {
    let (_root, repository) = repository(&[("stacks/n.template", TEMPLATE_WITHOUT_PARAMETERS)]);
    let findings = repository.check(&repository.environments(), &demands());
    assert!(findings.has_errors());
    assert_eq!(findings.findings[0].rule, Rule::NoStacks);
}

#[test]
fn findings_come_out_in_every_form_with_the_same_rule_and_place() {
    let (_root, repository) = repository(&[
        (
            "stacks/a/template.yaml",
            "Resources:\n  C:\n    Type: AWS::CloudFormation::Stack\n    Properties: {TemplateURL: './x, y.yaml'}\n",
        ),
        (
            "stacks/a/x, y.yaml",
            "Resources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n",
        ),
    ]);
    let findings = repository.check(&["production".to_owned()], &demands());
    let message = &findings.findings.iter().find(|found| found.line == 4).unwrap().message;
    assert!(output::text(&findings).contains(&format!("stacks/a/x, y.yaml:4:5: {message}\n")));
    let json: serde_json::Value = serde_json::from_str(&output::json(&findings)).unwrap();
    let in_json = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|found| found["line"] == 4)
        .unwrap();
    assert_eq!(in_json["rule"], "template-null-value");
    assert_eq!(in_json["message"], message.as_str());
    assert_eq!(json["stacks"]["production"], 0);
    let sarif: serde_json::Value = serde_json::from_str(&output::sarif(&findings)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let result = results
        .iter()
        .find(|result| result["ruleId"] == "template-null-value")
        .unwrap();
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "stacks/a/x%2C%20y.yaml");
    assert_eq!(place["region"]["startLine"], 4);
    assert!(
        output::github(&findings)
            .contains("::error file=stacks/a/x%2C y.yaml,line=4,col=5,title=template-null-value::")
    );
}

#[test]
fn what_is_quoted_from_a_file_is_masked_and_visible_in_every_form() {
    let secret = "ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xYz";
    let (_root, repository) = repository(&[
        ("stacks/a/template.yaml", TEMPLATE_WITHOUT_PARAMETERS),
        (
            "changegate.yaml",
            &format!("version: 1\n\"{secret}\u{202e} \\e[2J\": 1\n"),
        ),
    ]);
    let findings = repository.check(&["production".to_owned()], &demands());
    assert!(findings.findings.iter().any(|found| found.message.contains(secret)));
    let forms = [output::text, output::json, output::sarif, output::github];
    for text in forms.map(|form| form(&findings)) {
        assert!(!text.contains(secret), "{text}");
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}'), "{text}");
        assert!(text.contains("⟨U+202E⟩"), "{text}");
    }
}

#[test]
fn every_rule_stands_in_the_documentation_with_its_name() {
    let page = include_str!("../../../docs/check.md");
    let mut names = BTreeSet::new();
    for rule in Rule::all() {
        assert!(names.insert(rule.name()), "two rules are named {}", rule.name());
        assert!(
            page.contains(&format!("`{}`", rule.name())),
            "docs/check.md lacks {}",
            rule.name()
        );
    }
}

#[test]
fn what_aws_takes_and_is_odd_is_a_warning() {
    let (_root, repository) = repository(&[
        (
            "stacks/a/template.yaml",
            "Parameters: {A: {Type: String}}\nResources:\n  D:\n    Type: AWS::SSM::Document\n    Properties:\n      Content: ./run.sh\n      Content: ./run.sh\n",
        ),
        ("stacks/a/run.sh", "true"),
        ("stacks/a/production.json", "{\"Parameters\": {\"A\": 1, \"A\": 2}}"),
    ]);
    let findings = repository.check(&["production".to_owned()], &demands());
    let found: Vec<_> = findings
        .findings
        .iter()
        .map(|found| (found.path.as_str(), found.rule.name(), found.line, found.column))
        .collect();
    assert_eq!(
        found,
        [
            ("stacks/a/production.json", "configuration-duplicate-key", 1, 25),
            ("stacks/a/template.yaml", "template-duplicate-key", 7, 7),
            ("stacks/a/template.yaml", "template-local-path", 7, 16),
        ]
    );
    assert!(!findings.has_errors());
    assert_eq!(findings.stacks["production"], 1);
}

#[test]
fn what_the_cdk_synthesizes_is_a_stack() {
    let (_root, repository) = repository(&[("stacks/orders/template.json", include_str!("tests/cdk-orders.json"))]);
    let findings = repository.check(&["production".to_owned()], &demands());
    assert_eq!(problems(&findings), Vec::<String>::new());
    assert_eq!(findings.stacks["production"], 1);
}

#[test]
fn a_layout_of_its_own_is_read_where_the_catalogue_names_it_and_nothing_beside_it() {
    let sound = "Resources:\n  T: {Type: 'AWS::SNS::Topic'}\n";
    let (_root, repository) = repository(&[
        (
            "changegate.yaml",
            "version: 1\nstacks:\n  network: { template: services/net/infra/t.yaml, configuration: 'config/{environment}/n.json' }\n  \
             site: { template: site.yaml, configuration: none }\n",
        ),
        ("services/net/infra/t.yaml", sound),
        ("services/net/src/broken.yaml", "["),
        ("config/production/n.json", "{}"),
        (
            "site.yaml",
            "Resources:\n  T: {Type: 'AWS::SNS::Topic', Properties: {A: null}}\n",
        ),
    ]);
    let findings = repository.check(&["production".to_owned()], &demands());
    let places: Vec<_> = findings.findings.iter().map(|finding| finding.path.as_str()).collect();
    assert_eq!(places, ["site.yaml"], "{findings:?}");
    assert_eq!(findings.stacks["production"], 1);
}
