//! The time of day, so that flows can be tested at any.

use jiff::Timestamp;

/// Tells the time.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Timestamp;
}
