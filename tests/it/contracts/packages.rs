//! Who may depend on whom, among the packages of the workspace.

use std::process::Command;

use serde_json::Value;

use super::{refuse, root};

fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--locked",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

fn name(value: &Value) -> &str {
    value["name"].as_str().expect("a name")
}

#[test]
fn packages_depend_on_the_shared_crate_and_on_no_other() {
    let packages = packages();
    let names: Vec<&str> = packages.iter().map(name).collect();
    let mut problems = Vec::new();
    for package in &packages {
        for dependency in package["dependencies"].as_array().expect("dependencies") {
            let on = name(dependency);
            // The tests drive the local environment and the fuzz targets; nothing that is deployed does.
            let allowed = on == "changegate"
                || (name(package) == "changegate-tests" && ["local", "changegate-fuzz"].contains(&on));
            if names.contains(&on) && !allowed {
                problems.push(format!("{} depends on {on}", name(package)));
            }
        }
    }
    refuse(
        "functions stand alone on `changegate`; `local` is test equipment",
        &problems,
    );
}

#[test]
fn versions_of_dependencies_stand_in_one_place() {
    let mut problems = Vec::new();
    for path in super::files("", &["Cargo.toml"]) {
        let text = super::read(&path);
        let is_root = text.contains("[workspace]");
        for line in text.lines().filter(|_| !is_root) {
            if line.contains("git = \"") {
                problems.push(format!("{path}: {line}"));
            }
        }
    }
    refuse("dependencies come from the registry", &problems);
}

#[test]
fn every_package_obeys_the_workspaces_lints() {
    let manifests = super::files("", &["Cargo.toml"]);
    assert!(manifests.len() > 9, "the manifests are not found any more");
    let deaf: Vec<String> = manifests
        .into_iter()
        .filter(|path| {
            let text = super::read(path);
            !text.contains("[workspace]") && !text.contains("[lints]\nworkspace = true")
        })
        .collect();
    refuse("a package does not inherit [workspace.lints]", &deaf);
}
