//! The clock of the machine.

use jiff::Timestamp;

use crate::flows::ports::Clock;

/// Tells the time of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
