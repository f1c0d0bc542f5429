//! Stacks and change sets that go through the states that CloudFormation takes them through.

mod answers;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use serde_json::Value;

use super::Wire;
use crate::domain::change_set::description::{Change, ChangeSetDescription, Parameter, ResourceChange, Tag};
use crate::domain::change_set::hooks::ChangeSetHooks;
use crate::domain::pipelines::logical_id;
use crate::flows::ports::{
    ChangeSetRef, Export, NewChangeSet, OperationEvent, Stack, StackEvent, StackResource, TemplateLocation,
};

/// The reason that CloudFormation gives for a change set without changes.
const NO_CHANGES: &str =
    "The submitted information didn't contain changes. Submit different information to create a change set.";

/// A stack and all that hangs on it.
#[derive(Debug, Clone, Default)]
pub struct FakeStack {
    /// The stack.
    pub stack: Stack,
    /// Its template; JSON, so that changes can be told.
    pub template: String,
    /// Its parameters and tags as last executed.
    pub inputs: (BTreeMap<String, String>, BTreeMap<String, String>),
    /// Its policy.
    pub policy: Option<String>,
    /// Its resources.
    pub resources: Vec<StackResource>,
    /// Its events, newest first.
    pub events: Vec<StackEvent>,
    /// Its change sets, oldest first.
    pub change_sets: Vec<FakeChangeSet>,
}

/// A change set and how it was asked for.
#[derive(Debug, Clone, Default)]
pub struct FakeChangeSet {
    /// What `DescribeChangeSet` answers, once it is made.
    pub description: ChangeSetDescription,
    /// What was asked for; absent for one that a test put there.
    pub new: Option<NewChangeSet>,
    /// Text of the template.
    pub template: String,
    /// The template after transforms, where there are some.
    pub processed: Option<String>,
    /// What `DescribeEvents` answers.
    pub events: Vec<OperationEvent>,
    /// What `DescribeChangeSetHooks` answers.
    pub hooks: ChangeSetHooks,
    /// How many more times it is described as being made.
    pub pending: u32,
    /// What is answered first, once each, before `description`.
    pub answers_before: Vec<ChangeSetDescription>,
}

/// CloudFormation. Clones share their state.
#[derive(Clone, Default)]
pub struct FakeCloudFormation {
    wire: Wire,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    stacks: BTreeMap<String, FakeStack>,
    urls: BTreeMap<String, String>,
    exports: Vec<Export>,
    made: u32,
    next_pending: u32,
    next_failure: Option<(String, Vec<OperationEvent>)>,
}

impl FakeCloudFormation {
    /// No stacks; calls pass over `wire`.
    pub fn new(wire: &Wire) -> Self {
        Self {
            wire: wire.clone(),
            ..Self::default()
        }
    }

    /// Adds a stack in `status` with this template.
    pub fn with_stack(&self, name: &str, status: &str, template: &str) {
        let stack = FakeStack {
            stack: Stack {
                name: name.to_owned(),
                id: stack_arn(name),
                status: status.to_owned(),
                created: Some("2026-11-01T00:00:00Z".to_owned()),
                ..Stack::default()
            },
            template: template.to_owned(),
            ..FakeStack::default()
        };
        self.state.borrow_mut().stacks.insert(name.to_owned(), stack);
    }

    /// Makes `physical_id` a resource of `stack`, which is added when it is not there. Its logical id is the one of the
    /// pipeline of that name in the deployment `changegate`.
    pub fn with_resource(&self, stack: &str, resource_type: &str, physical_id: &str) {
        if !self.state.borrow().stacks.contains_key(stack) {
            self.with_stack(stack, "CREATE_COMPLETE", "{}");
        }
        self.edit(stack, |held| {
            held.resources.push(StackResource {
                stack_id: stack_arn(stack),
                stack_name: stack.to_owned(),
                logical_id: logical_id(physical_id.strip_prefix("changegate-").unwrap_or(physical_id)),
                physical_id: physical_id.to_owned(),
                resource_type: resource_type.to_owned(),
                status: "CREATE_COMPLETE".to_owned(),
            });
        });
    }

