//! The example repository is one that Changegate takes.

use std::collections::BTreeMap;

use changegate::domain::catalogue::{Environment, RepositoryFiles, resolve};
use changegate::domain::configuration::{File, effective};
use changegate::domain::document::{Document, Format};
use changegate::domain::gate::Floor;
use changegate::domain::pipelines::SharedDeployer;

use super::{files, read, refuse};

#[test]
fn every_file_of_the_example_can_be_read() {
    let mut problems = Vec::new();
    let paths = files("examples/infrastructure", &[".yaml", ".json"]);
    assert!(paths.len() > 12, "the example is not found any more");
    for path in paths {
        let format = Format::of_path(&path).expect("a known ending");
        if let Err(error) = Document::parse(&read(&path), format) {
            problems.push(format!("{path}:{}:{}: {}", error.line, error.column, error.message));
        }
    }
    refuse("the example does not read", &problems);
}

#[test]
fn the_example_has_templates_in_both_formats_and_a_configuration_for_each_environment() {
    let templates = files("examples/infrastructure/stacks", &["template.yaml", "template.json"]);
    assert!(templates.len() >= 4);
    for format in [Format::Json, Format::Yaml] {
        assert!(templates.iter().any(|path| Format::of_path(path) == Some(format)));
    }
    let all = files("examples/infrastructure/stacks", &["n", "l"]);
    for template in templates {
        let folder = template
            .rsplit_once('/')
            .map(|(folder, _)| folder.to_owned())
            .unwrap_or_default();
        for environment in ["production", "staging"] {
            let found = all.iter().any(|path| {
                *path == format!("{folder}/{environment}.json") || *path == format!("{folder}/{environment}.yaml")
            });
            assert!(found, "{folder} has no configuration for {environment}");
        }
    }
}

#[test]
fn every_role_of_the_example_carries_the_boundary() {
    let mut roles = 0;
    for path in files("examples/infrastructure/stacks", &["template.yaml", "template.json"]) {
        let format = Format::of_path(&path).expect("a known ending");
        let document = Document::parse(&read(&path), format).expect("the example reads");
        for (name, resource) in document.root.get("Resources").expect("resources").entries() {
            if resource.get("Type").and_then(|kind| kind.as_text()) == Some("AWS::IAM::Role") {
                roles += 1;
                assert!(
                    resource.pointer("/Properties/PermissionsBoundary").is_some(),
                    "{path}: {:?}",
                    name.as_text()
                );
            }
        }
    }
    assert!(roles >= 2);
}

/// Path to text of every file of the example, by its path in the example.
fn repository() -> BTreeMap<String, Vec<u8>> {
    let prefix = "examples/infrastructure/";
    let paths = files("examples/infrastructure", &[".yaml", ".json"]);
    let texts = paths
        .iter()
        .map(|path| (path.trim_start_matches(prefix).to_owned(), read(path).into_bytes()));
    texts.collect()
}

fn environment(name: &str) -> Environment {
    Environment {
        name: name.to_owned(),
        pipeline_prefix: "changegate-".to_owned(),
        floor: Floor {
            minimum_approvals: 1,
            author_may_approve: true,
            deployer_prefix: "arn:aws:iam::111122223333:role/changegate/deployers/".to_owned(),
            stack_name_pattern: "*".to_owned(),
            reserved_stack_names: vec!["changegate".to_owned(), "changegate-pipelines".to_owned()],
            approvers: None,
        },
        default_deployer: "arn:aws:iam::111122223333:role/changegate/deployers/stacks".to_owned(),
    }
}

#[test]
fn the_catalogue_and_the_configurations_of_the_example_have_no_problem() {
    let contents = repository();
    let blobs = contents.keys().map(|path| (path.clone(), path.clone())).collect();
    for name in ["production", "staging"] {
        let environment = environment(name);
        let files = RepositoryFiles {
            blobs: &blobs,
            contents: &contents,
        };
        let resolution = resolve(&files, &environment, &[]);
        let mut problems: Vec<String> = resolution.problems.iter().map(ToString::to_string).collect();
        let stacks: Vec<&str> = resolution.stacks.iter().map(|gate| gate.stack.as_str()).collect();
        for gate in &resolution.stacks {
            let file = |path: &String| (path.clone(), contents[path].clone());
            let (template, text) = file(&gate.template);
            let template = File {
                path: &template,
                bytes: &text,
            };
            let configuration = gate.configuration.as_ref().map(file);
            let configuration = configuration.as_ref().map(|(path, bytes)| File { path, bytes });
            if let Err(found) = effective(configuration, template) {
                problems.extend(found.iter().map(ToString::to_string));
            }
        }
        refuse(name, &problems);
        assert_eq!(stacks, ["alarms", "data", "network", "orders-service"]);
    }
}

/// The catalogue of the example in which each level of trust has its deployer.
fn with_levels_of_trust() -> String {
    let catalogue = read("examples/infrastructure/changegate.yaml");
    let lines = catalogue.lines().map(|line| match line.strip_prefix("# ") {
        Some(setting) if setting == "paths:" || setting.starts_with("  ") => setting,
        _ => line,
    });
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_example_shows_a_deployer_for_each_level_of_trust() {
    let mut contents = repository();
    contents.insert("changegate.yaml".to_owned(), with_levels_of_trust().into_bytes());
    let blobs = contents.keys().map(|path| (path.clone(), path.clone())).collect();
    let environment = environment("production");
    let files = RepositoryFiles {
        blobs: &blobs,
        contents: &contents,
    };
    let resolution = resolve(&files, &environment, &[]);
    refuse("the example with deployers", &resolution.lines());
    let levels: Vec<(&str, u8, &str)> = resolution
        .stacks
        .iter()
        .map(|gate| {
            let deployer = gate.deployer.trim_start_matches(&environment.floor.deployer_prefix);
            (gate.stack.as_str(), gate.approvals, deployer)
        })
        .collect();
    assert_eq!(
        levels,
        [
            ("alarms", 1, "services"),
            ("data", 2, "foundation"),
            ("network", 2, "foundation"),
            ("orders-service", 1, "services")
        ]
    );
    assert_eq!(SharedDeployer::among(&resolution.stacks), []);

    let text = read("examples/infrastructure/deployers/template.yaml");
    let template = Document::parse(&text, Format::Yaml).expect("the deployers read");
    let mut made = Vec::new();
    for (_, role) in template.root.get("Resources").expect("resources").entries() {
        let property = |name: &str| {
            role.pointer(&format!("/Properties/{name}"))
                .and_then(|node| node.as_text())
        };
        assert_eq!(property("Path"), Some("/changegate/deployers/"));
        assert!(property("PermissionsBoundary").is_some_and(|boundary| boundary.ends_with("-boundary")));
        made.extend(property("RoleName").map(str::to_owned));
    }
    assert_eq!(made, ["foundation", "services"]);
}
