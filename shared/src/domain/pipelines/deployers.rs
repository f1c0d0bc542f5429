//! Deployers that stacks of different trust share.
//!
//! A deployer may change whatever its policies let it, whichever stack it works for: a template that passes a weak
//! gate reaches with it what a strong gate guards.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::domain::gate::{Gate, Strength};

/// How many stacks are named; the rest is counted.
const NAMED: usize = 10;

/// A deployer that serves stacks of which some demand less than others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedDeployer {
    /// ARN of the role.
    pub deployer: String,
    /// Names of the stacks whose gates demand less than that of another, in order.
    pub weaker: Vec<String>,
    /// Names of the stacks whose gates demand more than that of another, in order.
    pub stronger: Vec<String>,
}

impl SharedDeployer {
    /// Every such deployer, in the order of their ARNs.
    pub fn among<'g>(gates: impl IntoIterator<Item = &'g Gate>) -> Vec<Self> {
        let mut deployers: BTreeMap<&str, Vec<(Strength, Vec<&str>)>> = BTreeMap::new();
        for gate in gates {
            let levels = deployers.entry(&gate.deployer).or_default();
            let strength = Strength::of(gate);
            // Stacks are many, what they demand is a few things.
            match levels.iter_mut().find(|(level, _)| *level == strength) {
                Some((_, stacks)) => stacks.push(&gate.stack),
                None => levels.push((strength, vec![&gate.stack])),
            }
        }
        let shared = deployers.into_iter().map(|(deployer, levels)| {
            let (mut weaker, mut stronger) = (BTreeSet::new(), BTreeSet::new());
            for (level, stacks) in &levels {
                for (other, others) in &levels {
                    if level.is_weaker_than(other) {
                        weaker.extend(stacks.iter().map(|stack| (*stack).to_owned()));
                        stronger.extend(others.iter().map(|stack| (*stack).to_owned()));
                    }
                }
            }
            Self {
                deployer: deployer.to_owned(),
                weaker: weaker.into_iter().collect(),
                stronger: stronger.into_iter().collect(),
            }
        });
        shared.filter(|shared| !shared.weaker.is_empty()).collect()
    }
}

impl fmt::Display for SharedDeployer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = |stacks: &[String]| {
            let shown: Vec<&str> = stacks.iter().take(NAMED).map(String::as_str).collect();
            match stacks.len().saturating_sub(shown.len()) {
                0 => shown.join(", "),
                more => format!("{} and {more} more", shown.join(", ")),
            }
        };
        write!(
            f,
            "the deployer {} is shared by stacks of different trust: what passes the gate of {} has all its rights, also \
             on the resources of {}, whose gate demands more; give each level of trust a deployer of its own",
            self.deployer,
            named(&self.weaker),
            named(&self.stronger)
        )
    }
}

#[cfg(test)]
mod tests;
