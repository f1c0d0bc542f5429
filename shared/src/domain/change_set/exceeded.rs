//! Values that cannot be told, because their template makes more of them than is worked out.

use std::borrow::Cow;

use super::description::{Change, ResourceChange, Target};
use super::pairs::Pair;
use super::resource::Deployments;
use super::tree::{ChangeSetTree, PlacedChangeSet, join};
use crate::domain::risk::{Finding, Kind, Level};
use crate::domain::secrecy::{Hider, masked};
use crate::domain::template::evaluate::Evaluator;

/// A change set, the deployments of its templates, and its changes.
pub(super) type Tellable<'c, 'p, 't> = (&'c PlacedChangeSet, &'p Deployments<'t>, Vec<Cow<'c, Change>>);

/// Every change set with its changes, without the values of resources whose templates make too much of them: what
/// CloudFormation tells of such a resource may hold a secret that only its template would give away. `nothing` stands
/// for deployments that are not known.
pub(super) fn tellable<'c, 'p, 't>(
    tree: Option<&'c ChangeSetTree>,
    pairs: &'p [Pair<'t>],
    nothing: &'p Deployments<'t>,
) -> Vec<Tellable<'c, 'p, 't>> {
    let sets = tree.into_iter().flat_map(|tree| &tree.sets).map(|set| {
        let pair = pairs.iter().find(|pair| pair.path == set.path);
        let deployments = pair.map_or(nothing, |pair| &pair.deployments);
        let changes = set.description.changes.iter();
        (
            set,
            deployments,
            changes.map(|change| told_of(change, deployments)).collect(),
        )
    });
    sets.collect()
}

fn told_of<'c>(change: &'c Change, deployments: &Deployments<'_>) -> Cow<'c, Change> {
    let Some(resource) = &change.resource_change else {
        return Cow::Borrowed(change);
    };
    let is_too_much = [&deployments.before, &deployments.after]
        .into_iter()
        .flatten()
        .any(|evaluator| evaluator.shared_resource(&resource.logical_resource_id).is_err());
    if !is_too_much {
        return Cow::Borrowed(change);
    }
    Cow::Owned(Change {
        resource_change: Some(without_values(resource)),
        ..change.clone()
    })
}

fn without_values(change: &ResourceChange) -> ResourceChange {
    let mut change = ResourceChange {
        before_context: None,
        after_context: None,
        previous_deployment_context: None,
        ..change.clone()
    };
    for target in change.details.iter_mut().filter_map(|detail| detail.target.as_mut()) {
        *target = Target {
            before_value: None,
            after_value: None,
            drift: None,
            ..target.clone()
        };
    }
    change
}

/// What could not be worked out, in all templates.
pub(super) fn findings(pairs: &[Pair<'_>], hider: &Hider) -> Vec<Finding> {
    let mut found = Vec::new();
    for pair in pairs {
        for (evaluator, which) in [(&pair.deployments.before, "deployed"), (&pair.deployments.after, "new")] {
            let exceeded = evaluator.iter().flat_map(Evaluator::exceeded);
            found.extend(exceeded.map(|(place, why)| Finding {
                level: Level::High,
                kind: Kind::Unknown,
                subject: hider.name(&join(&pair.path, &place)),
                because: masked![
                    "what the ",
                    which,
                    " template makes of it cannot be told: ",
                    hider.text(&why.to_string()),
                ],
            }));
        }
    }
    found
}
