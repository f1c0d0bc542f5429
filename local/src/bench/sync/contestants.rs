//! Who makes a bucket match the branch, and what each was seen to take.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use changegate::domain::archive;
use changegate::domain::sync::push::SyncRequest;
use serde_json::{Value, json};
use tokio::process::Command;

use super::files::ENVIRONMENT;
use super::proxy::Traffic;
use super::world::{BRANCH, REPOSITORY, World, run};
use super::{BenchError, Failure};
use crate::bench::functions::process::peak_kib;
use crate::bench::functions::runtime_api::RuntimeApi;
use crate::environment::ministack::{ACCOUNT, REGION, ROOT_KEY};

/// Prefix of the pipelines' names.
pub(super) const PREFIX: &str = "changegate-";
/// Names the buckets of the article's script for samples of uploads: of the first sync, and of later ones, which upload
/// other files. The script removes what its checkout does not hold.
pub(super) const SAMPLE_BUCKETS: [&str; 2] = ["sample-first", "sample-later"];
/// The root pipeline.
pub(super) const ROOT: &str = "changegate-root";
/// What one invocation of the function may take.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const LIMIT: Duration = Duration::from_mins(15);

/// One measurement.
#[derive(Debug, Clone, Default)]
pub(super) struct Measured {
    /// From the start of the program to its end, or to its answer.
    pub(super) took: Duration,
    /// Requests to S3.
    pub(super) s3: Traffic,
    /// Requests to GitHub; for the others a checkout is there already.
    pub(super) github: Traffic,
    /// Peak resident memory, where it is known.
    pub(super) peak_kib: Option<u64>,
    /// Of how many changed files the figures were scaled up, where they were.
    pub(super) sampled: Option<usize>,
}

impl Measured {
    /// These figures, and `count` times what each of `sample` uploads cost: what `with` them took beyond `without`.
    fn and_uploads(&self, with: &Self, without: &Self, count: usize, sample: usize) -> Self {
        let more = |with: u64, without: u64| {
            let (count, sample) = (count as u64, sample.max(1) as u64);
            with.saturating_sub(without) * count / sample
        };
        let factor = u32::try_from(count).unwrap_or(u32::MAX);
        let divisor = u32::try_from(sample).unwrap_or(u32::MAX).max(1);
        Self {
            took: self.took + with.took.saturating_sub(without.took) * factor / divisor,
            s3: Traffic {
                requests: self.s3.requests + more(with.s3.requests, without.s3.requests),
                sent: self.s3.sent + more(with.s3.sent, without.s3.sent),
                received: self.s3.received + more(with.s3.received, without.s3.received),
            },
            sampled: Some(sample),
            ..self.clone()
        }
    }
}

/// The function `source-sync`, as Lambda would run it: one process, one event.
pub(super) async fn this_sync(
    world: &World<'_>,
    binary: &Path,
    starts: &BTreeSet<String>,
) -> Result<Measured, Failure> {
    let head = world.files.head().await?;
    let request = SyncRequest::Push {
        commit: head,
        delivery: "bench".to_owned(),
    };
    let event = json!({"Records": [{
        "messageId": "1", "receiptHandle": "bench", "body": serde_json::to_string(&request)?,
        "eventSource": "aws:sqs", "awsRegion": REGION,
    }]});
    let api = RuntimeApi::start(LIMIT).await?;
    let folder = world.scratch()?;
    let log = folder.path().join("log");
    forget(world);
    let started = Instant::now();
    let mut child = Command::new(binary)
        .env_clear()
        .envs(variables(world))
        .env("AWS_LAMBDA_RUNTIME_API", api.authority())
        .env("AWS_LAMBDA_FUNCTION_NAME", "bench")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .stdout(std::fs::File::create(&log)?)
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let answer = tokio::select! {
        answer = api.invoke(event.to_string().into_bytes()) => answer,
        _ = child.wait() => None,
    };
    let took = started.elapsed();
    let peak_kib = child.id().map(peak_kib);
    child.kill().await?;
    let answer = answer.map(|answer| answer.body).unwrap_or_default();
    let answer: Value = serde_json::from_slice(&answer).unwrap_or_default();
    let started: BTreeSet<String> = world.starts.take().into_iter().collect();
    if answer["batchItemFailures"] != json!([]) || started != *starts {
        let text = std::fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        return Err(BenchError::Failed {
            what: "the sync",
            said: format!(
                "{} of {} pipelines started; {}",
                started.len(),
                starts.len(),
                lines[lines.len().saturating_sub(5)..].join("\n")
            ),
        }
        .into());
    }
    Ok(Measured {
        took,
        s3: world.s3.take(),
        github: world.github.take(),
        peak_kib,
        sampled: None,
    })
}

