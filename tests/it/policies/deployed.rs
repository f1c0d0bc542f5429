//! Changegate, deployed on MiniStack with functions that do nothing.

use std::collections::BTreeMap;
use std::fs;
use std::process::Stdio;

use local::aws::Aws;
use local::codepipeline::{self, Config, Pace, Running};
use local::deploy::build::{self, Function};
use local::deploy::{STACK, package, stack};
use local::environment::ministack::{ACCOUNT, MiniStack, REGION};
use local::environment::ports;
use local::places::Places;
use local::progress::Progress;
use local::python::Venv;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

/// A secret that only this process and its children know.
const FRONT_SECRET: &str = "front-of-the-policy-tests";

pub(super) struct Deployed {
    endpoint: String,
    venv: Venv,
    ministack: MiniStack,
    engine: Running,
    // Holds the files of the run until the end.
    _folder: TempDir,
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
        };
        let engine = codepipeline::serve(listener, config).expect("the engine starts");
        let aws = Aws::root(&endpoint);
        let template = package::package(&places, &aws, &idle(&places))
            .await
            .expect("the template is packaged");
        stack::create(&aws, &template, &parameters())
            .await
            .expect("the template is deployed");
        Self {
            endpoint,
            venv,
            ministack,
            engine,
            _folder: folder,
        }
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

/// The functions of this repository, none of which does anything: here only their policies matter.
fn idle(places: &Places) -> Vec<Function> {
    let binary = places.run().join("idle");
    fs::write(&binary, "#!/bin/sh\nexit 1\n").expect("a program");
    let functions = build::functions(places).expect("the functions of this repository");
    functions
        .into_iter()
        .map(|function| Function {
            binary: binary.clone(),
            ..function
        })
        .collect()
}

fn parameters() -> BTreeMap<&'static str, String> {
    let given = [
        ("GitHubRepository", "octo-org/infrastructure"),
        ("GitHubToken", "a token that nothing uses"),
        ("BreakGlassPrincipals", "arn:aws:iam::000000000000:user/trusted"),
        (
            "Architecture",
            if cfg!(target_arch = "aarch64") {
                "arm64"
            } else {
                "x86_64"
            },
        ),
    ];
    given.map(|(name, value)| (name, value.to_owned())).into()
}
