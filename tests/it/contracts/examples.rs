//! The example repository is one that Changegate takes.

use changegate::domain::document::{Document, Format};

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
    assert!(templates.iter().any(|path| path.ends_with(".json")));
    assert!(templates.iter().any(|path| path.ends_with(".yaml")));
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
