//! The figures of a run, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::contestants::Measured;
use super::proxy::Traffic;
use super::webhook::Answers;

/// One contestant in one situation.
pub(super) struct Row {
    /// Stacks in the repository.
    pub(super) stacks: usize,
    /// Delay of every request, in milliseconds.
    pub(super) latency_ms: u64,
    /// What had changed.
    pub(super) situation: String,
    /// Who synced.
    pub(super) contestant: &'static str,
    /// What it took; nothing when it was left out, for a reason that the notes tell.
    pub(super) measured: Option<Measured>,
}

/// What a reader has to know beside the figures.
pub(super) const NOTES: &str = "Time is from the start of the program to its end or answer, on a repository that the \
others find checked out already; this sync reads it from the Git host.\n\
This sync also packages templates, checks configurations, writes archives and provenance, and starts pipelines; the \
article's script writes archives; the others copy plain files.\n\
~ with uploads scaled up from ten of them, made alone in the same run; - left out: the article's script downloads the \
whole bucket each time.";

/// All rows as JSON.
pub(super) fn json(rows: &[Row], webhook: &[Answers]) -> serde_json::Result<String> {
    let rows: Vec<Value> = rows.iter().map(row).collect();
    serde_json::to_string_pretty(&json!({
        "notes": NOTES.lines().collect::<Vec<_>>(),
        "rows": rows,
        "webhook": webhook,
    }))
}

fn row(row: &Row) -> Value {
    let mut value = json!({
        "stacks": row.stacks,
        "latencyMs": row.latency_ms,
        "changed": row.situation,
        "contestant": row.contestant,
        "measured": row.measured.is_some(),
    });
    if let Some(measured) = &row.measured {
        value["milliseconds"] = json!(u64::try_from(measured.took.as_millis()).unwrap_or(u64::MAX));
        value["s3"] = traffic(measured.s3);
        value["github"] = traffic(measured.github);
        value["peakKib"] = json!(measured.peak_kib);
        value["scaledFrom"] = json!(measured.sampled);
    }
    value
}

fn traffic(traffic: Traffic) -> Value {
    // A struct of numbers always becomes JSON.
    serde_json::to_value(traffic).unwrap_or_default()
}

/// All rows as a table.
pub(super) fn text(rows: &[Row]) -> String {
    let mut text = String::new();
    let mut before = None;
    for row in rows {
        let group = (row.stacks, row.latency_ms);
        if before != Some(group) {
            // Writing to a String does not fail.
            let _ = writeln!(
                text,
                "\n{} stacks, {} ms for each request\n{:<10}{:<18}{:>10}{:>12}{:>12}{:>8}{:>12}{:>9}",
                row.stacks, row.latency_ms, "changed", "", "S3", "KB to S3", "KB from S3", "GitHub", "time", "peak MB"
            );
            before = Some(group);
        }
        let _ = writeln!(text, "{}", line(row));
    }
    let _ = write!(text, "\n{NOTES}");
    text
}

fn line(row: &Row) -> String {
    let Some(measured) = &row.measured else {
        return format!("{:<10}{:<18}{:>10}", row.situation, row.contestant, "-");
    };
    let mark = if measured.sampled.is_some() { "~" } else { "" };
    let kilobytes = |bytes: u64| format!("{mark}{}", bytes.div_ceil(1000));
    let peak = measured.peak_kib.map(|kib| (kib * 1024 / 1_000_000).to_string());
    format!(
        "{:<10}{:<18}{:>10}{:>12}{:>12}{:>8}{:>12}{:>9}",
        row.situation,
        row.contestant,
        format!("{mark}{}", measured.s3.requests),
        kilobytes(measured.s3.sent),
        kilobytes(measured.s3.received),
        measured.github.requests,
        format!("{mark}{:.3} s", measured.took.as_secs_f64()),
        peak.unwrap_or_default(),
    )
}
