//! What templates of at most a megabyte may cost that were written to cost much: each is read and worked out by a
//! process of its own, which tells how long that took and the most memory that it ever held.
//!
//! `cargo bench -p changegate --no-default-features --bench hostile`

use std::fmt::Write as _;
use std::io::Error;
use std::process::Command;
use std::time::Instant;

use changegate::domain::planning::TemplateFacts;
use changegate::domain::template::evaluate::Evaluator;
use changegate::domain::template::{Template, read};

/// Most bytes of a template.
const BYTES: usize = 1_000_000;
/// Argument by which the benchmark calls itself to measure one case.
const CASE: &str = "--case";

/// Repeats `part` as often as it fits between `before` and `after`.
fn filled(before: &str, part: &str, after: &str) -> String {
    let times = (BYTES - before.len() - after.len()) / part.len();
    format!("{before}{}{after}", part.repeat(times))
}

/// `levels` of `outer` around `inner`; `@` stands for what is within.
fn nested(outer: &str, inner: &str, levels: usize) -> String {
    (0..levels).fold(inner.to_owned(), |within, _| outer.replace('@', &within))
}

fn chain(link: impl Fn(usize) -> String) -> String {
    let mut text = "{\"Resources\": {\"A\": {\"Condition\": \"C9999\"}}, \"Conditions\": {\"C0\": {\"Fn::Equals\": [\"x\", \"x\"]}".to_owned();
    let mut number = 1;
    while text.len() < BYTES - 200 {
        let _ = write!(text, ", \"C{number}\": {}", link(number - 1));
        number += 1;
    }
    text + "}}"
}

fn cases() -> Vec<(&'static str, String)> {
    let mut cases = for_the_reader();
    cases.extend(for_the_evaluator());
    cases
}

fn for_the_reader() -> Vec<(&'static str, String)> {
    let long = "x".repeat(500_000);
    vec![
        (
            "aliases of one long text",
            filled(&format!("a: &x {long}\nb:\n"), "  - *x\n", ""),
        ),
        (
            "aliases of a list",
            filled(&format!("a: &x [{}]\nb:\n", "y,".repeat(1_000)), "  - *x\n", ""),
        ),
        ("short items in JSON", filled("[1", ",1", "]")),
        ("short items in YAML", filled("[1", ",1", "]").replace("[1,", "[a,")),
        (
            "keys in YAML",
            (0..90_000).fold(String::new(), |mut text, key| {
                let _ = writeln!(text, "k{key}: v");
                text
            }),
        ),
        ("nested brackets", "[".repeat(BYTES)),
        ("nested keys", "? ".repeat(BYTES / 2)),
        ("quotes that stay open", format!("a: \"{}", "\\n".repeat(BYTES / 2))),
        (
            "anchors",
            (0..60_000).fold(String::new(), |mut text, key| {
                let _ = writeln!(text, "- &a{key} v");
                text
            }),
        ),
    ]
}

fn for_the_evaluator() -> Vec<(&'static str, String)> {
    let of = |value: &str| format!("{{\"Resources\": {{\"A\": {{\"P\": {value}}}}}}}");
    let sub = "{\"Fn::Sub\": [\"${a}${a}${a}${a}\", {\"a\": @}]}";
    let find = "{\"Fn::FindInMap\": [\"M\", \"a\", \"b\"]}";
    vec![
        ("Fn::Sub within each other", of(&nested(sub, "\"0123456789\"", 28))),
        (
            "wide Fn::Sub",
            of(&format!(
                "{{\"Fn::Sub\": [\"{}\", {{\"a\": \"{}\"}}]}}",
                "${a}".repeat(100_000),
                "y".repeat(400_000)
            )),
        ),
        (
            "Fn::Join of a long separator",
            of(&format!(
                "{{\"Fn::Join\": [\"{}\", [{}]]}}",
                "s".repeat(400_000),
                filled("\"\"", ",\"\"", "").get(..500_000).unwrap_or_default()
            )),
        ),
        (
            "Fn::Split into many",
            of(&format!("{{\"Fn::Split\": [\",\", \"{}\"]}}", ",".repeat(900_000))),
        ),
        (
            "Fn::ToJsonString within itself",
            of(&nested("{\"Fn::ToJsonString\": @}", "\"\\\"\"", 60)),
        ),
        (
            "a mapping that holds itself",
            format!(
                "{{\"Mappings\": {{\"M\": {{\"a\": {{\"b\": [{find}, {find}]}}}}}}, \"Resources\": {{\"A\": {{\"P\": {find}}}}}}}"
            ),
        ),
        (
            "a chain of conditions",
            chain(|before| format!("{{\"Condition\": \"C{before}\"}}")),
        ),
        (
            "conditions that double",
            chain(|before| {
                format!("{{\"Fn::Or\": [{{\"Condition\": \"C{before}\"}}, {{\"Condition\": \"C{before}\"}}]}}")
            }),
        ),
        (
            "many resources",
            filled(
                "{\"Resources\": {\"A\": {\"P\": [{\"Ref\": \"B\"}",
                ",{\"Ref\":\"B\"}",
                "]}}}",
            ),
        ),
        (
            "imports",
            filled(
                "{\"Resources\": {\"A\": {\"P\": [1",
                ",{\"Fn::ImportValue\":{\"Fn::Sub\":\"${AWS::Region}\"}}",
                "]}}}",
            ),
        ),
    ]
}

/// Reads a template and works out everything in it; what came of it, in words.
fn everything(text: &str) -> String {
    let words = match read(text) {
        Ok(_) => "read".to_owned(),
        Err(error) => format!("refused at {}:{}", error.line, error.column),
    };
    let facts = TemplateFacts::of(text);
    let imports = facts.imports(&[("AWS::Region".to_owned(), Some("eu-west-1".to_owned()))].into());
    facts.transforms();
    facts.iam_resources();
    let Ok(template) = Template::parse(text) else {
        return words;
    };
    let evaluator = Evaluator::new(&template, &[].into(), "");
    let resources = template
        .section("Resources")
        .filter(|(name, _)| evaluator.resource(name).is_some());
    let told = resources.count();
    for (name, _) in template.section("Conditions") {
        evaluator.condition(name);
    }
    format!(
        "{words}, {told} resources told, {} places too much, {} imports",
        evaluator.exceeded().len(),
        imports.len()
    )
}

/// What the kernel counts for this process, in kB; `None` where there is no such count.
fn most_memory() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn main() -> Result<(), Error> {
    let arguments: Vec<_> = std::env::args().collect();
    let asked = arguments
        .iter()
        .position(|argument| argument == CASE)
        .and_then(|at| arguments.get(at + 1));
    if let Some(asked) = asked {
        let Some((_, text)) = cases().into_iter().find(|(name, _)| name == asked) else {
            return Ok(());
        };
        let start = Instant::now();
        let came = everything(&text);
        let took = start.elapsed();
        let memory = most_memory().map_or("unknown memory".to_owned(), |most| format!("{} MB", most / 1024));
        println!("{} kB: {} ms, {memory}; {came}", text.len() / 1000, took.as_millis());
        return Ok(());
    }
    for (name, _) in cases() {
        let answer = Command::new(std::env::current_exe()?).args([CASE, name]).output()?;
        println!("{name}: {}", String::from_utf8_lossy(&answer.stdout).trim());
    }
    Ok(())
}
