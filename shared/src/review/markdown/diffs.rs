//! What changes, as blocks in the notation of `diff`.

use std::fmt::Write as _;

use super::Detail;
use crate::domain::change_set::review::{ResourceReview, Review};
use crate::domain::change_set::values::PropertyChange;
use crate::domain::change_set::values::Shown;
use crate::review::MARKDOWN_CHARACTERS;
use crate::review::escape::{cut, fence, html_code, visible};
use crate::review::lines::{Mark, each_line};
use crate::review::words;

pub(super) fn resource(out: &mut String, resource: &ResourceReview, detail: Detail) {
    let mut head = format!(
        "{} {} {} {}",
        html_code(words::sign(resource)),
        html_code(&words::place(resource)),
        html_code(&resource.resource_type),
        html_code(&words::verb(resource)),
    );
    if let Some(id) = &resource.physical_id {
        head.push(' ');
        head.push_str(&html_code(&cut(id, 300)));
    }
    let body = body(resource, detail);
    if body.is_empty() {
        let _ = writeln!(out, "- {head}");
        return;
    }
    let fence = fence(&body);
    let _ = writeln!(
        out,
        "<details><summary>{head}</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n"
    );
}

/// The lines of a `diff` block: every one begins with a mark of ours.
fn body(resource: &ResourceReview, detail: Detail) -> String {
    let mut body = String::new();
    if detail.properties == 0 {
        return body;
    }
    for note in words::notes(resource) {
        let _ = writeln!(body, "# {}", visible(&note));
    }
    properties(&mut body, &resource.changes, detail);
    if resource.changes.len() > detail.properties {
        let _ = writeln!(
            body,
            "# {} further properties are left out here",
            resource.changes.len() - detail.properties
        );
    }
    if !resource.drifted.is_empty() {
        body.push_str("# differs from what was deployed last (deployed, then as it really is):\n");
        properties(&mut body, &resource.drifted, detail);
    }
    if let Some(kept) = words::kept(resource) {
        let _ = writeln!(body, "# {kept}");
    }
    body
}

/// Values that stay, folded, after all that changes.
pub(super) fn kept(out: &mut String, review: &Review) {
    let mut body = String::new();
    for resource in review.resources.iter().filter(|resource| !resource.kept.is_empty()) {
        if body.len() > 4 * MARKDOWN_CHARACTERS {
            break;
        }
        let _ = writeln!(body, "@@ {} @@", visible(&words::place(resource)));
        for kept in &resource.kept {
            let _ = writeln!(body, "# {}", visible(&kept.path));
            each_line(None, Some(&kept.value), usize::MAX, |_, line| {
                push_line(&mut body, " ", line);
            });
        }
    }
    if !body.is_empty() {
        let fence = fence(&body);
        let _ = writeln!(
            out,
            "<details><summary>Values that stay</summary>\n\n{fence}diff\n{body}{fence}\n\n</details>\n"
        );
    }
}

fn properties(body: &mut String, changes: &[PropertyChange], detail: Detail) {
    for change in changes.iter().take(detail.properties) {
        let remarks = words::remarks(change);
        let joint = if remarks.is_empty() { "" } else { " — " };
        let _ = writeln!(body, "@@ {}{joint}{} @@", visible(&change.path), visible(&remarks));
        push_lines(body, change.before.as_ref(), change.after.as_ref(), detail.value);
    }
}

fn push_lines(body: &mut String, before: Option<&Shown>, after: Option<&Shown>, most: usize) {
    each_line(before, after, most, |mark, line| {
        let mark = match mark {
            Mark::Minus => "-",
            Mark::Plus => "+",
            Mark::Same => " ",
        };
        push_line(body, mark, line);
    });
}

fn push_line(body: &mut String, mark: &str, line: &str) {
    body.push_str(mark);
    body.push(' ');
    body.push_str(line);
    body.push('\n');
}

pub(super) fn settings(out: &mut String, review: &Review, detail: Detail) {
    if review.settings.is_empty() {
        return;
    }
    let mut body = String::new();
    let most = if detail.properties == 0 { 50 } else { usize::MAX };
    for setting in review.settings.iter().take(most) {
        let _ = writeln!(body, "@@ {} {} @@", setting.kind.name(), visible(&setting.name));
        push_lines(
            &mut body,
            setting.before.as_ref(),
            setting.after.as_ref(),
            detail.value.max(40),
        );
    }
    if review.settings.len() > most {
        let _ = writeln!(
            body,
            "# {} further settings are left out here",
            review.settings.len() - most
        );
    }
    let fence = fence(&body);
    let _ = writeln!(out, "#### Settings of the stack\n\n{fence}diff\n{body}{fence}\n");
}
