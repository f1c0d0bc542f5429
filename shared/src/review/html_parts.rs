//! The parts of the HTML page.

use std::collections::HashMap;

use super::commits::Commits;
use super::gates::{GateRow, Gates};
use super::html_resource::values;
use super::lines::Lines;
use super::out::{Code, Html, Out, Printed, out, put};
use super::{top, words};
use crate::domain::change_set::review::{CommitFacts, Review};
use crate::domain::risk::Level;
use crate::domain::secrecy::Masked;

/// Above so many subjects of one finding they begin folded.
const MANY_SUBJECTS: usize = 8;

pub(super) fn header(out: &mut Out<Html>, review: &Review) {
    let place = top::place::<Html>(review);
    put!(out, "<header>\n<p class=\"kicker\">");
    if place.is_empty() {
        put!(out, "Changegate review");
    }
    put!(out, place, "</p>\n<h1>", top::question::<Html>(review));
    put!(out, "</h1>\n<p class=\"verdict\"><strong class=\"badge ");
    if let Some(level) = review.risk.level.map(Level::name) {
        put!(out, level, "\">", level, " risk</strong> ", top::counts::<Html>(review));
    } else {
        put!(
            out,
            "high\">FAILED</strong> the change set failed and cannot be executed"
        );
    }
    if let Some(origin) = top::origin::<Html>(review) {
        put!(out, " <span class=\"by\">", origin, "</span>");
    }
    put!(out, "</p>\n");
    ask(out, review);
    put!(out, "</header>\n");
}

/// What is asked of whom, and how to answer.
fn ask(out: &mut Out<Html>, review: &Review) {
    let Some(asked) = top::asked::<Html>(review) else {
        return;
    };
    put!(
        out,
        "<div class=\"ask\"><p><strong>",
        asked.lead,
        "</strong>",
        asked.whom
    );
    for sentence in asked.sentences {
        put!(out, " ", sentence);
    }
    put!(out, "</p>");
    if let Some(page) = review.run.as_ref().and_then(|run| run.ask.page.as_ref()) {
        out.button("Open the approval", page);
    }
    put!(out, "</div>\n");
    if let Some(commands) = top::commands(review) {
        put!(
            out,
            "<details class=\"terminal\"><summary>Approve or reject from a terminal</summary>\n"
        );
        for (title, lines) in [("Approve", &commands.approve), ("Reject", &commands.reject)] {
            put!(out, "<h3>", title, "</h3><pre>");
            for line in lines {
                put!(out, line, "\n");
            }
            put!(out, "</pre>\n");
        }
        put!(out, "</details>\n");
    }
}

pub(super) fn findings(out: &mut Out<Html>, review: &Review) {
    if review.risk.findings.is_empty() {
        return;
    }
    put!(
        out,
        "<section aria-labelledby=\"risk-title\">\n<h2 id=\"risk-title\">What may go wrong</h2>\n<ul class=\"findings\">\n"
    );
    let places: HashMap<_, _> = review
        .resources
        .iter()
        .enumerate()
        .map(|(at, resource)| (resource.place(), at))
        .collect();
    for (finding, subjects) in words::grouped(&review.risk.findings) {
        let level = finding.level.name();
        let sign = match finding.level {
            Level::High => "!!",
            Level::Medium => "!",
            Level::Low => "·",
        };
        put!(
            out,
            "<li class=\"",
            level,
            "\"><span class=\"sign\" aria-hidden=\"true\">",
            sign
        );
        put!(
            out,
            "</span><div><strong>",
            finding.kind.name(),
            "</strong> <span class=\"level\">"
        );
        put!(out, level, "</span> ");
        let many = subjects.len() > MANY_SUBJECTS;
        if many {
            put!(out, "<details><summary>", subjects.len(), " subjects</summary>");
        }
        for (at, subject) in subjects.iter().enumerate() {
            if at > 0 {
                put!(out, ", ");
            }
            if let Some(place) = places.get(*subject) {
                put!(out, "<a href=\"#r", *place, "\">", Code(subject), "</a>");
            } else {
                put!(out, Code(subject));
            }
        }
        put!(out, if many { "</details>" } else { "<br>" });
        put!(out, finding.because, "</div></li>\n");
    }
    put!(out, "</ul>\n</section>\n");
}

