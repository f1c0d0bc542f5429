//! YAML with positions, from the events of saphyr-parser.
//!
//! The parser's spans count characters, begin at a node's tag or anchor, and reach over a comment that follows a
//! quoted scalar; the spans made here are exact.

mod continuations;
mod copies;
mod kinds;
mod layout;
mod spaces;
mod spans;

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle as Style, Span, Tag};

use super::position::Positions;
use super::shorthand::{self, Anchor, Copied, Copier, Duplicate, Merge};
use super::{Document, MAX_DEPTH, Node, Scalar, ScalarKind, ScalarStyle, SyntaxError, Value};
use crate::domain::limits::MAX_IN_BRACKETS;
use copies::Anchored;
use kinds::kind_of;

const CORE_SCHEMA: &str = "tag:yaml.org,2002:";

pub(super) fn parse(text: &str, positions: &Positions<'_>) -> Result<Document, SyntaxError> {
    if let Some(index) = continuations::beyond(text, MAX_IN_BRACKETS) {
        let message = format!(
            "more than {MAX_IN_BRACKETS} commas, colons and brackets stand in brackets; write it as JSON or in lines"
        );
        return Err(positions.error(index, message));
    }
    let read = parse_strictly(text, positions).or_else(|error| {
        let Some(padded) = layout::pad(text) else {
            return Err(error);
        };
        match parse_strictly(&padded.text, &Positions::new(&padded.text, 0)) {
            Ok(document) => padded.restore(document, positions).ok_or(error),
            // What stands before it was only a matter of layout.
            Err(later) if later.line > error.line => Err(padded.restore_error(later, positions)),
            Err(_) => Err(error),
        }
    });
    spaces::told(read, text, positions)
}

fn parse_strictly(text: &str, positions: &Positions<'_>) -> Result<Document, SyntaxError> {
    let mut builder = Builder {
        text,
        positions,
        open: Vec::new(),
        root: None,
        anchored: HashMap::new(),
        anchors: Vec::new(),
        merges: Vec::new(),
        duplicates: Vec::new(),
        nodes: 0,
        copied: 0,
        last_end: 0,
    };
    let mut documents = 0;
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let index = positions.byte_of(error.marker().index());
            positions.error(index, said(error.info()))
        })?;
        if let Event::DocumentStart(_) = event {
            documents += 1;
            if documents > 1 {
                let index = positions.byte_of(span.start.index());
                return Err(positions.error(index, "a second document begins here; a file holds one"));
            }
        }
        builder.take(event, span)?;
    }
    let root = builder.root.unwrap_or_else(|| {
        let end = text.len();
        node(positions, end..end, None, null())
    });
    Ok(Document {
        root,
        anchors: builder.anchors,
        merges: builder.merges,
        duplicates: builder.duplicates,
    })
}

/// The parser's message as a lowercase fragment that says where the reader should look.
fn said(info: &str) -> String {
    if info == "recursion limit exceeded" {
        return format!("nested deeper than {MAX_DEPTH} levels");
    }
    info.strip_prefix("while ").map_or_else(
        || info.to_owned(),
        |rest| match rest.split_once(", ") {
            Some((doing, found)) => format!("{found} ({doing})"),
            None => info.to_owned(),
        },
    )
}

fn null() -> Value {
    Value::Scalar(Scalar {
        text: String::new(),
        kind: ScalarKind::Null,
        style: ScalarStyle::Plain,
    })
}

fn node(positions: &Positions<'_>, span: Range<usize>, tag: Option<String>, value: Value) -> Node {
    let (line, column) = positions.at(span.start);
    Node {
        value,
        tag,
        span: positions.in_file(span),
        line,
        column,
        copied: None,
    }
}

/// A collection whose end has not been read.
struct Open {
    is_mapping: bool,
    tag: Option<String>,
    anchor: usize,
    /// Where its bracket stands, in the flow style.
    flow_start: Option<usize>,
    event_start: usize,
    children: Vec<Node>,
    /// Of the children so far, and of itself.
    size: Size,
}

/// How large a node is, with everything below it.
#[derive(Debug, Clone, Copy, Default)]
struct Size {
    nodes: usize,
    /// Bytes of its texts and tags.
    bytes: usize,
    /// Levels below it.
    depth: usize,
}

