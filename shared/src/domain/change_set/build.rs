//! Makes a review of what was read.

use std::collections::BTreeMap;

use super::description::{Change, ChangeSetDescription, present};
use super::hooks::{self, Invocations};
use super::known_secrets::{passed_secrets, secrets};
use super::own_packages::OwnPackages;
use super::pairs::{Pair, Parsed, pair};
use super::resource::{Deployments, ResourceFacts};
use super::review::{ACTIONS, Counts, GateDifference, Replacement, ResourceReview, Review, RunFacts, StackFacts};
use super::tree::ChangeSetTree;
use super::{deferred, exceeded, nested, settings};
use crate::domain::limits::{self, Budget};
use crate::domain::packaging::Destination;
use crate::domain::risk::{self, Finding, Risk};
use crate::domain::secrecy::{Hider, Masked, Sentence, masked, sentence};

/// What a review is made of.
#[derive(Debug, Clone, Default)]
pub struct Inputs<'a> {
    /// What the stack is called in the catalogue.
    pub title: &'a str,
    /// Name of the CloudFormation stack.
    pub stack_name: &'a str,
    /// Whether the stack is created.
    pub is_new: bool,
    /// The change set and its nested ones; `None` when only the stack policy changes.
    pub tree: Option<&'a ChangeSetTree>,
    /// The stack as it is; `None` when there is none yet, or it is not known.
    pub deployed: Option<&'a DeployedStack>,
    /// Templates of the stack and its nested ones.
    pub templates: &'a [TemplateTexts],
    /// The stack's policy now.
    pub stack_policy_before: Option<&'a str>,
    /// The policy that the gate holds; `None` leaves the stack's own alone.
    pub stack_policy_after: Option<&'a str>,
    /// The run.
    pub run: Option<RunFacts>,
    /// What changes about gates.
    pub gates: Vec<GateDifference>,
    /// Runs that the execution ends, and what becomes of them.
    pub ends_runs: Vec<String>,
    /// Where this deployment keeps what templates refer to, under names that say the content; `None` when it is not
    /// known, and then no name does.
    pub packages: Option<&'a Destination>,
    /// What else is to be said.
    pub warnings: Vec<String>,
}

/// A stack as it is deployed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct DeployedStack {
    /// ARN.
    pub id: String,
    /// Status.
    pub status: String,
    /// Parameters.
    pub parameters: BTreeMap<String, String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Capabilities of the last operation.
    pub capabilities: Vec<String>,
    /// Topics that are told of stack events.
    pub notification_arns: Vec<String>,
}

/// The templates of one stack, root or nested.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TemplateTexts {
    /// Path of the nested stack; empty for the root.
    pub path: String,
    /// What is deployed, after transforms; absent for a new stack.
    pub before: Option<String>,
    /// What the change set deploys, after transforms.
    pub after: Option<String>,
    /// What was submitted for [`Self::before`], where that is known: CloudFormation gives characters outside ASCII back
    /// as `?`.
    pub submitted_before: Option<String>,
    /// What was submitted for [`Self::after`], where that is known.
    pub submitted_after: Option<String>,
    /// The same as CloudFormation gives it back, before transforms.
    pub original_after: Option<String>,
    /// Parameters of a nested stack as it is deployed; those of the root come from [`Inputs::deployed`].
    pub parameters_before: BTreeMap<String, String>,
}

