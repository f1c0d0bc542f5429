//! What happens to gates: a row for each stack, weakened ones first.

use super::golden::run;
use crate::domain::change_set::build::Inputs;
use crate::domain::change_set::review::{GateDifference, PIPELINE_FIELD, Review};
use crate::review;

fn difference(stack: &str, field: &str, sides: (Option<&str>, Option<&str>), is_new: bool) -> GateDifference {
    GateDifference {
        stack: stack.to_owned(),
        field: field.to_owned(),
        before: sides.0.map(str::to_owned),
        after: sides.1.map(str::to_owned),
        is_weakened: false,
        is_new,
        is_usual: false,
    }
}

/// A gate that is weakened, one that changes otherwise, so many new ones of which one is unusual, and one that goes.
fn root(new: usize) -> Review {
    let mut gates = vec![
        difference("data", "window", (None, Some("Mon-Thu 09:00-16:00")), false),
        GateDifference {
            is_weakened: true,
            ..difference("network", "approvals", (Some("2"), Some("0")), false)
        },
    ];
    for at in 0..new {
        let stack = format!("stack{at}");
        let pipeline = format!("production-{stack}, by {stack}");
        gates.push(difference(&stack, PIPELINE_FIELD, (None, Some(&pipeline)), true));
        gates.push(GateDifference {
            is_usual: at > 0,
            ..difference(&stack, "approvals", (None, Some(if at > 0 { "1" } else { "2" })), true)
        });
    }
    gates.push(difference(
        "legacy",
        PIPELINE_FIELD,
        (Some("legacy-queue, by legacy"), None),
        false,
    ));
    let mut facts = run();
    facts.is_root = true;
    Review::of(&Inputs {
        title: "root",
        stack_name: "changegate-pipelines",
        gates,
        ends_runs: vec!["changegate-network, run 1: waits for Approve1".to_owned()],
        run: Some(facts),
        ..Inputs::default()
    })
}

#[test]
fn weakened_gates_come_first_and_each_stack_has_one_row_with_what_is_unusual() {
    let review = root(8);
    for rendered in [review::text(&review), review::markdown(&review), review::html(&review)] {
        let start = rendered.to_lowercase().find("gates that change").unwrap();
        let places = ["network", "data", "stack0", "stack7", "legacy", "waits for Approve1"].map(|part| {
            start
                + rendered[start..]
                    .find(part)
                    .unwrap_or_else(|| panic!("{part} in\n{rendered}"))
        });
        assert!(places.is_sorted(), "{places:?} in\n{rendered}");
        assert!(
            rendered.contains("The gates themselves: approve this change?"),
            "{rendered}"
        );
        assert!(
            rendered.contains("1 gate weakened, 2 gates change, 8 stacks come under the gate, 1 stack leaves it"),
            "{rendered}"
        );
    }
    let text = review::text(&review);
    for row in [
        "  network: approvals 2 → 0: GATE WEAKENED\n",
        "  stack0 (production-stack0, by stack0): approvals 2\n",
        "  stack1 (production-stack1, by stack1)\n",
        "  The usual gate of a new stack: approvals 1\n",
    ] {
        assert!(text.contains(row), "{row} in\n{text}");
    }
    let page = review::html(&review);
    assert!(
        page.contains("<tr class=\"weakened\"><td><strong>network</strong>"),
        "{page}"
    );
    assert_eq!(page.matches("<tr").count(), 11);
}
