//! A review as Markdown, for GitHub.

mod detail;
mod diffs;

use super::commits::Commits;
use super::gates::{GateRow, Gates};
use super::lines::Lines;
use super::out::{Markdown, Out, Plain, Printed, out, put};
use super::rows::{self, Item};
use super::{MARKDOWN_CHARACTERS, top, words};
use crate::domain::change_set::review::{CommitFacts, Review, RunFacts};
use crate::domain::risk::{Finding, Level};
use crate::domain::secrecy::Masked;
use detail::{DETAILS, Detail};

/// The review as Markdown of at most [`MARKDOWN_CHARACTERS`]; long parts are folded, and what was left out is named.
pub fn markdown(review: &Review) -> String {
    DETAILS
        .into_iter()
        .find_map(|detail| render(review, detail))
        .unwrap_or_else(|| counts_only(review, &rest(review, "Everything else")))
        .finish()
}

/// The comment for a pull request. Of a public repository everybody reads along, so it gets counts only.
pub fn comment(review: &Review, is_public: bool) -> String {
    if is_public {
        let note = out!["Names and values are left out: this repository is public."];
        counts_only(review, &note).finish()
    } else {
        markdown(review)
    }
}

/// The question and how risky it is: no name besides the stack's, no value.
fn head(out: &mut Out<Markdown>, review: &Review) {
    put!(out, "### ", top::question::<Markdown>(review), "\n\n");
    let Some(level) = review.risk.level else {
        put!(out, "The change set **FAILED** and cannot be executed.\n\n");
        return;
    };
    put!(
        out,
        sign(level),
        " **",
        level.name(),
        " risk** · ",
        top::counts::<Markdown>(review)
    );
    put!(
        out,
        " · ",
        review.counts.shown,
        " of ",
        review.counts.total,
        " resources shown\n\n"
    );
}

/// By whom, what is asked of whom, and how to answer.
fn ask(out: &mut Out<Markdown>, review: &Review) {
    if let Some(origin) = top::origin::<Markdown>(review) {
        put!(out, origin, "\n\n");
    }
    let Some(asked) = top::asked::<Markdown>(review) else {
        return;
    };
    put!(out, "> **", asked.lead, "**", asked.whom);
    for sentence in asked.sentences {
        put!(out, " ", sentence);
    }
    put!(out, "\n");
    links(out, review);
    if let Some(commands) = top::commands(review) {
        put!(out, "<details><summary>Approve or reject from a terminal</summary>\n\n");
        for lines in [commands.approve, commands.reject] {
            let mut block = Out::<Plain>::new();
            for line in lines {
                put!(&mut block, line, "\n");
            }
            out.block("sh", &block);
            put!(out, "\n\n");
        }
        put!(out, "</details>\n\n");
    }
}

/// Where approvals are given, and where everything can be read.
fn links(out: &mut Out<Markdown>, review: &Review) {
    let Some(run) = &review.run else { return };
    put!(out, "\n");
    if let Some(page) = &run.ask.page {
        put!(out, "**");
        out.link(&"Open the approval", page);
        put!(out, "** · ");
    }
    out.link(&"Read the whole review", &run.link);
    put!(out, "\n\n");
}

fn counts_only(review: &Review, note: &Out<Markdown>) -> Out<Markdown> {
    let mut out = Out::<Markdown>::new();
    head(&mut out, review);
    links(&mut out, review);
    if let Some(run) = &review.run {
        put!(&mut out, "Digest ", run.digest.start(12), ".\n\n");
    }
    note.print(&mut out);
    put!(&mut out, "\n");
    out
}

fn rest(review: &Review, what: &'static str) -> Out<Markdown> {
    let mut out: Out<Markdown> = out![what];
    if let Some(run) = &review.run {
        put!(&mut out, " is in the ");
        out.link(&"review", &run.link);
        put!(&mut out, ".");
    } else {
        put!(&mut out, " is in the other formats.");
    }
    out
}

