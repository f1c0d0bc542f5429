//! `cargo local check`: checks a repository without any account.

use std::path::PathBuf;
use std::process::ExitCode;

use changegate::domain::gate::Floor;
use clap::Args;

use crate::check::{Demands, Repository};
use crate::cli::Outcome;

/// What to check, and for which deployment.
#[derive(Debug, Args)]
#[command(
    after_help = "Every problem is one line, `file:line:column: what is wrong`. The exit code is 1 when there is any."
)]
pub struct Arguments {
    /// Root of the repository.
    #[arg(default_value = ".")]
    repository: PathBuf,
    /// Environment to check; all that the catalogue speaks of when it is left out. Can be given several times.
    #[arg(long = "environment", value_name = "NAME")]
    environments: Vec<String>,
    /// Name of the deployment's stack, which the pipelines' names begin with.
    #[arg(long, value_name = "NAME", default_value = "changegate")]
    deployment: String,
    /// Least number of approvals that the deployment demands.
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=2))]
    minimum_approvals: u8,
    /// Who may approve at most, as the deployment says; whoever IAM lets when it is left out. Can be given several times.
    #[arg(long = "approver", value_name = "PRINCIPAL")]
    approvers: Vec<String>,
    /// Whether the deployment forbids that authors approve.
    #[arg(long)]
    authors_may_not_approve: bool,
    /// What the ARNs of the deployment's deployers begin with.
    #[arg(
        long,
        value_name = "ARN",
        default_value = "arn:aws:iam::000000000000:role/changegate/deployers/"
    )]
    deployer_prefix: String,
    /// Pattern of the names of stacks that the deployment allows; `*` stands for any text.
    #[arg(long, value_name = "PATTERN", default_value = "*")]
    stack_name_pattern: String,
}

/// Checks a repository and prints what is wrong.
///
/// # Errors
///
/// When the repository cannot be read.
pub fn run(arguments: &Arguments) -> Outcome {
    let repository = Repository::read(&arguments.repository)?;
    let environments = match arguments.environments.as_slice() {
        [] => repository.environments(),
        named => named.to_vec(),
    };
    let deployment = &arguments.deployment;
    let demands = Demands {
        floor: Floor {
            minimum_approvals: arguments.minimum_approvals,
            author_may_approve: !arguments.authors_may_not_approve,
            deployer_prefix: arguments.deployer_prefix.clone(),
            stack_name_pattern: arguments.stack_name_pattern.clone(),
            reserved_stack_names: vec![deployment.clone(), format!("{deployment}-pipelines")],
            approvers: (!arguments.approvers.is_empty()).then(|| arguments.approvers.clone()),
        },
        deployment: deployment.clone(),
    };
    let findings = repository.check(&environments, &demands);
    for problem in &findings.problems {
        println!("{problem}");
    }
    let counted: Vec<String> = findings
        .stacks
        .iter()
        .map(|(environment, stacks)| format!("{environment}: {stacks} sound"))
        .collect();
    match findings.problems.len() {
        0 => {
            println!("nothing is wrong ({})", counted.join(", "));
            Ok(ExitCode::SUCCESS)
        }
        count => {
            eprintln!("{count} problems ({})", counted.join(", "));
            Ok(ExitCode::FAILURE)
        }
    }
}
