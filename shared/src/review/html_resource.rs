//! A resource on the HTML page, and the values of whatever changes.

use super::lines::{Lines, Mark, words as in_words};
use super::out::{Html, Out, Printed as _, put};
use super::rows::{self, Row};
use super::words;
use crate::domain::change_set::review::{ACTIONS, Replacement, ResourceReview};
use crate::domain::change_set::values::{PropertyChange, Shown};
use crate::domain::secrecy::Masked;

/// Most characters of one value on the page; longer ones are in the JSON.
const MOST: usize = 100_000;

/// How a resource is marked on the page.
pub(super) fn class(resource: &ResourceReview) -> &'static str {
    match (resource.action.among(&ACTIONS), resource.replacement) {
        (Some("Add" | "Import"), _) => "add",
        (Some("Remove"), _) => "remove",
        (_, Replacement::Always) => "replace",
        (_, Replacement::Maybe) => "maybe",
        _ => "change",
    }
}

/// Resources that change alike, as one line that unfolds.
pub(super) fn alike(out: &mut Out<Html>, rows: &[Row<'_>], lines: &Lines) {
    let Some(first) = rows.first().map(|row| row.resource) else {
        return;
    };
    put!(
        out,
        "<details class=\"alike ",
        class(first),
        "\">\n<summary><span class=\"verb\">",
        words::deed(first),
        "</span> <span class=\"what\"><span class=\"name\">",
        rows.len(),
        " resources</span> change alike</span> "
    );
    told(out, first);
    put!(out, "</summary>\n");
    for row in rows {
        resource(out, row, false, lines);
    }
    put!(out, "</details>\n");
}

/// What changes and why, on the line of a resource; unfolded, the values say it.
fn told(out: &mut Out<Html>, resource: &ResourceReview) {
    let brief = rows::brief::<Html>(resource);
    if !brief.is_empty() {
        put!(out, "<span class=\"brief\">", brief, "</span>");
    }
    let because = rows::because(resource);
    if !because.is_empty() {
        put!(
            out,
            " <span class=\"because\"><span>because of </span>",
            because,
            "</span>"
        );
    }
}

pub(super) fn resource(out: &mut Out<Html>, row: &Row<'_>, is_open: bool, lines: &Lines) {
    let resource = row.resource;
    put!(
        out,
        "<details class=\"resource ",
        class(resource),
        "\" id=\"r",
        row.at,
        "\"",
        if is_open { " open" } else { "" },
        ">\n<summary><span class=\"verb\">",
        words::deed(resource),
        "</span> <span class=\"what\"><span class=\"name\">",
        resource.place(),
        "</span> <span class=\"type\">",
        resource.resource_type,
        "</span></span> "
    );
    if let Some(fate) = words::fate(resource) {
        put!(out, "<span class=\"fate\">", fate, "</span> ");
    }
    told(out, resource);
    put!(out, "</summary>\n");
    if let Some(id) = &resource.physical_id {
        put!(out, "<p class=\"note\">id <code>", id, "</code></p>\n");
    }
    for note in words::notes(resource) {
        put!(out, "<p class=\"note\">", note, "</p>\n");
    }
    properties(out, &resource.changes, lines);
    if !resource.drifted.is_empty() {
        put!(
            out,
            "<p class=\"note\">Differs from the last deployment (deployed, then actual):</p>\n"
        );
        properties(out, &resource.drifted, lines);
    }
    if let Some(kept) = words::kept(resource) {
        put!(out, "<details class=\"kept\">\n<summary>", kept, "</summary>\n<dl>\n");
        for kept in &resource.kept {
            put!(out, "<div><dt>", kept.path, "</dt><dd>");
            kept_value(out, &kept.value, lines);
            put!(out, "</dd></div>\n");
        }
        put!(out, "</dl>\n</details>\n");
    }
    put!(out, "</details>\n");
}

fn properties(out: &mut Out<Html>, changes: &[PropertyChange], lines: &Lines) {
    if changes.is_empty() {
        return;
    }
    put!(out, "<div class=\"changes\">\n");
    for change in changes {
        put!(out, "<div class=\"change\"><h3>", change.path, "</h3>");
        let remarks = words::remarks(change);
        if !remarks.is_empty() {
            put!(out, "<p class=\"remarks\">", remarks, "</p>");
        }
        values(out, change.before.as_ref(), change.after.as_ref(), lines);
        put!(out, "</div>\n");
    }
    put!(out, "</div>\n");
}

fn kept_value(out: &mut Out<Html>, value: &Shown, lines: &Lines) {
    let mut is_first = true;
    lines.each(None, Some(value), MOST, |_, line| {
        if !std::mem::take(&mut is_first) {
            put!(out, "\n");
        }
        line.print(out);
    });
}

pub(super) fn values(out: &mut Out<Html>, before: Option<&Shown>, after: Option<&Shown>, lines: &Lines) {
    let is_long = |value: Option<&Shown>| value.and_then(Shown::as_text).is_some_and(Masked::has_lines);
    if is_long(before) || is_long(after) {
        put!(out, "<pre>");
        lines.each(before, after, MOST, |mark, line| {
            let (tag, mark, words) = match mark {
                Mark::Minus => ("del", "- ", "removed: "),
                Mark::Plus => ("ins", "+ ", "added: "),
                Mark::Same => ("span", "  ", ""),
            };
            put!(
                out,
                "<",
                tag,
                "><span class=\"spoken\">",
                words,
                "</span><i aria-hidden=\"true\">",
                mark,
                "</i>"
            );
            line.print(out);
            put!(out, "</", tag, ">");
        });
        put!(out, "</pre>");
        return;
    }
    put!(out, "<p class=\"values\">");
    for (tag, spoken, side) in [("del", "before: ", before), ("ins", "after: ", after)] {
        let Some(value) = side else { continue };
        let class = match value {
            Shown::Text(text) if !text.is_empty() => "",
            _ => " class=\"said\"",
        };
        put!(out, "<", tag, class, "><span class=\"spoken\">", spoken, "</span>");
        match value {
            Shown::Text(text) if text.is_empty() => put!(out, "(empty)"),
            Shown::Text(_) => kept_value(out, value, lines),
            other => put!(out, in_words(other)),
        }
        put!(out, "</", tag, ">");
    }
    put!(out, "</p>");
}
