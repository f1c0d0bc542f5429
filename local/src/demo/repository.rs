//! The working copy from which the demo pushes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use tokio::process::Command;

use super::world::DemoError;

/// A clone of the example repository.
#[derive(Debug)]
pub struct WorkingCopy {
    path: PathBuf,
    remote: String,
    branch: String,
}

impl WorkingCopy {
    /// Copies `examples/infrastructure` and makes a repository of it.
    ///
    /// # Errors
    ///
    /// When a file cannot be copied, or git fails.
    pub async fn make(from: &Path, path: PathBuf, remote: &str, branch: &str) -> Result<Self, DemoError> {
        copy(from, &path).map_err(|error| DemoError::call("copying the example repository", &error.to_string()))?;
        let copy = WorkingCopy {
            path,
            remote: remote.to_owned(),
            branch: branch.to_owned(),
        };
        copy.git(&["init", "--quiet", "--initial-branch", branch]).await?;
        for (key, value) in [
            ("user.name", "The Octocat"),
            ("user.email", "octocat@users.noreply.github.com"),
            ("commit.gpgsign", "false"),
            ("core.hooksPath", "/dev/null"),
        ] {
            copy.git(&["config", key, value]).await?;
        }
        Ok(copy)
    }

    /// Replaces a text in a file, which must be there once.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, or the text is not there exactly once.
    pub fn replace(&self, file: &str, old: &str, new: &str) -> Result<(), DemoError> {
        let path = self.path.join(file);
        let text = fs::read_to_string(&path).map_err(|error| DemoError::call(file, &error.to_string()))?;
        if text.matches(old).count() != 1 {
            return Err(DemoError::call(
                file,
                &format!("`{old}` is not there exactly once: the example has changed"),
            ));
        }
        fs::write(&path, text.replacen(old, new, 1)).map_err(|error| DemoError::call(file, &error.to_string()))
    }

    /// Writes a file, with the folders that it needs.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, file: &str, text: &str) -> Result<(), DemoError> {
        let path = self.path.join(file);
        let folder = path.parent().unwrap_or(&self.path);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| DemoError::call(file, &error.to_string()))
    }

    /// Removes a file, or a folder with everything in it.
    ///
    /// # Errors
    ///
    /// When it is not there, or cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), DemoError> {
        let path = self.path.join(name);
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.map_err(|error| DemoError::call(name, &error.to_string()))
    }

    /// Moves a file or a folder.
    ///
    /// # Errors
    ///
    /// When it is not there, or cannot be moved.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), DemoError> {
        fs::rename(self.path.join(from), self.path.join(to)).map_err(|error| DemoError::call(from, &error.to_string()))
    }

    /// Commits everything and pushes. Gives the commit's id.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub async fn push(&self, subject: &str) -> Result<String, DemoError> {
        self.timed_push(subject).await.map(|(commit, _)| commit)
    }

    /// The same, with the time at which `git push` was started.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub async fn timed_push(&self, subject: &str) -> Result<(String, Timestamp), DemoError> {
        self.git(&["add", "--all"]).await?;
        self.git(&["commit", "--quiet", "--message", subject]).await?;
        let commit = self.git(&["rev-parse", "HEAD"]).await?.trim().to_owned();
        let refspec = format!("HEAD:refs/heads/{}", self.branch);
        let pushed = Timestamp::now();
        self.git(&["push", "--quiet", &self.remote, &refspec]).await?;
        Ok((commit, pushed))
    }

    /// Ids of all commits, newest first.
    ///
    /// # Errors
    ///
    /// When git fails.
    pub async fn commits(&self) -> Result<Vec<String>, DemoError> {
        Ok(self
            .git(&["rev-list", "HEAD"])
            .await?
            .lines()
            .map(str::to_owned)
            .collect())
    }

    async fn git(&self, arguments: &[&str]) -> Result<String, DemoError> {
        let output = Command::new("git")
            .current_dir(&self.path)
            .args(arguments)
            .env("GIT_TERMINAL_PROMPT", "0")
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| DemoError::call("git", &error.to_string()))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        // The remote's URL holds a token.
        let said = String::from_utf8_lossy(&output.stderr).replace(&self.remote, "the Git host");
        Err(DemoError::call(
            &format!("git {}", arguments.first().unwrap_or(&"")),
            said.trim(),
        ))
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
