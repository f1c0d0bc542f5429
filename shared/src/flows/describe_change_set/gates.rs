//! What a change of the pipelines does to gates and to runs under way.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use super::{DescribeSettings, Ports, Run};
use crate::domain::change_set::review::{GateDifference, PIPELINE_FIELD};
use crate::domain::pipelines::{PipelineChange, PipelinesPlan};
use crate::flows::FlowError;
use crate::flows::pipeline_changes::{pipeline_changes, runs_in_flight};
use crate::flows::ports::{ReadObjects, ReadPipelines, ReadStacks};

/// Settings that the catalogue has once for all stacks.
const SAID_ONCE: [&str; 2] = ["people", "session_name_roles"];

/// What a change of the pipelines does.
#[derive(Debug, Default)]
pub(super) struct GateEffects {
    /// How gates differ.
    pub(super) differences: Vec<GateDifference>,
    /// Runs that the update of their pipelines ends.
    pub(super) ends_runs: Vec<String>,
}

/// How gates differ, and which runs end. Which stacks are left without a pipeline goes to `warnings`.
/// Only the root pipeline changes gates.
pub(super) async fn read<P, C, S, E, N, G, K>(
    ports: &Ports<'_, P, C, S, E, N, G, K>,
    settings: &DescribeSettings,
    run: &Run,
    warnings: &mut Vec<String>,
) -> Result<GateEffects, FlowError>
where
    P: ReadPipelines,
    C: ReadStacks,
    S: ReadObjects,
{
    if !run.proven.is_root {
        return Ok(GateEffects::default());
    }
    let template = String::from_utf8_lossy(&run.template);
    let stack = &settings.proof.pipelines_stack;
    let plan = pipeline_changes(ports.cloudformation, ports.source, stack, &template, BTreeMap::new()).await?;
    warnings.extend(plan.left_behind());
    warnings.extend(plan.shared_deployers.iter().map(ToString::to_string));
    let in_flight = runs_in_flight(ports.pipelines, &plan.interrupted()).await?;
    Ok(GateEffects {
        differences: differences(&plan),
        ends_runs: in_flight.iter().map(ToString::to_string).collect(),
    })
}

/// The differences, in the order of stacks. What many stacks have alike, because the catalogue says it once for all of
/// them, is one difference of all of them: else hundreds of people would be told for each of a thousand stacks.
fn differences(plan: &PipelinesPlan) -> Vec<GateDifference> {
    let mut differences: Vec<GateDifference> = Vec::new();
    let mut told: HashMap<(String, Option<String>, Option<String>, bool), usize> = HashMap::new();
    let mut all: Vec<_> = plan.changes.iter().flat_map(of_pipeline).collect();
    mark_usual(&mut all);
    for difference in all {
        if !SAID_ONCE.contains(&difference.field.as_str()) {
            differences.push(difference);
            continue;
        }
        let GateDifference {
            stack: _,
            field,
            before,
            after,
            is_weakened,
            is_new: _,
            is_usual: _,
        } = &difference;
        let key = (field.clone(), before.clone(), after.clone(), *is_weakened);
        match told.entry(key) {
            Entry::Occupied(at) => {
                if let Some(known) = differences.get_mut(*at.get()) {
                    known.stack.push_str(", ");
                    known.stack.push_str(&difference.stack);
                }
            }
            Entry::Vacant(at) => {
                at.insert(differences.len());
                differences.push(difference);
            }
        }
    }
    differences
}

/// Marks what a reader need not look for in each new gate: the value of a setting that most of them have, and files
/// that stand where the name of the stack says.
fn mark_usual(all: &mut [GateDifference]) {
    let mut values: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for difference in all.iter().filter(|difference| difference.is_new) {
        let value = difference.after.clone().unwrap_or_default();
        let counts = values.entry(difference.field.clone()).or_default();
        *counts.entry(value).or_default() += 1;
    }
    for difference in all
        .iter_mut()
        .filter(|difference| difference.is_new && !difference.is_weakened)
    {
        let value = difference.after.as_deref().unwrap_or_default();
        difference.is_usual = match difference.field.as_str() {
            // The pipeline as a whole names the stack.
            PIPELINE_FIELD => false,
            "stack_name" => true,
            "template" | "configuration" => value == "none" || stands_by_name(value, &difference.stack),
            field => {
                let counts = values.get(field);
                let most = counts.and_then(|counts| counts.values().max());
                counts.and_then(|counts| counts.get(value)) == most
                    && counts.is_some_and(|counts| counts.values().filter(|count| Some(*count) == most).count() == 1)
            }
        };
    }
}

