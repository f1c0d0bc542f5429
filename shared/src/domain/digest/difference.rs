//! Where two digest documents differ first.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

/// The first place in which what was reviewed and what CloudFormation holds now differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// JSON pointer into the document (RFC 6901).
    pub pointer: String,
    /// What was reviewed, as JSON; `None` when the review did not have it.
    pub reviewed: Option<String>,
    /// What is there now, as JSON; `None` when it is gone.
    pub current: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let absent = "absent";
        write!(
            f,
            "`{}` was {} when it was reviewed and is {} now",
            self.pointer,
            self.reviewed.as_deref().unwrap_or(absent),
            self.current.as_deref().unwrap_or(absent)
        )
    }
}

/// The first difference in document order, keys sorted; `None` when the documents are equal.
pub fn first_difference(reviewed: &Value, current: &Value) -> Option<Difference> {
    find("", Some(reviewed), Some(current))
}

fn find(pointer: &str, reviewed: Option<&Value>, current: Option<&Value>) -> Option<Difference> {
    if reviewed == current {
        return None;
    }
    match (reviewed, current) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys: BTreeSet<_> = a.keys().chain(b.keys()).collect();
            keys.into_iter()
                .find_map(|key| find(&format!("{pointer}/{}", escaped(key)), a.get(key), b.get(key)))
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            (0..a.len().max(b.len())).find_map(|at| find(&format!("{pointer}/{at}"), a.get(at), b.get(at)))
        }
        _ => Some(Difference {
            pointer: pointer.to_owned(),
            reviewed: reviewed.map(Value::to_string),
            current: current.map(Value::to_string),
        }),
    }
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
