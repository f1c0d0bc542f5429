//! A review in one line.

use super::words;
use crate::domain::change_set::review::Review;
use crate::domain::headline;
use crate::domain::secrecy::{Masked, masked, visible};

/// Most characters of a summary: with what CodePipeline adds it stays below an action's 1,000.
const SUMMARY_CHARACTERS: usize = 700;

/// One line for the approval itself: `network: 1 replaced (DATA LOSS: Orders), 2 changed · octocat · #42 · digest 3f9a…`.
/// At most 700 characters, no line break.
pub fn summary(review: &Review) -> String {
    line(review).visible().into_owned()
}

pub(super) fn line(review: &Review) -> Masked {
    let mut tail = Masked::default();
    let authors = words::authors(review);
    if !authors.is_empty() {
        let more = authors.len().saturating_sub(3);
        let rest = (more > 0).then(|| masked![" and ", more, " more"]);
        let few = authors.iter().take(3).map(|author| author.shortened(60));
        tail = masked![tail, " · ", Masked::joined(few, ", "), rest];
    }
    let numbers: Vec<_> = words::pull_requests(review)
        .into_iter()
        .take(5)
        .map(|number| masked!["#", number])
        .collect();
    if !numbers.is_empty() {
        tail = masked![tail, " · ", Masked::joined(numbers, " ")];
    }
    if let Some(run) = &review.run {
        tail = masked![tail, " · digest ", run.digest.start(12), "…"];
    }
    let tail = tail.in_one_line();
    let head = masked![review.title, ": ", what(review)].in_one_line();
    masked![
        head.shortened(SUMMARY_CHARACTERS.saturating_sub(tail.characters())),
        tail
    ]
}

/// The subject of a mail: `[production] approve? orders - high - 1 replaced, 2 changed`.
pub fn subject(review: &Review) -> String {
    let nowhere = Masked::default();
    let environment = review.run.as_ref().map_or(&nowhere, |run| &run.environment);
    if let Some(reason) = &review.stack.failure {
        return headline::subject(environment, "failed:", &review.title, [reason.clone()]);
    }
    let word = match &review.run {
        Some(run) if run.ask.approvals > 0 => "approve?",
        Some(run) if run.ask.release => "release?",
        Some(_) => "executing:",
        None => "review:",
    };
    let facts = [Masked::ours(review.risk.name()), changes(review)];
    headline::subject(environment, word, &review.title, facts)
}

/// One line for a commit status. Of a public repository everybody reads along, so it gets counts only.
pub fn status(review: &Review, is_public: bool) -> String {
    if review.stack.failure.is_some() {
        return tidy(&if is_public {
            Masked::ours("the change set FAILED")
        } else {
            what(review)
        });
    }
    let what = if is_public {
        words::counts(&review.counts)
    } else {
        what(review)
    };
    tidy(&masked!["waits for approval, ", review.risk.name(), " risk: ", what])
}

/// A summary with a note before it, still at most 700 characters.
pub fn with_note(summary: &str, note: &str) -> String {
    cut(
        &format!("{} · {summary}", visible(note).replace("#{", "# {")),
        SUMMARY_CHARACTERS,
    )
}

fn what(review: &Review) -> Masked {
    if let Some(reason) = &review.stack.failure {
        return masked!["the change set FAILED: ", reason];
    }
    let mut what = changes(review);
    let alarms = words::alarms(&review.risk.findings);
    if !alarms.is_empty() {
        what = masked![what, " (", Masked::joined(alarms, "; "), ")"];
    }
    what
}

/// How many resources change and how; where none does, what else changes.
fn changes(review: &Review) -> Masked {
    let counts = words::counts(&review.counts);
    if review.counts.total > 0 || review.settings.is_empty() {
        return counts;
    }
    let mut kinds: Vec<_> = review.settings.iter().map(|setting| setting.kind.name()).collect();
    kinds.dedup();
    masked![counts, "; changes of ", Masked::joined(kinds, ", ")]
}

/// One line that CodePipeline cannot take for a variable.
fn tidy(text: &Masked) -> String {
    text.visible().replace("#{", "# {")
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept.push('…');
    kept
}
