//! Random catalogues as CloudFormation and its linter take them: rendered, linted, deployed, mutated, deployed again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use changegate::domain::catalogue::{Environment, RepositoryFiles, resolve};
use changegate::domain::gate::Floor;
use changegate::domain::pipelines::{PipelinesSettings, pipeline_name, render};
use local::aws::Aws;

use crate::site::{Running, told};
use crate::system::{repository, run};

const PREFIX: &str = "changegate-";

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// A catalogue: stack to its approvals and whether it is released by hand.
pub(crate) type Catalogue = BTreeMap<String, (u64, bool)>;

fn catalogue(stacks: u64, numbers: &mut Numbers) -> Catalogue {
    let mut catalogue = Catalogue::new();
    while u64::try_from(catalogue.len()).unwrap() < stacks {
        let word = ["data", "orders", "Web", "net_work", "queue.eu", "x"][usize::try_from(numbers.below(6)).unwrap()];
        let name = format!("{word}-{}", numbers.below(10_000));
        catalogue.insert(name, (numbers.below(3), numbers.below(2) == 0));
    }
    catalogue
}

/// Removes some stacks, renames some, adds some, and changes the gates of others. Gives those that stay.
fn mutate(catalogue: &mut Catalogue, numbers: &mut Numbers) -> BTreeSet<String> {
    let before: BTreeSet<String> = catalogue.keys().cloned().collect();
    for name in &before {
        match numbers.below(10) {
            0 => drop(catalogue.remove(name)),
            1 => {
                let gate = catalogue.remove(name).unwrap();
                catalogue.insert(format!("new-{name}"), gate);
            }
            2..=4 => drop(catalogue.insert(name.clone(), (numbers.below(3), true))),
            _ => {}
        }
    }
    for added in 0..3 {
        catalogue.insert(format!("added-{added}-{}", numbers.below(10_000)), (1, false));
    }
    before.into_iter().filter(|name| catalogue.contains_key(name)).collect()
}

pub(crate) fn template(catalogue: &Catalogue) -> String {
    let mut text = String::from("version: 1\nstacks:\n");
    let mut blobs = BTreeMap::new();
    for (index, (name, (approvals, is_released))) in catalogue.iter().enumerate() {
        let release = if *is_released { "manual" } else { "automatic" };
        let path = format!("stacks/{name}/template.yaml");
        writeln!(
            text,
            "  {name}: {{ template: {path}, stack_name: \"{{environment}}-{index}\", approvals: {approvals}, release: {release} }}"
        )
        .unwrap();
        blobs.insert(path, "0".to_owned());
        blobs.insert(format!("stacks/{name}/production.json"), "0".to_owned());
    }
    blobs.insert("changegate.yaml".to_owned(), "0".to_owned());
    let contents = BTreeMap::from([("changegate.yaml".to_owned(), text.into_bytes())]);
    let environment = Environment {
        name: "production".to_owned(),
        pipeline_prefix: PREFIX.to_owned(),
        floor: Floor {
            minimum_approvals: 0,
            author_may_approve: true,
            deployer_prefix: "arn:aws:iam::000000000000:role/changegate/deployers/".to_owned(),
            stack_name_pattern: "*".to_owned(),
            reserved_stack_names: vec!["changegate".to_owned()],
            approvers: None,
        },
        default_deployer: "arn:aws:iam::000000000000:role/changegate/deployers/default".to_owned(),
    };
    let files = RepositoryFiles {
        blobs: &blobs,
        contents: &contents,
    };
    let resolution = resolve(&files, &environment, &[]);
    assert_eq!(resolution.lines(), Vec::<String>::new());
    let settings = PipelinesSettings {
        environment: "production".to_owned(),
        pipeline_prefix: PREFIX.to_owned(),
        role_arn: "arn:aws:iam::000000000000:role/changegate/changegate-PipelineRole-1A2B3C4D5E6F".to_owned(),
        source_bucket: "changegate-sourcebucket-1a2b3c4d5e6f".to_owned(),
        artifact_bucket: "changegate-artifactbucket-1a2b3c4d5e6f".to_owned(),
        create_function: "changegate-changeset-create".to_owned(),
        describe_function: "changegate-changeset-describe".to_owned(),
        execute_function: "changegate-changeset-execute".to_owned(),
    };
    render(&resolution.stacks, &settings).unwrap()
}

