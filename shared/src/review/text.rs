//! A review as plain text, for mails and terminals.

mod run;

use self::run::{commands, context, evidence, head};
use super::gates::{GateRow, Gates};
use super::lines::{Lines, Mark};
use super::out::{Out, Plain, Printed, out, put};
use super::rows::{self, Item, Row};
use super::{TEXT_BYTES, words};
use crate::domain::change_set::review::{ResourceReview, Review};
use crate::domain::change_set::values::PropertyChange;
use crate::domain::secrecy::{Masked, masked};

/// How much is told, from all to the least. What has a finding keeps its values for as long as there is anything else
/// to leave out.
const DETAILS: [Detail; 7] = [
    detail(usize::MAX, usize::MAX, usize::MAX),
    detail(usize::MAX, 400, usize::MAX),
    detail(usize::MAX, 60, usize::MAX),
    detail(usize::MAX, 0, usize::MAX),
    detail(usize::MAX, 0, 0),
    detail(2_000, 0, 0),
    detail(60, 0, 0),
];

#[derive(Debug, Clone, Copy)]
struct Detail {
    /// Most characters of a value of a resource that has a finding.
    risky: usize,
    /// Most characters of a value of any other; with 0, no property of it is told.
    value: usize,
    /// Whether resources without a finding are told: with 0 they are counted.
    resources: usize,
}

const fn detail(risky: usize, value: usize, resources: usize) -> Detail {
    Detail {
        risky,
        value,
        resources,
    }
}

/// The review as plain text of at most [`TEXT_BYTES`]; says what was left out and where it is.
pub fn text(review: &Review) -> String {
    DETAILS
        .into_iter()
        .find_map(|detail| render(review, detail, TEXT_BYTES))
        .unwrap_or_else(|| {
            let [.., least] = DETAILS;
            let whole = render(review, least, usize::MAX).unwrap_or_else(Out::new);
            shortened(whole)
        })
        .finish()
}

fn shortened(mut rendered: Out<Plain>) -> Out<Plain> {
    const NOTE: &str = "\n\n[cut here: the rest is at the address above]\n";
    rendered.shorten(TEXT_BYTES - NOTE.len());
    put!(&mut rendered, NOTE);
    rendered
}

/// The text with this much detail; `None` as soon as it is longer than `most` bytes.
fn render(review: &Review, detail: Detail, most: usize) -> Option<Out<Plain>> {
    let mut out = Out::with_capacity(16_384);
    let lines = Lines::default();
    head(&mut out, review);
    if detail.value != usize::MAX {
        put!(
            &mut out,
            "This text is shortened; everything is at the address above.\n"
        );
    }
    if !review.risk.findings.is_empty() {
        title(&mut out, "WHAT MAY GO WRONG");
        for (finding, subjects) in words::grouped(&review.risk.findings) {
            put!(&mut out, "  [", finding.level.name(), "] ", finding.kind.name(), ": ");
            put!(&mut out, Masked::joined(subjects, ", "), ": ", finding.because, "\n");
        }
    }
    list(&mut out, "WARNINGS", review.warnings.iter());
    gates(&mut out, review);
    commands(&mut out, review);
    put!(&mut out, "\nWHAT CHANGES: ", words::shown(&review.counts).loud(), "\n");
    // The bodies of pipelines follow from the gates above.
    let is_root = review.run.as_ref().is_some_and(|run| run.is_root);
    let value = if is_root { 0 } else { detail.value };
    let mut left = 0;
    for item in rows::items(review) {
        match item {
            Item::One(row) if row.is_risky => self::resource(&mut out, &row, detail.risky, &lines),
            Item::One(_) if detail.resources == 0 => left += 1,
            Item::One(row) => self::resource(&mut out, &row, value, &lines),
            Item::Alike(rows) if detail.resources == 0 => left += rows.len(),
            Item::Alike(rows) => alike(&mut out, &rows, value, &lines),
        }
        if out.len() > most {
            return None;
        }
    }
    if left > 0 {
        put!(
            &mut out,
            left,
            " further resources, none with a finding, are at the address above\n"
        );
    }
    settings(&mut out, review, detail, &lines);
    list(
        &mut out,
        "DECIDED ONLY AT EXECUTION",
        review
            .deferred
            .iter()
            .map(|deferred| masked![deferred.subject, ": ", deferred.what]),
    );
    if let Some(run) = &review.run {
        context(&mut out, run);
    }
    if let Some(hidden) = words::hidden(review) {
        put!(&mut out, "\n", hidden, "\n");
    }
    evidence(&mut out, review);
    if out.len() > most {
        return None;
    }
    if value == usize::MAX {
        let without = out.len();
        kept(&mut out, review, most, &lines);
        if out.len() > most {
            out.back_to(without);
        }
    }
    Some(out)
}

