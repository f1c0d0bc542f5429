//! Which parameters a template declares, as one short text.

use serde_json::{Map, Value as Json};

use super::File;
use crate::domain::document::{Node, ScalarKind, Value};
use crate::domain::sha256::Sha256;
use crate::domain::template::{read_file, scalar_text};

/// What of a parameter a configuration is checked against. Of a default only that it is there counts.
const CHECKED: &[&str] = &[
    "AllowedPattern",
    "AllowedValues",
    "Default",
    "MaxLength",
    "MaxValue",
    "MinLength",
    "MinValue",
    "NoEcho",
    "Type",
];

/// All that a configuration is checked against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Hash over it: two templates with the same hash take the same configurations.
    pub digest: Sha256,
    /// A template, in JSON, that takes the same configurations; absent where none can be written.
    ///
    /// It tells whether a configuration is right. Where something is wrong stands in the template itself.
    pub template: Option<String>,
}

/// What the configurations of a template are checked against; `None` for a file that is no template.
pub fn declared(template: File<'_>) -> Option<Declared> {
    let document = read_file(template.path, template.bytes).ok()?;
    if document.root.entries().is_empty() {
        return None;
    }
    let mut is_plain = true;
    let mut parameters = Map::new();
    if let Some(declared) = document.root.get("Parameters") {
        is_plain = declared.tag.is_none() && matches!(declared.value, Value::Mapping(_));
        for (name, node) in declared.entries() {
            let checked = node.entries().iter().filter_map(|(key, value)| {
                let key = key.as_text().filter(|key| CHECKED.contains(key))?;
                let value = if key == "Default" {
                    Json::from("")
                } else {
                    written(value, &mut is_plain)
                };
                Some((key.to_owned(), value))
            });
            let checked: Map<String, Json> = checked.collect();
            is_plain &= node.tag.is_none() && matches!(node.value, Value::Mapping(_));
            is_plain &= parameters
                .insert(name.as_text().unwrap_or_default().to_owned(), Json::Object(checked))
                .is_none();
        }
    }
    let text = Json::Object(
        [("Parameters".to_owned(), Json::Object(parameters))]
            .into_iter()
            .collect(),
    )
    .to_string();
    Some(if is_plain {
        Declared {
            digest: Sha256::of(&text),
            template: Some(text),
        }
    } else {
        // What is odd about it is CloudFormation's to refuse; here it counts with every byte.
        Declared {
            digest: Sha256::of(template.bytes),
            template: None,
        }
    })
}

/// A node with every scalar as the text that CloudFormation takes it for.
fn written(node: &Node, is_plain: &mut bool) -> Json {
    *is_plain &= node.tag.is_none();
    match &node.value {
        Value::Scalar(scalar) if scalar.kind == ScalarKind::Null => Json::Null,
        Value::Scalar(_) => Json::from(scalar_text(node)),
        Value::Sequence(items) => items.iter().map(|item| written(item, is_plain)).collect(),
        Value::Mapping(_) => {
            *is_plain = false;
            Json::Null
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<Sha256> {
        Some(whole(text)?.digest)
    }

    fn whole(text: &str) -> Option<Declared> {
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
            "Parameters:\n  A: {Type: Number}\n  MinValue: 1\n",
            "Parameters:\n  A: {Type: !Number x, MinValue: 1}\n",
            "Resources: {}\n",
        ] {
            assert_ne!(base, of(other), "{other}");
        }
        assert_eq!(
            base,
            of("Parameters:\n  A: {Type: Number, MinValue: '1', Description: new}\n")
        );
        assert_eq!(of("Parameters: ["), None);
        assert_eq!(of("just text"), None);
    }

    #[test]
    fn the_short_template_takes_what_the_template_takes() {
        let text = "Parameters:\n  A:\n    Type: Number\n    MinValue: 007\n    Default: 9\n  B:\n    Type: String\n    \
                    AllowedValues: [on, 1.0, 'x']\n    AllowedPattern: ~\n    NoEcho: false\nResources: {}\n";
        let short = whole(text).unwrap().template.unwrap();
        let take = |path: &str, template: &str, configuration: &str| {
            let configuration = File {
                path: "stacks/a/configuration.json",
                bytes: configuration.as_bytes(),
            };
            let bytes = template.as_bytes();
            crate::domain::configuration::effective(Some(configuration), File { path, bytes }).ok()
        };
        for (configuration, is_taken) in [
            (r#"{"Parameters": {"B": "on"}}"#, false),
            (r#"{"Parameters": {"B": "true"}}"#, true),
            (r#"{"Parameters": {"B": 1.0, "A": 7}}"#, true),
            (r#"{"Parameters": {"B": 1, "A": 7}}"#, false),
            (r#"{"Parameters": {"B": "x", "A": 6}}"#, false),
            (r#"{"Parameters": {"A": 7}}"#, false),
            (r#"{"Parameters": {"B": "x", "C": 1}}"#, false),
        ] {
            let whole = take("stacks/a/template.yaml", text, configuration);
            assert_eq!(whole.is_some(), is_taken, "{configuration}");
            assert_eq!(take("declared.json", &short, configuration), whole, "{configuration}");
        }
    }

    #[test]
    fn what_cannot_be_said_shortly_counts_with_every_byte() {
        for text in [
            "Parameters:\n  A: {Type: !Number x}\n",
            "Parameters:\n  A: 1\n",
            "Parameters: [A]\n",
            "Parameters:\n  A: {Type: {B: C}}\n",
        ] {
            assert_eq!(whole(text).unwrap().template, None, "{text}");
            assert_ne!(of(text), of(&format!("{text}# other\n")), "{text}");
        }
    }
}
