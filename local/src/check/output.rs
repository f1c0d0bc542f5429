//! Findings in the forms that editors and CI systems read.

use std::fmt::Write as _;

use changegate::domain::secrecy::public;
use serde_json::{Value, json};

use super::Findings;
use super::finding::{Finding, Rule};

/// One line each, `path:line:column: …`.
pub fn text(findings: &Findings) -> String {
    lines(findings, |finding| shown(&finding.to_string()))
}

/// Workflow commands, which GitHub shows beside the lines of a pull request.
///
/// Source: <https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions>
pub fn github(findings: &Findings) -> String {
    lines(findings, |finding| {
        let command = if finding.rule.is_warning() { "warning" } else { "error" };
        format!(
            "::{command} file={},line={},col={},title={}::{}",
            property(&finding.path),
            finding.line,
            finding.column,
            property(finding.rule.name()),
            data(&shown(&finding.message))
        )
    })
}

/// `{"version": 1, "findings": […], "stacks": {environment: sound}}`.
pub fn json(findings: &Findings) -> String {
    let list: Vec<Value> = findings
        .findings
        .iter()
        .map(|finding| {
            json!({
                "rule": finding.rule.name(),
                "level": level(finding),
                "path": finding.path,
                "line": finding.line,
                "column": finding.column,
                "message": shown(&finding.message),
            })
        })
        .collect();
    format!(
        "{:#}\n",
        json!({ "version": 1, "findings": list, "stacks": findings.stacks })
    )
}

/// SARIF 2.1.0, which code scanning reads.
///
/// Source: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>
pub fn sarif(findings: &Findings) -> String {
    let rules: Vec<Value> = Rule::all().map(|rule| json!({ "id": rule.name() })).collect();
    let results: Vec<Value> = findings
        .findings
        .iter()
        .map(|finding| {
            json!({
                "ruleId": finding.rule.name(),
                "level": level(finding),
                "message": { "text": shown(&finding.message) },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uri": uri(&finding.path), "uriBaseId": "%SRCROOT%" },
                    "region": { "startLine": finding.line, "startColumn": finding.column },
                } }],
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "changegate check", "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn lines(findings: &Findings, line: impl Fn(&Finding) -> String) -> String {
    findings.findings.iter().fold(String::new(), |mut text, finding| {
        text.push_str(&line(finding));
        text.push('\n');
        text
    })
}

/// A text that quotes the files of others: without secrets, in one line, everything in it visible.
fn shown(text: &str) -> String {
    public(text).visible().into_owned()
}

fn level(finding: &Finding) -> &'static str {
    if finding.rule.is_warning() { "warning" } else { "error" }
}

/// A message of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// A relative path as a URI reference.
fn uri(path: &str) -> String {
    path.bytes().fold(String::new(), |mut uri, byte| {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => uri.push(char::from(byte)),
            _ => _ = write!(uri, "%{byte:02X}"),
        }
        uri
    })
}
