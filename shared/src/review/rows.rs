//! The resources of a review in the order of reading: what has a finding first, and what changes alike as one.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::lines;
use super::out::{Medium, Out, out, put};
use super::words;
use crate::domain::change_set::review::{Replacement, ResourceReview, Review};
use crate::domain::change_set::values::{Cause, PropertyChange, Shown};
use crate::domain::secrecy::{Masked, masked};

/// So many resources that change alike are told as one.
const MANY_ALIKE: usize = 4;
/// Changes that stand on the line of a resource; the others are counted there.
const MOST_CHANGES: usize = 3;
/// Characters of a value on that line.
const MOST_CHARACTERS: usize = 60;

/// A resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row<'r> {
    /// Its place in the review.
    pub(super) at: usize,
    pub(super) resource: &'r ResourceReview,
    /// Whether there is a finding about it: then it is told whole, whatever else is left out.
    pub(super) is_risky: bool,
}

/// One resource, or several that change alike.
#[derive(Debug)]
pub(super) enum Item<'r> {
    One(Row<'r>),
    /// At least [`MANY_ALIKE`], none of which has a finding.
    Alike(Vec<Row<'r>>),
}

/// All resources of a review: those with a finding first, then the others, each in the order of the review.
pub(super) fn items(review: &Review) -> Vec<Item<'_>> {
    let subjects: HashSet<&Masked> = review.risk.findings.iter().map(|finding| &finding.subject).collect();
    let rows = review.resources.iter().enumerate().map(|(at, resource)| Row {
        at,
        resource,
        is_risky: subjects.contains(&resource.place()),
    });
    let (risky, calm): (Vec<_>, Vec<_>) = rows.partition(|row| row.is_risky);
    let mut items: Vec<_> = risky.into_iter().map(Item::One).collect();
    items.extend(together(calm));
    items
}

/// Puts together what changes alike, at the place of the first of each kind.
fn together(rows: Vec<Row<'_>>) -> impl Iterator<Item = Item<'_>> {
    let mut kinds: Vec<Vec<Row<'_>>> = Vec::new();
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for row in rows {
        let known = print(row.resource).map(|print| places.entry(print).or_default());
        let same = known.as_ref().and_then(|places| {
            let mut places = places.iter().copied();
            places.find(|at| {
                kinds[*at]
                    .first()
                    .is_some_and(|first| is_alike(first.resource, row.resource))
            })
        });
        if let Some(at) = same {
            kinds[at].push(row);
        } else {
            if let Some(places) = known {
                places.push(kinds.len());
            }
            kinds.push(vec![row]);
        }
    }
    kinds.into_iter().flat_map(|kind| {
        if kind.len() < MANY_ALIKE {
            kind.into_iter().map(Item::One).collect::<Vec<_>>()
        } else {
            vec![Item::Alike(kind)]
        }
    })
}

/// The same for all resources that change alike; `None` for one that stands by itself.
fn print(resource: &ResourceReview) -> Option<u64> {
    let is_ordinary = resource.replacement == Replacement::Never && resource.drifted.is_empty();
    (is_ordinary && !resource.changes.is_empty()).then(|| {
        let mut hasher = DefaultHasher::new();
        for change in &resource.changes {
            change.path.hash(&mut hasher);
            for side in [&change.before, &change.after] {
                side.as_ref().and_then(Shown::as_text).hash(&mut hasher);
            }
        }
        hasher.finish()
    })
}

fn is_alike(a: &ResourceReview, b: &ResourceReview) -> bool {
    fn told(change: &PropertyChange) -> (&Masked, [&Option<Shown>; 4], &[Cause]) {
        let values = [&change.before, &change.after, &change.actual, &change.deployed];
        (&change.path, values, &change.causes)
    }
    a.action == b.action
        && a.policy_action == b.policy_action
        && a.changes.len() == b.changes.len()
        && a.changes.iter().zip(&b.changes).all(|(a, b)| told(a) == told(b))
        && words::notes(a) == words::notes(b)
}

/// What changes, in a line: `TableName orders → orders-v2, 4 more`.
pub(super) fn brief<M: Medium>(resource: &ResourceReview) -> Out<M> {
    let changes = &resource.changes;
    match changes.len() {
        0 => return Out::new(),
        1 if !resource.action.is("Modify") => return out!["1 value"],
        many if !resource.action.is("Modify") => return out![many, " values"],
        _ => {}
    }
    let shown = changes.iter().take(MOST_CHANGES).map(|change| -> Out<M> {
        let sides = [side(change.before.as_ref()), side(change.after.as_ref())];
        match sides {
            [Some(before), Some(after)] => out![change.path, " ", before, " → ", after],
            [None, Some(after)] => out![change.path, " + ", after],
            [Some(before), None] => out![change.path, " − ", before],
            [None, None] => out![change.path],
        }
    });
    let mut brief = Out::joined(shown, ", ");
    if changes.len() > MOST_CHANGES {
        put!(&mut brief, ", ", changes.len() - MOST_CHANGES, " more");
    }
    brief
}

fn side(value: Option<&Shown>) -> Option<Masked> {
    let text = lines::words(value?);
    Some(if text.is_empty() {
        Masked::ours("(empty)")
    } else if text.has_lines() {
        masked!["(", text.lines().count(), " lines)"]
    } else {
        text.shortened(MOST_CHARACTERS)
    })
}

/// What makes a resource change: `the template, parameter TableName`; empty when CloudFormation does not tell.
pub(super) fn because(resource: &ResourceReview) -> Masked {
    let mut causes: Vec<&Cause> = Vec::new();
    for cause in resource.changes.iter().flat_map(|change| &change.causes) {
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    let more = causes.len().saturating_sub(MOST_CHANGES);
    let rest = (more > 0).then(|| masked![", ", more, " more"]);
    let few = causes.into_iter().take(MOST_CHANGES).map(Cause::words);
    masked![Masked::joined(few, ", "), rest]
}
