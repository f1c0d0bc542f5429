//! What inputs of at most a megabyte may cost that were written to cost much: each goes through a target of
//! `tests/fuzz/src/` in a process of its own, which tells how long that took and the most memory that it ever held.
//! Targets look at most inputs twice, so a function takes about half of it.
//!
//! `cargo bench -p changegate-fuzz [-- <target or part of a name>]`

use std::io::{Error, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use changegate_fuzz::costly::{Case, cases};

/// Argument by which the benchmark calls itself to measure one case, which it reads from the standard input.
const CASE: &str = "--case";

/// What the kernel counts for this process, in kB; `None` where there is no such count.
fn most_memory() -> Option<u32> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Runs the input that stands on the standard input through a target.
fn measure(target: &str) -> Result<(), Error> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes)?;
    let start = Instant::now();
    changegate_fuzz::run(target, &bytes);
    let took = start.elapsed();
    let memory = most_memory().map_or("unknown memory".to_owned(), |most| format!("{} MB", most / 1024));
    println!("{:>5} kB {:>5} ms {memory:>7}", bytes.len() / 1000, took.as_millis());
    Ok(())
}

fn main() -> Result<(), Error> {
    let arguments: Vec<_> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    if let [first, target] = &arguments[..]
        && first == CASE
    {
        return measure(target);
    }
    let is_asked = |case: &&Case| {
        arguments
            .iter()
            .all(|part| case.name.contains(part.as_str()) || case.target == part)
    };
    for case in cases().iter().filter(is_asked) {
        let mut child = Command::new(std::env::current_exe()?)
            .args([CASE, case.target])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            stdin.write_all(case.text.as_bytes())?;
        }
        let answer = child.wait_with_output()?;
        println!(
            "{:<14}{:<40}{}",
            case.target,
            case.name,
            String::from_utf8_lossy(&answer.stdout).trim_end()
        );
    }
    Ok(())
}
