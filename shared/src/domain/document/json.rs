//! JSON as RFC 8259 has it, with positions.
//!
//! Written here because it must be strict and keep spans and the text of numbers; the readers that keep positions
//! are lenient readers of JSON with comments.

use super::position::Positions;
use super::shorthand::{Duplicate, each_once};
use super::{Document, MAX_DEPTH, MAX_NODES, Node, Scalar, ScalarKind, ScalarStyle, SyntaxError, Value};

pub(super) fn parse(text: &str, positions: &Positions<'_>) -> Result<Document, SyntaxError> {
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        index: 0,
        nodes: 0,
        duplicates: Vec::new(),
        positions,
    };
    reader.skip_space();
    let root = reader.value(0)?;
    reader.skip_space();
    match reader.peek() {
        None => Ok(Document {
            root,
            anchors: Vec::new(),
            merges: Vec::new(),
            duplicates: reader.duplicates,
        }),
        Some(_) => Err(reader.error("nothing may follow the document's one value")),
    }
}

struct Reader<'t> {
    text: &'t str,
    bytes: &'t [u8],
    index: usize,
    nodes: usize,
    duplicates: Vec<Duplicate>,
    positions: &'t Positions<'t>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.index).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.index += usize::from(is_next);
        is_next
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.index += 1;
        }
    }

    fn error(&self, message: impl Into<String>) -> SyntaxError {
        self.positions.error(self.index, message)
    }

    /// What was expected instead of what stands here.
    fn expected(&self, what: &str) -> SyntaxError {
        match self.text.get(self.index..).and_then(|rest| rest.chars().next()) {
            None => self.error(format!("the document ends where {what} is expected")),
            Some('/') => self.error(format!("{what} is expected, not `/`; JSON has no comments")),
            Some('\'') => self.error(format!("{what} is expected; JSON quotes texts with `\"`, not with `'`")),
            Some(found) => self.error(format!("{what} is expected, not `{}`", found.escape_debug())),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, SyntaxError> {
        if depth > MAX_DEPTH {
            return Err(self.error(format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(self.error(format!("the document has more than {MAX_NODES} values")));
        }
        let start = self.index;
        let value = match self.peek() {
            Some(b'{') => self.object(depth)?,
            Some(b'[') => self.array(depth)?,
            Some(b'"') => Value::Scalar(Scalar {
                text: self.string()?,
                kind: ScalarKind::Text,
                style: ScalarStyle::DoubleQuoted,
            }),
            Some(b'-' | b'0'..=b'9') => self.number()?,
            Some(byte) if byte.is_ascii_alphabetic() => self.word()?,
            _ => return Err(self.expected("a value")),
        };
        Ok(self.node(start, value))
    }

    fn node(&self, start: usize, value: Value) -> Node {
        let (line, column) = self.positions.at(start);
        Node {
            value,
            tag: None,
            span: self.positions.in_file(start..self.index),
            line,
            column,
            copied: None,
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, SyntaxError> {
        self.index += 1;
        let mut entries = Vec::new();
        self.skip_space();
        if !self.take(b'}') {
            loop {
                self.skip_space();
                if self.peek() == Some(b'}') {
                    return Err(self.error("a comma may not stand before `}`; remove the comma"));
                }
                if self.peek() != Some(b'"') {
                    return Err(self.expected("a key in double quotes"));
                }
                let key = self.value(depth + 1)?;
                self.skip_space();
                if !self.take(b':') {
                    return Err(self.expected("`:`"));
                }
                self.skip_space();
                let value = self.value(depth + 1)?;
                entries.push((key, value));
                self.skip_space();
                if self.take(b'}') {
                    break;
                }
                if !self.take(b',') {
                    return Err(self.expected("`,` or `}`"));
                }
            }
        }
        Ok(Value::Mapping(each_once(entries, &mut self.duplicates)?))
    }

    fn array(&mut self, depth: usize) -> Result<Value, SyntaxError> {
        self.index += 1;
        let mut items = Vec::new();
        self.skip_space();
        if self.take(b']') {
            return Ok(Value::Sequence(items));
        }
        loop {
            self.skip_space();
            if self.peek() == Some(b']') {
                return Err(self.error("a comma may not stand before `]`; remove the comma"));
            }
            items.push(self.value(depth + 1)?);
            self.skip_space();
            if self.take(b']') {
                // Of short lists most of the room that they grew into stays empty.
                items.shrink_to_fit();
                return Ok(Value::Sequence(items));
            }
            if !self.take(b',') {
                return Err(self.expected("`,` or `]`"));
            }
        }
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        let start = self.index;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.index += 1;
        }
        if self.index == start {
            return Err(self.expected("a digit"));
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Value, SyntaxError> {
        let start = self.index;
        self.take(b'-');
        if self.take(b'0') {
            if matches!(self.peek(), Some(b'0'..=b'9')) {
                return Err(self.error("a JSON number has no leading zeros; write it as a text, in double quotes"));
            }
        } else {
            self.digits()?;
        }
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            if !self.take(b'-') {
                self.take(b'+');
            }
            self.digits()?;
        }
        Ok(Value::Scalar(Scalar {
            text: self.text.get(start..self.index).unwrap_or_default().to_owned(),
            kind: ScalarKind::Number,
            style: ScalarStyle::Plain,
        }))
    }

    fn word(&mut self) -> Result<Value, SyntaxError> {
        let start = self.index;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric()) {
            self.index += 1;
        }
        let word = self.text.get(start..self.index).unwrap_or_default();
        let kind = match word {
            "true" | "false" => ScalarKind::Boolean,
            "null" => ScalarKind::Null,
            _ => {
                let message = format!("a value is expected, not `{word}`; JSON writes texts in double quotes");
                return Err(self.positions.error(start, message));
            }
        };
        Ok(Value::Scalar(Scalar {
            text: word.to_owned(),
            kind,
            style: ScalarStyle::Plain,
        }))
    }

    fn string(&mut self) -> Result<String, SyntaxError> {
        let opening = self.index;
        self.index += 1;
        let mut text = String::new();
        loop {
            let start = self.index;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..=0x1f)) {
                self.index += 1;
            }
            text.push_str(self.text.get(start..self.index).unwrap_or_default());
            match self.peek() {
                Some(b'"') => {
                    self.index += 1;
                    text.shrink_to_fit();
                    return Ok(text);
                }
                Some(b'\\') => text.push(self.escape()?),
                Some(_) => {
                    return Err(
                        self.error("a text may not hold a line break or control character; escape it, as `\\n`")
                    );
                }
                None => return Err(self.positions.error(opening, "this text has no closing `\"`")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, SyntaxError> {
        let start = self.index;
        self.index += 1;
        let escaped = match self.peek() {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                self.index += 1;
                return self.unicode_escape(start);
            }
            _ => {
                let message = "an escape is one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000";
                return Err(self.positions.error(start, message));
            }
        };
        self.index += 1;
        Ok(escaped)
    }

    /// A `\u` escape, or two of them that are a surrogate pair.
    fn unicode_escape(&mut self, start: usize) -> Result<char, SyntaxError> {
        let unpaired = "this half of a surrogate pair has no other half";
        let first = self.four_digits(start)?;
        let code = match first {
            0xD800..=0xDBFF => {
                if !(self.take(b'\\') && self.take(b'u')) {
                    return Err(self.positions.error(start, unpaired));
                }
                match self.four_digits(start)? {
                    second @ 0xDC00..=0xDFFF => 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00),
                    _ => return Err(self.positions.error(start, unpaired)),
                }
            }
            code => code,
        };
        char::from_u32(code).ok_or_else(|| self.positions.error(start, unpaired))
    }

    fn four_digits(&mut self, start: usize) -> Result<u32, SyntaxError> {
        let digits = self.bytes.get(self.index..self.index + 4).unwrap_or_default();
        let mut code = 0;
        for digit in digits {
            let Some(value) = char::from(*digit).to_digit(16) else {
                return Err(self.positions.error(start, "`\\u` takes four hexadecimal digits"));
            };
            code = code * 16 + value;
        }
        if digits.len() != 4 {
            return Err(self.positions.error(start, "`\\u` takes four hexadecimal digits"));
        }
        self.index += 4;
        Ok(code)
    }
}
