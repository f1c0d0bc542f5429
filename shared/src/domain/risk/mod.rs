//! What may go wrong when a change is executed, explained: never only a number.

mod actions;
mod attached;
pub(in crate::domain) mod code;
mod conditions;
mod data;
mod gained;
mod names;
mod network;
mod policy;
mod ranks;
mod settings;
mod statement;
mod switches;
#[cfg(test)]
mod tests;
pub mod types;
mod who;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::domain::change_set::context::is_signature;
use crate::domain::change_set::own_packages::OwnPackages;
use crate::domain::change_set::resource::{ResourceFacts, readable};
use crate::domain::change_set::review::{
    GateDifference, Replacement, ResourceReview, SettingChange, SettingKind, ValueSource,
};
use crate::domain::change_set::tree::join;
use crate::domain::limits::{self, Budget};
use crate::domain::secrecy::{Hider, Masked, Sentence, SentencePart, Shown, masked, sentence};
use crate::domain::template::boolean;

/// What may go wrong, all together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Risk {
    /// The highest level of the findings; `low` when there are none. Absent when the change set failed: it cannot be
    /// executed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// What was found, highest level first.
    pub findings: Vec<Finding>,
}

/// How bad it would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Level {
    /// Little can go wrong.
    Low,
    /// Look closely.
    Medium,
    /// Data, access or availability are at stake.
    High,
}

/// One thing that may go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// How bad it would be.
    pub level: Level,
    /// What kind of thing it is.
    pub kind: Kind,
    /// The resource, setting or gate that it concerns.
    pub subject: Masked,
    /// What happens, and why.
    pub because: Masked,
}

/// Kinds of things that may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// Data is deleted.
    DataLoss,
    /// Less stands between a commit and the account.
    GateWeakened,
    /// Something becomes allowed or reachable that was not.
    SecurityWidened,
    /// A protection against deletion goes.
    ProtectionRemoved,
    /// Something stops, for a while or for good.
    Interruption,
    /// It cannot be told.
    Unknown,
}

impl Risk {
    /// One word for the level; `none` where there is none.
    pub fn name(&self) -> &'static str {
        self.level.map_or("none", Level::name)
    }

    /// The findings about something that cannot be executed.
    #[must_use]
    pub fn without_level(self) -> Self {
        Self { level: None, ..self }
    }

    /// Puts findings in order; of equal ones, one stays.
    pub fn of(mut findings: Vec<Finding>) -> Self {
        findings
            .sort_by(|a, b| (b.level, a.kind, &a.subject, &a.because).cmp(&(a.level, b.kind, &b.subject, &b.because)));
        findings.dedup();
        Self {
            level: Some(findings.first().map_or(Level::Low, |finding| finding.level)),
            findings,
        }
    }
}

/// What the findings of one change set share: what was looked up already, how much work is left, whose account it is.
#[derive(Debug)]
pub struct Context {
    account: Option<String>,
    ranking: actions::Ranking,
    policies: Budget,
    network: Budget,
    packages: Option<OwnPackages>,
}

impl Context {
    /// For the stack with this ARN; `packages` are those of this deployment, where known.
    pub fn of(stack_id: &str, packages: Option<OwnPackages>) -> Self {
        Self {
            account: stack_id
                .split(':')
                .nth(4)
                .filter(|account| !account.is_empty())
                .map(str::to_owned),
            ranking: actions::Ranking::default(),
            policies: Budget::of(limits::POLICY_STEPS),
            network: Budget::of(limits::NETWORK_STEPS),
            packages,
        }
    }
}

/// Everything that may go wrong with one resource.
pub fn of_resource(facts: &ResourceFacts<'_>, hider: &Hider, context: &Context) -> Vec<Finding> {
    let mut found = Found {
        context,
        findings: Vec::new(),
    };
    data::assess(facts, &mut found);
    settings::assess(facts, &mut found);
    switches::assess(facts, &mut found);
    network::assess(facts, &mut found);
    policy::assess(facts, &mut found);
    code::assess(facts, &mut found);
    unknown(facts, &mut found);
    let subject = hider.name(&join(facts.path, &facts.change.logical_resource_id));
    found
        .findings
        .into_iter()
        .map(|(level, kind, because)| Finding {
            level,
            kind,
            subject: subject.clone(),
            because: hider.sentence(&because),
        })
        .collect()
}

/// What may go wrong because hooks are invoked: each may refuse what is approved here. `resource` is masked already.
pub fn of_hooks(resource: &ResourceReview) -> Vec<Finding> {
    resource
        .invoked_hooks
        .iter()
        .map(|hook| {
            let name = &hook.hook_type;
            Finding {
                level: Level::Low,
                kind: Kind::Interruption,
                subject: resource.place(),
                because: match hook
                    .failure_mode
                    .as_ref()
                    .and_then(|mode| mode.among(&["FAIL", "WARN"]))
                {
                    Some("FAIL") => {
                        masked![
                            "the hook ",
                            name,
                            " may refuse it; the execution fails then and is rolled back"
                        ]
                    }
                    Some("WARN") => masked!["the hook ", name, " may object to it; that is a warning only"],
                    _ => masked![
                        "the hook ",
                        name,
                        " may refuse it; CloudFormation does not tell what happens then"
                    ],
                },
            }
        })
        .collect()
}

