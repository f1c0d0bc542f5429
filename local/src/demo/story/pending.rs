//! The end: no commit still waits for a status.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::demo::world::{DemoError, World};

/// An announcement that nobody got is found by the schedule, which leaves a minute to it, looks every ten seconds where
/// events get lost, and then needs a while to tell.
const PATIENCE: Duration = Duration::from_mins(3);
const PAUSE: Duration = Duration::from_secs(1);

/// GitHub keeps a commit from being merged, and people waiting, as long as a status of it is pending.
pub(super) async fn check(world: &mut World) -> Result<(), DemoError> {
    let until = Instant::now() + PATIENCE;
    let mut pending = pending(world).await?;
    while !pending.is_empty() && Instant::now() < until {
        sleep(PAUSE).await;
        pending = self::pending(world).await?;
    }
    world
        .report
        .check("no status of any commit stays pending", pending.is_empty(), || {
            pending.join(", ")
        });
    Ok(())
}

/// Context and commit of every status that is pending.
async fn pending(world: &World) -> Result<Vec<String>, DemoError> {
    let mut pending = Vec::new();
    for commit in world.copy.commits().await? {
        for status in world.statuses(&commit).await? {
            if status["state"] == "pending" {
                pending.push(format!("{} of {}", status["context"], &commit[..7]));
            }
        }
    }
    Ok(pending)
}
