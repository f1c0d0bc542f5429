//! Values that name a file beside the template and are not packaged.

use super::paths::{self, Resolved};
use super::references;
use crate::domain::document::{Node, ScalarKind};
use crate::domain::sync::files::{Files, below};

/// Properties whose value may have the name of a file that lies elsewhere: in the source of a build, or in the code of
/// a function.
const NAMES_ELSEWHERE: [&str; 2] = ["BuildSpec", "Handler"];

/// A value that names a file of the repository and stays as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftPath {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The value.
    pub written: String,
    /// Path of the file or folder in the repository.
    pub path: String,
}

/// Lines, from 1, of the values that packaging puts something else in the place of.
pub fn packaged_lines(root: &Node) -> Vec<usize> {
    let references = references::find(root).references;
    references.iter().map(|reference| reference.node.line).collect()
}

/// The values of resources' properties, in the template at `path`, that name a file of the repository and that nobody
/// packages.
pub fn left_paths(root: &Node, path: &str, files: &Files) -> Vec<LeftPath> {
    let found = references::find(root);
    let of_references = found.references.iter().map(|reference| reference.node);
    let known = of_references.chain(found.unpackaged.iter().map(|unpackaged| unpackaged.node));
    let known: Vec<*const Node> = known.map(std::ptr::from_ref).collect();
    let mut left = Vec::new();
    let resources = root.get("Resources").map(Node::entries).unwrap_or_default();
    for properties in resources.iter().filter_map(|(_, resource)| resource.get("Properties")) {
        walk(properties, &mut |node, text| {
            if !known.contains(&std::ptr::from_ref(node))
                && let Some(file) = file(path, text, files)
            {
                left.push(LeftPath {
                    line: node.line,
                    column: node.column,
                    written: text.to_owned(),
                    path: file,
                });
            }
        });
    }
    left
}

fn walk(node: &Node, visit: &mut impl FnMut(&Node, &str)) {
    match node.scalar() {
        Some(scalar) if scalar.kind == ScalarKind::Text => visit(node, &scalar.text),
        _ => {}
    }
    node.items().iter().for_each(|item| walk(item, visit));
    for (key, value) in node.entries() {
        if !key.as_text().is_some_and(|name| NAMES_ELSEWHERE.contains(&name)) {
            walk(value, visit);
        }
    }
}

/// The file, or the folder where the text begins as only a path does, that a text in the file `from` names.
pub(super) fn file(from: &str, written: &str, files: &Files) -> Option<String> {
    let is_bare = !references::is_surely_path(written);
    if is_bare && !written.rsplit('/').next().is_some_and(|name| name.contains('.')) {
        return None;
    }
    let Resolved::Path(path) = paths::resolve(from, written) else {
        return None;
    };
    let is_there = files.contains_key(&path) || (!is_bare && below(files, &path).next().is_some());
    (is_there && path != from).then_some(path)
}
