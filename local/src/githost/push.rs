//! What a push moved, as activity and as `push` events.
//!
//! Source: <https://docs.github.com/en/webhooks/webhook-events-and-payloads#push>

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::board::{Activity, Merge};
use super::repository::{Commit, RepositoryError};
use super::rest::shapes;
use super::{Host, hooks};

/// The id that stands for nothing.
pub const ZEROS: &str = "0000000000000000000000000000000000000000";
/// GitHub lists no more commits in one event.
const MOST_COMMITS: usize = 2_048;

/// A reference that moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Full name.
    pub reference: String,
    /// Before; [`ZEROS`] when it did not exist.
    pub before: String,
    /// After; [`ZEROS`] when it is gone.
    pub after: String,
}

/// The references that differ between two listings.
pub fn moved(before: &[(String, String)], after: &[(String, String)]) -> Vec<Moved> {
    let before: BTreeMap<&str, &str> = before.iter().map(|(name, sha)| (name.as_str(), sha.as_str())).collect();
    let after: BTreeMap<&str, &str> = after.iter().map(|(name, sha)| (name.as_str(), sha.as_str())).collect();
    let names: std::collections::BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    names
        .into_iter()
        .filter_map(|name| {
            let (old, new) = (
                before.get(name).copied().unwrap_or(ZEROS),
                after.get(name).copied().unwrap_or(ZEROS),
            );
            (old != new).then(|| Moved {
                reference: name.to_owned(),
                before: old.to_owned(),
                after: new.to_owned(),
            })
        })
        .collect()
}

/// Records what a push moved and delivers one event for each reference.
pub async fn announce(host: &Arc<Host>, login: &str, before: &[(String, String)], after: &[(String, String)]) {
    for each in moved(before, after) {
        announce_one(host, login, &each, None).await;
    }
}

/// Records one move and delivers its event. `kind` is the activity, where it is not the push that it looks like.
pub async fn announce_one(host: &Arc<Host>, login: &str, each: &Moved, kind: Option<&'static str>) {
    let forced = is_forced(host, each).await;
    let kind = kind.unwrap_or(match (each.before.as_str(), each.after.as_str(), forced) {
        (ZEROS, _, _) => "branch_creation",
        (_, ZEROS, _) => "branch_deletion",
        (_, _, true) => "force_push",
        _ => "push",
    });
    if each.reference.starts_with("refs/heads/") {
        let mut board = host.board();
        let id = board.id();
        board.activity.push(Activity {
            id,
            reference: each.reference.clone(),
            before: each.before.clone(),
            after: each.after.clone(),
            kind,
            login: login.to_owned(),
            at: Timestamp::now(),
        });
    }
    follow(host, login, each).await;
    match payload(host, login, each, forced).await {
        Ok(payload) => hooks::announce(host, "push", &payload),
        Err(error) => tracing::error!(%error, "the push event of {} cannot be told", each.reference),
    }
}

/// Lets open pull requests follow their branches. One whose last commit is in its base branch is merged, however it came
/// there.
async fn follow(host: &Host, login: &str, each: &Moved) {
    let Some(branch) = each.reference.strip_prefix("refs/heads/") else {
        return;
    };
    let mut open: Vec<(u64, String)> = Vec::new();
    for (number, pull) in &mut host.board().pulls {
        if pull.merged.is_some() || each.after == ZEROS {
            continue;
        }
        if pull.head.0 == branch {
            pull.head.1.clone_from(&each.after);
        }
        if pull.base.0 == branch {
            open.push((*number, pull.head.1.clone()));
        }
    }
    for (number, head) in open {
        if host.repository.merge_base(&head, &each.after).await.as_ref() != Some(&head) {
            continue;
        }
        if let Some(pull) = host.board().pulls.get_mut(&number) {
            if each.before != ZEROS {
                pull.base.1.clone_from(&each.before);
            }
            pull.merged = Some(Merge {
                sha: each.after.clone(),
                login: login.to_owned(),
                at: Timestamp::now(),
            });
        }
    }
}

