//! Works out a template's values with the parameters of one deployment, as far as that is possible without AWS.
//!
//! What only AWS knows stays visible as a reference: `${Queue.Arn}`. What a template makes too much of stays unknown:
//! every value costs steps and bytes, of which one value and the whole template have only so many.

mod budget;
mod functions;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::plain::{Template, is_no_echo};
use crate::domain::secrecy::NO_ECHO;
use budget::Spending;
pub use budget::TooMuch;

/// One deployment of a template.
pub struct Evaluator<'a> {
    template: &'a Template,
    parameters: BTreeMap<String, Value>,
    pseudo: BTreeMap<String, String>,
    /// Logical ids of resources that get a new physical id.
    renewed: BTreeSet<String>,
    conditions: RefCell<BTreeMap<String, Option<bool>>>,
    resources: RefCell<BTreeMap<String, Worked>>,
    spending: Spending,
    exceeded: RefCell<BTreeMap<String, TooMuch>>,
}

/// What a declaration comes to; `None` when there is none of the name, or when its condition is false.
type Worked = Result<Option<Rc<Value>>, TooMuch>;

/// Stands for `AWS::NoValue` until it is removed.
const NO_VALUE: &str = "\u{10fffd}NoValue\u{10fffd}";

impl<'a> Evaluator<'a> {
    /// Prepares a deployment: `parameters` are the values given, `stack_id` is the stack's ARN.
    pub fn new(template: &'a Template, parameters: &BTreeMap<String, String>, stack_id: &str) -> Self {
        let mut values = BTreeMap::new();
        for (name, declaration) in template.section("Parameters") {
            let word = |key: &str| declaration.get(key).and_then(Value::as_str);
            let kind = word("Type").unwrap_or("String");
            let is_secret = is_no_echo(declaration);
            let given = parameters.get(name).map(String::as_str).or_else(|| word("Default"));
            let value = match given {
                _ if is_secret => Value::String(NO_ECHO.to_owned()),
                None => continue,
                Some(text) if kind.contains("List<") || kind == "CommaDelimitedList" => Value::Array(
                    text.split(',')
                        .map(|item| Value::String(item.trim().to_owned()))
                        .collect(),
                ),
                Some(text) => Value::String(text.to_owned()),
            };
            values.insert(name.clone(), value);
        }
        Self::with(template, values, pseudo_parameters(stack_id))
    }

    /// Prepares a deployment that is not planned yet: `known` goes from parameter or pseudo parameter to its value, and
    /// what is not in it is not known.
    pub fn before_planning(template: &'a Template, known: BTreeMap<String, String>) -> Self {
        let parameters = known.into_iter().map(|(name, value)| (name, Value::String(value)));
        Self::with(template, parameters.collect(), BTreeMap::new())
    }

    fn with(template: &'a Template, parameters: BTreeMap<String, Value>, pseudo: BTreeMap<String, String>) -> Self {
        Self {
            template,
            parameters,
            pseudo,
            renewed: BTreeSet::new(),
            conditions: RefCell::default(),
            resources: RefCell::default(),
            spending: Spending::default(),
            exceeded: RefCell::default(),
        }
    }

    /// Names the resources that get a new physical id: references to them are known only afterwards.
    #[must_use]
    pub fn with_renewed(mut self, logical_ids: impl IntoIterator<Item = String>) -> Self {
        self.renewed = logical_ids.into_iter().collect();
        self
    }

    /// A resource with its values worked out; `None` when the template has none of this name, when its condition is
    /// false, and when it is [too much](Self::exceeded).
    pub fn resource(&self, logical_id: &str) -> Option<Value> {
        let resource = self.shared_resource(logical_id).ok().flatten();
        resource.map(|resource| resource.as_ref().clone())
    }

