//! The parameters that a template declares.

use crate::domain::document::{Node, ScalarKind};
use crate::domain::template::{is_no_echo, scalar_text};

/// One declared parameter. Sizes and bounds that are not written as numbers are left out: CloudFormation refuses them.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html>
#[derive(Debug)]
pub(super) struct Parameter<'t> {
    pub(super) name: &'t str,
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) kind: Kind<'t>,
    pub(super) has_default: bool,
    pub(super) is_secret: bool,
    pub(super) allowed_values: Option<Vec<&'t str>>,
    pub(super) allowed_pattern: Option<&'t str>,
    pub(super) min_length: Option<usize>,
    pub(super) max_length: Option<usize>,
    pub(super) min_value: Option<&'t str>,
    pub(super) max_value: Option<&'t str>,
    pub(super) constraint_description: Option<&'t str>,
}

/// What a parameter's `Type` says about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind<'t> {
    /// One value of a simple type.
    One(Simple<'t>),
    /// Values of a simple type, joined by commas.
    List(Simple<'t>),
    /// Name of a Systems Manager parameter, whose value CloudFormation reads.
    SsmParameter,
}

/// The type of one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Simple<'t> {
    Text,
    Number,
    /// A type of AWS whose values begin with a prefix, such as `vpc-`.
    Identifier {
        kind: &'t str,
        prefix: &'static str,
    },
}

impl Kind<'_> {
    /// Reads a `Type`; one that is not known is a text, and CloudFormation's to judge.
    fn read(name: &str) -> Kind<'_> {
        if name.starts_with("AWS::SSM::Parameter::") {
            return Kind::SsmParameter;
        }
        if name == "CommaDelimitedList" {
            return Kind::List(Simple::Text);
        }
        match name.strip_prefix("List<").and_then(|rest| rest.strip_suffix('>')) {
            Some(inner) => Kind::List(simple(inner)),
            None => Kind::One(simple(name)),
        }
    }
}

fn simple(name: &str) -> Simple<'_> {
    let prefix = match name {
        "Number" => return Simple::Number,
        "AWS::EC2::Image::Id" => "ami-",
        "AWS::EC2::Instance::Id" => "i-",
        "AWS::EC2::SecurityGroup::Id" => "sg-",
        "AWS::EC2::Subnet::Id" => "subnet-",
        "AWS::EC2::Volume::Id" => "vol-",
        "AWS::EC2::VPC::Id" => "vpc-",
        _ => return Simple::Text,
    };
    Simple::Identifier { kind: name, prefix }
}

/// The parameters of a template, in its order.
pub(super) fn parameters(template: &Node) -> Vec<Parameter<'_>> {
    let Some(declared) = template.get("Parameters") else {
        return Vec::new();
    };
    declared
        .entries()
        .iter()
        .map(|(name, node)| parameter(name, node))
        .collect()
}

fn parameter<'t>(name: &'t Node, node: &'t Node) -> Parameter<'t> {
    let text = |key: &str| node.get(key).and_then(Node::as_text);
    Parameter {
        name: name.as_text().unwrap_or_default(),
        line: name.line,
        column: name.column,
        kind: Kind::read(text("Type").unwrap_or("String")),
        has_default: node.get("Default").is_some(),
        is_secret: is_no_echo(node.get("NoEcho")),
        allowed_values: node
            .get("AllowedValues")
            .map(|values| values.items().iter().filter_map(scalar_text).collect()),
        allowed_pattern: node
            .get("AllowedPattern")
            .and_then(Node::scalar)
            .filter(|scalar| scalar.kind != ScalarKind::Null)
            .map(|scalar| scalar.text.as_str()),
        min_length: text("MinLength").and_then(|length| length.parse().ok()),
        max_length: text("MaxLength").and_then(|length| length.parse().ok()),
        min_value: text("MinValue"),
        max_value: text("MaxValue"),
        constraint_description: text("ConstraintDescription"),
    }
}
