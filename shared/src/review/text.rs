//! A review as plain text, for mails and terminals.

use std::fmt::Write as _;

use super::escape::visible;
use super::lines::{Mark, each_line};
use super::{TEXT_BYTES, words};
use crate::domain::change_set::review::{ResourceReview, Review, RunFacts};
use crate::domain::change_set::values::PropertyChange;

/// How much is told, from all to the least.
const DETAILS: [Detail; 4] = [
    Detail {
        value: usize::MAX,
        properties: true,
    },
    Detail {
        value: 400,
        properties: true,
    },
    Detail {
        value: 60,
        properties: true,
    },
    Detail {
        value: 0,
        properties: false,
    },
];

#[derive(Debug, Clone, Copy)]
struct Detail {
    value: usize,
    properties: bool,
}

/// The review as plain text of at most [`TEXT_BYTES`]; says what was left out and where it is.
pub fn text(review: &Review) -> String {
    DETAILS
        .into_iter()
        .find_map(|detail| render(review, detail, TEXT_BYTES))
        .unwrap_or_else(|| {
            let [.., least] = DETAILS;
            shortened(render(review, least, usize::MAX).unwrap_or_default())
        })
}

fn shortened(mut rendered: String) -> String {
    let note = "\n\n[cut here: the rest is at the address above]\n";
    let mut end = rendered.len().min(TEXT_BYTES - note.len());
    while !rendered.is_char_boundary(end) {
        end -= 1;
    }
    rendered.truncate(end);
    rendered.push_str(note);
    rendered
}

/// The text with this much detail; `None` as soon as it is longer than `most` bytes.
fn render(review: &Review, detail: Detail, most: usize) -> Option<String> {
    let mut out = String::with_capacity(16_384);
    line(&mut out, "", &super::summary(review));
    out.push_str(&"=".repeat(72));
    out.push('\n');
    if detail.value != usize::MAX {
        line(
            &mut out,
            "",
            "This text is shortened; everything is at the address below.",
        );
    }
    head(&mut out, review);
    if !review.risk.findings.is_empty() {
        title(&mut out, "What may go wrong");
        for (finding, subjects) in words::grouped(&review.risk.findings) {
            let head = format!("[{}] {}: ", finding.level.name(), finding.kind.name());
            line(
                &mut out,
                &format!("  {head}"),
                &format!("{}: {}", subjects.join(", "), finding.because),
            );
        }
    }
    list(&mut out, "Warnings", review.warnings.iter().cloned());
    gates(&mut out, review);
    if let Some(run) = &review.run {
        context(&mut out, run);
    }
    title(&mut out, &format!("Resources: {}", words::shown(&review.counts)));
    for resource in &review.resources {
        self::resource(&mut out, resource, detail);
        if out.len() > most {
            return None;
        }
    }
    settings(&mut out, review, detail);
    list(
        &mut out,
        "Decided only at execution",
        review
            .deferred
            .iter()
            .map(|deferred| format!("{}: {}", deferred.subject, deferred.what)),
    );
    if let Some(hidden) = words::hidden(review) {
        out.push('\n');
        line(&mut out, "", &hidden);
    }
    if out.len() > most {
        return None;
    }
    if detail.value == usize::MAX {
        let without = out.len();
        kept(&mut out, review, most);
        if out.len() > most {
            out.truncate(without);
        }
    }
    Some(out)
}

fn head(out: &mut String, review: &Review) {
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            line(out, &format!("{name:<12}"), value);
        }
    };
    row("Risk", &review.risk.level.name().to_uppercase());
    row("Stack", &review.stack.name);
    if review.stack.is_new {
        row("", "the stack is created");
    }
    for (name, value) in words::stack_facts(review) {
        row(name, value);
    }
    if review.stack.change_set.is_none() {
        row("Change set", "none: only the stack policy changes");
    }
    if let Some(run) = &review.run {
        row("Environment", &run.environment);
        row(
            "Run",
            &format!("{} {}, attempt {}", run.pipeline, run.execution, run.attempt),
        );
        row("Made", &run.made);
        row("Digest", &run.digest);
        row("Review", &run.link);
        for demand in &run.demands {
            row("Gate", demand);
        }
        row("Window", run.window.as_deref().unwrap_or_default());
    }
}

