//! What changes about a stack besides its resources.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::build::{DeployedStack, Inputs};
use super::description::{ChangeSetDescription, present};
use super::diff::leaves;
use super::known_secrets::is_passed_secret;
use super::pairs::Pair;
use super::resource::may_be_equal;
use super::review::{SettingChange, SettingKind};
use super::tree::PlacedChangeSet;
use super::values::Shown;
use crate::domain::digest::to_canonical_json;
use crate::domain::secrecy::{Hider, Masked, Spot, Step};

/// Sections that are shown as what they are: the resources by themselves, and the version of the format is always the
/// same.
const KNOWN: [&str; 11] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// All changes of settings, in the order of [`SettingKind`], and how many more were taken as equal; see
/// [`may_be_equal`].
pub(super) fn changes(inputs: &Inputs<'_>, pairs: &[Pair<'_>], hider: &Hider) -> (Vec<SettingChange>, usize) {
    let mut found = Found {
        hider,
        changes: Vec::new(),
        is_before_unknown: false,
        taken_as_equal: 0,
    };
    found.stack_policy(inputs);
    if let Some(root) = inputs.tree.and_then(super::tree::ChangeSetTree::root) {
        let nothing = DeployedStack::default();
        let deployed = inputs.deployed.unwrap_or(&nothing);
        found.stack(deployed, root, pairs.first());
    }
    for set in inputs.tree.iter().flat_map(|tree| tree.sets.iter().skip(1)) {
        found.nested(inputs, set, pairs);
    }
    for pair in pairs {
        found.is_before_unknown = pair.deployments.source_before.is_none();
        found.template(pair);
    }
    found.changes.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    (found.changes, found.taken_as_equal)
}

struct Found<'h> {
    hider: &'h Hider,
    changes: Vec<SettingChange>,
    /// Whether nobody knows what was submitted for the template before.
    is_before_unknown: bool,
    taken_as_equal: usize,
}

