//! How long a review takes: 500 resources with 20 properties each, and a change set of 5 MB.
//!
//! `cargo bench -p changegate --no-default-features --bench review`

use std::hint::black_box;

use changegate::domain::change_set::build::Inputs;
use changegate::domain::change_set::review::Review;
use changegate::domain::change_set::saved;
use changegate::review;
use criterion::{Criterion, criterion_group, criterion_main};
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

/// Everything that happens between reading and writing: the model and all renderings.
fn everything(text: &str) -> usize {
    let (tree, warnings) = saved::tree_of(&[text]).unwrap_or_default();
    let review = Review::of(&Inputs {
        title: "large",
        stack_name: "large",
        tree: Some(&tree),
        warnings,
        ..Inputs::default()
    });
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

fn benchmark(criterion: &mut Criterion) {
    let usual = change_set(500, 20, 0);
    let large = change_set(500, 20, 3);
    let mut group = criterion.benchmark_group("review");
    group.sample_size(20);
    group.bench_function(
        format!("500 resources of 20 properties, {} kB", usual.len() / 1_000),
        |bencher| {
            bencher.iter(|| everything(black_box(&usual)));
        },
    );
    group.bench_function(format!("{} kB", large.len() / 1_000), |bencher| {
        bencher.iter(|| everything(black_box(&large)));
    });
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
