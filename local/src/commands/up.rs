//! `cargo local up`.

use std::path::Path;
use std::process::ExitCode;

use crate::aws::Aws;
use crate::cli::Outcome;
use crate::commands::roughness::Roughness;
use crate::deploy::{self, STACK};
use crate::environment::{self, Environment, EnvironmentError, Lock};
use crate::people;
use crate::places::Places;
use crate::progress::Progress;
use crate::python::Venv;
use crate::state::State;

/// Arguments of `cargo local up`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    rough: Roughness,
}

/// Starts everything, deploys Changegate, and leaves it running in the background.
///
/// # Errors
///
/// When a part does not start, or Changegate cannot be deployed; then nothing is left running.
pub async fn run(arguments: Arguments) -> Outcome {
    let places = arguments.rough.of(Places::of_this_repository(), "up");
    let lock = Lock::take(&places)?;
    if let Some(state) = environment::running(&places).await? {
        print!(
            "Changegate runs already; to run what you changed since, `cargo local down` first.\n\n{state}\n{}",
            usage(&state, &places)
        );
        return Ok(ExitCode::SUCCESS);
    }
    let progress = Progress::default();
    let environment = start(&places, &progress, &lock).await?;
    let state = environment.state.clone();
    let aws = Aws::root(&state.endpoint);
    progress.step("creating the IAM users ada and grace, who have the operators' policy and nothing else");
    people::hire_all(&places, &state, &deploy::stack::outputs(&aws).await?).await?;
    environment.leave_running().await?;
    drop(lock);
    print!(
        "\nChangegate runs on this machine.\n\n{state}\n{}",
        usage(&state, &places)
    );
    Ok(ExitCode::SUCCESS)
}

/// Starts everything and deploys Changegate. What was started ends again when a step fails or this process does. Whoever
/// calls this holds the lock from the first look on.
///
/// # Errors
///
/// When a part does not start, or Changegate cannot be deployed.
pub async fn start(
    places: &Places,
    progress: &Progress,
    _: &Lock,
) -> Result<Environment, Box<dyn std::error::Error + Send + Sync>> {
    // Before a build that would be for nothing.
    if let Some(state) = environment::running(places).await? {
        return Err(EnvironmentError::Running { pid: state.pid }.into());
    }
    progress.step(if places.is_release() {
        "building the functions as they are deployed, which takes about ten minutes the first time"
    } else {
        "building the functions"
    });
    // The one waits for the network, the other for the processor.
    let (venv, built) = tokio::join!(Venv::ensure(places, progress), deploy::build::build(places));
    venv?;
    built?;
    progress.step("starting MiniStack, the CodePipeline engine and the Git host");
    let environment = Environment::start(places).await?;
    progress.step(&format!(
        "AWS answers at {}, the Git host at {}",
        environment.state.endpoint, environment.state.git_host
    ));
    let aws = Aws::root(&environment.state.endpoint);
    deploy::deploy(places, &environment.state, &aws, progress).await?;
    Ok(environment)
}

/// How to use what runs.
pub fn usage(state: &State, places: &Places) -> String {
    let aws = places.venv().join("bin/aws");
    // Each path is one word of a shell, whatever is in it.
    format!(
        "Push a repository of your own, any with a folder stacks/, or to begin with the example:
  cp -r {example} /tmp/infrastructure && cd /tmp/infrastructure
  git init --initial-branch main && git add --all && git commit --message 'Add stacks'
  git push {push_url} HEAD:{branch}
Talk to AWS with the AWS CLI, as root or as one of the people who may approve, ada and grace:
  export AWS_CONFIG_FILE={profiles}
  aws() {{ {aws} --endpoint-url {endpoint} \"$@\"; }}
  aws --profile root codepipeline get-pipeline-state --name {pipeline}
Approve what waits; {pipeline} asks first, and root is nobody to the gate:
  token=$(aws --profile ada codepipeline get-pipeline-state --name {pipeline} --output text --query \\
    'stageStates[?stageName==`Apply`].actionStates[] | [?actionName==`Approve1`].latestExecution.token | [0]')
  aws --profile ada codepipeline put-approval-result --pipeline-name {pipeline} --stage-name Apply \\
    --action-name Approve1 --token \"$token\" --result status=Approved,summary=fine
Read the reviews that came by mail, and what the functions say:
  cat {mail}/*
  tail -f {logs}/functions/*.log
See what waits, and end it:
  cargo local status
  cargo local down
",
        example = word(&places.repository().join("examples/infrastructure")),
        push_url = state.push_url,
        branch = state.branch,
        profiles = word(&people::profiles(places)),
        aws = word(&aws),
        endpoint = state.endpoint,
        pipeline = format_args!("{STACK}-root"),
        logs = word(&state.logs),
        mail = word(&state.mail),
    )
}

/// A path as one word of a shell.
pub fn word(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%=:,".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell_whatever_is_in_it() {
        for path in [
            "/plain/path-1.0",
            "/with a space/größer",
            "/it's/$HOME/`x`/\"y\"/a;b&c(d)*?#~!",
            "/back\\slash\nand line",
        ] {
            let output = Command::new("sh")
                .args(["-c", &format!("printf %s {}/a", word(Path::new(path)))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), format!("{path}/a"));
        }
        assert_eq!(word(Path::new("/plain/path-1.0")), "/plain/path-1.0");
    }

    fn state(folder: &Path) -> State {
        State {
            instance: "i".to_owned(),
            pid: 1,
            endpoint: "http://127.0.0.1:1".to_owned(),
            git_host: "http://127.0.0.1:2".to_owned(),
            repository: "acme/infrastructure".to_owned(),
            branch: "main".to_owned(),
            push_url: "http://x:token@127.0.0.1:2/acme/infrastructure.git".to_owned(),
            people_token: "p".to_owned(),
            functions_token: "f".to_owned(),
            webhook_secret: "w".to_owned(),
            logs: folder.join("logs"),
            mail: folder.join("mail"),
        }
    }

    #[test]
    fn the_printed_commands_are_commands_in_a_folder_with_a_space_and_other_letters() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("ein größerer Ort's");
        let places = Places::of_this_repository().with_run_directory(run.clone());
        let state = state(&run);
        for (directory, file, text) in [
            (&state.mail, "0001.txt", "a mail"),
            (&state.logs.join("functions"), "a.log", "a line"),
        ] {
            std::fs::create_dir_all(directory).unwrap();
            std::fs::write(directory.join(file), text).unwrap();
        }
        let said = usage(&state, &places);
        let command = |begins: &str| {
            let line = said.lines().map(str::trim).find(|line| line.starts_with(begins));
            line.unwrap_or_else(|| panic!("no {begins} in {said}")).to_owned()
        };
        let shell = |text: &str| {
            let output = Command::new("sh").args(["-c", text]).output().unwrap();
            assert!(
                output.status.success(),
                "{text}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        assert_eq!(shell(&command("cat ")), "a mail");
        assert_eq!(shell(&command("tail ").replace("tail -f", "tail -n 1")), "a line");
        let exported = shell(&format!("{}; printf %s \"$AWS_CONFIG_FILE\"", command("export ")));
        assert_eq!(exported, people::profiles(&places).display().to_string());
        // Every block is read by a shell without running it.
        let commands: Vec<_> = said.lines().filter(|line| line.starts_with("  ")).collect();
        shell(&format!(
            "set -n\n{}",
            commands.join("\n").replace("cargo local", "true")
        ));
    }
}
