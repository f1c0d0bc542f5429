//! Finds the stacks that need no catalogue: by the names of their files.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::{Problem, ProblemKind};

/// Extensions of configurations, without the dot.
const EXTENSIONS: &[&str] = &["json", "yaml", "yml", "JSON", "YAML", "YML"];
/// Extensions that only templates have. Such a file is JSON or YAML, whichever it looks like.
const OF_TEMPLATES: &[&str] = &["template", "TEMPLATE"];

/// A stack that the names of files make.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) template: String,
    pub(super) configuration: Option<String>,
}

/// The stacks of a repository by name.
pub(super) fn discover(
    files: &BTreeMap<String, String>,
    environment: &str,
    problems: &mut Vec<Problem>,
) -> BTreeMap<String, Found> {
    let candidates = || {
        files
            .range("stacks/".to_owned()..)
            .map(|(path, _)| path.as_str())
            .take_while(|path| path.starts_with("stacks/"))
            .filter(|path| !path.split('/').any(|segment| segment.starts_with('.')))
    };
    let folders: BTreeSet<&str> = candidates()
        .filter(|path| is_folder_template(path))
        .map(folder_of)
        .collect();
    let mut found: BTreeMap<String, Found> = BTreeMap::new();
    // What was always a template goes before what is one by a newer ending.
    let (known, newer): (Vec<&str>, Vec<&str>) = candidates().partition(|path| !has_newer_ending(path));
    for template in known.into_iter().chain(newer) {
        let named = if is_folder_template(template) {
            folder_of(template)
        } else {
            match flat_stem(template, files, environment) {
                Some(stem) if !folders.contains(folder_of(template)) => stem,
                _ => continue,
            }
        };
        let name = named.strip_prefix("stacks/").unwrap_or(named).replace('/', "-");
        let configuration = match configuration_beside(files, template, environment) {
            Ok(configuration) => configuration,
            Err(mut problem) => {
                problem.stack = Some(name.clone());
                problems.push(problem);
                None
            }
        };
        if let Some(other) = found.get(&name) {
            if has_newer_ending(template) && folder_of(&other.template) == folder_of(template) {
                continue;
            }
            let kind = if folder_of(&other.template) == folder_of(template) {
                ProblemKind::TwoFormats {
                    other: other.template.clone(),
                }
            } else {
                ProblemKind::DuplicateStack {
                    stack: name.clone(),
                    other: other.template.clone(),
                }
            };
            problems.push(in_file(template, Some(name), kind));
            continue;
        }
        found.insert(
            name,
            Found {
                template: template.to_owned(),
                configuration,
            },
        );
    }
    found
}

/// The configuration of a template for an environment, by its name: `<environment>.*`, else `configuration.*`, in the
/// folder of `template.*`; `<stem>.<environment>.*`, else `<stem>.configuration.*`, beside any other template.
pub(super) fn configuration_beside(
    files: &BTreeMap<String, String>,
    template: &str,
    environment: &str,
) -> Result<Option<String>, Problem> {
    let prefix = if file_stem(template) == "template" && is_folder_template(template) {
        format!("{}/", folder_of(template))
    } else {
        format!("{}/{}.", folder_of(template), file_stem(template))
    };
    for name in [environment, "configuration"] {
        let mut paths = EXTENSIONS
            .iter()
            .map(|extension| format!("{prefix}{name}.{extension}"))
            .filter(|path| files.contains_key(path));
        if let Some(path) = paths.next() {
            return match paths.next() {
                None => Ok(Some(path)),
                Some(other) => Err(in_file(&path, None, ProblemKind::TwoFormats { other })),
            };
        }
    }
    Ok(None)
}

/// A problem of a file as a whole.
pub(super) fn in_file(file: &str, stack: Option<String>, kind: ProblemKind) -> Problem {
    Problem {
        file: file.to_owned(),
        line: 1,
        column: 1,
        stack,
        kind,
    }
}

/// Whether a path is `template` with an ending of templates, in a folder below `stacks/`.
fn is_folder_template(path: &str) -> bool {
    file_stem(path) == "template" && is_template_name(path) && folder_of(path) != "stacks"
}

/// The path without its extension, when it is a template of a flat repository: beside it stands its configuration.
fn flat_stem<'p>(path: &'p str, files: &BTreeMap<String, String>, environment: &str) -> Option<&'p str> {
    let (stem, _) = path.rsplit_once('.')?;
    let is_template = is_template_name(path)
        && [environment, "configuration"].iter().any(|name| {
            EXTENSIONS
                .iter()
                .any(|extension| files.contains_key(&format!("{stem}.{name}.{extension}")))
        });
    is_template.then_some(stem)
}

/// Whether a file may be a template by its ending: `.yaml`, `.yml`, `.json` or `.template`, in lower or upper case.
pub fn is_template_name(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    has_extension(path) || extension.is_some_and(|extension| OF_TEMPLATES.contains(&extension))
}

/// Whether a file has one of the endings that yield to `.json`, `.yaml` and `.yml`.
fn has_newer_ending(path: &str) -> bool {
    !path
        .rsplit_once('.')
        .is_some_and(|(_, extension)| ["json", "yaml", "yml"].contains(&extension))
}

/// Whether a file may be a configuration by its ending.
pub(super) fn has_extension(path: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| EXTENSIONS.contains(&extension))
}

pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn file_stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem)
}
