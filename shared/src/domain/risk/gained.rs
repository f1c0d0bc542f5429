//! What a policy allows that it did not, told by what belongs together.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::conditions::Confinement;
use super::ranks::{Holder, Ranked};
use super::statement::{Grant, Policy, TooLarge, each_gained};
use super::who::Who;
use super::{Found, Kind, Level};
use crate::domain::secrecy::{Sentence, sentence};

/// Most groups of grants that are told one by one for one policy.
const MOST_TOLD: usize = 12;
/// Most principals, actions or resources that one sentence lists.
const MOST_LISTED: usize = 8;
/// Most grants that are kept to be told; the levels of the others count all the same.
const MOST_KEPT: usize = 400;

/// Grants that differ in one part alone, of one level.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group<'s> {
    level: Reverse<Level>,
    principals: Vec<&'s str>,
    actions: Vec<&'s str>,
    resources: Vec<&'s str>,
    condition: &'s str,
    confinement: Confinement,
}

/// What the policy allows now that it did not allow: the most dangerous first.
pub(super) fn tell_gained(
    place: &str,
    (old, new): (&Policy, &Policy),
    holder: Holder,
    found: &mut Found<'_>,
) -> Result<(), TooLarge> {
    let mut gained: BTreeSet<(Reverse<Level>, Ranked<'_>)> = BTreeSet::new();
    let (mut more, mut level_of_more) = (0, Level::Low);
    let mut ranked = Ok(());
    let budget = &found.context.policies;
    each_gained(&old.allowed, &new.allowed, budget, |grant| {
        match Ranked::of(grant, holder, found.context) {
            Ok(grant) if gained.len() < MOST_KEPT => {
                gained.insert((Reverse(grant.level), grant));
            }
            Ok(grant) => {
                more += 1;
                level_of_more = level_of_more.max(grant.level);
            }
            Err(error) => ranked = Err(error),
        }
    })?;
    ranked?;
    let mut told = Vec::new();
    for (_, one) in &gained {
        // A wider grant of the same policy says it all.
        let mut is_told = false;
        for (_, other) in &gained {
            if other.grant != one.grant && other.grant.covers(&one.grant, budget)? {
                is_told = true;
                break;
            }
        }
        if !is_told {
            told.push(*one);
        }
    }
    let groups = groups(told);
    for group in groups.iter().take(MOST_TOLD) {
        found.add(
            group.level.0,
            Kind::SecurityWidened,
            group.words(place, found.context.account.as_deref()),
        );
    }
    for group in groups.iter().skip(MOST_TOLD) {
        more += group.principals.len() * group.actions.len() * group.resources.len();
        level_of_more = level_of_more.max(group.level.0);
    }
    if more > 0 {
        found.add(
            level_of_more,
            Kind::SecurityWidened,
            sentence![
                named(place),
                " now allows ",
                more,
                " more; they are among its properties"
            ],
        );
    }
    Ok(())
}

/// What the policy denied and does not deny any more.
pub(super) fn tell_lifted(place: &str, old: &Policy, new: &Policy, found: &mut Found<'_>) -> Result<(), TooLarge> {
    let mut lifted = Vec::new();
    let mut more = 0;
    each_gained(&new.denied, &old.denied, &found.context.policies, |grant| {
        if lifted.len() < MOST_KEPT {
            lifted.push(Ranked {
                level: Level::High,
                confinement: Confinement::Nobody,
                grant,
            });
        } else {
            more += 1;
        }
    })?;
    let groups = groups(lifted);
    for group in groups.iter().take(MOST_TOLD) {
        let words = sentence![
            named(place),
            " no longer denies ",
            group.rights(),
            group.circumstances()
        ];
        found.add(Level::High, Kind::SecurityWidened, words);
    }
    for group in groups.iter().skip(MOST_TOLD) {
        more += group.principals.len() * group.actions.len() * group.resources.len();
    }
    if more > 0 {
        found.add(
            Level::High,
            Kind::SecurityWidened,
            sentence![
                named(place),
                " no longer denies ",
                more,
                " more; they are among its properties"
            ],
        );
    }
    Ok(())
}

/// Puts together what differs in its action alone, then in its resource alone, then in its principal alone.
fn groups<'s>(grants: Vec<Ranked<'s>>) -> Vec<Group<'s>> {
    let mut groups: Vec<Group<'s>> = grants
        .into_iter()
        .map(|ranked| {
            let Grant {
                principal,
                action,
                resource,
                condition,
            } = ranked.grant;
            Group {
                level: Reverse(ranked.level),
                principals: vec![principal],
                actions: vec![action],
                resources: vec![resource],
                condition,
                confinement: ranked.confinement,
            }
        })
        .collect();
    let parts: [Part<'s>; 3] = [
        |group| &mut group.actions,
        |group| &mut group.resources,
        |group| &mut group.principals,
    ];
    for part in parts {
        let mut merged: BTreeMap<Group<'s>, BTreeSet<&'s str>> = BTreeMap::new();
        for mut group in groups {
            let own = std::mem::take(part(&mut group));
            merged.entry(group).or_default().extend(own);
        }
        groups = merged
            .into_iter()
            .map(|(mut group, own)| {
                *part(&mut group) = own.into_iter().collect();
                group
            })
            .collect();
    }
    groups.sort();
    groups
}