impl Found<'_> {
    fn stack_policy(&mut self, inputs: &Inputs<'_>) {
        // A gate without a policy leaves the stack's own alone.
        let Some(after) = inputs.stack_policy_after else { return };
        let parse = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        let (before, after) = (inputs.stack_policy_before.map(parse), parse(after));
        self.leaves(SettingKind::StackPolicy, "", before.as_ref(), Some(&after));
    }

    fn stack(&mut self, deployed: &DeployedStack, root: &ChangeSetDescription, pair: Option<&Pair<'_>>) {
        let secret = |key: &str| pair.is_some_and(|pair| pair.no_echo.contains(key));
        let after = parameters(root, &deployed.parameters);
        self.maps(SettingKind::Parameter, "", &deployed.parameters, &after, &secret);
        self.resolved("", root, &secret);
        let tags = root
            .tags
            .iter()
            .map(|tag| (tag.key.clone(), tag.value.clone()))
            .collect();
        self.maps(SettingKind::Tag, "", &deployed.tags, &tags, &|_| false);
        self.sets(SettingKind::Capability, &deployed.capabilities, &root.capabilities);
        self.sets(
            SettingKind::NotificationTopic,
            &deployed.notification_arns,
            &root.notification_arns,
        );
        self.options(root);
    }

    /// Parameters of a nested stack; its tags, capabilities and topics are those of the root.
    fn nested(&mut self, inputs: &Inputs<'_>, set: &PlacedChangeSet, pairs: &[Pair<'_>]) {
        let pair = pairs.iter().find(|pair| pair.path == set.path);
        let nothing = BTreeMap::new();
        let before = inputs
            .templates
            .iter()
            .find(|texts| texts.path == set.path)
            .map_or(&nothing, |texts| &texts.parameters_before);
        let secret =
            |key: &str| pair.is_some_and(|pair| pair.no_echo.contains(key)) || is_passed_secret(pairs, &set.path, key);
        let after = parameters(&set.description, before);
        self.maps(SettingKind::Parameter, &set.path, before, &after, &secret);
        self.resolved(&set.path, &set.description, &secret);
    }

    /// What parameters of SSM types resolve to: what it was before, nobody tells.
    fn resolved(&mut self, path: &str, set: &ChangeSetDescription, is_secret: &dyn Fn(&str) -> bool) {
        let resolved: BTreeMap<_, _> = set
            .parameters
            .iter()
            .filter_map(|parameter| {
                let value = present(parameter.resolved_value.as_deref())?;
                let is_told = parameter.parameter_value.as_deref() == Some(value);
                (!is_told).then(|| (parameter.parameter_key.clone(), value.to_owned()))
            })
            .collect();
        self.maps(
            SettingKind::ResolvedParameter,
            path,
            &BTreeMap::new(),
            &resolved,
            is_secret,
        );
    }

    /// Options are shown when they are not what CloudFormation does anyway: nobody tells what they were before.
    fn options(&mut self, root: &ChangeSetDescription) {
        let mut option = |name: &'static str, value: Option<String>| {
            if let Some(value) = value {
                self.changes.push(SettingChange {
                    kind: SettingKind::Option,
                    name: Masked::ours(name),
                    before: None,
                    after: Some(Shown::Text(self.hider.text(&value))),
                });
            }
        };
        let owned = |text: &Option<String>| present(text.as_deref()).map(str::to_owned);
        option("on stack failure", owned(&root.on_stack_failure));
        option("deployment mode", owned(&root.deployment_mode));
        option(
            "import existing resources",
            root.import_existing_resources
                .filter(|is_on| *is_on)
                .map(|_| "true".to_owned()),
        );
        let config = root.deployment_config.as_ref();
        option(
            "deployment",
            config
                .and_then(|config| owned(&config.mode))
                .filter(|mode| mode != "STANDARD"),
        );
        option(
            "rollback",
            config
                .and_then(|config| config.disable_rollback)
                .filter(|is| *is)
                .map(|_| "disabled".to_owned()),
        );
        option(
            "rolls back on alarms until so many minutes after the deployment",
            root.rollback_configuration
                .as_ref()
                .and_then(|rollback| rollback.monitoring_time_in_minutes)
                .map(|minutes| minutes.to_string()),
        );
        for trigger in root
            .rollback_configuration
            .iter()
            .flat_map(|rollback| &rollback.rollback_triggers)
        {
            let kind = present(Some(&trigger.r#type)).map_or_else(String::new, |kind| format!(" ({kind})"));
            option("rolls back on alarm", Some(format!("{}{kind}", trigger.arn)));
        }
    }

    fn template(&mut self, pair: &Pair<'_>) {
        let Some(after) = pair.after else { return };
        let deployed = pair.before.filter(|_| pair.is_deployed);
        let hooks = deployed.and_then(|before| before.top("Hooks"));
        self.leaves(SettingKind::Hook, &pair.path, hooks, after.top("Hooks"));
        // The parts of a stack that is created are its resources and hooks; listing the rest would say nothing.
        let Some(before) = deployed else { return };
        let place = |name: &str| super::tree::join(&pair.path, name);
        let mut names: Vec<_> = before
            .section("Outputs")
            .chain(after.section("Outputs"))
            .map(|(name, _)| name)
            .collect();
        names.sort();
        names.dedup();
        for name in names {
            let evaluated =
                |side: &Option<super::evaluate::Evaluator<'_>>| side.as_ref().and_then(|side| side.output(name));
            let (a, b) = (evaluated(&pair.deployments.before), evaluated(&pair.deployments.after));
            self.leaves(SettingKind::Output, &place(name), a.as_ref(), b.as_ref());
        }
        let mut names: Vec<_> = before
            .section("Conditions")
            .chain(after.section("Conditions"))
            .map(|(name, _)| name)
            .collect();
        names.sort();
        names.dedup();
        for name in names {
            self.condition(name, pair, &place(name));
        }
        for (kind, section) in [(SettingKind::Mapping, "Mappings"), (SettingKind::Rule, "Rules")] {
            self.leaves(kind, &pair.path, before.top(section), after.top(section));
        }
        for (kind, top) in [
            (SettingKind::Transform, "Transform"),
            (SettingKind::Description, "Description"),
            (SettingKind::Metadata, "Metadata"),
            (SettingKind::Declaration, "Parameters"),
        ] {
            self.leaves(kind, &pair.path, before.top(top), after.top(top));
        }
        // Whatever else stands in a template, and may come to mean something tomorrow.
        let names = before.entries().chain(after.entries()).map(|(name, _)| name);
        let others: BTreeSet<_> = names.filter(|name| !KNOWN.contains(&name.as_str())).collect();
        for name in others {
            self.leaves(SettingKind::Section, &place(name), before.top(name), after.top(name));
        }
    }

    fn condition(&mut self, name: &str, pair: &Pair<'_>, place: &str) {
        let told = |side: Option<&super::template::Template>, evaluator: &Option<super::evaluate::Evaluator<'_>>| {
            let declared = side?.declaration("Conditions", name)?;
            Some(
                match evaluator.as_ref().and_then(|evaluator| evaluator.condition(name)) {
                    Some(true) => "true".to_owned(),
                    Some(false) => "false".to_owned(),
                    None => to_canonical_json(declared),
                },
            )
        };
        let before = told(pair.before, &pair.deployments.before);
        let after = told(pair.after, &pair.deployments.after);
        if before != after {
            let shown = |text: Option<String>| text.map(|text| Shown::Text(self.hider.text(&text)));
            self.changes.push(SettingChange {
                kind: SettingKind::Condition,
                name: self.hider.text(place),
                before: shown(before),
                after: shown(after),
            });
        }
    }

    fn leaves(&mut self, kind: SettingKind, name: &str, before: Option<&Value>, after: Option<&Value>) {
        for leaf in leaves(before, after) {
            let joint = if name.is_empty() || leaf.path.is_empty() || leaf.path.starts_with('[') {
                ""
            } else {
                "."
            };
            let steps: Vec<_> = std::iter::once(Step::Key(name.into()))
                .chain(leaf.steps.iter().cloned())
                .collect();
            let spot = Spot {
                steps: &steps,
                ..Spot::default()
            };
            let shown = |value: &Option<String>| value.as_deref().map(|value| self.hider.value(&spot, value));
            if self.is_before_unknown && may_be_equal(&leaf) {
                self.taken_as_equal += 1;
                continue;
            }
            self.changes.push(SettingChange {
                kind,
                name: self.hider.text(&format!("{name}{joint}{}", leaf.path)),
                before: shown(&leaf.before),
                after: shown(&leaf.after),
            });
        }
    }

    fn maps(
        &mut self,
        kind: SettingKind,
        path: &str,
        before: &BTreeMap<String, String>,
        after: &BTreeMap<String, String>,
        is_secret: &dyn Fn(&str) -> bool,
    ) {
        let mut keys: Vec<_> = before.keys().chain(after.keys()).collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let (a, b) = (before.get(key), after.get(key));
            if a == b {
                continue;
            }
            let shown = |value: Option<&String>| {
                value.map(|value| {
                    let value = if is_secret(key) { "****" } else { value };
                    self.hider.value(&Spot::named(&[Step::Key(key.as_str().into())]), value)
                })
            };
            self.changes.push(SettingChange {
                kind,
                name: self.hider.text(&super::tree::join(path, key)),
                before: shown(a),
                after: shown(b),
            });
        }
    }

    fn sets(&mut self, kind: SettingKind, before: &[String], after: &[String]) {
        let shown = |text: &String| Some(Shown::Text(self.hider.text(text)));
        let (old, new): (HashSet<_>, HashSet<_>) = (before.iter().collect(), after.iter().collect());
        let gone = before
            .iter()
            .filter(|text| !new.contains(text))
            .map(|text| (text, shown(text), None));
        let fresh = after
            .iter()
            .filter(|text| !old.contains(text))
            .map(|text| (text, None, shown(text)));
        let changes: Vec<_> = gone
            .chain(fresh)
            .map(|(name, before, after)| SettingChange {
                kind,
                name: self.hider.text(name),
                before,
                after,
            })
            .collect();
        self.changes.extend(changes);
    }
}

/// The parameters of a change set as they were given; a kept one has the value that it had.
fn parameters(set: &ChangeSetDescription, before: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    set.parameters
        .iter()
        .filter_map(|parameter| {
            let key = &parameter.parameter_key;
            let kept = || {
                before
                    .get(key)
                    .filter(|_| parameter.use_previous_value == Some(true))
                    .cloned()
            };
            let value = parameter
                .parameter_value
                .clone()
                .or_else(kept)
                .or_else(|| parameter.resolved_value.clone())?;
            Some((key.clone(), value))
        })
        .collect()
}
