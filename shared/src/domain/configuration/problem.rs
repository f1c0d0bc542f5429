//! What is wrong in a configuration, and what to write instead.

use std::fmt;

/// One thing that is wrong, and where: `stacks/network/production.json:4:5: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationProblem {
    /// Path of the file in the repository.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub kind: ConfigurationProblemKind,
}

impl fmt::Display for ConfigurationProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.kind)
    }
}

/// What can be wrong in a configuration. No message holds a parameter's value: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigurationProblemKind {
    /// A file cannot be read as a document.
    #[error("{0}")]
    Syntax(String),
    /// The file is no mapping.
    #[error("{0}")]
    Shape(String),
    /// A stack policy in the configuration.
    #[error(
        "a stack policy does not belong into a configuration, which many may change: move it into a file below \
         `policies/` and name it in changegate.yaml, as `stack_policy: policies/<stack>.json`"
    )]
    StackPolicy,
    /// A key that a configuration does not have.
    #[error("a configuration has `Parameters` and `Tags`, not `{key}`{}", meant(.nearest.as_deref()))]
    UnknownKey {
        /// The key.
        key: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A parameter that the template does not declare.
    #[error("the template `{template}` has no parameter `{parameter}`{}", meant(.nearest.as_deref()))]
    UnknownParameter {
        /// The parameter.
        parameter: String,
        /// Path of the template.
        template: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A parameter without default that the configuration does not give.
    #[error(
        "the parameter `{parameter}` of `{template}:{line}:{column}` has no default; add it to `Parameters`{}",
        .configuration.as_deref().map_or_else(String::new, |path| format!(" in `{path}`"))
    )]
    MissingParameter {
        /// The parameter.
        parameter: String,
        /// Path of the template.
        template: String,
        /// Line of the parameter in the template.
        line: usize,
        /// Column of the parameter in the template.
        column: usize,
        /// File to make, when the stack has no configuration.
        configuration: Option<String>,
    },
    /// A literal for a parameter with `NoEcho`.
    #[error(
        "the template marks `{0}` as a secret (`NoEcho`), so its value does not belong into the repository: write \
         `\"{{{{resolve:secretsmanager:<secret>:SecretString:<key>}}}}\"` to read it from Secrets Manager, or \
         `{{\"UsePreviousValue\": true}}` to keep what the stack has; and change the secret that was committed"
    )]
    LiteralSecret(String),
    /// A value that cannot be one.
    #[error("`{name}` takes {expected}, not {found}")]
    WrongType {
        /// The parameter or tag.
        name: String,
        /// What it takes.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A value that the template's constraints do not allow.
    #[error("the value of `{parameter}` {reason}")]
    NotAllowed {
        /// The parameter.
        parameter: String,
        /// Which constraint it breaks, as a fragment such as `is not a number`.
        reason: String,
    },
    /// A tag that CloudFormation does not take.
    #[error("the tag `{tag}` {reason}")]
    BadTag {
        /// The tag's key.
        tag: String,
        /// Why.
        reason: String,
    },
    /// More of something than CloudFormation takes.
    #[error("there are {count} {what}; CloudFormation takes at most {most}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}
