//! Changes of state reach EventBridge, one after the other.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::sync::mpsc;

use super::aws::Aws;
use super::lock;
use crate::codepipeline::engine::effects::StateChange;
use crate::codepipeline::rough::Rough;

/// How many events one call takes; EventBridge's own limit.
const BATCH: usize = 10;

/// Publishes until nobody sends any more. Where the world is rough, an event may be late, come twice, or never.
pub(super) async fn publish_all(
    aws: Arc<Aws>,
    mut queue: mpsc::UnboundedReceiver<StateChange>,
    rough: Option<Arc<Mutex<Rough>>>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        match &rough {
            None => publish(&aws, &batch).await,
            Some(rough) => {
                for change in &batch {
                    for wait in lock(rough).event() {
                        let (aws, change) = (aws.clone(), change.clone());
                        tokio::spawn(async move {
                            tokio::time::sleep(wait).await;
                            publish(&aws, &[change]).await;
                        });
                    }
                }
            }
        }
        batch.clear();
    }
}

/// Sends a batch through the start script's route: MiniStack refuses events of `aws.*` from callers, as AWS does.
async fn publish(aws: &Aws, batch: &[StateChange]) {
    let entries: Vec<_> = batch
        .iter()
        .map(|change| {
            json!({
                "Source": "aws.codepipeline",
                "DetailType": change.detail_type,
                "Resources": [change.resource],
                "Time": change.time.as_duration().as_secs_f64(),
                "Detail": change.detail.to_string(),
            })
        })
        .collect();
    match aws
        .local(
            "/_local/events",
            &json!({ "account": aws.account(), "region": aws.region(), "Entries": entries }),
        )
        .await
    {
        Ok(answer) if answer.status().is_success() => {}
        Ok(answer) => tracing::warn!(status = %answer.status(), "events of CodePipeline were not accepted"),
        Err(failure) => tracing::warn!(reason = failure.message, "events of CodePipeline were not published"),
    }
}
