//! Pull requests, their reviews, and who moved which branch.

use serde::de::DeserializeOwned;

use super::repository::{PAGE, Repository, segment};
use super::wire;
use crate::domain::provenance::{Account, Permission, PullRequestReview};
use crate::flows::ports::{
    Activity, ActivityPage, BranchActivity, CommitFacts, PortError, PullRequestFacts, ReadPullRequests, ReadSecrets,
};

/// Commits of a pull request that GitHub lists.
///
/// Source: <https://docs.github.com/en/rest/pulls/pulls#list-commits-on-a-pull-request>
const MOST_COMMITS: usize = 250;
/// Pages of a branch's moves that are read; what lies before them is told to be unread.
const ACTIVITY_PAGES: usize = 10;

impl<S: ReadSecrets> Repository<S> {
    /// Every entry of a list, over all of its pages.
    async fn whole_list<T: DeserializeOwned>(&self, operation: &'static str, list: &str) -> Result<Vec<T>, PortError> {
        let mut next = Some(format!("{list}?per_page={PAGE}"));
        let mut all = Vec::new();
        while let Some(path) = next {
            let (page, following) = self.connection.read_page::<Vec<T>>(operation, &path).await?;
            all.extend(page);
            next = following;
        }
        Ok(all)
    }

    /// Pages of the activity list at `path`, until one holds what `is_enough` looks for.
    async fn moves(&self, path: String, is_enough: impl Fn(&BranchActivity) -> bool) -> Result<Activity, PortError> {
        let operation = "GET /repos/{owner}/{repo}/activity";
        let mut next = Some(path);
        let mut activity = Activity::default();
        for _ in 0..ACTIVITY_PAGES {
            let Some(path) = next.take() else { break };
            let (page, following) = self
                .connection
                .read_page::<Vec<wire::Activity>>(operation, &path)
                .await?;
            let page: Vec<BranchActivity> = page.into_iter().map(Into::into).collect();
            let is_last = page.iter().any(&is_enough);
            activity.moves.extend(page);
            next = following;
            if is_last {
                break;
            }
        }
        activity.is_cut = next.is_some();
        Ok(activity)
    }
}

impl<S: ReadSecrets> ReadPullRequests for Repository<S> {
    async fn pull_requests_of(&self, commit: &str) -> Result<Vec<PullRequestFacts>, PortError> {
        let list = self.path(&format!("/commits/{}/pulls", segment(commit)));
        let operation = "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls";
        let answer: Vec<wire::PullRequest> = self.whole_list(operation, &list).await?;
        Ok(answer.into_iter().map(Into::into).collect())
    }

    async fn merger_of(&self, pull_request: u64) -> Result<Option<Account>, PortError> {
        let operation = "GET /repos/{owner}/{repo}/pulls/{pull_number}";
        let path = self.path(&format!("/pulls/{pull_request}"));
        let answer: wire::PullRequest = self.connection.read_json(operation, &path).await?;
        Ok(answer.merged_by)
    }

    async fn commits_of(&self, pull_request: u64) -> Result<(Vec<CommitFacts>, bool), PortError> {
        let operation = "GET /repos/{owner}/{repo}/pulls/{pull_number}/commits";
        let list = self.path(&format!("/pulls/{pull_request}/commits"));
        let answer: Vec<wire::Commit> = self.whole_list(operation, &list).await?;
        let is_whole = answer.len() < MOST_COMMITS;
        Ok((answer.into_iter().map(CommitFacts::from).collect(), is_whole))
    }

    async fn reviews_of(&self, pull_request: u64) -> Result<Vec<PullRequestReview>, PortError> {
        let operation = "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews";
        let list = self.path(&format!("/pulls/{pull_request}/reviews"));
        let answer: Vec<wire::Review> = self.whole_list(operation, &list).await?;
        // Reviews come oldest first. A comment does not take back a verdict.
        let mut verdicts: Vec<PullRequestReview> = Vec::new();
        for review in answer {
            let Some(reviewer) = review.user else { continue };
            let given = PullRequestReview {
                reviewer,
                state: review.state,
                commit: review.commit_id,
                submitted: review.submitted_at,
                ..PullRequestReview::default()
            };
            let mut known = verdicts.iter_mut();
            match known.find(|verdict| verdict.reviewer.is_same(&given.reviewer)) {
                Some(_) if matches!(given.state.as_str(), "COMMENTED" | "PENDING") => {}
                Some(verdict) => *verdict = given,
                None => verdicts.push(given),
            }
        }
        Ok(verdicts)
    }

    async fn base_changed(&self, pull_request: u64) -> Result<Option<String>, PortError> {
        // The shorter list of the events would need a right to read issues.
        let operation = "GET /repos/{owner}/{repo}/issues/{issue_number}/timeline";
        let list = self.path(&format!("/issues/{pull_request}/timeline"));
        let events: Vec<wire::TimelineEvent> = self.whole_list(operation, &list).await?;
        // Events come oldest first.
        let changed = events.into_iter().rev().find(|event| event.event == "base_ref_changed");
        Ok(changed.map(|event| event.created_at))
    }

    async fn permission_of(&self, login: &str) -> Result<Permission, PortError> {
        let operation = "GET /repos/{owner}/{repo}/collaborators/{username}/permission";
        let path = self.path(&format!("/collaborators/{}/permission", segment(login)));
        match self
            .connection
            .read_json::<wire::PermissionAnswer>(operation, &path)
            .await
        {
            Ok(answer) => Ok(answer.into()),
            // Whoever GitHub does not know may do nothing.
            Err(error) if error.is_not_found() => Ok(Permission::None),
            Err(error) => Err(error),
        }
    }

    async fn tree_of(&self, commit: &str) -> Result<Option<String>, PortError> {
        let operation = "GET /repos/{owner}/{repo}/git/commits/{commit_sha}";
        let path = self.path(&format!("/git/commits/{}", segment(commit)));
        match self.connection.read_json::<wire::GitCommit>(operation, &path).await {
            Ok(commit) => Ok(Some(commit.tree())),
            Err(error) if error.is_not_found() || error.code.as_deref() == Some("422") => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn merge_base(&self, one: &str, other: &str) -> Result<Option<String>, PortError> {
        let operation = "GET /repos/{owner}/{repo}/compare/{basehead}";
        let path = self.path(&format!("/compare/{}...{}?per_page=1", segment(one), segment(other)));
        match self
            .connection
            .read_json::<wire::MergeBaseAnswer>(operation, &path)
            .await
        {
            Ok(answer) => Ok(answer.id()),
            Err(error) if error.is_not_found() || error.code.as_deref() == Some("422") => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn activity(&self, page: Option<&str>) -> Result<ActivityPage, PortError> {
        let operation = "GET /repos/{owner}/{repo}/activity";
        let first = || self.path(&format!("/activity?per_page={PAGE}"));
        let path = page.map_or_else(first, str::to_owned);
        let (moves, next) = self
            .connection
            .read_page::<Vec<wire::Activity>>(operation, &path)
            .await?;
        Ok(ActivityPage {
            moves: moves.into_iter().map(Into::into).collect(),
            next,
        })
    }

    async fn branch_activity(&self, branch: &str, end: Option<&str>) -> Result<Activity, PortError> {
        let reference = segment(&format!("refs/heads/{branch}"));
        let path = self.path(&format!("/activity?ref={reference}&per_page={PAGE}"));
        let is_end = |step: &BranchActivity| end.is_none_or(|end| step.before == end || step.after == end);
        self.moves(path, is_end).await
    }
}