fn context(out: &mut String, run: &RunFacts) {
    title(out, "Where it comes from");
    for commit in &run.commits {
        let who = if commit.authenticated.is_empty() {
            format!("{} (not authenticated)", commit.author_text)
        } else {
            commit.authenticated.join(", ")
        };
        let sha: String = commit.sha.chars().take(10).collect();
        line(out, "  ", &format!("{sha} {}", commit.subject));
        line(out, "      by ", &who);
        if let Some(pull) = &commit.pull_request {
            line(out, "      pull request ", &format!("#{} {}", pull.number, pull.title));
            for verdict in &pull.verdicts {
                line(out, "        ", verdict);
            }
        }
    }
    for text in [&run.commits_incomplete, &run.compare_url, &run.changed_elsewhere]
        .into_iter()
        .flatten()
    {
        line(out, "  ", text);
    }
    if let Some(last) = &run.last_executed {
        line(
            out,
            "  last executed through the gate: ",
            &format!("{} at {}", last.commit, last.at),
        );
    }
    for text in &run.waiting {
        line(out, "  ", text);
    }
}

fn gates(out: &mut String, review: &Review) {
    list(
        out,
        "Gates",
        review.gates.iter().map(|gate| {
            format!(
                "{}: {}: {} → {}{}",
                gate.stack,
                gate.field,
                gate.before.as_deref().unwrap_or("(none)"),
                gate.after.as_deref().unwrap_or("(none)"),
                if gate.is_weakened { ": GATE WEAKENED" } else { "" }
            )
        }),
    );
}

fn resource(out: &mut String, resource: &ResourceReview, detail: Detail) {
    let head = format!(
        "{} {}  {}  {}",
        words::sign(resource),
        words::place(resource),
        resource.resource_type,
        words::verb(resource)
    );
    line(out, "", &head);
    if let Some(id) = &resource.physical_id {
        line(out, "      id ", id);
    }
    for note in words::notes(resource) {
        line(out, "      ", &note);
    }
    if !detail.properties {
        line(
            out,
            "      ",
            &format!("{} properties; see the address above", resource.changes.len()),
        );
        return;
    }
    properties(out, &resource.changes, detail);
    if !resource.drifted.is_empty() {
        line(
            out,
            "      ",
            "differs from what was deployed last (deployed, then as it really is):",
        );
        properties(out, &resource.drifted, detail);
    }
    if let Some(kept) = words::kept(resource) {
        line(out, "      ", &kept);
    }
}

/// Values that stay: after all that changes, so that they are in nobody's way.
fn kept(out: &mut String, review: &Review, most: usize) {
    if review.resources.iter().all(|resource| resource.kept.is_empty()) {
        return;
    }
    title(out, "Values that stay");
    for resource in review.resources.iter().filter(|resource| !resource.kept.is_empty()) {
        if out.len() > most {
            return;
        }
        line(out, "", &words::place(resource));
        for kept in &resource.kept {
            line(out, "    ", &kept.path);
            each_line(None, Some(&kept.value), usize::MAX, |_, line| {
                marked(out, Mark::Same, line);
            });
        }
    }
}

fn properties(out: &mut String, changes: &[PropertyChange], detail: Detail) {
    for change in changes {
        let remarks = words::remarks(change);
        out.push_str("    ");
        out.push_str(&visible(&change.path));
        if !remarks.is_empty() {
            out.push_str("   — ");
            out.push_str(&visible(&remarks));
        }
        out.push('\n');
        each_line(
            change.before.as_ref(),
            change.after.as_ref(),
            detail.value,
            |mark, line| marked(out, mark, line),
        );
    }
}

fn marked(out: &mut String, mark: Mark, text: &str) {
    out.push_str(match mark {
        Mark::Minus => "      - ",
        Mark::Plus => "      + ",
        Mark::Same => "        ",
    });
    out.push_str(text);
    out.push('\n');
}

fn settings(out: &mut String, review: &Review, detail: Detail) {
    if review.settings.is_empty() {
        return;
    }
    title(out, "Settings of the stack");
    for setting in &review.settings {
        line(out, "  ", &format!("{} {}", setting.kind.name(), setting.name));
        each_line(
            setting.before.as_ref(),
            setting.after.as_ref(),
            detail.value.max(60),
            |mark, line| marked(out, mark, line),
        );
    }
}

fn list(out: &mut String, name: &str, texts: impl Iterator<Item = String>) {
    let texts: Vec<_> = texts.collect();
    if texts.is_empty() {
        return;
    }
    title(out, name);
    for text in texts {
        line(out, "  ", &text);
    }
}

fn title(out: &mut String, name: &str) {
    let _ = writeln!(out, "\n{}", name.to_uppercase());
}

/// One line, whatever is in `text`: it can neither begin another nor hide.
fn line(out: &mut String, prefix: &str, text: &str) {
    out.push_str(prefix);
    out.push_str(&visible(text));
    out.push('\n');
}
