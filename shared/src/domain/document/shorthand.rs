//! What a text may say shortly or twice, as YAML and JSON parsers take it and CloudFormation does not.

use std::collections::HashMap;
use std::ops::Range;

use super::{Node, SyntaxError, Value};

/// What a node was copied for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// Bytes of the alias, or of the merge key with its value.
    pub span: Range<usize>,
    /// Line of these, from 1.
    pub line: usize,
    /// Column of these in characters, from 1.
    pub column: usize,
    /// Whether it stands inside brackets.
    pub in_flow: bool,
    /// Which of the two it is.
    pub by: Copier,
}

/// What makes copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copier {
    /// `*name`.
    Alias,
    /// `<<:`.
    Merge,
}

/// The name of an anchor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// Its bytes, with the `&`.
    pub span: Range<usize>,
    /// Whether the value behind it was left out, which makes a null.
    pub is_of_nothing: bool,
}

/// A merge key.
///
/// Source: <https://yaml.org/type/merge.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    /// Bytes of the key and its value.
    pub span: Range<usize>,
    /// Whether it stands inside brackets.
    pub in_flow: bool,
    /// Whether it brings in nothing that its mapping does not say itself.
    pub is_empty: bool,
    /// Whether it is the first of a mapping that has no entries in the end.
    pub is_all: bool,
}

/// A key that a mapping has more than once. The last one counts, as it does for CloudFormation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// The key that does not count.
    pub earlier: Node,
    /// The key that comes after it.
    pub later: Node,
}

impl Duplicate {
    /// The duplicate as an error, for documents in which a key may stand once.
    pub fn refused(&self) -> SyntaxError {
        SyntaxError {
            line: self.later.line,
            column: self.later.column,
            message: format!(
                "duplicate key `{}`; it stands at {}:{} already",
                self.later.as_text().unwrap_or_default(),
                self.earlier.line,
                self.earlier.column
            ),
        }
    }
}

/// The entries of a mapping with each key once: the last of its name. Puts the others into `duplicates`.
///
/// # Errors
///
/// A key that is not a scalar.
pub(super) fn each_once(
    mut entries: Vec<(Node, Node)>,
    duplicates: &mut Vec<Duplicate>,
) -> Result<Vec<(Node, Node)>, SyntaxError> {
    let Some(last) = last_of_each(&entries)? else {
        entries.shrink_to_fit();
        return Ok(entries);
    };
    let mut kept: Vec<(Node, Node)> = Vec::new();
    let mut earlier: HashMap<usize, Node> = HashMap::new();
    for (index, ((key, value), last)) in entries.into_iter().zip(last).enumerate() {
        if let Some(before) = earlier.remove(&last) {
            duplicates.push(Duplicate {
                earlier: before,
                later: key.clone(),
            });
        }
        if last == index {
            kept.push((key, value));
        } else {
            earlier.insert(last, key);
        }
    }
    kept.shrink_to_fit();
    Ok(kept)
}

/// Puts what `merged` holds before the entries of a mapping, without what these say themselves; of what is merged
/// later ones count.
///
/// # Errors
///
/// A merge key whose value is neither a mapping nor a list of mappings.
pub(super) fn merged(
    merges: Vec<(Copied, Node, Node)>,
    own: Vec<(Node, Node)>,
) -> Result<Vec<(Node, Node)>, SyntaxError> {
    let mut entries = Vec::new();
    for (by, key, value) in merges {
        let sources = match value.value {
            Value::Mapping(_) => vec![value],
            // Of a list the first counts.
            Value::Sequence(mut items) => {
                items.reverse();
                items
            }
            Value::Scalar(_) => vec![value],
        };
        for source in sources {
            let found = source.in_words();
            let Value::Mapping(of_source) = source.value else {
                return Err(SyntaxError {
                    line: key.line,
                    column: key.column,
                    message: format!("`<<` merges a mapping or a list of mappings, not {found}"),
                });
            };
            entries.extend(of_source.into_iter().map(|(key, value)| {
                let copied = Some(Box::new(by.clone()));
                (Node { copied, ..key }, value)
            }));
        }
    }
    entries.extend(own);
    each_once(entries, &mut Vec::new())
}

/// For each entry the index of the last one of its name; `None` when no name stands twice.
fn last_of_each(entries: &[(Node, Node)]) -> Result<Option<Vec<usize>>, SyntaxError> {
    let mut last = HashMap::with_capacity(entries.len());
    for (index, (key, _)) in entries.iter().enumerate() {
        last.insert(name_of(key)?, index);
    }
    if last.len() == entries.len() {
        return Ok(None);
    }
    let of_each = entries.iter().map(|(key, _)| name_of(key).map(|name| last[name]));
    of_each.collect::<Result<_, _>>().map(Some)
}

fn name_of(key: &Node) -> Result<&str, SyntaxError> {
    key.as_text().ok_or_else(|| SyntaxError {
        line: key.line,
        column: key.column,
        message: format!("a key is a text, not {}", key.in_words()),
    })
}
