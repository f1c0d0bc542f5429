//! The people of this machine: IAM users with the operators' policy of the deployment, and nothing else.
//!
//! The account's root user may do everything, but to the gate it is nobody: an approval has to come from a person.

use std::fmt::Write as _;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tokio::process::Command;

use crate::aws::{AccessKey, Aws};
use crate::demo::world::DemoError;
use crate::deploy::stack::Outputs;
use crate::environment::ministack::{REGION, ROOT_KEY};
use crate::places::Places;
use crate::state::State;

/// Profile of the account's root user.
pub const ROOT: &str = "root";
/// Who approves in the demo.
pub const APPROVER: &str = "ada";
/// Who rejects in the demo.
pub const REJECTER: &str = "grace";

/// Somebody who answers approvals.
#[derive(Debug, Clone)]
pub struct Person {
    /// Name of the IAM user.
    pub name: String,
    /// Clients with the user's access key.
    pub aws: Aws,
    /// The access key.
    pub key: AccessKey,
}

/// The AWS CLI of the virtual environment, as the account's root user or as another.
#[derive(Debug, Clone)]
pub struct Cli {
    program: std::path::PathBuf,
    endpoint: String,
    key: Option<AccessKey>,
}

impl Cli {
    /// The CLI against an endpoint.
    pub fn new(program: &Path, endpoint: &str) -> Self {
        Cli {
            program: program.to_path_buf(),
            endpoint: endpoint.to_owned(),
            key: None,
        }
    }

    /// The same as the user of an access key.
    #[must_use]
    pub fn as_user(self, key: &AccessKey) -> Self {
        Cli {
            key: Some(key.clone()),
            ..self
        }
    }

    /// Runs it, and gives its JSON; `null` when it prints nothing.
    ///
    /// # Errors
    ///
    /// When it ends with an error.
    pub async fn run(&self, arguments: &[&str]) -> Result<Value, DemoError> {
        let (id, secret) = match &self.key {
            Some(key) => (key.id.as_str(), key.secret.as_str()),
            None => (ROOT_KEY, ROOT_KEY),
        };
        let output = Command::new(&self.program)
            .args(["--endpoint-url", &self.endpoint, "--region", REGION, "--output", "json"])
            .args(arguments)
            .env("AWS_ACCESS_KEY_ID", id)
            .env("AWS_SECRET_ACCESS_KEY", secret)
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| DemoError::call("aws", &error.to_string()))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(DemoError::call(&format!("aws {}", arguments.join(" ")), &said));
        }
        if output.stdout.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&output.stdout).map_err(|error| DemoError::call("aws", &error.to_string()))
    }
}

/// Makes a user with the operators' policy and an access key.
///
/// # Errors
///
/// When IAM refuses.
pub async fn hire(cli: &Cli, endpoint: &str, name: &str, policy: &str) -> Result<Person, DemoError> {
    cli.run(&["iam", "create-user", "--user-name", name]).await?;
    cli.run(&["iam", "attach-user-policy", "--user-name", name, "--policy-arn", policy])
        .await?;
    let made = cli.run(&["iam", "create-access-key", "--user-name", name]).await?;
    let field = |field: &str| made["AccessKey"][field].as_str().unwrap_or_default().to_owned();
    let key = AccessKey {
        id: field("AccessKeyId"),
        secret: field("SecretAccessKey"),
    };
    Ok(Person {
        name: name.to_owned(),
        aws: Aws::user(endpoint, &key),
        key,
    })
}

/// Hires both, and writes profiles of theirs and of the root user for the AWS CLI and the SDKs.
///
/// # Errors
///
/// When IAM refuses or the profiles cannot be written.
pub async fn hire_all(places: &Places, state: &State, outputs: &Outputs) -> Result<(Cli, Person, Person), DemoError> {
    let policy = outputs
        .get("OperatorsPolicyArn")
        .ok_or_else(|| DemoError::call("template.yaml", "it has no output OperatorsPolicyArn"))?;
    let cli = Cli::new(&places.venv().join("bin/aws"), &state.endpoint);
    // On the heap: what makes clients of an SDK is large.
    let (approver, rejecter) = tokio::try_join!(
        Box::pin(hire(&cli, &state.endpoint, APPROVER, policy)),
        Box::pin(hire(&cli, &state.endpoint, REJECTER, policy))
    )?;
    write_profiles(places, state, &[&approver, &rejecter])
        .map_err(|error| DemoError::call("writing the profiles of the AWS CLI", &error.to_string()))?;
    Ok((cli, approver, rejecter))
}

/// The file of profiles, `AWS_CONFIG_FILE`; it holds the keys too.
pub fn profiles(places: &Places) -> PathBuf {
    places.run().join("aws-profiles")
}

fn write_profiles(places: &Places, state: &State, people: &[&Person]) -> io::Result<()> {
    let mut text = String::new();
    let keys = people
        .iter()
        .map(|each| (each.name.as_str(), &*each.key.id, &*each.key.secret));
    for (name, id, secret) in std::iter::once((ROOT, ROOT_KEY, ROOT_KEY)).chain(keys) {
        // Writing to a string never fails.
        let _ = writeln!(
            text,
            "[profile {name}]\nendpoint_url = {}\nregion = {REGION}\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n",
            state.endpoint
        );
    }
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(profiles(places))?
        .write_all(text.as_bytes())
}