    /// As [`Evaluator::resource`], without a copy.
    ///
    /// # Errors
    ///
    /// When working it out takes too much, so that it cannot be told.
    pub fn shared_resource(&self, logical_id: &str) -> Worked {
        if let Some(known) = self.resources.borrow().get(logical_id) {
            return known.clone();
        }
        let worked = self.declared("Resources", logical_id).map(|found| found.map(Rc::new));
        self.resources
            .borrow_mut()
            .insert(logical_id.to_owned(), worked.clone());
        worked
    }

    /// An output with its values worked out; `None` as for [`Evaluator::resource`].
    pub fn output(&self, name: &str) -> Option<Value> {
        self.declared("Outputs", name).ok().flatten()
    }

    /// Whether a condition holds; `None` when that cannot be worked out here.
    pub fn condition(&self, name: &str) -> Option<bool> {
        self.counted("Conditions", name, || self.named_condition(name, 0))
            .ok()
            .flatten()
    }

    /// Works out one value by itself.
    ///
    /// # Errors
    ///
    /// When it takes too much, so that it cannot be told.
    pub fn value(&self, value: &Value) -> Result<Value, TooMuch> {
        self.spending.begin();
        self.eval(value, 0)
    }

    /// What could not be worked out, because its template makes too much of it: `Resources.<logical id>` and the like,
    /// and what there was too much of.
    pub fn exceeded(&self) -> Vec<(String, TooMuch)> {
        let exceeded = self.exceeded.borrow();
        exceeded.iter().map(|(place, why)| (place.clone(), *why)).collect()
    }

    fn declared(&self, section: &str, name: &str) -> Result<Option<Value>, TooMuch> {
        let Some(declaration) = self.template.declaration(section, name) else {
            return Ok(None);
        };
        self.counted(section, name, || {
            if let Some(condition) = declaration.get("Condition").and_then(Value::as_str)
                && self.named_condition(condition, 0)? == Some(false)
            {
                return Ok(None);
            }
            self.eval(declaration, 0).map(Some)
        })
    }

    /// Gives one declaration its share, and notes when that is not enough.
    fn counted<T>(&self, section: &str, name: &str, work: impl FnOnce() -> Result<T, TooMuch>) -> Result<T, TooMuch> {
        self.spending.begin();
        work().inspect_err(|why| {
            self.exceeded.borrow_mut().insert(format!("{section}.{name}"), *why);
        })
    }

    fn named_condition(&self, name: &str, depth: usize) -> Result<Option<bool>, TooMuch> {
        if let Some(known) = self.conditions.borrow().get(name) {
            return Ok(*known);
        }
        let condition = self.template.declaration("Conditions", name);
        let Some(condition) = condition.filter(|_| !self.template.is_odd(name)) else {
            return Ok(None);
        };
        // A condition that refers to itself is not decided by it.
        self.conditions.borrow_mut().insert(name.to_owned(), None);
        let holds = self.holds(condition, depth + 1);
        let mut conditions = self.conditions.borrow_mut();
        match &holds {
            Ok(holds) => conditions.insert(name.to_owned(), *holds),
            Err(_) => conditions.remove(name),
        };
        holds
    }

    fn holds(&self, condition: &Value, depth: usize) -> Result<Option<bool>, TooMuch> {
        self.spending.step(depth)?;
        let Some((name, argument)) = only_entry(condition) else {
            return Ok(None);
        };
        let all = || -> Result<Vec<Option<bool>>, TooMuch> {
            let items = argument.as_array().into_iter().flatten();
            items.map(|item| self.holds(item, depth + 1)).collect()
        };
        let is_list = argument.is_array();
        Ok(match name {
            "Condition" => match argument.as_str() {
                Some(name) => self.named_condition(name, depth)?,
                None => None,
            },
            "Fn::Not" => all()?.first().copied().flatten().map(|holds| !holds),
            "Fn::And" if is_list => decided(&all()?, false),
            "Fn::Or" if is_list => decided(&all()?, true),
            "Fn::Equals" => match argument.as_array().map(Vec::as_slice) {
                Some([a, b]) => {
                    let (a, b) = (self.eval(a, depth + 1)?, self.eval(b, depth + 1)?);
                    (is_settled(&a) && is_settled(&b)).then(|| a == b)
                }
                _ => None,
            },
            _ => None,
        })
    }