pub(super) fn gates(out: &mut Out<Html>, review: &Review) {
    let gates = Gates::of(review);
    gate_table(out, "Gates that change", &gates.changed, "");
    gate_table(out, "New under the gate", &gates.added, "usual");
    let usual = gates.usual::<Html>();
    if !usual.is_empty() {
        put!(
            out,
            "<details class=\"terminal\"><summary>The usual gate of a new stack</summary><p>",
            usual,
            "</p></details>\n"
        );
    }
    gate_table(out, "Leave the gate", &gates.removed, "");
    list(out, "ends", "Runs that this ends", review.ends_runs.iter());
}

/// A row for each stack; `usual` stands where nothing differs.
fn gate_table(out: &mut Out<Html>, title: &'static str, rows: &[GateRow<'_>], usual: &'static str) {
    if rows.is_empty() {
        return;
    }
    put!(
        out,
        "<section>\n<h2>",
        title,
        " <small>",
        rows.len(),
        "</small></h2>\n<table class=\"gates\">\n"
    );
    for row in rows {
        put!(
            out,
            if row.is_weakened {
                "<tr class=\"weakened\"><td>"
            } else {
                "<tr><td>"
            },
            "<strong>",
            row.stack,
            "</strong></td>"
        );
        if let Some(pipeline) = row.pipeline::<Html>() {
            put!(out, "<td>", pipeline, "</td>");
        }
        put!(out, "<td>");
        let differences = row.differences::<Html>();
        if differences.is_empty() {
            put!(out, "<span class=\"by\">", usual, "</span>");
        }
        for (said, is_weakened) in differences {
            if is_weakened {
                put!(
                    out,
                    "<strong class=\"badge high\">gate weakened</strong> ",
                    said,
                    "<br>"
                );
            } else {
                put!(out, said, "<br>");
            }
        }
        put!(out, "</td></tr>\n");
    }
    put!(out, "</table>\n</section>\n");
}

pub(super) fn warnings(out: &mut Out<Html>, review: &Review) {
    list(out, "warnings", "Warnings", review.warnings.iter());
}

pub(super) fn context(out: &mut Out<Html>, review: &Review) {
    let Some(run) = &review.run else { return };
    let commits = Commits::of(run);
    let mut rows: Vec<_> = commits.newest.into_iter().map(commit).collect();
    for (folded, what) in [(commits.older, " more commits"), (commits.merges, " merges")] {
        if !folded.is_empty() {
            let count = folded.len();
            let list = Out::<Html>::joined(folded.into_iter().map(commit), "</li>\n<li>");
            rows.push(out![
                "<details><summary>and ",
                count,
                what,
                "</summary><ul class=\"rows\"><li>",
                list,
                "</li></ul></details>",
            ]);
        }
    }
    rows.extend(run.commits_incomplete.iter().map(|text| out![text]));
    rows.extend(run.compare_url.iter().map(|url| {
        let mut row = Out::<Html>::new();
        row.link(&"All changes since the last execution", url);
        row
    }));
    rows.extend(
        run.changed_elsewhere
            .iter()
            .map(|text| out!["<strong class=\"badge medium\">attention</strong> ", text]),
    );
    if let Some(last) = &run.last_executed {
        rows.push(out![
            "Last executed through the gate: ",
            Code(&last.commit),
            " at ",
            last.at,
        ]);
    }
    rows.extend(run.waiting.iter().map(|text| out![text]));
    list(out, "context", "Where it comes from", rows.into_iter());
}

