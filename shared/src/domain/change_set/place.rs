//! Where a walk through a value is.

use std::fmt::Write as _;

use serde_json::Value;

use super::diff::IDENTITIES;
#[cfg(doc)]
use super::diff::Leaf;
use crate::domain::secrecy::Step;

/// Where a walk is. The texts grow and shrink with its way; only what is found gets copies of them.
#[derive(Default)]
pub(super) struct Place {
    /// As [`Leaf::path`].
    pub(super) path: String,
    /// As [`Leaf::steps`].
    pub(super) steps: Vec<Step>,
    /// As [`Leaf::pointer_before`].
    pub(super) before: String,
    /// As [`Leaf::pointer_after`].
    pub(super) after: String,
}

/// How long the texts of a place were, to go back to it.
pub(super) struct Way {
    path: usize,
    steps: usize,
    before: usize,
    after: usize,
}

impl Place {
    pub(super) fn way(&self) -> Way {
        Way {
            path: self.path.len(),
            steps: self.steps.len(),
            before: self.before.len(),
            after: self.after.len(),
        }
    }

    pub(super) fn back(&mut self, way: &Way) {
        self.path.truncate(way.path);
        self.steps.truncate(way.steps);
        self.before.truncate(way.before);
        self.after.truncate(way.after);
    }

    pub(super) fn enter_key(&mut self, key: &str) {
        self.steps.push(Step::Key(key.into()));
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(key);
        for pointer in [&mut self.before, &mut self.after] {
            pointer.push('/');
            if key.contains(['~', '/']) {
                pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
            } else {
                pointer.push_str(key);
            }
        }
    }

    /// Goes into the JSON that a text holds.
    pub(super) fn enter_text(&mut self) {
        self.steps.push(Step::Within);
    }

    pub(super) fn enter_item(&mut self, label: &str, before: usize, after: usize, item: &Value) {
        // What an item is called says whether its value is secret: `{Name: DB_PASSWORD, Value: …}`.
        if let Value::Object(map) = item {
            self.steps.extend(
                IDENTITIES
                    .iter()
                    .filter_map(|key| Some(Step::Name(map.get(*key)?.as_str()?.into()))),
            );
        }
        let _ = write!(self.path, "[{label}]");
        let _ = write!(self.before, "/{before}");
        let _ = write!(self.after, "/{after}");
    }
}
