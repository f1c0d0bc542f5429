//! The policies of `template.yaml`, as a deployment has them: without any function of CloudFormation.

use std::collections::BTreeMap;

use changegate::domain::document::Node;
use changegate::domain::document::Value as Yaml;
use serde_json::{Map, Value};

use crate::contracts::template::Template;

/// Where Changegate is deployed.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) stack: String,
    pub(super) partition: String,
    pub(super) region: String,
    pub(super) account: String,
}

/// The template with the values of one deployment.
pub(super) struct Rendered<'a> {
    template: &'a Template,
    place: Place,
    parameters: BTreeMap<String, String>,
}

/// What a property with the value `AWS::NoValue` is until it is taken out.
const NO_VALUE: &str = "AWS::NoValue";

impl<'a> Rendered<'a> {
    /// Parameters that are not given have their defaults.
    pub(super) fn new(template: &'a Template, place: Place, given: &[(&str, &str)]) -> Self {
        let declared = template.document.root.get("Parameters").expect("parameters").entries();
        let mut parameters: BTreeMap<String, String> = declared
            .iter()
            .map(|(name, declaration)| {
                let default = declaration.get("Default").and_then(Node::as_text).unwrap_or("given");
                (name.as_text().expect("a name").to_owned(), default.to_owned())
            })
            .collect();
        for (name, value) in given {
            assert!(
                parameters.insert((*name).to_owned(), (*value).to_owned()).is_some(),
                "no parameter {name}"
            );
        }
        Self {
            template,
            place,
            parameters,
        }
    }

    /// A property of a resource, resolved; `Null` where it has none.
    pub(super) fn property(&self, logical_id: &str, pointer: &str) -> Value {
        let resource = self.template.resource(logical_id);
        resource
            .pointer(&format!("/Properties{pointer}"))
            .map_or(Value::Null, |node| self.value(node))
    }

    /// What stands in the template's `Globals`, resolved.
    pub(super) fn global(&self, pointer: &str) -> Value {
        let globals = self.template.document.root.get("Globals").expect("globals");
        self.value(
            globals
                .pointer(pointer)
                .unwrap_or_else(|| panic!("nothing at {pointer}")),
        )
    }

    /// Logical ids of all resources of a type that the deployment has.
    pub(super) fn resources(&self, resource_type: &str) -> Vec<String> {
        let resources = self.template.resources(resource_type);
        let exists = |node: &Node| {
            node.get("Condition")
                .and_then(Node::as_text)
                .is_none_or(|condition| self.condition(condition))
        };
        resources
            .filter(|(_, node)| exists(node))
            .map(|(name, _)| name.to_owned())
            .collect()
    }

    fn value(&self, node: &Node) -> Value {
        if let Some(name) = node.tag.as_deref().and_then(|tag| tag.strip_prefix('!'))
            && !name.starts_with('!')
        {
            return self.function(name, node);
        }
        match &node.value {
            Yaml::Mapping(entries) => {
                if let [(key, argument)] = entries.as_slice()
                    && let Some(name) = key.as_text().filter(|name| *name == "Ref" || name.starts_with("Fn::"))
                {
                    return self.function(name.trim_start_matches("Fn::"), argument);
                }
                let entries = entries
                    .iter()
                    .map(|(key, value)| (key.as_text().expect("a key").to_owned(), self.value(value)));
                Value::Object(entries.filter(|(_, value)| value != NO_VALUE).collect::<Map<_, _>>())
            }
            Yaml::Sequence(items) => Value::Array(
                items
                    .iter()
                    .map(|item| self.value(item))
                    .filter(|value| value != NO_VALUE)
                    .collect(),
            ),
            Yaml::Scalar(scalar) => Value::String(scalar.text.clone()),
        }
    }

    fn function(&self, name: &str, argument: &Node) -> Value {
        match name {
            "Ref" | "GetAtt" => Value::String(self.reference(argument.as_text().expect("a name"))),
            "Sub" => match argument.items() {
                [] => Value::String(self.substituted(argument.as_text().expect("a text"), &Value::Null)),
                [text, names] => Value::String(self.substituted(text.as_text().expect("a text"), &self.value(names))),
                _ => panic!("line {}: Fn::Sub takes one or two", argument.line),
            },
            "If" => {
                let [condition, yes, no] = argument.items() else {
                    panic!("line {}: Fn::If takes three", argument.line)
                };
                self.value(if self.condition(condition.as_text().expect("a condition")) {
                    yes
                } else {
                    no
                })
            }
            "Split" => {
                let [separator, text] = argument.items() else {
                    panic!("line {}: Fn::Split takes two", argument.line)
                };
                let Value::String(text) = self.value(text) else {
                    panic!("line {}: Fn::Split takes a text", argument.line)
                };
                let separator = separator.as_text().expect("a separator");
                Value::Array(
                    text.split(separator)
                        .map(|part| Value::String(part.to_owned()))
                        .collect(),
                )
            }
            other => panic!("line {}: {other} is not known here", argument.line),
        }
    }

