//! Lines that stand further left than YAML 1.2 allows, read as CloudFormation reads them.
//!
//! Inside brackets and quotes the indentation of a line means nothing. YAML 1.2 demands some all the same, and
//! saphyr-parser insists on it; SnakeYAML and PyYAML do not, so templates in use have closing brackets and the last
//! lines of quoted texts at the column of their key. Such a text is read a second time with spaces put before these
//! lines, and what was read is placed where it stands in the text as it was.

use std::ops::Range;

use super::super::position::Positions;
use super::super::{Document, Node, SyntaxError, Value};
use super::continuations::{self, Continuation};

/// Most bytes of spaces that are put into a text; a text that needs more is refused as it stands.
const MAX_SPACES: usize = 1 << 20;

/// Spaces put before one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Insertion {
    /// Byte of the text that they stand before.
    at: usize,
    /// How many.
    count: usize,
    /// How many were put before earlier lines.
    earlier: usize,
}

impl Insertion {
    /// Where the spaces begin in the padded text.
    fn start(&self) -> usize {
        self.at + self.earlier
    }

    fn end(&self) -> usize {
        self.start() + self.count
    }
}

/// A text with spaces put before the lines that stand too far left.
#[derive(Debug)]
pub(super) struct Padded {
    pub(super) text: String,
    insertions: Vec<Insertion>,
}

/// Puts spaces before the lines inside brackets and quotes that stand no further right than what they belong to;
/// `None` when there are no such lines.
pub(super) fn pad(text: &str) -> Option<Padded> {
    let mut insertions: Vec<Insertion> = Vec::new();
    let mut earlier = 0;
    for Continuation { at, column, needed } in continuations::of(text) {
        if column < needed {
            let count = needed - column;
            insertions.push(Insertion { at, count, earlier });
            earlier += count;
        }
        if earlier > MAX_SPACES {
            return None;
        }
    }
    if insertions.is_empty() {
        return None;
    }
    let mut padded = String::with_capacity(text.len() + earlier);
    let mut copied = 0;
    for insertion in &insertions {
        padded.push_str(text.get(copied..insertion.at)?);
        padded.extend(std::iter::repeat_n(' ', insertion.count));
        copied = insertion.at;
    }
    padded.push_str(text.get(copied..)?);
    Some(Padded {
        text: padded,
        insertions,
    })
}

impl Padded {
    /// Places what was read from the padded text where it stands in the text as it was; `None` when spaces were put
    /// where they mean something, so that another document was read.
    pub(super) fn restore(&self, mut document: Document, original: &Positions<'_>) -> Option<Document> {
        let mut ranges = Vec::new();
        ranges_without_indentation(&document.root, &self.text, &mut ranges);
        ranges.sort_by_key(|range| range.start);
        let mut ranges = ranges.into_iter().peekable();
        let mut end = 0;
        for insertion in &self.insertions {
            while let Some(range) = ranges.next_if(|range| range.start < insertion.start()) {
                end = end.max(range.end);
            }
            if insertion.end() >= end {
                return None;
            }
        }
        self.place(&mut document.root, original);
        for anchor in &mut document.anchors {
            anchor.span = self.original_span(&anchor.span, original);
        }
        for merge in &mut document.merges {
            merge.span = self.original_span(&merge.span, original);
        }
        for duplicate in &mut document.duplicates {
            self.place(&mut duplicate.earlier, original);
            self.place(&mut duplicate.later, original);
        }
        Some(document)
    }

    /// An error of the padded text at its place in the text as it was.
    pub(super) fn restore_error(&self, error: SyntaxError, original: &Positions<'_>) -> SyntaxError {
        let on_its_line = |insertion: &&Insertion| original.at(insertion.at).0 == error.line;
        let put = self
            .insertions
            .iter()
            .find(on_its_line)
            .map_or(0, |insertion| insertion.count);
        SyntaxError {
            column: error.column.saturating_sub(put).max(1),
            ..error
        }
    }

    fn place(&self, node: &mut Node, original: &Positions<'_>) {
        let span = self.original_byte(node.span.start)..self.original_byte(node.span.end);
        (node.line, node.column) = original.at(span.start);
        node.span = original.in_file(span);
        if let Some(copied) = &mut node.copied {
            (copied.line, copied.column) = original.at(self.original_byte(copied.span.start));
            copied.span = self.original_span(&copied.span, original);
        }
        match &mut node.value {
            Value::Scalar(_) => {}
            Value::Sequence(items) => {
                for item in items {
                    self.place(item, original);
                }
            }
            Value::Mapping(entries) => {
                for (key, value) in entries {
                    self.place(key, original);
                    self.place(value, original);
                }
            }
        }
    }

    fn original_span(&self, span: &Range<usize>, original: &Positions<'_>) -> Range<usize> {
        original.in_file(self.original_byte(span.start)..self.original_byte(span.end))
    }

    /// The byte of the text as it was for a byte of the padded text.
    pub(super) fn original_byte(&self, index: usize) -> usize {
        let before = self.insertions.partition_point(|insertion| insertion.start() < index);
        match before.checked_sub(1).and_then(|last| self.insertions.get(last)) {
            Some(last) => index - last.earlier - last.count.min(index - last.start()),
            None => index,
        }
    }
}

/// Bytes of the padded text in which indentation means nothing: those of brackets and of quoted texts.
fn ranges_without_indentation(node: &Node, text: &str, found: &mut Vec<Range<usize>>) {
    let opens = text.as_bytes().get(node.span.start);
    if matches!(opens, Some(b'[' | b'{' | b'"' | b'\'')) && is_one_token(node) {
        found.push(node.span.clone());
        return;
    }
    match &node.value {
        Value::Scalar(_) => {}
        Value::Sequence(items) => {
            for item in items {
                ranges_without_indentation(item, text, found);
            }
        }
        Value::Mapping(entries) => {
            for (key, value) in entries {
                ranges_without_indentation(key, text, found);
                ranges_without_indentation(value, text, found);
            }
        }
    }
}

/// Whether the node itself opens with its first byte; a block collection opens with that of its first child.
fn is_one_token(node: &Node) -> bool {
    let first = match &node.value {
        Value::Scalar(_) => return true,
        Value::Sequence(items) => items.first(),
        Value::Mapping(entries) => entries.first().map(|(key, _)| key),
    };
    first.is_none_or(|first| first.span.start != node.span.start)
}

#[cfg(test)]
mod tests;
