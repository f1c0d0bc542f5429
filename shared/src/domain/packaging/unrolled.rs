//! Anchors, aliases and merge keys written out, because CloudFormation refuses them.
//!
//! `aws cloudformation package` writes them out as well. Only they change: an alias becomes what its anchor names, in
//! the flow style, which may stand anywhere; a merge key becomes the entries that it brings in; an anchor goes away.
//!
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html>

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Write as _;
use std::ops::Range;

use super::edit::Edit;
use crate::domain::document::{Anchor, Copied, Copier, Document, Merge, Node, Scalar, ScalarKind, ScalarStyle, Value};
use crate::domain::limits::MAX_TEMPLATE_BYTES;

/// What stands in the place of a node, by the node itself: copies of one anchor may stand for different things.
pub(super) type Replaced = HashMap<*const Node, String>;

/// The nodes that stand in the text themselves, which copies do not.
pub(super) fn written(root: &Node) -> HashSet<*const Node> {
    let mut found = HashSet::new();
    collect_written(root, &mut found);
    found
}

fn collect_written(node: &Node, found: &mut HashSet<*const Node>) {
    if node.copied.is_some() {
        return;
    }
    found.insert(std::ptr::from_ref(node));
    node.items().iter().for_each(|item| collect_written(item, found));
    for (key, value) in node.entries() {
        if !is_merged(key) {
            collect_written(key, found);
            collect_written(value, found);
        }
    }
}

fn is_merged(key: &Node) -> bool {
    key.copied.as_ref().is_some_and(|copied| copied.by == Copier::Merge)
}

/// All anchors, aliases and merge keys of a document with what is written in their place; `replaced` has that for
/// nodes of copies.
///
/// # Errors
///
/// Where so much is written out that CloudFormation takes no template of that length.
pub(super) fn edits<'d>(document: &'d Document, text: &[u8], replaced: &Replaced) -> Result<Vec<Edit>, &'d Copied> {
    let mut edits: Vec<Edit> = document.anchors.iter().map(|anchor| of_anchor(anchor, text)).collect();
    let empty = document.merges.iter().filter(|merge| merge.is_empty);
    edits.extend(empty.map(|merge| of_empty_merge(merge, text)));
    let is_windows = text.windows(2).any(|two| two == b"\r\n");
    let mut writer = Writer {
        text,
        line_break: if is_windows { "\r\n" } else { "\n" },
        replaced,
        edits,
        bytes: 0,
    };
    writer.walk(&document.root)?;
    Ok(writer.edits)
}

/// Takes an anchor away with the white space that kept it apart.
fn of_anchor(anchor: &Anchor, text: &[u8]) -> Edit {
    let Range { mut start, mut end } = anchor.span.clone();
    if anchor.is_of_nothing {
        return Edit::of(start..end, "null");
    }
    while matches!(text.get(end), Some(b' ' | b'\t')) {
        end += 1;
    }
    if matches!(text.get(end), None | Some(b'\r' | b'\n')) {
        while matches!(
            start.checked_sub(1).and_then(|before| text.get(before)),
            Some(b' ' | b'\t')
        ) {
            start -= 1;
        }
    }
    Edit::of(start..end, "")
}

/// Takes a merge key away that brings nothing in: its line, or its part of a mapping in brackets.
fn of_empty_merge(merge: &Merge, text: &[u8]) -> Edit {
    let Range { mut start, mut end } = merge.span.clone();
    if !merge.in_flow && merge.is_all {
        return Edit::of(start..end, "{}");
    }
    if merge.in_flow {
        let mut index = end;
        while matches!(text.get(index), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            index += 1;
        }
        if text.get(index) == Some(&b',') {
            end = index + 1;
            while matches!(text.get(end), Some(b' ' | b'\t')) {
                end += 1;
            }
        }
        return Edit::of(start..end, "");
    }
    let line = text.get(..start).unwrap_or_default();
    let line_start = line.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let is_alone = line
        .get(line_start..)
        .is_some_and(|before| before.iter().all(|byte| *byte == b' '));
    let rest = text.get(end..).unwrap_or_default();
    let after = rest
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(rest.len(), |at| at + 1);
    let is_last = rest
        .get(..after)
        .is_some_and(|after| after.iter().all(u8::is_ascii_whitespace));
    if is_alone && is_last {
        start = line_start;
        end += after;
    }
    Edit::of(start..end, "")
}

struct Writer<'w> {
    text: &'w [u8],
    line_break: &'static str,
    replaced: &'w Replaced,
    edits: Vec<Edit>,
    /// How much has been written out.
    bytes: usize,
}