    fn substituted(&self, text: &str, names: &Value) -> String {
        let mut parts = text.split("${");
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').expect("a name ends");
            whole += &names[name].as_str().map_or_else(|| self.reference(name), str::to_owned);
            whole += rest;
        }
        whole
    }

    fn condition(&self, name: &str) -> bool {
        let conditions = self.template.document.root.get("Conditions").expect("conditions");
        let node = conditions.get(name).unwrap_or_else(|| panic!("no condition {name}"));
        self.holds(node)
    }

    fn holds(&self, node: &Node) -> bool {
        match (node.tag.as_deref(), node.items()) {
            (Some("!Not"), [inner]) => !self.holds(inner),
            (Some("!Equals"), [left, right]) => self.value(left) == self.value(right),
            _ => panic!("line {}: a condition that is not known here", node.line),
        }
    }

    /// What a reference to a parameter, a pseudo parameter, a resource or an attribute stands for.
    pub(super) fn reference(&self, name: &str) -> String {
        let Place {
            stack,
            partition,
            region,
            account,
        } = &self.place;
        match name {
            "AWS::StackName" => return stack.clone(),
            "AWS::Partition" => return partition.clone(),
            "AWS::Region" => return region.clone(),
            "AWS::AccountId" => return account.clone(),
            NO_VALUE => return NO_VALUE.to_owned(),
            _ => {}
        }
        if let Some(value) = self.parameters.get(name) {
            return value.clone();
        }
        let (logical_id, attribute) = name.split_once('.').unwrap_or((name, ""));
        self.arn(logical_id, attribute)
    }

    /// A made-up id such as CloudFormation would give, as long as it would be.
    fn arn(&self, logical_id: &str, attribute: &str) -> String {
        let Place {
            stack,
            partition,
            region,
            account,
        } = &self.place;
        let resource = self.template.resource(logical_id);
        let kind = resource.get("Type").and_then(Node::as_text).expect("a type");
        let named = |property: &str| {
            let value = self.property(logical_id, property);
            value
                .as_str()
                .map_or_else(|| format!("{stack}-{logical_id}-0123456789AB"), str::to_owned)
        };
        let path = self.property(logical_id, "/Path").as_str().unwrap_or("/").to_owned();
        match (kind, attribute) {
            ("AWS::S3::Bucket", "") => {
                format!("{}-{}-0123456789ab", stack.to_lowercase(), logical_id.to_lowercase())
            }
            ("AWS::S3::Bucket", "Arn") => format!("arn:{partition}:s3:::{}", self.arn(logical_id, "")),
            ("AWS::SQS::Queue", "") => {
                format!("https://sqs.{region}.amazonaws.com/{account}/{}", named("/QueueName"))
            }
            ("AWS::SQS::Queue", "Arn") => format!("arn:{partition}:sqs:{region}:{account}:{}", named("/QueueName")),
            ("AWS::SNS::Topic", "") => format!("arn:{partition}:sns:{region}:{account}:{}", named("/TopicName")),
            ("AWS::SecretsManager::Secret", "Id") => {
                format!("arn:{partition}:secretsmanager:{region}:{account}:secret:{logical_id}-0123456789AB-AbCdEf")
            }
            ("AWS::IAM::Role", "Arn") => format!("arn:{partition}:iam::{account}:role{path}{}", named("/RoleName")),
            ("AWS::IAM::Role", "") => named("/RoleName"),
            ("AWS::IAM::ManagedPolicy", "") => {
                format!(
                    "arn:{partition}:iam::{account}:policy{path}{}",
                    named("/ManagedPolicyName")
                )
            }
            ("AWS::Logs::LogGroup", "Arn") => {
                format!(
                    "arn:{partition}:logs:{region}:{account}:log-group:{}:*",
                    named("/LogGroupName")
                )
            }
            ("AWS::Serverless::Function", "Arn" | "") => {
                format!(
                    "arn:{partition}:lambda:{region}:{account}:function:{}",
                    named("/FunctionName")
                )
            }
            ("AWS::Events::Rule", "Arn") => {
                format!("arn:{partition}:events:{region}:{account}:rule/{}", named("/Name"))
            }
            ("AWS::Scheduler::Schedule", "Arn") => {
                format!(
                    "arn:{partition}:scheduler:{region}:{account}:schedule/default/{}",
                    named("/Name")
                )
            }
            ("AWS::CloudWatch::Alarm", "Arn") => {
                format!(
                    "arn:{partition}:cloudwatch:{region}:{account}:alarm:{}",
                    named("/AlarmName")
                )
            }
            ("AWS::CodePipeline::Pipeline", "") => {
                format!("arn:{partition}:codepipeline:{region}:{account}:{}", named("/Name"))
            }
            (kind, attribute) => panic!("{logical_id}.{attribute} of {kind} is not known here"),
        }
    }
}
