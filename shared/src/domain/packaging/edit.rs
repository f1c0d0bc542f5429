//! Changes of a text that leave every other byte as it was.

use std::cmp::Reverse;
use std::ops::Range;

/// A part of a text, and what is written in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    span: Range<usize>,
    text: String,
}

impl Edit {
    pub(super) fn of(span: Range<usize>, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { span, text }
    }
}

/// The text with these edits; one that lies within another is left out, and what is put in stands before what is
/// replaced.
pub(super) fn edited(text: &[u8], mut edits: Vec<Edit>) -> Vec<u8> {
    edits.sort_by_key(|edit| (edit.span.start, !edit.span.is_empty(), Reverse(edit.span.end)));
    let added: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut result = Vec::with_capacity(text.len() + added);
    let mut position = 0;
    for edit in edits {
        if edit.span.start < position {
            continue;
        }
        result.extend_from_slice(text.get(position..edit.span.start).unwrap_or_default());
        result.extend_from_slice(edit.text.as_bytes());
        position = edit.span.end;
    }
    result.extend_from_slice(text.get(position..).unwrap_or_default());
    result
}