    /// Adds an export.
    pub fn with_export(&self, name: &str, stack: &str) {
        self.state.borrow_mut().exports.push(Export {
            name: name.to_owned(),
            stack_id: stack_arn(stack),
            value: "value".to_owned(),
        });
    }

    /// Makes `url` answer with this template.
    pub fn with_url(&self, url: &str, template: &str) {
        let mut state = self.state.borrow_mut();
        state.urls.insert(url.to_owned(), template.to_owned());
    }

    /// Changes a stack.
    pub fn edit(&self, stack: &str, edit: impl FnOnce(&mut FakeStack)) {
        let mut state = self.state.borrow_mut();
        edit(state.stacks.get_mut(stack).expect("the stack is there"));
    }

    /// Removes a stack.
    pub fn remove(&self, stack: &str) {
        self.state.borrow_mut().stacks.remove(stack);
    }

    /// A stack as it stands, without passing the wire.
    pub fn look(&self, stack: &str) -> Option<FakeStack> {
        self.state.borrow().stacks.get(stack).cloned()
    }

    /// How many change sets were made so far.
    pub fn made(&self) -> u32 {
        self.state.borrow().made
    }

    /// Lets the next change set be described as being made, this many times.
    pub fn delay_next_change_set(&self, times: u32) {
        self.state.borrow_mut().next_pending = times;
    }

    /// Lets the next change set fail with this reason and these events.
    pub fn fail_next_change_set(&self, reason: &str, events: Vec<OperationEvent>) {
        self.state.borrow_mut().next_failure = Some((reason.to_owned(), events));
    }

    /// Brings the execution that is under way in a stack to its end.
    pub fn finish(&self, stack: &str, is_success: bool) {
        self.edit(stack, |held| {
            let is_create = held.stack.status.starts_with("CREATE");
            held.stack.status = match (is_create, is_success) {
                (true, true) => "CREATE_COMPLETE",
                (true, false) => "ROLLBACK_COMPLETE",
                (false, true) => "UPDATE_COMPLETE",
                (false, false) => "UPDATE_ROLLBACK_COMPLETE",
            }
            .to_owned();
            for set in &mut held.change_sets {
                if set.description.execution_status == "EXECUTE_IN_PROGRESS" {
                    let status = if is_success {
                        "EXECUTE_COMPLETE"
                    } else {
                        "EXECUTE_FAILED"
                    };
                    status.clone_into(&mut set.description.execution_status);
                    if is_success {
                        held.template.clone_from(&set.template);
                        if let Some(new) = &set.new {
                            held.inputs = inputs(new, &held.inputs);
                        }
                    }
                }
            }
        });
    }
}

/// ARN of a stack of the fake.
fn stack_arn(name: &str) -> String {
    format!("arn:aws:cloudformation:eu-west-1:000000000000:stack/{name}/0a1b2c3d")
}

impl State {
    /// The stack with this name or ARN, or the one that owns the change set with this ARN.
    fn stack_mut(&mut self, id: &str) -> Option<&mut FakeStack> {
        self.stacks
            .values_mut()
            .find(|held| held.stack.name == id || held.stack.id == id)
    }

    /// The change set, when it belongs to the stack that was named with it, which may be gone.
    fn change_set_mut(&mut self, of: ChangeSetRef<'_>) -> Option<(&mut Stack, &mut FakeChangeSet)> {
        self.stacks.values_mut().find_map(|held| {
            let (name, id) = (&held.stack.name, &held.stack.id);
            let set = held.change_sets.iter_mut().find(|set| {
                let is_of = |stack: &str| {
                    [name, id, &set.description.stack_id]
                        .iter()
                        .any(|known| *known == stack)
                };
                set.description.change_set_id == of.arn && of.stack.is_none_or(is_of)
            })?;
            Some((&mut held.stack, set))
        })
    }

