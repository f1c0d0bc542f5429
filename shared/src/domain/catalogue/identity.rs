//! Which CloudFormation stack each stack of the catalogue is: no two are one, and none becomes another unsaid.

use std::collections::{BTreeMap, BTreeSet};

use super::FormerStack;
use super::candidates::Candidate;
use super::discover::in_file;
use super::problem::ProblemKind;
use super::resolve::Resolver;
use super::schema::At;
use crate::domain::gate::Gate;

impl<'c> Resolver<'c> {
    /// No two stacks are one CloudFormation stack, and none is taken for another: CloudFormation and CodePipeline tell
    /// upper from lower case, people who read a review do not.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html>
    pub(super) fn refuse_shared_stack_names(&mut self, gates: &[Gate]) {
        let mut by_name: BTreeMap<String, Vec<&Gate>> = BTreeMap::new();
        let mut by_stack_name: BTreeMap<String, Vec<&Gate>> = BTreeMap::new();
        for gate in gates {
            by_name.entry(gate.stack.to_lowercase()).or_default().push(gate);
            by_stack_name
                .entry(gate.stack_name.to_lowercase())
                .or_default()
                .push(gate);
        }
        let mut alike = BTreeSet::new();
        for (gate, other) in by_name.values().flat_map(|sharing| pairs(sharing)) {
            alike.insert(gate.stack.as_str());
            let kind = ProblemKind::AlikeName {
                stack: gate.stack.clone(),
                other: other.stack.clone(),
            };
            self.refuse_gate(gate, false, kind);
        }
        for (gate, other) in by_stack_name.values().flat_map(|sharing| pairs(sharing)) {
            let kind = if gate.stack_name == other.stack_name {
                ProblemKind::DuplicateStackName {
                    stack: gate.stack.clone(),
                    other: other.stack.clone(),
                    stack_name: gate.stack_name.clone(),
                }
            } else if alike.contains(gate.stack.as_str()) {
                continue;
            } else {
                ProblemKind::AlikeStackName {
                    stack: gate.stack.clone(),
                    stack_name: gate.stack_name.clone(),
                    other: other.stack.clone(),
                    other_stack_name: other.stack_name.clone(),
                }
            };
            self.refuse_gate(gate, true, kind);
        }
    }

    /// Refuses at the entry of a stack, or at its `stack_name`; at its template when it has no entry.
    fn refuse_gate(&mut self, gate: &Gate, at_stack_name: bool, kind: ProblemKind) {
        match self.catalogue.stacks.iter().find(|(name, _)| name.value == gate.stack) {
            Some((key, entry)) => {
                let stack_name = entry.settings.stack_name.as_ref().filter(|_| at_stack_name);
                self.refuse_at(stack_name.unwrap_or(key), Some(&gate.stack), kind);
            }
            None => self
                .problems
                .push(in_file(&gate.template, Some(gate.stack.clone()), kind)),
        }
    }

    /// A folder that was renamed would make a second stack of everything: what to do has to be said.
    pub(super) fn refuse_renames(
        &mut self,
        candidates: &BTreeMap<String, Candidate<'c>>,
        gates: &[Gate],
        former: &[FormerStack],
    ) {
        let known: BTreeSet<&str> = former.iter().map(|stack| stack.name.as_str()).collect();
        let kept: BTreeSet<&str> = gates.iter().map(|gate| gate.stack_name.as_str()).collect();
        let gone: Vec<&FormerStack> = former
            .iter()
            .filter(|stack| !candidates.contains_key(&stack.name) && !kept.contains(stack.stack_name.as_str()))
            .collect();
        if gone.is_empty() {
            return;
        }
        for gate in gates.iter().filter(|gate| !known.contains(gate.stack.as_str())) {
            let Some(candidate) = candidates.get(&gate.stack) else {
                continue;
            };
            let is_said = candidate
                .entry
                .is_some_and(|(_, entry)| entry.moved_from.is_some() || entry.settings.stack_name.is_some());
            if let Some((former, kind)) = moved_elsewhere(candidate, gate, &gone) {
                self.refuse_at(former, Some(&gate.stack), kind);
                continue;
            }
            let blob = self.files.blobs.get(&gate.template);
            let renamed = gone.iter().find(|stack| Some(&stack.template_blob) == blob);
            if let (false, Some(renamed)) = (is_said, renamed) {
                let kind = ProblemKind::Renamed {
                    stack: gate.stack.clone(),
                    former: renamed.name.clone(),
                    former_stack_name: renamed.stack_name.clone(),
                    stack_name: gate.stack_name.clone(),
                };
                self.refuse_stack(&gate.stack, candidate, kind);
            }
        }
    }
}

/// Each of several gates with another of them: one of the very same CloudFormation stack, where there is one.
fn pairs<'g>(sharing: &[&'g Gate]) -> Vec<(&'g Gate, &'g Gate)> {
    let other = |gate: &Gate| {
        let others = || sharing.iter().filter(|other| other.stack != gate.stack);
        let same = others().find(|other| other.stack_name == gate.stack_name);
        same.or_else(|| others().next()).copied()
    };
    sharing.iter().filter_map(|gate| Some((*gate, other(gate)?))).collect()
}

/// A stack that moved by its former name, and would still become another CloudFormation stack: the one that it had was
/// named differently, because it had moved before, or by a `stack_name` that is gone.
fn moved_elsewhere<'c>(
    candidate: &Candidate<'c>,
    gate: &Gate,
    gone: &[&FormerStack],
) -> Option<(&'c At<String>, ProblemKind)> {
    let (_, entry) = candidate.entry?;
    let former = entry.moved_from.as_ref()?;
    if entry.settings.stack_name.is_some() {
        return None;
    }
    let stack = gone.iter().find(|stack| stack.name == former.value)?;
    Some((
        former,
        ProblemKind::MovedElsewhere {
            stack: gate.stack.clone(),
            former: stack.name.clone(),
            former_stack_name: stack.stack_name.clone(),
            stack_name: gate.stack_name.clone(),
        },
    ))
}