/// What may go wrong because gates change.
pub fn of_gates(differences: &[GateDifference<Masked>]) -> Vec<Finding> {
    let told = |side: &Option<Masked>| side.clone().unwrap_or_else(|| Masked::ours("nothing"));
    differences
        .iter()
        .filter(|difference| difference.is_weakened)
        .map(|difference| Finding {
            level: Level::High,
            kind: Kind::GateWeakened,
            subject: difference.stack.clone(),
            because: masked![
                difference.field,
                ": ",
                told(&difference.before),
                " → ",
                told(&difference.after),
            ],
        })
        .collect()
}

/// What may go wrong because settings of the stack change.
pub fn of_settings(changes: &[SettingChange]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut add = |level, kind, subject: &Masked, because: &'static str| {
        findings.push(Finding {
            level,
            kind,
            subject: subject.clone(),
            because: Masked::ours(because),
        });
    };
    if changes.iter().any(|change| change.kind == SettingKind::StackPolicy) {
        add(
            Level::Medium,
            Kind::ProtectionRemoved,
            &Masked::ours("stack policy"),
            "the stack policy changes: what it protected from updates may not be protected any more",
        );
    }
    let hooks = changes.iter().filter(|change| change.kind == SettingKind::Hook);
    if hooks.clone().any(|change| change.after.is_some()) {
        add(
            Level::Medium,
            Kind::SecurityWidened,
            &Masked::ours("hooks"),
            "CloudFormation calls the functions of the template's hooks, and uses their role, while it deploys",
        );
    }
    for change in changes {
        match (change.kind, &change.before, &change.after) {
            (SettingKind::Declaration, Some(_), after) if change.name.holds(".NoEcho") && !hides(after.as_ref()) => {
                add(
                    Level::Medium,
                    Kind::SecurityWidened,
                    &change.name,
                    "CloudFormation no longer hides the parameter's value",
                );
            }
            (SettingKind::Output, Some(_), None) => add(
                Level::Medium,
                Kind::Interruption,
                &change.name,
                "the output goes; what reads it gets nothing",
            ),
            (SettingKind::Output, Some(_), Some(_)) if change.name.holds("Export.Name") => add(
                Level::Medium,
                Kind::Interruption,
                &change.name,
                "the export gets another name; stacks that import it must follow",
            ),
            _ => {}
        }
    }
    findings
}

/// Whether a declaration of `NoEcho` hides a value.
fn hides(no_echo: Option<&Shown>) -> bool {
    let text = no_echo.and_then(Shown::as_text);
    text.is_some_and(|text| boolean(&text.visible()) != Some(false))
}

struct Found<'c> {
    context: &'c Context,
    findings: Vec<(Level, Kind, Sentence)>,
}

impl Found<'_> {
    fn add(&mut self, level: Level, kind: Kind, because: impl SentencePart) {
        self.findings.push((level, kind, sentence![because]));
    }
}

fn unknown(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    let change = facts.change;
    let kind = change.resource_type.as_str();
    let is_custom = kind.starts_with("Custom::") || kind == "AWS::CloudFormation::CustomResource";
    if is_custom {
        found.add(
            Level::Medium,
            Kind::Unknown,
            "a custom resource: its function decides what happens, and no review can show it",
        );
    } else if types::find(kind).is_none() && matches!(change.action.as_str(), "Remove" | "Dynamic") {
        found.add(
            Level::Medium,
            Kind::Unknown,
            sentence!["it cannot be told whether a ", kind.to_owned(), " holds data"],
        );
    }
    if change.action == "Dynamic" {
        found.add(
            Level::Medium,
            Kind::Unknown,
            "CloudFormation decides only at execution what happens to it",
        );
    }
    for place in &facts.contradicted {
        found.add(
            Level::High,
            Kind::Unknown,
            sentence![
                "CloudFormation tells another value of ",
                readable(place).to_owned(),
                " than the template comes to"
            ],
        );
    }
    let truncated = facts
        .leaves
        .iter()
        .filter(|leaf| leaf.after.as_deref().is_some_and(is_signature));
    for leaf in truncated {
        found.add(
            Level::Medium,
            Kind::Unknown,
            sentence![
                leaf.path_word().to_owned(),
                " is too long for CloudFormation to tell; it gives a signature only"
            ],
        );
    }
    if change.action == "Modify"
        && facts.leaves.is_empty()
        && facts.values != ValueSource::Templates
        && guards_access(kind)
    {
        found.add(
            Level::Medium,
            Kind::Unknown,
            "it decides who may do what, and CloudFormation does not show its values, so what becomes allowed cannot be compared",
        );
    }
    if change.action == "Modify"
        && facts.values == ValueSource::Nowhere
        && change.details.is_empty()
        && change.change_set_id.is_none()
    {
        found.add(
            Level::Medium,
            Kind::Unknown,
            "CloudFormation does not tell what changes about it, and its templates cannot be compared",
        );
    }
}

/// Whether a type decides who may do or reach what.
fn guards_access(kind: &str) -> bool {
    kind.starts_with("AWS::IAM::")
        || kind.starts_with("AWS::EC2::SecurityGroup")
        || kind.ends_with("Policy")
        || matches!(
            kind,
            "AWS::KMS::Key" | "AWS::Lambda::Permission" | "AWS::SSO::PermissionSet"
        )
}

/// The properties of one side of a resource.
fn properties(side: Option<&Value>) -> Option<&Value> {
    side?.get("Properties")
}

/// Whether the resource may be replaced.
fn may_be_replaced(facts: &ResourceFacts<'_>) -> bool {
    matches!(facts.replacement(), Replacement::Always | Replacement::Maybe)
}
