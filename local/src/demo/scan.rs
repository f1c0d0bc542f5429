//! Looks for secrets in everything that was logged.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::state::State;

/// What never belongs into a log: names of what carries credentials, and how the credentials of a job begin here.
const MARKS: [&str; 4] = [
    "artifactCredentials",
    "local-session-",
    "local-secret-",
    "\"CodePipeline.job\"",
];

/// Something to look for.
#[derive(Clone)]
pub struct Secret {
    /// What it is; this is printed, the value never.
    pub name: String,
    /// The value.
    pub value: String,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// How many files were read.
    pub files: usize,
    /// File, line and name of each secret in a log.
    pub hits: Vec<String>,
}

/// Looks for these secrets, and for what marks an event body or a job's credential, in all logs.
///
/// # Errors
///
/// When a log cannot be read.
pub fn scan(state: &State, secrets: &[Secret]) -> io::Result<Found> {
    let mut found = Found::default();
    let mut files = Vec::new();
    collect(&state.logs, &mut files)?;
    for file in files {
        let text = String::from_utf8_lossy(&fs::read(&file)?).into_owned();
        found.files += 1;
        found.hits.extend(hits(&file, &text, secrets));
    }
    Ok(found)
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

fn hits(file: &Path, text: &str, secrets: &[Secret]) -> Vec<String> {
    let mut hits = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let at = format!("{}:{}", file.display(), number + 1);
        for secret in secrets {
            if !secret.value.is_empty() && line.contains(&secret.value) {
                hits.push(format!("{at} holds the {}", secret.name));
            }
        }
        for mark in MARKS {
            if line.contains(mark) {
                hits.push(format!("{at} holds {mark}"));
            }
        }
    }
    hits
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{Secret, hits};

    #[test]
    fn a_secret_in_a_log_is_found_and_not_printed() {
        let secrets = [Secret {
            name: "webhook secret".to_owned(),
            value: "s3cr3t".to_owned(),
        }];
        let found = hits(Path::new("a.log"), "fine\nit is s3cr3t\n", &secrets);
        assert_eq!(found, ["a.log:2 holds the webhook secret"]);
    }

    #[test]
    fn the_body_of_a_job_event_is_found() {
        let text = r#"{"CodePipeline.job":{"data":{"artifactCredentials":{"sessionToken":"local-session-x"}}}}"#;
        assert_eq!(hits(Path::new("a.log"), text, &[]).len(), 3);
        assert!(hits(Path::new("a.log"), "the job 1234", &[]).is_empty());
    }
}
