//! What a change of the pipelines does to gates and to runs under way.

use std::collections::BTreeMap;

use super::{DescribeSettings, Ports, Run};
use crate::domain::change_set::review::{GateDifference, PIPELINE_FIELD};
use crate::domain::pipelines::{PipelineChange, PipelinesPlan};
use crate::flows::FlowError;
use crate::flows::pipeline_changes::{pipeline_changes, runs_in_flight};
use crate::flows::ports::{ReadObjects, ReadPipelines, ReadStacks};

/// How gates differ. Which stacks are left without a pipeline, and which runs the update of their pipelines ends, goes
/// to `warnings`.
/// Only the root pipeline changes gates.
pub(super) async fn read<P, C, S, E, N, G, K>(
    ports: &Ports<'_, P, C, S, E, N, G, K>,
    settings: &DescribeSettings,
    run: &Run,
    warnings: &mut Vec<String>,
) -> Result<Vec<GateDifference>, FlowError>
where
    P: ReadPipelines,
    C: ReadStacks,
    S: ReadObjects,
{
    if !run.proven.is_root {
        return Ok(Vec::new());
    }
    let template = String::from_utf8_lossy(&run.template);
    let stack = &settings.proof.pipelines_stack;
    let plan = pipeline_changes(ports.cloudformation, ports.source, stack, &template, BTreeMap::new()).await?;
    warnings.extend(plan.left_behind());
    for in_flight in runs_in_flight(ports.pipelines, &plan.interrupted()).await? {
        warnings.push(in_flight.to_string());
    }
    Ok(differences(&plan))
}

/// The differences, in the order of stacks.
fn differences(plan: &PipelinesPlan) -> Vec<GateDifference> {
    plan.changes.iter().flat_map(of_pipeline).collect()
}

fn of_pipeline(change: &PipelineChange) -> Vec<GateDifference> {
    let whole = |stack: &str, before: Option<String>, after: Option<String>, is_weakened| GateDifference {
        stack: stack.to_owned(),
        field: PIPELINE_FIELD.to_owned(),
        before,
        after,
        is_weakened,
    };
    let (stack, gate, mut found, can_weaken) = match change {
        PipelineChange::Added {
            stack,
            gate,
            stack_name,
            renamed_from,
            ..
        } => {
            let before = renamed_from.as_ref().map(|former| format!("{stack_name}, by {former}"));
            let added = whole(stack, before, Some(format!("{stack_name}, by {stack}")), false);
            (stack, gate.as_slice(), vec![added], renamed_from.is_some())
        }
        PipelineChange::Updated {
            stack,
            gate,
            is_unknown: false,
            ..
        } => (stack, gate.as_slice(), Vec::new(), true),
        PipelineChange::Updated { stack, .. } => {
            // Fail closed: what cannot be compared may be anything.
            let unknown = whole(
                stack,
                Some("a gate that cannot be read".to_owned()),
                Some("another".to_owned()),
                true,
            );
            (stack, [].as_slice(), vec![unknown], true)
        }
        PipelineChange::Removed {
            stack,
            stack_name,
            renamed_to,
            ..
        } => {
            let after = renamed_to.as_ref().map(|new| format!("{stack_name}, by {new}"));
            let removed = whole(stack, Some(format!("{stack_name}, by {stack}")), after, false);
            (stack, [].as_slice(), vec![removed], false)
        }
    };
    found.extend(gate.iter().map(|change| GateDifference {
        stack: stack.clone(),
        field: change.setting.to_owned(),
        before: change.before.clone(),
        after: Some(change.after.clone()),
        is_weakened: can_weaken && change.is_weakening,
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gate::changes::GateChange;

    #[test]
    fn a_weakened_gate_is_marked_and_an_unreadable_one_counts_as_weakened() {
        let weakened = GateChange {
            setting: "approvals",
            before: Some("2".to_owned()),
            after: "0".to_owned(),
            is_weakening: true,
        };
        let updated = |is_unknown| PipelineChange::Updated {
            stack: "network".to_owned(),
            pipeline: "changegate-network".to_owned(),
            gate: vec![weakened.clone()],
            is_unknown,
        };
        let plan = PipelinesPlan {
            changes: vec![updated(false), updated(true)],
        };
        let found = differences(&plan);
        assert_eq!(found.len(), 2);
        assert_eq!(
            (found[0].field.as_str(), found[0].before.as_deref()),
            ("approvals", Some("2"))
        );
        assert!(found.iter().all(|difference| difference.is_weakened));
    }

    #[test]
    fn a_new_pipeline_weakens_nothing_unless_it_takes_a_stack_over() {
        let added = |renamed_from: Option<&str>| PipelineChange::Added {
            stack: "network".to_owned(),
            pipeline: "changegate-network".to_owned(),
            gate: vec![GateChange {
                setting: "approvals",
                before: renamed_from.map(|_| "2".to_owned()),
                after: "1".to_owned(),
                is_weakening: true,
            }],
            stack_name: "production-network".to_owned(),
            renamed_from: renamed_from.map(str::to_owned),
        };
        let is_weakened = |change| {
            let plan = PipelinesPlan { changes: vec![change] };
            differences(&plan).iter().any(|difference| difference.is_weakened)
        };
        assert!(!is_weakened(added(None)));
        assert!(is_weakened(added(Some("net"))));
    }
}
