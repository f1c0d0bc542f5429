//! YAML and JSON documents whose every node knows where it stands.
//!
//! Scalars keep their text exactly as written (`010`, `1.0`, `1e3`, twenty digits), short-form tags (`!Ref`) are kept,
//! and byte spans are exact, so that a value can be replaced in the text with every other byte left alone.
//! Anchors, aliases and merge keys are resolved: an alias is a copy of its anchor's node, with the anchor's position and
//! span, and knows what it is a [copy](Copied) for. Of a key that stands twice the last one counts.

mod json;
mod position;
mod shorthand;
mod yaml;

use std::fmt;
use std::ops::Range;

use position::Positions;

pub use crate::domain::limits::{MAX_DEPTH, MAX_NODES};
pub use shorthand::{Anchor, Copied, Copier, Duplicate, Merge};

/// How a document is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML 1.2, with the tags that CloudFormation adds.
    Yaml,
    /// JSON as RFC 8259 has it: no comments, no trailing commas.
    Json,
}

impl Format {
    /// The format that a path's extension says: `.json`, `.yaml` or `.yml`, in either case; `None` for any other.
    pub fn of_path(path: &str) -> Option<Self> {
        match path
            .rsplit('/')
            .next()?
            .rsplit_once('.')?
            .1
            .to_ascii_lowercase()
            .as_str()
        {
            "json" => Some(Self::Json),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }
}

/// A document could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct SyntaxError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, as a lowercase fragment.
    pub message: String,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The outermost node. An empty YAML document is a null scalar.
    pub root: Node,
    /// Its anchors, in the order in which they were read.
    pub anchors: Vec<Anchor>,
    /// Its merge keys, in the order in which they were read.
    pub merges: Vec<Merge>,
    /// Keys that a mapping has more than once.
    pub duplicates: Vec<Duplicate>,
}

/// A value in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// What it holds.
    pub value: Value,
    /// Its tag as written, such as `!Ref` or `!!str`; JSON has none.
    pub tag: Option<String>,
    /// Bytes of the value in the text, without tag, anchor and following line breaks. Quotes and a block scalar's
    /// header belong to it. A block collection reaches from its first child to the end of its last.
    pub span: Range<usize>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What it is a copy for; `None` where it is written. Of a merged entry the key says it.
    pub copied: Option<Box<Copied>>,
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A text, number, boolean or null.
    Scalar(Scalar),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the text. Keys are scalars, each different.
    Mapping(Vec<(Node, Node)>),
}

/// A text, number, boolean or null.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scalar {
    /// The text: unquoted and unescaped, otherwise exactly as written.
    pub text: String,
    /// What the text stands for.
    pub kind: ScalarKind,
    /// How it is written.
    pub style: ScalarStyle,
}

/// What a scalar's text stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarKind {
    /// Text; also dates, and YAML 1.1's `yes` and `off`.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A number in any notation.
    Number,
    /// Nothing.
    Null,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScalarStyle {
    /// Without quotes.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes; every JSON text is.
    DoubleQuoted,
    /// As an indented block, `|` or `>`.
    Block,
}

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// The first violation of the format; also keys that are no scalars, more than one document, unknown or recursive
    /// aliases, merge keys that merge no mappings, and documents beyond [`MAX_DEPTH`], [`MAX_NODES`] or, by their aliases,
    /// [`MAX_COPIED_BYTES`](crate::domain::limits::MAX_COPIED_BYTES).
    pub fn parse(text: &str, format: Format) -> Result<Self, SyntaxError> {
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        let positions = Positions::new(body, text.len() - body.len());
        match format {
            Format::Yaml => yaml::parse(body, &positions),
            Format::Json => json::parse(body, &positions),
        }
    }

    /// Refuses keys that stand twice, for documents that say what counts.
    ///
    /// # Errors
    ///
    /// The first such key.
    pub fn with_each_key_once(self) -> Result<Self, SyntaxError> {
        match self.duplicates.first() {
            Some(duplicate) => Err(duplicate.refused()),
            None => Ok(self),
        }
    }

    /// Reads a document from bytes.
    ///
    /// # Errors
    ///
    /// As [`Document::parse`], and when the bytes are not UTF-8.
    pub fn parse_bytes(bytes: &[u8], format: Format) -> Result<Self, SyntaxError> {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::parse(text, format),
            Err(error) => {
                let valid = String::from_utf8_lossy(bytes.get(..error.valid_up_to()).unwrap_or_default());
                let (line, column) = Positions::new(&valid, 0).at(valid.len());
                Err(SyntaxError {
                    line,
                    column,
                    message: "this byte is not UTF-8; save the file as UTF-8".to_owned(),
                })
            }
        }
    }
}

impl Node {
    /// The scalar; `None` for a collection.
    pub fn scalar(&self) -> Option<&Scalar> {
        match &self.value {
            Value::Scalar(scalar) => Some(scalar),
            Value::Sequence(_) | Value::Mapping(_) => None,
        }
    }

    /// The text of a scalar of any kind, exactly as written; `None` for a collection.
    pub fn as_text(&self) -> Option<&str> {
        self.scalar().map(|scalar| scalar.text.as_str())
    }

    /// The items of a sequence; none for anything else.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Sequence(items) => items,
            Value::Scalar(_) | Value::Mapping(_) => &[],
        }
    }

    /// Keys and values of a mapping; none for anything else.
    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.value {
            Value::Mapping(entries) => entries,
            Value::Scalar(_) | Value::Sequence(_) => &[],
        }
    }

    /// Key and value of the entry `key` of a mapping.
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        let (name, value) = self.entries().iter().find(|(name, _)| name.as_text() == Some(key))?;
        Some((name, value))
    }

    /// Value of the entry `key` of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// The node at a JSON pointer (RFC 6901), such as `/Resources/Bucket/Type` or `/items/0`; the empty one is this node.
    pub fn pointer(&self, pointer: &str) -> Option<&Node> {
        if pointer.is_empty() {
            return Some(self);
        }
        pointer.strip_prefix('/')?.split('/').try_fold(self, |node, token| {
            let token = token.replace("~1", "/").replace("~0", "~");
            match &node.value {
                Value::Mapping(_) => node.get(&token),
                Value::Sequence(items) => items.get(token.parse::<usize>().ok()?),
                Value::Scalar(_) => None,
            }
        })
    }

    /// Whether it is a null, or a YAML value that was left out.
    pub fn is_null(&self) -> bool {
        self.scalar().is_some_and(|scalar| scalar.kind == ScalarKind::Null)
    }

    /// What it is, in words: `a mapping`, `a list`, `the text`, `the number`, `nothing`.
    pub fn in_words(&self) -> &'static str {
        match &self.value {
            Value::Mapping(_) => "a mapping",
            Value::Sequence(_) => "a list",
            Value::Scalar(scalar) => match scalar.kind {
                ScalarKind::Text => "a text",
                ScalarKind::Boolean => "a boolean",
                ScalarKind::Number => "a number",
                ScalarKind::Null => "nothing",
            },
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yaml => "YAML",
            Self::Json => "JSON",
        })
    }
}

#[cfg(test)]
mod tests;
