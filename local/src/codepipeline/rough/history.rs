//! How late the history shows an action or a run, and in how many steps.

use serde_json::{Value, json};

use super::numbers::Numbers;

/// Seconds after which the history shows the parts of one action.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lag {
    /// That it began.
    began: f64,
    /// Its configuration with the variables filled in, counted from then on.
    resolved: f64,
    /// How it ended.
    ended: f64,
    /// Whether `lastUpdateTime` moves once more after it ended.
    is_touched: bool,
    /// By how much the clock that wrote its times is off.
    skew: f64,
}

/// After how many seconds `lastUpdateTime` moves once more, and by how much: the next action has begun by then.
const TOUCH: (f64, f64) = (0.8, 1.0);

impl Lag {
    /// Draws one.
    pub(super) fn draw(numbers: &mut Numbers) -> Self {
        Self {
            began: seconds(numbers, 1_500),
            resolved: seconds(numbers, 1_500),
            ended: seconds(numbers, 1_500),
            is_touched: numbers.one_in(2),
            skew: [-1.0, 0.0, 1.0][usize::try_from(numbers.below(3)).unwrap_or_default()],
        }
    }

    /// Changes an entry to what is shown of it at `now`; `false` when it is not shown.
    pub(super) fn show(&self, entry: &mut Value, now: f64) -> bool {
        let time = |entry: &Value, name: &str| entry[name].as_f64().unwrap_or_default();
        let (began, ended) = (time(entry, "startTime"), time(entry, "lastUpdateTime"));
        if now < began + self.began {
            return false;
        }
        if now < began + self.began + self.resolved {
            entry["input"]["resolvedConfiguration"] = Value::Null;
        }
        let mut updated = ended;
        if entry["status"] != "InProgress" {
            if now < ended + self.ended {
                entry["status"] = json!("InProgress");
                entry["output"] = json!({});
                entry["updatedBy"] = Value::Null;
                updated = began;
            } else if self.is_touched && now >= ended + TOUCH.0 {
                updated = ended + TOUCH.1;
            }
        }
        entry["startTime"] = json!(began + self.skew);
        entry["lastUpdateTime"] = json!(updated + self.skew);
        true
    }

    /// The same for the entry of a run: first it is not listed, and when it has ended, that is listed late.
    pub(super) fn show_run(&self, entry: &mut Value, now: f64) -> bool {
        let time = |name: &str| entry[name].as_f64().unwrap_or_default();
        let (began, updated) = (time("startTime"), time("lastUpdateTime"));
        if now < began + self.began {
            return false;
        }
        if entry["status"] != "InProgress" && now < updated + self.ended {
            entry["status"] = json!("InProgress");
        }
        true
    }
}

/// Up to so many milliseconds, in half of the cases none.
fn seconds(numbers: &mut Numbers, most: u32) -> f64 {
    if numbers.one_in(2) {
        return 0.0;
    }
    let millis = u32::try_from(numbers.below(u64::from(most))).unwrap_or_default();
    f64::from(millis) / 1_000.0
}
