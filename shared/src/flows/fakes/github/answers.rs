//! What the repository answers to each call.

use std::collections::BTreeMap;

use super::{FakeGitHub, Files};
use crate::domain::provenance::{Account, Permission, PullRequestReview};
use crate::domain::sync::git;
use crate::domain::sync::pin::RepositoryId;
use crate::flows::fakes::refusal;
use crate::flows::ports::{
    Activity, ActivityPage, ChangedFile, CommitFacts, CommitStatus, Comparison, PortError, PortErrorKind,
    PullRequestFacts, ReadPullRequests, ReadRepository, Relation, TellRepository, Tree,
};

const COMMITS: &str = "GET commits";
const COMPARE: &str = "GET compare";
const TREES: &str = "GET trees";
const BLOBS: &str = "GET blobs";
const REPOSITORY: &str = "GET repository";

/// New files to the files that are gone and have at least half of their lines, each once, as Git takes them for moved.
fn moved(old: &Files, new: &Files) -> BTreeMap<String, String> {
    let mut gone: Vec<&String> = old.keys().filter(|path| !new.contains_key(*path)).collect();
    let mut moved = BTreeMap::new();
    for (path, (_, content)) in new.iter().filter(|(path, _)| !old.contains_key(*path)) {
        let lines: Vec<&[u8]> = content.split(|byte| *byte == b'\n').collect();
        let alike = |from: &&String| {
            let was: Vec<&[u8]> = old[*from].1.split(|byte| *byte == b'\n').collect();
            let kept = was.iter().filter(|line| lines.contains(line)).count();
            2 * kept >= was.len().max(lines.len())
        };
        if let Some(at) = gone.iter().position(alike) {
            moved.insert(path.clone(), gone.remove(at).clone());
        }
    }
    moved
}

impl ReadRepository for FakeGitHub {
    async fn branch_head(&self, branch: &str) -> Result<Option<CommitFacts>, PortError> {
        let effect = || {
            let state = self.state.borrow();
            state.refuse_gone(COMMITS)?;
            Ok(state.head.as_ref().map(|head| state.commits[head].0.clone()))
        };
        self.wire.call(COMMITS, branch, effect).await
    }

    async fn compare(&self, base: &str, head: &str) -> Result<Option<Comparison>, PortError> {
        let effect = || {
            let state = self.state.borrow();
            state.refuse_gone(COMPARE)?;
            let head = if state.commits.contains_key(head) {
                Some(head.to_owned())
            } else {
                state.head.clone()
            };
            let (Some(head), true) = (head, state.commits.contains_key(base)) else {
                return Ok(None);
            };
            let commits = state.between(Some(base), &head);
            let relation = match (state.between(Some(&head), base).is_empty(), commits.is_empty()) {
                (true, true) => Relation::Identical,
                (true, false) => Relation::Ahead,
                (false, true) => Relation::Behind,
                (false, false) => Relation::Diverged,
            };
            let (old, new) = (&state.commits[base].1, &state.commits[&head].1);
            let moved = moved(old, new);
            let changed = new.iter().filter(|(path, file)| old.get(*path) != Some(*file));
            let changed = changed.map(|(path, (_, content))| ChangedFile {
                path: path.clone(),
                previous_path: moved.get(path).cloned(),
                blob: Some(git::blob_id(content)),
                is_new: !old.contains_key(path) && !moved.contains_key(path),
            });
            let is_moved = |path: &&String| moved.values().any(|from| from == *path);
            let removed = old
                .keys()
                .filter(|path| !new.contains_key(*path) && !is_moved(path))
                .map(|path| ChangedFile {
                    path: path.clone(),
                    previous_path: None,
                    blob: None,
                    is_new: false,
                });
            Ok(Some(Comparison {
                relation,
                commits,
                is_complete: true,
                files: changed.chain(removed).take(state.file_limit.unwrap_or(300)).collect(),
            }))
        };
        self.wire.call(COMPARE, &format!("{base}...{head}"), effect).await
    }

    async fn history(&self, head: &str, limit: usize) -> Result<(Vec<CommitFacts>, bool), PortError> {
        let effect = || {
            let mut commits = self.state.borrow().between(None, head);
            commits.reverse();
            let is_whole = commits.len() <= limit;
            commits.truncate(limit);
            Ok((commits, is_whole))
        };
        self.wire.call("GET history", head, effect).await
    }

    async fn tree(&self, id: &str) -> Result<Tree, PortError> {
        let effect = || {
            let state = self.state.borrow();
            let entries = state.trees.get(id).cloned();
            entries
                .map(|entries| Tree {
                    entries,
                    is_truncated: false,
                })
                .ok_or_else(|| refusal(TREES, id, PortErrorKind::NotFound, "404", "Not Found"))
        };
        self.wire.call(TREES, id, effect).await
    }

    async fn whole_tree(&self, id: &str) -> Result<Tree, PortError> {
        let effect = || {
            let state = self.state.borrow();
            let mut entries = Vec::new();
            state.below(id, "", &mut entries);
            let is_truncated = state.truncated.contains(id);
            if is_truncated {
                entries.truncate(1);
            }
            Ok(Tree { entries, is_truncated })
        };
        self.wire.call("GET whole tree", id, effect).await
    }

