//! The repository that is synced: so many stacks, each with a template and a configuration.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;
use tokio::process::Command;

/// The name of the environment whose configurations the repository has.
pub(super) const ENVIRONMENT: &str = "production";

/// A checkout and the bare repository that the Git host serves.
pub(super) struct Files {
    folder: PathBuf,
    bare: PathBuf,
    stacks: usize,
    revision: usize,
}

impl Files {
    /// Writes so many stacks, commits and pushes them.
    pub(super) async fn make(folder: &Path, bare: &Path, stacks: usize) -> io::Result<Self> {
        let files = Self {
            folder: folder.to_path_buf(),
            bare: bare.to_path_buf(),
            stacks,
            revision: 0,
        };
        std::fs::create_dir_all(folder)?;
        files.git(&["init", "--quiet", "--initial-branch", "main"]).await?;
        for stack in 0..stacks {
            let at = folder.join(path(stack));
            std::fs::create_dir_all(&at)?;
            std::fs::write(at.join("template.json"), template(stack, 0))?;
            let configuration =
                json!({"Parameters": {"Capacity": (stack % 90 + 1).to_string()}, "Tags": {"stack": path(stack)}});
            std::fs::write(at.join(format!("{ENVIRONMENT}.json")), format!("{configuration:#}\n"))?;
        }
        files.push().await?;
        Ok(files)
    }

    /// Changes the templates of the first so many stacks, commits and pushes them; answers with the changed files,
    /// relative to the checkout.
    pub(super) async fn change(&mut self, stacks: usize) -> io::Result<Vec<String>> {
        self.revision += 1;
        let mut changed = Vec::new();
        for stack in 0..stacks {
            let file = format!("{}/template.json", path(stack));
            std::fs::write(self.folder.join(&file), template(stack, self.revision))?;
            changed.push(file);
        }
        if stacks > 0 {
            self.push().await?;
        }
        Ok(changed)
    }

    /// The checkout.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The commit that the branch points at.
    pub(super) async fn head(&self) -> io::Result<String> {
        self.git(&["rev-parse", "HEAD"]).await
    }

    /// Names of the stacks' pipelines.
    pub(super) fn pipelines(&self, prefix: &str) -> Vec<String> {
        (0..self.stacks)
            .map(|stack| format!("{prefix}{}", path(stack)["stacks/".len()..].replace('/', "-")))
            .collect()
    }

    /// All files with their sizes.
    pub(super) fn sizes(&self) -> io::Result<BTreeMap<String, u64>> {
        let mut sizes = BTreeMap::new();
        for stack in 0..self.stacks {
            for file in ["template.json".to_owned(), format!("{ENVIRONMENT}.json")] {
                let file = format!("{}/{file}", path(stack));
                let size = std::fs::metadata(self.folder.join(&file))?.len();
                sizes.insert(file, size);
            }
        }
        Ok(sizes)
    }

    async fn push(&self) -> io::Result<()> {
        self.git(&["add", "--all"]).await?;
        let message = format!("Revision {}", self.revision);
        self.git(&["commit", "--quiet", "--message", &message]).await?;
        let bare = self.bare.display().to_string();
        self.git(&["push", "--quiet", &bare, "HEAD:main"]).await.map(drop)
    }

    async fn git(&self, arguments: &[&str]) -> io::Result<String> {
        let output = Command::new("git")
            .current_dir(&self.folder)
            .args(["-c", "user.name=bench", "-c", "user.email=bench@example.com"])
            .args(["-c", "gc.auto=0", "-c", "commit.gpgsign=false"])
            .args(arguments)
            .output()
            .await?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(io::Error::other(format!(
            "git {}: {}",
            arguments.join(" "),
            said.trim()
        )))
    }
}

/// Folder of a stack: some hundred beside each other.
fn path(stack: usize) -> String {
    format!("stacks/team-{:02}/service-{stack:05}", stack / 200)
}

/// A template of the usual size of a small stack. Every revision has another length.
fn template(stack: usize, revision: usize) -> String {
    let alarm = |name: &str, threshold: usize| {
        json!({"Type": "AWS::CloudWatch::Alarm", "Properties": {
            "AlarmDescription": format!("{name} of service {stack}"),
            "Namespace": "AWS/SQS", "MetricName": name, "Statistic": "Sum", "Period": 300,
            "EvaluationPeriods": 1, "Threshold": threshold, "ComparisonOperator": "GreaterThanThreshold",
            "Dimensions": [{"Name": "QueueName", "Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}],
        }})
    };
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("Service {stack}{}", ", revised".repeat(revision)),
        "Parameters": {"Capacity": {"Type": "Number", "MinValue": 1, "MaxValue": 100}},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"VisibilityTimeout": stack % 900 + 1}},
            "Waiting": alarm("ApproximateNumberOfMessagesVisible", 1000),
            "Old": alarm("ApproximateAgeOfOldestMessage", 3600),
        },
        "Outputs": {"Queue": {"Value": {"Ref": "Queue"}}},
    });
    format!("{template:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_revision_of_a_template_has_another_length() {
        assert_ne!(template(7, 0).len(), template(7, 1).len());
        assert_ne!(template(7, 1).len(), template(7, 2).len());
    }
}
