//! The parts of the HTML page.

use std::collections::HashMap;

use super::html_resource::values;
use super::lines::Lines;
use super::out::{Html, Out, Printed, out, put};
use super::words;
use crate::domain::change_set::review::{CommitFacts, Review};
use crate::domain::risk::Level;
use crate::domain::secrecy::Masked;

/// Above so many subjects of one finding they begin folded.
const MANY_SUBJECTS: usize = 8;

pub(super) fn header(out: &mut Out<Html>, review: &Review) {
    put!(
        out,
        "<header>\n<p class=\"kicker\">Changegate review</p>\n<h1>",
        review.title
    );
    put!(out, "</h1>\n<p class=\"verdict\"><strong class=\"badge ");
    if let Some(level) = review.risk.level.map(Level::name) {
        put!(
            out,
            level,
            "\">",
            level,
            " risk</strong> ",
            words::counts(&review.counts)
        );
    } else {
        put!(
            out,
            "high\">FAILED</strong> the change set failed and cannot be executed"
        );
    }
    put!(out, "</p>\n");
    for alarm in words::alarms(&review.risk.findings) {
        put!(out, "<p class=\"alarm\">", alarm, "</p>\n");
    }
    if let Some(run) = &review.run {
        put!(out, "<dl class=\"facts\">\n");
        row(out, "Digest", &code(&run.digest));
        for demand in &run.demands {
            row(out, "Gate", &demand);
        }
        if let Some(window) = &run.window {
            row(out, "Window", &window);
        }
        put!(out, "</dl>\n");
    }
    put!(out, "</header>\n");
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
                put!(out, "<a href=\"#r", *place, "\">", code(subject), "</a>");
            } else {
                put!(out, code(subject));
            }
        }
        put!(out, if many { "</details>" } else { "<br>" });
        put!(out, finding.because, "</div></li>\n");
    }
    put!(out, "</ul>\n</section>\n");
}

pub(super) fn gates(out: &mut Out<Html>, review: &Review) {
    let none = || Masked::ours("none");
    let rows = review.gates.iter().map(|gate| {
        out![
            code(&gate.stack),
            " ",
            gate.field,
            ": <del>",
            gate.before.clone().unwrap_or_else(none),
            "</del> → <ins>",
            gate.after.clone().unwrap_or_else(none),
            "</ins>",
            if gate.is_weakened {
                " <strong class=\"badge high\">gate weakened</strong>"
            } else {
                ""
            },
        ]
    });
    list(out, "gates", "Gates", rows);
}

pub(super) fn warnings(out: &mut Out<Html>, review: &Review) {
    list(out, "warnings", "Warnings", review.warnings.iter());
}

pub(super) fn context(out: &mut Out<Html>, review: &Review) {
    let Some(run) = &review.run else { return };
    let mut rows: Vec<_> = run.commits.iter().map(commit).collect();
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
            code(&last.commit),
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
        put!(&mut out, code(&sha));
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
        .map(|deferred| out![code(&deferred.subject), ": ", deferred.what]);
    list(out, "deferred", "Decided only at execution", rows);
}

pub(super) fn facts(out: &mut Out<Html>, review: &Review) {
    put!(
        out,
        "<section aria-labelledby=\"facts-title\">\n<h2 id=\"facts-title\">Facts</h2>\n<dl class=\"facts\">\n"
    );
    row(out, "Stack", &code(&review.stack.name));
    if review.stack.is_new {
        row(out, "", &"the stack is created");
    }
    for (name, value) in words::stack_facts(review) {
        row(out, name, &code(value));
    }
    if let Some(run) = &review.run {
        row(out, "Environment", &run.environment);
        let both: Out<Html> = out![code(&run.pipeline), " ", code(&run.execution)];
        row(out, "Run", &both);
        row(out, "Attempt", &run.attempt);
        row(out, "Made", &run.made);
        row(out, "Commit", &code(&run.commit));
        let mut link = Out::<Html>::new();
        link.link(&"this review", &run.link);
        row(out, "Address", &link);
    }
    put!(out, "</dl>\n");
    if let Some(hidden) = words::hidden(review) {
        put!(out, "<p>", hidden, "</p>\n");
    }
    put!(out, "</section>\n");
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

/// A text in an element that keeps its direction to itself.
fn code(text: &Masked) -> Out<Html> {
    out!["<code>", text, "</code>"]
}
