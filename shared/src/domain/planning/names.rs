//! Names of change sets, and the marks by which a run finds its own.

/// What the name of every change set of Changegate starts with; IAM policies rely on it.
pub const PREFIX: &str = "cg-";

/// Name of a run's change set: `cg-<first 7 characters of the commit>-<execution id>`.
pub fn change_set_name(commit: &str, execution: &str) -> String {
    let short: String = commit.chars().take(7).collect();
    format!("{PREFIX}{short}-{execution}")
}

/// The execution id in the name of a change set; `None` when the name is not of Changegate's making.
pub fn execution_of(name: &str) -> Option<&str> {
    let (commit, execution) = name.strip_prefix(PREFIX)?.split_once('-')?;
    (!commit.is_empty() && !execution.is_empty()).then_some(execution)
}

/// The note in a change set, for whoever sees it in the console, and for the run to know which attempt made it.
///
/// The commit and the run are not secret; the note is at most 1,024 characters long.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
pub fn description(commit: &str, repository: &str, pipeline: &str, execution: &str, attempt: &str) -> String {
    let text = format!(
        "Commit {commit} of {repository}, planned by pipeline {pipeline} in run {execution}, attempt {attempt}"
    );
    text.chars().take(1024).collect()
}

/// Whether a change set's note says that this attempt made it.
pub fn is_of_attempt(description: Option<&str>, attempt: &str) -> bool {
    let made_by = description.and_then(|text| text.rsplit_once(", attempt "));
    made_by.is_some_and(|(_, made_by)| !attempt.is_empty() && made_by == attempt)
}

/// Whether a change set with these statuses can be deleted: nothing is being done with it, and nothing was.
pub fn is_idle(status: &str, execution_status: &str) -> bool {
    matches!(status, "CREATE_COMPLETE" | "FAILED")
        && matches!(execution_status, "AVAILABLE" | "UNAVAILABLE" | "OBSOLETE")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_run() {
        let name = change_set_name(
            "0123456789abcdef0123456789abcdef01234567",
            "c0d76431-b0e7-4a11-97e3-e8ee786eb6f6",
        );
        assert_eq!(name, "cg-0123456-c0d76431-b0e7-4a11-97e3-e8ee786eb6f6");
        assert_eq!(execution_of(&name), Some("c0d76431-b0e7-4a11-97e3-e8ee786eb6f6"));
        for other in ["cg-", "cg-0123456", "cg-0123456-", "release-1-2", "my-cg-1-2"] {
            assert_eq!(execution_of(other), None, "{other}");
        }
    }

    #[test]
    fn an_attempt_knows_its_own_change_set() {
        let note = description(
            "0123456",
            "octo/infrastructure",
            "changegate-network",
            "run",
            "attempt-1",
        );
        assert!(is_of_attempt(Some(&note), "attempt-1"));
        assert!(!is_of_attempt(Some(&note), "attempt-2"));
        assert!(!is_of_attempt(Some(&note), ""));
        assert!(!is_of_attempt(None, "attempt-1"));
    }
}
