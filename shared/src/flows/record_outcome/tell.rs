//! Tells people and the repository how a run ended.

use super::RecordSettings;
use crate::domain::console;
use crate::domain::gate::Gate;
use crate::domain::headline;
use crate::domain::outcome::{End, Outcome, Verdict, status_of, to_comment, to_text};
use crate::flows::FlowError;
use crate::flows::outbox::may_pass;
use crate::flows::ports::{CommitStatus, Notify, PortError, StatusState, TellRepository, not_pinned};

/// Most pull requests whose comment is brought up to date.
const MOST_COMMENTS: usize = 5;

/// Publishes the end where somebody waits for it: not where nothing was planned and nobody asked. Answers with what will
/// never be told, and why.
pub(super) async fn people(
    topics: &impl Notify,
    settings: &RecordSettings,
    gate: Option<&Gate>,
    outcome: &Outcome,
) -> Result<Option<String>, FlowError> {
    if matches!(outcome.end, End::NoChanges | End::Superseded) {
        return Ok(None);
    }
    let topic = gate.and_then(|gate| gate.notify.as_deref()).unwrap_or(&settings.topic);
    let (subject, body) = to_text(outcome);
    given_up("the mail", topics.publish(topic, &subject, &body).await)
}

/// What is to be said of a message that will never get through: a topic that is gone or closed must not keep the outcome
/// from being recorded. One that may get through later and could not be kept is an error.
fn given_up(what: &str, told: Result<(), PortError>) -> Result<Option<String>, FlowError> {
    let Err(error) = told else { return Ok(None) };
    if may_pass(&error) {
        return Err(error.into());
    }
    // The field is what the metric filter behind the alarm counts.
    tracing::error!(undelivered = what, %error, "somebody was not told how a run ended");
    Ok(Some(format!("{what} was not told: {error}")))
}

/// Sets the last status of the commit, and the last state of the comment on its pull requests. Answers with what will
/// never be told, and why: GitHub's troubles are not the run's.
pub(in crate::flows) async fn repository(
    repository: &impl TellRepository,
    settings: &RecordSettings,
    outcome: &Outcome,
) -> Result<Vec<String>, FlowError> {
    let Some(commit) = &outcome.commit else {
        return Ok(Vec::new());
    };
    let Some(id) = outcome.repository_id else {
        return Ok(given_up("the commit status", Err(not_pinned(commit)))?
            .into_iter()
            .collect());
    };
    // Whoever cannot be asked whether the world reads along is taken to say yes.
    let is_public = repository.is_public(id).await.unwrap_or(true);
    let (verdict, description) = status_of(outcome, is_public);
    let review = outcome.review.as_ref().map(|review| review.link.clone());
    let review = review.filter(|link| link.starts_with("https://"));
    let run = || console::run_page(&settings.topic, &outcome.pipeline, &outcome.execution);
    let status = CommitStatus {
        commit: commit.clone(),
        context: headline::status_context(&settings.environment, &outcome.stack),
        state: match verdict {
            Verdict::Good => StatusState::Success,
            Verdict::Open => StatusState::Pending,
            Verdict::Bad => StatusState::Failure,
            Verdict::Undone => StatusState::Error,
        },
        description,
        url: review.or_else(run),
    };
    let mut untold = Vec::new();
    untold.extend(given_up("the commit status", repository.set_status(id, status).await)?);
    if outcome.review.is_none() {
        // Nobody was shown a review, so there is no comment to bring up to date.
        return Ok(untold);
    }
    let marker = format!("<!-- changegate:{}:{} -->", settings.environment, outcome.pipeline);
    let body = format!("{marker}\n{}", to_comment(outcome, is_public));
    for number in pull_requests(outcome).into_iter().rev().take(MOST_COMMENTS) {
        let told = repository.upsert_comment(id, number, &marker, &body).await;
        untold.extend(given_up(&format!("the comment on #{number}"), told)?);
    }
    Ok(untold)
}

/// The merged pull requests of the run's commits, each once, oldest first.
fn pull_requests(outcome: &Outcome) -> Vec<u64> {
    let mut numbers = Vec::new();
    for commit in &outcome.commits {
        if let Some(pull_request) = &commit.pull_request
            && !numbers.contains(&pull_request.number)
        {
            numbers.push(pull_request.number);
        }
    }
    numbers
}
