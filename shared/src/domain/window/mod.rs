//! When changes may be executed: is a window open, and when does it open next.
//!
//! A window is read off the clock on the wall of its time zone: it is open whenever that clock shows a time from
//! `from_minute` to `to_minute`, on one of its days. A day is the day on which the window opens, also when it passes
//! midnight. So an hour that daylight saving leaves out is never in a window, and an hour that it repeats is in it
//! twice.

use std::fmt;

use jiff::civil::{DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};

use super::gate::Window;

/// How far ahead the next opening is looked for: a week and a day hold every day of a window, a second week the case
/// that daylight saving leaves out the only opening of the first.
const HORIZON_DAYS: i64 = 16;

/// Whether a window is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WindowState {
    /// Changes may be executed now.
    Open,
    /// Changes may not be executed now.
    Closed {
        /// When the window opens next, in its own time zone; absent when no moment of the next two weeks is in it.
        opens: Option<Zoned>,
    },
}

/// A window cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenWindow {
    /// The time zone is not known.
    #[error("the window's time zone `{0}` is not in the IANA time zone database; write one such as `Europe/Berlin`")]
    TimeZone(String),
    /// A time of the day that no clock shows.
    #[error("the window's hours go from minute {from} to minute {to} of the day, and a day has {MINUTES_OF_DAY}")]
    Hours {
        /// First minute.
        from: u16,
        /// Minute at which it closes.
        to: u16,
    },
    /// A day that no week has, or no day at all.
    #[error("the window's days are {0:?}; they go from 1, Monday, to 7, Sunday, and there must be one")]
    Days(Vec<u8>),
}

/// Minutes of a day on the wall.
const MINUTES_OF_DAY: u16 = 24 * 60;

impl Window {
    /// Whether the window is open at `now`, and when it opens next if it is not.
    ///
    /// # Errors
    ///
    /// [`BrokenWindow`] when the window cannot be read.
    pub fn state_at(&self, now: Timestamp) -> Result<WindowState, BrokenWindow> {
        self.check()?;
        let zone = TimeZone::get(&self.time_zone).map_err(|_| BrokenWindow::TimeZone(self.time_zone.clone()))?;
        if self.holds(zone.to_datetime(now)) {
            return Ok(WindowState::Open);
        }
        let opens = self.next_opening(now, &zone).map(|opens| opens.to_zoned(zone));
        Ok(WindowState::Closed { opens })
    }

    /// Whether days and hours are such as a clock and a week have.
    ///
    /// # Errors
    ///
    /// [`BrokenWindow`] with what is not.
    pub fn check(&self) -> Result<(), BrokenWindow> {
        let (from, to) = (self.from_minute, self.to_minute);
        if from >= MINUTES_OF_DAY || to > MINUTES_OF_DAY {
            return Err(BrokenWindow::Hours { from, to });
        }
        if self.days.is_empty() || self.days.iter().any(|day| !(1..=7).contains(day)) {
            return Err(BrokenWindow::Days(self.days.clone()));
        }
        Ok(())
    }

    /// Whether a time on the wall is in the window.
    fn holds(&self, wall: DateTime) -> bool {
        let minute = minute_of(wall.time());
        let (from, to) = (self.from_minute, self.to_minute);
        let today = wall.date().weekday();
        if from < to {
            return self.has(today) && (from..to).contains(&minute);
        }
        // It passes midnight. A window whose ends are equal is open at no time: nobody can say which of the two
        // readings was meant.
        from != to && ((self.has(today) && minute >= from) || (self.has(today.previous()) && minute < to))
    }

    fn has(&self, day: Weekday) -> bool {
        self.days
            .iter()
            .any(|listed| i8::try_from(*listed).is_ok_and(|listed| listed == day.to_monday_one_offset()))
    }

    /// The first moment after `now` that is in the window. The answer can change only where the wall shows the
    /// opening time, at midnight, or at a shift of the clock, so these moments are looked at and no others.
    fn next_opening(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let end = now.checked_add(Span::new().hours(HORIZON_DAYS * 24)).ok()?;
        let mut moments: Vec<Timestamp> = zone
            .following(now)
            .map(|shift| shift.timestamp())
            .take_while(|shift| *shift <= end)
            .collect();
        let opening = time_of(self.from_minute)?;
        let mut day = zone.to_datetime(now).date().yesterday().ok()?;
        for _ in 0..=HORIZON_DAYS + 1 {
            let wall = zone.to_ambiguous_timestamp(day.to_datetime(opening));
            moments.extend(wall.earlier().ok());
            moments.extend(wall.later().ok());
            let midnight = zone.to_ambiguous_timestamp(day.to_datetime(Time::midnight()));
            moments.extend(midnight.earlier().ok());
            day = day.tomorrow().ok()?;
        }
        moments
            .into_iter()
            .filter(|moment| *moment > now && self.holds(zone.to_datetime(*moment)))
            .min()
    }
}

fn minute_of(time: Time) -> u16 {
    u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs())
}

fn time_of(minute: u16) -> Option<Time> {
    let hour = i8::try_from(minute / 60).ok()?;
    let minute = i8::try_from(minute % 60).ok()?;
    Time::new(hour, minute, 0, 0).ok()
}

/// The window in words, such as `Mon-Thu 09:00-16:00 Asia/Kolkata`.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        let mut runs: Vec<(u8, u8)> = Vec::new();
        for &day in &self.days {
            match runs.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(day) => *last = day,
                _ => runs.push((day, day)),
            }
        }
        let name = |day: u8| NAMES.get(usize::from(day).wrapping_sub(1)).copied().unwrap_or("?");
        for (index, (first, last)) in runs.into_iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            match last - first {
                0 => write!(f, "{comma}{}", name(first))?,
                _ => write!(f, "{comma}{}-{}", name(first), name(last))?,
            }
        }
        let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        write!(
            f,
            " {}-{} {}",
            clock(self.from_minute),
            clock(self.to_minute),
            self.time_zone
        )
    }
}

#[cfg(test)]
mod tests;