fn variables(world: &World<'_>) -> Vec<(&'static str, String)> {
    let role = |name: &str| format!("arn:aws:iam::{ACCOUNT}:role/changegate/deployers/{name}");
    let floor = json!({
        "minimumApprovals": 1, "authorMayApprove": true, "stackNamePattern": "*",
        "deployerPrefix": role(""), "reservedStackNames": [],
    });
    [
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ACCESS_KEY_ID", ROOT_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", ROOT_KEY.to_owned()),
        ("AWS_ENDPOINT_URL", world.endpoint().to_owned()),
        ("AWS_ENDPOINT_URL_S3", world.s3.url().to_owned()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", world.secrets.url().to_owned()),
        ("AWS_ENDPOINT_URL_CODEPIPELINE", world.starts.url().to_owned()),
        ("CHANGEGATE_ENVIRONMENT", ENVIRONMENT.to_owned()),
        ("CHANGEGATE_SOURCE_BUCKET", world.bucket("this")),
        ("CHANGEGATE_PIPELINE_PREFIX", PREFIX.to_owned()),
        ("CHANGEGATE_ROOT_PIPELINE", ROOT.to_owned()),
        ("CHANGEGATE_FLOOR", floor.to_string()),
        ("CHANGEGATE_DEPLOYER_ROLE_ARN", role("stacks")),
        (
            "CHANGEGATE_QUEUE_URL",
            format!("{}/{ACCOUNT}/bench.fifo", world.endpoint()),
        ),
        ("CHANGEGATE_GITHUB_REPOSITORY", REPOSITORY.to_owned()),
        ("CHANGEGATE_GITHUB_BRANCH", BRANCH.to_owned()),
        ("CHANGEGATE_GITHUB_API_URL", format!("{}/api/v3", world.github.url())),
        ("CHANGEGATE_GITHUB_WEB_URL", world.github.url().to_owned()),
        ("CHANGEGATE_GITHUB_CREDENTIAL_ARN", world.credential.clone()),
    ]
    .to_vec()
}

/// `aws s3 sync` of the plain files.
pub(super) async fn aws_s3_sync(world: &World<'_>) -> Result<Measured, Failure> {
    let mut command = world.program(Path::new("aws"));
    command
        .args(["s3", "sync", "--quiet", "--delete"])
        .arg(world.files.folder().join("stacks"))
        .arg(format!("s3://{}/TemplateSource/stacks", world.bucket("aws")));
    measure(world, &mut command, "aws s3 sync").await
}

/// `s5cmd sync` of the plain files.
pub(super) async fn s5cmd_sync(world: &World<'_>) -> Result<Measured, Failure> {
    let mut command = world.program(Path::new("s5cmd"));
    command
        .args(["--endpoint-url", world.s3.url(), "--log", "error", "sync", "--delete"])
        .arg(format!("{}/", world.files.folder().join("stacks").display()))
        .arg(format!("s3://{}/TemplateSource/stacks/", world.bucket("s5cmd")));
    measure(world, &mut command, "s5cmd sync").await
}

