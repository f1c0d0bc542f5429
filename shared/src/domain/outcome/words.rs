//! An outcome in words: for a commit status, for a mail.

use std::fmt::Write as _;

use super::{End, Facts, Outcome};
use crate::domain::actions::{EXECUTE_CHANGE_SET, SOURCE_STAGE};
use crate::domain::claim::Claim;
use crate::domain::headline;
use crate::domain::secrecy::public;

/// What to do when a source cannot be read: CodePipeline only says that an object is not there.
const SOURCES: &str = "(The sync writes the sources of a stack once its template and configuration are free of \
                       problems. If they are not there, the status of the commit says what to correct.)";

/// What an end means for the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The commit is what runs, or needs nothing.
    Good,
    /// It goes on by itself: a window will open, or another stack will export a value.
    Open,
    /// The change was refused, or failed.
    Bad,
    /// The change is not in place, and nobody said that it is wrong.
    Undone,
}

/// What the end means for the commit, and why in one line. Where everybody can read it, the line tells no more than
/// the end: errors name resources and values.
pub fn status_of(outcome: &Outcome, is_public: bool) -> (Verdict, String) {
    let verdict = match outcome.end {
        End::Executed | End::NoChanges | End::Held => Verdict::Good,
        End::Waiting | End::Blocked => Verdict::Open,
        End::Rejected | End::TimedOut | End::Failed => Verdict::Bad,
        End::Stopped | End::Superseded | End::Cancelled => Verdict::Undone,
    };
    let line = if is_public {
        title(outcome.end).to_owned()
    } else {
        public(&outcome.summary).visible().into_owned()
    };
    (verdict, line)
}

/// The last state of the comment on a pull request, in Markdown. Where everybody can read it, it tells no more than the
/// end.
pub fn to_comment(outcome: &Outcome, is_public: bool) -> String {
    let name = |text: &str| public(text).visible().replace(['`', '*', '<', '@', '[', '!'], "");
    let mut text = format!(
        "**{}** in `{}`: {}\n",
        name(&outcome.stack),
        name(&outcome.environment),
        title(outcome.end)
    );
    // Writing to a String does not fail.
    if !is_public {
        // In a code block nothing of others acts: no mention, no link, no image.
        let fenced = |text: &str| public(text).visible().replace("```", "'''");
        let _ = writeln!(text, "\n```text\n{}", fenced(&outcome.summary));
        for approval in &outcome.approvals {
            let by = approval.by.as_deref().map_or("nobody", person);
            let _ = writeln!(text, "{} {} by {}", approval.action, approval.answer, fenced(by));
        }
        let _ = writeln!(text, "```");
    }
    let review = outcome
        .review
        .as_ref()
        .filter(|review| review.link.starts_with("https://"));
    if let Some(review) = review {
        let link = review.link.replace(['<', '>', '\n'], "");
        let _ = writeln!(text, "\n[The review that was decided on](<{link}>)");
    }
    text
}

/// The end in one line, from what is known of the run.
pub(super) fn summary(outcome: &Outcome, facts: &Facts<'_>) -> String {
    let stack = outcome.stack_name.as_deref().unwrap_or(&outcome.stack);
    let said = |words: Option<&str>, fallback: &str| words.unwrap_or(fallback).to_owned();
    let failed = outcome.actions.iter().rev().find(|action| action.status == "Failed");
    let planned = outcome.plan.as_ref().map(|plan| plan.summary.as_str());
    let answered = |answer: &str| {
        outcome
            .approvals
            .iter()
            .rev()
            .find(|approval| approval.answer == answer)
    };
    match outcome.end {
        End::Executed => {
            let words = outcome
                .execution_result
                .as_ref()
                .and_then(|result| result.summary.as_deref());
            said(words, &format!("executed on stack `{stack}`"))
        }
        End::NoChanges => said(planned, &format!("nothing to change on stack `{stack}`")),
        End::Held => said(planned, "held"),
        End::Blocked => said(planned, "blocked"),
        End::Rejected => {
            let approval = answered("rejected");
            let by = approval
                .and_then(|approval| approval.by.as_deref())
                .map_or("somebody", person);
            match approval.and_then(|approval| approval.words.as_deref()) {
                Some(words) => format!("rejected by {by}: {words}"),
                None => format!("rejected by {by} without a comment"),
            }
        }
        End::TimedOut => "nobody answered the request for approval in time".to_owned(),
        End::Failed | End::Waiting => {
            let error = failed.and_then(|action| action.error.as_deref().or(action.summary.as_deref()));
            let action = failed.map_or("an action", |action| action.action.as_str());
            let words = said(error, &format!("{action} failed without a message"));
            if failed.is_some_and(|action| action.stage == SOURCE_STAGE) {
                return format!("{} {SOURCES}", words.trim_end());
            }
            words
        }
        End::Stopped => {
            let words = facts.stop_words.map(|words| format!(": {words}")).unwrap_or_default();
            match facts.claim {
                Some(Claim::Executing) => match facts.stack_status {
                    Some(status) if !status.ends_with("_IN_PROGRESS") => {
                        format!(
                            "stopped{words}; the execution on stack `{stack}` had begun, and the stack is {status} now"
                        )
                    }
                    _ => format!("stopped{words}; the execution on stack `{stack}` had begun and goes on without it"),
                },
                _ => format!("stopped{words}; stack `{stack}` was not changed"),
            }
        }
        End::Superseded => match facts.claim {
            Some(Claim::Superseded { by }) => {
                format!("superseded by run {by}; stack `{stack}` was not changed by this one")
            }
            _ => format!("superseded by a newer run; stack `{stack}` was not changed by this one"),
        },
        End::Cancelled => "the pipeline itself was changed meanwhile; it is started again".to_owned(),
    }
}

