//! The last change that a pipeline executed, as `changeset-execute` records it after success.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The document at [`crate::domain::keys::executed`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Executed {
    /// Version of this document's shape: 1.
    pub version: u32,
    /// Newest commit that the executed source versions were written from.
    pub commit: String,
    /// Greatest number of the records that the executed source versions were written under; absent where they had none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// Id of the pipeline execution.
    pub execution: String,
    /// ARN of the change set; absent when only the stack policy was set.
    pub change_set_arn: Option<String>,
    /// Source object versions of the run: source action name to S3 version id.
    pub source_versions: BTreeMap<String, String>,
    /// `LastUpdatedTime`, else `CreationTime`, of the stack after the execution (RFC 3339).
    pub stack_last_changed: Option<String>,
    /// When the guard saw that the execution had succeeded (RFC 3339).
    pub executed_at: String,
    /// What the pipeline had executed before, without what was before that; absent when that was nothing, and in older
    /// records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Box<Executed>>,
}

impl Executed {
    /// What the pipeline had executed before this run; `last` is what it executed last, perhaps by this very run.
    pub fn before_run(last: Option<Self>, execution: &str) -> Option<Self> {
        match last {
            Some(last) if last.execution == execution => last.before.map(|before| *before),
            last => last,
        }
    }

    /// The same as what was before the next.
    #[must_use]
    pub fn into_before(self) -> Box<Self> {
        Box::new(Self { before: None, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn executed(execution: &str, before: Option<Box<Executed>>) -> Executed {
        Executed {
            version: 1,
            commit: "c".to_owned(),
            sequence: Some(1),
            execution: execution.to_owned(),
            change_set_arn: None,
            source_versions: BTreeMap::new(),
            stack_last_changed: None,
            executed_at: String::new(),
            before,
        }
    }

    #[test]
    fn what_was_before_a_run_is_known_while_it_waits_and_after_it_executed() {
        let first = executed("first", None);
        let second = executed("second", Some(first.clone().into_before()));
        let before =
            |last: &Executed, run| Executed::before_run(Some(last.clone()), run).map(|before| before.execution);
        assert_eq!(before(&first, "second").as_deref(), Some("first"));
        assert_eq!(before(&second, "second").as_deref(), Some("first"));
        assert_eq!(before(&first, "first"), None);
        assert_eq!(Executed::before_run(None, "first"), None);
    }

    #[test]
    fn a_record_holds_one_before_it_and_not_all() {
        let first = executed("first", None);
        let second = executed("second", Some(first.into_before()));
        assert_eq!(second.into_before().before, None);
    }
}