impl Review {
    /// Makes a review.
    pub fn of(inputs: &Inputs<'_>) -> Self {
        let mut warnings: Vec<_> = inputs.warnings.iter().map(|warning| sentence![warning]).collect();
        let parsed: Vec<_> = inputs
            .templates
            .iter()
            .map(|texts| Parsed::of(texts, &mut warnings))
            .collect();
        let pairs: Vec<_> = inputs
            .templates
            .iter()
            .zip(&parsed)
            .map(|(texts, parsed)| pair(inputs, texts, parsed))
            .collect();
        let nothing = Deployments::default();
        let tellable = exceeded::tellable(inputs.tree, &pairs, &nothing);
        let mut all = Vec::new();
        let mut total = 0;
        for (set, deployments, changes) in &tellable {
            for change in changes {
                total += 1;
                match ResourceFacts::of(&set.path, change, deployments) {
                    Some(facts) => all.push(facts),
                    None => warnings.push(unreadable(change)),
                }
            }
            warnings.extend(incomplete(&set.path, &set.description));
            warnings.extend(hooks::untold(set));
        }
        // Every secret is known before the first text is shown: what one place calls secret may stand in another.
        let mut known = secrets(inputs, &parsed);
        known.extend(passed_secrets(inputs, &pairs));
        known.extend(all.iter_mut().flat_map(|facts| std::mem::take(&mut facts.secrets)));
        let hider = Hider::knowing(known);
        let of_resources: usize = all.iter().map(|facts| facts.taken_as_equal).sum();
        let invocations = Invocations::of(inputs.tree);
        let mut resources = Vec::with_capacity(all.len());
        let mut findings = Vec::new();
        let mut deferred = Vec::new();
        let stack_id = inputs
            .tree
            .and_then(ChangeSetTree::root)
            .map_or("", |root| root.stack_id.as_str());
        let packages = inputs.packages.map(|kept| OwnPackages::of(kept, inputs.templates));
        let (risks, agreement) = (
            risk::Context::of(stack_id, packages.clone()),
            Budget::of(limits::AGREEMENT_STEPS),
        );
        for facts in all {
            findings.extend(risk::of_resource(&facts, &hider, &risks));
            deferred.extend(deferred::of_resource(&facts, packages.as_ref(), &hider));
            let invoked = invocations.for_resource(facts.path, &facts.change.logical_resource_id, &hider);
            let mut resource = facts.review(&hider, &agreement);
            resource.invoked_hooks = invoked;
            findings.extend(risk::of_hooks(&resource));
            resources.push(resource);
        }
        findings.extend(inputs.tree.iter().flat_map(|tree| unshown(tree, &hider)));
        let gates: Vec<_> = inputs.gates.iter().map(|gate| gate.masked(&hider)).collect();
        findings.extend(risk::of_gates(&gates));
        resources.sort_by(|a, b| {
            (rank(a), &a.path, &a.logical_id, &a.action).cmp(&(rank(b), &b.path, &b.logical_id, &b.action))
        });
        let (settings, of_settings) = settings::changes(inputs, &pairs, &hider);
        warnings.extend(taken_as_equal(of_resources + of_settings));
        findings.extend(exceeded::findings(&pairs, &hider));
        findings.extend(risk::of_settings(&settings));
        deferred.sort();
        deferred.dedup();
        let counts = counts(total, &resources);
        if counts.shown != counts.total {
            findings.push(Finding {
                level: risk::Level::High,
                kind: risk::Kind::Unknown,
                subject: hider.name(inputs.stack_name),
                because: masked!["only ", counts.shown, " of ", counts.total, " changes can be shown"],
            });
        }
        findings.extend(unread(&pairs, &hider, inputs.stack_name));
        let stack = stack_facts(inputs, &hider);
        let risk = Risk::of(findings);
        let risk = if stack.failure.is_some() {
            risk.without_level()
        } else {
            risk
        };
        let run = inputs.run.as_ref().map(|run| run.masked(&hider));
        Self {
            version: 1,
            title: hider.name(inputs.title),
            stack,
            run,
            counts,
            risk,
            resources,
            settings,
            gates,
            ends_runs: inputs.ends_runs.iter().map(|run| hider.text(run)).collect(),
            deferred,
            warnings: warnings.iter().map(|warning| hider.sentence(warning)).collect(),
            hidden: hider.count(),
            hidden_because: hider.counts(),
        }
    }
}

/// What cannot be approved, because nobody can see what happens in it.
fn unshown(tree: &ChangeSetTree, hider: &Hider) -> Vec<Finding> {
    let findings = nested::unshown(tree).into_iter().map(|unshown| Finding {
        level: risk::Level::High,
        kind: risk::Kind::Unknown,
        because: masked![
            "what would happen in this nested stack is not shown: ",
            hider.text(&unshown.why.to_string()),
        ],
        subject: hider.name(&unshown.path),
    });
    findings.collect()
}

