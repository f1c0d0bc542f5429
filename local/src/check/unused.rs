//! Files that look as if they belonged to a stack, and do not.

use std::collections::BTreeSet;
use std::fs;

use changegate::domain::catalogue::is_template_name;
use changegate::domain::document::Node;
use changegate::domain::sync::files::touches;
use changegate::domain::template::read_file;

use super::Repository;
use super::finding::{Finding, Rule};

/// Largest file that is looked into: CloudFormation takes no larger template.
const LARGEST: u64 = 1_048_576;

/// Files below `stacks/` that look like a template or a configuration, and that no stack uses. `used` has paths, and
/// folders with a final slash.
pub(super) fn check(repository: &Repository, used: &BTreeSet<String>) -> Vec<Finding> {
    let candidates = repository.files.keys().filter(|path| {
        let is_hidden = path.split('/').any(|segment| segment.starts_with('.'));
        path.starts_with("stacks/") && !is_hidden && !is_used(path, used)
    });
    candidates
        .filter_map(|path| {
            let is_small = fs::metadata(repository.root.join(path)).is_ok_and(|file| file.len() <= LARGEST);
            let content = is_small.then(|| repository.content(path)).flatten()?;
            let root = read_file(path, &content).ok()?.root;
            if root
                .get("Resources")
                .is_some_and(|resources| !resources.entries().is_empty())
            {
                return Some(unused_template(path));
            }
            is_configuration(&root).then(|| {
                let message = "this looks like the configuration of a stack and no stack uses it: name it after the \
                               environment, such as `production.json`, or `configuration.json` beside the template";
                Finding::of_file(path, Rule::UnusedConfiguration, message)
            })
        })
        .collect()
}

fn is_used(path: &str, used: &BTreeSet<String>) -> bool {
    let of_path = BTreeSet::from([path.to_owned()]);
    used.contains(path) || used.iter().any(|read| read.ends_with('/') && touches(read, &of_path))
}

fn unused_template(path: &str) -> Finding {
    let message = if is_template_name(path) {
        "this looks like a template and belongs to no stack: name it `template.yaml` or `template.json` in a folder of \
         its own, or write an entry with `template:` in changegate.yaml"
    } else {
        "this looks like a template, but its name ends in none of `.yaml`, `.yml`, `.json` and `.template`, so it makes no \
         stack: rename it"
    };
    Finding::of_file(path, Rule::UnusedTemplate, message)
}

fn is_configuration(root: &Node) -> bool {
    let keys: Vec<&str> = root.entries().iter().filter_map(|(key, _)| key.as_text()).collect();
    keys.contains(&"Parameters")
        && keys
            .iter()
            .all(|key| ["Parameters", "Tags", "StackPolicy"].contains(key))
}
