//! What provisioning would do to the pipelines, in words.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::{DeployedPipeline, SharedDeployer};
use crate::domain::gate::Gate;
use crate::domain::gate::changes::{GateChange, gate_changes};
use crate::domain::sha256::Sha256;

/// What provisioning would do: plain data, `Display` for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PipelinesPlan {
    /// One for each pipeline that would not stay as it is, in the order of stacks.
    pub changes: Vec<PipelineChange>,
    /// Deployers that stacks of different trust share afterwards.
    pub shared_deployers: Vec<SharedDeployer>,
}

/// What would happen to one pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PipelineChange {
    /// A new pipeline.
    Added {
        /// Name of the stack in the catalogue.
        stack: String,
        /// Name of the pipeline.
        pipeline: String,
        /// Its gate; how it differs from that of the pipeline which it takes the stack over from, if there is one.
        gate: Vec<GateChange>,
        /// Whether one of these gate documents could not be read, so that nobody can tell what it demands.
        is_unknown: bool,
        /// Name of the CloudFormation stack.
        stack_name: String,
        /// Name of the stack whose pipeline did the same CloudFormation stack until now.
        renamed_from: Option<String>,
    },
    /// A pipeline that is updated; its runs in flight are cancelled by that.
    Updated {
        /// Name of the stack in the catalogue.
        stack: String,
        /// Name of the pipeline.
        pipeline: String,
        /// How its gate differs; empty when only the rendering differs, whole when the one before cannot be read.
        gate: Vec<GateChange>,
        /// Whether the gate document that is in force could not be read, so that its differences are unknown.
        is_unknown: bool,
    },
    /// A pipeline that goes; its stack stays as it is, unmanaged.
    Removed {
        /// Name of the stack in the catalogue.
        stack: String,
        /// Name of the pipeline.
        pipeline: String,
        /// Name of the CloudFormation stack.
        stack_name: String,
        /// Name of the stack whose pipeline takes the CloudFormation stack over.
        renamed_to: Option<String>,
        /// The gate that goes with it; empty when the stack is taken over, or the document could not be read.
        gate: Vec<GateChange>,
    },
}

impl PipelinesPlan {
    /// Compares what is deployed with what would be; `gates` are the documents of both, by hash, as far as they exist.
    pub fn between(before: &[DeployedPipeline], after: &[DeployedPipeline], gates: &BTreeMap<Sha256, Gate>) -> Self {
        let was: BTreeMap<&str, &DeployedPipeline> = before.iter().map(|one| (one.stack.as_str(), one)).collect();
        let is: BTreeMap<&str, &DeployedPipeline> = after.iter().map(|one| (one.stack.as_str(), one)).collect();
        let stacks: BTreeSet<&str> = was.keys().chain(is.keys()).copied().collect();
        let other = |pipelines: &[DeployedPipeline], absent: &BTreeMap<&str, &DeployedPipeline>, stack_name: &str| {
            let mut others = pipelines.iter();
            others
                .find(|one| one.stack_name == stack_name && !absent.contains_key(one.stack.as_str()))
                .map(|one| one.stack.clone())
        };
        let mut changes = Vec::new();
        for stack in stacks {
            match (was.get(stack), is.get(stack)) {
                (None, Some(new)) => {
                    let renamed_from = other(before, &is, &new.stack_name);
                    let former = renamed_from.as_deref().and_then(|former| was.get(former));
                    let from = former.and_then(|former| gates.get(&former.gate));
                    let to = gates.get(&new.gate);
                    changes.push(PipelineChange::Added {
                        stack: stack.to_owned(),
                        pipeline: new.pipeline.clone(),
                        gate: gate_changes(from, to),
                        is_unknown: to.is_none() || from.is_some() != former.is_some(),
                        stack_name: new.stack_name.clone(),
                        renamed_from,
                    });
                }
                (Some(old), None) => {
                    let renamed_to = other(after, &was, &old.stack_name);
                    let gone = gates.get(&old.gate).filter(|_| renamed_to.is_none());
                    changes.push(PipelineChange::Removed {
                        stack: stack.to_owned(),
                        pipeline: old.pipeline.clone(),
                        stack_name: old.stack_name.clone(),
                        gate: gate_changes(gone, None),
                        renamed_to,
                    });
                }
                (Some(old), Some(new)) if old.properties != new.properties => {
                    let (from, to) = (gates.get(&old.gate), gates.get(&new.gate));
                    changes.push(PipelineChange::Updated {
                        stack: stack.to_owned(),
                        pipeline: new.pipeline.clone(),
                        gate: gate_changes(from.filter(|_| to.is_some()), to),
                        is_unknown: old.gate != new.gate && (from.is_none() || to.is_none()),
                    });
                }
                _ => {}
            }
        }
        Self {
            changes,
            shared_deployers: SharedDeployer::among(after.iter().filter_map(|one| gates.get(&one.gate))),
        }
    }