    fn eval(&self, value: &Value, depth: usize) -> Result<Value, TooMuch> {
        self.spending.step(depth)?;
        match value {
            Value::Array(items) => {
                let mut worked = Vec::with_capacity(items.len());
                for item in items {
                    let item = self.eval(item, depth + 1)?;
                    if item.as_str() != Some(NO_VALUE) {
                        worked.push(item);
                    }
                }
                Ok(Value::Array(worked))
            }
            Value::Object(map) => {
                if let Some((name, argument)) = only_entry(value)
                    && (name == "Ref" || name.starts_with("Fn::"))
                    && let Some(result) = self.function(name, argument, depth + 1)?
                {
                    return Ok(result);
                }
                let mut worked = Map::new();
                for (key, value) in map {
                    self.spending.produce(key.len())?;
                    let value = self.eval(value, depth + 1)?;
                    if value.as_str() != Some(NO_VALUE) {
                        worked.insert(key.clone(), value);
                    }
                }
                Ok(Value::Object(worked))
            }
            Value::String(text) => {
                self.spending.produce(text.len())?;
                Ok(value.clone())
            }
            other => Ok(other.clone()),
        }
    }

    fn reference(&self, name: &str) -> Result<Value, TooMuch> {
        if name == "AWS::NoValue" {
            return Ok(Value::String(NO_VALUE.to_owned()));
        }
        if let Some(value) = self.parameters.get(name) {
            self.spending.produce_value(value)?;
            return Ok(value.clone());
        }
        let text = match self.pseudo.get(name) {
            Some(value) => value.clone(),
            None => self.symbol(name, ""),
        };
        self.spending.produce(text.len())?;
        Ok(Value::String(text))
    }

    /// How a reference to a resource is shown; one to a resource that is made anew differs from one to the old.
    fn symbol(&self, logical_id: &str, attribute: &str) -> String {
        let dot = if attribute.is_empty() { "" } else { "." };
        let new = if self.renewed.contains(logical_id) { ", new" } else { "" };
        format!("${{{logical_id}{dot}{attribute}{new}}}")
    }
}

/// What `Fn::And` (`decisive` is false) or `Fn::Or` (true) of these comes to.
fn decided(parts: &[Option<bool>], decisive: bool) -> Option<bool> {
    if parts.contains(&Some(decisive)) {
        return Some(decisive);
    }
    (!parts.contains(&None)).then_some(!decisive)
}

/// Whether a value holds no reference that only AWS could resolve.
pub fn is_settled(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains("${") && !text.contains(NO_ECHO) && !text.contains("{{resolve:"),
        Value::Array(items) => items.iter().all(is_settled),
        Value::Object(_) => false,
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

fn only_entry(value: &Value) -> Option<(&str, &Value)> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    map.iter().next().map(|(key, value)| (key.as_str(), value))
}

/// The pseudo parameters that a stack's ARN tells.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>
fn pseudo_parameters(stack_id: &str) -> BTreeMap<String, String> {
    let parts: Vec<_> = stack_id.splitn(6, ':').collect();
    let [_, partition, _, region, account, name] = parts.as_slice() else {
        return BTreeMap::new();
    };
    let suffix = if partition.starts_with("aws-cn") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    [
        ("AWS::Partition", (*partition).to_owned()),
        ("AWS::Region", (*region).to_owned()),
        ("AWS::AccountId", (*account).to_owned()),
        ("AWS::URLSuffix", suffix.to_owned()),
        ("AWS::StackName", name.split('/').nth(1).unwrap_or_default().to_owned()),
        ("AWS::StackId", stack_id.to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
