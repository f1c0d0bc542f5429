//! The document that is hashed.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::canonical::to_canonical_json;
use crate::domain::change_set::description::{ChangeSetDescription, ResourceChange, present};
use crate::domain::change_set::tree::ChangeSetTree;
use crate::domain::gate::Gate;
use crate::domain::secrecy::{Hider, Spot, Step};
use crate::domain::sha256::Sha256;

/// Everything that an approval covers, all of it readable again when the change set is executed.
///
/// What may move between two readings (statuses, times, hook counts, page bounds) and what is only presentation stays
/// out. The role and the type of a change set cannot be read back; the gate and IAM conditions pin them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DigestDocument {
    /// Version of this document's shape: `1`.
    pub version: String,
    /// ARN of the change set; absent when only the stack policy changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_set: Option<String>,
    /// Hash of the template bytes that were submitted.
    pub template_sha256: Sha256,
    /// Hash of the gate document.
    pub gate_sha256: Sha256,
    /// Hash of the stack policy's text that the gate holds; absent when it holds none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack_policy_sha256: Option<Sha256>,
    /// Parameters, in the order of their keys.
    pub parameters: Vec<Parameter>,
    /// Tags, in the order of their keys.
    pub tags: Vec<Tag>,
    /// Acknowledged capabilities, sorted.
    pub capabilities: Vec<String>,
    /// Topics that are told of stack events, sorted.
    pub notification_arns: Vec<String>,
    /// How the change set is executed.
    pub options: Options,
    /// The templates of the change set and of those of nested stacks, as CloudFormation holds them; by path.
    pub templates: Vec<TemplateHashes>,
    /// What happens to each resource, by path and logical id.
    pub resources: Vec<Resource>,
}

/// A parameter of the change set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameter {
    /// Name.
    pub key: String,
    /// Value; `****` for parameters with `NoEcho` and for values that look secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// What a parameter of an SSM type resolved to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_value: Option<String>,
}

/// A tag of the stack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Tag {
    /// Key.
    pub key: String,
    /// Value; `****` when it looks secret.
    pub value: String,
}

/// How the change set is executed. Absent settings stand for CloudFormation's own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Options {
    /// `DO_NOTHING`, `ROLLBACK` or `DELETE`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_stack_failure: Option<String>,
    /// `true` or `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub import_existing_resources: Option<String>,
    /// `REVERT_DRIFT`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_mode: Option<String>,
    /// `STANDARD` or `EXPRESS`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deployment_config_mode: Option<String>,
    /// `true` or `false`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_rollback: Option<String>,
    /// ARNs of the alarms that roll the stack back, sorted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollback_triggers: Vec<String>,
    /// Minutes for which those alarms are watched after the deployment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_monitoring_minutes: Option<String>,
}

/// The templates that CloudFormation holds for one change set. Each hash is compared only with itself: `GetTemplate`
/// turns characters outside ASCII into `?`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TemplateHashes {
    /// Path of the nested stack; empty for the root.
    pub path: String,
    /// ARN of the change set.
    pub change_set: String,
    /// Hash of the template as submitted.
    pub original_sha256: Sha256,
    /// Hash of the template after transforms.
    pub processed_sha256: Sha256,
}

/// What happens to one resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resource {
    /// Path of the nested stack that holds it; empty for the root.
    pub path: String,
    /// Logical id.
    pub logical_id: String,
    /// Type.
    pub r#type: String,
    /// Physical id; absent for what does not exist yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub physical_id: Option<String>,
    /// `Add`, `Modify`, `Remove`, `Import`, `Dynamic`, `SyncWithActual`.
    pub action: String,
    /// Such as `ReplaceAndRetain`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_action: Option<String>,
    /// `True`, `False`, `Conditional`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<String>,
    /// Parts of the resource that change, sorted.
    pub scope: Vec<String>,
    /// ARN of the change set of a nested stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change_set: Option<String>,
}

/// What the document is made of.
#[derive(Debug, Clone, Copy)]
pub struct Covered<'a> {
    /// The change set and its nested ones; `None` when only the stack policy changes.
    pub tree: Option<&'a ChangeSetTree>,
    /// Hash of the template bytes that were submitted.
    pub template_sha256: Sha256,
    /// The templates that CloudFormation holds.
    pub templates: &'a [TemplateHashes],
    /// Names of the parameters of the root stack whose values must not be shown.
    pub secret_parameters: &'a [String],
    /// The gate.
    pub gate: &'a Gate,
}

impl DigestDocument {
    /// Makes the document of what an approval covers.
    pub fn of(covered: &Covered<'_>) -> Self {
        let root = covered.tree.and_then(ChangeSetTree::root);
        let secrecy = Secrecy::of(covered);
        let mut templates = covered.templates.to_vec();
        templates.sort();
        Self {
            version: "1".to_owned(),
            change_set: root.map(|root| root.change_set_id.clone()),
            template_sha256: covered.template_sha256,
            gate_sha256: covered.gate.digest(),
            stack_policy_sha256: covered.gate.stack_policy.as_deref().map(Sha256::of),
            parameters: root.map_or_else(Vec::new, |root| parameters(root, &secrecy)),
            tags: root.map_or_else(Vec::new, |root| tags(root, &secrecy)),
            capabilities: root.map_or_else(Vec::new, |root| sorted(&root.capabilities)),
            notification_arns: root.map_or_else(Vec::new, |root| sorted(&root.notification_arns)),
            options: root.map_or_else(Options::default, Options::of),
            templates,
            resources: covered.tree.map_or_else(Vec::new, |tree| resources(tree, &secrecy)),
        }
    }

