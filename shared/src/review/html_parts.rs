//! The parts of the HTML page.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::escape::{html_code, is_link, push_html};
use super::html_resource::values;
use super::words;
use crate::domain::change_set::review::{CommitFacts, Review};
use crate::domain::risk::Level;

/// Above so many subjects of one finding they begin folded.
const MANY_SUBJECTS: usize = 8;

pub(super) fn header(out: &mut String, review: &Review) {
    let level = review.risk.level.name();
    let _ = write!(out, "<header>\n<p class=\"kicker\">Changegate review</p>\n<h1>");
    push_html(out, &review.title);
    let _ = write!(
        out,
        "</h1>\n<p class=\"verdict\"><strong class=\"badge {level}\">{level} risk</strong> "
    );
    push_html(out, &words::counts(&review.counts));
    out.push_str("</p>\n");
    for alarm in words::alarms(&review.risk.findings) {
        out.push_str("<p class=\"alarm\">");
        push_html(out, &alarm);
        out.push_str("</p>\n");
    }
    if let Some(run) = &review.run {
        out.push_str("<dl class=\"facts\">\n");
        row(out, "Digest", &html_code(&run.digest));
        for demand in &run.demands {
            row(out, "Gate", &plain(demand));
        }
        if let Some(window) = &run.window {
            row(out, "Window", &plain(window));
        }
        out.push_str("</dl>\n");
    }
    out.push_str("</header>\n");
}

pub(super) fn findings(out: &mut String, review: &Review) {
    if review.risk.findings.is_empty() {
        return;
    }
    out.push_str("<section aria-labelledby=\"risk-title\">\n<h2 id=\"risk-title\">What may go wrong</h2>\n<ul class=\"findings\">\n");
    let places: HashMap<_, _> = review
        .resources
        .iter()
        .enumerate()
        .map(|(at, resource)| (words::place(resource), at))
        .collect();
    for (finding, subjects) in words::grouped(&review.risk.findings) {
        let level = finding.level.name();
        let sign = match finding.level {
            Level::High => "!!",
            Level::Medium => "!",
            Level::Low => "·",
        };
        let _ = write!(
            out,
            "<li class=\"{level}\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span><div><strong>{}</strong> <span \
             class=\"level\">{level}</span> ",
            finding.kind.name()
        );
        let many = subjects.len() > MANY_SUBJECTS;
        if many {
            let _ = write!(out, "<details><summary>{} subjects</summary>", subjects.len());
        }
        for (at, subject) in subjects.iter().enumerate() {
            if at > 0 {
                out.push_str(", ");
            }
            match places.get(*subject) {
                Some(place) => {
                    let _ = write!(out, "<a href=\"#r{place}\">{}</a>", html_code(subject));
                }
                None => out.push_str(&html_code(subject)),
            }
        }
        out.push_str(if many { "</details>" } else { "<br>" });
        push_html(out, &finding.because);
        out.push_str("</div></li>\n");
    }
    out.push_str("</ul>\n</section>\n");
}

pub(super) fn gates(out: &mut String, review: &Review) {
    let rows = review.gates.iter().map(|gate| {
        format!(
            "<code>{}</code> {}: <del>{}</del> → <ins>{}</ins>{}",
            plain(&gate.stack),
            plain(&gate.field),
            plain(gate.before.as_deref().unwrap_or("none")),
            plain(gate.after.as_deref().unwrap_or("none")),
            if gate.is_weakened {
                " <strong class=\"badge high\">gate weakened</strong>"
            } else {
                ""
            }
        )
    });
    list(out, "gates", "Gates", rows);
}

pub(super) fn warnings(out: &mut String, review: &Review) {
    list(
        out,
        "warnings",
        "Warnings",
        review.warnings.iter().map(|warning| plain(warning)),
    );
}

pub(super) fn context(out: &mut String, review: &Review) {
    let Some(run) = &review.run else { return };
    let mut rows: Vec<_> = run.commits.iter().map(commit).collect();
    rows.extend(run.commits_incomplete.iter().map(|text| plain(text)));
    rows.extend(
        run.compare_url
            .iter()
            .map(|url| link("All changes since the last execution", url)),
    );
    rows.extend(
        run.changed_elsewhere
            .iter()
            .map(|text| format!("<strong class=\"badge medium\">attention</strong> {}", plain(text))),
    );
    if let Some(last) = &run.last_executed {
        rows.push(format!(
            "Last executed through the gate: {} at {}",
            html_code(&last.commit),
            plain(&last.at)
        ));
    }
    rows.extend(run.waiting.iter().map(|text| plain(text)));
    list(out, "context", "Where it comes from", rows.into_iter());
}

