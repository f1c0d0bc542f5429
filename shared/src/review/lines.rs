//! Values as marked lines: what goes, what comes, what stays between them.

use super::out::{Medium, Out, Printed as _, put};
use crate::domain::limits::{self, Budget};
use crate::domain::secrecy::{Line, Masked, Shown, masked};

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

/// Shows values line by line, within the work that one rendering may take.
#[derive(Debug)]
pub(super) struct Lines {
    budget: Budget,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            budget: Budget::of(limits::LINE_STEPS),
        }
    }
}

impl Lines {
    /// Calls `each` with the lines that show a change from `before` to `after`; each value is cut after `most` characters.
    pub(super) fn each<M: Medium>(
        &self,
        before: Option<&Shown>,
        after: Option<&Shown>,
        most: usize,
        mut each: impl FnMut(Mark, &Out<M>),
    ) {
        if let (Some(Shown::Text(a)), Some(Shown::Text(b))) = (before, after)
            && (a.has_lines() || b.has_lines())
        {
            if let Some(lines) = compared(a, b, &self.budget) {
                for (mark, line) in lines {
                    each(mark, &line);
                }
                return;
            }
            each(
                Mark::Same,
                &ours("(too many lines differ to be compared one by one: all before, then all after)"),
            );
        }
        for (mark, side) in [(Mark::Minus, before), (Mark::Plus, after)] {
            match side {
                None => {}
                Some(Shown::Text(text)) if text.is_empty() => each(mark, &ours("(empty)")),
                Some(Shown::Text(text)) => {
                    let text = text.cut(most);
                    let text = text.without_last_break();
                    for line in text.lines() {
                        each(mark, &shown(line));
                    }
                }
                Some(other) => {
                    let mut out = Out::new();
                    words(other).print(&mut out);
                    each(mark, &out);
                }
            }
        }
    }
}

/// A value that is no text, in words.
pub(super) fn words(value: &Shown) -> Masked {
    match value {
        Shown::Text(text) => text.clone(),
        Shown::Hidden(because) => masked!["(hidden: ", because, ")"],
        Shown::KnownAfterApply => Masked::ours("(known only after the execution)"),
    }
}

fn shown<M: Medium>(line: Line<'_>) -> Out<M> {
    let mut out = Out::new();
    put!(&mut out, line);
    out
}

fn ours<M: Medium>(words: &'static str) -> Out<M> {
    let mut out = Out::new();
    put!(&mut out, words);
    out
}

/// Line by line; `None` when that takes more work than there is left.
fn compared<M: Medium>(before: &Masked, after: &Masked, budget: &Budget) -> Option<Vec<(Mark, Out<M>)>> {
    // What ends both ends no line of its own.
    let both_end = before.ends_a_line() && after.ends_a_line();
    let (before, after) = if both_end {
        (before.without_last_break(), after.without_last_break())
    } else {
        (std::borrow::Cow::Borrowed(before), std::borrow::Cow::Borrowed(after))
    };
    let (a, b): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let head = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let tail = a[head..]
        .iter()
        .rev()
        .zip(b[head..].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    let (middle_a, middle_b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let steps = middle_a.len().checked_mul(middle_b.len())?;
    if !budget.spend(u64::try_from(steps).ok()?) {
        return None;
    }
    let mut all = Vec::with_capacity(a.len() + middle_b.len());
    all.extend(a[..head].iter().map(|text| (Mark::Same, *text)));
    all.extend(longest_common(middle_a, middle_b));
    all.extend(a[a.len() - tail..].iter().map(|text| (Mark::Same, *text)));
    Some(folded(&all))
}

fn longest_common<'t>(a: &[Line<'t>], b: &[Line<'t>]) -> Vec<(Mark, Line<'t>)> {
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
fn folded<M: Medium>(all: &[(Mark, Line<'_>)]) -> Vec<(Mark, Out<M>)> {
    let near: Vec<_> = (0..all.len())
        .map(|at| {
            let from = at.saturating_sub(AROUND);
            let to = (at + AROUND + 1).min(all.len());
            all[from..to].iter().any(|(mark, _)| *mark != Mark::Same)
        })
        .collect();
    let mut out = Vec::new();
    let mut left_out = 0;
    for (at, (mark, line)) in all.iter().enumerate() {
        if near[at] {
            note(&mut out, &mut left_out);
            let is_bare = line.is_empty() && *mark != Mark::Same;
            out.push((*mark, if is_bare { ours("⏎") } else { shown(*line) }));
        } else {
            left_out += 1;
        }
    }
    note(&mut out, &mut left_out);
    out
}

fn note<M: Medium>(out: &mut Vec<(Mark, Out<M>)>, left_out: &mut usize) {
    if *left_out > 0 {
        let mut line = Out::new();
        put!(&mut line, "… ", *left_out, " unchanged lines");
        out.push((Mark::Same, line));
        *left_out = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::super::out::Plain;
    use super::*;
    use crate::domain::secrecy::Hider;

    fn told(before: &str, after: &str) -> Vec<String> {
        let text = |text: &str| Some(Shown::Text(Hider::default().text(text)));
        let mut lines = Vec::new();
        Lines::default().each(
            text(before).as_ref(),
            text(after).as_ref(),
            usize::MAX,
            |mark, line: &Out<Plain>| {
                let mark = match mark {
                    Mark::Minus => '-',
                    Mark::Plus => '+',
                    Mark::Same => ' ',
                };
                lines.push(format!("{mark}{}", line.clone().finish()));
            },
        );
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

    #[test]
    fn what_takes_too_long_to_compare_is_shown_whole_and_says_so() {
        let lines = |word: &str| (0..4_000).map(|at| format!("{word}{at}\n")).collect::<String>();
        let told = told(&lines("a"), &lines("b"));
        assert_eq!(told.len(), 8_001);
        assert!(told[0].contains("too many lines differ"), "{}", told[0]);
    }
}
