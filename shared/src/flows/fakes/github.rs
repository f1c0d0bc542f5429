//! A repository with its branch, commits, trees, pull requests and activity.

mod answers;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Wire, refusal};
use crate::domain::provenance::{Account, Permission, PullRequestReview};
use crate::domain::sha256::Sha256;
use crate::domain::sync::authorship::NO_COMMIT;
use crate::domain::sync::git;
use crate::flows::ports::{
    BranchActivity, CommitFacts, CommitStatus, EntryKind, PortError, PortErrorKind, PullRequestFacts, TreeEntry,
};

/// A GitHub repository whose commits tests make. Clones share their state.
#[derive(Clone, Default)]
pub struct FakeGitHub {
    wire: Wire,
    state: Rc<RefCell<State>>,
}

/// Path to mode and content; a submodule's content is the id of its commit.
type Files = BTreeMap<String, (String, Vec<u8>)>;

#[derive(Default)]
struct State {
    head: Option<String>,
    is_gone: bool,
    commits: BTreeMap<String, (CommitFacts, Files)>,
    trees: BTreeMap<String, Vec<TreeEntry>>,
    blobs: BTreeMap<String, Vec<u8>>,
    prefetched: BTreeSet<String>,
    pulls: BTreeMap<String, Vec<PullRequestFacts>>,
    mergers: BTreeMap<u64, Account>,
    base_changes: BTreeMap<u64, String>,
    pull_commits: BTreeMap<u64, (Vec<CommitFacts>, bool)>,
    permissions: BTreeMap<String, Permission>,
    repository_id: u64,
    reviews: BTreeMap<u64, Vec<PullRequestReview>>,
    activity: Vec<BranchActivity>,
    statuses: Vec<CommitStatus>,
    truncated: BTreeSet<String>,
    file_limit: Option<usize>,
    too_large: BTreeSet<String>,
}

impl FakeGitHub {
    /// A repository without commits; calls pass over `wire`.
    pub fn new(wire: &Wire) -> Self {
        Self {
            wire: wire.clone(),
            ..Self::default()
        }
    }

    /// Commits these changes on top of the head, path to content or `None` to remove, and moves the branch to it.
    pub fn push(&self, message: &str, changes: &[(&str, Option<&str>)]) -> String {
        let mut files = self.files();
        for (path, content) in changes {
            match content {
                Some(content) => {
                    files.insert((*path).to_owned(), ("100644".to_owned(), content.as_bytes().to_vec()));
                }
                None => {
                    files.remove(*path);
                }
            }
        }
        self.push_files(message, files)
    }

    /// Commits exactly these files on top of the head.
    pub fn push_files(&self, message: &str, files: Files) -> String {
        let parents: Vec<String> = self.state.borrow().head.iter().cloned().collect();
        let sha = self.commit(message, files, &parents);
        self.move_to(&sha, "push", "pusher");
        sha
    }

    /// Adds an entry with this mode, such as a link, to the next commit and makes it.
    pub fn push_entry(&self, path: &str, mode: &str, content: &str) -> String {
        let mut files = self.files();
        files.insert(path.to_owned(), (mode.to_owned(), content.as_bytes().to_vec()));
        self.push_files("odd entry", files)
    }

    /// Makes a commit without moving the branch.
    pub fn commit(&self, message: &str, files: Files, parents: &[String]) -> String {
        let mut state = self.state.borrow_mut();
        let tree = state.write_trees(&files);
        let number = state.commits.len();
        let sha = Sha256::of(format!("{number} {message} {tree}")).to_string()[..40].to_owned();
        let facts = CommitFacts {
            sha: sha.clone(),
            tree,
            message: message.to_owned(),
            author_text: "Ada <ada@example.com>".to_owned(),
            author_login: Some("ada".into()),
            committer: Some("ada".into()),
            is_verified: false,
            parents: parents.to_vec(),
        };
        state.commits.insert(sha.clone(), (facts, files));
        sha
    }

