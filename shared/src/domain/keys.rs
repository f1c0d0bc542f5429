//! Where each object lives in the source bucket and in the evidence bucket.
//!
//! The keys under `TemplateSource/` are those of the article that Changegate starts from.

use super::provenance::RecordId;
use super::sha256::Sha256;

/// The sync's own record of what the source bucket holds.
pub const SNAPSHOT: &str = "snapshot.json";
/// What people were told last of functions that do not run the release, in the evidence bucket.
pub const RELEASE_TOLD: &str = "release/told.json";
/// Folders that are left out of a large snapshot, one JSON line for each.
pub const SNAPSHOT_FOLDERS: &str = "snapshot.folders.jsonl";

/// Key of a repository file in the source bucket, raw.
pub fn source(path: &str) -> String {
    format!("TemplateSource/{path}")
}

/// Key of the ZIP that a pipeline reads: the object at `key`, zipped.
pub fn zipped(key: &str) -> String {
    format!("{key}.zip")
}

/// Key of a stack's effective configuration.
pub fn configuration(environment: &str, stack: &str) -> String {
    format!("TemplateSource/.configurations/{environment}/{stack}.json")
}

/// Key of the resolved catalogue of one environment.
pub fn catalogue(environment: &str) -> String {
    format!("TemplateSource/.catalogue/{environment}.json")
}

/// What the key of every content-addressed object starts with.
pub const PACKAGES: &str = "TemplateSource/.packages/";

/// Key of a content-addressed object that templates refer to; `extension` has no dot and may be empty.
pub fn package(digest: Sha256, extension: &str) -> String {
    match extension {
        "" => format!("{PACKAGES}{digest}"),
        _ => format!("{PACKAGES}{digest}.{extension}"),
    }
}

