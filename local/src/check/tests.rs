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
    assert_eq!(findings.problems, Vec::<String>::new());
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
        .problems
        .iter()
        .map(|problem| problem.splitn(4, ':').take(3).collect::<Vec<_>>().join(":"))
        .collect();
    assert_eq!(findings.stacks.values().sum::<usize>(), 0, "{:#?}", findings.problems);
    assert_eq!(starts[0], "changegate.yaml:2:13");
    assert!(
        starts.contains(&"stacks/a/template.yaml:2:3".to_owned()),
        "{:#?}",
        findings.problems
    );
    assert!(
        starts.contains(&"stacks/b/configuration.json:1:25".to_owned()),
        "{:#?}",
        findings.problems
    );
    assert!(
        starts
            .iter()
            .any(|start| start.starts_with("stacks/b/template.yaml:5:")),
        "{:#?}",
        findings.problems
    );
    assert!(
        starts.contains(&"stacks/c/template.json:1:2".to_owned()),
        "{:#?}",
        findings.problems
    );
}

#[test]
fn the_articles_repository_works_without_any_catalogue() {
    let (_root, repository) = repository(&[
        (
            "stacks/network.json",
            "{\"Resources\": {}, \"Parameters\": {\"A\": {\"Type\": \"String\"}}}",
        ),
        (
            "stacks/network.configuration.json",
            "{\"Parameters\": {\"A\": 12345678901234567890}}",
        ),
    ]);
    let findings = repository.check(&repository.environments(), &demands());
    assert_eq!(findings.problems, Vec::<String>::new());
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
    let (root, _) = repository(&[("stacks/a/template.yaml", "Resources: {}\nParameters: {}\n")]);
    std::os::unix::fs::symlink("/etc/passwd", root.path().join("stacks/a/production.json")).unwrap();
    let findings = Repository::read(root.path())
        .unwrap()
        .check(&["production".to_owned()], &demands());
    assert_eq!(
        findings.problems,
        ["stacks/a/production.json:1:1: this is a symbolic link; put the file itself there"]
    );
}
