//! A function under `cargo lambda watch` and `cargo lambda invoke`, as the README shows it.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use local::deploy::build::of_the_outer_cargo;
use local::places::Places;
use serde_json::Value;

use super::{program, repository, run, system};

const VERSION: &str = "1.9.2";
/// Building the function is part of it.
const PATIENCE: Duration = Duration::from_mins(15);

/// cargo-lambda from the package index, in an environment of its own.
fn cargo_lambda() -> PathBuf {
    let venv = Places::of_this_repository().repository().join(".local/cargo-lambda");
    let found = venv.join("bin/cargo-lambda");
    let marker = venv.join(format!("version-{VERSION}"));
    if !marker.exists() {
        run(Command::new(program("python"))
            .args(["-m", "venv", "--clear"])
            .arg(&venv));
        run(Command::new(venv.join("bin/python")).args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            &format!("cargo-lambda=={VERSION}"),
        ]));
        std::fs::write(marker, "").unwrap();
    }
    found
}

/// A watch that ends with the test.
struct Watch(Child);

impl Drop for Watch {
    fn drop(&mut self) {
        // It has children of its own; it ends them when it is asked to end.
        let _ = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status();
        let _ = self.0.wait();
    }
}

#[test]
fn cargo_lambda_invokes_a_function_with_a_delivered_event() {
    let system = system();
    let lambda = cargo_lambda();
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
        .to_string();
    let configuration = system.aws(&[
        "lambda",
        "get-function-configuration",
        "--function-name",
        "changegate-github-webhook",
    ]);
    let variables = configuration["Environment"]["Variables"].as_object().unwrap().clone();
    let mut watch = Command::new(&lambda);
    system.with_aws(&mut watch);
    for (name, value) in &variables {
        watch.env(name, value.as_str().unwrap());
    }
    for name in of_the_outer_cargo() {
        watch.env_remove(name);
    }
    let log = tempfile::NamedTempFile::new().unwrap();
    let _watch = Watch(
        watch
            .current_dir(repository())
            .args(["lambda", "watch", "--package", "github-webhook", "--ignore-changes"])
            .args(["--invoke-address", "127.0.0.1", "--invoke-port", &port])
            .stdin(Stdio::null())
            .stdout(log.reopen().unwrap())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap(),
    );
    let until = Instant::now() + PATIENCE;
    loop {
        let invoked = Command::new(&lambda)
            .current_dir(repository())
            .args(["lambda", "invoke", "github-webhook"])
            .args(["--invoke-address", "127.0.0.1", "--invoke-port", &port])
            .args(["--data-file", "events/github-webhook--unsigned.json"])
            .output()
            .unwrap();
        if invoked.status.success() {
            let answer: Value = serde_json::from_slice(&invoked.stdout).unwrap();
            assert_eq!(answer["statusCode"], 401, "{answer}");
            return;
        }
        let watched = std::fs::read_to_string(log.path()).unwrap();
        let said = String::from_utf8_lossy(&invoked.stderr).into_owned();
        assert!(
            Instant::now() < until,
            "cargo lambda invoke: {said}\ncargo lambda watch: {watched}"
        );
        std::thread::sleep(Duration::from_secs(1));
    }
}