/// The review with this much detail; `None` as soon as it is too long.
fn render(review: &Review, detail: Detail) -> Option<Out<Markdown>> {
    let mut out = Out::with_capacity(16_384);
    let lines = Lines::default();
    let place = top::place::<Markdown>(review);
    if !place.is_empty() {
        put!(&mut out, place, "\n\n");
    }
    head(&mut out, review);
    ask(&mut out, review);
    if !detail.is_whole() {
        put!(&mut out, "> This is shortened. ", rest(review, "Everything"), "\n\n");
    }
    let findings = words::grouped(&review.risk.findings);
    let findings = findings
        .into_iter()
        .map(|(finding, subjects)| self::finding(finding, &subjects, detail.rows));
    bullets(&mut out, "What may go wrong", detail.rows, findings);
    bullets(&mut out, "Warnings", detail.rows, review.warnings.iter());
    gates(&mut out, review, detail.rows);
    put!(&mut out, "#### What changes\n\n");
    // The bodies of pipelines follow from the gates above.
    let is_root = review.run.as_ref().is_some_and(|run| run.is_root);
    let shown = if is_root { detail.with_calm_named() } else { detail };
    let (mut left, mut risky_left) = (0, 0);
    for (at, item) in rows::items(review).iter().enumerate() {
        let (most, left, count) = match item {
            Item::One(row) if row.is_risky => (detail.risky_resources, &mut risky_left, 1),
            Item::One(_) => (detail.resources, &mut left, 1),
            Item::Alike(rows) => (detail.resources, &mut left, rows.len()),
        };
        if at >= most {
            *left += count;
            continue;
        }
        diffs::item(&mut out, item, &shown, &lines);
        if out.is_longer_than(MARKDOWN_CHARACTERS) {
            return None;
        }
    }
    let with = " further resources with findings are left out here. ";
    let without = " further resources, none with a finding, are left out here. ";
    for (left, note) in [(risky_left, with), (left, without)] {
        if left > 0 {
            put!(&mut out, "\n", left, note, rest(review, "All"), "\n\n");
        }
    }
    diffs::settings(&mut out, review, detail.calm, &lines);
    bullets(
        &mut out,
        "Decided only at execution",
        detail.rows,
        review
            .deferred
            .iter()
            .map(|deferred| out![deferred.subject, ": ", deferred.what]),
    );
    if let Some(run) = &review.run {
        context(&mut out, run, detail.rows);
    }
    evidence(&mut out, review);
    let without = out.len();
    if shown.is_whole() && !out.is_longer_than(MARKDOWN_CHARACTERS) {
        diffs::kept(&mut out, review, &lines);
        hidden(&mut out, review);
        if !out.is_longer_than(MARKDOWN_CHARACTERS) {
            return Some(out);
        }
        out.back_to(without);
    }
    hidden(&mut out, review);
    (!out.is_longer_than(MARKDOWN_CHARACTERS)).then_some(out)
}

/// How much is hidden and why: words and numbers of ours.
fn hidden(out: &mut Out<Markdown>, review: &Review) {
    if review.hidden == 0 {
        return;
    }
    let verb = if review.hidden == 1 { " value is" } else { " values are" };
    put!(out, "\n", review.hidden, verb, " hidden: ");
    for (at, hidden) in review.hidden_because.iter().enumerate() {
        put!(
            out,
            if at > 0 { ", " } else { "" },
            hidden.count,
            " ",
            hidden.kind.words()
        );
    }
    put!(out, ".\n");
}

fn sign(level: Level) -> &'static str {
    match level {
        Level::High => "🔴",
        Level::Medium => "🟠",
        Level::Low => "⚪",
    }
}

fn finding(finding: &Finding, subjects: &[&Masked], most: usize) -> Out<Markdown> {
    let mut out = out![sign(finding.level), " **", finding.kind.name(), "** · "];
    for (at, subject) in subjects.iter().take(most).enumerate() {
        put!(&mut out, if at > 0 { ", " } else { "" }, *subject);
    }
    if subjects.len() > most {
        put!(&mut out, ", ", subjects.len() - most, " more");
    }
    put!(&mut out, ": ", finding.because);
    out
}

fn gates(out: &mut Out<Markdown>, review: &Review, most: usize) {
    let gates = Gates::of(review);
    bullets(out, "Gates that change", most, gates.changed.iter().map(gate));
    bullets(out, "New under the gate", most, gates.added.iter().map(gate));
    let usual = gates.usual::<Markdown>();
    if !usual.is_empty() {
        put!(out, "The usual gate of a new stack: ", usual, ".\n\n");
    }
    bullets(out, "Leave the gate", most, gates.removed.iter().map(gate));
    bullets(out, "Runs that this ends", most, review.ends_runs.iter());
}

