//! A review as Markdown, for GitHub.

mod detail;
mod diffs;

use std::fmt::Write as _;

use super::escape::{code_span, is_link};
use super::{MARKDOWN_CHARACTERS, words};
use crate::domain::change_set::review::{CommitFacts, Review, RunFacts};
use crate::domain::risk::Level;
use detail::{DETAILS, Detail};

/// The review as Markdown of at most [`MARKDOWN_CHARACTERS`]; long parts are folded, and what was left out is named.
pub fn markdown(review: &Review) -> String {
    DETAILS
        .into_iter()
        .find_map(|detail| render(review, detail))
        .unwrap_or_else(|| counts_only(review, &rest(review, "Everything else")))
}

/// Whether a text is longer than a comment may be. Bytes are at least as many as characters.
fn is_too_long(text: &str) -> bool {
    text.len() > MARKDOWN_CHARACTERS && text.chars().count() > MARKDOWN_CHARACTERS
}

/// The comment for a pull request. Of a public repository everybody reads along, so it gets counts only.
pub fn comment(review: &Review, is_public: bool) -> String {
    if is_public {
        counts_only(review, "Names and values are left out: this repository is public.")
    } else {
        markdown(review)
    }
}

fn counts_only(review: &Review, note: &str) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "### {}\n", code_span(&review.title));
    let _ = writeln!(
        out,
        "{} · risk **{}** · {}\n",
        words::counts(&review.counts),
        review.risk.level.name(),
        words::shown(&review.counts)
    );
    if let Some(run) = &review.run {
        let digest: String = run.digest.chars().take(12).collect();
        let _ = writeln!(out, "Digest {}. {}\n", code_span(&digest), link("Review", &run.link));
    }
    let _ = writeln!(out, "{note}");
    out
}

fn rest(review: &Review, what: &str) -> String {
    match &review.run {
        Some(run) => format!("{what} is in the {}.", link("review", &run.link)),
        None => format!("{what} is in the other formats."),
    }
}

/// The review with this much detail; `None` as soon as it is too long.
fn render(review: &Review, detail: Detail) -> Option<String> {
    let mut out = String::with_capacity(16_384);
    let _ = writeln!(out, "### {}\n", code_span(&review.title));
    let _ = writeln!(
        out,
        "**{}** · risk **{}** · {}\n",
        words::counts(&review.counts),
        review.risk.level.name(),
        words::shown(&review.counts)
    );
    if detail.value != usize::MAX {
        let _ = writeln!(out, "> This is shortened. {}\n", rest(review, "Everything"));
    }
    findings(&mut out, review, detail.rows);
    bullets(
        &mut out,
        "Warnings",
        detail.rows,
        review.warnings.iter().map(|warning| code_span(warning)),
    );
    bullets(
        &mut out,
        "Gates",
        detail.rows,
        review.gates.iter().map(|gate| {
            format!(
                "{} {}: {} → {}{}",
                code_span(&gate.stack),
                code_span(&gate.field),
                code_span(gate.before.as_deref().unwrap_or("(none)")),
                code_span(gate.after.as_deref().unwrap_or("(none)")),
                if gate.is_weakened { " **GATE WEAKENED**" } else { "" }
            )
        }),
    );
    if let Some(run) = &review.run {
        context(&mut out, run, detail.rows);
    }
    let _ = writeln!(out, "#### Resources\n");
    for resource in review.resources.iter().take(detail.resources) {
        diffs::resource(&mut out, resource, detail);
        if is_too_long(&out) {
            return None;
        }
    }
    if review.resources.len() > detail.resources {
        let left = review.resources.len() - detail.resources;
        let _ = writeln!(
            out,
            "\n{left} further resources are left out here. {}\n",
            rest(review, "All")
        );
    }
    diffs::settings(&mut out, review, detail);
    bullets(
        &mut out,
        "Decided only at execution",
        detail.rows,
        review
            .deferred
            .iter()
            .map(|deferred| format!("{}: {}", code_span(&deferred.subject), code_span(&deferred.what))),
    );
    facts(&mut out, review);
    let without = out.len();
    let end = |out: &mut String| {
        if let Some(hidden) = words::hidden(review) {
            let _ = writeln!(out, "\n{hidden}");
        }
    };
    if detail.value == usize::MAX && !is_too_long(&out) {
        diffs::kept(&mut out, review);
        end(&mut out);
        if !is_too_long(&out) {
            return Some(out);
        }
        out.truncate(without);
    }
    end(&mut out);
    (!is_too_long(&out)).then_some(out)
}

