//! `cargo local check`: checks a repository without any account.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

use changegate::domain::gate::Floor;
use clap::{Args, ValueEnum};

use crate::check::validator::{self, Validated};
use crate::check::{Demands, Findings, Repository, output};
use crate::cli::Outcome;

/// What to check, and for which deployment.
#[derive(Debug, Args)]
#[command(
    after_help = "Every finding is one line, `file:line:column: what is wrong`; what does not stop a stack begins with \
                  `warning:`. The exit code is 1 when there is any other. docs/check.md lists the rules."
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
    /// Has every template validated by an installed cfn-lint, however many there are.
    #[arg(long, conflicts_with = "no_validate")]
    validate: bool,
    /// Runs no validator.
    #[arg(long)]
    no_validate: bool,
    /// How to print what is found.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How findings are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A line each, and how many there are.
    Text,
    /// JSON, for programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands, for annotations on GitHub.
    Github,
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
    let mut findings = repository.check(&environments, &demands);
    let validated = if arguments.no_validate {
        Validated::default()
    } else {
        validator::run(
            OsStr::new(validator::PROGRAM),
            &arguments.repository,
            &findings.templates,
            arguments.validate,
        )
    };
    let told = validator::not_told_yet(validated.findings, &findings);
    findings.findings.extend(told);
    match arguments.format {
        Format::Text => print!("{}", output::text(&findings)),
        Format::Json => print!("{}", output::json(&findings)),
        Format::Sarif => print!("{}", output::sarif(&findings)),
        Format::Github => print!("{}", output::github(&findings)),
    }
    if arguments.format == Format::Text {
        conclude(&findings);
        if let Some(reason) = validated.left_out {
            eprintln!("types and properties of resources were not checked: {reason}");
        }
    }
    Ok(if findings.has_errors() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Says how many findings there are, and how many stacks are sound.
fn conclude(findings: &Findings) {
    let sound = |(environment, stacks): (&String, &usize)| format!("{environment}: {stacks} sound");
    let counted: Vec<String> = findings.stacks.iter().map(sound).collect();
    let counted = counted.join(", ");
    let warnings = findings
        .findings
        .iter()
        .filter(|finding| finding.rule.is_warning())
        .count();
    match (findings.findings.len() - warnings, warnings) {
        (0, 0) => println!("nothing is wrong ({counted})"),
        (0, warnings) => println!("nothing is wrong, {} ({counted})", number(warnings, "warning")),
        (errors, 0) => eprintln!("{} ({counted})", number(errors, "problem")),
        (errors, warnings) => {
            eprintln!(
                "{}, {} ({counted})",
                number(errors, "problem"),
                number(warnings, "warning")
            );
        }
    }
}

fn number(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}
