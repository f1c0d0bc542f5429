//! What a delivery of GitHub's means for the one branch that is watched.
//!
//! Source: <https://docs.github.com/en/webhooks/webhook-events-and-payloads#push>

use serde::{Deserialize, Serialize};

/// The branch that is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedBranch {
    /// `owner/name`.
    pub repository: String,
    /// Branch without `refs/heads/`.
    pub branch: String,
}

/// What a delivery asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryVerdict {
    /// The watched branch moved.
    Sync(SyncRequest),
    /// Nothing follows, for this reason.
    Ignore(String),
    /// A push whose payload is not what GitHub documents.
    Malformed(String),
}

/// A message to the sync. It is only a hint that something may have changed: the sync asks GitHub for the truth.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum SyncRequest {
    /// The branch moved.
    Push {
        /// Commit that the branch was moved to; for the log.
        #[serde(default)]
        commit: String,
        /// GitHub's id of the delivery; for the log.
        #[serde(default)]
        delivery: String,
    },
    /// The time has come to look whether a delivery was lost.
    Schedule,
    /// The time has come to compare the bucket with what it should hold.
    Audit,
}

#[derive(Deserialize)]
struct PushPayload {
    #[serde(rename = "ref")]
    reference: String,
    after: String,
    #[serde(default)]
    deleted: bool,
    repository: RepositoryPayload,
}

#[derive(Deserialize)]
struct RepositoryPayload {
    full_name: String,
}

