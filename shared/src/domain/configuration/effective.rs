//! The effective configuration: what the sync writes for each stack and `changeset-create` submits.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Parameters and tags of a stack, every value a text that is exactly what the configuration file says.
///
/// Its file is `{"Parameters": {"Key": "value"}, "Tags": {"Key": "value"}}`, the article's template configuration, at
/// [`crate::domain::keys::configuration`]; a stack without configuration has `{}`.
/// Equal configurations give equal bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EffectiveConfiguration {
    /// Parameters by key.
    #[serde(rename = "Parameters", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, ParameterValue>,
    /// Tags by key.
    #[serde(rename = "Tags", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// What a parameter is set to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "WrittenValue", try_from = "WrittenValue")]
pub enum ParameterValue {
    /// This text.
    Text(String),
    /// What the stack has now; written `{"UsePreviousValue": true}`.
    UsePrevious,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenValue {
    Text(String),
    UsePrevious(UsePreviousValue),
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct UsePreviousValue {
    #[serde(rename = "UsePreviousValue")]
    is_used: bool,
}

impl From<ParameterValue> for WrittenValue {
    fn from(value: ParameterValue) -> Self {
        match value {
            ParameterValue::Text(text) => Self::Text(text),
            ParameterValue::UsePrevious => Self::UsePrevious(UsePreviousValue { is_used: true }),
        }
    }
}

impl TryFrom<WrittenValue> for ParameterValue {
    type Error = &'static str;

    fn try_from(value: WrittenValue) -> Result<Self, Self::Error> {
        match value {
            WrittenValue::Text(text) => Ok(Self::Text(text)),
            WrittenValue::UsePrevious(UsePreviousValue { is_used: true }) => Ok(Self::UsePrevious),
            WrittenValue::UsePrevious(_) => Err("`UsePreviousValue` is `true` or not there at all"),
        }
    }
}

impl EffectiveConfiguration {
    /// The bytes of the file: JSON, indented, keys sorted, ending in a line break.
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }

    /// Reads the file.
    ///
    /// # Errors
    ///
    /// When the bytes are not what [`EffectiveConfiguration::to_json`] writes.
    pub fn from_json(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effective_configuration_survives_its_file() {
        let configuration = EffectiveConfiguration {
            parameters: BTreeMap::from([
                ("Account".to_owned(), ParameterValue::Text("012345678901".to_owned())),
                ("Password".to_owned(), ParameterValue::UsePrevious),
            ]),
            tags: BTreeMap::from([("team".to_owned(), "網路".to_owned())]),
        };
        let json = configuration.to_json();
        insta::assert_snapshot!(json, @r#"
        {
          "Parameters": {
            "Account": "012345678901",
            "Password": {
              "UsePreviousValue": true
            }
          },
          "Tags": {
            "team": "網路"
          }
        }
        "#);
        assert_eq!(
            EffectiveConfiguration::from_json(json.as_bytes()).unwrap(),
            configuration
        );
    }

    #[test]
    fn a_stack_without_configuration_has_an_empty_object() {
        assert_eq!(EffectiveConfiguration::default().to_json(), "{}\n");
        assert_eq!(
            EffectiveConfiguration::from_json(b"{}").unwrap(),
            EffectiveConfiguration::default()
        );
    }

    #[test]
    fn anything_else_is_refused() {
        for file in [
            r#"{"Parameters": {"Size": 3}}"#,
            r#"{"Parameters": {"Size": {"UsePreviousValue": false}}}"#,
            r#"{"StackPolicy": {}}"#,
        ] {
            assert!(EffectiveConfiguration::from_json(file.as_bytes()).is_err(), "{file}");
        }
    }
}
