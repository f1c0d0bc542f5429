//! The window of a gate, as a catalogue writes it.

use super::problem::{ProblemKind, nearest};
use super::read::{Reader, at};
use super::schema::At;
use crate::domain::document::{Node, Value};
use crate::domain::gate::Window;

const DAYS: &[&str] = &["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const KEYS: &[&str] = &["days", "hours", "time_zone"];
const EXPECTED: &str =
    "`none`, or a mapping such as `{ days: mon-thu, hours: \"09:00-16:00\", time_zone: Asia/Kolkata }`";
const EXPECTED_DAYS: &str = "days such as `mon-thu`, `mon,wed` or `[mon, wed]`";

/// Reads `window:`; the inner `None` is `none`.
pub(super) fn read(reader: &mut Reader<'_>, node: &Node) -> Option<At<Option<Window>>> {
    if node.as_text() == Some("none") {
        return Some(at(node, None));
    }
    let Value::Mapping(entries) = &node.value else {
        return reader.wrong_type(node, "window", EXPECTED);
    };
    let mut days = Some((1..=7).collect());
    let mut hours = Some((0, 24 * 60));
    let mut time_zone = None;
    let mut is_sound = true;
    for (key, value) in entries {
        match key.as_text().unwrap_or_default() {
            "days" => days = read_days(reader, value),
            "hours" => hours = read_hours(reader, value),
            "time_zone" => {
                time_zone = read_time_zone(reader, value);
                is_sound = time_zone.is_some();
            }
            name => {
                let kind = ProblemKind::UnknownKey {
                    key: name.to_owned(),
                    nearest: nearest(name, KEYS.iter().copied()),
                };
                reader.refuse(key, kind);
                is_sound = false;
            }
        }
    }
    if time_zone.is_none() && is_sound {
        return reader.wrong_type(node, "window", "a `time_zone`, such as `time_zone: Asia/Kolkata`");
    }
    let (from_minute, to_minute) = hours?;
    Some(at(
        node,
        Some(Window {
            days: days?,
            from_minute,
            to_minute,
            time_zone: time_zone?,
        }),
    ))
}

fn read_days(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<u8>> {
    let mut days: Vec<u8> = Vec::new();
    let parts: Vec<(&Node, &str)> = match &node.value {
        Value::Sequence(items) => items
            .iter()
            .map(|item| (item, item.as_text().unwrap_or_default()))
            .collect(),
        _ => node
            .as_text()
            .unwrap_or_default()
            .split(',')
            .map(|part| (node, part))
            .collect(),
    };
    for (part, text) in parts {
        let range = match text.trim().split_once('-') {
            Some((from, to)) => day(from).zip(day(to)),
            None => day(text).map(|day| (day, day)),
        };
        let Some((from, to)) = range else {
            return reader.wrong_type(part, "days", EXPECTED_DAYS);
        };
        let mut current = from;
        days.push(current);
        while current != to {
            current = current % 7 + 1;
            days.push(current);
        }
    }
    days.sort_unstable();
    days.dedup();
    if days.is_empty() {
        return reader.wrong_type(node, "days", EXPECTED_DAYS);
    }
    Some(days)
}

/// The day of the week that a text names, Monday 1 to Sunday 7.
fn day(text: &str) -> Option<u8> {
    let text = text.trim().to_ascii_lowercase();
    let full = [
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
    ];
    let index = DAYS
        .iter()
        .position(|day| *day == text)
        .or_else(|| full.iter().position(|day| *day == text))?;
    u8::try_from(index + 1).ok()
}

fn read_hours(reader: &mut Reader<'_>, node: &Node) -> Option<(u16, u16)> {
    let expected = "hours such as `\"09:00-16:00\"`";
    let text = node.as_text().unwrap_or_default();
    let hours = text.split_once('-').and_then(|(from, to)| minute(from).zip(minute(to)));
    match hours {
        Some((from, to)) if from != to && from < 24 * 60 => Some((from, to)),
        _ => reader.wrong_type(node, "hours", expected),
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let are_digits = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(hour) || hour.len() > 2 || !are_digits(minute) || minute.len() != 2 {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= 24 * 60).then_some(total)
}

fn read_time_zone(reader: &mut Reader<'_>, node: &Node) -> Option<String> {
    let expected = "an IANA time zone, such as `Asia/Kolkata` or `UTC`";
    let name = reader.text(node, "time_zone", expected)?.value;
    match jiff::tz::TimeZone::get(&name) {
        Ok(zone) => Some(zone.iana_name().unwrap_or(&name).to_owned()),
        Err(_) => reader.wrong_type(node, "time_zone", expected),
    }
}