/// Whether a file stands in the folder that gives the stack its name: `stacks/data/orders/` for `data-orders`.
fn stands_by_name(path: &str, stack: &str) -> bool {
    let folder = path.strip_prefix("stacks/").and_then(|path| path.rsplit_once('/'));
    folder.is_some_and(|(folder, _)| folder.replace('/', "-") == stack)
}

fn of_pipeline(change: &PipelineChange) -> Vec<GateDifference> {
    let is_new = matches!(change, PipelineChange::Added { .. });
    let whole = |stack: &str, before: Option<String>, after: Option<String>, is_weakened| GateDifference {
        is_new,
        is_usual: false,
        stack: stack.to_owned(),
        field: PIPELINE_FIELD.to_owned(),
        before,
        after,
        is_weakened,
    };
    // Fail closed: what cannot be compared may be anything.
    let unknown = |stack: &str| whole(stack, None, Some("a gate document cannot be read".to_owned()), true);
    let (stack, gate, mut found) = match change {
        PipelineChange::Added {
            stack,
            gate,
            is_unknown,
            stack_name,
            renamed_from,
            ..
        } => {
            // Whose pipeline did the stack until now matters only where that changes.
            let before = renamed_from.as_ref().map(|former| format!("{stack_name}, by {former}"));
            let after = match before {
                Some(_) => format!("{stack_name}, by {stack}"),
                None => stack_name.clone(),
            };
            let mut found = vec![whole(stack, before, Some(after), false)];
            if *is_unknown {
                found.push(unknown(stack));
            }
            (stack, gate.as_slice(), found)
        }
        PipelineChange::Updated {
            stack,
            gate,
            is_unknown,
            ..
        } => {
            let found = is_unknown.then(|| unknown(stack));
            (stack, gate.as_slice(), found.into_iter().collect())
        }
        PipelineChange::Removed {
            stack,
            stack_name,
            renamed_to,
            gate,
            ..
        } => {
            let after = renamed_to.as_ref().map(|new| format!("{stack_name}, by {new}"));
            let before = match after {
                Some(_) => format!("{stack_name}, by {stack}"),
                None => stack_name.clone(),
            };
            let removed = whole(stack, Some(before), after, false);
            (stack, gate.as_slice(), vec![removed])
        }
    };
    found.extend(gate.iter().map(|change| GateDifference {
        stack: stack.clone(),
        field: change.setting.to_owned(),
        before: change.before.clone(),
        after: change.after.clone(),
        is_weakened: change.is_weakening,
        is_new,
        is_usual: false,
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gate::changes::GateChange;

    fn change(setting: &'static str, before: Option<&str>, after: &str, is_weakening: bool) -> GateChange {
        GateChange {
            setting,
            before: before.map(str::to_owned),
            after: Some(after.to_owned()),
            is_weakening,
        }
    }

    fn updated(stack: &str, gate: Vec<GateChange>, is_unknown: bool) -> PipelineChange {
        PipelineChange::Updated {
            stack: stack.to_owned(),
            pipeline: format!("changegate-{stack}"),
            gate,
            is_unknown,
        }
    }

    fn added(gate: Vec<GateChange>, is_unknown: bool) -> PipelineChange {
        PipelineChange::Added {
            stack: "network".to_owned(),
            pipeline: "changegate-network".to_owned(),
            gate,
            is_unknown,
            stack_name: "production-network".to_owned(),
            renamed_from: None,
        }
    }

    fn of(changes: Vec<PipelineChange>) -> Vec<GateDifference> {
        differences(&PipelinesPlan {
            changes,
            ..PipelinesPlan::default()
        })
    }

    #[test]
    fn a_weakened_gate_is_marked_and_an_unreadable_one_counts_as_weakened() {
        let weakened = change("approvals", Some("2"), "0", true);
        let found = of(vec![updated("network", vec![weakened], false)]);
        assert_eq!(
            (
                found[0].field.as_str(),
                found[0].before.as_deref(),
                found[0].is_weakened
            ),
            ("approvals", Some("2"), true)
        );
        let stricter = change("approvals", Some("1"), "2", false);
        assert!(!of(vec![updated("network", vec![stricter.clone()], false)])[0].is_weakened);
        for unreadable in [updated("network", Vec::new(), true), added(Vec::new(), true)] {
            let found = of(vec![unreadable]);
            let whole = found.last().unwrap();
            assert_eq!((whole.field.as_str(), whole.is_weakened), (PIPELINE_FIELD, true));
        }
    }

    #[test]
    fn a_new_gate_is_shown_whole_and_marked_where_it_should_not_go_unnoticed() {
        let gate = vec![
            change("approvals", None, "1", false),
            change("notify", None, "arn:aws:sns:eu-west-1:444455556666:elsewhere", true),
        ];
        let found = of(vec![added(gate, false)]);
        let marks: Vec<(&str, bool)> = found.iter().map(|one| (one.field.as_str(), one.is_weakened)).collect();
        assert_eq!(marks, [("pipeline", false), ("approvals", false), ("notify", true)]);
    }

    #[test]
    fn the_gate_that_goes_with_its_pipeline_is_shown() {
        let gone = PipelineChange::Removed {
            stack: "network".to_owned(),
            pipeline: "changegate-network".to_owned(),
            stack_name: "production-network".to_owned(),
            renamed_to: None,
            gate: vec![GateChange {
                setting: "approvals",
                before: Some("2".to_owned()),
                after: None,
                is_weakening: false,
            }],
        };
        let found = of(vec![gone]);
        let shown: Vec<(&str, Option<&str>, Option<&str>)> = found
            .iter()
            .map(|one| (one.field.as_str(), one.before.as_deref(), one.after.as_deref()))
            .collect();
        assert_eq!(
            shown,
            [
                ("pipeline", Some("production-network"), None),
                ("approvals", Some("2"), None)
            ]
        );
    }

    #[test]
    fn who_is_who_is_told_once_for_all_stacks_and_everything_else_for_each() {
        let gate = || {
            vec![
                change("approvals", Some("1"), "2", false),
                change("people", Some("ann is nobody known"), "ann is arn", true),
            ]
        };
        let other = vec![change(
            "people",
            Some("ann is nobody known"),
            "ann is another arn",
            true,
        )];
        let found = of(vec![
            updated("data", gate(), false),
            updated("network", gate(), false),
            updated("web", other, false),
        ]);
        let told: Vec<(&str, &str)> = found
            .iter()
            .map(|one| (one.stack.as_str(), one.field.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                ("data", "approvals"),
                ("data, network", "people"),
                ("network", "approvals"),
                ("web", "people")
            ]
        );
    }

    #[test]
    fn what_most_new_gates_have_and_files_that_stand_by_name_are_usual() {
        let new = |stack: &str, approvals: &str, template: &str| PipelineChange::Added {
            stack: stack.to_owned(),
            pipeline: format!("changegate-{stack}"),
            gate: vec![
                change("approvals", None, approvals, false),
                change("template", None, template, false),
                change("notify", None, "arn:aws:sns:eu-west-1:444455556666:elsewhere", true),
            ],
            is_unknown: false,
            stack_name: stack.to_owned(),
            renamed_from: None,
        };
        let found = of(vec![
            new("data-orders", "1", "stacks/data/orders/template.yaml"),
            new("network", "2", "stacks/other/template.yaml"),
            new("web", "1", "stacks/web/template.yaml"),
            updated("old", vec![change("approvals", Some("2"), "1", true)], false),
        ]);
        let usual: Vec<(&str, &str)> = found
            .iter()
            .filter(|one| one.is_usual)
            .map(|one| (one.stack.as_str(), one.field.as_str()))
            .collect();
        assert_eq!(
            usual,
            [
                ("data-orders", "approvals"),
                ("data-orders", "template"),
                ("web", "approvals"),
                ("web", "template")
            ]
        );
        // Where no value is more usual than the others, each is told.
        let torn = of(vec![new("a", "1", "x"), new("b", "2", "x")]);
        assert!(torn.iter().all(|one| one.field != "approvals" || !one.is_usual));
    }
}