/// The last part of an ARN that a person would use: `alice`, `Operators/bob`.
fn person(arn: &str) -> &str {
    arn.split_once('/').map_or(arn, |(_, name)| name)
}

/// The end in a few words.
fn title(end: End) -> &'static str {
    match end {
        End::Executed => "executed",
        End::NoChanges => "nothing to change",
        End::Held => "held",
        End::Blocked => "waits for an export of another stack",
        End::Rejected => "rejected",
        End::TimedOut => "approval timed out",
        End::Waiting => "waits for its window",
        End::Failed => "failed",
        End::Stopped => "stopped",
        End::Superseded => "superseded",
        End::Cancelled => "cancelled",
    }
}

/// The word of a subject, where a review has `approve?`.
fn word(outcome: &Outcome) -> &'static str {
    match outcome.end {
        End::Executed => "done:",
        End::NoChanges => "nothing to change:",
        End::Held => "held:",
        End::Blocked | End::Waiting => "waiting:",
        End::Rejected => "rejected:",
        End::TimedOut => "unanswered:",
        End::Failed if was_refused(outcome) => "refused:",
        End::Failed => "failed:",
        End::Stopped => "stopped:",
        End::Superseded => "superseded:",
        End::Cancelled => "cancelled:",
    }
}

/// Whether the guard let nothing be executed: its action failed, and CloudFormation did nothing for the run.
fn was_refused(outcome: &Outcome) -> bool {
    let failed = outcome.actions.iter().rev().find(|action| action.status == "Failed");
    failed.is_some_and(|action| action.action == EXECUTE_CHANGE_SET) && outcome.stack_events.is_empty()
}

/// Subject and body of a mail. The subject is `[production] done: orders - high - executed …`.
pub fn to_text(outcome: &Outcome) -> (String, String) {
    let risk = outcome.review.as_ref().map(|review| public(&review.risk));
    let facts = risk.into_iter().chain([public(&outcome.summary)]);
    let (environment, stack) = (public(&outcome.environment), public(&outcome.stack));
    let subject = headline::subject(&environment, word(outcome), &stack, facts);
    let mut body = String::new();
    let mut line = |name: &str, value: Option<&str>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            // Writing to a String does not fail.
            let _ = writeln!(body, "{name:<11}{}", public(value).visible());
        }
    };
    line("Stack", Some(outcome.stack_name.as_deref().unwrap_or(&outcome.stack)));
    line("Result", Some(&outcome.summary));
    line("Status", outcome.stack_status.as_deref());
    line("Commit", outcome.commit.as_deref());
    for commit in outcome.commits.iter().rev().take(10) {
        let short: String = commit.sha.chars().take(7).collect();
        line(
            "",
            Some(&format!("{short} {} ({})", commit.subject, commit.author_text)),
        );
    }
    line("Plan", outcome.plan.as_ref().map(|plan| plan.summary.as_str()));
    line("Review", outcome.review.as_ref().map(|review| review.link.as_str()));
    for approval in &outcome.approvals {
        let by = approval.by.as_deref().map_or("nobody", person);
        let at = approval.at.as_deref().unwrap_or_default();
        let words = approval.words.as_deref().unwrap_or_default();
        line(
            &approval.action,
            Some(&format!("{} by {by} {at} {words}", approval.answer)),
        );
    }
    line("Pipeline", Some(&outcome.pipeline));
    line("Run", Some(&outcome.execution));
    for note in &outcome.notes {
        line("Note", Some(note));
    }
    (subject, body)
}