/// Judges a delivery whose signature is good: its event, as the header `X-GitHub-Event` names it, and its payload.
pub fn judge(event: &str, delivery: &str, payload: &[u8], watched: &WatchedBranch) -> DeliveryVerdict {
    if event == "ping" {
        return DeliveryVerdict::Ignore("the webhook works".to_owned());
    }
    if event != "push" {
        return DeliveryVerdict::Ignore(format!("only `push` events matter, this is `{event}`"));
    }
    let push: PushPayload = match serde_json::from_slice(payload) {
        Ok(push) => push,
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            return DeliveryVerdict::Malformed(format!(
                "the payload is not a push event, at line {line} column {column}"
            ));
        }
    };
    // GitHub tells owners and repositories apart without regard to case.
    if !push.repository.full_name.eq_ignore_ascii_case(&watched.repository) {
        return DeliveryVerdict::Ignore(format!(
            "`{}` is not the watched repository `{}`; after renaming the repository, deploy with its new name",
            push.repository.full_name, watched.repository
        ));
    }
    let Some(branch) = push.reference.strip_prefix("refs/heads/") else {
        return DeliveryVerdict::Ignore(format!("`{}` is not a branch", push.reference));
    };
    if branch != watched.branch {
        return DeliveryVerdict::Ignore(format!("`{branch}` is not the watched branch `{}`", watched.branch));
    }
    if push.deleted || push.after.bytes().all(|byte| byte == b'0') {
        return DeliveryVerdict::Ignore("the watched branch was deleted; what was synced stays as it is".to_owned());
    }
    DeliveryVerdict::Sync(SyncRequest::Push {
        commit: push.after,
        delivery: delivery.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn verdict(event: &str, payload: &Value) -> DeliveryVerdict {
        let watched = WatchedBranch {
            repository: "acme/infrastructure".to_owned(),
            branch: "release/2026".to_owned(),
        };
        judge(event, "d1", payload.to_string().as_bytes(), &watched)
    }

    fn push() -> Value {
        json!({
            "ref": "refs/heads/release/2026",
            "before": "0000000000000000000000000000000000000000",
            "after": "6113728f27ae82c7b1a177c8d03f9e96e0adf246",
            "deleted": false,
            "repository": { "full_name": "Acme/Infrastructure" },
        })
    }

    fn reason(event: &str, payload: &Value) -> String {
        match verdict(event, payload) {
            DeliveryVerdict::Ignore(reason) => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_push_to_the_watched_branch_asks_for_a_sync() {
        let request = SyncRequest::Push {
            commit: "6113728f27ae82c7b1a177c8d03f9e96e0adf246".to_owned(),
            delivery: "d1".to_owned(),
        };
        assert_eq!(verdict("push", &push()), DeliveryVerdict::Sync(request));
    }

    #[test]
    fn pings_and_other_events_are_ignored_whatever_they_carry() {
        assert_eq!(
            reason("ping", &json!({"zen": "Keep it logically awesome."})),
            "the webhook works"
        );
        assert!(reason("issues", &json!([])).contains("`issues`"));
    }

    #[test]
    fn other_branches_tags_forks_and_deletions_are_ignored_with_a_reason() {
        let with = |key: &str, value: Value| {
            let mut payload = push();
            payload[key] = value;
            payload
        };
        assert!(reason("push", &with("ref", json!("refs/heads/main"))).contains("`main` is not the watched branch"));
        assert!(reason("push", &with("ref", json!("refs/tags/release/2026"))).contains("not a branch"));
        assert!(reason("push", &with("repository", json!({"full_name": "fork/infrastructure"}))).contains("renaming"));
        assert!(reason("push", &with("deleted", json!(true))).contains("deleted"));
        assert!(reason("push", &with("after", json!("0".repeat(40)))).contains("deleted"));
    }

    /// The fields of GitHub's own example, as they come for a new branch, a forced one, and one that is deleted.
    #[test]
    fn whole_payloads_are_judged_by_the_few_fields_that_matter() {
        let whole = |before: &str, after: &str, created: bool, deleted: bool, forced: bool| {
            json!({
                "ref": "refs/heads/release/2026", "before": before, "after": after,
                "repository": {
                    "id": 186_853_002, "node_id": "MDEwOlJlcG9zaXRvcnkxODY4NTMwMDI=", "name": "infrastructure",
                    "full_name": "acme/infrastructure", "private": true, "fork": false, "created_at": 1_557_933_565,
                    "owner": {"name": "acme", "email": null, "login": "acme", "id": 21_031_067, "type": "Organization"},
                    "default_branch": "main", "license": null, "pushed_at": 1_557_933_657, "topics": [],
                },
                "pusher": {"name": "Codertocat", "email": null},
                "sender": {"login": "Codertocat", "id": 21_031_067, "type": "User"},
                "organization": {"login": "acme", "id": 1}, "installation": {"id": 5, "node_id": "x"},
                "created": created, "deleted": deleted, "forced": forced, "base_ref": null,
                "compare": "https://github.com/acme/infrastructure/compare/x", "commits": [], "head_commit": null,
            })
        };
        let (none, one, two) = ("0".repeat(40), "1".repeat(40), "2".repeat(40));
        for (payload, commit) in [
            (whole(&none, &one, true, false, false), &one),
            (whole(&one, &two, false, false, true), &two),
        ] {
            let request = SyncRequest::Push {
                commit: commit.clone(),
                delivery: "d1".to_owned(),
            };
            assert_eq!(verdict("push", &payload), DeliveryVerdict::Sync(request));
        }
        assert!(reason("push", &whole(&two, &none, false, true, false)).contains("deleted"));
    }

    #[test]
    fn a_push_of_another_shape_is_malformed() {
        assert!(matches!(
            verdict("push", &json!({"ref": 1})),
            DeliveryVerdict::Malformed(_)
        ));
        assert!(matches!(verdict("push", &json!(null)), DeliveryVerdict::Malformed(_)));
    }

    #[test]
    fn a_request_survives_the_queue_and_a_bare_schedule_is_understood() {
        let request = SyncRequest::Push {
            commit: "c1".to_owned(),
            delivery: "d1".to_owned(),
        };
        let text = serde_json::to_string(&request).unwrap();
        assert_eq!(text, r#"{"kind":"push","commit":"c1","delivery":"d1"}"#);
        assert_eq!(serde_json::from_str::<SyncRequest>(&text).unwrap(), request);
        assert_eq!(
            serde_json::from_str::<SyncRequest>(r#"{"kind":"audit"}"#).unwrap(),
            SyncRequest::Audit
        );
    }
}
