//! `cargo local review`: renders a saved change set.

use std::error::Error;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use changegate::domain::change_set::build::{Inputs, TemplateTexts};
use changegate::domain::change_set::description::present;
use changegate::domain::change_set::review::Review;
use changegate::domain::change_set::saved;
use changegate::review;
use clap::{Args, ValueEnum};

use crate::cli::Outcome;

/// What to render, and how.
#[derive(Debug, Args)]
#[command(after_help = "Save a change set first, with its values:\n  \
    aws cloudformation describe-change-set --include-property-values --stack-name STACK --change-set-name NAME > set.json\n\
    Then look at it:\n  \
    cargo local review set.json --format html > review.html")]
pub struct Arguments {
    /// Saved change sets: the root first, then those of nested stacks and further pages, in any order; `-` reads the
    /// standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How to render it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The template that is deployed; with it values are shown that CloudFormation does not tell.
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// The template of the change set.
    #[arg(long, value_name = "FILE")]
    after: Option<PathBuf>,
}

/// How a review can be rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Plain text.
    Text,
    /// Markdown, for GitHub.
    Markdown,
    /// One self-contained page.
    Html,
    /// JSON; its schema is docs/review.schema.json.
    Json,
    /// The one line that an approver sees in CodePipeline.
    Summary,
}

/// Renders a saved change set to the standard output.
///
/// # Errors
///
/// When a file cannot be read or is no change set.
pub fn run(arguments: &Arguments) -> Outcome {
    let rendered = render(arguments)?;
    let mut out = std::io::stdout().lock();
    match out.write_all(rendered.as_bytes()).and_then(|()| out.flush()) {
        // Whoever reads has seen enough, as `head` does.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => Err(error.into()),
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

fn render(arguments: &Arguments) -> Result<String, Box<dyn Error + Send + Sync>> {
    let texts = arguments
        .files
        .iter()
        .map(|path| read(path))
        .collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<_> = texts.iter().map(String::as_str).collect();
    let (tree, warnings) = saved::tree_of(&texts)?;
    let (before, after) = (
        optional(arguments.before.as_deref())?,
        optional(arguments.after.as_deref())?,
    );
    let templates: Vec<_> = [TemplateTexts {
        // The deployed template comes from CloudFormation most often, in CloudFormation's form.
        submitted_after: after.clone(),
        before,
        after,
        ..TemplateTexts::default()
    }]
    .into_iter()
    .filter(|texts| texts.before.is_some() || texts.after.is_some())
    .collect();
    let root = tree.root();
    let name = root
        .and_then(|root| present(Some(&root.stack_name)).or(present(Some(&root.change_set_name))))
        .unwrap_or("change set")
        .to_owned();
    let review = Review::of(&Inputs {
        title: &name,
        stack_name: &name,
        tree: Some(&tree),
        templates: &templates,
        warnings,
        ..Inputs::default()
    });
    Ok(match arguments.format {
        Format::Text => review::text(&review),
        Format::Markdown => review::markdown(&review),
        Format::Html => review::html(&review),
        Format::Json => review::json(&review),
        Format::Summary => format!("{}\n", review::summary(&review)),
    })
}

fn optional(path: Option<&Path>) -> Result<Option<String>, Box<dyn Error + Send + Sync>> {
    path.map(read).transpose()
}

fn read(path: &Path) -> Result<String, Box<dyn Error + Send + Sync>> {
    if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(path).map_err(|error| format!("reading {}: {error}", path.display()).into())
}
