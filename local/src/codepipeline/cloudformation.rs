//! `AWS::CodePipeline::Pipeline` of CloudFormation, as a declaration of the API.
//!
//! Shape: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codepipeline-pipeline.html>

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::declaration::Declaration;
use super::error::ApiError;

/// What a template says of a pipeline.
#[derive(Debug, Clone)]
pub struct Properties {
    /// The declaration.
    pub declaration: Declaration,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Whether an update starts a run.
    pub restart: bool,
}

/// Reads the properties of a pipeline resource. `name` is its physical name.
///
/// # Errors
///
/// `ValidationException` that names the property.
pub fn read(name: &str, properties: &Value) -> Result<Properties, ApiError> {
    let Value::Object(fields) = properties else {
        return Err(ApiError::validation("the properties of the pipeline are not an object"));
    };
    let mut fields = fields.clone();
    let tags = tags(fields.remove("Tags"))?;
    let restart = flag(fields.remove("RestartExecutionOnUpdate"))?;
    if fields
        .remove("DisableInboundStageTransitions")
        .is_some_and(|value| value != Value::Array(Vec::new()))
    {
        return Err(ApiError::not_emulated("DisableInboundStageTransitions"));
    }
    fields.insert("Name".to_owned(), Value::from(name));
    let declaration = serde_json::from_value(convert(Value::Object(fields)))
        .map_err(|error| ApiError::validation(format!("Properties of pipeline '{name}': {error}")))?;
    Ok(Properties {
        declaration,
        tags,
        restart,
    })
}

/// Property names begin with a capital, fields of the API with a small letter. Keys of a configuration are the
/// user's and stay; its values are texts.
fn convert(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(convert).collect(),
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| {
                let value = match key.as_str() {
                    "Configuration" => texts(value),
                    "RunOrder" | "TimeoutInMinutes" => number(value),
                    // CloudFormation takes a version as text or number.
                    "Version" => text(value),
                    _ => convert(value),
                };
                (uncapitalised(&key), value)
            })
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

fn uncapitalised(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_ascii_lowercase().to_string() + letters.as_str()
    })
}

fn texts(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(key, value)| (key, text(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

fn text(value: Value) -> Value {
    match value {
        Value::String(_) | Value::Null => value,
        other => Value::String(other.to_string()),
    }
}

fn number(value: Value) -> Value {
    match &value {
        Value::String(digits) => digits.parse::<u32>().map_or(value, Value::from),
        _ => value,
    }
}

fn flag(value: Option<Value>) -> Result<bool, ApiError> {
    match value {
        None | Some(Value::Null) => Ok(false),
        Some(Value::Bool(flag)) => Ok(flag),
        Some(Value::String(word)) if word == "true" || word == "false" => Ok(word == "true"),
        Some(other) => Err(ApiError::validation(format!(
            "RestartExecutionOnUpdate is {other}; it must be true or false"
        ))),
    }
}

fn tags(value: Option<Value>) -> Result<BTreeMap<String, String>, ApiError> {
    let Some(Value::Array(items)) = value else {
        return Ok(BTreeMap::new());
    };
    items
        .iter()
        .map(|item| {
            let part = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
            part("Key")
                .zip(part("Value"))
                .ok_or_else(|| ApiError::validation("a tag needs a Key and a Value"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn resource() -> Value {
        json!({
            "Name": "ignored",
            "RoleArn": "arn:aws:iam::000000000000:role/pipeline",
            "PipelineType": "V2",
            "ArtifactStore": { "Type": "S3", "Location": "artifacts", "EncryptionKey": { "Id": "k", "Type": "KMS" } },
            "Variables": [{ "Name": "Commit", "DefaultValue": "none" }],
            "Tags": [{ "Key": "aws:cloudformation:stack-name", "Value": "S" }],
            "RestartExecutionOnUpdate": "true",
            "Stages": [{
                "Name": "Source",
                "Actions": [{
                    "Name": "Template",
                    "ActionTypeId": { "Category": "Source", "Owner": "AWS", "Provider": "S3", "Version": 1 },
                    "RunOrder": "2",
                    "Configuration": { "S3Bucket": "b", "S3ObjectKey": "K", "PollForSourceChanges": false },
                    "OutputArtifacts": [{ "Name": "Template" }],
                    "Namespace": "TemplateSource",
                }],
            }, {
                "Name": "Apply",
                "BeforeEntry": { "Conditions": [{ "Result": "SKIP", "Rules": [{
                    "Name": "r",
                    "RuleTypeId": { "Category": "Rule", "Owner": "AWS", "Provider": "VariableCheck", "Version": "1" },
                    "Configuration": { "Variable": "#{a.b}", "Operator": "EQ", "Value": "c" },
                }] }] },
                "Actions": [],
            }],
        })
    }

    #[test]
    fn properties_become_a_declaration_with_the_physical_name() {
        let read = read("S-network", &resource()).unwrap();
        assert_eq!(read.declaration.name, "S-network");
        assert_eq!(
            (read.tags["aws:cloudformation:stack-name"].as_str(), read.restart),
            ("S", true)
        );
        let action = &read.declaration.stages[0].actions[0];
        assert_eq!((action.order(), action.action_type_id.version.as_str()), (2, "1"));
        assert_eq!(action.configuration["PollForSourceChanges"], "false");
        assert_eq!(action.configuration["S3ObjectKey"], "K");
        let rule = &read.declaration.stages[1].before_entry.as_ref().unwrap().conditions[0].rules[0];
        assert_eq!(rule.configuration["Operator"], "EQ");
    }

    #[test]
    fn an_unknown_property_is_refused_by_name() {
        let mut resource = resource();
        resource["Stages"][0]["Actions"][0]["Colour"] = json!("red");
        let error = read("S-network", &resource).unwrap_err();
        assert!(error.message.contains("unknown field `colour`"), "{error}");
    }

    #[test]
    fn disabled_transitions_are_refused_as_not_emulated() {
        let mut resource = resource();
        resource["DisableInboundStageTransitions"] = json!([]);
        read("S-network", &resource).unwrap();
        resource["DisableInboundStageTransitions"] = json!([{ "StageName": "Apply", "Reason": "wait" }]);
        assert!(
            read("S-network", &resource)
                .unwrap_err()
                .message
                .contains("DisableInboundStageTransitions")
        );
    }
}
