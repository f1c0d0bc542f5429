//! Where a scalar stands in the text, without its tag, its anchor and what follows it.

use std::ops::Range;

use saphyr_parser::ScalarStyle as Style;

use super::Builder;

impl Builder<'_> {
    /// The bytes of a scalar itself.
    pub(super) fn scalar_span(&self, event: Range<usize>, style: Style, has_properties: bool) -> Range<usize> {
        let bytes = self.text.as_bytes();
        let start = match style {
            Style::Literal | Style::Folded if !has_properties => self.header_after(self.last_end),
            _ if has_properties => self.after_properties(event.start),
            _ => event.start,
        };
        let end = match style {
            Style::Plain => event.end.max(start),
            Style::SingleQuoted => {
                let mut index = start + 1;
                while let Some(byte) = bytes.get(index) {
                    index += 1;
                    if *byte == b'\'' {
                        if bytes.get(index) != Some(&b'\'') {
                            break;
                        }
                        index += 1;
                    }
                }
                index
            }
            Style::DoubleQuoted => {
                let mut index = start + 1;
                while let Some(byte) = bytes.get(index) {
                    index += match byte {
                        b'\\' => 2,
                        _ => 1,
                    };
                    if *byte == b'"' {
                        break;
                    }
                }
                index
            }
            Style::Literal | Style::Folded => {
                let end = event.end.max(start);
                start + self.text.get(start..end).map_or(0, |text| text.trim_end().len())
            }
        };
        start..end.min(self.text.len())
    }

    /// The bracket that a collection begins with; `None` for a block collection.
    ///
    /// The event of a flow collection begins with its tag or anchor, and reaches over white space and a comment behind
    /// its bracket; that of a block collection ends before its first child.
    pub(super) fn bracket(&self, event: &Range<usize>) -> Option<usize> {
        let index = self.after_properties(event.start);
        let byte = self.text.as_bytes().get(index)?;
        (event.contains(&index) && matches!(byte, b'[' | b'{')).then_some(index)
    }

    /// Where the next `|` or `>` stands that is no part of a comment: the header of a block scalar.
    fn header_after(&self, from: usize) -> usize {
        let mut index = from;
        loop {
            index = self.after_space(index);
            match self.text.as_bytes().get(index) {
                None | Some(b'|' | b'>') => return index,
                Some(_) => index += 1,
            }
        }
    }

    /// The anchor of a value whose tag or anchor begins at `from`.
    pub(super) fn anchor_after(&self, from: usize) -> Option<Range<usize>> {
        let bytes = self.text.as_bytes();
        let mut index = from;
        loop {
            let end = self.end_of_property(index);
            match bytes.get(index)? {
                b'&' => return Some(index..end),
                b'!' => index = self.after_space(end),
                _ => return None,
            }
        }
    }

    /// Where the tag or anchor ends that begins at `from`.
    fn end_of_property(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let is_verbatim = bytes.get(from) == Some(&b'!') && bytes.get(from + 1) == Some(&b'<');
        let mut index = from;
        while let Some(byte) = bytes.get(index) {
            let is_end = match byte {
                b' ' | b'\t' | b'\n' | b'\r' => true,
                b',' | b'[' | b']' | b'{' | b'}' => !is_verbatim,
                _ => false,
            };
            if is_end {
                break;
            }
            index += 1;
        }
        index
    }

    /// Where the value begins whose tag or anchor begins at `from`.
    fn after_properties(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut index = from;
        while let Some(b'!' | b'&') = bytes.get(index) {
            index = self.end_of_property(index);
            let next = self.after_space(index);
            // A value that was left out stands right behind its tag.
            if !matches!(bytes.get(next), Some(b'!' | b'&')) {
                return next;
            }
            index = next;
        }
        index
    }

    /// Skips white space, line breaks and comments.
    fn after_space(&self, from: usize) -> usize {
        let bytes = self.text.as_bytes();
        let mut index = from;
        while let Some(byte) = bytes.get(index) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' => index += 1,
                b'#' => {
                    while bytes.get(index).is_some_and(|byte| !matches!(byte, b'\n' | b'\r')) {
                        index += 1;
                    }
                }
                _ => break,
            }
        }
        index
    }
}
