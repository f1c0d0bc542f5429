//! One thing that the check found, and where.

use std::fmt;

use changegate::domain::document::Duplicate;
use changegate::domain::packaging::LeftPath;
use changegate::domain::template_check::{Rule as TemplateRule, TemplateFinding};

/// The rules of the check. Their names stay as they are; `docs/check.md` has an example of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rule {
    /// Something in the catalogue, or in the names of files that make stacks.
    Catalogue,
    /// The configuration of a stack, or a parameter of its template.
    Configuration,
    /// A key that a configuration has more than once.
    ConfigurationDuplicateKey,
    /// A file that is a link or a submodule.
    NotAFile,
    /// The repository has no stack.
    NoStacks,
    /// A pipeline that CodePipeline would refuse.
    Pipeline,
    /// A template that cannot be read or packaged.
    Packaging,
    /// A rule of [`changegate::domain::template_check`].
    Template(TemplateRule),
    /// A file that looks like a configuration and belongs to no stack.
    UnusedConfiguration,
    /// A file that looks like a template and belongs to no stack.
    UnusedTemplate,
    /// What an installed validator says of a template.
    Validator,
}

impl Rule {
    /// The rule's name, such as `template-null-value`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Catalogue => "catalogue",
            Self::Configuration => "configuration",
            Self::ConfigurationDuplicateKey => "configuration-duplicate-key",
            Self::NotAFile => "not-a-file",
            Self::NoStacks => "no-stacks",
            Self::Pipeline => "pipeline",
            Self::Packaging => "packaging",
            Self::Template(rule) => rule.name(),
            Self::UnusedConfiguration => "unused-configuration",
            Self::UnusedTemplate => "unused-template",
            Self::Validator => "validator",
        }
    }

    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let own = [
            Self::Catalogue,
            Self::Configuration,
            Self::ConfigurationDuplicateKey,
            Self::NotAFile,
            Self::NoStacks,
            Self::Pipeline,
            Self::Packaging,
            Self::UnusedConfiguration,
            Self::UnusedTemplate,
            Self::Validator,
        ];
        own.into_iter().chain(TemplateRule::ALL.into_iter().map(Self::Template))
    }

    /// Whether what it finds does not stop the stack.
    pub const fn is_warning(self) -> bool {
        match self {
            Self::Template(rule) => rule.is_warning(),
            Self::ConfigurationDuplicateKey | Self::UnusedConfiguration | Self::UnusedTemplate | Self::Validator => {
                true
            }
            _ => false,
        }
    }
}

/// One thing that the check found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Path from the root of the repository.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The rule.
    pub rule: Rule,
    /// What is wrong and what to do.
    pub message: String,
}

impl Finding {
    /// A finding about a file as a whole.
    pub fn of_file(path: &str, rule: Rule, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: 1,
            column: 1,
            rule,
            message: message.into(),
        }
    }

    /// A finding that is written as `path:line:column: message`.
    pub fn of_line(written: &str, rule: Rule) -> Self {
        let placed = || {
            let (place, message) = written.split_once(": ")?;
            let mut parts = place.rsplitn(3, ':');
            let (column, line, path) = (parts.next()?, parts.next()?, parts.next()?);
            Some(Self {
                path: path.to_owned(),
                line: line.parse().ok()?,
                column: column.parse().ok()?,
                rule,
                message: message.to_owned(),
            })
        };
        placed().unwrap_or_else(|| Self::of_file("", rule, written))
    }

    /// A key that stands twice in a configuration.
    pub(super) fn of_duplicate(path: &str, Duplicate { earlier, later }: &Duplicate) -> Self {
        Self {
            path: path.to_owned(),
            line: later.line,
            column: later.column,
            rule: Rule::ConfigurationDuplicateKey,
            message: format!(
                "`{}` stands here a second time, and this one counts, not that at {}:{}: remove one of them",
                later.as_text().unwrap_or_default(),
                earlier.line,
                earlier.column
            ),
        }
    }

    /// A value of a template that names a file and stays as it is.
    pub(super) fn of_left_path(path: &str, left: &LeftPath) -> Self {
        Self {
            path: path.to_owned(),
            line: left.line,
            column: left.column,
            rule: Rule::Template(TemplateRule::LocalPath),
            message: format!(
                "`{}` is the name of `{}`, and this value is not packaged: CloudFormation is given the name alone",
                left.written, left.path
            ),
        }
    }

    pub(super) fn of_template(path: &str, found: TemplateFinding) -> Self {
        Self {
            path: path.to_owned(),
            line: found.line,
            column: found.column,
            rule: Rule::Template(found.rule),
            message: found.message,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let warning = if self.rule.is_warning() { "warning: " } else { "" };
        write!(
            f,
            "{}:{}:{}: {warning}{}",
            self.path, self.line, self.column, self.message
        )
    }
}
