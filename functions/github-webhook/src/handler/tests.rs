//! Every event in `events/` from its delivery to its answer.

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use changegate::domain::sync::push::WatchedBranch;
use changegate::flows::ports::{PortError, QueueMessage, Secret};
use changegate::lambda::clock::SystemClock;
use lambda_runtime::Context;
use serde_json::{Value, json};

use super::*;

#[derive(Default)]
struct FakeQueue(RefCell<Vec<QueueMessage>>);

impl SendMessages for FakeQueue {
    async fn send(&self, message: QueueMessage) -> Result<(), PortError> {
        self.0.borrow_mut().push(message);
        Ok(())
    }
}

struct OneSecret;

impl ReadSecrets for OneSecret {
    async fn read_secret(&self, _: &str) -> Result<Secret, PortError> {
        Ok(Secret::new("It's a Secret to Everybody"))
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
        ("tag", "`refs/tags/v1` is no branch"),
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
