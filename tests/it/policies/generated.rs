//! What a role that a stack made is answered for every action of IAM that manages permissions or runs code with a role.
//!
//! `actions.tsv` comes from the Service Authorization Reference (`scripts/iam-actions`); `reasons.tsv` says why an
//! action may stay that is not denied on what is not the stack's own.

use std::collections::BTreeSet;

use super::account::{ACCOUNT, Account, REGION};
use super::iam::{Answer, pattern};
use super::table::Column;
use crate::contracts::refuse;

/// An action, why it is asked, and the ARNs that a policy can limit it to.
struct Asked {
    action: &'static str,
    why: &'static str,
    arns: Vec<&'static str>,
}

fn asked() -> Vec<Asked> {
    let lines = include_str!("actions.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    let asked: Vec<Asked> = lines
        .map(|line| {
            let mut cells = line.split('\t');
            let action = cells.next().expect("an action");
            let why = cells.next().expect("why");
            let arns = cells
                .next()
                .unwrap_or_default()
                .split(' ')
                .filter(|arn| !arn.is_empty());
            Asked {
                action,
                why,
                arns: arns.collect(),
            }
        })
        .collect();
    assert!(asked.len() > 800, "only {} actions", asked.len());
    asked
}

/// Services that decide who may do what in the accounts of an organization: each of their actions that changes something
/// is asked, whatever its access level.
const OF_ORGANIZATION: [&str; 6] = [
    "account",
    "identity-sync",
    "identitystore",
    "organizations",
    "sso",
    "sso-directory",
];

fn asked_of_organization() -> Vec<&'static str> {
    let lines = include_str!("../../../shared/src/domain/risk/actions.tsv").lines();
    let changing = lines.filter_map(|line| {
        let (action, level) = line.split_once('\t')?;
        let (service, _) = action.split_once(':')?;
        (OF_ORGANIZATION.contains(&service) && !matches!(level, "Read" | "List")).then_some(action)
    });
    let changing: Vec<_> = changing.collect();
    assert!(changing.len() > 100, "only {} actions", changing.len());
    changing
}

/// An ARN of the reference with everything filled in.
fn filled(arn: &str, other: &str) -> String {
    let mut parts = arn.split("${");
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').expect("a name ends");
        whole += match name {
            "Partition" => "aws",
            "Region" => REGION,
            "Account" => ACCOUNT,
            _ => other,
        };
        whole += rest;
    }
    whole
}

/// Pattern of actions, and why they may stay.
fn reasons() -> Vec<(&'static str, &'static str)> {
    let lines = include_str!("reasons.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split_once('\t').expect("a pattern and a reason"))
        .collect()
}

#[test]
fn a_stacks_role_is_denied_what_is_not_its_own_or_a_reason_stands() {
    let (account, reasons) = (Account::new(), reasons());
    let policies = account.policies(Column::WORKLOAD, false);
    let (mut open, mut used) = (Vec::new(), BTreeSet::new());
    let of_organization = asked_of_organization().into_iter().map(|action| Asked {
        action,
        why: "changes the organization",
        arns: Vec::new(),
    });
    for Asked { action, why, arns } in asked().into_iter().chain(of_organization) {
        let resources = if arns.is_empty() { vec!["*"] } else { arns };
        for resource in resources {
            let resource = filled(resource, "from-before");
            let answer = account.ask_with(Column::WORKLOAD, action, &resource, &[], &policies);
            if matches!(answer, Answer::Denied(_)) {
                continue;
            }
            match reasons
                .iter()
                .position(|(pattern, _)| pattern::glob(pattern, action) || *pattern == why)
            {
                Some(at) => _ = used.insert(at),
                None => open.push(format!("{action} on {resource}")),
            }
        }
    }
    refuse("a role that a stack made may", &open);
    let unused = (0..reasons.len())
        .filter(|at| !used.contains(at))
        .map(|at| reasons[at].0.to_owned());
    refuse("reasons.tsv speaks of what is denied", &unused.collect::<Vec<_>>());
}

#[test]
fn no_reason_lets_an_action_on_what_is_changegates_own_stay() {
    let account = Account::new();
    let own = account.own();
    let mut open = Vec::new();
    let mut count = 0;
    for principal in [Column::WORKLOAD, "StackDeployer"] {
        let policies = account.policies(principal, false);
        for Asked { action, arns, .. } in asked() {
            for resource in &own {
                if !arns.iter().any(|arn| pattern::glob(&filled(arn, "*"), resource)) {
                    continue;
                }
                // CloudFormation passes a deployer on to a nested stack; the page has that case.
                let service = [("iam:PassedToService", "lambda.amazonaws.com")];
                let answer = account.ask_with(principal, action, resource, &service, &policies);
                count += 1;
                if matches!(answer, Answer::Allowed(_)) {
                    open.push(format!("{principal} may {action} on {resource}: {answer}"));
                }
            }
        }
    }
    refuse("Changegate's own parts are open", &open);
    assert!(count > 300, "only {count} questions");
}

#[test]
fn whatever_is_asked_of_changegates_own_parts_a_stack_is_denied() {
    let account = Account::new();
    let mut open = Vec::new();
    for principal in [Column::WORKLOAD, "StackDeployer"] {
        let policies = account.policies(principal, false);
        for resource in account.own() {
            let service = resource.split(':').nth(2).expect("an ARN");
            let action = format!("{service}:WhatAwsAddsTomorrow");
            let answer = account.ask_with(principal, &action, &resource, &[], &policies);
            if !matches!(answer, Answer::Denied(_)) {
                open.push(format!("{principal} on {resource}: {answer}"));
            }
        }
    }
    refuse("Changegate's own parts are open", &open);
}
