//! A review in one line.

use std::fmt::Write as _;

use super::escape::{visible, visible_ascii};
use super::words;
use crate::domain::change_set::review::Review;

/// Most characters of a summary: with what CodePipeline adds it stays below an action's 1,000.
const SUMMARY_CHARACTERS: usize = 700;
/// Most characters of the subject of a mail.
///
/// Source: <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
const SUBJECT_CHARACTERS: usize = 100;

/// One line for the approval itself: `network: 1 replaced (DATA LOSS: Orders), 2 changed · octocat · #42 · digest 3f9a…`.
/// At most 700 characters, no line break.
pub fn summary(review: &Review) -> String {
    let head = format!("{}: {}", review.title, what(review));
    let mut tail = String::new();
    let authors = words::authors(review);
    if !authors.is_empty() {
        let more = authors.len().saturating_sub(3);
        let rest = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        let few: Vec<_> = authors.iter().take(3).map(|author| cut(author, 60)).collect();
        let _ = write!(tail, " · {}{rest}", few.join(", "));
    }
    let numbers: Vec<_> = words::pull_requests(review)
        .iter()
        .take(5)
        .map(|number| format!("#{number}"))
        .collect();
    if !numbers.is_empty() {
        let _ = write!(tail, " · {}", numbers.join(" "));
    }
    if let Some(run) = &review.run {
        let digest: String = run.digest.chars().take(12).collect();
        let _ = write!(tail, " · digest {digest}…");
    }
    let tail = tidy(&tail);
    format!("{}{tail}", cut(&tidy(&head), SUMMARY_CHARACTERS - tail.chars().count()))
}

/// The subject of a mail: at most 100 characters of ASCII.
pub fn subject(review: &Review) -> String {
    let text = format!("[{}] {}: {}", review.risk.level.name(), review.title, what(review));
    cut(&visible_ascii(&tidy(&text)), SUBJECT_CHARACTERS).replace('…', ".")
}

/// One line for a commit status. Of a public repository everybody reads along, so it gets counts only.
pub fn status(review: &Review, is_public: bool) -> String {
    let what = if is_public {
        words::counts(&review.counts)
    } else {
        what(review)
    };
    tidy(&format!(
        "waits for approval, {} risk: {what}",
        review.risk.level.name()
    ))
}

/// A summary with a note before it, still at most 700 characters.
pub fn with_note(summary: &str, note: &str) -> String {
    cut(&format!("{} · {summary}", tidy(note)), SUMMARY_CHARACTERS)
}

fn what(review: &Review) -> String {
    let mut what = words::counts(&review.counts);
    if review.counts.total == 0 && !review.settings.is_empty() {
        let mut kinds: Vec<_> = review.settings.iter().map(|setting| setting.kind.name()).collect();
        kinds.dedup();
        what = format!("{what}; changes of {}", kinds.join(", "));
    }
    let alarms = words::alarms(&review.risk.findings);
    if !alarms.is_empty() {
        what = format!("{what} ({})", alarms.join("; "));
    }
    what
}

/// One line that CodePipeline cannot take for a variable.
fn tidy(text: &str) -> String {
    visible(text).replace("#{", "# {")
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(most.saturating_sub(1)).collect();
    kept.push('…');
    kept
}