fn gates(out: &mut Out<Plain>, review: &Review) {
    let gates = Gates::of(review);
    gate_rows(out, "GATES THAT CHANGE", &gates.changed);
    gate_rows(out, "NEW UNDER THE GATE", &gates.added);
    let usual = gates.usual::<Plain>();
    if !usual.is_empty() {
        put!(out, "  The usual gate of a new stack: ", usual, "\n");
    }
    gate_rows(out, "LEAVE THE GATE", &gates.removed);
    list(out, "RUNS THAT THIS ENDS", review.ends_runs.iter());
}

/// A row for each stack.
fn gate_rows(out: &mut Out<Plain>, name: &'static str, rows: &[GateRow<'_>]) {
    list(
        out,
        name,
        rows.iter().map(|row| {
            let mut line: Out<Plain> = out![row.stack];
            if let Some(pipeline) = row.pipeline::<Plain>() {
                put!(&mut line, " (", pipeline, ")");
            }
            for (at, (said, is_weakened)) in row.differences::<Plain>().into_iter().enumerate() {
                put!(&mut line, if at == 0 { ": " } else { "; " }, said);
                put!(&mut line, if is_weakened { ": GATE WEAKENED" } else { "" });
            }
            line
        }),
    );
}

/// Resources that change alike: their names, and once what changes.
fn alike(out: &mut Out<Plain>, rows: &[Row<'_>], most: usize, lines: &Lines) {
    let Some(first) = rows.first().map(|row| row.resource) else {
        return;
    };
    put!(out, words::sign(first), " ", rows.len(), " resources change alike: ");
    let names = rows.iter().map(|row| row.resource.place());
    put!(out, Masked::joined(names, ", "), "\n");
    told(out, first, most, lines);
}

fn resource(out: &mut Out<Plain>, row: &Row<'_>, most: usize, lines: &Lines) {
    let resource = row.resource;
    put!(out, words::sign(resource), " ", resource.place(), "  ");
    put!(out, resource.resource_type, "  ", words::verb(resource), "\n");
    if let Some(id) = &resource.physical_id {
        put!(out, "      id ", id, "\n");
    }
    told(out, resource, most, lines);
    if let Some(kept) = words::kept(resource).filter(|_| most > 0) {
        put!(out, "      ", kept, "\n");
    }
}

/// What is told of a resource besides its name.
fn told(out: &mut Out<Plain>, resource: &ResourceReview, most: usize, lines: &Lines) {
    for note in words::notes(resource) {
        put!(out, "      ", note, "\n");
    }
    if most == 0 {
        put!(
            out,
            "      ",
            resource.changes.len(),
            " properties; see the address above\n"
        );
        return;
    }
    properties(out, &resource.changes, most, lines);
    if !resource.drifted.is_empty() {
        put!(out, "      differs from the last deployment (deployed, then actual):\n");
        properties(out, &resource.drifted, most, lines);
    }
}

/// Values that stay: after all that changes, so that they are in nobody's way.
fn kept(out: &mut Out<Plain>, review: &Review, most: usize, lines: &Lines) {
    if review.resources.iter().all(|resource| resource.kept.is_empty()) {
        return;
    }
    title(out, "VALUES THAT STAY");
    for resource in review.resources.iter().filter(|resource| !resource.kept.is_empty()) {
        if out.len() > most {
            return;
        }
        put!(out, resource.place(), "\n");
        for kept in &resource.kept {
            put!(out, "    ", kept.path, "\n");
            lines.each(None, Some(&kept.value), usize::MAX, |_, line| {
                marked(out, Mark::Same, line);
            });
        }
    }
}

fn properties(out: &mut Out<Plain>, changes: &[PropertyChange], most: usize, lines: &Lines) {
    for change in changes {
        let remarks = words::remarks(change);
        put!(out, "    ", change.path);
        if !remarks.is_empty() {
            put!(out, "   — ", remarks);
        }
        put!(out, "\n");
        lines.each(change.before.as_ref(), change.after.as_ref(), most, |mark, line| {
            marked(out, mark, line);
        });
    }
}

fn marked(out: &mut Out<Plain>, mark: Mark, line: &Out<Plain>) {
    let mark = match mark {
        Mark::Minus => "      - ",
        Mark::Plus => "      + ",
        Mark::Same => "        ",
    };
    put!(out, mark);
    line.print(out);
    put!(out, "\n");
}

fn settings(out: &mut Out<Plain>, review: &Review, detail: Detail, lines: &Lines) {
    if review.settings.is_empty() {
        return;
    }
    title(out, "SETTINGS OF THE STACK");
    for setting in &review.settings {
        put!(out, "  ", setting.kind.name(), " ", setting.name, "\n");
        lines.each(
            setting.before.as_ref(),
            setting.after.as_ref(),
            detail.value.max(60),
            |mark, line| marked(out, mark, line),
        );
    }
}

fn list(out: &mut Out<Plain>, name: &'static str, texts: impl Iterator<Item = impl Printed<Plain>>) {
    let mut texts = texts.peekable();
    if texts.peek().is_none() {
        return;
    }
    title(out, name);
    for text in texts {
        put!(out, "  ", text, "\n");
    }
}

fn title(out: &mut Out<Plain>, name: &'static str) {
    let head = out!["\n", name, "\n"];
    head.print(out);
}
