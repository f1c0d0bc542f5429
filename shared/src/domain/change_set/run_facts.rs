//! Facts about the run that a review is made for: who changed what since the last execution, and who may approve.

use schemars::JsonSchema;
use serde::Serialize;

use super::ask::Ask;
use crate::domain::secrecy::{Hider, Masked};

/// The run that asks for approval.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunFacts")]
pub struct RunFacts<T = String> {
    /// Environment.
    pub environment: T,
    /// Pipeline.
    pub pipeline: T,
    /// Id of the pipeline execution.
    pub execution: T,
    /// Which attempt of the run this review belongs to, from 1.
    pub attempt: u32,
    /// When the review was made (RFC 3339).
    pub made: T,
    /// The digest that an approval covers.
    pub digest: T,
    /// Where the review is read.
    pub link: T,
    /// Commit that the sources were written from.
    pub commit: T,
    /// Commits since the stack was last executed that touch it, newest first.
    pub commits: Vec<CommitFacts<T>>,
    /// Why `commits` may not be all; absent when they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commits_incomplete: Option<T>,
    /// Page that shows the difference since the last execution.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compare_url: Option<T>,
    /// When the stack was last executed through the gate (RFC 3339), and which commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_executed: Option<LastExecuted<T>>,
    /// That somebody else changed the stack since; absent when nobody did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_elsewhere: Option<T>,
    /// What else is going on in this pipeline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<T>,
    /// What is asked of whom.
    pub ask: Ask<T>,
    /// Whether this is the root pipeline's run: it changes the gates themselves, and no stack but theirs.
    pub is_root: bool,
    /// When the window is open; absent when it always is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<T>,
}

/// The last execution through the gate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "LastExecuted")]
pub struct LastExecuted<T = String> {
    /// Commit.
    pub commit: T,
    /// When (RFC 3339).
    pub at: T,
}

/// One commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "CommitFacts")]
pub struct CommitFacts<T = String> {
    /// Full commit id.
    pub sha: T,
    /// First line of the message.
    pub subject: T,
    /// Whether it has more than one parent.
    pub is_merge: bool,
    /// Accounts that GitHub authenticated: pull request author, merger, pusher.
    pub authenticated: Vec<T>,
    /// Author text of the commit: anybody can write anything here.
    pub author_text: T,
    /// Page of the commit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<T>,
    /// The pull request that brought it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pull_request: Option<PullRequestFacts<T>>,
}

/// A merged pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "PullRequestFacts")]
pub struct PullRequestFacts<T = String> {
    /// Number.
    pub number: u64,
    /// Title.
    pub title: T,
    /// Login of who opened it.
    pub author: T,
    /// Login of who merged it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged_by: Option<T>,
    /// `login: verdict` of each reviewer.
    pub verdicts: Vec<T>,
    /// Its page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<T>,
}

impl RunFacts {
    /// What a reader may see of it.
    pub(super) fn masked(&self, hider: &Hider) -> RunFacts<Masked> {
        let shown = |text: &Option<String>| text.as_deref().map(|text| hider.text(text));
        let all = |texts: &[String]| texts.iter().map(|text| hider.text(text)).collect();
        RunFacts {
            environment: hider.text(&self.environment),
            pipeline: hider.name(&self.pipeline),
            execution: hider.id(&self.execution),
            attempt: self.attempt,
            made: hider.text(&self.made),
            digest: hider.id(&self.digest),
            link: hider.text(&self.link),
            commit: hider.id(&self.commit),
            commits: self.commits.iter().map(|commit| commit.masked(hider)).collect(),
            commits_incomplete: shown(&self.commits_incomplete),
            compare_url: shown(&self.compare_url),
            last_executed: self.last_executed.as_ref().map(|last| LastExecuted {
                commit: hider.id(&last.commit),
                at: hider.text(&last.at),
            }),
            changed_elsewhere: shown(&self.changed_elsewhere),
            waiting: all(&self.waiting),
            ask: self.ask.masked(hider),
            is_root: self.is_root,
            window: shown(&self.window),
        }
    }
}

impl CommitFacts {
    fn masked(&self, hider: &Hider) -> CommitFacts<Masked> {
        CommitFacts {
            sha: hider.id(&self.sha),
            subject: hider.text(&self.subject),
            is_merge: self.is_merge,
            authenticated: self.authenticated.iter().map(|login| hider.text(login)).collect(),
            author_text: hider.text(&self.author_text),
            url: self.url.as_deref().map(|url| hider.text(url)),
            pull_request: self.pull_request.as_ref().map(|pull| PullRequestFacts {
                number: pull.number,
                title: hider.text(&pull.title),
                author: hider.text(&pull.author),
                merged_by: pull.merged_by.as_deref().map(|login| hider.text(login)),
                verdicts: pull.verdicts.iter().map(|verdict| hider.text(verdict)).collect(),
                url: pull.url.as_deref().map(|url| hider.text(url)),
            }),
        }
    }
}
