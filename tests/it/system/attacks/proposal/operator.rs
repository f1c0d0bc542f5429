//! Somebody who may operate pipelines, and nothing else.

use std::process::{Command, Output};
use std::sync::LazyLock;

use crate::system::{program, system};

/// An IAM user who may operate pipelines, and nothing else.
pub(in crate::system::attacks) struct Operator {
    id: String,
    secret: String,
}

pub(super) static OPERATOR: LazyLock<Operator> = LazyLock::new(|| {
    let (system, name) = (system(), "olga");
    system.aws(&["iam", "create-user", "--user-name", name]);
    let policy = system.output("OperatorsPolicyArn");
    system.aws(&[
        "iam",
        "attach-user-policy",
        "--user-name",
        name,
        "--policy-arn",
        &policy,
    ]);
    let key = system.aws(&["iam", "create-access-key", "--user-name", name]);
    let field = |field: &str| key["AccessKey"][field].as_str().unwrap().to_owned();
    Operator {
        id: field("AccessKeyId"),
        secret: field("SecretAccessKey"),
    }
});

impl Operator {
    /// Runs the AWS CLI as this user.
    pub(in crate::system::attacks) fn attempt(&self, arguments: &[&str]) -> Output {
        system()
            .with_aws(&mut Command::new(program("aws")))
            .env("AWS_ACCESS_KEY_ID", &self.id)
            .env("AWS_SECRET_ACCESS_KEY", &self.secret)
            .args(["--output", "json"])
            .args(arguments)
            .output()
            .unwrap()
    }
}
