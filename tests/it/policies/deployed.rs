//! Changegate, deployed on MiniStack with functions that do nothing.

use std::fs;
use std::process::{Output, Stdio};

use local::codepipeline::{self, Config, Pace, Running};
use local::deploy::{STACK, build};
use local::environment::ministack::{ACCOUNT, MiniStack, REGION};
use local::environment::ports;
use local::places::Places;
use local::progress::Progress;
use local::python::Venv;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::contracts::functions::logical_id;

/// A secret that only this process and its children know.
const FRONT_SECRET: &str = "front-of-the-policy-tests";

pub(super) struct Deployed {
    endpoint: String,
    venv: Venv,
    ministack: MiniStack,
    engine: Running,
    // Holds the files of the run until the end.
    folder: TempDir,
}

impl Deployed {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let places = Places::of_this_repository().with_run_directory(folder.path().to_path_buf());
        let venv = Venv::ensure(&places, &Progress::default())
            .await
            .expect("the Python environment");
        let listener = ports::listen(0).await.expect("a port for the engine");
        let engine_url = format!("http://{}", listener.local_addr().expect("an address"));
        let port = ports::free(0).expect("a port for MiniStack");
        let endpoint = format!("http://127.0.0.1:{port}");
        let ministack = MiniStack::start(&places, &venv, port, &engine_url, FRONT_SECRET)
            .await
            .expect("MiniStack starts");
        let config = Config {
            listen: ([127, 0, 0, 1], 0).into(),
            ministack: endpoint.clone(),
            front_secret: FRONT_SECRET.to_owned(),
            account: ACCOUNT.to_owned(),
            region: REGION.to_owned(),
            pace: Pace::default(),
            rough: None,
        };
        let engine = codepipeline::serve(listener, config).expect("the engine starts");
        let deployed = Self {
            endpoint,
            venv,
            ministack,
            engine,
            folder,
        };
        deployed.build("exit 1");
        let output = deployed.deploy(&PARAMETERS).await;
        assert!(output.status.success(), "{}", said(&output));
        deployed
    }

    /// Makes what `sam build` leaves: functions that all do the same, and nothing of Changegate. Here only their policies
    /// matter.
    pub(super) fn build(&self, does: &str) {
        for name in build::functions(&Places::of_this_repository()).expect("the functions of this repository") {
            let folder = self.folder.path().join("build").join(logical_id(&name.name));
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join("bootstrap"), format!("#!/bin/sh\n{does}\n")).expect("a program");
        }
    }

    /// Runs `scripts/deploy` as the root user, without a question.
    pub(super) async fn deploy(&self, arguments: &[&str]) -> Output {
        Command::new(self.venv.program("python"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/deploy"))
            .args(["--yes", "--region", REGION, "--stack-name", STACK, "--build"])
            .arg(self.folder.path().join("build"))
            .args(arguments)
            .envs([
                ("AWS_ENDPOINT_URL", self.endpoint.as_str()),
                ("AWS_ACCESS_KEY_ID", "test"),
                ("AWS_SECRET_ACCESS_KEY", "test"),
            ])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .expect("python runs")
    }

    /// Runs a function of `ask.py` against the deployment.
    pub(super) async fn ask(&self, function: &str, question: &Value) -> Value {
        let input = json!({"endpoint": self.endpoint, "region": REGION, "account": ACCOUNT, "stack": STACK, "question": question});
        let mut child = Command::new(self.venv.program("python"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/it/policies/ask.py"))
            .arg(function)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python runs");
        let mut stdin = child.stdin.take().expect("its input");
        stdin.write_all(input.to_string().as_bytes()).await.expect("it reads");
        drop(stdin);
        let output = child.wait_with_output().await.expect("it ends");
        assert!(output.status.success(), "ask.py {function} failed; it says why above");
        serde_json::from_slice(&output.stdout).expect("it answers JSON")
    }

    pub(super) async fn stop(self) {
        self.ministack.stop().await;
        self.engine.stop().await;
    }
}

/// Everything that a program printed.
pub(super) fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

/// The parameters of the deployment.
pub(super) const PARAMETERS: [&str; 4] = [
    "GitHubRepository=octo-org/infrastructure",
    "GitHubToken=a token that nothing uses",
    "BreakGlassPrincipals=arn:aws:iam::000000000000:user/trusted",
    if cfg!(target_arch = "aarch64") {
        "Architecture=arm64"
    } else {
        "Architecture=x86_64"
    },
];
