//! An environment with Changegate in it, and a repository that a story fills.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use local::aws::Aws;
use local::demo::ask::Answer;
use local::demo::runs::Question;
use local::demo::world::World;
use local::deploy;
use local::environment::READY;
use local::places::Places;
use local::progress::Progress;
use local::state::{self, State};
use serde_json::Value;
use tempfile::TempDir;

use crate::system::local_command;

pub(crate) const ROOT: &str = "changegate-root";

/// What runs; it ends when this is dropped, because its standard input closes.
pub(crate) struct Running {
    pub(crate) places: Places,
    pub(crate) state: State,
    _serve: Child,
    _directory: TempDir,
}

impl Running {
    /// Starts the emulator, the CodePipeline engine and the Git host, without Changegate.
    pub(crate) fn start() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let places = Places::of_this_repository().with_run_directory(directory.path().join("run"));
        std::fs::create_dir_all(places.logs()).unwrap();
        let mut serve = local_command()
            .arg("serve")
            .arg("--run-directory")
            .arg(places.run())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = Vec::new();
        for line in BufReader::new(serve.stdout.take().unwrap()).lines() {
            said.push(line.unwrap());
            if said.last().is_some_and(|line| line == READY) {
                break;
            }
        }
        let state = state::read(&places).unwrap();
        Self {
            state: state.unwrap_or_else(|| panic!("it did not start: {said:?}")),
            places,
            _serve: serve,
            _directory: directory,
        }
    }
}

/// A running Changegate, and a working copy that pushes to its repository.
pub(crate) struct Site {
    pub(crate) world: World,
    pub(crate) running: Running,
    /// The last run of the root pipeline that somebody answered.
    last: Option<String>,
}

impl Site {
    /// Deploys Changegate; the working copy holds the example.
    pub(crate) async fn start() -> Self {
        let running = Running::start();
        let progress = Progress::default();
        let aws = Aws::root(&running.state.endpoint);
        deploy::build::build(&running.places).await.unwrap();
        deploy::deploy(&running.places, &running.state, &aws, &progress)
            .await
            .unwrap();
        let world = World::prepare(&running.places, &running.state, progress, true)
            .await
            .unwrap();
        Self {
            world,
            running,
            last: None,
        }
    }

    /// The same with an empty working copy.
    pub(crate) async fn start_empty() -> Self {
        let site = Self::start().await;
        for name in ["stacks", "policies", "changegate.yaml", "README.md"] {
            site.world.copy.remove(name).unwrap();
        }
        site
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        self.world.copy.write(file, text).unwrap();
    }

    pub(crate) async fn push(&self, subject: &str) {
        self.world.copy.push(subject).await.unwrap();
    }

    /// Waits until somebody is asked about a run of a pipeline that is not `other_than`.
    pub(crate) async fn question(&self, pipeline: &str, other_than: Option<&str>) -> Question {
        let asked = self.world.runs.wait_for_question(pipeline, other_than).await;
        asked.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Answers a question and gives the status in which the run ended.
    pub(crate) async fn answer(&self, question: &Question, approved: bool) -> String {
        let answer = Answer {
            approved,
            words: "as agreed".to_owned(),
        };
        self.world.answer(question, &answer).await.unwrap();
        self.end(&question.pipeline, &question.execution).await
    }

    /// Waits for the end of a run.
    pub(crate) async fn end(&self, pipeline: &str, execution: &str) -> String {
        let ended = self.world.runs.wait_for_end(pipeline, execution).await;
        ended.unwrap_or_else(|error| panic!("{error}")).as_str().to_owned()
    }

    /// Waits for the next question about a pipeline's change and approves it.
    pub(crate) async fn approve(&self, pipeline: &str, other_than: Option<&str>) -> String {
        let question = self.question(pipeline, other_than).await;
        let status = self.answer(&question, true).await;
        assert_eq!(status, "Succeeded", "{pipeline}");
        question.execution
    }

    /// Waits for the next question about the pipelines.
    pub(crate) async fn root_question(&self) -> Question {
        self.question(ROOT, self.last.as_deref()).await
    }

    /// Answers the next question about the pipelines and gives the review.
    pub(crate) async fn provision(&mut self, approved: bool) -> String {
        let question = self.root_question().await;
        let review = self.world.review(&question).await.unwrap();
        let status = self.answer(&question, approved).await;
        assert_eq!(status, if approved { "Succeeded" } else { "Failed" }, "{review}");
        self.last = Some(question.execution);
        words(&review)
    }

    /// The output variable `Outcome` of the plan of a run, after the run ended.
    pub(crate) async fn outcome(&self, pipeline: &str, execution: &str) -> Option<String> {
        self.end(pipeline, execution).await;
        let variable = self
            .world
            .runs
            .variable(pipeline, execution, "CreateChangeSet", "Outcome")
            .await;
        variable.unwrap()
    }

    /// Waits until a pipeline has had more runs than `had`, and gives the newest.
    pub(crate) async fn run(&self, pipeline: &str, had: usize) -> String {
        let run = self.world.runs.wait_for_run(pipeline, had).await;
        run.unwrap_or_else(|error| panic!("{error}"))
    }

    /// How many runs a pipeline has had.
    pub(crate) async fn runs(&self, pipeline: &str) -> usize {
        self.world.runs.of(pipeline).await.unwrap().len()
    }

    /// The pipelines of stacks, without what their names begin with; sorted.
    pub(crate) async fn pipelines(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .world
            .runs
            .pipelines()
            .await
            .unwrap()
            .iter()
            .filter(|name| *name != ROOT)
            .filter_map(|name| name.strip_prefix("changegate-").map(str::to_owned))
            .collect();
        names.sort();
        names
    }

    /// A stack as CloudFormation describes it.
    pub(crate) async fn stack(&self, name: &str) -> Option<Value> {
        let asked = ["cloudformation", "describe-stacks", "--stack-name", name];
        let described = self.world.cli.run(&asked).await.ok()?;
        Some(described["Stacks"][0].clone())
    }

    /// Runs the AWS CLI.
    pub(crate) async fn cli(&self, arguments: &[&str]) -> Value {
        let ran = self.world.cli.run(arguments).await;
        ran.unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A text with every run of blanks and line breaks as one blank.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs a story to its end.
pub(crate) fn told<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(story)
}
