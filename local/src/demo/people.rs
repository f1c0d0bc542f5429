//! The people of the demo: IAM users with the operators' policy of the deployment, and nothing else.

use std::path::Path;

use serde_json::Value;
use tokio::process::Command;

use super::world::DemoError;
use crate::aws::{AccessKey, Aws};
use crate::environment::ministack::{REGION, ROOT_KEY};

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
        aws: Aws::user(endpoint, &key).await,
        key,
    })
}
