//! A statement, and whether it is about a request.

use serde_json::Value;

use super::{Principal, Request, condition, pattern};

/// Elements that are understood; any other stops the test.
const ELEMENTS: [&str; 9] = [
    "Sid",
    "Effect",
    "Principal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
    "Version",
];

/// Whether a pattern stands for a text.
type Matches = fn(&str, &str) -> bool;

pub(super) struct Statement<'a>(&'a Value);

/// The statements of a document.
pub(super) fn all(document: &Value) -> Vec<Statement<'_>> {
    match &document["Statement"] {
        Value::Array(list) => list.iter().map(Statement).collect(),
        Value::Object(_) => vec![Statement(&document["Statement"])],
        other => panic!("a policy without statements: {other}"),
    }
}

impl Statement<'_> {
    pub(super) fn effect(&self) -> &str {
        self.0["Effect"].as_str().expect("an effect")
    }

    pub(super) fn name(&self) -> String {
        self.0["Sid"].as_str().unwrap_or("a statement without Sid").to_owned()
    }

    /// Whether it is about this request.
    pub(super) fn applies(&self, request: &Request, names_principals: bool) -> bool {
        let elements = self.0.as_object().expect("a statement is an object");
        for element in elements.keys() {
            assert!(
                ELEMENTS.contains(&element.as_str()),
                "{element} of {} is not known",
                self.name()
            );
        }
        (!names_principals || self.is_for(&request.principal))
            && self.has_action(&request.action)
            && self.has_resource(&request.resource)
            && condition::all_hold(&self.0["Condition"], request)
    }

    fn is_for(&self, principal: &Principal) -> bool {
        let named = &self.0["Principal"];
        if named == "*" {
            return true;
        }
        match principal {
            Principal::Identity(arn) => texts(&named["AWS"]).iter().any(|named| named == "*" || named == arn),
            Principal::Service(name) => texts(&named["Service"]).iter().any(|named| named == name),
        }
    }

    fn has_action(&self, action: &str) -> bool {
        let is_named = |list: &Value| {
            let mut patterns = texts(list).into_iter();
            patterns.any(|pattern| pattern::glob(&pattern.to_lowercase(), &action.to_lowercase()))
        };
        match (&self.0["Action"], &self.0["NotAction"]) {
            (list, Value::Null) => is_named(list),
            (Value::Null, list) => !is_named(list),
            _ => panic!("{} has both Action and NotAction", self.name()),
        }
    }

    fn has_resource(&self, resource: &str) -> bool {
        // What an allow names may reach further than one thinks, what a deny names less far.
        let (named, unnamed): (Matches, Matches) = match self.effect() {
            "Allow" => (pattern::glob, pattern::arn),
            _ => (pattern::arn, pattern::glob),
        };
        let any = |list: &Value, matches: Matches| texts(list).iter().any(|pattern| matches(pattern, resource));
        match (&self.0["Resource"], &self.0["NotResource"]) {
            // The policy of a role's trust names no resource: it is the role.
            (Value::Null, Value::Null) => true,
            (list, Value::Null) => any(list, named),
            (Value::Null, list) => !any(list, unnamed),
            _ => panic!("{} has both Resource and NotResource", self.name()),
        }
    }
}

/// The texts of a text or a list of texts.
pub(in crate::policies) fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Bool(flag) => vec![flag.to_string()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        other => panic!("{other} is no text"),
    }
}
