//! How much work one input may cause, in one place.
//!
//! Whoever writes to the repository chooses how long, how deep and how many, so what reading, checking and evaluating
//! takes is bounded, in bytes and in steps. A bound that is hit is told with its place and counts for that file or that
//! value alone; nothing is left out in silence.

use std::cell::Cell;

/// Greatest nesting of a document; CloudFormation's own documents need about 30.
pub const MAX_DEPTH: usize = 128;
/// Greatest number of nodes of a document, aliases expanded; bounds what a few nested aliases can grow to, and what a
/// million short items hold. The longest templates that are in use have about a tenth of it.
pub const MAX_NODES: usize = 200_000;
/// Most commas, colons and opening brackets within the brackets of a YAML document, whose parser keeps all that stands in
/// brackets until they close. JSON has no such bound.
pub const MAX_IN_BRACKETS: usize = 150_000;
/// Most bytes of text that the aliases and anchors of a document may copy, all together; a whole template has at most
/// a million.
pub const MAX_COPIED_BYTES: usize = 4 * 1024 * 1024;

/// Longest template that CloudFormation takes.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub const MAX_TEMPLATE_BYTES: usize = 1_048_576;

/// Greatest nesting of what is evaluated: functions within functions, named conditions and mappings followed.
pub const EVALUATION_DEPTH: usize = 2 * MAX_DEPTH;
/// Steps for working out one resource, output or condition of a template; a step looks at one value.
pub const VALUE_STEPS: u64 = 250_000;
/// Bytes that one resource, output or condition may come to on the way.
pub const VALUE_BYTES: u64 = 4 * 1024 * 1024;
/// Steps for everything that is worked out of one template.
pub const EVALUATION_STEPS: u64 = 2_000_000;
/// Bytes that everything may come to that is worked out of one template.
pub const EVALUATION_BYTES: u64 = 16 * 1024 * 1024;
/// Steps for comparing the policies of one change set, statement by statement.
pub const POLICY_STEPS: u64 = 40_000_000;
/// Steps for comparing the rules of one change set that let traffic through.
pub const NETWORK_STEPS: u64 = 20_000_000;
/// Values that are looked at to find out whether CloudFormation lists what the whole resource says already.
pub const AGREEMENT_STEPS: u64 = 4_000_000;
/// Pairs of items without a name that are compared to find out which became which.
pub const PAIRING_STEPS: u64 = 2_000_000;
/// Steps for comparing texts line by line in one rendering.
pub const LINE_STEPS: u64 = 8_000_000;
/// Steps of matching allowed patterns of one configuration: states of a pattern times bytes of a value.
pub const PATTERN_STEPS: u64 = 60_000_000;

/// What is left of the steps that some work may take.
#[derive(Debug)]
pub struct Budget(Cell<u64>);

impl Budget {
    /// A budget of so many steps.
    pub const fn of(steps: u64) -> Self {
        Self(Cell::new(steps))
    }

    /// Takes steps; `false` when there are not so many left, and then none are left.
    pub fn spend(&self, steps: u64) -> bool {
        let left = self.0.get().checked_sub(steps);
        self.0.set(left.unwrap_or(0));
        left.is_some()
    }

    /// How many steps are left.
    pub fn left(&self) -> u64 {
        self.0.get()
    }
}