struct Builder<'t> {
    text: &'t str,
    positions: &'t Positions<'t>,
    open: Vec<Open>,
    root: Option<Node>,
    anchored: HashMap<usize, Anchored>,
    anchors: Vec<Anchor>,
    merges: Vec<Merge>,
    duplicates: Vec<Duplicate>,
    nodes: usize,
    /// Bytes of text that anchors and aliases copied.
    copied: usize,
    /// Where the last scalar, alias or bracket ended.
    last_end: usize,
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), SyntaxError> {
        let start = self.positions.byte_of(span.start.index());
        let end = self.positions.byte_of(span.end.index());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let content = self.scalar_span(start..end, style, anchor != 0 || tag.is_some());
                self.last_end = content.end;
                let is_of_nothing = style == Style::Plain && text.is_empty();
                self.note_anchor(anchor, start, is_of_nothing);
                let tag = tag.as_deref().map(written);
                let mut text = text.into_owned();
                // The parser makes room for a hundred bytes and more before it reads a text.
                text.shrink_to_fit();
                let scalar = Scalar {
                    kind: kind_of(&text, style, tag.as_deref()),
                    text,
                    style: match style {
                        Style::Plain => ScalarStyle::Plain,
                        Style::SingleQuoted => ScalarStyle::SingleQuoted,
                        Style::DoubleQuoted => ScalarStyle::DoubleQuoted,
                        Style::Literal | Style::Folded => ScalarStyle::Block,
                    },
                };
                let size = Size {
                    nodes: 1,
                    bytes: scalar.text.len() + tag.as_ref().map_or(0, String::len),
                    depth: 0,
                };
                let scalar = node(self.positions, content, tag, Value::Scalar(scalar));
                self.count(1, start)?;
                self.add(scalar, anchor, size)
            }
            Event::SequenceStart(anchor, tag) => self.open(start..end, anchor, tag.as_deref(), false),
            Event::MappingStart(anchor, tag) => self.open(start..end, anchor, tag.as_deref(), true),
            // The event reaches over the white space behind a closing bracket.
            Event::SequenceEnd | Event::MappingEnd => self.close(start),
            Event::Alias(anchor) => self.alias(anchor, start..end),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                Ok(())
            }
        }
    }

    fn open(
        &mut self,
        span: Range<usize>,
        anchor: usize,
        tag: Option<&Tag>,
        is_mapping: bool,
    ) -> Result<(), SyntaxError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(self
                .positions
                .error(span.start, format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.count(1, span.start)?;
        self.note_anchor(anchor, span.start, false);
        let flow_start = self.bracket(&span);
        if let Some(bracket) = flow_start {
            self.last_end = bracket + 1;
        }
        let tag = tag.map(written);
        self.open.push(Open {
            is_mapping,
            anchor,
            flow_start,
            children: Vec::new(),
            size: Size {
                nodes: 1,
                bytes: tag.as_ref().map_or(0, String::len),
                depth: 0,
            },
            event_start: span.start,
            tag,
        });
        Ok(())
    }

    fn close(&mut self, bracket: usize) -> Result<(), SyntaxError> {
        let Some(open) = self.open.pop() else {
            return Err(self
                .positions
                .error(bracket, "a collection ends here that did not begin"));
        };
        let span = match open.flow_start {
            Some(start) => {
                self.last_end = bracket + 1;
                start..bracket + 1
            }
            None => match (open.children.first(), open.children.last()) {
                (Some(first), Some(last)) => {
                    let bom = self.positions.in_file(0..0).start;
                    let (first, last) = (written_span(first), written_span(last));
                    first.start - bom..last.end.max(first.end) - bom
                }
                _ => open.event_start..open.event_start,
            },
        };
        let value = if open.is_mapping {
            self.mapping(open.children, open.flow_start.is_some())?
        } else {
            let mut items = open.children;
            items.shrink_to_fit();
            Value::Sequence(items)
        };
        let collection = node(self.positions, span, open.tag, value);
        let depth = open.size.depth + 1;
        self.add(collection, open.anchor, Size { depth, ..open.size })
    }
}

/// The bytes at which a node is written: its own, or those of the alias that it is a copy for.
fn written_span(node: &Node) -> Range<usize> {
    node.copied
        .as_ref()
        .map_or_else(|| node.span.clone(), |copied| copied.span.clone())
}

/// A tag as it is written in a document: `!Ref`, `!!str`, or a verbatim tag's text.
fn written(tag: &Tag) -> String {
    match tag.handle.as_str() {
        CORE_SCHEMA => format!("!!{}", tag.suffix),
        handle => format!("{handle}{}", tag.suffix),
    }
}
