//! Finds the local paths in a template or snippet.

use crate::domain::document::{Node, Scalar, ScalarKind};

use super::loops::Loop;
use super::properties::{GLOBALS, Kind, METADATA, PROPERTIES, is_location};

/// A local path, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Reference<'d> {
    pub(super) node: &'d Node,
    pub(super) scalar: &'d Scalar,
    pub(super) kind: Kind,
    /// The loop whose variable is in it.
    pub(super) filled_by: Option<Loop<'d>>,
}

/// A text where a local path could stand that neither the command lines nor we package.
#[derive(Debug, Clone, Copy)]
pub(super) struct Unpackaged<'d> {
    pub(super) node: &'d Node,
    pub(super) text: &'d str,
    pub(super) reason: Reason<'d>,
}

/// Why a path is not packaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason<'d> {
    /// It stands in a function.
    Function(&'d str),
    /// It begins with `file://`.
    Scheme,
    /// It holds `${…}`, and nothing fills that in.
    Unfilled,
    /// Nobody packages this property.
    Property(&'d str),
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found<'d> {
    pub(super) references: Vec<Reference<'d>>,
    pub(super) unpackaged: Vec<Unpackaged<'d>>,
}

/// All local paths below `root`, in no particular order.
pub(super) fn find(root: &Node) -> Found<'_> {
    let mut finder = Finder::default();
    for transform in root.get("Transform").into_iter().flat_map(one_or_many) {
        finder.include(transform);
    }
    for (section, property, kind) in GLOBALS {
        let value = root
            .get("Globals")
            .and_then(|globals| globals.get(section)?.get(property));
        finder.location(value, kind);
    }
    for (name, property, kind) in METADATA {
        let value = root
            .get("Metadata")
            .and_then(|metadata| metadata.get(name)?.get(property));
        finder.location(value, kind);
    }
    finder.walk(root);
    finder.found
}

/// A transform may be written alone or in a list.
fn one_or_many(node: &Node) -> &[Node] {
    if node.items().is_empty() {
        std::slice::from_ref(node)
    } else {
        node.items()
    }
}

#[derive(Default)]
struct Finder<'d> {
    found: Found<'d>,
    /// The loops around what is looked at, outermost first.
    loops: Vec<Loop<'d>>,
}

impl<'d> Finder<'d> {
    /// Looks at every node: a snippet may hold resources, or only a part of one, so what stands where says nothing.
    fn walk(&mut self, node: &'d Node) {
        if node.tag.as_deref() == Some("!Transform") {
            self.include(node);
        }
        if let Some(transform) = node.get("Fn::Transform") {
            for transform in one_or_many(transform) {
                self.include(transform);
            }
        }
        if let (Some(kind), Some(properties)) = (node.get("Type").and_then(Node::as_text), node.get("Properties")) {
            self.resource(kind, properties);
        }
        node.items().iter().for_each(|item| self.walk(item));
        for (key, value) in node.entries() {
            let is_loop = Loop::read(key, value).map(|found| self.loops.push(found)).is_some();
            self.walk(value);
            if is_loop {
                self.loops.pop();
            }
        }
    }

    fn resource(&mut self, kind: &str, properties: &'d Node) {
        let mut packaged: Vec<*const Node> = Vec::new();
        for (_, path, stands_for) in PROPERTIES.iter().filter(|(name, _, _)| *name == kind) {
            let mut values = Vec::new();
            at(properties, path, &mut values);
            for value in values {
                packaged.push(value);
                self.location(Some(value), *stands_for);
            }
        }
        if kind.starts_with("AWS::") {
            self.locations_below(properties, &packaged);
        }
    }

    /// Paths in properties that nobody packages.
    fn locations_below(&mut self, node: &'d Node, packaged: &[*const Node]) {
        for item in node.items() {
            self.locations_below(item, packaged);
        }
        for (key, value) in node.entries() {
            if packaged.contains(&std::ptr::from_ref(value)) {
                continue;
            }
            match (key.as_text().filter(|name| is_location(name)), text_of(value)) {
                (Some(name), Some(scalar)) if is_path(&scalar.text) => self.found.unpackaged.push(Unpackaged {
                    node: value,
                    text: &scalar.text,
                    reason: Reason::Property(name),
                }),
                _ => self.locations_below(value, packaged),
            }
        }
    }

