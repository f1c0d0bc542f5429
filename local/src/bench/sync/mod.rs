//! `cargo local bench sync`: what a sync costs, beside other ways to make a bucket match a branch.
//!
//! The function runs as it is deployed (the release build) under a loopback Runtime API. It and the others work on the
//! same S3 endpoint, behind a proxy that counts requests and delays each by a settable time, on the same repository.

mod contestants;
mod files;
mod proxy;
mod starts;
mod table;
mod webhook;
mod world;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use self::contestants::Measured;
use self::table::Row;
use self::world::{Ground, World};
use crate::cli::Outcome;
use crate::places::Places;
use crate::progress::Progress;

/// Measure requests, bytes and time of a sync, beside the article's script, `aws s3 sync` and `s5cmd sync`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Numbers of stacks, such as 100,1000,10000.
    #[arg(long, value_delimiter = ',', default_value = "100", value_parser = clap::value_parser!(u32).range(1..=20000))]
    stacks: Vec<u32>,
    /// How many stacks change before each sync, such as 0,1,10,all.
    #[arg(long, value_delimiter = ',', default_value = "0,1,10,all")]
    changed: Vec<Changed>,
    /// Delay of each request in milliseconds, such as 0,20.
    #[arg(long, value_delimiter = ',', default_value = "0")]
    latency_ms: Vec<u64>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// Leave the article's script out.
    #[arg(long)]
    without_article: bool,
    /// Folder of the release binaries of `source-sync` and `github-webhook`; they are built when none is given.
    #[arg(long, value_name = "FOLDER")]
    binaries: Option<PathBuf>,
}

/// How many stacks change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changed {
    These(usize),
    All,
}

impl std::str::FromStr for Changed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            _ if text == "all" => Ok(Self::All),
            Ok(number) => Ok(Self::These(number)),
            Err(_) => Err("say a number, or `all`".to_owned()),
        }
    }
}

/// Any error of a benchmark.
type Failure = Box<dyn std::error::Error + Send + Sync>;

/// A measurement did not come about.
#[derive(Debug, thiserror::Error)]
enum BenchError {
    /// A program ended with an error.
    #[error("{what} did not succeed: {said}")]
    Failed {
        /// What was tried.
        what: &'static str,
        /// The end of what was said.
        said: String,
    },
    /// A contestant left the bucket other than it should be.
    #[error("after `{contestant}` its bucket holds {held} of {wanted} files, and {differs:?} is not as in the branch")]
    NotSynced {
        /// Who.
        contestant: String,
        /// Files in the bucket.
        held: usize,
        /// Files in the branch.
        wanted: usize,
        /// One that differs.
        differs: String,
    },
    /// A bench that measures nothing.
    #[error("{0} stacks cannot change, there are only {1}; ask for fewer, or for `all`")]
    TooMany(usize, usize),
}

impl BenchError {
    fn program(what: &'static str, output: &std::process::Output) -> Self {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim();
        let start = said.char_indices().rev().nth(800).map_or(0, |(index, _)| index);
        Self::Failed {
            what,
            said: said[start..].to_owned(),
        }
    }
}

/// The situation in which every bucket is empty.
const FIRST: &str = "first";
/// Uploads that the article's script makes at most in one measurement; it takes about a second for each.
const SAMPLE: usize = 10;
/// Beyond so many stacks the article's script is left out.
const ARTICLE_STACKS: usize = 1000;
const BUCKETS: [&str; 6] = [
    "this",
    "article",
    contestants::SAMPLE_BUCKETS[0],
    contestants::SAMPLE_BUCKETS[1],
    "aws",
    "s5cmd",
];