/// Where the linter is, as the gate of every change installs it.
pub(super) fn lint_tools() -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _held = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let requirements = repository().join(".ci/requirements.txt");
    let tools = repository().join(".local/ci");
    let wanted = std::fs::read(&requirements).unwrap();
    if !tools.join("bin/cfn-lint").exists() || std::fs::read(tools.join("requirements.txt")).ok() != Some(wanted) {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&tools));
        run(Command::new(tools.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(&requirements));
        std::fs::copy(&requirements, tools.join("requirements.txt")).unwrap();
    }
    tools
}

#[test]
fn the_template_of_any_catalogue_is_clean_under_the_linter() {
    let directory = tempfile::tempdir().unwrap();
    let mut linter = Command::new(lint_tools().join("bin/cfn-lint"));
    let mut numbers = Numbers(7);
    for stacks in [0, 1, 9, 60, 250] {
        let path = directory.path().join(format!("{stacks}.json"));
        std::fs::write(&path, template(&catalogue(stacks, &mut numbers))).unwrap();
        linter.arg(path);
    }
    run(&mut linter);
}

/// Name of every pipeline to when it was made.
async fn pipelines(aws: &Aws) -> BTreeMap<String, String> {
    let mut pages = aws.codepipeline.list_pipelines().into_paginator().items().send();
    let mut found = BTreeMap::new();
    while let Some(pipeline) = pages.next().await {
        let pipeline = pipeline.unwrap();
        found.insert(pipeline.name.unwrap(), format!("{:?}", pipeline.created.unwrap()));
    }
    found
}

/// Creates or updates the stack of the pipelines and waits until it stands.
fn deploy(running: &Running, template: &str, verb: &str) {
    let command = |arguments: &[&str]| {
        let mut command = Command::new(running.places.venv().join("bin/aws"));
        command
            .args(["--endpoint-url", &running.state.endpoint, "--region", "eu-west-1"])
            .args(arguments)
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test");
        command
    };
    let aws = |arguments: &[&str]| run(&mut command(arguments));
    let try_aws = |arguments: &[&str]| command(arguments).output().unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), template).unwrap();
    let bucket = "s3://templates";
    if verb == "create" {
        aws(&["s3", "mb", bucket]);
        aws(&[
            "iam",
            "create-role",
            "--path",
            "/changegate/",
            "--role-name",
            "changegate-PipelineRole-1A2B3C4D5E6F",
            "--assume-role-policy-document",
            r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                "Principal": {"Service": "codepipeline.amazonaws.com"}}]}"#,
        ]);
    }
    aws(&[
        "s3",
        "cp",
        &file.path().display().to_string(),
        "s3://templates/pipelines.json",
    ]);
    aws(&[
        "cloudformation",
        &format!("{verb}-stack"),
        "--stack-name",
        "pipelines-of-all",
        "--template-url",
        "https://templates.s3.eu-west-1.amazonaws.com/pipelines.json",
    ]);
    let waited = try_aws(&[
        "cloudformation",
        "wait",
        &format!("stack-{verb}-complete"),
        "--stack-name",
        "pipelines-of-all",
    ]);
    // Asked for only when it matters.
    let events = || {
        aws(&[
            "cloudformation",
            "describe-stack-events",
            "--stack-name",
            "pipelines-of-all",
        ])
    };
    assert!(waited.status.success(), "{}", events());
}

#[test]
fn catalogues_deployed_mutated_and_deployed_again_make_no_pipeline_anew_and_lose_none() {
    let running = Running::start();
    told(async {
        let aws = Aws::root(&running.state.endpoint);
        let mut numbers = Numbers(11);
        let mut catalogue = catalogue(1, &mut numbers);
        deploy(&running, &template(&catalogue), "create");
        // From one stack to very many, and from there on in steps.
        for stacks in [40, 250, 250] {
            let mut stays: BTreeSet<String> = catalogue.keys().cloned().collect();
            let before = pipelines(&aws).await;
            if u64::try_from(catalogue.len()).unwrap() < stacks {
                let missing = stacks - u64::try_from(catalogue.len()).unwrap();
                let more = self::catalogue(missing, &mut numbers);
                for (name, gate) in more {
                    catalogue.entry(name).or_insert(gate);
                }
            } else {
                stays = mutate(&mut catalogue, &mut numbers);
            }
            deploy(&running, &template(&catalogue), "update");
            let after = pipelines(&aws).await;
            let names: BTreeSet<String> = after.keys().cloned().collect();
            let wanted: BTreeSet<String> = catalogue.keys().map(|stack| pipeline_name(PREFIX, stack)).collect();
            assert_eq!(names, wanted, "none is missing, none is left behind");
            for stack in stays {
                let name = pipeline_name(PREFIX, &stack);
                assert_eq!(before[&name], after[&name], "{name} was made anew");
            }
        }
    });
}
