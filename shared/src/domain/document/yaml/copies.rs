//! Anchors, aliases and merge keys: what is copied where, and how much.

use std::ops::Range;

use super::{Builder, Copied, Copier, Merge, Size, shorthand, written_span};
use crate::domain::document::{Anchor, MAX_DEPTH, MAX_NODES, Node, ScalarStyle, SyntaxError, Value};
use crate::domain::limits::MAX_COPIED_BYTES;

/// What an anchor names.
pub(super) struct Anchored {
    node: Node,
    size: Size,
}

impl Builder<'_> {
    /// Whether what comes next stands inside brackets.
    fn is_in_flow(&self) -> bool {
        self.open.last().is_some_and(|open| open.flow_start.is_some())
    }

    pub(super) fn alias(&mut self, anchor: usize, span: Range<usize>) -> Result<(), SyntaxError> {
        self.last_end = span.end;
        let Some(anchored) = self.anchored.get(&anchor) else {
            return Err(self
                .positions
                .error(span.start, "this alias stands inside its own anchor"));
        };
        let size = anchored.size;
        if self.open.len() + size.depth > MAX_DEPTH {
            return Err(self
                .positions
                .error(span.start, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.copy(size, span.start)?;
        let (line, column) = self.positions.at(span.start);
        let copied = Copied {
            span: self.positions.in_file(span),
            line,
            column,
            in_flow: self.is_in_flow(),
            by: Copier::Alias,
        };
        match self.anchored.get(&anchor).map(|anchored| anchored.node.clone()) {
            Some(node) => {
                let copied = Some(Box::new(copied));
                self.add(Node { copied, ..node }, 0, size)
            }
            None => Ok(()),
        }
    }

    /// The mapping of these keys and values, with what its merge keys stand for.
    pub(super) fn mapping(&mut self, children: Vec<Node>, in_flow: bool) -> Result<Value, SyntaxError> {
        let mut entries = Vec::with_capacity(children.len() / 2);
        let mut children = children.into_iter();
        let mut merges = Vec::new();
        while let (Some(key), Some(value)) = (children.next(), children.next()) {
            if !is_merge(&key) {
                entries.push((key, value));
                continue;
            }
            let by = Copied {
                span: written_span(&key).start..written_span(&value).end,
                line: key.line,
                column: key.column,
                in_flow,
                by: Copier::Merge,
            };
            merges.push((by, key, value));
        }
        let entries = shorthand::each_once(entries, &mut self.duplicates)?;
        if merges.is_empty() {
            return Ok(Value::Mapping(entries));
        }
        let spans: Vec<_> = merges.iter().map(|(by, _, _)| by.span.clone()).collect();
        let entries = shorthand::merged(merges, entries)?;
        for (index, span) in spans.into_iter().enumerate() {
            let is_from_here = |key: &Node| key.copied.as_ref().is_some_and(|copied| copied.span == span);
            self.merges.push(Merge {
                is_empty: !entries.iter().any(|(key, _)| is_from_here(key)),
                is_all: index == 0 && entries.is_empty(),
                in_flow,
                span,
            });
        }
        Ok(Value::Mapping(entries))
    }

    /// Notes where the anchor stands of a node whose tag or anchor begins at `from`.
    pub(super) fn note_anchor(&mut self, anchor: usize, from: usize, is_of_nothing: bool) {
        if anchor != 0
            && let Some(span) = self.anchor_after(from)
        {
            let span = self.positions.in_file(span);
            self.anchors.push(Anchor { span, is_of_nothing });
        }
    }

    /// Counts a copy before it is made.
    fn copy(&mut self, size: Size, index: usize) -> Result<(), SyntaxError> {
        self.count(size.nodes, index)?;
        self.copied += size.bytes;
        if self.copied > MAX_COPIED_BYTES {
            let message = format!("anchors and aliases copy more than {MAX_COPIED_BYTES} bytes of text");
            return Err(self.positions.error(index, message));
        }
        Ok(())
    }

    pub(super) fn count(&mut self, nodes: usize, index: usize) -> Result<(), SyntaxError> {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            let message = format!("the document has more than {MAX_NODES} values, aliases expanded");
            return Err(self.positions.error(index, message));
        }
        Ok(())
    }

    /// Hands a finished node to the collection that it is in.
    pub(super) fn add(&mut self, node: Node, anchor: usize, size: Size) -> Result<(), SyntaxError> {
        if anchor != 0 {
            // The copy counts as well: a hundred anchors inside each other would keep a hundred copies.
            self.copy(size, node.span.start)?;
            let node = node.clone();
            self.anchored.insert(anchor, Anchored { node, size });
        }
        match self.open.last_mut() {
            Some(open) => {
                open.size.nodes += size.nodes;
                open.size.bytes += size.bytes;
                open.size.depth = open.size.depth.max(size.depth);
                open.children.push(node);
            }
            None => self.root = Some(node),
        }
        Ok(())
    }
}

/// Whether a key is a merge key: `<<` without quotes, as PyYAML and SnakeYAML have it.
fn is_merge(key: &Node) -> bool {
    let is_untagged = key.tag.as_deref().is_none_or(|tag| tag == "!!merge");
    is_untagged
        && key
            .scalar()
            .is_some_and(|scalar| scalar.text == "<<" && scalar.style == ScalarStyle::Plain)
}
