//! What the reviews of a pull request are worth.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::domain::provenance::{Permission, PullRequest, PullRequestReview};
use crate::flows::ports::{PortError, PortErrorKind, ReadPullRequests};

/// Reviewers whose rights are asked for at most, for one pull request. In a public repository anybody may approve.
const MOST_REVIEWERS: usize = 20;
/// Commits other than the merged one that approvals are looked up for at most.
const MOST_COMMITS: usize = 10;

/// The rights that were asked for, by lower-case login; `None` for those that GitHub did not tell.
#[derive(Debug, Default)]
pub(super) struct Permissions(RefCell<BTreeMap<String, Option<Permission>>>);

/// The last verdicts on a pull request, and for approvals what they are worth. `base` is the commit of the base branch
/// that it was merged onto.
pub(super) async fn of<R: ReadPullRequests>(
    repository: &R,
    pull: &PullRequest,
    base: Option<&str>,
    permissions: &Permissions,
) -> Result<Vec<PullRequestReview>, PortError> {
    let mut reviews = repository.reviews_of(pull.number).await?;
    let mut same: BTreeMap<String, bool> = BTreeMap::new();
    let mut asked = 0;
    // The latest first: who approved what was merged approved late.
    for review in reviews.iter_mut().rev().filter(|review| review.state == "APPROVED") {
        if !review.reviewer.is_person() || review.reviewer.is_same(&pull.author) {
            continue;
        }
        if let (Some(commit), true) = (&review.commit, review.commit != pull.head) {
            if !same.contains_key(commit) && same.len() < MOST_COMMITS {
                let is_same = is_same_content(repository, pull, commit, base).await?;
                same.insert(commit.clone(), is_same);
            }
            review.is_same_content = same.get(commit).copied().unwrap_or_default();
        }
        let is_about_it = review.is_same_content || (review.commit.is_some() && review.commit == pull.head);
        if !is_about_it {
            continue;
        }
        if asked == MOST_REVIEWERS {
            tracing::warn!(
                pull_request = pull.number,
                login = review.reviewer.login,
                "the approval does not count: only the rights of {MOST_REVIEWERS} reviewers are asked for"
            );
            continue;
        }
        asked += 1;
        review.permission = permissions.of(repository, &review.reviewer.login).await?;
    }
    let may_count =
        |review: &&mut PullRequestReview| matches!(review.permission, Some(Permission::Write | Permission::Admin));
    if reviews.iter_mut().any(|review| may_count(&review)) {
        let branch = base_branch(repository, pull.number).await?;
        for review in reviews.iter_mut().filter(may_count) {
            review.is_of_other_base = match &branch {
                Base::Same => false,
                Base::ChangedAt(time) => !review.is_after(time),
                Base::Unknown => true,
            };
        }
    }
    Ok(reviews)
}

/// What is known of the base branch of a pull request.
enum Base {
    /// It always had the one that it was merged into.
    Same,
    /// It was given that one at this time (RFC 3339).
    ChangedAt(String),
    /// GitHub does not tell.
    Unknown,
}

async fn base_branch<R: ReadPullRequests>(repository: &R, number: u64) -> Result<Base, PortError> {
    match repository.base_changed(number).await {
        Ok(None) => Ok(Base::Same),
        Ok(Some(time)) => Ok(Base::ChangedAt(time)),
        Err(error) if matches!(error.kind, PortErrorKind::Denied | PortErrorKind::NotFound) => {
            tracing::warn!(
                "whether pull request #{number} was given another base branch stays unknown, and approvals do not count: {error}"
            );
            Ok(Base::Unknown)
        }
        Err(error) => Err(error),
    }
}

impl Permissions {
    async fn of<R: ReadPullRequests>(&self, repository: &R, login: &str) -> Result<Option<Permission>, PortError> {
        let key = login.to_lowercase();
        let known = self.0.borrow().get(&key).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let permission = match repository.permission_of(login).await {
            Ok(permission) => Some(permission),
            Err(error) if error.kind == PortErrorKind::Denied => {
                tracing::warn!("what {login} may do stays unknown, and the approval does not count: {error}");
                None
            }
            Err(error) => return Err(error),
        };
        self.0.borrow_mut().insert(key, permission);
        Ok(permission)
    }
}

/// Whether a commit holds the same files as the merged one, and left the base branch at the same place: only then
/// merging it would have made the same. A commit with the same files that goes back to a later commit of the base
/// branch takes away what came between.
async fn is_same_content<R: ReadPullRequests>(
    repository: &R,
    pull: &PullRequest,
    commit: &str,
    base: Option<&str>,
) -> Result<bool, PortError> {
    let (Some(head), Some(base)) = (&pull.head, base) else {
        return Ok(false);
    };
    let Some(tree) = repository.tree_of(commit).await? else {
        return Ok(false);
    };
    if repository.tree_of(head).await? != Some(tree) {
        return Ok(false);
    }
    let place = repository.merge_base(base, commit).await?;
    Ok(place.is_some() && place == repository.merge_base(base, head).await?)
}