    /// The bytes that are hashed, which are also the content of `digest.json`.
    pub fn to_canonical_json(&self) -> String {
        to_canonical_json(&self.to_value())
    }

    /// The digest.
    pub fn sha256(&self) -> Sha256 {
        Sha256::of(self.to_canonical_json())
    }

    /// The document as JSON, to be compared.
    pub fn to_value(&self) -> Value {
        // A struct of strings, lists and structs always has a JSON form.
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Stands for a value that looks secret, as in CloudFormation's own answers. The ARN of the change set covers the
/// value all the same: nothing in a change set can be changed.
const HIDDEN: &str = "****";

/// Decides what is stored as it is. It knows nothing but what the change set says itself, so that whoever makes the
/// document again later, when the stack may say something else, decides the same.
struct Secrecy {
    secret: Vec<String>,
    hider: Hider,
}

impl Secrecy {
    fn of(covered: &Covered<'_>) -> Self {
        let mut secrecy = Self {
            secret: covered.secret_parameters.to_vec(),
            hider: Hider::default(),
        };
        // A value that one place calls secret may stand in another: in a name, in a tag.
        let root = covered.tree.and_then(ChangeSetTree::root);
        let known: Vec<_> = root
            .into_iter()
            .flat_map(|root| &root.parameters)
            .flat_map(|parameter| {
                [&parameter.parameter_value, &parameter.resolved_value]
                    .into_iter()
                    .flatten()
                    .filter(|value| secrecy.is_secret(&parameter.parameter_key, value))
                    .cloned()
            })
            .collect();
        secrecy.hider = Hider::knowing(known);
        secrecy
    }

    fn is_secret(&self, name: &str, value: &str) -> bool {
        self.secret.iter().any(|secret| secret == name)
            || !self.hider.shows(&Spot::named(&[Step::Key(name.into())]), value)
    }

    fn stored(&self, name: &str, value: &str) -> String {
        if self.is_secret(name, value) { HIDDEN } else { value }.to_owned()
    }
}

fn parameters(root: &ChangeSetDescription, secrecy: &Secrecy) -> Vec<Parameter> {
    let mut all: Vec<_> = root
        .parameters
        .iter()
        .map(|parameter| {
            let shown =
                |value: Option<&str>| present(value).map(|value| secrecy.stored(&parameter.parameter_key, value));
            Parameter {
                key: parameter.parameter_key.clone(),
                value: shown(parameter.parameter_value.as_deref()),
                resolved_value: shown(parameter.resolved_value.as_deref()),
            }
        })
        .collect();
    all.sort();
    all
}

fn tags(root: &ChangeSetDescription, secrecy: &Secrecy) -> Vec<Tag> {
    let mut all: Vec<_> = root
        .tags
        .iter()
        .map(|tag| Tag {
            key: secrecy.stored("", &tag.key),
            value: secrecy.stored(&tag.key, &tag.value),
        })
        .collect();
    all.sort();
    all
}

fn resources(tree: &ChangeSetTree, secrecy: &Secrecy) -> Vec<Resource> {
    let mut all: Vec<_> = tree
        .resource_changes()
        .map(|(path, change)| Resource::of(path, change, secrecy))
        .collect();
    all.sort();
    all
}

impl Resource {
    fn of(path: &str, change: &ResourceChange, secrecy: &Secrecy) -> Self {
        let owned = |text: &Option<String>| present(text.as_deref()).map(str::to_owned);
        Self {
            path: path.to_owned(),
            logical_id: change.logical_resource_id.clone(),
            r#type: change.resource_type.clone(),
            physical_id: owned(&change.physical_resource_id).map(|id| secrecy.stored("", &id)),
            action: change.action.clone(),
            policy_action: owned(&change.policy_action).map(|action| secrecy.stored("", &action)),
            replacement: owned(&change.replacement),
            scope: sorted(&change.scope),
            change_set: owned(&change.change_set_id),
        }
    }
}

impl Options {
    fn of(root: &ChangeSetDescription) -> Self {
        let owned = |text: &Option<String>| present(text.as_deref()).map(str::to_owned);
        let config = root.deployment_config.as_ref();
        let rollback = root.rollback_configuration.as_ref();
        let triggers: Vec<_> = rollback
            .map(|rollback| rollback.rollback_triggers.iter().map(|trigger| trigger.arn.clone()))
            .into_iter()
            .flatten()
            .collect();
        Self {
            on_stack_failure: owned(&root.on_stack_failure),
            import_existing_resources: root.import_existing_resources.map(|is_on| is_on.to_string()),
            deployment_mode: owned(&root.deployment_mode),
            deployment_config_mode: config.and_then(|config| owned(&config.mode)),
            disable_rollback: config
                .and_then(|config| config.disable_rollback)
                .map(|is| is.to_string()),
            rollback_triggers: sorted(&triggers),
            rollback_monitoring_minutes: rollback
                .and_then(|rollback| rollback.monitoring_time_in_minutes)
                .map(|minutes| minutes.to_string()),
        }
    }
}

fn sorted(texts: &[String]) -> Vec<String> {
    let mut texts = texts.to_vec();
    texts.sort();
    texts
}