fn commit(commit: &CommitFacts<Masked>) -> Out<Html> {
    let mut out = Out::<Html>::new();
    let sha = commit.sha.start(10);
    if let Some(url) = &commit.url {
        out.link(&sha, url);
    } else {
        put!(&mut out, Code(&sha));
    }
    put!(&mut out, " <bdi>", commit.subject, "</bdi><br><span class=\"by\">by ");
    if commit.authenticated.is_empty() {
        put!(&mut out, "<bdi>", commit.author_text, "</bdi> (not authenticated)");
    }
    for (at, login) in commit.authenticated.iter().enumerate() {
        put!(&mut out, if at > 0 { ", " } else { "" }, "<bdi>", login, "</bdi>");
    }
    if let Some(pull) = &commit.pull_request {
        let number: Out<Html> = out!["#", pull.number];
        put!(&mut out, ", pull request ");
        if let Some(url) = &pull.url {
            out.link(&number, url);
        } else {
            put!(&mut out, number);
        }
        put!(&mut out, " <bdi>", pull.title, "</bdi>");
        for verdict in &pull.verdicts {
            put!(&mut out, "; <bdi>", verdict, "</bdi>");
        }
    }
    put!(&mut out, "</span>");
    out
}

pub(super) fn settings(out: &mut Out<Html>, review: &Review, lines: &Lines) {
    if review.settings.is_empty() {
        return;
    }
    put!(
        out,
        "<section aria-labelledby=\"settings-title\">\n<h2 id=\"settings-title\">Settings of the stack</h2>\n<div \
         class=\"changes card\">\n"
    );
    for setting in &review.settings {
        put!(
            out,
            "<div class=\"change\"><h3><span class=\"kind\">",
            setting.kind.name(),
            "</span> ",
            setting.name,
            "</h3>"
        );
        values(out, setting.before.as_ref(), setting.after.as_ref(), lines);
        put!(out, "</div>\n");
    }
    put!(out, "</div>\n</section>\n");
}

pub(super) fn deferred(out: &mut Out<Html>, review: &Review) {
    let rows = review
        .deferred
        .iter()
        .map(|deferred| out![Code(&deferred.subject), ": ", deferred.what]);
    list(out, "deferred", "Decided only at execution", rows);
}

/// What the review rests on: for whoever checks it, not for whoever reads it.
pub(super) fn evidence(out: &mut Out<Html>, review: &Review) {
    if let Some(hidden) = words::hidden(review) {
        put!(out, "<p class=\"hidden\">", hidden, "</p>\n");
    }
    put!(
        out,
        "<details class=\"evidence\">\n<summary>Evidence: digest, change set, run</summary>\n<dl class=\"facts\">\n"
    );
    if let Some(run) = &review.run {
        row(out, "Digest", &Code(&run.digest));
        let both: Out<Html> = out![Code(&run.pipeline), " ", Code(&run.execution)];
        row(out, "Run", &both);
        row(out, "Attempt", &run.attempt);
        row(out, "Made", &run.made);
        row(out, "Commit", &Code(&run.commit));
        let mut link = Out::<Html>::new();
        link.link(&"this review", &run.link);
        row(out, "Address", &link);
    }
    row(out, "Stack", &Code(&review.stack.name));
    if review.stack.is_new {
        row(out, "", &"the stack is created");
    }
    for (name, value) in words::stack_facts(review) {
        row(out, name, &Code(value));
    }
    put!(out, "</dl>\n</details>\n");
}

fn list(out: &mut Out<Html>, id: &'static str, title: &'static str, rows: impl Iterator<Item = impl Printed<Html>>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    put!(
        out,
        "<section aria-labelledby=\"",
        id,
        "-title\">\n<h2 id=\"",
        id,
        "-title\">",
        title
    );
    put!(out, "</h2>\n<ul class=\"rows\">\n");
    for row in rows {
        put!(out, "<li>", row, "</li>\n");
    }
    put!(out, "</ul>\n</section>\n");
}

fn row(out: &mut Out<Html>, name: &'static str, value: &dyn Printed<Html>) {
    put!(out, "<div><dt>", name, "</dt><dd>");
    value.print(out);
    put!(out, "</dd></div>\n");
}
