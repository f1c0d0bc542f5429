//! Which files of a repository the sync is concerned with.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// Directories at the root of the repository that are synced, with all that is below them.
pub const DIRECTORIES: [&str; 2] = ["policies", "stacks"];
/// Files at the root of the repository that are synced; the misnamed ones so that they can be refused.
pub const ROOT_FILES: [&str; 3] = ["changegate.json", "changegate.yaml", "changegate.yml"];

/// What is synced besides [`DIRECTORIES`] and [`ROOT_FILES`]: the folders of the templates and configurations that the
/// catalogue names elsewhere, with all that is below them, and such files at the root of the repository by themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Places {
    /// Folders without a final slash; none lies in another.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    folders: BTreeSet<String>,
    /// Files at the root.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    files: BTreeSet<String>,
}

impl Places {
    /// The places of these paths.
    pub fn of<'p>(paths: impl IntoIterator<Item = &'p str>) -> Self {
        let mut places = Self::default();
        for path in paths {
            match path.rsplit_once('/') {
                Some((folder, _)) => places.folders.insert(folder.to_owned()),
                None => places.files.insert(path.to_owned()),
            };
        }
        let all = places.folders.clone();
        let is_in =
            |folder: &str, other: &str| is_below(folder, other) || (folder == other && DIRECTORIES.contains(&other));
        places.folders.retain(|folder| {
            let mut others = all.iter().map(String::as_str).chain(DIRECTORIES);
            !others.any(|other| is_in(folder, other))
        });
        places.files.retain(|file| !ROOT_FILES.contains(&file.as_str()));
        places
    }

    /// Whether there is nothing besides the directories and files that are synced anyway.
    pub fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.files.is_empty()
    }

    /// Whether the sync is concerned with the path.
    pub fn have(&self, path: &str) -> bool {
        ROOT_FILES.contains(&path) || self.files.contains(path) || self.folders().any(|folder| is_below(path, folder))
    }

    /// Whether the path is a file at the root that is synced.
    pub fn have_at_root(&self, name: &str) -> bool {
        ROOT_FILES.contains(&name) || self.files.contains(name)
    }

    /// Every folder that is synced.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        DIRECTORIES.into_iter().chain(self.folders.iter().map(String::as_str))
    }

    /// Those of them that stand at the root of the repository.
    pub fn folders_at_root(&self) -> impl Iterator<Item = &str> {
        self.folders().filter(|folder| !folder.contains('/'))
    }

    /// Those of them that stand in other folders.
    pub fn deeper_folders(&self) -> impl Iterator<Item = &str> {
        self.folders().filter(|folder| folder.contains('/'))
    }

    /// Both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let folders = self.folders.union(&other.folders).map(|folder| format!("{folder}/x"));
        let files = self.files.union(&other.files).cloned();
        let paths: Vec<String> = folders.chain(files).collect();
        Self::of(paths.iter().map(String::as_str))
    }
}

/// Whether a path lies in a folder.
fn is_below(path: &str, folder: &str) -> bool {
    let rest = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| !rest.is_empty())
}

/// Whether the catalogue may name a template or a configuration at this path: from the root of the repository, in the
/// one notation that Git has for it. What begins with a dot is the repository's own business, and the source bucket keeps
/// its own objects under such names.
pub fn is_nameable(path: &str) -> bool {
    !path.starts_with('.')
        && path.split('/').all(|segment| !matches!(segment, "" | "." | ".."))
        && !path.contains(['\\', '\0'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_policies_and_the_catalogue_are_synced_anyway() {
        let places = Places::default();
        for path in ["stacks/a", "policies/x/y.json", "changegate.yaml", "changegate.yml"] {
            assert!(places.have(path), "{path}");
        }
        for path in [
            "stacks",
            "stacks/",
            "stacksx/a",
            "src/stacks/a",
            "x/changegate.yaml",
            "",
            "template.yaml",
        ] {
            assert!(!places.have(path), "{path}");
        }
    }

    #[test]
    fn what_the_catalogue_names_elsewhere_is_synced_with_its_folder() {
        let places = Places::of([
            "infra/network.yaml",
            "infra/data/orders.yaml",
            "services/orders/infra/t.yaml",
            "stacks/a/template.yaml",
            "template.yaml",
            "changegate.yaml",
        ]);
        for path in [
            "infra/x/y",
            "services/orders/infra/lambda/a.py",
            "template.yaml",
            "stacks/b",
        ] {
            assert!(places.have(path), "{path}");
        }
        for path in ["services/orders/x", "services/x", "infrax/y", "other.yaml", "infra"] {
            assert!(!places.have(path), "{path}");
        }
        assert_eq!(
            places.folders_at_root().collect::<Vec<_>>(),
            ["policies", "stacks", "infra"]
        );
        assert_eq!(places.deeper_folders().collect::<Vec<_>>(), ["services/orders/infra"]);
        assert!(Places::of(["stacks/a", "stacks/a/template.yaml", "policies/x"]).is_empty());
    }

    #[test]
    fn two_sets_of_places_come_to_one_without_folders_in_folders() {
        let of = |path: &str| Places::of([path]);
        assert_eq!(of("a/t").and(&of("t")), Places::of(["a/t", "t"]));
        assert_eq!(of("a/t").and(&of("a/b/t")), of("a/x"));
        assert_eq!(of("a/t").and(&Places::default()), of("a/x"));
    }

    #[test]
    fn a_path_is_named_in_one_notation_only() {
        for path in ["a.yaml", "a/b.yaml", "a/.b/c.yaml"] {
            assert!(is_nameable(path), "{path}");
        }
        for path in [
            "",
            "/a",
            "a//b",
            "a/./b",
            "a/../b",
            "../a",
            ".packages/a",
            "a/",
            "a\\b",
            "./a",
        ] {
            assert!(!is_nameable(path), "{path}");
        }
    }
}
