//! The bare repository, through `git`.

mod objects;
mod reader;

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use tokio::process::Command;

pub use objects::{Commit, FileChange, Signature, TreeEntry};
use objects::{parse_changes, parse_commit, parse_entry};
use reader::{Ask, Object, Reader};

/// Why the repository could not answer.
#[derive(Debug, thiserror::Error)]
pub enum RepositoryError {
    /// `git` could not be started.
    #[error("`git` could not be started; install git 2.38 or newer")]
    NoGit(#[source] io::Error),
    /// `git` said no.
    #[error("git {command}: {said}")]
    Git {
        /// The subcommand.
        command: String,
        /// What it said.
        said: String,
    },
}

/// The repository.
#[derive(Debug, Clone)]
pub struct Repository {
    root: PathBuf,
    /// `owner/name`.
    pub full_name: String,
    /// Default branch.
    pub branch: String,
    reader: Arc<Reader>,
}

impl Repository {
    /// The repository below `root`, made when it is missing.
    ///
    /// # Errors
    ///
    /// When `git` is missing or cannot make it.
    pub async fn ensure(root: &Path, full_name: &str, branch: &str) -> Result<Self, RepositoryError> {
        let repository = Repository {
            root: root.to_path_buf(),
            full_name: full_name.to_owned(),
            branch: branch.to_owned(),
            reader: Arc::default(),
        };
        let path = repository.path();
        if !path.join("HEAD").exists() {
            let mut command = Command::new("git");
            command
                .args(["init", "--quiet", "--bare", "--initial-branch", branch])
                .arg(&path);
            finish(command, "init").await?;
        }
        Ok(repository)
    }

    /// Directory above `owner/name.git`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Directory of the bare repository.
    pub fn path(&self) -> PathBuf {
        self.root.join(format!("{}.git", self.full_name))
    }

    /// Runs `git` in the repository.
    ///
    /// # Errors
    ///
    /// When it cannot be started or ends with an error.
    pub async fn git(&self, arguments: &[&str]) -> Result<Vec<u8>, RepositoryError> {
        let mut command = Command::new("git");
        command.arg("--git-dir").arg(self.path()).args(arguments);
        finish(command, arguments.first().copied().unwrap_or_default()).await
    }

    async fn text(&self, arguments: &[&str]) -> Result<String, RepositoryError> {
        Ok(String::from_utf8_lossy(&self.git(arguments).await?).into_owned())
    }

    /// The id of the commit that a branch, tag or id names.
    pub async fn resolve(&self, name: &str) -> Option<String> {
        self.object(name, "commit").await
    }

    /// A blob by its id or by whatever names it, with its id; nothing when there is none.
    pub async fn find_blob(&self, name: &str) -> Option<(String, Vec<u8>)> {
        let found = self.find(name, "blob", Ask::Contents).await?;
        Some((found.id, found.bytes))
    }

    /// The id of an object of a type, by whatever names it.
    pub async fn object(&self, name: &str, kind: &str) -> Option<String> {
        Some(self.find(name, kind, Ask::Id).await?.id)
    }

    async fn find(&self, name: &str, kind: &str, ask: Ask) -> Option<Object> {
        let found = self.reader.find(&self.path(), name, kind, ask).await;
        found
            .inspect_err(|error| tracing::error!("git cat-file: {error}"))
            .ok()?
    }

