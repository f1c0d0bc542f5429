//! Every event in `events/` from its delivery to its answer.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use changegate::domain::sync::push::WatchedBranch;
use changegate::flows::ports::{PortError, QueueMessage, Secret};
use changegate::lambda::clock::SystemClock;
use hmac::{Hmac, KeyInit as _, Mac as _};
use lambda_runtime::Context;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::Sha256;

use super::*;

#[derive(Default)]
struct FakeQueue(RefCell<Vec<QueueMessage>>);

impl SendMessages for FakeQueue {
    async fn send(&self, message: QueueMessage) -> Result<(), PortError> {
        self.0.borrow_mut().push(message);
        Ok(())
    }
}

const SECRET: &str = "It's a Secret to Everybody";

struct OneSecret;

impl ReadSecrets for OneSecret {
    async fn read_secret(&self, _: &str) -> Result<Secret, PortError> {
        Ok(Secret::new(SECRET))
    }
}

fn webhook() -> Webhook<FakeQueue, OneSecret, SystemClock> {
    let settings = Settings {
        watched: WatchedBranch {
            repository: "acme/infrastructure".to_owned(),
            branch: "main".to_owned(),
        },
        queue_url: "https://queue.example".to_owned(),
        secret_arn: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:webhook".to_owned(),
    };
    Webhook::new(FakeQueue::default(), OneSecret, SystemClock, settings)
}

