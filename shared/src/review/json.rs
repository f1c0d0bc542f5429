//! A review as JSON, with a published schema: `docs/review.schema.json`.

use std::collections::BTreeMap;
use std::io;

use schemars::schema_for;
use serde::Serialize as _;
use serde_json::Value;
use serde_json::ser::Formatter;

use crate::domain::change_set::review::Review;
use crate::domain::secrecy::is_invisible;

/// The review as JSON. Characters that cannot be seen are written as escapes, so that a terminal shows them.
pub fn json(review: &Review) -> String {
    let mut bytes = Vec::with_capacity(4_096 + review.resources.len() * 2_048);
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, Visible::default());
    // A struct of strings, lists and numbers always has a JSON form, and a vector takes every byte.
    if review.serialize(&mut serializer).is_err() {
        bytes.clear();
    }
    bytes.push(b'\n');
    String::from_utf8(bytes).unwrap_or_default()
}

/// The JSON Schema of [`json`].
pub fn schema() -> String {
    // Whether serde_json's own map sorts its keys depends on what else is built, so they are sorted here.
    let sorted = serde_json::to_value(schema_for!(Review)).map(sorted);
    let mut text = sorted
        .and_then(|schema| serde_json::to_string_pretty(&schema))
        .unwrap_or_default();
    text.push('\n');
    text
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<_, _> = map.into_iter().map(|(key, value)| (key, self::sorted(value))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// A line break and the deepest indentation that a review has, and more.
const BREAK: &[u8] = b"\n                                                                ";

/// Writes as `serde_json`'s own pretty form does, with invisible characters made visible.
#[derive(Default)]
struct Visible {
    depth: usize,
    has_values: bool,
}

impl Visible {
    fn line<W: ?Sized + io::Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(&BREAK[..BREAK.len().min(1 + 2 * self.depth)])
    }

    fn begin<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.has_values = false;
        writer.write_all(bracket)
    }

    fn next<W: ?Sized + io::Write>(&self, writer: &mut W, is_first: bool) -> io::Result<()> {
        if !is_first {
            writer.write_all(b",")?;
        }
        self.line(writer)
    }

    fn end<W: ?Sized + io::Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.has_values {
            self.line(writer)?;
        }
        writer.write_all(bracket)
    }
}

impl Formatter for Visible {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if fragment.is_ascii() && !fragment.as_bytes().contains(&0x7f) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut start = 0;
        for (at, character) in fragment.char_indices() {
            if is_invisible(character) && !matches!(character, '\u{fe0f}' | '\u{200d}') {
                writer.write_all(&fragment.as_bytes()[start..at])?;
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
                start = at + character.len_utf8();
            }
        }
        writer.write_all(&fragment.as_bytes()[start..])
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        self.next(writer, is_first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_values = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, is_first: bool) -> io::Result<()> {
        self.next(writer, is_first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.has_values = true;
        Ok(())
    }
}