fn findings(out: &mut String, review: &Review, most: usize) {
    bullets(
        out,
        "What may go wrong",
        most,
        words::grouped(&review.risk.findings)
            .into_iter()
            .map(|(finding, subjects)| {
                let sign = match finding.level {
                    Level::High => "🔴",
                    Level::Medium => "🟠",
                    Level::Low => "⚪",
                };
                let mut names: Vec<_> = subjects.iter().take(most).map(|subject| code_span(subject)).collect();
                if subjects.len() > most {
                    names.push(format!("{} more", subjects.len() - most));
                }
                format!(
                    "{sign} **{}** · {}: {}",
                    finding.kind.name(),
                    names.join(", "),
                    code_span(&finding.because)
                )
            }),
    );
}

fn context(out: &mut String, run: &RunFacts, most: usize) {
    let mut rows: Vec<_> = run.commits.iter().map(commit).collect();
    rows.extend(run.commits_incomplete.iter().map(|text| code_span(text)));
    rows.extend(
        run.compare_url
            .iter()
            .map(|url| link("All changes since the last execution", url)),
    );
    rows.extend(
        run.changed_elsewhere
            .iter()
            .map(|text| format!("⚠️ {}", code_span(text))),
    );
    rows.extend(run.waiting.iter().map(|text| code_span(text)));
    if let Some(last) = &run.last_executed {
        rows.push(format!(
            "Last executed: {} at {}",
            code_span(&last.commit),
            code_span(&last.at)
        ));
    }
    bullets(out, "Where it comes from", most, rows.into_iter());
    bullets(
        out,
        "What the gate demands",
        most,
        run.demands.iter().chain(&run.window).map(|text| code_span(text)),
    );
}

fn commit(commit: &CommitFacts) -> String {
    let sha: String = commit.sha.chars().take(10).collect();
    let who = if commit.authenticated.is_empty() {
        format!("{} (not authenticated)", code_span(&commit.author_text))
    } else {
        commit
            .authenticated
            .iter()
            .map(|login| code_span(login))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut text = format!(
        "{} {} by {who}",
        commit
            .url
            .as_deref()
            .map_or_else(|| code_span(&sha), |url| link(&sha, url)),
        code_span(&commit.subject)
    );
    if let Some(pull) = &commit.pull_request {
        let number = format!("#{}", pull.number);
        let page = pull
            .url
            .as_deref()
            .map_or_else(|| code_span(&number), |url| link(&number, url));
        let _ = write!(text, ", pull request {page} {}", code_span(&pull.title));
        for verdict in &pull.verdicts {
            let _ = write!(text, "; {}", code_span(verdict));
        }
    }
    text
}

fn facts(out: &mut String, review: &Review) {
    let mut rows = vec![format!("stack {}", code_span(&review.stack.name))];
    if review.stack.is_new {
        rows.push("the stack is created".to_owned());
    }
    rows.extend(
        words::stack_facts(review)
            .into_iter()
            .map(|(name, value)| format!("{} {}", name.to_lowercase(), code_span(value))),
    );
    if let Some(run) = &review.run {
        rows.push(format!(
            "run {} {}, attempt {}, {}",
            code_span(&run.pipeline),
            code_span(&run.execution),
            run.attempt,
            code_span(&run.made)
        ));
        rows.push(format!("digest {}", code_span(&run.digest)));
        rows.push(link("review", &run.link));
    }
    bullets(out, "Facts", usize::MAX, rows.into_iter());
}

fn bullets(out: &mut String, title: &str, most: usize, rows: impl Iterator<Item = String>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = writeln!(out, "#### {title}\n");
    for row in rows.by_ref().take(most) {
        let _ = writeln!(out, "- {row}");
    }
    let left = rows.count();
    if left > 0 {
        let _ = writeln!(out, "- {left} more are left out here");
    }
    out.push('\n');
}

/// A link where the address is one, else the address as text. `name` is ours, or hexadecimal digits.
fn link(name: &str, url: &str) -> String {
    if is_link(url) {
        format!("[{name}]({url})")
    } else {
        format!("{name} {}", code_span(url))
    }
}
