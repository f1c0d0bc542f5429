//! The name that a repository gives its configurations.

use super::problem::{ConfigurationProblem, ConfigurationProblemKind};
use crate::domain::sync::files::Files;

/// Name that a configuration has where the repository has none yet.
const USUAL: &str = "configuration.json";
/// Extensions of configurations, the likeliest first.
const EXTENSIONS: [&str; 3] = ["json", "yaml", "yml"];

/// What the repository calls the configurations of this environment: after it, where there is one such file, else
/// `configuration.json`.
pub fn convention(files: &Files, environment: &str) -> String {
    let named = EXTENSIONS.map(|extension| format!("{environment}.{extension}"));
    let is_there = |name: &&String| {
        let (beside, flat) = (format!("/{name}"), format!(".{name}"));
        files
            .keys()
            .any(|path| path.ends_with(&beside) || path.ends_with(&flat))
    };
    named
        .iter()
        .find(is_there)
        .map_or_else(|| USUAL.to_owned(), Clone::clone)
}

impl ConfigurationProblem {
    /// Tells people to make a file of this name, where the problem is that there is none.
    #[must_use]
    pub fn by_convention(mut self, convention: &str) -> Self {
        if let ConfigurationProblemKind::MissingParameter {
            configuration: Some(path),
            ..
        } = &mut self.kind
            && let Some(stem) = path.strip_suffix(USUAL)
        {
            *path = format!("{stem}{convention}");
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::configuration::{File, effective};
    use crate::domain::sync::files::FileEntry;

    #[test]
    fn people_are_told_to_make_a_file_of_the_name_that_the_repository_uses() {
        let files = |paths: &[&str]| -> Files {
            let entry = |path: &&str| {
                let file = FileEntry {
                    mode: "100644".to_owned(),
                    id: (*path).to_owned(),
                };
                ((*path).to_owned(), file)
            };
            paths.iter().map(entry).collect()
        };
        for (others, template, expected) in [
            (
                &["stacks/b/template.yaml"][..],
                "stacks/a/template.yaml",
                "stacks/a/configuration.json",
            ),
            (
                &["stacks/b/production.yaml"],
                "stacks/a/template.yaml",
                "stacks/a/production.yaml",
            ),
            (
                &["stacks/b.production.json"],
                "stacks/a.yaml",
                "stacks/a.production.json",
            ),
            (
                &["stacks/b/staging.json"],
                "stacks/a/template.yaml",
                "stacks/a/configuration.json",
            ),
        ] {
            let bytes = b"Parameters: {Size: {Type: Number}}\nResources: {}\n";
            let problems = effective(None, File { path: template, bytes }).unwrap_err();
            let convention = convention(&files(others), "production");
            let told: Vec<String> = problems
                .into_iter()
                .map(|problem| problem.by_convention(&convention).to_string())
                .collect();
            assert!(told[0].contains(&format!("`{expected}`")), "{told:?}");
        }
    }
}