/// Runs the benchmark and prints its table.
///
/// # Errors
///
/// When something cannot be started or measured, or a contestant leaves a bucket that is not the branch.
pub async fn run(arguments: Arguments) -> Outcome {
    let progress = Progress::aside();
    let places = Places::of_this_repository();
    for changed in &arguments.changed {
        let least = arguments.stacks.iter().copied().min().unwrap_or_default() as usize;
        if let Changed::These(number) = changed
            && *number > least
        {
            return Err(BenchError::TooMany(*number, least).into());
        }
    }
    let binaries = match &arguments.binaries {
        Some(folder) => folder.canonicalize()?,
        None => super::functions::build(places.repository(), ["source-sync", "github-webhook"].into_iter()).await?,
    };
    let script = places.repository().join("local/bench/article-sync.sh");
    let ground = Ground::prepare(places.clone(), &progress).await?;
    let mut rows = Vec::new();
    for (index, (stacks, latency)) in situations(&arguments).into_iter().enumerate() {
        progress.step(&format!("{stacks} stacks, {latency} ms for each request"));
        let world = World::make(
            &ground,
            &index.to_string(),
            stacks,
            Duration::from_millis(latency),
            &BUCKETS,
        )
        .await?;
        let mut race = Race {
            world,
            binary: binaries.join("source-sync"),
            script: &script,
            stacks,
            latency,
            has_article: !arguments.without_article && stacks <= ARTICLE_STACKS,
            progress: &progress,
            rows: Vec::new(),
        };
        race.first().await?;
        for changed in &arguments.changed {
            race.later(*changed).await?;
        }
        rows.extend(race.rows);
    }
    ground.end().await;
    progress.step("the webhook at 1, 10 and 100 requests a second");
    let answers = webhook::measure(places.repository(), &binaries.join("github-webhook")).await?;
    let text = if arguments.json {
        table::json(&rows, &answers)?
    } else {
        format!("{}\n\n{}", table::text(&rows), webhook::text(&answers))
    };
    println!("{text}");
    Ok(ExitCode::SUCCESS)
}

fn situations(arguments: &Arguments) -> Vec<(usize, u64)> {
    let stacks = arguments.stacks.iter();
    let with_latencies = stacks.flat_map(|stacks| {
        let latencies = arguments.latency_ms.iter();
        latencies.map(move |latency| (*stacks as usize, *latency))
    });
    with_latencies.collect()
}

/// All contestants on one repository.
struct Race<'g> {
    world: World<'g>,
    binary: PathBuf,
    script: &'g Path,
    stacks: usize,
    latency: u64,
    has_article: bool,
    progress: &'g Progress,
    rows: Vec<Row>,
}

impl Race<'_> {
    /// Every contestant fills its empty bucket.
    async fn first(&mut self) -> Result<(), Failure> {
        let mut pipelines = self.world.files.pipelines(contestants::PREFIX);
        pipelines.push(contestants::ROOT.to_owned());
        self.world.starts.set(pipelines.clone());
        let files: Vec<String> = self.world.files.sizes()?.into_keys().collect();
        self.all(FIRST, &files, pipelines.into_iter().collect()).await
    }

    /// So many stacks change, and every contestant syncs.
    async fn later(&mut self, changed: Changed) -> Result<(), Failure> {
        let number = match changed {
            Changed::These(number) => number,
            Changed::All => self.stacks,
        };
        let situation = match changed {
            Changed::These(number) => number.to_string(),
            Changed::All => "all".to_owned(),
        };
        let files = self.world.files.change(number).await?;
        let pipelines = self.world.files.pipelines(contestants::PREFIX);
        let starts = pipelines.into_iter().take(number).collect();
        self.all(&situation, &files, starts).await
    }

    async fn all(&mut self, situation: &str, files: &[String], starts: BTreeSet<String>) -> Result<(), Failure> {
        self.progress.step(&format!("  changed: {situation}"));
        let world = &self.world;
        let this = contestants::this_sync(world, &self.binary, &starts).await?;
        world.check("this").await?;
        let article = if self.has_article {
            let measured = contestants::article_sampled(world, self.script, files, SAMPLE, situation == FIRST).await?;
            world.check("article").await?;
            Some(measured)
        } else {
            None
        };
        let aws = contestants::aws_s3_sync(world).await?;
        world.check("aws").await?;
        let s5cmd = contestants::s5cmd_sync(world).await?;
        world.check("s5cmd").await?;
        self.row(situation, "this sync", Some(this));
        self.row(situation, "article's script", article);
        self.row(situation, "aws s3 sync", Some(aws));
        self.row(situation, "s5cmd sync", Some(s5cmd));
        Ok(())
    }

    fn row(&mut self, situation: &str, contestant: &'static str, measured: Option<Measured>) {
        self.rows.push(Row {
            stacks: self.stacks,
            latency_ms: self.latency,
            situation: situation.to_owned(),
            contestant,
            measured,
        });
    }
}
