//! What changes, as blocks in the notation of `diff`.

use super::detail::{Depth, Detail};
use crate::domain::change_set::review::{ResourceReview, Review};
use crate::domain::change_set::values::{PropertyChange, Shown};
use crate::review::MARKDOWN_CHARACTERS;
use crate::review::lines::{Lines, Mark};
use crate::review::out::{Html, Markdown, Out, Plain, Printed as _, out, put};
use crate::review::rows::{self, Item, Row};
use crate::review::words;

/// A resource, or several that change alike.
pub(super) fn item(out: &mut Out<Markdown>, item: &Item<'_>, detail: &Detail, lines: &Lines) {
    match item {
        Item::One(row) if row.is_risky => resource(out, row, detail.risky, lines),
        Item::One(row) => resource(out, row, detail.calm, lines),
        Item::Alike(rows) => alike(out, rows, detail.calm, lines),
    }
}

/// Resources that change alike: their names, and once what changes.
fn alike(out: &mut Out<Markdown>, rows: &[Row<'_>], depth: Depth, lines: &Lines) {
    let Some(first) = rows.first().map(|row| row.resource) else {
        return;
    };
    put!(out, "<details><summary>");
    let head: Out<Html> = out![
        "<code>",
        words::sign(first),
        "</code> ",
        rows.len(),
        " resources change alike: <code>",
        rows::brief::<Html>(first),
        "</code>",
    ];
    out.html(&head);
    put!(out, "</summary>\n\n");
    let mut names = Out::<Plain>::new();
    for row in rows {
        put!(&mut names, row.resource.place(), "  ", row.resource.resource_type, "\n");
    }
    out.block("text", &names);
    put!(out, "\n\n");
    let body = body(first, depth, lines);
    if !body.is_empty() {
        out.diff(&body);
        put!(out, "\n\n");
    }
    put!(out, "</details>\n\n");
}

fn resource(out: &mut Out<Markdown>, row: &Row<'_>, depth: Depth, lines: &Lines) {
    let resource = row.resource;
    let sign: Out<Html> = match words::sign(resource) {
        "<-" => out!["&lt;-"],
        sign => out![sign],
    };
    let mut head: Out<Html> = out![
        "<code>",
        sign,
        "</code> <code>",
        resource.place(),
        "</code> <code>",
        resource.resource_type,
        "</code> <code>",
        words::verb(resource),
        "</code>",
    ];
    if let Some(id) = &resource.physical_id {
        put!(&mut head, " <code>", id.cut(300), "</code>");
    }
    let (brief, because) = (rows::brief::<Html>(resource), rows::because(resource));
    if !row.is_risky && !brief.is_empty() {
        put!(&mut head, " <code>", brief, "</code>");
    }
    if !because.is_empty() {
        put!(&mut head, " because of <code>", because, "</code>");
    }
    let body = body(resource, depth, lines);
    if body.is_empty() {
        put!(out, "- ");
        out.html(&head);
        put!(out, "\n");
        return;
    }
    put!(out, "<details", if row.is_risky { " open" } else { "" }, "><summary>");
    out.html(&head);
    put!(out, "</summary>\n\n");
    out.diff(&body);
    put!(out, "\n\n</details>\n\n");
}

/// The lines of a `diff` block: every one begins with a mark of ours.
fn body(resource: &ResourceReview, depth: Depth, lines: &Lines) -> Out<Plain> {
    let mut body = Out::new();
    if depth.properties == 0 {
        return body;
    }
    for note in words::notes(resource) {
        put!(&mut body, "# ", note, "\n");
    }
    properties(&mut body, &resource.changes, depth, lines);
    if resource.changes.len() > depth.properties {
        let left = resource.changes.len() - depth.properties;
        put!(&mut body, "# ", left, " further properties are left out here\n");
    }
    if !resource.drifted.is_empty() {
        put!(
            &mut body,
            "# differs from the last deployment (deployed, then actual):\n"
        );
        properties(&mut body, &resource.drifted, depth, lines);
    }
    if let Some(kept) = words::kept(resource) {
        put!(&mut body, "# ", kept, "\n");
    }
    body
}

/// Values that stay, folded, after all that changes.
pub(super) fn kept(out: &mut Out<Markdown>, review: &Review, lines: &Lines) {
    let mut body = Out::new();
    for resource in review.resources.iter().filter(|resource| !resource.kept.is_empty()) {
        if body.len() > 4 * MARKDOWN_CHARACTERS {
            break;
        }
        put!(&mut body, "@@ ", resource.place(), " @@\n");
        for kept in &resource.kept {
            put!(&mut body, "# ", kept.path, "\n");
            lines.each(None, Some(&kept.value), usize::MAX, |_, line| {
                push_line(&mut body, " ", line);
            });
        }
    }
    if !body.is_empty() {
        put!(out, "<details><summary>Values that stay</summary>\n\n");
        out.diff(&body);
        put!(out, "\n\n</details>\n\n");
    }
}

fn properties(body: &mut Out<Plain>, changes: &[PropertyChange], depth: Depth, lines: &Lines) {
    for change in changes.iter().take(depth.properties) {
        let remarks = words::remarks(change);
        let joint = if remarks.is_empty() { "" } else { " — " };
        put!(body, "@@ ", change.path, joint, remarks, " @@\n");
        push_lines(
            body,
            (change.before.as_ref(), change.after.as_ref()),
            depth.value,
            lines,
        );
    }
}

fn push_lines(body: &mut Out<Plain>, sides: (Option<&Shown>, Option<&Shown>), most: usize, lines: &Lines) {
    lines.each(sides.0, sides.1, most, |mark, line| {
        let mark = match mark {
            Mark::Minus => "-",
            Mark::Plus => "+",
            Mark::Same => " ",
        };
        push_line(body, mark, line);
    });
}

fn push_line(body: &mut Out<Plain>, mark: &'static str, line: &Out<Plain>) {
    put!(body, mark, " ");
    line.print(body);
    put!(body, "\n");
}

pub(super) fn settings(out: &mut Out<Markdown>, review: &Review, depth: Depth, lines: &Lines) {
    if review.settings.is_empty() {
        return;
    }
    let mut body = Out::new();
    let most = if depth.properties == 0 { 50 } else { usize::MAX };
    for setting in review.settings.iter().take(most) {
        put!(&mut body, "@@ ", setting.kind.name(), " ", setting.name, " @@\n");
        push_lines(
            &mut body,
            (setting.before.as_ref(), setting.after.as_ref()),
            depth.value.max(40),
            lines,
        );
    }
    if review.settings.len() > most {
        let left = review.settings.len() - most;
        put!(&mut body, "# ", left, " further settings are left out here\n");
    }
    put!(out, "#### Settings of the stack\n\n");
    out.diff(&body);
    put!(out, "\n\n");
}