    /// Moves the branch to a commit.
    pub fn move_to(&self, sha: &str, kind: &str, actor: &str) {
        let before = self.state.borrow_mut().head.replace(sha.to_owned());
        self.tell_move(
            "main",
            &before.unwrap_or_else(|| NO_COMMIT.to_owned()),
            sha,
            kind,
            actor,
        );
    }

    /// Adds a move of any branch to the activity list.
    pub fn tell_move(&self, branch: &str, before: &str, after: &str, kind: &str, actor: &str) {
        let step = BranchActivity {
            branch: branch.to_owned(),
            before: before.to_owned(),
            after: after.to_owned(),
            kind: kind.to_owned(),
            actor: Some(actor.into()),
        };
        self.state.borrow_mut().activity.insert(0, step);
    }

    /// Forgets who moved what.
    pub fn forget_activity(&self) {
        self.state.borrow_mut().activity.clear();
    }

    /// What is known of a commit.
    pub fn facts(&self, sha: &str) -> CommitFacts {
        self.state.borrow().commits[sha].0.clone()
    }

    /// Changes what GitHub tells of a commit.
    pub fn edit_commit(&self, sha: &str, edit: impl FnOnce(&mut CommitFacts)) {
        let mut state = self.state.borrow_mut();
        edit(&mut state.commits.get_mut(sha).expect("the commit is there").0);
    }

    /// Gives an account rights in the repository; it has none before.
    pub fn permit(&self, login: &str, permission: Permission) {
        let mut state = self.state.borrow_mut();
        state.permissions.insert(login.to_lowercase(), permission);
    }

    /// Replaces the repository by another one of the same name.
    pub fn replace_repository(&self, id: u64) {
        self.state.borrow_mut().repository_id = id;
    }

    /// Deletes the branch.
    pub fn delete_branch(&self) {
        self.state.borrow_mut().head = None;
    }

    /// Makes the whole repository unknown to the credential.
    pub fn vanish(&self) {
        self.state.borrow_mut().is_gone = true;
    }

    /// Lets GitHub leave entries out of the tree with everything below it.
    pub fn truncate(&self, tree: &str) {
        self.state.borrow_mut().truncated.insert(tree.to_owned());
    }

    /// Lets comparisons list at most so many files.
    pub fn limit_comparisons(&self, files: usize) {
        self.state.borrow_mut().file_limit = Some(files);
    }

    /// Lets this content be larger than what GitHub serves.
    pub fn make_too_large(&self, content: &str) {
        let id = git::blob_id(content.as_bytes());
        self.state.borrow_mut().too_large.insert(id);
    }

    /// Forgets the archive that was downloaded, as a new process does.
    pub fn forget_archive(&self) {
        self.state.borrow_mut().prefetched.clear();
    }

    /// Says that this commit came by this pull request, with these reviews.
    pub fn with_pull(&self, commit: &str, pull: PullRequestFacts, reviews: Vec<PullRequestReview>) {
        let mut state = self.state.borrow_mut();
        state.reviews.insert(pull.number, reviews);
        state.pulls.entry(commit.to_owned()).or_default().push(pull);
    }

    /// Says which commits a pull request has, oldest first, and whether GitHub lists them all.
    pub fn with_pull_commits(&self, pull: u64, commits: &[&str], is_whole: bool) {
        let commits = commits.iter().map(|sha| self.facts(sha)).collect();
        self.state.borrow_mut().pull_commits.insert(pull, (commits, is_whole));
    }

    /// Says who merged a pull request.
    pub fn with_merger(&self, pull: u64, login: &str) {
        self.state.borrow_mut().mergers.insert(pull, login.into());
    }

    /// Says when a pull request was given another base branch.
    pub fn with_base_changed(&self, pull: u64, time: &str) {
        self.state.borrow_mut().base_changes.insert(pull, time.to_owned());
    }

    /// The files of the head.
    pub fn files(&self) -> Files {
        let state = self.state.borrow();
        let head = state.head.as_ref().and_then(|head| state.commits.get(head));
        head.map(|(_, files)| files.clone()).unwrap_or_default()
    }

    /// The files of a commit.
    pub fn files_of(&self, sha: &str) -> Files {
        self.state.borrow().commits[sha].1.clone()
    }

