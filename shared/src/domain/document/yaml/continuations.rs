//! Finds the lines of a YAML text that begin inside brackets or quotes, and how much stands in its brackets.
//!
//! This is a scanner for layout alone: it knows where brackets, quotes, comments and block scalars begin and end, and
//! judges nothing. What it takes for a continuation is checked against what the parser reads.

/// A line that begins inside brackets or quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Continuation {
    /// Byte that the line begins with.
    pub(super) at: usize,
    /// Bytes of white space before its content.
    pub(super) column: usize,
    /// Column that YAML 1.2 demands at least.
    pub(super) needed: usize,
}

/// The lines of a text that begin inside brackets or quotes and hold more than white space, in order.
pub(super) fn of(text: &str) -> Vec<Continuation> {
    scanned(text, usize::MAX).found
}

/// Where brackets hold more than `most` commas, colons and opening brackets; `None` when they do not.
///
/// The parser keeps all that stands in brackets until they close, because `[a, b]: c` would make a key of it. So what
/// is too much has to be known before it reads it.
pub(super) fn beyond(text: &str, most: usize) -> Option<usize> {
    let separators = text
        .bytes()
        .filter(|byte| matches!(byte, b',' | b':' | b'[' | b'{'))
        .count();
    if separators <= most {
        return None;
    }
    scanned(text, most).beyond
}

fn scanned(text: &str, most: usize) -> Scanner<'_> {
    let mut scanner = Scanner {
        bytes: text.as_bytes(),
        at: 0,
        line_start: 0,
        parent: None,
        found: Vec::new(),
        left: most,
        beyond: None,
    };
    while scanner.at < scanner.bytes.len() {
        scanner.block_line();
    }
    scanner
}

struct Scanner<'t> {
    bytes: &'t [u8],
    at: usize,
    /// Where the line under way begins.
    line_start: usize,
    /// Column of the entry or key that the value under way belongs to.
    parent: Option<usize>,
    found: Vec<Continuation>,
    /// How many more commas, colons and opening brackets may stand in brackets.
    left: usize,
    /// The first one that is too many.
    beyond: Option<usize>,
}

impl Scanner<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// Whether the byte after the one under way ends a token.
    fn ends_after(&self) -> bool {
        !matches!(self.bytes.get(self.at + 1), Some(next) if !is_white(*next))
    }

    fn column(&self) -> usize {
        self.at - self.line_start
    }

    fn skip_spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
    }

    fn skip_line(&mut self) {
        while self.peek().is_some_and(|byte| byte != b'\n') {
            self.at += 1;
        }
        self.next_line();
    }

    fn next_line(&mut self) {
        self.at = (self.at + 1).min(self.bytes.len());
        self.line_start = self.at;
    }

    /// One line outside brackets and quotes, and what begins on it.
    fn block_line(&mut self) {
        self.parent = None;
        if self.peek() == Some(b'%') {
            return self.skip_line();
        }
        loop {
            self.skip_spaces();
            match self.peek() {
                None => return,
                Some(b'\r') => self.at += 1,
                Some(b'\n') => return self.next_line(),
                Some(b'#') => return self.skip_line(),
                Some(b'-' | b'?') if self.ends_after() => {
                    self.parent = Some(self.column());
                    self.at += 1;
                }
                Some(b'&' | b'*' | b'!') => self.skip_word(),
                Some(b'|' | b'>') => return self.block_scalar(),
                Some(_) => self.block_token(),
            }
        }
    }

    /// A key or value outside brackets, with the colon after it.
    fn block_token(&mut self) {
        let column = self.column();
        match self.peek() {
            Some(b'"' | b'\'') => self.quoted(),
            Some(b'[' | b'{') => self.brackets(),
            _ => self.plain(),
        }
        self.skip_spaces();
        if self.peek() == Some(b':') {
            self.parent = Some(column);
            self.at += 1;
        }
    }

    fn skip_word(&mut self) {
        while self.peek().is_some_and(|byte| !is_white(byte)) {
            self.at += 1;
        }
    }

    /// A plain text up to its colon, its comment or the end of the line.
    fn plain(&mut self) {
        while let Some(byte) = self.peek() {
            let is_comment = byte == b'#' && self.at > 0 && is_white(self.bytes[self.at - 1]);
            if byte == b'\n' || is_comment || (byte == b':' && self.ends_after()) {
                return;
            }
            self.at += 1;
        }
    }

    /// A block scalar: its header and every line that is empty or stands further right than what it belongs to.
    fn block_scalar(&mut self) {
        self.skip_line();
        while self.at < self.bytes.len() {
            let start = self.at;
            while self.peek() == Some(b' ') {
                self.at += 1;
            }
            let is_empty = matches!(self.peek(), None | Some(b'\n' | b'\r'));
            if !is_empty && self.parent.is_some_and(|parent| self.column() <= parent) {
                self.at = start;
                return;
            }
            self.skip_line();
        }
    }

    fn quoted(&mut self) {
        let Some(quote) = self.peek() else { return };
        self.at += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => self.continuation(),
                // An escaped line break is met again as a line break.
                b'\\' if quote == b'"' && self.bytes.get(self.at + 1).is_some_and(|next| *next != b'\n') => {
                    self.at += 2;
                }
                _ if byte == quote => {
                    self.at += 1;
                    if quote == b'"' || self.peek() != Some(quote) {
                        return;
                    }
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }

    /// Everything up to the bracket that closes the one under way.
    fn brackets(&mut self) {
        let mut depth = 0_usize;
        let mut in_plain = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => {
                    self.continuation();
                    continue;
                }
                b' ' | b'\t' | b'\r' => {}
                b'#' if self.at == self.line_start || is_white(self.bytes[self.at - 1]) => {
                    while self.peek().is_some_and(|byte| byte != b'\n') {
                        self.at += 1;
                    }
                    continue;
                }
                b'"' | b'\'' if !in_plain => {
                    self.quoted();
                    continue;
                }
                b'[' | b'{' => {
                    self.separator();
                    depth += 1;
                    in_plain = false;
                }
                b']' | b'}' => {
                    depth -= 1;
                    in_plain = false;
                    if depth == 0 {
                        self.at += 1;
                        return;
                    }
                }
                b',' => {
                    self.separator();
                    in_plain = false;
                }
                b':' if !in_plain || self.ends_after() || self.is_flow_after() => {
                    self.separator();
                    in_plain = false;
                }
                _ => in_plain = true,
            }
            self.at += 1;
        }
    }

    fn separator(&mut self) {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => {
                self.beyond.get_or_insert(self.at);
            }
        }
    }

    fn is_flow_after(&self) -> bool {
        matches!(self.bytes.get(self.at + 1), Some(b',' | b'[' | b']' | b'{' | b'}'))
    }

    /// The line after a break inside brackets or quotes.
    fn continuation(&mut self) {
        self.next_line();
        let at = self.at;
        self.skip_spaces();
        if !matches!(self.peek(), None | Some(b'\n' | b'\r')) {
            self.found.push(Continuation {
                at,
                column: self.column(),
                needed: self.parent.map_or(0, |parent| parent + 1),
            });
        }
    }
}

fn is_white(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}