async fn is_forced(host: &Host, each: &Moved) -> bool {
    each.before != ZEROS
        && each.after != ZEROS
        && host.repository.merge_base(&each.before, &each.after).await.as_deref() != Some(each.before.as_str())
}

async fn payload(host: &Host, login: &str, each: &Moved, forced: bool) -> Result<Value, RepositoryError> {
    let repository = &host.repository;
    let (created, deleted) = (each.before == ZEROS, each.after == ZEROS);
    let (mut commits, mut head) = (Vec::new(), Value::Null);
    if !deleted {
        let range = if created {
            each.after.clone()
        } else {
            format!("{}..{}", each.before, each.after)
        };
        // A branch that is created lists no commits that others have; a first branch lists all of its own.
        let mut listed = repository.commits(&[&range, "--"], 0, MOST_COMMITS).await?;
        listed.reverse();
        for commit in &listed {
            commits.push(commit_of_event(host, commit).await?);
        }
        if let Some(commit) = repository.commit(&each.after).await? {
            head = commit_of_event(host, &commit).await?;
        }
    }
    let web = format!("{}/{}", host.url, repository.full_name);
    Ok(json!({
        "ref": each.reference,
        "before": each.before,
        "after": each.after,
        "repository": shapes::repository_of_event(host),
        "pusher": { "name": login, "email": format!("{login}@users.noreply.github.com") },
        "sender": shapes::user(host, login),
        "created": created,
        "deleted": deleted,
        "forced": forced,
        "base_ref": null,
        "compare": format!("{web}/compare/{}...{}", short(&each.before), short(&each.after)),
        "commits": commits,
        "head_commit": head,
    }))
}

fn short(sha: &str) -> &str {
    sha.get(..12).unwrap_or(sha)
}

async fn commit_of_event(host: &Host, commit: &Commit) -> Result<Value, RepositoryError> {
    // The empty tree of git: everything in a first commit was added.
    const EMPTY: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
    let parent = commit.parents.first().map_or(EMPTY, String::as_str);
    let changes = host.repository.changes(parent, &commit.sha).await?;
    let mut lists: BTreeMap<&str, Vec<&str>> =
        BTreeMap::from([("added", Vec::new()), ("removed", Vec::new()), ("modified", Vec::new())]);
    for change in &changes {
        match (change.status, &change.previous) {
            ("renamed", Some(previous)) => {
                lists.entry("removed").or_default().push(previous);
                lists.entry("added").or_default().push(&change.path);
            }
            (status @ ("added" | "removed"), _) => lists.entry(status).or_default().push(&change.path),
            _ => lists.entry("modified").or_default().push(&change.path),
        }
    }
    Ok(json!({
        "id": commit.sha,
        "tree_id": commit.tree,
        "distinct": true,
        "message": commit.message,
        "timestamp": commit.committer.date,
        "url": format!("{}/{}/commit/{}", host.url, host.repository.full_name, commit.sha),
        "author": { "name": commit.author.name, "email": commit.author.email },
        "committer": { "name": commit.committer.name, "email": commit.committer.email },
        "added": lists["added"],
        "removed": lists["removed"],
        "modified": lists["modified"],
    }))
}

#[cfg(test)]
mod tests {
    use super::{ZEROS, moved};

    #[test]
    fn a_push_is_what_differs_between_two_listings() {
        let list = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs
                .iter()
                .map(|(name, sha)| ((*name).to_owned(), (*sha).to_owned()))
                .collect()
        };
        let before = list(&[
            ("refs/heads/gone", "1"),
            ("refs/heads/main", "2"),
            ("refs/heads/same", "3"),
        ]);
        let after = list(&[
            ("refs/heads/main", "4"),
            ("refs/heads/new", "5"),
            ("refs/heads/same", "3"),
        ]);
        let found: Vec<String> = moved(&before, &after)
            .into_iter()
            .map(|each| format!("{} {} {}", each.reference, each.before, each.after))
            .collect();
        assert_eq!(
            found,
            [
                format!("refs/heads/gone 1 {ZEROS}"),
                "refs/heads/main 2 4".to_owned(),
                format!("refs/heads/new {ZEROS} 5"),
            ]
        );
    }
}