    /// The parents of a commit.
    pub fn parents_of(&self, sha: &str) -> Vec<String> {
        self.state.borrow().commits[sha].0.parents.clone()
    }

    /// The commit and all that it descends from.
    pub fn ancestry(&self, sha: &str) -> BTreeSet<String> {
        let commits = self.state.borrow().between(None, sha);
        commits.into_iter().map(|commit| commit.sha).collect()
    }

    /// The head of the branch.
    pub fn head(&self) -> String {
        self.state.borrow().head.clone().expect("the branch is there")
    }

    /// Every status that was set, in order.
    pub fn statuses(&self) -> Vec<CommitStatus> {
        self.state.borrow().statuses.clone()
    }
}

impl State {
    fn write_trees(&mut self, files: &Files) -> String {
        let mut children: BTreeMap<String, Files> = BTreeMap::new();
        let mut entries = Vec::new();
        for (path, file) in files {
            match path.split_once('/') {
                Some((directory, rest)) => {
                    let inner = children.entry(directory.to_owned()).or_default();
                    inner.insert(rest.to_owned(), file.clone());
                }
                None => entries.push(self.write_entry(path, file)),
            }
        }
        for (name, files) in children {
            let id = self.write_trees(&files);
            entries.push(TreeEntry {
                name,
                mode: "040000".to_owned(),
                kind: EntryKind::Directory,
                id,
                size_bytes: None,
            });
        }
        let listed = entries
            .iter()
            .map(|entry| (entry.mode.as_str(), entry.name.as_str(), entry.id.as_str()));
        let id = git::tree_id(listed).expect("ids are hexadecimal");
        self.trees.insert(id.clone(), entries);
        id
    }

    fn write_entry(&mut self, name: &str, (mode, content): &(String, Vec<u8>)) -> TreeEntry {
        let (kind, id) = match mode.as_str() {
            "160000" => (EntryKind::Submodule, String::from_utf8_lossy(content).into_owned()),
            "120000" => (EntryKind::Link, git::blob_id(content)),
            _ => (EntryKind::File, git::blob_id(content)),
        };
        self.blobs.insert(id.clone(), content.clone());
        TreeEntry {
            name: name.to_owned(),
            mode: mode.clone(),
            kind,
            id,
            size_bytes: Some(content.len() as u64),
        }
    }

    fn below(&self, id: &str, prefix: &str, into: &mut Vec<TreeEntry>) {
        for entry in self.trees.get(id).into_iter().flatten() {
            let name = format!("{prefix}{}", entry.name);
            if entry.kind == EntryKind::Directory {
                self.below(&entry.id, &format!("{name}/"), into);
            } else {
                into.push(TreeEntry { name, ..entry.clone() });
            }
        }
    }

    /// Commits that `head` reaches and `base` does not, oldest first.
    fn between(&self, base: Option<&str>, head: &str) -> Vec<CommitFacts> {
        let reach = |from: &str| {
            let (mut reached, mut open) = (BTreeSet::new(), vec![from.to_owned()]);
            while let Some(sha) = open.pop() {
                if let Some((facts, _)) = self.commits.get(&sha)
                    && reached.insert(sha)
                {
                    open.extend(facts.parents.iter().cloned());
                }
            }
            reached
        };
        let known = base.map(reach).unwrap_or_default();
        let mut sorted = Vec::new();
        let mut left: Vec<String> = reach(head).difference(&known).cloned().collect();
        while !left.is_empty() {
            let (ready, blocked): (Vec<_>, Vec<_>) = left
                .iter()
                .cloned()
                .partition(|sha| !self.commits[sha].0.parents.iter().any(|parent| left.contains(parent)));
            sorted.extend(ready.iter().map(|sha| self.commits[sha].0.clone()));
            left = blocked;
        }
        sorted
    }

    fn refuse_gone(&self, operation: &'static str) -> Result<(), PortError> {
        if self.is_gone {
            return Err(refusal(operation, "", PortErrorKind::NotFound, "404", "Not Found"));
        }
        Ok(())
    }
}