impl Writer<'_> {
    fn walk<'d>(&mut self, node: &'d Node) -> Result<(), &'d Copied> {
        if let Some(copied) = node.copied.as_deref() {
            let text = self.of_alias(node, copied);
            return self.take(copied, text);
        }
        for item in node.items() {
            self.walk(item)?;
        }
        let mut merged: BTreeMap<usize, Vec<&'d (Node, Node)>> = BTreeMap::new();
        for entry in node.entries() {
            let (key, value) = entry;
            match key.copied.as_deref() {
                Some(copied) if copied.by == Copier::Merge => {
                    merged.entry(copied.span.start).or_default().push(entry);
                }
                _ => {
                    self.walk(key)?;
                    self.walk(value)?;
                }
            }
        }
        for entries in merged.into_values() {
            if let Some(copied) = entries.first().and_then(|(key, _)| key.copied.as_deref()) {
                let text = self.of_merge(copied, &entries);
                self.take(copied, text)?;
            }
        }
        Ok(())
    }

    fn take<'d>(&mut self, copied: &'d Copied, text: String) -> Result<(), &'d Copied> {
        self.bytes += text.len();
        self.edits.push(Edit::of(copied.span.clone(), text));
        if self.bytes > MAX_TEMPLATE_BYTES {
            Err(copied)
        } else {
            Ok(())
        }
    }

    fn of_alias(&self, node: &Node, copied: &Copied) -> String {
        let mut text = String::new();
        // Outside of brackets a text without quotes may stay as it is.
        let source = node
            .scalar()
            .filter(|scalar| !copied.in_flow && scalar.style == ScalarStyle::Plain);
        let source = source.and_then(|scalar| {
            let source = std::str::from_utf8(self.text.get(node.span.clone())?).ok()?;
            (source == scalar.text && !source.is_empty() && !self.replaced.contains_key(&std::ptr::from_ref(node)))
                .then_some(source)
        });
        match source {
            Some(source) => {
                write_tag(node, &mut text);
                text.push_str(source);
            }
            None => self.flow(node, &mut text),
        }
        text
    }

    /// The entries that a merge key brings in.
    fn of_merge(&self, copied: &Copied, entries: &[&(Node, Node)]) -> String {
        let mut text = String::new();
        for (index, (key, value)) in entries.iter().enumerate() {
            if index > 0 && copied.in_flow {
                text.push_str(", ");
            } else if index > 0 {
                let _ = write!(text, "{}{:2$}", self.line_break, "", copied.column - 1);
            }
            self.flow(key, &mut text);
            text.push_str(": ");
            self.flow(value, &mut text);
        }
        text
    }

    /// A node in the flow style, on one line.
    fn flow(&self, node: &Node, text: &mut String) {
        if let Some(replaced) = self.replaced.get(&std::ptr::from_ref(node)) {
            text.push_str(replaced);
            return;
        }
        // What is longer than any template is not needed to the end.
        if text.len() > MAX_TEMPLATE_BYTES {
            return;
        }
        write_tag(node, text);
        match &node.value {
            Value::Scalar(scalar) => write_scalar(scalar, text),
            Value::Sequence(items) => {
                text.push('[');
                for (index, item) in items.iter().enumerate() {
                    text.push_str(if index > 0 { ", " } else { "" });
                    self.flow(item, text);
                }
                text.push(']');
            }
            Value::Mapping(entries) => {
                text.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    text.push_str(if index > 0 { ", " } else { "" });
                    self.flow(key, text);
                    text.push_str(": ");
                    self.flow(value, text);
                }
                text.push('}');
            }
        }
    }
}

fn write_tag(node: &Node, text: &mut String) {
    match node.tag.as_deref() {
        Some(tag) if tag.starts_with('!') => _ = write!(text, "{tag} "),
        Some(verbatim) => _ = write!(text, "!<{verbatim}> "),
        None => {}
    }
}

/// A scalar without quotes where it had none and needs none, else in double quotes: what JSON escapes, YAML escapes in
/// the same way.
fn write_scalar(scalar: &Scalar, text: &mut String) {
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || b"_./+-".contains(&byte);
    if scalar.kind == ScalarKind::Null {
        text.push_str("null");
    } else if scalar.style == ScalarStyle::Plain && scalar.text.bytes().all(is_safe) {
        text.push_str(&scalar.text);
    } else {
        text.push_str(&serde_json::Value::from(scalar.text.as_str()).to_string());
    }
}