/// What happens to the gate of a stack.
fn gate(row: &GateRow<'_>) -> Out<Markdown> {
    let mut out: Out<Markdown> = out![row.stack];
    if let Some(pipeline) = row.pipeline::<Markdown>() {
        put!(&mut out, " (", pipeline, ")");
    }
    for (at, (said, is_weakened)) in row.differences::<Markdown>().into_iter().enumerate() {
        put!(&mut out, if at == 0 { ": " } else { "; " }, said);
        put!(&mut out, if is_weakened { " **GATE WEAKENED**" } else { "" });
    }
    out
}

fn context(out: &mut Out<Markdown>, run: &RunFacts<Masked>, most: usize) {
    let commits = Commits::of(run);
    let mut rows: Vec<_> = commits.newest.into_iter().map(commit).collect();
    for (count, what) in [
        (commits.older.len(), " more commits"),
        (commits.merges.len(), " merges"),
    ] {
        if count > 0 {
            rows.push(out!["and ", count, what]);
        }
    }
    rows.extend(run.commits_incomplete.iter().map(|text| out![text]));
    rows.extend(run.compare_url.iter().map(|url| {
        let mut row = Out::<Markdown>::new();
        row.link(&"All changes since the last execution", url);
        row
    }));
    rows.extend(run.changed_elsewhere.iter().map(|text| out!["⚠️ ", text]));
    rows.extend(run.waiting.iter().map(|text| out![text]));
    if let Some(last) = &run.last_executed {
        rows.push(out!["Last executed: ", last.commit, " at ", last.at]);
    }
    bullets(out, "Where it comes from", most, rows.into_iter());
}

fn commit(commit: &CommitFacts<Masked>) -> Out<Markdown> {
    let mut out = Out::<Markdown>::new();
    let sha = commit.sha.start(10);
    if let Some(url) = &commit.url {
        out.link_of_id(&sha, url);
    } else {
        put!(&mut out, sha);
    }
    put!(&mut out, " ", commit.subject, " by ");
    if commit.authenticated.is_empty() {
        put!(&mut out, commit.author_text, " (not authenticated)");
    }
    for (at, login) in commit.authenticated.iter().enumerate() {
        put!(&mut out, if at > 0 { ", " } else { "" }, login);
    }
    if let Some(pull) = &commit.pull_request {
        let number: Out<Markdown> = out!["#", pull.number];
        put!(&mut out, ", pull request ");
        if let Some(url) = &pull.url {
            out.link(&number, url);
        } else {
            put!(&mut out, "`", number, "`");
        }
        put!(&mut out, " ", pull.title);
        for verdict in &pull.verdicts {
            put!(&mut out, "; ", verdict);
        }
    }
    out
}

/// What the review rests on: for whoever checks it, not for whoever reads it.
fn evidence(out: &mut Out<Markdown>, review: &Review) {
    let mut rows: Vec<Out<Markdown>> = Vec::new();
    if let Some(run) = &review.run {
        rows.push(out!["digest ", run.digest]);
        rows.push(out![
            "run ",
            run.pipeline,
            " ",
            run.execution,
            ", attempt ",
            run.attempt,
            ", ",
            run.made,
        ]);
    }
    rows.push(out!["stack ", review.stack.name]);
    if review.stack.is_new {
        rows.push(out!["the stack is created"]);
    }
    let facts = words::stack_facts(review);
    rows.extend(facts.into_iter().map(|(name, value)| out![quiet(name), " ", value]));
    put!(out, "<details><summary>Evidence: digest, change set, run</summary>\n\n");
    for row in rows {
        put!(out, "- ", row, "\n");
    }
    put!(out, "\n</details>\n\n");
}

/// The name of a fact within a list.
fn quiet(name: &'static str) -> &'static str {
    match name {
        "Stack id" => "stack id",
        "Status" => "status",
        "Drift" => "drift",
        "Change set" => "change set",
        "Planned" => "planned",
        "Description" => "description",
        "State" => "state",
        "Reason" => "reason",
        other => other,
    }
}

fn bullets(
    out: &mut Out<Markdown>,
    title: &'static str,
    most: usize,
    rows: impl Iterator<Item = impl Printed<Markdown>>,
) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    put!(out, "#### ", title, "\n\n");
    for row in rows.by_ref().take(most) {
        put!(out, "- ", row, "\n");
    }
    let left = rows.count();
    if left > 0 {
        put!(out, "- ", left, " more are left out here\n");
    }
    put!(out, "\n");
}