    async fn blob(&self, id: &str, limit_bytes: u64) -> Result<Vec<u8>, PortError> {
        if self.state.borrow().prefetched.contains(id) {
            let blob = self.state.borrow().blobs[id].clone();
            return if blob.len() as u64 > limit_bytes {
                Err(refusal(BLOBS, id, PortErrorKind::Refused, "", "too large"))
            } else {
                Ok(blob)
            };
        }
        let effect = || {
            let state = self.state.borrow();
            let blob = state.blobs.get(id);
            let blob = blob.ok_or_else(|| refusal(BLOBS, id, PortErrorKind::NotFound, "404", "Not Found"))?;
            if blob.len() as u64 > limit_bytes || state.too_large.contains(id) {
                return Err(refusal(BLOBS, id, PortErrorKind::Refused, "", "too large"));
            }
            Ok(blob.clone())
        };
        self.wire.call(BLOBS, id, effect).await
    }

    async fn prefetch(&self, commit: &str, files: &BTreeMap<String, String>, _: u64) -> Result<(), PortError> {
        let effect = || {
            self.state.borrow_mut().prefetched.extend(files.values().cloned());
            Ok(())
        };
        self.wire.call("GET tarball", commit, effect).await
    }

    async fn repository_id(&self) -> Result<RepositoryId, PortError> {
        let effect = || {
            let state = self.state.borrow();
            state.refuse_gone(REPOSITORY)?;
            Ok(RepositoryId(state.repository_id))
        };
        self.wire.call(REPOSITORY, "id", effect).await
    }
}

impl ReadPullRequests for FakeGitHub {
    async fn pull_requests_of(&self, commit: &str) -> Result<Vec<PullRequestFacts>, PortError> {
        let effect = || Ok(self.state.borrow().pulls.get(commit).cloned().unwrap_or_default());
        self.wire.call("GET pulls", commit, effect).await
    }

    async fn merger_of(&self, pull_request: u64) -> Result<Option<Account>, PortError> {
        let effect = || Ok(self.state.borrow().mergers.get(&pull_request).cloned());
        self.wire.call("GET pull", &pull_request.to_string(), effect).await
    }

    async fn commits_of(&self, pull_request: u64) -> Result<(Vec<CommitFacts>, bool), PortError> {
        let effect = || {
            let state = self.state.borrow();
            Ok(state.pull_commits.get(&pull_request).cloned().unwrap_or_default())
        };
        self.wire
            .call("GET pull commits", &pull_request.to_string(), effect)
            .await
    }

    async fn reviews_of(&self, pull_request: u64) -> Result<Vec<PullRequestReview>, PortError> {
        let effect = || {
            let state = self.state.borrow();
            Ok(state.reviews.get(&pull_request).cloned().unwrap_or_default())
        };
        self.wire.call("GET reviews", &pull_request.to_string(), effect).await
    }

    async fn base_changed(&self, pull_request: u64) -> Result<Option<String>, PortError> {
        let effect = || Ok(self.state.borrow().base_changes.get(&pull_request).cloned());
        self.wire.call("GET timeline", &pull_request.to_string(), effect).await
    }

    async fn permission_of(&self, login: &str) -> Result<Permission, PortError> {
        let effect = || {
            let state = self.state.borrow();
            let permission = state.permissions.get(&login.to_lowercase());
            Ok(permission.copied().unwrap_or(Permission::None))
        };
        self.wire.call("GET permission", login, effect).await
    }

    async fn tree_of(&self, commit: &str) -> Result<Option<String>, PortError> {
        let effect = || {
            let state = self.state.borrow();
            Ok(state.commits.get(commit).map(|(facts, _)| facts.tree.clone()))
        };
        self.wire.call("GET git commit", commit, effect).await
    }

    async fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, PortError> {
        let effect = || {
            let state = self.state.borrow();
            let common = state.between(None, one);
            let of_other = state.between(None, other);
            let mut common = common.into_iter().filter(|commit| of_other.contains(commit));
            Ok(common.next_back().map(|commit| commit.sha))
        };
        self.wire
            .call("GET merge base", &format!("{one}...{other}"), effect)
            .await
    }

    async fn activity(&self, page: Option<&str>) -> Result<ActivityPage, PortError> {
        let start: usize = page.map_or(0, |page| page.parse().unwrap());
        let effect = || {
            let all = &self.state.borrow().activity;
            let end = all.len().min(start + 100);
            Ok(ActivityPage {
                moves: all[start..end].to_vec(),
                next: (end < all.len()).then(|| end.to_string()),
            })
        };
        self.wire.call("GET activity", page.unwrap_or_default(), effect).await
    }

    async fn branch_activity(&self, branch: &str, _: Option<&str>) -> Result<Activity, PortError> {
        let effect = || {
            let state = self.state.borrow();
            let mut of_branch = state.activity.iter().filter(|step| step.branch == branch);
            let moves = of_branch.by_ref().take(1000).cloned().collect();
            Ok(Activity {
                moves,
                is_cut: of_branch.next().is_some(),
            })
        };
        self.wire.call("GET activity", branch, effect).await
    }
}

impl TellRepository for FakeGitHub {
    async fn set_status(&self, repository: RepositoryId, status: CommitStatus) -> Result<(), PortError> {
        let subject = status.context.clone();
        let effect = || {
            let mut state = self.state.borrow_mut();
            assert_eq!(repository.0, state.repository_id, "another repository is told");
            state.statuses.push(status);
            Ok(())
        };
        self.wire.call("POST statuses", &subject, effect).await
    }

    async fn upsert_comment(&self, _: RepositoryId, pull_request: u64, _: &str, _: &str) -> Result<(), PortError> {
        self.wire
            .call("POST comments", &pull_request.to_string(), || Ok(()))
            .await
    }

    async fn is_public(&self, _: RepositoryId) -> Result<bool, PortError> {
        self.wire.call("GET repository", "", || Ok(false)).await
    }
}