fn stack_facts(inputs: &Inputs<'_>, hider: &Hider) -> StackFacts {
    let root = inputs.tree.and_then(ChangeSetTree::root);
    let shown = |of: fn(&ChangeSetDescription) -> Option<&str>| present(root.and_then(of)).map(|text| hider.text(text));
    let id = root
        .map(|root| root.stack_id.as_str())
        .or_else(|| inputs.deployed.map(|deployed| deployed.id.as_str()))
        .unwrap_or_default();
    // arn:<partition>:cloudformation:<region>:<account>:stack/<name>/<id>
    let part = |at: usize| present(id.split(':').nth(at)).filter(|_| id.starts_with("arn:"));
    StackFacts {
        name: hider.name(inputs.stack_name),
        account: part(4).map(|account| hider.text(account)),
        region: part(3).map(|region| hider.text(region)),
        id: hider.text(id),
        change_set: root.map(|root| hider.text(&root.change_set_id)),
        is_new: inputs.is_new,
        status: inputs.deployed.map(|deployed| hider.text(&deployed.status)),
        failure: root.and_then(failure).map(|reason| hider.text(reason)),
        status_reason: shown(|root| root.status_reason.as_deref()),
        description: shown(|root| root.description.as_deref()),
        created: shown(|root| root.creation_time.as_deref()),
        change_set_status: root.and_then(change_set_status).map(|status| hider.text(&status)),
        drift: shown(|root| root.stack_drift_status.as_deref()),
    }
}

fn unreadable(change: &Change) -> Sentence {
    let kind = change
        .r#type
        .as_ref()
        .map_or_else(|| sentence!["unknown"], |kind| sentence![kind]);
    sentence![
        "CloudFormation lists a change of the kind ",
        kind,
        " that names no resource"
    ]
}

/// What is not shown, because it is most likely no change.
fn taken_as_equal(values: usize) -> Option<Sentence> {
    (values > 0).then(|| {
        sentence![
            "CloudFormation gives characters outside ASCII of the deployed template back as `?`, and what was submitted \
             for it is not known: ",
            values,
            " values that differ in nothing else are taken as unchanged"
        ]
    })
}

/// Why a change set may not be shown whole.
fn incomplete(path: &str, set: &ChangeSetDescription) -> Option<Sentence> {
    let of = match path {
        "" => sentence![],
        path => sentence![" of ", path.to_owned()],
    };
    present(set.next_token.as_deref()).map(|_| {
        sentence![
            "the change set",
            of,
            " has further pages, which are not here: this review is not complete"
        ]
    })
}

/// Why a change set failed; `None` for one that did not.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html>
fn failure(root: &ChangeSetDescription) -> Option<&str> {
    let reason = || present(root.status_reason.as_deref()).unwrap_or("CloudFormation gives no reason");
    (root.status == "FAILED").then(reason)
}

/// Templates of which a side cannot be read: what they say of values is known to nobody.
fn unread(pairs: &[Pair<'_>], hider: &Hider, stack_name: &str) -> Vec<Finding> {
    let unread = pairs.iter().filter(|pair| pair.is_unread);
    let findings = unread.map(|pair| Finding {
        level: risk::Level::High,
        kind: risk::Kind::Unknown,
        subject: hider.name(if pair.path.is_empty() { stack_name } else { &pair.path }),
        because: Masked::ours(
            "a template cannot be read, so what it changes is known only as far as CloudFormation tells it",
        ),
    });
    findings.collect()
}

fn change_set_status(root: &ChangeSetDescription) -> Option<String> {
    let parts: Vec<_> = [root.status.as_str(), root.execution_status.as_str()]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The order in which a person wants to read: what may hurt first.
fn rank(resource: &ResourceReview) -> u8 {
    match (resource.action.among(&ACTIONS), resource.replacement) {
        (Some("Remove"), _) => 1,
        (_, Replacement::Always) => 0,
        (_, Replacement::Maybe) => 2,
        (Some("Modify" | "SyncWithActual"), _) => 3,
        (Some("Add"), _) => 4,
        _ => 5,
    }
}

fn counts(total: usize, resources: &[ResourceReview]) -> Counts {
    let mut counts = Counts {
        total,
        shown: resources.len(),
        ..Counts::default()
    };
    for resource in resources {
        let count = match (resource.action.among(&ACTIONS), resource.replacement) {
            (Some("Add"), _) => &mut counts.added,
            (Some("Remove"), _) => &mut counts.removed,
            (Some("Import"), _) => &mut counts.imported,
            (Some("Modify"), Replacement::Always) => &mut counts.replaced,
            (Some("Modify"), Replacement::Maybe) => &mut counts.maybe_replaced,
            (Some("Modify"), _) => &mut counts.changed,
            _ => &mut counts.other,
        };
        *count += 1;
    }
    counts
}
