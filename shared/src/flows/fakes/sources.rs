//! The sources of a run as the sync leaves them.

use super::FakeBucket;
use crate::domain::gate::Gate;
use crate::domain::keys;
use crate::domain::provenance::{
    COMMIT_METADATA, CONTENT_METADATA, Commit, Provenance, SEQUENCE_METADATA, StackReads, StackTrace, Trace,
};
use crate::domain::sha256::Sha256;

/// One source as a sync wrote it: its content, the commit, and the number of the record.
#[derive(Debug, Clone, Copy)]
pub struct FakeSource<'s> {
    /// What its ZIP holds.
    pub content: &'s str,
    /// Full commit id.
    pub commit: &'s str,
    /// Number of the record.
    pub sequence: u64,
}

impl FakeSource<'_> {
    /// Puts it at `key`; tells the version.
    pub fn seed(self, bucket: &FakeBucket, key: &str) -> String {
        let (content, sequence) = (Sha256::of(self.content).to_string(), self.sequence.to_string());
        let metadata = [
            (COMMIT_METADATA, self.commit),
            (SEQUENCE_METADATA, &sequence),
            (CONTENT_METADATA, &content),
        ];
        bucket.seed_with(key, self.content, &metadata)
    }
}

/// Puts the template and the configuration of a stack of the environment `production`; tells both versions.
pub fn seed_sources(
    bucket: &FakeBucket,
    gate: &Gate,
    template: FakeSource<'_>,
    configuration: FakeSource<'_>,
) -> (String, String) {
    let template_key = keys::zipped(&keys::source(&gate.template));
    let configuration_key = keys::zipped(&keys::configuration("production", &gate.stack));
    (
        template.seed(bucket, &template_key),
        configuration.seed(bucket, &configuration_key),
    )
}

/// The record of these commits, the first one that touched the stack since `previous`, which is from before there were
/// numbers. `gate` is the stack's, and `reads` what it read then.
pub fn record(sequence: u64, gate: &Gate, reads: (&str, &str), previous: &str, commits: Vec<Commit>) -> Provenance {
    let touched = StackTrace {
        before: Some(0),
        reads: Some(StackReads {
            template: Sha256::of(reads.0),
            configuration: Sha256::of(reads.1),
        }),
        gate: Some(gate.digest()),
        ..StackTrace::default()
    };
    Provenance {
        version: Provenance::VERSION,
        repository: "acme/infrastructure".to_owned(),
        repository_id: Some(crate::domain::sync::pin::RepositoryId(4)),
        branch: "main".to_owned(),
        commit: commits.last().map(|commit| commit.sha.clone()).unwrap_or_default(),
        previous: Some(previous.to_owned()),
        stacks: vec![gate.stack.clone()],
        complete: true,
        commits,
        trace: Some(Trace {
            sequence,
            stacks: [(gate.stack.clone(), touched)].into(),
            unnumbered: Some(previous.to_owned()),
            ..Trace::default()
        }),
    }
}

/// Puts a record into the source bucket.
pub fn seed_record(bucket: &FakeBucket, record: &Provenance) {
    bucket.seed(
        &keys::provenance(&record.id()),
        serde_json::to_vec(record).expect("a record is JSON"),
    );
}
