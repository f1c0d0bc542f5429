//! The repository as the demo left it.

use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::system::{run, system};

const TEMPLATE: &str = "stacks/alarms/template.json";

const CATALOGUE: &str = "changegate.yaml";

pub(super) static GROUND: LazyLock<Ground> = LazyLock::new(Ground::prepare);

/// What all attacks stand on.
pub(super) struct Ground {
    clone: TempDir,
    /// The template and the catalogue as the demo left them.
    pub(super) template: Value,
    pub(super) catalogue: String,
}

impl Ground {
    fn prepare() -> Self {
        let clone = tempfile::tempdir().unwrap();
        run(Command::new("git")
            .args(["clone", "--quiet", &system().state().push_url])
            .arg(clone.path()));
        let git = |arguments: &[&str]| run(Command::new("git").current_dir(clone.path()).args(arguments));
        // Other tests may have pushed since.
        let commits = git(&["rev-list", "--reverse", "HEAD"]);
        let left = commits
            .lines()
            .nth(5)
            .unwrap_or_else(|| panic!("the demo pushed six commits: {commits}"));
        let read = |file: &str| git(&["show", &format!("{left}:{file}")]);
        Ground {
            template: serde_json::from_str(&read(TEMPLATE)).unwrap(),
            catalogue: read(CATALOGUE),
            clone,
        }
    }

    /// Makes these two files the head of the branch; says whether that is a new commit.
    pub(super) fn push(&self, template: &Value, catalogue: &str) -> bool {
        let path = self.clone.path();
        // Another test may have pushed since.
        run(Command::new("git")
            .current_dir(path)
            .args(["pull", "--quiet", "--ff-only"]));
        let text = serde_json::to_string_pretty(template).unwrap();
        std::fs::write(path.join(TEMPLATE), text).unwrap();
        std::fs::write(path.join(CATALOGUE), catalogue).unwrap();
        let git = |arguments: &[&str]| {
            run(Command::new("git")
                .current_dir(path)
                .args(["-c", "user.name=Mallory", "-c", "user.email=mallory@example.com"])
                .args(arguments))
        };
        if git(&["status", "--porcelain"]).trim().is_empty() {
            return false;
        }
        git(&["commit", "--quiet", "--all", "--message", "Say it in other words"]);
        git(&["push", "--quiet", "origin", "HEAD"]);
        true
    }
}
