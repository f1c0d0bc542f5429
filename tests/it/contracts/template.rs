//! `template.yaml`, read.

use changegate::domain::document::{Document, Format, Node};

use super::read;

/// The template, with its text for its comments.
pub(crate) struct Template {
    pub(crate) document: Document,
    pub(crate) text: String,
}

impl Template {
    pub(crate) fn read() -> Self {
        Self::of("template.yaml")
    }

    /// The template of the bucket that packages are deployed from.
    pub(crate) fn of_releases() -> Self {
        Self::of("releases.yaml")
    }

    fn of(path: &str) -> Self {
        let text = read(path);
        let document = Document::parse(&text, Format::Yaml).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { document, text }
    }

    /// Logical id and resource of every resource of a type.
    pub(crate) fn resources<'a>(&'a self, resource_type: &'a str) -> impl Iterator<Item = (&'a str, &'a Node)> {
        let resources = self.document.root.get("Resources").expect("resources");
        resources.entries().iter().filter_map(move |(name, resource)| {
            (resource.get("Type")?.as_text() == Some(resource_type)).then_some((name.as_text()?, resource))
        })
    }

    pub(crate) fn resource(&self, logical_id: &str) -> &Node {
        self.document
            .root
            .pointer(&format!("/Resources/{logical_id}"))
            .unwrap_or_else(|| panic!("template.yaml has no resource {logical_id}"))
    }

    /// The functions: name and resource.
    pub(crate) fn functions(&self) -> Vec<(String, &Node)> {
        self.resources("AWS::Serverless::Function")
            .map(|(logical_id, function)| {
                let name = text(function, "/Properties/FunctionName");
                let name = name
                    .strip_prefix("${AWS::StackName}-")
                    .unwrap_or_else(|| panic!("{logical_id}: {name} does not begin with the name of the stack"));
                (name.to_owned(), function)
            })
            .collect()
    }

    /// Whether a comment stands right above a line; lines count from 1.
    pub(crate) fn has_comment_above(&self, line: usize) -> bool {
        let above = line.checked_sub(2).and_then(|index| self.text.lines().nth(index));
        above.is_some_and(|line| line.trim_start().starts_with('#'))
    }
}

/// The text at a pointer; panics with the pointer where there is none.
pub(crate) fn text(node: &Node, pointer: &str) -> String {
    let found = node.pointer(pointer).and_then(Node::as_text);
    found
        .unwrap_or_else(|| panic!("nothing at {pointer}, line {}", node.line))
        .to_owned()
}

/// All texts of a scalar or a list.
pub(crate) fn texts(node: &Node) -> Vec<String> {
    let scalars = node
        .as_text()
        .into_iter()
        .chain(node.items().iter().filter_map(Node::as_text));
    scalars.map(str::to_owned).collect()
}

/// Calls `visit` with `node` and everything below it.
pub(crate) fn visit<'a>(node: &'a Node, visitor: &mut impl FnMut(&'a Node)) {
    visitor(node);
    for (_, value) in node.entries() {
        visit(value, visitor);
    }
    for item in node.items() {
        visit(item, visitor);
    }
}

/// A statement of a policy.
pub(crate) struct Statement<'a> {
    pub(crate) node: &'a Node,
}

impl<'a> Statement<'a> {
    /// All statements below `node`.
    pub(crate) fn all(node: &'a Node) -> Vec<Self> {
        let mut found = Vec::new();
        visit(node, &mut |node| {
            if node.get("Effect").is_some() && (node.get("Action").is_some() || node.get("NotAction").is_some()) {
                found.push(Self { node });
            }
        });
        found
    }

    pub(crate) fn name(&self) -> String {
        let sid = self
            .node
            .get("Sid")
            .and_then(Node::as_text)
            .unwrap_or("a statement without Sid");
        format!("{sid} (line {})", self.node.line)
    }

    pub(crate) fn allows(&self) -> bool {
        self.node.get("Effect").and_then(Node::as_text) == Some("Allow")
    }

    pub(crate) fn actions(&self) -> Vec<String> {
        self.node.get("Action").map(texts).unwrap_or_default()
    }

    pub(crate) fn resources(&self) -> Vec<String> {
        self.node.get("Resource").map(texts).unwrap_or_default()
    }

    /// Whether it is part of a policy that names the role it belongs to by being there: trust policies and policies
    /// of resources name principals.
    pub(crate) fn is_of_identity(&self) -> bool {
        self.node.get("Principal").is_none()
    }
}