/// The article's script in a checkout, with this contestant's bucket.
async fn article(world: &World<'_>, script: &Path, checkout: &Path, contestant: &str) -> Result<Measured, Failure> {
    let existing = world.scratch()?;
    let mut command = world.program(Path::new("bash"));
    command
        .current_dir(checkout)
        .arg(script)
        .arg(world.bucket(contestant))
        .arg(existing.path());
    measure(world, &mut command, "the article's script").await
}

/// The article's script. Of more than `sample` changed files, only so many are uploaded, from a checkout and to a bucket
/// that hold nothing else; what that takes for each is added to what the script takes on the whole repository without
/// any upload. `is_first` says that the script's bucket is empty, so that there is nothing to download either.
pub(super) async fn article_sampled(
    world: &World<'_>,
    script: &Path,
    changed: &[String],
    sample: usize,
    is_first: bool,
) -> Result<Measured, Failure> {
    let whole = world.files.folder();
    if changed.len() <= sample {
        return article(world, script, whole, "article").await;
    }
    let sampled = &changed[..sample];
    let (empty, small, former) = (world.scratch()?, world.scratch()?, world.scratch()?);
    for file in sampled {
        let content = std::fs::read(whole.join(file))?;
        write(&small.path().join(file), &content)?;
        write(&former.path().join(file), &[content.as_slice(), b"\n"].concat())?;
    }
    let [of_first, of_later] = SAMPLE_BUCKETS;
    let bucket = if is_first { of_first } else { of_later };
    // Both runs find the same objects to download, so that they differ only by the uploads.
    put_aside(world, former.path(), bucket, sampled).await?;
    let with = article(world, script, small.path(), bucket).await?;
    let without = article(world, script, small.path(), bucket).await?;
    let base = if is_first {
        let base = article(world, script, empty.path(), "article").await?;
        put_aside(world, whole, "article", changed).await?;
        base
    } else {
        put_aside(world, whole, "article", changed).await?;
        article(world, script, whole, "article").await?
    };
    Ok(base.and_uploads(&with, &without, changed.len(), sampled.len()))
}

fn write(file: &Path, content: &[u8]) -> std::io::Result<()> {
    if let Some(parent) = file.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(file, content)
}

/// Puts files of a checkout and their archives into a bucket as the article's script would, without being counted.
async fn put_aside(world: &World<'_>, checkout: &Path, contestant: &str, files: &[String]) -> Result<(), Failure> {
    let folder = world.scratch()?;
    for file in files {
        let to = folder.path().join("TemplateSource").join(file);
        let content = std::fs::read(checkout.join(file))?;
        let name = file.rsplit('/').next().unwrap_or(file);
        write(&to, &content)?;
        std::fs::write(to.with_file_name(format!("{name}.zip")), archive::pack(name, &content)?)?;
    }
    world.seed(&world.bucket(contestant), folder.path()).await
}

async fn measure(world: &World<'_>, command: &mut Command, what: &'static str) -> Result<Measured, Failure> {
    forget(world);
    let started = Instant::now();
    run(command, what).await?;
    Ok(Measured {
        took: started.elapsed(),
        s3: world.s3.take(),
        github: world.github.take(),
        ..Measured::default()
    })
}

fn forget(world: &World<'_>) {
    world.s3.take();
    world.github.take();
    world.secrets.take();
    world.starts.take();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uploads_are_scaled_by_what_a_sample_of_them_cost_beyond_none() {
        let measured = |seconds, requests| Measured {
            took: Duration::from_secs(seconds),
            s3: Traffic {
                requests,
                ..Traffic::default()
            },
            ..Measured::default()
        };
        let scaled = measured(40, 4000).and_uploads(&measured(12, 120), &measured(2, 100), 100, 10);
        assert_eq!(scaled.took, Duration::from_secs(140));
        assert_eq!(scaled.s3.requests, 4200);
        assert_eq!(scaled.sampled, Some(10));
    }
}