fn event(case: &str) -> Value {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../../events/github-webhook--{case}.json"));
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// Status and body of the answer to an event, and how many messages it queued.
async fn answer(event: Value) -> (u16, Value, usize) {
    let webhook = webhook();
    let request = serde_json::from_value(event).unwrap();
    let answer = webhook
        .handle(LambdaEvent::new(request, Context::default()))
        .await
        .unwrap();
    let queued = webhook.queue.0.borrow().len();
    (answer.status_code, serde_json::from_str(&answer.body).unwrap(), queued)
}

#[tokio::test]
async fn pushes_to_the_branch_are_queued_in_whatever_form_they_come() {
    for case in ["push", "push-base64", "form"] {
        assert_eq!(
            answer(event(case)).await,
            (202, json!({"result": "queued"}), 1),
            "{case}"
        );
    }
}

#[tokio::test]
async fn everything_else_is_ignored_with_a_reason() {
    for (case, reason) in [
        ("ping", "the webhook works"),
        ("other-branch", "`feature/x` is not the watched branch `main`"),
        ("tag", "`refs/tags/v1` is not a branch"),
        ("branch-deleted", "the watched branch was deleted"),
    ] {
        let (status, body, queued) = answer(event(case)).await;
        assert_eq!((status, queued), (200, 0), "{case}");
        assert!(body["reason"].as_str().unwrap().starts_with(reason), "{case}: {body}");
    }
}

#[tokio::test]
async fn every_event_that_github_has_is_ignored_when_signed_and_refused_when_not() {
    let names = "branch_protection_rule check_run check_suite code_scanning_alert commit_comment create delete \
                 dependabot_alert deploy_key deployment deployment_status discussion fork github_app_authorization \
                 gollum installation installation_repositories issue_comment issues label member membership \
                 merge_group meta milestone org_block organization package page_build project public pull_request \
                 pull_request_review pull_request_review_comment registry_package release repository \
                 repository_dispatch repository_import repository_ruleset secret_scanning_alert \
                 security_advisory sponsorship star status team team_add watch workflow_dispatch workflow_job \
                 workflow_run";
    for name in names.split_whitespace() {
        let mut signed = event("push");
        signed["headers"]["x-github-event"] = name.into();
        assert_eq!(answer(signed.clone()).await.0, 200, "{name}");
        signed["headers"].as_object_mut().unwrap().remove("x-hub-signature-256");
        assert_eq!(answer(signed).await.0, 401, "{name}");
    }
}

/// The delivery of a payload, as JSON or as a form, plain or in base64, signed with a secret or not at all.
fn delivery(name: &str, payload: &Value, is_form: bool, is_base64: bool, secret: Option<&str>) -> Value {
    let (kind, body) = if is_form {
        let encoded = utf8_percent_encode(&payload.to_string(), NON_ALPHANUMERIC).to_string();
        (
            "application/x-www-form-urlencoded",
            format!("payload={}", encoded.replace("%20", "+")),
        )
    } else {
        ("application/json", payload.to_string())
    };
    let mut event = event("push");
    event["headers"]["content-type"] = kind.into();
    event["headers"]["x-github-event"] = name.into();
    let headers = event["headers"].as_object_mut().unwrap();
    headers.remove("x-hub-signature-256");
    if let Some(secret) = secret {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        let signature = hex::encode(mac.chain_update(&body).finalize().into_bytes());
        headers.insert("x-hub-signature-256".to_owned(), format!("sha256={signature}").into());
    }
    event["body"] = if is_base64 { STANDARD.encode(&body) } else { body }.into();
    event["isBase64Encoded"] = is_base64.into();
    event
}

/// Payloads of every kind of shape that GitHub sends, and the status that each is answered with when it is signed.
fn payloads() -> Vec<(&'static str, Value, u16)> {
    let (none, some) = ("0".repeat(40), "6113728f27ae82c7b1a177c8d03f9e96e0adf246");
    let repository = json!({"full_name": "acme/infrastructure", "description": "größer + 100 % & mehr = \u{1f680}"});
    let push = |reference: &str, after: &str, deleted: bool| {
        json!({
            "ref": reference, "before": none, "after": after, "deleted": deleted, "created": !deleted, "base_ref": null,
            "repository": repository, "head_commit": null, "commits": [], "pusher": {"name": "a+b", "email": null},
        })
    };
    vec![
        ("push", push("refs/heads/main", some, false), 202),
        ("push", push("refs/heads/main", &none, true), 200),
        ("push", push("refs/heads/maine", some, false), 200),
        ("push", push("refs/tags/main", some, false), 200),
        ("push", push("refs/tags/main", &none, true), 200),
        (
            "ping",
            json!({"zen": "Half measures are as bad as nothing at all.", "hook_id": 1, "hook": {}}),
            200,
        ),
        // Of an organization, of an account and of an app: without a repository.
        (
            "organization",
            json!({"action": "member_added", "organization": {}, "sender": {}}),
            200,
        ),
        (
            "marketplace_purchase",
            json!({"action": "cancelled", "marketplace_purchase": {}}),
            200,
        ),
        (
            "github_app_authorization",
            json!({"action": "revoked", "sender": {"login": "x"}}),
            200,
        ),
        (
            "enterprise",
            json!({"action": "anonymous_access_enabled", "enterprise": {}}),
            200,
        ),
        // With a ref of its own, and with one of another type.
        (
            "create",
            json!({"ref": "main", "ref_type": "branch", "repository": repository}),
            200,
        ),
        (
            "delete",
            json!({"ref": "main", "ref_type": "branch", "repository": repository}),
            200,
        ),
        (
            "repository_dispatch",
            json!({"action": "go", "branch": "main", "client_payload": [1, null]}),
            200,
        ),
        (
            "status",
            json!({"sha": some, "branches": [{"name": "main"}], "repository": repository}),
            200,
        ),
        (
            "projects_v2_item",
            json!({"action": "edited", "changes": {"body": {"from": null}}}),
            200,
        ),
        ("event_of_tomorrow", json!("not even an object"), 200),
    ]
}

#[tokio::test]
async fn every_shape_of_payload_is_answered_rightly_however_it_is_carried_and_signed() {
    for (name, payload, status) in payloads() {
        for (is_form, is_base64) in [(false, false), (false, true), (true, false), (true, true)] {
            let sent = |secret| delivery(name, &payload, is_form, is_base64, secret);
            let (answered, body, queued) = answer(sent(Some(SECRET))).await;
            let told = format!("{name} {payload} as form {is_form}, as base64 {is_base64}: {body}");
            assert_eq!((answered, queued), (status, usize::from(status == 202)), "{told}");
            assert!(
                status == 202 || body["reason"].as_str().is_some_and(|reason| !reason.is_empty()),
                "{told}"
            );
            for secret in [None, Some("another secret"), Some("")] {
                let (answered, body, queued) = answer(sent(secret)).await;
                assert_eq!((answered, queued), (401, 0), "{told}");
                assert_eq!(body["result"], "refused", "{told}");
            }
        }
    }
}

#[tokio::test]
async fn unsigned_and_altered_deliveries_are_refused() {
    assert_eq!(answer(event("unsigned")).await.0, 401);
    let mut altered = event("push");
    altered["body"] = altered["body"].as_str().unwrap().replace("main", "maim").into();
    let (status, body, queued) = answer(altered).await;
    assert_eq!((status, queued), (401, 0));
    assert_eq!(body["result"], "refused");
}

#[tokio::test]
async fn oversized_unreadable_and_foreign_requests_are_refused() {
    let mut large = event("push");
    large["body"] = "x".repeat(BODY_LIMIT_BYTES * 4 / 3 + 8).into();
    assert_eq!(answer(large).await.0, 413);
    let mut broken = event("push-base64");
    broken["body"] = "%%%".into();
    assert_eq!(answer(broken).await.0, 400);
    let mut get = event("push");
    get["requestContext"]["http"]["method"] = "GET".into();
    assert_eq!(answer(get).await.0, 400);
    assert_eq!(answer(json!({})).await.0, 401);
}

#[tokio::test]
async fn signed_bodies_that_are_not_utf_8_or_compressed_are_malformed() {
    let latin = b"{\"ref\": \"refs/heads/m\xe4in\"}".to_vec();
    // The first bytes of a gzip stream.
    let compressed = vec![0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0xff, 0xab, 0xae, 0x05, 0];
    for body in [latin, compressed] {
        let mut event = event("push");
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        let signature = hex::encode(mac.chain_update(&body).finalize().into_bytes());
        let signature = format!("sha256={signature}");
        event["headers"]["x-hub-signature-256"] = signature.into();
        event["headers"]["content-encoding"] = "gzip".into();
        event["body"] = STANDARD.encode(&body).into();
        event["isBase64Encoded"] = true.into();
        let (status, answered, queued) = answer(event).await;
        assert_eq!(
            (status, answered["result"].as_str()),
            (400, Some("refused")),
            "{answered}"
        );
        assert_eq!(queued, 0);
    }
}
