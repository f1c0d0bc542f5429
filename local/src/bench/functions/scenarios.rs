//! The functions under measurement: what each is given is a recorded invocation of the ordinary case.

/// One function under measurement.
pub(in crate::bench) struct Scenario {
    /// Name of the function, of its binary, and of its recording in `local/bench/recorded/`.
    pub(in crate::bench) function: &'static str,
    /// Module in `local/bench/` that answers the same event in Python.
    pub(in crate::bench) python: &'static str,
}

/// All functions, in the order of the flow.
pub(in crate::bench) const SCENARIOS: [Scenario; 7] = [
    scenario("github-webhook", "github_webhook"),
    scenario("source-sync", "source_sync"),
    scenario("pipelines-provision", "pipelines_provision"),
    scenario("changeset-create", "changeset_create"),
    scenario("changeset-describe", "changeset_describe"),
    scenario("changeset-execute", "changeset_execute"),
    scenario("outcome-record", "outcome_record"),
];

/// Folder of the recordings, from the root of the repository.
pub(in crate::bench) const RECORDINGS: &str = "local/bench/recorded";

const fn scenario(function: &'static str, python: &'static str) -> Scenario {
    Scenario { function, python }
}