    /// Branches and tags with what they point at, in order.
    ///
    /// # Errors
    ///
    /// When `git` fails.
    pub async fn refs(&self) -> Result<Vec<(String, String)>, RepositoryError> {
        let listed = self
            .text(&["for-each-ref", "--format=%(refname) %(objectname)"])
            .await?;
        Ok(listed
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, sha)| (name.to_owned(), sha.to_owned()))
            .collect())
    }

    /// Commits that `range` names, newest first.
    ///
    /// # Errors
    ///
    /// When `git` fails.
    pub async fn commits(&self, range: &[&str], skip: usize, most: usize) -> Result<Vec<Commit>, RepositoryError> {
        let (skip, most) = (format!("--skip={skip}"), format!("--max-count={most}"));
        let format = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B%x00%x01";
        let mut arguments = vec!["log", "-z", format, &skip, &most];
        arguments.extend_from_slice(range);
        let listed = self.text(&arguments).await?;
        Ok(listed.split('\u{1}').filter_map(parse_commit).collect())
    }

    /// One commit.
    ///
    /// # Errors
    ///
    /// When `git` fails.
    pub async fn commit(&self, sha: &str) -> Result<Option<Commit>, RepositoryError> {
        Ok(self.commits(&[sha, "--"], 0, 1).await?.into_iter().next())
    }

    /// Entries of a tree.
    ///
    /// # Errors
    ///
    /// When `git` fails.
    pub async fn tree(&self, sha: &str, recursive: bool) -> Result<Vec<TreeEntry>, RepositoryError> {
        let mut arguments = vec!["ls-tree", "-z", "--long", "--full-tree"];
        if recursive {
            arguments.extend(["-r", "-t"]);
        }
        arguments.push(sha);
        let listed = self.text(&arguments).await?;
        Ok(listed.split('\0').filter_map(parse_entry).collect())
    }

    /// Where two commits parted; nothing when they share no history.
    pub async fn merge_base(&self, base: &str, head: &str) -> Option<String> {
        let found = self.text(&["merge-base", base, head]).await.ok()?;
        Some(found.trim().to_owned())
    }

    /// How many commits a range holds.
    ///
    /// # Errors
    ///
    /// When `git` fails.
    pub async fn count(&self, range: &str) -> Result<usize, RepositoryError> {
        Ok(self
            .text(&["rev-list", "--count", range])
            .await?
            .trim()
            .parse()
            .unwrap_or(0))
    }

    /// How many commits are only in `base`, and how many only in `head`.
    ///
    /// # Errors
    ///
    /// When `git` fails.
    pub async fn apart(&self, base: &str, head: &str) -> Result<(usize, usize), RepositoryError> {
        let range = format!("{base}...{head}");
        let counted = self.text(&["rev-list", "--count", "--left-right", &range]).await?;
        let mut counts = counted.split_whitespace().map(|count| count.parse().unwrap_or(0));
        Ok((counts.next().unwrap_or(0), counts.next().unwrap_or(0)))
    }

    /// Ids of the commits of a range.
    ///
    /// # Errors
    ///
    /// When `git` fails.
    pub async fn ids(&self, range: &str) -> Result<Vec<String>, RepositoryError> {
        Ok(self
            .text(&["rev-list", range])
            .await?
            .lines()
            .map(str::to_owned)
            .collect())
    }

    /// Files that differ between two trees.
    ///
    /// # Errors
    ///
    /// When `git` fails.
    pub async fn changes(&self, base: &str, head: &str) -> Result<Vec<FileChange>, RepositoryError> {
        let listed = self
            .text(&["diff-tree", "-r", "-z", "-M", "--raw", "--no-abbrev", base, head])
            .await?;
        Ok(parse_changes(&listed))
    }

    /// A commit's files as a gzipped tar archive, below one directory as GitHub names it.
    ///
    /// # Errors
    ///
    /// When `git` fails.
    pub async fn archive(&self, sha: &str) -> Result<Vec<u8>, RepositoryError> {
        let prefix = format!("--prefix={}-{}/", self.full_name.replace('/', "-"), &sha[..7]);
        self.git(&["archive", "--format=tar.gz", &prefix, sha]).await
    }

    /// The tree that merging two commits gives.
    ///
    /// # Errors
    ///
    /// When they conflict.
    pub async fn merged_tree(&self, base: &str, head: &str) -> Result<String, RepositoryError> {
        Ok(self
            .text(&["merge-tree", "--write-tree", base, head])
            .await?
            .lines()
            .next()
            .unwrap_or_default()
            .to_owned())
    }

    /// Writes a commit as somebody.
    ///
    /// # Errors
    ///
    /// When `git` fails.
    pub async fn write_commit(
        &self,
        tree: &str,
        parents: &[&str],
        message: &str,
        login: &str,
    ) -> Result<String, RepositoryError> {
        let email = format!("{login}@users.noreply.github.com");
        let mut command = Command::new("git");
        command
            .arg("--git-dir")
            .arg(self.path())
            .args(["commit-tree", tree, "-m", message]);
        for parent in parents {
            command.args(["-p", parent]);
        }
        command.env("GIT_AUTHOR_NAME", login).env("GIT_AUTHOR_EMAIL", &email);
        command
            .env("GIT_COMMITTER_NAME", "GitHub")
            .env("GIT_COMMITTER_EMAIL", "noreply@github.com");
        Ok(String::from_utf8_lossy(&finish(command, "commit-tree").await?)
            .trim()
            .to_owned())
    }

    /// Moves a branch, if it still points where it did.
    ///
    /// # Errors
    ///
    /// When it moved meanwhile.
    pub async fn move_branch(&self, branch: &str, to: &str, from: &str) -> Result<(), RepositoryError> {
        self.git(&["update-ref", &format!("refs/heads/{branch}"), to, from])
            .await
            .map(drop)
    }
}

async fn finish(mut command: Command, name: &str) -> Result<Vec<u8>, RepositoryError> {
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(RepositoryError::NoGit)?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(RepositoryError::Git {
        command: name.to_owned(),
        said,
    })
}
