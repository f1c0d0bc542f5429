//! How a pipeline is started: which versions it takes, under which token, with which variables.

use std::collections::BTreeMap;

use super::snapshot::OwedStart;
use crate::domain::provenance::Commit;
use crate::domain::sha256::Sha256;

/// Source action of a stack's pipeline that reads the template.
pub const TEMPLATE_ACTION: &str = "Template";
/// Source action of a stack's pipeline that reads the configuration.
pub const CONFIGURATION_ACTION: &str = "Configuration";
/// Source action of the root pipeline.
pub const CATALOGUE_ACTION: &str = "Catalogue";
/// Longest value of a pipeline variable.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineVariable.html>
const VARIABLE_LIMIT: usize = 1000;

/// The idempotency token of a start: from the pipeline and the versions, because a version id is given to one write
/// only. Content would be the wrong mark: a revert has the content of an earlier run.
pub fn token(pipeline: &str, versions: &BTreeMap<String, String>) -> String {
    let mut text = pipeline.to_owned();
    for (action, version) in versions {
        text.push_str(&format!("\0{action}\0{version}"));
    }
    Sha256::of(text).to_string()
}

/// Whether a run with these source revisions carries exactly these versions.
pub fn carries(revisions: &BTreeMap<String, String>, owed: &OwedStart) -> bool {
    owed.versions
        .iter()
        .all(|(action, version)| revisions.get(action) == Some(version))
}

/// The variables that CodePipeline shows with a run. They decide nothing.
pub fn variables(commit: &str, facts: Option<&Commit>) -> BTreeMap<String, String> {
    let pull_request = facts.and_then(|facts| facts.pull_request.as_ref());
    let author = pull_request
        .map(|pull_request| pull_request.author.login.as_str())
        .or_else(|| facts.and_then(|facts| Some(facts.pusher.as_ref()?.login.as_str())))
        .or_else(|| facts.map(|facts| facts.author_text.as_str()));
    let number = pull_request.map(|pull_request| pull_request.number.to_string());
    [
        ("Commit", Some(commit)),
        ("Author", author),
        ("PullRequest", number.as_deref()),
        ("Subject", facts.map(|facts| facts.subject.as_str())),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), shown(value.unwrap_or_default())))
    .collect()
}

/// One line of at least one and at most as many characters as a variable holds.
fn shown(text: &str) -> String {
    let line: String = text
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(VARIABLE_LIMIT)
        .collect();
    match line.trim() {
        "" => "none".to_owned(),
        line => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(template: &str, configuration: &str) -> BTreeMap<String, String> {
        [(TEMPLATE_ACTION, template), (CONFIGURATION_ACTION, configuration)]
            .map(|(action, version)| (action.to_owned(), version.to_owned()))
            .into()
    }

    #[test]
    fn a_token_is_one_pipelines_and_one_pair_of_versions() {
        let token_of = |pipeline, template, configuration| token(pipeline, &versions(template, configuration));
        let first = token_of("s-network", "v1", "v2");
        assert_eq!(first, token_of("s-network", "v1", "v2"));
        for other in [
            token_of("s-data", "v1", "v2"),
            token_of("s-network", "v3", "v2"),
            token_of("s-network", "v2", "v1"),
        ] {
            assert_ne!(first, other);
        }
        assert!(first.len() <= 128 && first.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn variables_are_never_empty_and_have_no_line_breaks() {
        let facts = Commit {
            sha: "c1".to_owned(),
            subject: "Fix\u{7}\nthis".to_owned(),
            author_text: "A <a@example.com>".to_owned(),
            ..Commit::default()
        };
        let variables = variables("c1", Some(&facts));
        assert_eq!(variables["Subject"], "Fix  this");
        assert_eq!(variables["Author"], "A <a@example.com>");
        assert_eq!(variables["PullRequest"], "none");
        assert!(super::variables("c1", None).values().all(|value| !value.is_empty()));
        assert_eq!(shown(&"é".repeat(2000)).chars().count(), VARIABLE_LIMIT);
    }

    #[test]
    fn a_run_carries_an_owed_start_only_with_both_versions() {
        let owed = OwedStart {
            versions: versions("v1", "v2"),
            variables: BTreeMap::new(),
            is_doubtful: true,
        };
        assert!(carries(&versions("v1", "v2"), &owed));
        assert!(!carries(&versions("v1", "v3"), &owed));
        assert!(!carries(&BTreeMap::new(), &owed));
    }
}
