//! Which parameters a template declares, as one hash.

use super::File;
use crate::domain::document::{Document, Format, Node, Value};
use crate::domain::sha256::Sha256;

/// Hash of all that a configuration is checked against: two templates with the same hash take the same configurations.
/// `None` for a file that is no template.
pub fn declared(template: File<'_>) -> Option<Sha256> {
    let format = Format::of_path(template.path).unwrap_or(Format::Yaml);
    let document = Document::parse_bytes(template.bytes, format).ok()?;
    if document.root.entries().is_empty() {
        return None;
    }
    let mut text = String::new();
    if let Some(parameters) = document.root.get("Parameters") {
        write(parameters, &mut text);
    }
    Some(Sha256::of(text))
}

/// Writes a node so that different nodes read differently, whatever their texts hold.
fn write(node: &Node, into: &mut String) {
    if let Some(tag) = &node.tag {
        into.push_str(&format!("t{}:{tag}", tag.len()));
    }
    match &node.value {
        Value::Scalar(scalar) => into.push_str(&format!("{:?}{}:{}", scalar.kind, scalar.text.len(), scalar.text)),
        Value::Sequence(items) => {
            into.push_str(&format!("[{}:", items.len()));
            for item in items {
                write(item, into);
            }
        }
        Value::Mapping(entries) => {
            into.push_str(&format!("{{{}:", entries.len()));
            for (key, value) in entries {
                write(key, into);
                write(value, into);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Sha256> {
        declared(File {
            path: "stacks/a/template.yaml",
            bytes: text.as_bytes(),
        })
    }

    #[test]
    fn only_what_a_configuration_is_checked_against_counts() {
        let base = of("Parameters:\n  A: {Type: Number, MinValue: 1}\nResources: {}\n");
        assert_eq!(
            base,
            of("# moved\nResources: {X: 1}\nParameters:\n    A:\n      Type: Number\n      MinValue: 1\n")
        );
        for other in [
            "Parameters:\n  A: {Type: Number, MinValue: 2}\n",
            "Parameters:\n  A: {Type: Number, MinValue: '1'}\n",
            "Parameters:\n  A: {Type: Number}\n  MinValue: 1\n",
            "Parameters:\n  A: {Type: !Number x, MinValue: 1}\n",
            "Resources: {}\n",
        ] {
            assert_ne!(base, of(other), "{other}");
        }
        assert_eq!(of("Parameters: ["), None);
        assert_eq!(of("just text"), None);
    }
}
