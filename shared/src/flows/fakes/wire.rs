//! The line between a flow and the services: counted, and breakable at every call.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::refusal;
use crate::flows::ports::{PortError, PortErrorKind};

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The service asks to slow down and does nothing.
    Throttle,
    /// The service answers 500 and does nothing.
    Outage,
    /// The service refuses for lack of a permission.
    Denial,
    /// The service refuses the call as it is.
    Refusal,
    /// The service does it, but the answer is lost.
    LostAnswer,
    /// The process is killed before the call leaves; the flow never comes back.
    KillBefore,
    /// The process is killed after the service did it; the flow never comes back.
    KillAfter,
    /// The call leaves only after [`Wire::release`].
    Hold,
}

/// All calls of one test, in order.
#[derive(Clone, Default)]
pub struct Wire(Arc<Mutex<Line>>);

#[derive(Default)]
struct Line {
    calls: Vec<(&'static str, String)>,
    faults: BTreeMap<usize, Fault>,
    named_faults: Vec<(&'static str, Fault)>,
    /// State of the generator that says how long each call takes; `None` when calls take no time.
    interleaving: Option<u64>,
    is_released: bool,
}

impl Wire {
    /// Breaks the call with this number; the first is 0.
    pub fn break_call(&self, number: usize, fault: Fault) {
        self.line().faults.insert(number, fault);
    }

    /// Breaks the next call of this operation, once.
    pub fn break_next(&self, operation: &'static str, fault: Fault) {
        self.line().named_faults.push((operation, fault));
    }

    /// Lets nothing more go wrong.
    pub fn heal(&self) {
        let mut line = self.line();
        line.faults.clear();
        line.named_faults.clear();
    }

    /// Lets every call give way to others before it takes effect, as often as a generator with this seed says: two
    /// flows that run at once then meet in another order for every seed.
    pub fn interleave(&self, seed: u64) {
        self.line().interleaving = Some(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    }

    /// Lets calls go that [`Fault::Hold`] holds.
    pub fn release(&self) {
        self.line().is_released = true;
    }

    /// How often the next call gives way.
    fn delay(&self) -> u64 {
        let mut line = self.line();
        let Some(state) = &mut line.interleaving else {
            return 0;
        };
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state % 5
    }

    /// How many calls were made so far.
    pub fn count(&self) -> usize {
        self.line().calls.len()
    }

    /// How often this operation was called so far.
    pub fn count_of(&self, operation: &str) -> usize {
        let line = self.line();
        line.calls.iter().filter(|(called, _)| *called == operation).count()
    }

    /// Operation and subject of every call so far, in order, one a line.
    pub fn log(&self) -> String {
        let line = self.line();
        let calls = line
            .calls
            .iter()
            .map(|(operation, subject)| format!("{operation} {subject}"));
        calls.collect::<Vec<_>>().join("\n")
    }

    /// How often each operation was called after the first `before` calls, in the order of their first calls.
    pub fn tally(&self, before: usize) -> Vec<String> {
        let line = self.line();
        let mut tally: Vec<(&str, usize)> = Vec::new();
        for (operation, _) in line.calls.iter().skip(before) {
            match tally.iter_mut().find(|(known, _)| known == operation) {
                Some((_, count)) => *count += 1,
                None => tally.push((operation, 1)),
            }
        }
        let lines = tally.iter().map(|(operation, count)| format!("{count} {operation}"));
        lines.collect()
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one call: records it, applies its effect, and lets go wrong what the test asked for.
    pub(super) async fn call<T>(
        &self,
        operation: &'static str,
        subject: &str,
        effect: impl FnOnce() -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        for _ in 0..self.delay() {
            tokio::task::yield_now().await;
        }
        let fault = {
            let mut line = self.line();
            let number = line.calls.len();
            line.calls.push((operation, subject.to_owned()));
            let named = line.named_faults.iter().position(|(called, _)| *called == operation);
            match named {
                Some(index) => Some(line.named_faults.remove(index).1),
                None => line.faults.remove(&number),
            }
        };
        match fault {
            None => effect(),
            Some(Fault::Throttle) => {
                let kind = PortErrorKind::Throttled;
                Err(refusal(operation, subject, kind, "Throttling", "Rate exceeded"))
            }
            Some(Fault::Outage) => {
                let kind = PortErrorKind::Unavailable;
                Err(refusal(operation, subject, kind, "InternalFailure", "internal failure"))
            }
            Some(Fault::Denial) => {
                let kind = PortErrorKind::Denied;
                Err(refusal(operation, subject, kind, "AccessDenied", "not authorized"))
            }
            Some(Fault::Refusal) => {
                let kind = PortErrorKind::Refused;
                Err(refusal(operation, subject, kind, "ValidationException", "not valid"))
            }
            Some(Fault::LostAnswer) => {
                // What the service answered is never heard.
                let _ = effect();
                let kind = PortErrorKind::Unavailable;
                Err(refusal(operation, subject, kind, "", "connection reset"))
            }
            Some(Fault::Hold) => {
                while !self.line().is_released {
                    tokio::task::yield_now().await;
                }
                effect()
            }
            Some(Fault::KillBefore) => std::future::pending().await,
            Some(Fault::KillAfter) => {
                let _ = effect();
                std::future::pending().await
            }
        }
    }
}