    /// The text of the template that was asked for.
    fn template_of(&self, new: &NewChangeSet) -> Option<String> {
        match &new.template {
            TemplateLocation::Body(body) => Some(body.clone()),
            TemplateLocation::Url(url) => self.urls.get(url).cloned(),
        }
    }
}

/// The parameters and tags that a change set leads to, from those before it.
fn inputs(
    new: &NewChangeSet,
    before: &(BTreeMap<String, String>, BTreeMap<String, String>),
) -> (BTreeMap<String, String>, BTreeMap<String, String>) {
    let parameters = new.parameters.iter().map(|(key, value)| {
        let kept = before.0.get(key).cloned().unwrap_or_default();
        (key.clone(), value.clone().unwrap_or(kept))
    });
    let tags = new.tags.clone().unwrap_or_else(|| before.1.clone());
    (parameters.collect(), tags)
}

/// What a change set would show: one change for every resource whose text differs, for all of them when tags differ.
fn describe(held: &FakeStack, new: &NewChangeSet, template: &str, arn: String) -> ChangeSetDescription {
    let section = |text: &str, name: &str| -> BTreeMap<String, Value> {
        let document: Value = serde_json::from_str(text).unwrap_or_default();
        let entries = document.get(name).and_then(Value::as_object).cloned();
        entries.unwrap_or_default().into_iter().collect()
    };
    let (before, after) = (section(&held.template, "Resources"), section(template, "Resources"));
    let wanted = inputs(new, &held.inputs);
    let is_everything_touched = !new.is_create && wanted != held.inputs;
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changes: Vec<_> = names
        .into_iter()
        .filter_map(|name| {
            let action = match (before.get(name).filter(|_| !new.is_create), after.get(name)) {
                (None, Some(_)) => "Add",
                (Some(_), None) => "Remove",
                (Some(old), Some(wanted)) if old != wanted || is_everything_touched => "Modify",
                _ => return None,
            };
            let kind = after
                .get(name)
                .or(before.get(name))
                .and_then(|resource| resource.get("Type"));
            Some(Change {
                r#type: Some("Resource".to_owned()),
                resource_change: Some(ResourceChange {
                    action: action.to_owned(),
                    logical_resource_id: name.clone(),
                    resource_type: kind.and_then(Value::as_str).unwrap_or_default().to_owned(),
                    replacement: (action == "Modify").then(|| "False".to_owned()),
                    ..ResourceChange::default()
                }),
                ..Change::default()
            })
        })
        .collect();
    let is_same_output = section(&held.template, "Outputs") == section(template, "Outputs");
    let is_empty = changes.is_empty() && is_same_output && !new.is_create;
    let parameters = new.parameters.iter().map(|(key, value)| Parameter {
        parameter_key: key.clone(),
        parameter_value: value.clone(),
        use_previous_value: value.is_none().then_some(true),
        resolved_value: None,
    });
    let tags = wanted.1.into_iter().map(|(key, value)| Tag { key, value });
    ChangeSetDescription {
        change_set_name: new.name.clone(),
        change_set_id: arn,
        stack_id: held.stack.id.clone(),
        stack_name: held.stack.name.clone(),
        description: Some(new.description.clone()),
        parameters: parameters.collect(),
        creation_time: Some("2026-11-23T09:30:00Z".to_owned()),
        execution_status: if is_empty { "UNAVAILABLE" } else { "AVAILABLE" }.to_owned(),
        status: if is_empty { "FAILED" } else { "CREATE_COMPLETE" }.to_owned(),
        status_reason: is_empty.then(|| NO_CHANGES.to_owned()),
        notification_arns: new.notification_arns.clone(),
        capabilities: new.capabilities.clone(),
        tags: tags.collect(),
        changes,
        include_nested_stacks: Some(true),
        ..ChangeSetDescription::default()
    }
}
