//! The figures of a benchmark run, for people and for programs.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::process::Sample;

/// Minimum, median and maximum, in microseconds.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Spread {
    min: u128,
    median: u128,
    max: u128,
}

impl Spread {
    fn of(values: impl Iterator<Item = Duration>) -> Self {
        let mut micros: Vec<_> = values.map(|value| value.as_micros()).collect();
        micros.sort_unstable();
        let at = |index: usize| micros.get(index).copied().unwrap_or_default();
        Self {
            min: at(0),
            median: at(micros.len() / 2),
            max: at(micros.len().saturating_sub(1)),
        }
    }
}

/// What was measured of one program.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Figures {
    start: Spread,
    first_invocation: Spread,
    later_invocations: Spread,
    peak_kib: u64,
    first_requests: u64,
    later_requests: u64,
}

impl Figures {
    fn of(samples: &[Sample]) -> Self {
        Self {
            start: Spread::of(samples.iter().map(|sample| sample.start)),
            first_invocation: Spread::of(samples.iter().map(|sample| sample.first)),
            later_invocations: Spread::of(samples.iter().flat_map(|sample| sample.later.iter().copied())),
            peak_kib: samples.iter().map(|sample| sample.peak_kib).max().unwrap_or_default(),
            first_requests: samples
                .iter()
                .map(|sample| sample.first_requests)
                .max()
                .unwrap_or_default(),
            later_requests: samples
                .iter()
                .flat_map(|sample| sample.later_requests.clone())
                .max()
                .unwrap_or_default(),
        }
    }
}

/// One function: its sizes and figures, and those of the Python handler beside it.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    function: &'static str,
    bytes: u64,
    zipped_bytes: u64,
    figures: Figures,
    python: Option<Figures>,
}

impl Row {
    /// Gathers the samples of one function.
    pub(super) fn new(
        function: &'static str,
        (bytes, zipped_bytes): (u64, u64),
        samples: &[Sample],
        python: Option<&[Sample]>,
    ) -> Self {
        Self {
            function,
            bytes,
            zipped_bytes,
            figures: Figures::of(samples),
            python: python.map(Figures::of),
        }
    }
}

/// All rows as JSON; times in microseconds.
pub(super) fn json(rows: &[Row]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(rows)
}

/// All rows as a table.
pub(super) fn text(rows: &[Row], runs: u16) -> String {
    let mut text = format!(
        "{runs} processes each, after one that is not counted; milliseconds as minimum/median/maximum; first invocation with its TLS handshakes\n\n\
         {:<22}{:>9}{:>9}{:>20}{:>22}{:>20}{:>9}{:>10}\n",
        "function", "MB", "zip MB", "start", "first", "later", "peak MB", "requests"
    );
    for row in rows {
        line(
            &mut text,
            row.function,
            Some((row.bytes, row.zipped_bytes)),
            &row.figures,
        );
        if let Some(python) = &row.python {
            line(&mut text, "  in Python (boto3)", None, python);
            let ratio = ratio(python.start.median, row.figures.start.median);
            // Writing to a String does not fail.
            let _ = writeln!(text, "  starts {ratio} times as fast as Python");
        }
    }
    text
}

fn line(text: &mut String, name: &str, sizes: Option<(u64, u64)>, figures: &Figures) {
    let megabytes = |bytes: u64| tenths(u128::from(bytes), 1_000_000);
    let (bytes, zipped) = sizes.map_or_else(Default::default, |(a, b)| (megabytes(a), megabytes(b)));
    // Writing to a String does not fail.
    let _ = writeln!(
        text,
        "{name:<22}{bytes:>9}{zipped:>9}{:>20}{:>22}{:>20}{:>9}{:>10}",
        spread(figures.start),
        spread(figures.first_invocation),
        spread(figures.later_invocations),
        tenths(u128::from(figures.peak_kib) * 1024, 1_000_000),
        format!("{}+{}", figures.first_requests, figures.later_requests),
    );
}

fn spread(spread: Spread) -> String {
    let milliseconds = |micros| tenths(micros, 1000);
    format!(
        "{}/{}/{}",
        milliseconds(spread.min),
        milliseconds(spread.median),
        milliseconds(spread.max)
    )
}

/// `value / unit` with one decimal.
fn tenths(value: u128, unit: u128) -> String {
    let tenths = (value * 10 + unit / 2) / unit;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn ratio(slow: u128, fast: u128) -> String {
    tenths(slow, fast.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_rounded_to_one_decimal() {
        assert_eq!(tenths(1_250, 1000), "1.3");
        assert_eq!(tenths(999, 1000), "1.0");
        assert_eq!(tenths(0, 1000), "0.0");
    }

    #[test]
    fn a_spread_is_minimum_median_and_maximum_whatever_the_order() {
        let spread = Spread::of([3, 1, 2].into_iter().map(Duration::from_micros));
        assert_eq!((spread.min, spread.median, spread.max), (1, 2, 3));
    }
}
