//! Templates that name one of Changegate's packages themselves.
//!
//! A package stays in the bucket when nothing refers to it any more, and its name is the hash of its content. Whoever
//! could name it by hand would deploy what somebody else had once pushed, and that person would be no author of it.

use super::Packager;
use crate::domain::document::Node;
use crate::domain::keys;

impl Packager<'_> {
    /// Refuses every text that holds the key of a package; answers whether there was none.
    pub(super) fn refuse_named_packages(&mut self, path: &str, root: &Node) -> bool {
        let mut found = Vec::new();
        collect(root, &mut found);
        for node in &found {
            let text = format!(
                "this names an object below `{}`, where Changegate keeps what it packages; name the file in the repository \
                 instead",
                keys::PACKAGES
            );
            self.refuse(path, node, &text);
        }
        found.is_empty()
    }
}

fn collect<'n>(node: &'n Node, found: &mut Vec<&'n Node>) {
    if node.scalar().is_some_and(|scalar| scalar.text.contains(keys::PACKAGES)) {
        found.push(node);
    }
    for item in node.items() {
        collect(item, found);
    }
    for (key, value) in node.entries() {
        collect(key, found);
        collect(value, found);
    }
}
