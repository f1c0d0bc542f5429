use proptest::prelude::*;

use super::*;
use crate::domain::pipelines::tests::gate;

fn strict(stack: &str) -> Gate {
    Gate {
        approvals: 2,
        author_may_approve: false,
        ..gate(stack)
    }
}

fn said(gates: &[Gate]) -> Vec<String> {
    SharedDeployer::among(gates).iter().map(ToString::to_string).collect()
}

#[test]
fn a_deployer_that_stacks_of_different_trust_share_is_named_with_both() {
    let own = Gate {
        deployer: "arn:aws:iam::111122223333:role/changegate/deployers/network".to_owned(),
        ..strict("network")
    };
    assert_eq!(
        said(&[gate("web"), gate("alarms"), own.clone()]),
        [""; 0],
        "each level of trust has its own"
    );
    insta::assert_snapshot!(
        said(&[gate("web"), strict("data"), gate("alarms"), own]).join("\n"),
        @"the deployer arn:aws:iam::111122223333:role/changegate/deployers/default is shared by stacks of different trust: what passes the gate of alarms, web has all its rights, also on the resources of data, whose gate demands more; give each level of trust a deployer of its own"
    );
}

#[test]
fn many_stacks_are_counted_and_the_first_are_named() {
    let mut gates: Vec<Gate> = (0..40).map(|number| gate(&format!("service-{number:02}"))).collect();
    gates.push(strict("data"));
    let said = said(&gates).join("\n");
    assert!(
        said.contains("service-09 and 30 more has all") && !said.contains("service-10"),
        "{said}"
    );
}

#[test]
fn each_demand_by_itself_makes_a_gate_stronger_and_two_of_a_kind_are_equal() {
    for edit in [
        (|gate: &mut Gate| gate.approvals = 2) as fn(&mut Gate),
        |gate| gate.author_may_approve = false,
        |gate| gate.require_pull_request = true,
        |gate| gate.approvers = Some(vec!["user/ann".to_owned()]),
    ] {
        let mut stronger = gate("network");
        edit(&mut stronger);
        let shared = SharedDeployer::among([&gate("web"), &stronger]);
        assert_eq!(
            (&*shared[0].weaker, &*shared[0].stronger),
            (&["web".to_owned()][..], &["network".to_owned()][..])
        );
    }
    // Each demands something that the other does not.
    let approvals = Gate {
        approvals: 2,
        ..gate("a")
    };
    let reviewed = Gate {
        require_pull_request: true,
        ..gate("b")
    };
    assert_eq!(said(&[approvals, reviewed]), [""; 0]);
    // When a change may be executed is no level of trust.
    let released = Gate {
        release: true,
        ..gate("c")
    };
    assert_eq!(said(&[released, gate("d")]), [""; 0]);
}

fn strength() -> impl Strategy<Value = Strength> {
    let approvers = proptest::sample::select(vec![
        None,
        Some("user/*"),
        Some("user/a*"),
        Some("user/ann"),
        Some("role/*"),
    ]);
    (0_u8..3, any::<bool>(), any::<bool>(), approvers).prop_map(|(approvals, may, must, approvers)| {
        Strength::of(&Gate {
            approvals,
            author_may_approve: may,
            require_pull_request: must,
            approvers: approvers.map(|one| vec![one.to_owned()]),
            ..gate("any")
        })
    })
}

proptest! {
    #[test]
    fn weaker_is_a_strict_partial_order(a in strength(), b in strength(), c in strength()) {
        prop_assert!(!a.is_weaker_than(&a));
        prop_assert!(!(a.is_weaker_than(&b) && b.is_weaker_than(&a)));
        if a.is_weaker_than(&b) && b.is_weaker_than(&c) {
            prop_assert!(a.is_weaker_than(&c));
        }
    }
}
