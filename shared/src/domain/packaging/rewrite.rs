//! From the text of a template or snippet to what CloudFormation is given.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::edit::{Edit, edited};
use super::loops::{Loop, Mappings};
use super::properties::Kind;
use super::references::{self, Reason, Reference, Unpackaged};
use super::{Packager, strays, unrolled};
use crate::domain::document::{Node, ScalarStyle, SyntaxError};
use crate::domain::limits::MAX_TEMPLATE_BYTES;
use crate::domain::template::read_file;

impl Packager<'_> {
    /// The text of a document with its local paths replaced and its aliases written out, made for the first time.
    pub(super) fn rewrite_anew(&mut self, path: &str, is_snippet: bool) -> Option<Rc<Vec<u8>>> {
        let text = self.content(path)?;
        let document = match read_file(path, &text) {
            Ok(document) => document,
            Err(SyntaxError { line, column, message }) => {
                self.problems.push(format!("{path}:{line}:{column}: {message}"));
                return None;
            }
        };
        if is_snippet && let Some(node) = references::first_short_form(&document.root) {
            let tag = node.tag.as_deref().unwrap_or_default();
            self.refuse(
                path,
                node,
                &format!(
                    "a snippet of AWS::Include cannot use `{tag}`: CloudFormation refuses short forms there; write \
                     `{}` as a key",
                    long_form(tag)
                ),
            );
        }
        let is_short = !document.anchors.is_empty() || !document.merges.is_empty();
        let written = is_short.then(|| unrolled::written(&document.root));
        let mut edits = Vec::new();
        let mut replaced = unrolled::Replaced::new();
        let mut mappings = Mappings::default();
        let found = references::find(&document.root);
        let mut is_whole = self.refuse_unpackaged(path, &found.unpackaged);
        is_whole &= self.refuse_named_packages(path, &document.root);
        for reference in &found.references {
            let node = std::ptr::from_ref(reference.node);
            let is_written = written.as_ref().is_none_or(|written| written.contains(&node));
            let style = if is_written {
                reference.scalar.style
            } else {
                ScalarStyle::DoubleQuoted
            };
            let replacement = match &reference.filled_by {
                None => self.replacement(path, reference, style),
                Some(_) if is_snippet => {
                    let text = "a path with the variable of a loop cannot stand in a snippet, which has no mappings; put \
                                the loop into the template";
                    self.refuse(path, reference.node, text);
                    None
                }
                Some(around) => self.looped(path, reference, around, &mut mappings),
            };
            let Some(replacement) = replacement else {
                is_whole = false;
                continue;
            };
            if is_written {
                edits.push(Edit::of(reference.node.span.clone(), replacement));
            } else {
                replaced.insert(node, replacement);
            }
        }
        if !mappings.is_empty() {
            if let Some(edit) = mappings.edit(&document.root, &text) {
                edits.push(edit);
            } else {
                let words =
                    "the paths in loops of this template need a mapping; write a section `Mappings` with one entry";
                self.refuse(path, &document.root, words);
                is_whole = false;
            }
        }
        if is_short {
            match unrolled::edits(&document, &text, &replaced) {
                Ok(found) => edits.extend(found),
                Err(copied) => {
                    self.problems.push(format!(
                        "{path}:{}:{}: written out, aliases and merge keys make this file longer than the \
                         {MAX_TEMPLATE_BYTES} bytes that CloudFormation takes; use fewer of them, or nested stacks",
                        copied.line, copied.column
                    ));
                    is_whole = false;
                }
            }
        }
        is_whole.then(|| Rc::new(edited(&text, edits)))
    }

    /// Refuses paths that nobody packages: those that can be nothing else, and those that lead to a file.
    fn refuse_unpackaged(&mut self, from: &str, found: &[Unpackaged<'_>]) -> bool {
        let mut is_sound = true;
        for Unpackaged { node, text, reason } in found {
            if !references::is_surely_path(text) && !self.is_file(from, text) {
                continue;
            }
            let text = match reason {
                Reason::Function(name) => format!(
                    "`{text}` is a path in `!{name}`, which is not packaged; write the path alone, with a resource and a \
                     condition for each choice"
                ),
                Reason::Scheme => format!("`{text}` is not packaged; write the path without `file://`"),
                Reason::Unfilled => format!("`{text}` holds `${{`, which nothing fills in here; write the path out"),
                Reason::Property(name) => format!(
                    "`{text}` is a path in this repository, and `{name}` is not packaged; put the file into a bucket and \
                     write its URL"
                ),
            };
            self.refuse(from, node, &text);
            is_sound = false;
        }
        is_sound
    }

    fn is_file(&self, from: &str, written: &str) -> bool {
        strays::file(from, written, self.sources.files).is_some()
    }

    /// What is written in the place of a path that is another for each value of a loop's variable.
    fn looped(
        &mut self,
        from: &str,
        reference: &Reference<'_>,
        around: &Loop<'_>,
        mappings: &mut Mappings,
    ) -> Option<String> {
        let Reference { node, scalar, kind, .. } = reference;
        let Some(values) = &around.values else {
            let text = format!(
                "`{}` takes its values from outside of the template; write them as a list, so that their paths are known",
                around.variable
            );
            self.refuse(from, node, &text);
            return None;
        };
        if let Some(odd) = values.iter().find(|value| !Mappings::takes(value)) {
            let text = format!(
                "`{odd}` cannot be a key of a mapping, which this path needs for each value; use letters, digits, `-` \
                 and `.`"
            );
            self.refuse(from, node, &text);
            return None;
        }
        let mut texts = BTreeMap::new();
        for value in values {
            // All are looked at, so that everything that is missing is told at once.
            if let Some(key) = self.key(from, node, &around.filled(&scalar.text, value), *kind) {
                texts.insert((*value).to_owned(), self.address(*kind, &key));
            }
        }
        if texts.len() < values.iter().collect::<BTreeSet<_>>().len() {
            return None;
        }
        let lookup = mappings.add(around, texts);
        Some(match kind {
            Kind::Location { bucket, key, .. } => self.location(bucket, key, &lookup),
            _ => lookup,
        })
    }

    /// What is written in the place of a local path.
    fn replacement(&mut self, from: &str, reference: &Reference<'_>, style: ScalarStyle) -> Option<String> {
        let Reference { node, scalar, kind, .. } = reference;
        let key = self.key(from, node, &scalar.text, *kind)?;
        let address = self.address(*kind, &key);
        Some(match kind {
            Kind::Location { bucket, key, .. } => {
                self.location(bucket, key, &quoted(&address, ScalarStyle::DoubleQuoted))
            }
            _ => quoted(&address, style),
        })
    }

    /// Uploads what a path leads to and tells its key.
    fn key(&mut self, from: &str, node: &Node, written: &str, kind: Kind) -> Option<String> {
        let path = self.path(from, node, written)?;
        match kind {
            Kind::Snippet | Kind::Template => self.document(from, node, &path, kind == Kind::Snippet),
            Kind::Url { is_zipped } | Kind::Location { is_zipped, .. } => self.artifact(from, node, &path, is_zipped),
        }
    }

    /// How an object is named where this kind of path stands.
    fn address(&self, kind: Kind, key: &str) -> String {
        match kind {
            Kind::Snippet | Kind::Url { .. } => format!("s3://{}/{key}", self.destination.bucket),
            Kind::Template => self.destination.url(key),
            Kind::Location { .. } => key.to_owned(),
        }
    }

    /// A mapping with the bucket and the key of an object. In JSON's form it is one in YAML too, wherever it stands.
    fn location(&self, bucket_key: &str, object_key: &str, key: &str) -> String {
        let bucket = quoted(&self.destination.bucket, ScalarStyle::DoubleQuoted);
        format!("{{\"{bucket_key}\": {bucket}, \"{object_key}\": {key}}}")
    }
}

/// A text in the style of the one it replaces. What is written here needs no escapes: buckets, hashes and extensions
/// are of a closed alphabet.
fn quoted(text: &str, style: ScalarStyle) -> String {
    match style {
        ScalarStyle::Plain => text.to_owned(),
        ScalarStyle::SingleQuoted => format!("'{text}'"),
        ScalarStyle::DoubleQuoted | ScalarStyle::Block => format!("\"{text}\""),
    }
}

/// The key that says the same as a short-form tag.
fn long_form(tag: &str) -> String {
    match tag.trim_start_matches('!') {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    }
}