fn commit(commit: &CommitFacts) -> String {
    let sha: String = commit.sha.chars().take(10).collect();
    let mut text = commit
        .url
        .as_deref()
        .map_or_else(|| html_code(&sha), |url| link(&sha, url));
    let _ = write!(text, " <bdi>{}</bdi><br><span class=\"by\">by ", plain(&commit.subject));
    if commit.authenticated.is_empty() {
        let _ = write!(text, "<bdi>{}</bdi> (not authenticated)", plain(&commit.author_text));
    } else {
        let logins: Vec<_> = commit
            .authenticated
            .iter()
            .map(|login| format!("<bdi>{}</bdi>", plain(login)))
            .collect();
        text.push_str(&logins.join(", "));
    }
    if let Some(pull) = &commit.pull_request {
        let number = format!("#{}", pull.number);
        text.push_str(", pull request ");
        text.push_str(
            &pull
                .url
                .as_deref()
                .map_or_else(|| number.clone(), |url| link(&number, url)),
        );
        let _ = write!(text, " <bdi>{}</bdi>", plain(&pull.title));
        for verdict in &pull.verdicts {
            let _ = write!(text, "; <bdi>{}</bdi>", plain(verdict));
        }
    }
    text.push_str("</span>");
    text
}

pub(super) fn settings(out: &mut String, review: &Review) {
    if review.settings.is_empty() {
        return;
    }
    out.push_str(
        "<section aria-labelledby=\"settings-title\">\n<h2 id=\"settings-title\">Settings of the stack</h2>\n<div \
         class=\"changes card\">\n",
    );
    for setting in &review.settings {
        let _ = write!(
            out,
            "<div class=\"change\"><h3><span class=\"kind\">{}</span> ",
            setting.kind.name()
        );
        push_html(out, &setting.name);
        out.push_str("</h3>");
        values(out, setting.before.as_ref(), setting.after.as_ref());
        out.push_str("</div>\n");
    }
    out.push_str("</div>\n</section>\n");
}

pub(super) fn deferred(out: &mut String, review: &Review) {
    let rows = review
        .deferred
        .iter()
        .map(|deferred| format!("{}: {}", html_code(&deferred.subject), plain(&deferred.what)));
    list(out, "deferred", "Decided only at execution", rows);
}

pub(super) fn facts(out: &mut String, review: &Review) {
    out.push_str(
        "<section aria-labelledby=\"facts-title\">\n<h2 id=\"facts-title\">Facts</h2>\n<dl class=\"facts\">\n",
    );
    row(out, "Stack", &html_code(&review.stack.name));
    if review.stack.is_new {
        row(out, "", "the stack is created");
    }
    for (name, value) in words::stack_facts(review) {
        row(out, name, &html_code(value));
    }
    if let Some(run) = &review.run {
        row(out, "Environment", &plain(&run.environment));
        row(
            out,
            "Run",
            &format!("{} {}", html_code(&run.pipeline), html_code(&run.execution)),
        );
        row(out, "Attempt", &run.attempt.to_string());
        row(out, "Made", &plain(&run.made));
        row(out, "Commit", &html_code(&run.commit));
        row(out, "Address", &link("this review", &run.link));
    }
    out.push_str("</dl>\n");
    if let Some(hidden) = words::hidden(review) {
        out.push_str("<p>");
        push_html(out, &hidden);
        out.push_str("</p>\n");
    }
    out.push_str("</section>\n");
}

/// A list of rows that are HTML already.
fn list(out: &mut String, id: &str, title: &str, rows: impl Iterator<Item = String>) {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return;
    }
    let _ = write!(
        out,
        "<section aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n<ul class=\"rows\">\n"
    );
    for row in rows {
        let _ = writeln!(out, "<li>{row}</li>");
    }
    out.push_str("</ul>\n</section>\n");
}

/// A row whose value is HTML already.
fn row(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "<div><dt>{name}</dt><dd>{value}</dd></div>");
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    push_html(&mut out, text);
    out
}

fn link(name: &str, url: &str) -> String {
    if is_link(url) {
        format!(
            "<a href=\"{}\" rel=\"noreferrer noopener\">{}</a>",
            plain(url),
            plain(name)
        )
    } else {
        format!("{} {}", plain(name), html_code(url))
    }
}
