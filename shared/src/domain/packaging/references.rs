//! Finds the local paths in a template or snippet.

use crate::domain::document::{Node, Scalar, ScalarKind};

use super::properties::{GLOBALS, Kind, METADATA, PROPERTIES};

/// A local path, and where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reference<'d> {
    pub(super) node: &'d Node,
    pub(super) scalar: &'d Scalar,
    pub(super) kind: Kind,
}

/// All local paths below `root`, in no particular order.
pub(super) fn find(root: &Node) -> Vec<Reference<'_>> {
    let mut found = Vec::new();
    for transform in root.get("Transform").into_iter().flat_map(one_or_many) {
        include(transform, &mut found);
    }
    for (section, property, kind) in GLOBALS {
        let value = root
            .get("Globals")
            .and_then(|globals| globals.get(section)?.get(property));
        found.extend(value.and_then(|value| local(value, kind)));
    }
    for (name, property, kind) in METADATA {
        let value = root
            .get("Metadata")
            .and_then(|metadata| metadata.get(name)?.get(property));
        found.extend(value.and_then(|value| local(value, kind)));
    }
    walk(root, &mut found);
    found
}

/// A transform may be written alone or in a list.
fn one_or_many(node: &Node) -> &[Node] {
    if node.items().is_empty() {
        std::slice::from_ref(node)
    } else {
        node.items()
    }
}

/// Looks at every node: a snippet may hold resources, or only a part of one, so what stands where says nothing.
fn walk<'d>(node: &'d Node, found: &mut Vec<Reference<'d>>) {
    if node.tag.as_deref() == Some("!Transform") {
        include(node, found);
    }
    if let Some(transform) = node.get("Fn::Transform") {
        for transform in one_or_many(transform) {
            include(transform, found);
        }
    }
    if let (Some(kind), Some(properties)) = (node.get("Type").and_then(Node::as_text), node.get("Properties")) {
        for (_, path, stands_for) in PROPERTIES.iter().filter(|(name, _, _)| *name == kind) {
            let value = path.iter().try_fold(properties, |node, key| node.get(key));
            found.extend(value.and_then(|value| local(value, *stands_for)));
        }
    }
    node.items().iter().for_each(|item| walk(item, found));
    node.entries().iter().for_each(|(_, value)| walk(value, found));
}

fn include<'d>(transform: &'d Node, found: &mut Vec<Reference<'d>>) {
    if transform.get("Name").and_then(Node::as_text) == Some("AWS::Include") {
        let location = transform
            .get("Parameters")
            .and_then(|parameters| parameters.get("Location"));
        found.extend(location.and_then(|location| local(location, Kind::Snippet)));
    }
}

/// The value, if it is a local path: a text that is no URL and that nothing computes.
fn local(node: &Node, kind: Kind) -> Option<Reference<'_>> {
    let scalar = node.scalar()?;
    let text = scalar.text.as_str();
    let is_text = scalar.kind == ScalarKind::Text && node.tag.as_deref().is_none_or(|tag| tag.starts_with("!!"));
    let is_url = text
        .split_once("://")
        .is_some_and(|(scheme, _)| !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let is_computed = text.contains("{{resolve:") || text.contains("${");
    // A document of Systems Manager may hold a nested template.
    // Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html
    let is_arn = text.starts_with("arn:") || text.starts_with("ssm-doc:");
    (is_text && !text.trim().is_empty() && !is_url && !is_computed && !is_arn).then_some(Reference {
        node,
        scalar,
        kind,
    })
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
