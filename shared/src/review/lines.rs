//! Values as marked lines: what goes, what comes, what stays between them.

use std::borrow::Cow;

use super::escape::{cut, visible};
use crate::domain::change_set::values::Shown;

/// Most lines on either side for which single lines are compared.
const MOST_LINES: usize = 1_500;
/// Unchanged lines that are shown around changed ones.
const AROUND: usize = 2;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// It goes.
    Minus,
    /// It comes.
    Plus,
    /// It stays, or says something about the others.
    Same,
}

/// A line with its mark.
struct Line {
    mark: Mark,
    text: String,
}

/// Calls `each` with the lines that show a change from `before` to `after`; each value is cut after `most` characters.
/// Everything in a line is visible, and nothing breaks it.
pub(super) fn each_line(before: Option<&Shown>, after: Option<&Shown>, most: usize, mut each: impl FnMut(Mark, &str)) {
    if let (Some(Shown::Text(a)), Some(Shown::Text(b))) = (before, after)
        && (a.contains('\n') || b.contains('\n'))
        && let Some(lines) = compared(a, b)
    {
        for line in lines {
            each(line.mark, &line.text);
        }
        return;
    }
    for (mark, side) in [(Mark::Minus, before), (Mark::Plus, after)] {
        match side {
            None => {}
            Some(Shown::Text(text)) if text.is_empty() => each(mark, "(empty)"),
            Some(Shown::Text(text)) => {
                let text = cut(text, most);
                let text = text.strip_suffix('\n').unwrap_or(&text);
                for text in text.split('\n') {
                    each(mark, &shown(text));
                }
            }
            Some(other) => each(mark, &words(other)),
        }
    }
}

/// A value that is no text, in words.
pub(super) fn words(value: &Shown) -> Cow<'_, str> {
    match value {
        Shown::Text(text) => Cow::Borrowed(text),
        Shown::Hidden(because) => Cow::Owned(format!("(hidden: {because})")),
        Shown::KnownAfterApply => Cow::Borrowed("(known only after the execution)"),
    }
}

/// A line as it is shown. Spaces at its end are marked: nobody sees them otherwise.
fn shown(text: &str) -> Cow<'_, str> {
    let shown = text.trim_end_matches(' ');
    match text.len() - shown.len() {
        0 => visible(text),
        spaces => Cow::Owned(format!("{}{}", visible(shown), "␠".repeat(spaces))),
    }
}

fn line(mark: Mark, text: &str) -> Line {
    Line {
        mark,
        text: shown(text).into_owned(),
    }
}

/// Line by line; `None` when the texts are too long for it.
fn compared(before: &str, after: &str) -> Option<Vec<Line>> {
    // What ends both ends no line of its own.
    let (before, after) = match (before.strip_suffix('\n'), after.strip_suffix('\n')) {
        (Some(before), Some(after)) => (before, after),
        _ => (before, after),
    };
    let (a, b): (Vec<_>, Vec<_>) = (before.split('\n').collect(), after.split('\n').collect());
    let head = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let tail = a[head..]
        .iter()
        .rev()
        .zip(b[head..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (middle_a, middle_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    if middle_a.len() > MOST_LINES || middle_b.len() > MOST_LINES {
        return None;
    }
    let mut all = Vec::with_capacity(a.len() + middle_b.len());
    all.extend(a[..head].iter().map(|text| (Mark::Same, *text)));
    all.extend(longest_common(middle_a, middle_b));
    all.extend(a[a.len() - tail..].iter().map(|text| (Mark::Same, *text)));
    Some(folded(&all))
}

fn longest_common<'t>(a: &[&'t str], b: &[&'t str]) -> Vec<(Mark, &'t str)> {
    let width = b.len() + 1;
    let mut lengths = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            lengths[i * width + j] = if a[i] == b[j] {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut out = Vec::with_capacity(a.len() + b.len());
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            out.push((Mark::Same, a[i]));
            i += 1;
            j += 1;
        } else if i < a.len() && (j == b.len() || lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) {
            out.push((Mark::Minus, a[i]));
            i += 1;
        } else {
            out.push((Mark::Plus, b[j]));
            j += 1;
        }
    }
    out
}

/// Leaves out unchanged lines far from any change, and says how many.
fn folded(all: &[(Mark, &str)]) -> Vec<Line> {
    let near: Vec<_> = (0..all.len())
        .map(|at| {
            let from = at.saturating_sub(AROUND);
            let to = (at + AROUND + 1).min(all.len());
            all[from..to].iter().any(|(mark, _)| *mark != Mark::Same)
        })
        .collect();
    let mut out = Vec::new();
    let mut left_out = 0;
    for (at, (mark, text)) in all.iter().enumerate() {
        if near[at] {
            note(&mut out, &mut left_out);
            let is_bare = text.is_empty() && *mark != Mark::Same;
            out.push(line(*mark, if is_bare { "\n" } else { text }));
        } else {
            left_out += 1;
        }
    }
    note(&mut out, &mut left_out);
    out
}

fn note(out: &mut Vec<Line>, left_out: &mut usize) {
    if *left_out > 0 {
        out.push(line(Mark::Same, &format!("… {left_out} unchanged lines")));
        *left_out = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> Vec<String> {
        let text = |text: &str| Some(Shown::Text(text.to_owned()));
        let mut lines = Vec::new();
        each_line(text(before).as_ref(), text(after).as_ref(), usize::MAX, |mark, line| {
            let mark = match mark {
                Mark::Minus => '-',
                Mark::Plus => '+',
                Mark::Same => ' ',
            };
            lines.push(format!("{mark}{line}"));
        });
        lines
    }

    #[test]
    fn a_last_line_break_that_stays_is_no_line_and_one_that_changes_is_shown() {
        assert_eq!(told("a\nb\n", "a\nc\n"), [" a", "-b", "+c"]);
        assert_eq!(told("a\nb", "a\nb\n"), [" a", " b", "+⏎"]);
        assert_eq!(told("a\n", "a"), [" a", "-⏎"]);
        assert_eq!(told("a\n\n", "b\n\n"), ["-a", "+b", " "]);
    }

    #[test]
    fn spaces_at_the_end_of_a_line_are_marked() {
        assert_eq!(told("a", "a  "), ["-a", "+a␠␠"]);
    }
}
