//! People who operate pipelines, as the account knows them: IAM users, and sessions of roles.

use std::process::{Command, Output};

use local::demo::runs::Question;
use serde_json::{Value, json};

use crate::system::program;

/// An account: where AWS answers, and the policy of those who operate pipelines.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    endpoint: String,
    operators: String,
}

/// Somebody with credentials of that account.
#[derive(Debug, Clone)]
pub(crate) struct Somebody {
    endpoint: String,
    id: String,
    secret: String,
    /// Only a session has one.
    token: Option<String>,
}

impl Account {
    pub(crate) fn new(endpoint: &str, operators_policy: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            operators: operators_policy.to_owned(),
        }
    }

    /// The account's root user.
    pub(crate) fn root(&self) -> Somebody {
        Somebody {
            endpoint: self.endpoint.clone(),
            id: "test".to_owned(),
            secret: "test".to_owned(),
            token: None,
        }
    }

    /// Makes an IAM user who may operate pipelines, and nothing else.
    pub(crate) fn hire(&self, name: &str) -> Somebody {
        let root = self.root();
        root.ask(&["iam", "create-user", "--user-name", name]);
        let attach = ["iam", "attach-user-policy", "--user-name", name, "--policy-arn"];
        root.ask(&[&attach[..], &[&self.operators]].concat());
        self.user(name)
    }

    /// Gives another key of an IAM user.
    pub(crate) fn user(&self, name: &str) -> Somebody {
        let made = self.root().ask(&["iam", "create-access-key", "--user-name", name]);
        self.holder(&made["AccessKey"])
    }

    /// Makes a role with the operators' policy that everybody in the account may assume.
    pub(crate) fn make_role(&self, name: &str) {
        let root = self.root();
        let trust = json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::000000000000:root"},
        }]});
        let create = [
            "iam",
            "create-role",
            "--role-name",
            name,
            "--assume-role-policy-document",
        ];
        root.ask(&[&create[..], &[&trust.to_string()]].concat());
        let attach = ["iam", "attach-role-policy", "--role-name", name, "--policy-arn"];
        root.ask(&[&attach[..], &[&self.operators]].concat());
    }

    /// A session of a role.
    pub(crate) fn session(&self, role: &str, session: &str) -> Somebody {
        let arn = format!("arn:aws:iam::000000000000:role/{role}");
        let assume = ["sts", "assume-role", "--role-arn", &arn, "--role-session-name", session];
        self.holder(&self.root().ask(&assume)["Credentials"])
    }

    fn holder(&self, key: &Value) -> Somebody {
        let field = |field: &str| key[field].as_str().map(str::to_owned);
        Somebody {
            endpoint: self.endpoint.clone(),
            id: field("AccessKeyId").unwrap(),
            secret: field("SecretAccessKey").unwrap(),
            token: field("SessionToken"),
        }
    }
}

impl Somebody {
    /// Runs the AWS CLI.
    pub(crate) fn attempt(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(program("aws"));
        command
            .env("AWS_ENDPOINT_URL", &self.endpoint)
            .env("AWS_ACCESS_KEY_ID", &self.id)
            .env("AWS_SECRET_ACCESS_KEY", &self.secret)
            .env("AWS_DEFAULT_REGION", "eu-west-1")
            .env("AWS_REGION", "eu-west-1")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN");
        if let Some(token) = &self.token {
            command.env("AWS_SESSION_TOKEN", token);
        }
        command.args(["--output", "json"]).args(arguments).output().unwrap()
    }

    /// Runs the AWS CLI, which must succeed, and gives its JSON.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Value {
        let output = self.attempt(arguments);
        assert!(
            output.status.success(),
            "aws {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }

    /// Approves what is asked.
    pub(crate) fn approve(&self, question: &Question) {
        let output = self.try_approve(question);
        assert!(
            output.status.success(),
            "{}: {}",
            question.pipeline,
            String::from_utf8_lossy(&output.stderr)
        );
    }

    /// Tries to approve what is asked.
    pub(crate) fn try_approve(&self, question: &Question) -> Output {
        self.attempt(&answer(
            &question.pipeline,
            &question.action,
            &question.token,
            "status=Approved,summary=fine",
        ))
    }
}

/// Arguments of the AWS CLI that answer a question of a pipeline.
pub(crate) fn answer<'a>(pipeline: &'a str, action: &'a str, token: &'a str, result: &'a str) -> [&'a str; 12] {
    let (command, stage) = ("put-approval-result", "Apply");
    [
        "codepipeline",
        command,
        "--pipeline-name",
        pipeline,
        "--stage-name",
        stage,
        "--action-name",
        action,
        "--token",
        token,
        "--result",
        result,
    ]
}