/// One of the lists of a group.
type Part<'s> = for<'g> fn(&'g mut Group<'s>) -> &'g mut Vec<&'s str>;

impl Group<'_> {
    fn words(&self, place: &str, account: Option<&str>) -> Sentence {
        let is_trust = self.actions.iter().any(|action| action.starts_with("sts:"));
        let is_own_account = self
            .principals
            .iter()
            .all(|one| Who::of(one, account) == Who::OwnAccount);
        if is_own_account && !is_trust && self.condition.is_empty() {
            return sentence![
                named(place),
                " leaves it to the IAM policies of this account who may do ",
                self.what(),
            ];
        }
        let confined = match self.confinement {
            Confinement::OwnAccount => " (from this account only)",
            Confinement::Organization => " (from this organization only)",
            Confinement::OneSource | Confinement::Network | Confinement::Nobody => "",
        };
        sentence![
            named(place),
            " now allows ",
            self.rights(),
            confined,
            self.circumstances()
        ]
    }

    /// Who may do what on what.
    fn rights(&self) -> Sentence {
        let principals = match self.principals.as_slice() {
            [""] => sentence![],
            ["*"] => sentence!["everybody to do "],
            principals => sentence![listed(principals), " to do "],
        };
        sentence![principals, self.what()]
    }

    /// What, on what.
    fn what(&self) -> Sentence {
        let actions = match self.actions.as_slice() {
            ["*"] => sentence!["everything"],
            actions => sentence![listed(actions)],
        };
        // A trust policy has no resource; taken apart it stands for any.
        let is_trust = self
            .actions
            .iter()
            .all(|action| action.starts_with("sts:AssumeRole") || action.starts_with("sts:TagSession"));
        let resources = match self.resources.as_slice() {
            ["*"] if is_trust => sentence![],
            ["*"] => sentence![" on every resource"],
            resources => sentence![" on ", listed(resources)],
        };
        sentence![actions, resources]
    }

    fn circumstances(&self) -> Sentence {
        match self.condition {
            "" => sentence![],
            condition => sentence![" if ", condition.to_owned()],
        }
    }
}

/// The place of a policy, as a sentence about it begins.
fn named(place: &str) -> String {
    if place.is_empty() { "it" } else { place }.to_owned()
}

/// A list in words: the first ones, and how many more there are.
fn listed(texts: &[&str]) -> Sentence {
    let (shown, hidden) = texts.split_at(texts.len().min(MOST_LISTED));
    match (shown, hidden.len()) {
        ([one], 0) => sentence![(*one).to_owned()],
        ([all @ .., last], 0) => sentence![all.join(", "), " and ", (*last).to_owned()],
        (shown, more) => sentence![shown.join(", "), " and ", more, " more"],
    }
}