    /// Whether every pipeline stays as it is.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// Names of the stacks whose gate gets weaker, or has from the start what a gate should not have unnoticed; also of
    /// those whose gate cannot be read.
    pub fn weakened(&self) -> Vec<&str> {
        let weakened = self.changes.iter().filter_map(|change| match change {
            PipelineChange::Updated {
                stack,
                gate,
                is_unknown,
                ..
            }
            | PipelineChange::Added {
                stack,
                gate,
                is_unknown,
                ..
            } => (*is_unknown || gate.iter().any(|change| change.is_weakening)).then_some(stack.as_str()),
            PipelineChange::Removed { .. } => None,
        });
        weakened.collect()
    }

    /// Names of the pipelines whose runs in flight the plan ends: those that are updated or removed.
    pub fn interrupted(&self) -> Vec<&str> {
        let interrupted = self.changes.iter().filter_map(|change| match change {
            PipelineChange::Updated { pipeline, .. } | PipelineChange::Removed { pipeline, .. } => {
                Some(pipeline.as_str())
            }
            PipelineChange::Added { .. } => None,
        });
        interrupted.collect()
    }

    /// The CloudFormation stacks that lose their pipeline, one sentence each: they stay as they are, and nobody who
    /// reads only that a pipeline goes would know.
    pub fn left_behind(&self) -> Vec<String> {
        let renamed = |gate: &[GateChange]| gate.iter().position(|change| change.setting == "stack_name");
        let taken: BTreeSet<&str> = self
            .changes
            .iter()
            .filter_map(|change| match change {
                PipelineChange::Added { stack_name, .. } => Some(stack_name.as_str()),
                PipelineChange::Updated { gate, .. } => gate.get(renamed(gate)?)?.after.as_deref(),
                PipelineChange::Removed { .. } => None,
            })
            .collect();
        let left = self.changes.iter().filter_map(|change| match change {
            PipelineChange::Removed {
                stack,
                stack_name,
                renamed_to: None,
                ..
            } => Some((stack, stack_name.as_str())),
            PipelineChange::Updated { stack, gate, .. } => {
                let before = gate.get(renamed(gate)?)?.before.as_deref();
                before.map(|stack_name| (stack, stack_name))
            }
            PipelineChange::Added { .. } | PipelineChange::Removed { .. } => None,
        });
        let left = left.filter(|(_, stack_name)| !taken.contains(stack_name));
        left.map(|(stack, stack_name)| {
            format!(
                "the stack {stack_name} stays as it is, unmanaged: {stack} is its pipeline no more, and nothing of it is \
                 deleted"
            )
        })
        .collect()
    }

    /// How many pipelines are added, updated and removed.
    pub fn counts(&self) -> (usize, usize, usize) {
        let count = |is: fn(&PipelineChange) -> bool| self.changes.iter().filter(|change| is(change)).count();
        (
            count(|change| matches!(change, PipelineChange::Added { .. })),
            count(|change| matches!(change, PipelineChange::Updated { .. })),
            count(|change| matches!(change, PipelineChange::Removed { .. })),
        )
    }

    /// One line: `2 added, 1 updated, 0 removed; 1 GATE WEAKENED: network`.
    pub fn summary(&self) -> String {
        let (added, updated, removed) = self.counts();
        let mut summary = format!("{added} added, {updated} updated, {removed} removed");
        let weakened = self.weakened();
        if !weakened.is_empty() {
            let named: Vec<&str> = weakened.iter().take(5).copied().collect();
            let more = if weakened.len() > named.len() { ", …" } else { "" };
            summary.push_str(&format!(
                "; {} GATE WEAKENED: {}{more}",
                weakened.len(),
                named.join(", ")
            ));
        }
        summary
    }
}

impl fmt::Display for PipelinesPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("every pipeline stays as it is");
        }
        for (index, change) in self.changes.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            change.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for PipelineChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gate = match self {
            Self::Added {
                stack,
                stack_name,
                gate,
                is_unknown,
                renamed_from,
                ..
            } => {
                match renamed_from {
                    Some(former) => write!(
                        f,
                        "{stack}: a new pipeline, which takes the stack {stack_name} over from {former}"
                    )?,
                    None => write!(f, "{stack}: a new pipeline for the stack {stack_name}")?,
                }
                if *is_unknown {
                    f.write_str("; a gate document cannot be read: GATE WEAKENED, as far as anybody can tell")?;
                }
                gate
            }
            Self::Updated {
                stack,
                gate,
                is_unknown,
                ..
            } => {
                if *is_unknown {
                    write!(
                        f,
                        "{stack}: its gate changes, and a gate document cannot be read: GATE WEAKENED, as far as anybody can tell"
                    )?;
                } else if gate.is_empty() {
                    write!(f, "{stack}: the pipeline is rendered anew, its gate stays")?;
                } else {
                    write!(f, "{stack}: the gate changes")?;
                }
                gate
            }
            Self::Removed {
                stack,
                stack_name,
                renamed_to,
                gate,
                ..
            } => {
                match renamed_to {
                    Some(new) => write!(f, "{stack}: the pipeline goes; {new} takes the stack {stack_name} over")?,
                    None => write!(
                        f,
                        "{stack}: the pipeline goes; the stack {stack_name} stays as it is, unmanaged"
                    )?,
                }
                gate
            }
        };
        for change in gate {
            write!(f, "\n  {change}")?;
        }
        Ok(())
    }
}
