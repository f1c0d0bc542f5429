//! Whatever ends the demo, it leaves nothing running.

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::repository;

/// Processes whose command line or working directory names a directory.
fn processes_in(directory: &Path) -> Vec<String> {
    let directory = directory.display().to_string();
    let listed = Command::new("ps")
        .args(["-A", "-o", "pid=,stat=,args="])
        .output()
        .unwrap();
    String::from_utf8_lossy(&listed.stdout)
        .lines()
        .filter(|line| line.contains(&directory))
        .map(str::to_owned)
        .collect()
}

#[test]
fn nothing_is_left_when_the_demo_is_interrupted() {
    let directory = tempfile::tempdir().unwrap();
    let run_directory = directory.path().join("run");
    // The program itself, not Cargo: the signal must reach it and nobody else. The demo that the other tests share
    // has built it.
    let _built_by = super::system();
    let mut demo = Command::new(repository().join("target/debug/local"))
        .current_dir(repository())
        .args(["demo", "--yes", "--run-directory"])
        .arg(&run_directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // The pipe stays open to the end: nothing else may end the demo than the signal.
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let line = lines
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.contains("AWS answers at "))
        .unwrap();
    let (_, rest) = line.split_once("http://").unwrap();
    let address = rest.split(',').next().unwrap().to_owned();
    assert!(TcpStream::connect(&address).is_ok(), "{address}");
    assert!(!processes_in(&run_directory).is_empty());

    let killed = Command::new("kill")
        .args(["-INT", &demo.id().to_string()])
        .status()
        .unwrap();
    assert!(killed.success());
    assert_eq!(demo.wait().unwrap().code(), Some(130));
    drop(lines);

    let mut left = Vec::new();
    for _ in 0..100 {
        left = processes_in(&run_directory);
        if left.is_empty() && TcpStream::connect(&address).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("still there after 20 seconds: {left:?}, or something answers at {address}");
}
