//! What the evaluation of one template may take.

use std::cell::RefCell;
use std::fmt;

use serde_json::Value;

use crate::domain::limits::{Budget, EVALUATION_BYTES, EVALUATION_DEPTH, EVALUATION_STEPS, VALUE_BYTES, VALUE_STEPS};

/// What a value counts besides its text, in bytes.
const EACH: usize = 32;

/// Why a value of a template cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TooMuch {
    /// Working it out takes too many steps.
    Steps,
    /// It becomes too long on the way.
    Bytes,
    /// Its functions, or the conditions and mappings that they name, lie too deep within each other.
    Depth,
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Steps => write!(
                f,
                "it takes more than {VALUE_STEPS} steps, or the whole template more than {EVALUATION_STEPS}"
            ),
            Self::Bytes => write!(
                f,
                "it comes to more than {VALUE_BYTES} bytes, or the whole template to more than {EVALUATION_BYTES}"
            ),
            Self::Depth => write!(
                f,
                "its functions lie more than {EVALUATION_DEPTH} levels within each other"
            ),
        }
    }
}

/// What is left, for the value that is being worked out and for the whole template. Named conditions and mappings count
/// for the value that uses them first.
#[derive(Debug)]
pub(super) struct Spending {
    of_value: RefCell<(Budget, Budget)>,
    of_template: (Budget, Budget),
}

impl Default for Spending {
    fn default() -> Self {
        Self {
            of_value: RefCell::new((Budget::of(VALUE_STEPS), Budget::of(VALUE_BYTES))),
            of_template: (Budget::of(EVALUATION_STEPS), Budget::of(EVALUATION_BYTES)),
        }
    }
}

impl Spending {
    /// Begins the next value.
    pub(super) fn begin(&self) {
        *self.of_value.borrow_mut() = (Budget::of(VALUE_STEPS), Budget::of(VALUE_BYTES));
    }

    /// Counts one step at this depth.
    pub(super) fn step(&self, depth: usize) -> Result<(), TooMuch> {
        if depth > EVALUATION_DEPTH {
            return Err(TooMuch::Depth);
        }
        if self.of_value.borrow().0.spend(1) && self.of_template.0.spend(1) {
            self.produce(EACH)
        } else {
            Err(TooMuch::Steps)
        }
    }

    /// Counts a text of this length before or right after it is made.
    pub(super) fn produce(&self, bytes: usize) -> Result<(), TooMuch> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        if self.of_value.borrow().1.spend(bytes) && self.of_template.1.spend(bytes) {
            Ok(())
        } else {
            Err(TooMuch::Bytes)
        }
    }

    /// Counts a copy of a value.
    pub(super) fn produce_value(&self, value: &Value) -> Result<(), TooMuch> {
        match value {
            Value::String(text) => self.produce(text.len()),
            Value::Array(items) => {
                for item in items {
                    self.step(0)?;
                    self.produce_value(item)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}
