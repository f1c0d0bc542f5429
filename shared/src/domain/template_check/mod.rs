//! What CloudFormation would refuse in a template whatever its values are, found without any account.
//!
//! A plan finds the same, minutes later and in CloudFormation's words, which name no line.

mod limits;
mod nulls;
mod sections;

use std::fmt;

use super::document::{Document, Duplicate, Node};
pub use sections::SECTIONS;

/// A rule of this check. Its name stays as it is: people write it into their settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// A value is null, or was left out.
    NullValue,
    /// A template is not a mapping, or has no resources.
    NoResources,
    /// A resource is not a mapping, or has no type.
    ResourceWithoutType,
    /// A section that no template has.
    UnknownSection,
    /// More than CloudFormation takes.
    OverLimit,
    /// Nearly as much as CloudFormation takes.
    NearLimit,
    /// A key that a mapping has more than once.
    DuplicateKey,
    /// A value that names a file of the repository and is not packaged.
    LocalPath,
}

impl Rule {
    /// All of them, in the order of their names.
    pub const ALL: [Self; 8] = [
        Self::DuplicateKey,
        Self::LocalPath,
        Self::NearLimit,
        Self::NoResources,
        Self::NullValue,
        Self::OverLimit,
        Self::ResourceWithoutType,
        Self::UnknownSection,
    ];

    /// The rule's name, such as `template-null-value`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NullValue => "template-null-value",
            Self::NoResources => "template-no-resources",
            Self::ResourceWithoutType => "template-resource-without-type",
            Self::UnknownSection => "template-unknown-section",
            Self::OverLimit => "template-over-limit",
            Self::NearLimit => "template-near-limit",
            Self::DuplicateKey => "template-duplicate-key",
            Self::LocalPath => "template-local-path",
        }
    }

    /// Whether CloudFormation takes the template all the same, for now.
    pub const fn is_warning(self) -> bool {
        matches!(self, Self::NearLimit | Self::DuplicateKey | Self::LocalPath)
    }
}

/// Something in a template that CloudFormation refuses, or soon will.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFinding {
    /// The rule.
    pub rule: Rule,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what to do, as a fragment.
    pub message: String,
}

impl TemplateFinding {
    fn at(node: &Node, rule: Rule, message: String) -> Self {
        Self {
            rule,
            line: node.line,
            column: node.column,
            message,
        }
    }
}

impl fmt::Display for TemplateFinding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// Everything that can be said of a template of `size` bytes, in the order of its lines.
pub fn check(document: &Document, size: usize) -> Vec<TemplateFinding> {
    let root = &document.root;
    let mut findings = sections::check(root);
    findings.extend(document.duplicates.iter().map(duplicate_key));
    findings.extend(nulls::check(root));
    findings.extend(limits::check(root, size));
    findings.sort_by_key(|finding| (finding.line, finding.column));
    findings.dedup();
    findings
}

fn duplicate_key(duplicate: &Duplicate) -> TemplateFinding {
    let Duplicate { earlier, later } = duplicate;
    let name = later.as_text().unwrap_or_default();
    let message = format!(
        "`{name}` stands here a second time; CloudFormation takes this one and not that at {}:{}: remove one of them",
        earlier.line, earlier.column
    );
    TemplateFinding::at(later, Rule::DuplicateKey, message)
}

#[cfg(test)]
mod tests;