/// Whether a key is one that [`package`] makes: the digest of the content, in lower case, and perhaps an extension.
pub fn is_package(key: &str) -> bool {
    let Some(name) = key.strip_prefix(PACKAGES) else {
        return false;
    };
    let (digest, extension) = name.split_once('.').unwrap_or((name, "x"));
    let is_digest = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    digest.len() == 64
        && digest.bytes().all(is_digest)
        && matches!(extension.len(), 1..=MAX_EXTENSION)
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Longest extension that a content-addressed object keeps.
pub const MAX_EXTENSION: usize = 16;

/// Key of a gate document in the source bucket.
pub fn gate(digest: Sha256) -> String {
    format!("gates/{digest}.json")
}

/// What the key of every provenance record starts with.
pub const PROVENANCE: &str = "provenance/";

/// Key of the provenance that one sync recorded, in the source bucket.
pub fn provenance(record: &RecordId) -> String {
    match record {
        RecordId::Commit(commit) => format!("{PROVENANCE}{commit}.json"),
        RecordId::Sequence(sequence) => format!("{PROVENANCE}{sequence}.json"),
    }
}

/// The number of the record at `key`; `None` for a record from before there were numbers, and for any other object.
pub fn provenance_sequence(key: &str) -> Option<u64> {
    let name = key.strip_prefix(PROVENANCE)?.strip_suffix(".json")?;
    // A commit's id may be all digits; it has at least 40 of them.
    name.parse().ok().filter(|_| name.len() < 20)
}

/// Key of the claim of a run, in the evidence bucket.
pub fn claim(pipeline: &str, execution: &str) -> String {
    format!("runs/{pipeline}/{execution}/claim")
}

/// Key of one file of a review, in the evidence bucket; `attempt` counts from 1.
pub fn review(pipeline: &str, execution: &str, attempt: u32, file: &str) -> String {
    format!("reviews/{pipeline}/{execution}/{attempt}/{file}")
}

/// Key of the outcome of a run, in the evidence bucket.
pub fn outcome(pipeline: &str, execution: &str) -> String {
    format!("outcomes/{pipeline}/{execution}.json")
}

/// Key of the outcome of a further end of a run that was retried, in the evidence bucket; `number` counts from 2.
pub fn further_outcome(pipeline: &str, execution: &str, number: u32) -> String {
    format!("outcomes/{pipeline}/{execution}.{number}.json")
}

/// Key of the record of how a stack came to rest after its run had ended, in the evidence bucket.
pub fn stack_end(pipeline: &str, execution: &str) -> String {
    format!("outcomes/{pipeline}/{execution}.stack.json")
}

/// What the key of every note of a run that waits for an export starts with.
pub const WAITING: &str = "waiting/";

/// Key of the pointer to a pipeline's last executed change, in the evidence bucket.
pub fn executed(pipeline: &str) -> String {
    format!("executed/{pipeline}.json")
}

/// Key of the note that a pipeline's last run waits for an export, in the evidence bucket.
pub fn waiting(pipeline: &str) -> String {
    format!("{WAITING}{pipeline}.json")
}

/// Key of the note that a run waits for its window, in the evidence bucket.
pub fn retry(pipeline: &str) -> String {
    format!("{RETRIES}{pipeline}.json")
}

/// What the key of every note of a run that waits for its window starts with.
pub const RETRIES: &str = "retries/";

/// Key of the note that a stale run was followed by a fresh one, in the evidence bucket.
pub fn fresh_run(pipeline: &str, execution: &str) -> String {
    format!("runs/{pipeline}/{execution}/fresh-run")
}

/// Key of the note that a run was started because an earlier one was stale, in the evidence bucket.
pub fn started_for(pipeline: &str, execution: &str) -> String {
    format!("runs/{pipeline}/{execution}/started-for")
}

/// What the key of every message starts with that could not be told yet.
pub const OUTBOX: &str = "outbox/";

/// Key of a message that could not be told yet, in the evidence bucket: those `about` the same stand together, in the
/// order of their times, in microseconds since 1970; `content` tells two of the same time apart.
pub fn untold(about: Sha256, microseconds: i64, content: Sha256) -> String {
    let content = content.to_string();
    format!("{OUTBOX}{about}/{microseconds:020}-{}.json", &content[..8])
}

/// Key of a message that is given up, in the evidence bucket; `untold` is the key that it had.
pub fn given_up(untold: &str) -> String {
    format!("undelivered/{}", untold.strip_prefix(OUTBOX).unwrap_or(untold))
}

/// Key of the note up to when each pipeline's runs are known to be recorded, in the evidence bucket.
pub const WATERMARKS: &str = "sweeps/watermarks.json";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_key_under_which_a_package_is_stored_says_what_its_content_is() {
        let digest = Sha256::of("content");
        for extension in ["", "yaml", "zip", "JSON", "abcdefghijklmnop"] {
            assert!(is_package(&package(digest, extension)), "{extension}");
        }
        let digest = digest.to_string();
        for other in [
            format!("TemplateSource/.packages/{}", digest.to_uppercase()),
            format!("TemplateSource/.packages/{}", &digest[1..]),
            format!("TemplateSource/.packages/{digest}0"),
            format!("TemplateSource/.packages/{digest}."),
            format!("TemplateSource/.packages/{digest}.tar.gz"),
            format!("TemplateSource/.packages/{digest}.abcdefghijklmnopq"),
            format!("TemplateSource/.packages/{digest}/x"),
            format!("TemplateSource/.packages/{digest}.zip?versionId=1"),
            format!("TemplateSource/.packages/x/{digest}.zip"),
            format!("TemplateSource/.packages/../.packages/{digest}.zip"),
            format!("/TemplateSource/.packages/{digest}.zip"),
            format!("templatesource/.packages/{digest}.zip"),
            format!("TemplateSource/packages/{digest}.zip"),
            format!("TemplateSource/.packages/{}g", &digest[1..]),
            digest,
        ] {
            assert!(!is_package(&other), "{other}");
        }
    }
}