    fn include(&mut self, transform: &'d Node) {
        if transform.get("Name").and_then(Node::as_text) == Some("AWS::Include") {
            let location = transform
                .get("Parameters")
                .and_then(|parameters| parameters.get("Location"));
            self.location(location, Kind::Snippet);
        }
    }

    /// Looks at a value that may be a local path.
    fn location(&mut self, value: Option<&'d Node>, kind: Kind) {
        let Some(node) = value else { return };
        if let Some(function) = function_of(node) {
            self.in_function(node, function);
            return;
        }
        let Some(scalar) = text_of(node) else { return };
        let text = scalar.text.as_str();
        let unpackaged = |reason| Unpackaged { node, text, reason };
        if is_file_url(text) {
            self.found.unpackaged.push(unpackaged(Reason::Scheme));
        } else if !is_path(text) {
        } else if text.contains("${") {
            match self.loops.iter().rev().find(|around| around.fills(text)) {
                Some(around) if kind != Kind::Snippet => self.found.references.push(Reference {
                    node,
                    scalar,
                    kind,
                    filled_by: Some(around.clone()),
                }),
                _ => self.found.unpackaged.push(unpackaged(Reason::Unfilled)),
            }
        } else {
            self.found.references.push(Reference {
                node,
                scalar,
                kind,
                filled_by: None,
            });
        }
    }

    /// The texts in a function that may be paths.
    fn in_function(&mut self, node: &'d Node, function: &'d str) {
        if let Some(scalar) = node.scalar().filter(|scalar| scalar.kind == ScalarKind::Text)
            && (is_path(&scalar.text) || is_file_url(&scalar.text))
        {
            self.found.unpackaged.push(Unpackaged {
                node,
                text: &scalar.text,
                reason: Reason::Function(function),
            });
        }
        node.items().iter().for_each(|item| self.in_function(item, function));
        for (_, value) in node.entries() {
            self.in_function(value, function);
        }
    }
}

/// The values at a path of keys, of which `*` is any.
fn at<'d>(node: &'d Node, path: &[&str], found: &mut Vec<&'d Node>) {
    match path {
        [] => found.push(node),
        ["*", rest @ ..] => node.entries().iter().for_each(|(_, value)| at(value, rest, found)),
        [key, rest @ ..] => {
            if let Some(value) = node.get(key) {
                at(value, rest, found);
            }
        }
    }
}

/// The function that computes a value: `If`, `Sub` and the like.
fn function_of(node: &Node) -> Option<&str> {
    if let Some(short) = node.tag.as_deref().and_then(|tag| tag.strip_prefix('!'))
        && !short.starts_with('!')
        && !short.is_empty()
    {
        return Some(short);
    }
    match node.entries() {
        [(key, _)] => key.as_text()?.strip_prefix("Fn::"),
        _ => None,
    }
}

/// A text that nothing computes.
fn text_of(node: &Node) -> Option<&Scalar> {
    let scalar = node.scalar()?;
    let is_text = scalar.kind == ScalarKind::Text && node.tag.as_deref().is_none_or(|tag| tag.starts_with("!!"));
    is_text.then_some(scalar)
}

/// Whether a text is a local path, as far as it tells: neither a URL nor a name of AWS, nor read from elsewhere.
fn is_path(text: &str) -> bool {
    let is_url = text
        .split_once("://")
        .is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    // A document of Systems Manager may hold a nested template.
    // Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    let is_arn = text.starts_with("arn:") || text.starts_with("ssm-doc:");
    !text.trim().is_empty() && !is_url && !is_arn && !text.contains("{{resolve:")
}

fn is_file_url(text: &str) -> bool {
    let scheme = text.split_once("://").map(|(scheme, _)| scheme);
    scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("file"))
}

/// Whether a text can be nothing but a path.
pub(super) fn is_surely_path(text: &str) -> bool {
    text.starts_with("./") || text.starts_with("../") || is_file_url(text)
}

/// The first node with a short-form tag, such as `!Ref`.
pub(super) fn first_short_form(node: &Node) -> Option<&Node> {
    let is_short = |tag: &str| tag.starts_with('!') && !tag.starts_with("!!") && tag.len() > 1;
    if node.tag.as_deref().is_some_and(is_short) {
        return Some(node);
    }
    let entries = node.entries().iter().flat_map(|(key, value)| [key, value]);
    node.items().iter().chain(entries).find_map(first_short_form)
}
