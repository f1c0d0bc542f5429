//! A resource on the HTML page, and the values of whatever changes.

use std::fmt::Write as _;

use super::escape::{push_html, push_html_line};
use super::lines::{Mark, each_line};
use super::words;
use crate::domain::change_set::review::{Replacement, ResourceReview};
use crate::domain::change_set::values::{PropertyChange, Shown};

/// Most characters of one value on the page; longer ones are in the JSON.
const MOST: usize = 100_000;

/// How a resource is marked on the page.
pub(super) fn class(resource: &ResourceReview) -> &'static str {
    match (resource.action.as_str(), resource.replacement) {
        ("Add" | "Import", _) => "add",
        ("Remove", _) => "remove",
        (_, Replacement::Always) => "replace",
        (_, Replacement::Maybe) => "maybe",
        _ => "change",
    }
}

pub(super) fn resource(out: &mut String, at: usize, resource: &ResourceReview, is_open: bool) {
    let class = class(resource);
    let open = if is_open { " open" } else { "" };
    let _ = write!(
        out,
        "<details class=\"resource {class}\" id=\"r{at}\"{open}>\n<summary><span class=\"sign\" aria-hidden=\"true\">"
    );
    push_html(out, words::sign(resource));
    out.push_str("</span><span class=\"name\">");
    push_html(out, &words::place(resource));
    out.push_str("</span> <span class=\"type\">");
    push_html(out, &resource.resource_type);
    out.push_str("</span> <span class=\"verb\">");
    push_html(out, &words::verb(resource));
    out.push_str("</span></summary>\n");
    if let Some(id) = &resource.physical_id {
        out.push_str("<p class=\"note\">id <code>");
        push_html(out, id);
        out.push_str("</code></p>\n");
    }
    for note in words::notes(resource) {
        out.push_str("<p class=\"note\">");
        push_html(out, &note);
        out.push_str("</p>\n");
    }
    properties(out, &resource.changes);
    if !resource.drifted.is_empty() {
        out.push_str("<p class=\"note\">Differs from what was deployed last (deployed, then as it really is):</p>\n");
        properties(out, &resource.drifted);
    }
    if let Some(words) = words::kept(resource) {
        let _ = write!(out, "<details class=\"kept\">\n<summary>{words}</summary>\n<dl>\n");
        for kept in &resource.kept {
            out.push_str("<div><dt>");
            push_html(out, &kept.path);
            out.push_str("</dt><dd>");
            kept_value(out, &kept.value);
            out.push_str("</dd></div>\n");
        }
        out.push_str("</dl>\n</details>\n");
    }
    out.push_str("</details>\n");
}

fn properties(out: &mut String, changes: &[PropertyChange]) {
    if changes.is_empty() {
        return;
    }
    out.push_str("<div class=\"changes\">\n");
    for change in changes {
        property(out, change);
    }
    out.push_str("</div>\n");
}

fn kept_value(out: &mut String, value: &Shown) {
    let mut is_first = true;
    each_line(None, Some(value), MOST, |_, line| {
        if !std::mem::take(&mut is_first) {
            out.push('\n');
        }
        push_html_line(out, line);
    });
}

fn property(out: &mut String, change: &PropertyChange) {
    out.push_str("<div class=\"change\"><h3>");
    push_html(out, &change.path);
    out.push_str("</h3>");
    let remarks = words::remarks(change);
    if !remarks.is_empty() {
        out.push_str("<p class=\"remarks\">");
        push_html(out, &remarks);
        out.push_str("</p>");
    }
    values(out, change.before.as_ref(), change.after.as_ref());
    out.push_str("</div>\n");
}

pub(super) fn values(out: &mut String, before: Option<&Shown>, after: Option<&Shown>) {
    let is_long = |value: Option<&Shown>| value.and_then(Shown::as_text).is_some_and(|text| text.contains('\n'));
    if is_long(before) || is_long(after) {
        out.push_str("<pre>");
        each_line(before, after, MOST, |mark, line| {
            let (tag, mark, words) = match mark {
                Mark::Minus => ("del", "- ", "removed: "),
                Mark::Plus => ("ins", "+ ", "added: "),
                Mark::Same => ("span", "  ", ""),
            };
            push_all(
                out,
                [
                    "<",
                    tag,
                    "><span class=\"spoken\">",
                    words,
                    "</span><i aria-hidden=\"true\">",
                    mark,
                    "</i>",
                ],
            );
            push_html_line(out, line);
            push_all(out, ["</", tag, ">"]);
        });
        out.push_str("</pre>");
        return;
    }
    out.push_str("<p class=\"values\">");
    for (tag, spoken, side) in [("del", "before: ", before), ("ins", "after: ", after)] {
        let Some(value) = side else { continue };
        let class = match value {
            Shown::Text(text) if !text.is_empty() => "",
            _ => " class=\"said\"",
        };
        push_all(out, ["<", tag, class, "><span class=\"spoken\">", spoken, "</span>"]);
        match value {
            Shown::Text(text) if text.is_empty() => out.push_str("(empty)"),
            Shown::Text(_) => kept_value(out, value),
            other => push_html(out, &super::lines::words(other)),
        }
        push_all(out, ["</", tag, ">"]);
    }
    out.push_str("</p>");
}

fn push_all<const N: usize>(out: &mut String, parts: [&str; N]) {
    for part in parts {
        out.push_str(part);
    }
}
