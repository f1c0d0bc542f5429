//! Windows, compared and in words.

use std::fmt;

use crate::domain::gate::Window;

/// A window in words.
pub(super) struct Open<'g>(pub(super) Option<&'g Window>);

impl fmt::Display for Open<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        let Some(window) = self.0 else {
            return f.write_str("at any time");
        };
        let days: Vec<&str> = window
            .days
            .iter()
            .map(|day| DAYS.get(usize::from(*day).wrapping_sub(1)).copied().unwrap_or("?"))
            .collect();
        let (from, to) = (window.from_minute, window.to_minute);
        write!(
            f,
            "{} {:02}:{:02}-{:02}:{:02} {}",
            days.join(","),
            from / 60,
            from % 60,
            to / 60,
            to % 60,
            window.time_zone
        )
    }
}

/// Whether every minute of `inner` is one of `outer`; in another time zone nothing is certain.
pub(super) fn is_within(inner: Option<&Window>, outer: Option<&Window>) -> bool {
    match (inner, outer) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(inner), Some(outer)) => {
            let passes = |window: &Window| window.to_minute < window.from_minute;
            // A window that cannot be read never opens, so no other lies within it.
            outer.check().is_ok()
                && inner.time_zone == outer.time_zone
                && inner.days.iter().all(|day| outer.days.contains(day))
                && passes(inner) == passes(outer)
                && inner.from_minute >= outer.from_minute
                && inner.to_minute <= outer.to_minute
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_told_with_the_days_and_the_times_that_a_catalogue_has() {
        let window = |days: Vec<u8>, from_minute, to_minute| Window {
            days,
            from_minute,
            to_minute,
            time_zone: "Europe/Berlin".to_owned(),
        };
        assert_eq!(
            Open(Some(&window((1..=7).collect(), 61, 23 * 60 + 59))).to_string(),
            "mon,tue,wed,thu,fri,sat,sun 01:01-23:59 Europe/Berlin"
        );
        assert_eq!(
            Open(Some(&window(vec![0, 7, 8], 119, 24 * 60))).to_string(),
            "?,sun,? 01:59-24:00 Europe/Berlin"
        );
        assert_eq!(Open(None).to_string(), "at any time");
    }
}
