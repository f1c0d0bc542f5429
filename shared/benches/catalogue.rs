//! How long it takes from a catalogue and a tree to the template of the pipelines, and how much memory.
//!
//! `cargo bench -p changegate --no-default-features --bench catalogue`
//!
//! More than about 250 pipelines do not fit into one template, so what is measured of 500 and 1,000 ends with the
//! refusal: everything is rendered before its size is known.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;

use changegate::domain::catalogue::{Environment, RepositoryFiles, files_needed, resolve};
use changegate::domain::gate::Floor;
use changegate::domain::pipelines::{PipelinesSettings, render};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

/// The files of a repository: path to blob, and the content of the catalogue.
struct Repository {
    blobs: BTreeMap<String, String>,
    contents: BTreeMap<String, Vec<u8>>,
}

/// A repository of so many stacks, each with an entry, a template, two configurations and a snippet.
fn repository(stacks: usize) -> Repository {
    let mut catalogue = String::from(
        "version: 1\ndefaults: { approvals: 1, capabilities: [CAPABILITY_IAM] }\npaths:\n  stacks/team-3: { approvals: 2 }\n\
         people: { octocat: [\"arn:aws:iam::111122223333:user/octocat\"] }\nstacks:\n  \"team-7-*\": { release: manual }\n",
    );
    let mut blobs = BTreeMap::new();
    for number in 0..stacks {
        let team = number % 10;
        let folder = format!("stacks/team-{team}/service-{number:04}");
        for file in ["template.yaml", "production.json", "staging.json", "queue.yaml"] {
            blobs.insert(format!("{folder}/{file}"), format!("{number:036x}{:04}", file.len()));
        }
        let _infallible = writeln!(
            catalogue,
            "  team-{team}-service-{number:04}: {{ stack_name: \"{{environment}}-service-{number:04}\", first_run: hold }}"
        );
    }
    blobs.insert("changegate.yaml".to_owned(), "0".repeat(40));
    let contents = BTreeMap::from([("changegate.yaml".to_owned(), catalogue.into_bytes())]);
    Repository { blobs, contents }
}

/// From the catalogue and the tree to the template; the number of bytes, or none when it is refused as too large.
fn everything(repository: &Repository, environment: &Environment, settings: &PipelinesSettings) -> Option<usize> {
    let files = RepositoryFiles {
        blobs: &repository.blobs,
        contents: &repository.contents,
    };
    assert!(files_needed(&files).is_empty(), "the catalogue names no other file");
    let resolution = resolve(&files, environment, &[]);
    assert!(resolution.is_sound(), "{:?}", resolution.lines());
    let catalogue = resolution.document(&environment.name).to_json();
    render(&resolution.stacks, settings)
        .ok()
        .map(|template| template.len() + catalogue.len())
}

/// Peak of the memory of this process in kibibytes, where Linux tells it.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

fn benchmark(criterion: &mut Criterion) {
    let environment = Environment {
        name: "production".to_owned(),
        pipeline_prefix: "changegate-".to_owned(),
        floor: Floor {
            minimum_approvals: 1,
            author_may_approve: true,
            deployer_prefix: "arn:aws:iam::111122223333:role/changegate/deployers/".to_owned(),
            stack_name_pattern: "*".to_owned(),
            reserved_stack_names: vec!["changegate".to_owned(), "changegate-pipelines".to_owned()],
            approvers: None,
        },
        default_deployer: "arn:aws:iam::111122223333:role/changegate/deployers/changegate-StackDeployer".to_owned(),
    };
    let settings = PipelinesSettings {
        environment: "production".to_owned(),
        pipeline_prefix: "changegate-".to_owned(),
        role_arn: "arn:aws:iam::111122223333:role/changegate/changegate-PipelineRole-1A2B3C4D5E6F".to_owned(),
        source_bucket: "changegate-sourcebucket-1a2b3c4d5e6f".to_owned(),
        artifact_bucket: "changegate-artifactbucket-1a2b3c4d5e6f".to_owned(),
        create_function: "changegate-changeset-create".to_owned(),
        describe_function: "changegate-changeset-describe".to_owned(),
        execute_function: "changegate-changeset-execute".to_owned(),
    };
    // Once before anything else, so that the peak is of this alone.
    let first = repository(250);
    let bytes = everything(&first, &environment, &settings);
    assert!(bytes.is_some(), "250 pipelines fit");
    match peak_kib() {
        Some(peak) => println!("250 stacks, the whole process: {} MB at its peak", peak / 1024),
        None => println!("the peak of the memory is not told here"),
    }
    let mut group = criterion.benchmark_group("catalogue and tree to template");
    group.sample_size(20);
    for stacks in [125, 250, 500, 1_000] {
        let repository = repository(stacks);
        group.throughput(Throughput::Elements(u64::try_from(stacks).unwrap_or_default()));
        group.bench_with_input(
            BenchmarkId::from_parameter(stacks),
            &repository,
            |bencher, repository| {
                bencher.iter(|| everything(black_box(repository), &environment, &settings));
            },
        );
    }
    group.finish();
}

criterion_group!(benches, benchmark);
criterion_main!(benches);
