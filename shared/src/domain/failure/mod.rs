//! Why a stack operation failed: the first cause instead of the cascade, where it stands in the template, whether the
//! rollback succeeded, and what to do.

mod cause;
mod ending;

use std::fmt;

pub use cause::{Cause, FailedResource, Stuck, first_cause, rollback_failures};
pub use ending::{Ending, StackRef};

use super::template::read_file;

/// What a person is told about an execution that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureReport {
    /// The resource that failed first; `None` when CloudFormation names none.
    pub resource: Option<FailedResource>,
    /// The service's own words.
    pub reason: String,
    /// Path and line of the resource in the template, such as `stacks/orders/template.yaml:12`.
    pub place: Option<String>,
    /// How the operation ended.
    pub ending: Ending,
}

/// The line on which a resource stands in a template, from 1; `None` when the template cannot be read or does not
/// have it.
pub fn line_of_resource(template: &str, path: &str, logical_id: &str) -> Option<usize> {
    let document = read_file(path, template.as_bytes()).ok()?;
    let (key, _) = document.root.get("Resources")?.entry(logical_id)?;
    Some(key.line)
}

impl fmt::Display for FailureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.resource {
            Some(resource) => {
                write!(f, "`{}` ({}", resource.path(), resource.resource_type)?;
                if let Some(place) = &self.place {
                    write!(f, ", {place}")?;
                }
                write!(f, ") could not be {}: ", resource.verb())?;
            }
            None => f.write_str("the execution failed, and CloudFormation names no resource: ")?,
        }
        match self.reason.trim().trim_end_matches('.') {
            "" => f.write_str("no reason was given. ")?,
            reason => write!(f, "{reason}. ")?,
        }
        write!(f, "{}", self.ending)
    }
}

#[cfg(test)]
mod tests;
