//! The intrinsic functions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Evaluator, TooMuch};
use crate::domain::digest::to_canonical_json;

impl Evaluator<'_> {
    /// What a function comes to; `None` when it stays as it is written, with what is in it worked out.
    pub(super) fn function(&self, name: &str, argument: &Value, depth: usize) -> Result<Option<Value>, TooMuch> {
        match name {
            "Ref" => argument.as_str().map(|name| self.reference(name)).transpose(),
            "Fn::Sub" => self.substitute(argument, depth),
            "Fn::If" => self.branch(argument, depth),
            "Fn::GetAtt" if argument.is_string() => Ok(self.attribute(argument)),
            "Fn::Base64" => self.eval(argument, depth).map(Some),
            "Fn::GetAtt" | "Fn::Join" | "Fn::Select" | "Fn::Split" | "Fn::FindInMap" | "Fn::ImportValue"
            | "Fn::GetAZs" | "Fn::ToJsonString" | "Fn::Length" => {
                // The argument is worked out once, whether or not the function can be: twice at each level would be
                // more than a thousand times at the tenth.
                let argument = self.eval(argument, depth)?;
                let result = match name {
                    "Fn::GetAtt" => self.attribute(&argument),
                    "Fn::Join" => self.join(&argument)?,
                    "Fn::Select" => select(&argument),
                    "Fn::Split" => self.split(&argument)?,
                    "Fn::FindInMap" => self.find_in_map(&argument, depth)?,
                    "Fn::ImportValue" => argument.as_str().map(|export| format!("${{import {export}}}").into()),
                    "Fn::GetAZs" => {
                        let region = argument.as_str().unwrap_or("the region");
                        Some(format!("${{zones of {region}}}").into())
                    }
                    "Fn::ToJsonString" => Some(to_canonical_json(&argument).into()),
                    _ => argument.as_array().map(|items| items.len().to_string().into()),
                };
                if let Some(Value::String(text)) = &result {
                    self.spending.produce(text.len())?;
                }
                let stays = || Value::Object(Map::from_iter([(name.to_owned(), argument)]));
                Ok(Some(result.unwrap_or_else(stays)))
            }
            _ => Ok(None),
        }
    }

    fn branch(&self, argument: &Value, depth: usize) -> Result<Option<Value>, TooMuch> {
        let Some([condition, then, otherwise]) = argument.as_array().map(Vec::as_slice) else {
            return Ok(None);
        };
        let Some(condition) = condition.as_str() else {
            return Ok(None);
        };
        match self.named_condition(condition, depth)? {
            Some(true) => self.eval(then, depth).map(Some),
            Some(false) => self.eval(otherwise, depth).map(Some),
            None => Ok(None),
        }
    }

    fn join(&self, argument: &Value) -> Result<Option<Value>, TooMuch> {
        let Some([separator, items]) = argument.as_array().map(Vec::as_slice) else {
            return Ok(None);
        };
        let (Some(separator), Some(items)) = (separator.as_str(), items.as_array()) else {
            return Ok(None);
        };
        let Some(texts) = items.iter().map(Value::as_str).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        // A long separator between many short items is longer than both.
        self.spending.produce(separator.len().saturating_mul(texts.len()))?;
        Ok(Some(texts.join(separator).into()))
    }

    fn split(&self, argument: &Value) -> Result<Option<Value>, TooMuch> {
        let Some([separator, text]) = argument.as_array().map(Vec::as_slice) else {
            return Ok(None);
        };
        let separator = separator.as_str().filter(|separator| !separator.is_empty());
        let text = text.as_str().filter(|text| !text.contains("${"));
        let (Some(separator), Some(text)) = (separator, text) else {
            return Ok(None);
        };
        // Each part is a value of its own, however short it is.
        let mut parts = Vec::new();
        for part in text.split(separator) {
            self.spending.step(0)?;
            parts.push(Value::from(part));
        }
        Ok(Some(Value::Array(parts)))
    }

    fn find_in_map(&self, argument: &Value, depth: usize) -> Result<Option<Value>, TooMuch> {
        let key = |index: usize| argument.get(index).and_then(Value::as_str);
        let (Some(map), Some(first), Some(second)) = (key(0), key(1), key(2)) else {
            return Ok(None);
        };
        let found = self.template.declaration("Mappings", map);
        let found = found.filter(|_| !self.template.is_odd(map));
        match found.and_then(|map| map.get(first)?.get(second)) {
            Some(found) => self.eval(found, depth + 1).map(Some),
            None => Ok(None),
        }
    }

    fn attribute(&self, argument: &Value) -> Option<Value> {
        let path = match argument {
            Value::String(path) => Cow::from(path),
            Value::Array(parts) => {
                let parts: Option<Vec<_>> = parts.iter().map(Value::as_str).collect();
                Cow::from(parts?.join("."))
            }
            _ => return None,
        };
        let (logical_id, attribute) = path.split_once('.')?;
        Some(self.symbol(logical_id, attribute).into())
    }

    fn substitute(&self, argument: &Value, depth: usize) -> Result<Option<Value>, TooMuch> {
        let (pattern, own) = match argument {
            Value::String(pattern) => (Some(pattern.as_str()), None),
            Value::Array(parts) => (
                parts.first().and_then(Value::as_str),
                parts.get(1).and_then(Value::as_object),
            ),
            _ => (None, None),
        };
        let Some(pattern) = pattern else {
            return Ok(None);
        };
        self.spending.produce(pattern.len())?;
        // Each of its own variables is worked out once, however often it is used.
        let mut worked: BTreeMap<&str, String> = BTreeMap::new();
        let mut out = String::with_capacity(pattern.len());
        let mut rest = pattern;
        while let Some((before, tail)) = rest.split_once("${") {
            out.push_str(before);
            let Some((name, following)) = tail.split_once('}') else {
                out.push_str(&rest[before.len()..]);
                return Ok(Some(Value::String(out)));
            };
            let name = name.trim();
            let written = out.len();
            match name.strip_prefix('!') {
                Some(literal) => out.extend(["${", literal, "}"]),
                None => match own.and_then(|own| own.get(name)) {
                    Some(value) => {
                        if !worked.contains_key(name) {
                            let value = self.eval(value, depth + 1)?;
                            worked.insert(name, text(&value).into_owned());
                        }
                        let value = worked.get(name).map_or("", String::as_str);
                        self.spending.produce(value.len())?;
                        out.push_str(value);
                    }
                    None => match name.split_once('.') {
                        Some((logical_id, attribute)) => out.push_str(&self.symbol(logical_id, attribute)),
                        None => match self.reference(name)? {
                            Value::String(text) => out.push_str(&text),
                            Value::Array(items) => {
                                let texts: Vec<_> = items.iter().map(text).collect();
                                out.push_str(&texts.join(","));
                            }
                            other => out.push_str(&to_canonical_json(&other)),
                        },
                    },
                },
            }
            self.spending.step(depth)?;
            self.spending.produce(out.len() - written)?;
            rest = following;
        }
        out.push_str(rest);
        Ok(Some(Value::String(out)))
    }
}

fn select(argument: &Value) -> Option<Value> {
    let [index, items] = argument.as_array()?.as_slice() else {
        return None;
    };
    let index: usize = index.as_str()?.parse().ok()?;
    items.as_array()?.get(index).cloned()
}

fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(to_canonical_json(other)),
    }
}
