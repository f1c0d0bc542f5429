//! Tells the commit what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::stream::{self, StreamExt};

use super::{SourceRepository, SyncSettings};
use crate::domain::headline;
use crate::domain::secrecy::public;
use crate::domain::sync::snapshot::Snapshot;
use crate::flows::ports::{CommitStatus, PortError, StatusState, not_pinned};

/// Statuses that one sync sets at most; the log has all problems.
const MOST: usize = 100;
/// What is said of a stack whose pipeline was started with sources that are good again.
const IN_ORDER_AND_STARTED: &str = "in order again; its pipeline is started";
/// Requests at the same time.
const CONCURRENCY: usize = 4;

/// Sets a status for everything that is wrong with the commit, and for everything that was wrong and is no more.
/// A status that cannot be set is no reason to end the sync.
pub(super) async fn tell<R: SourceRepository>(
    repository: &R,
    settings: &SyncSettings,
    commit: &str,
    before: &Snapshot,
    after: &Snapshot,
    started: &[String],
    refused: &[(String, PortError)],
) {
    // The sync asked for the number before anything else.
    let Some(pinned) = after.repository.as_ref().map(|pin| pin.id) else {
        tracing::warn!("{}", not_pinned(commit));
        return;
    };
    let subject_of = |pipeline: &str| {
        let prefix = &settings.environment.pipeline_prefix;
        let stack = pipeline.strip_prefix(prefix).unwrap_or(pipeline);
        headline::status_context(&settings.environment.name, stack)
    };
    let started = started.iter().chain(after.owed.keys());
    let started: BTreeSet<_> = started.map(|pipeline| subject_of(pipeline)).collect();
    let mut statuses: BTreeMap<String, (StatusState, String, Option<String>)> = BTreeMap::new();
    let subjects = std::iter::once((headline::CATALOGUE, &before.problems, &after.problems)).map(Some);
    let empty = Vec::new();
    let stacks = after.stacks.iter().map(|(name, stack)| {
        let known = before.stacks.get(name).map_or(&empty, |known| &known.problems);
        Some((name.as_str(), known, &stack.problems))
    });
    for (subject, known, problems) in subjects.chain(stacks).flatten() {
        let context = headline::status_context(&settings.environment.name, subject);
        let status = match problems.as_slice() {
            [] if known.is_empty() => continue,
            // Whether the change is good is for its run to say.
            [] if started.contains(&context) => (StatusState::Pending, IN_ORDER_AND_STARTED.to_owned(), None),
            [] => (StatusState::Success, "in order again".to_owned(), None),
            [only] => (StatusState::Failure, only.clone(), link(settings, commit, only)),
            [first, rest @ ..] => {
                let text = format!("{} problems; {first}", rest.len() + 1);
                (StatusState::Failure, text, link(settings, commit, first))
            }
        };
        for problem in problems {
            tracing::warn!(subject, "{problem}");
        }
        statuses.insert(context, status);
    }
    for (pipeline, error) in refused {
        tracing::error!(pipeline, "the pipeline cannot be started: {error}");
        let text = format!("the pipeline cannot be started: {}", error.message);
        statuses.insert(subject_of(pipeline), (StatusState::Error, text, None));
    }
    let commit_page = &format!("{}/{}/commit/{commit}", settings.web_url, settings.repository);
    stream::iter(statuses.into_iter().take(MOST))
        .for_each_concurrent(CONCURRENCY, |(context, (state, description, url))| async move {
            let status = CommitStatus {
                commit: commit.to_owned(),
                context,
                state,
                description: public(&description).visible().into_owned(),
                url: url.or_else(|| Some(commit_page.clone())),
            };
            if let Err(error) = repository.set_status(pinned, status).await {
                tracing::warn!("a commit status is not set: {error}");
            }
        })
        .await;
}

/// Where the problem stands, on GitHub's page of the file.
fn link(settings: &SyncSettings, commit: &str, problem: &str) -> Option<String> {
    let (place, _) = problem.split_once(": ")?;
    let mut parts = place.rsplitn(3, ':');
    let (_, line, path) = (parts.next()?, parts.next()?, parts.next()?);
    // An address cannot be masked without leading elsewhere.
    if !public(path).is(path) {
        return None;
    }
    let path: Vec<String> = path
        .split('/')
        .map(|segment| percent_encoding::utf8_percent_encode(segment, percent_encoding::NON_ALPHANUMERIC).to_string())
        .collect();
    Some(format!(
        "{}/{}/blob/{commit}/{}#L{line}",
        settings.web_url,
        settings.repository,
        path.join("/")
            .replace("%2E", ".")
            .replace("%2D", "-")
            .replace("%5F", "_")
    ))
}
