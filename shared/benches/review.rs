//! How long a review takes: 500 resources with 20 properties each, and a change set of 5 MB.
//!
//! Before the benchmark itself it prints what each part of a review takes, and the most memory that a process which
//! makes one review ever held, its input included.
//!
//! `cargo bench -p changegate --no-default-features --bench review`

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use changegate::domain::change_set::build::Inputs;
use changegate::domain::change_set::review::Review;
use changegate::domain::change_set::saved;
use changegate::review;
use criterion::Criterion;
use serde_json::{Map, Value, json};

/// A change set of `resources` resources with `properties` properties each, of which every second one changes.
fn change_set(resources: usize, properties: usize, padding: usize) -> String {
    let types = [
        "AWS::SQS::Queue",
        "AWS::Lambda::Function",
        "AWS::IAM::Role",
        "AWS::DynamoDB::Table",
        "AWS::S3::Bucket",
    ];
    let changes: Vec<_> = (0..resources)
        .map(|at| {
            let value = |number: usize, word: &str| {
                let word = if number.is_multiple_of(2) { word } else { "stays" };
                let text = format!("arn:aws:sqs:eu-west-1:111122223333:queue-{at}-{number}-{word}");
                format!("{text}{}", " some words of a description".repeat(padding))
            };
            let side = |word: &str| {
                let values: Map<_, _> = (0..properties)
                    .map(|number| (format!("Property{number}"), Value::String(value(number, word))))
                    .collect();
                json!({ "Properties": values }).to_string()
            };
            let details: Vec<_> = (0..properties)
                .step_by(2)
                .map(|number| {
                    json!({
                        "Target": {
                            "Attribute": "Properties", "Name": format!("Property{number}"),
                            "RequiresRecreation": "Never", "Path": format!("/Properties/Property{number}"),
                            "BeforeValue": value(number, "before"), "AfterValue": value(number, "after"), "AttributeChangeType": "Modify"
                        },
                        "Evaluation": "Static", "ChangeSource": "ParameterReference", "CausingEntity": "Size"
                    })
                })
                .collect();
            json!({ "Type": "Resource", "ResourceChange": {
                "Action": "Modify", "LogicalResourceId": format!("Resource{at}"),
                "PhysicalResourceId": format!("production-orders-Resource{at}-1ABC2DEF3GHI4"),
                "ResourceType": types[at % types.len()], "Replacement": "False", "Scope": ["Properties"],
                "Details": details, "BeforeContext": side("before"), "AfterContext": side("after"),
            }})
        })
        .collect();
    json!({ "ChangeSetName": "large", "ChangeSetId": "arn:large", "StackName": "large", "Changes": changes })
        .to_string()
}

/// Argument by which the benchmark calls itself to make one review of a file and say how much memory that took.
const MEMORY: &str = "--memory-of";
/// How often a part is timed; the best time counts, because a machine only ever adds to it.
const ROUNDS: usize = 20;

fn model(text: &str) -> Review {
    let (tree, warnings) = saved::tree_of(&[text]).unwrap_or_default();
    Review::of(&Inputs {
        title: "large",
        stack_name: "large",
        tree: Some(&tree),
        warnings,
        ..Inputs::default()
    })
}

/// Everything that happens between reading and writing: the model and all renderings.
fn everything(text: &str) -> usize {
    let review = model(text);
    [
        review::text(&review),
        review::markdown(&review),
        review::html(&review),
        review::json(&review),
        review::summary(&review),
    ]
    .iter()
    .map(String::len)
    .sum()
}

fn best<T>(mut part: impl FnMut() -> T) -> Duration {
    (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            black_box(part());
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// Prints what each part takes.
fn parts(name: &str, text: &str) {
    let (tree, _) = saved::tree_of(&[text]).unwrap_or_default();
    let inputs = Inputs {
        title: "large",
        stack_name: "large",
        tree: Some(&tree),
        ..Inputs::default()
    };
    let review = Review::of(&inputs);
    let times = [
        ("reading", best(|| saved::tree_of(&[text]).map(drop).is_ok())),
        ("model", best(|| Review::of(&inputs))),
        ("text", best(|| review::text(&review))),
        ("markdown", best(|| review::markdown(&review))),
        ("html", best(|| review::html(&review))),
        ("json", best(|| review::json(&review))),
    ];
    let words: Vec<_> = times
        .iter()
        .map(|(part, time)| format!("{part} {:.1} ms", time.as_secs_f64() * 1e3))
        .collect();
    let making: Duration = times.iter().skip(1).map(|(_, time)| *time).sum();
    println!("{name}: {}", words.join(", "));
    println!(
        "{name}: model and renderings {:.1} ms, best of {ROUNDS}",
        making.as_secs_f64() * 1e3
    );
}

/// Prints how much memory a process that makes this review ever held.
fn memory(name: &str, text: &str) -> std::io::Result<()> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), text)?;
    let answer = Command::new(std::env::current_exe()?)
        .arg(MEMORY)
        .arg(file.path())
        .output()?;
    println!("{name}: {}", String::from_utf8_lossy(&answer.stdout).trim());
    Ok(())
}

/// What the kernel counts for this process, in kB; `None` where there is no such count.
fn counted(name: &str) -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn benchmark(criterion: &mut Criterion, sets: &[(String, String)]) {
    let mut group = criterion.benchmark_group("review");
    group.sample_size(20);
    for (name, text) in sets {
        group.bench_function(name, |bencher| {
            bencher.iter(|| everything(black_box(text)));
        });
    }
    group.finish();
}

fn main() -> std::io::Result<()> {
    let arguments: Vec<_> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == MEMORY) {
        let text = std::fs::read_to_string(arguments.get(at + 1).map_or("", String::as_str))?;
        let bytes = everything(&text);
        match counted("VmHWM") {
            Some(most) => println!(
                "{bytes} bytes rendered, at most {:.1} MB held",
                f64::from(most) / 1024.0
            ),
            None => println!("{bytes} bytes rendered; this system does not count memory"),
        }
        return Ok(());
    }
    let sets: Vec<_> = [0, 3]
        .map(|padding| {
            let text = change_set(500, 20, padding);
            let size = text.len() / 1_000;
            (format!("500 resources of 20 properties, {size} kB"), text)
        })
        .into();
    for (name, text) in &sets {
        parts(name, text);
        memory(name, text)?;
    }
    let mut criterion = Criterion::default().configure_from_args();
    benchmark(&mut criterion, &sets);
    criterion.final_summary();
    Ok(())
}
