//! CloudFormation templates: one reader and one model of what is written, for everything that decides about them.
//!
//! [`read`] and [`read_file`] give a [`Document`](crate::domain::document::Document), whose nodes know where they stand;
//! [`plain::Template`] is what it says, short forms written out, and [`evaluate::Evaluator`] what that comes to with the
//! parameters of one deployment. Nothing decides by a search in a template's text: `\x53` is an `S` too.

mod boolean;
pub mod evaluate;
mod numbers;
pub mod plain;
mod read;

pub use boolean::{boolean, is_no_echo, scalar_text};
pub use plain::{Restorer, Template, lossy, no_echo_among};
pub use read::{read, read_file};

/// Type of a stack as a resource of another, and of a stack's events about itself.
pub const NESTED_STACK: &str = "AWS::CloudFormation::Stack";

/// Transforms of AWS after which a template still has its own sections and texts, and resources with types.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-reference.html>
pub const TRANSFORMS_OF_AWS: [&str; 5] = [
    "AWS::CodeDeployBlueGreen",
    "AWS::LanguageExtensions",
    "AWS::SecretsManager-2020-07-23",
    "AWS::SecretsManager-2024-09-16",
    "AWS::Serverless-2016-10-31",
];
