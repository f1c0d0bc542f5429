//! Line and column of a byte, and the byte of a character, without walking the text for each.

use super::SyntaxError;

/// Every so many bytes the number of characters before them is kept.
const STRIDE: usize = 256;

/// Where the lines and characters of a text begin.
pub(super) struct Positions<'t> {
    text: &'t str,
    /// Bytes that stand before `text` in the file: a byte order mark.
    offset: usize,
    line_starts: Vec<usize>,
    /// Characters that begin before each multiple of [`STRIDE`]; empty when the text is ASCII.
    checkpoints: Vec<usize>,
}

impl<'t> Positions<'t> {
    pub(super) fn new(text: &'t str, offset: usize) -> Self {
        let bytes = text.as_bytes();
        let mut line_starts = vec![0];
        for (index, byte) in bytes.iter().enumerate() {
            if *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n')) {
                line_starts.push(index + 1);
            }
        }
        let mut checkpoints = Vec::new();
        if !text.is_ascii() {
            let mut characters = 0;
            for chunk in bytes.chunks(STRIDE) {
                checkpoints.push(characters);
                characters += count_starts(chunk);
            }
            checkpoints.push(characters);
        }
        Self {
            text,
            offset,
            line_starts,
            checkpoints,
        }
    }

    /// Line and column, both from 1, of the byte `index` of the text.
    pub(super) fn at(&self, index: usize) -> (usize, usize) {
        let index = index.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= index);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0);
        (line, self.characters_before(index) - self.characters_before(start) + 1)
    }

    /// Byte index of the character `character` of the text; its length beyond the end.
    pub(super) fn byte_of(&self, character: usize) -> usize {
        if self.checkpoints.is_empty() {
            return character.min(self.text.len());
        }
        let checkpoint = self.checkpoints.partition_point(|before| *before <= character) - 1;
        let mut left = character - self.checkpoints.get(checkpoint).copied().unwrap_or(0);
        let bytes = self.text.as_bytes();
        let mut index = (checkpoint * STRIDE).min(bytes.len());
        while let Some(byte) = bytes.get(index) {
            if is_start(*byte) {
                if left == 0 {
                    return index;
                }
                left -= 1;
            }
            index += 1;
        }
        index
    }

    /// Range in the file of a range in the text.
    pub(super) fn in_file(&self, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
        range.start + self.offset..range.end + self.offset
    }

    pub(super) fn error(&self, index: usize, message: impl Into<String>) -> SyntaxError {
        let (line, column) = self.at(index);
        SyntaxError {
            line,
            column,
            message: message.into(),
        }
    }

    fn characters_before(&self, index: usize) -> usize {
        match self.checkpoints.get(index / STRIDE) {
            None => index,
            Some(characters) => {
                let rest = self
                    .text
                    .as_bytes()
                    .get(index / STRIDE * STRIDE..index)
                    .unwrap_or_default();
                characters + count_starts(rest)
            }
        }
    }
}

fn is_start(byte: u8) -> bool {
    byte & 0b1100_0000 != 0b1000_0000
}

fn count_starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| is_start(**byte)).count()
}
