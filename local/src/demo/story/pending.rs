//! The end: no commit still waits for a status.

use crate::demo::world::{DemoError, World};

/// GitHub keeps a commit from being merged, and people waiting, as long as a status of it is pending.
pub(super) async fn check(world: &mut World) -> Result<(), DemoError> {
    let mut pending = Vec::new();
    for commit in world.copy.commits().await? {
        for status in world.statuses(&commit).await? {
            if status["state"] == "pending" {
                pending.push(format!("{} of {}", status["context"], &commit[..7]));
            }
        }
    }
    world
        .report
        .check("no status of any commit stays pending", pending.is_empty(), || {
            pending.join(", ")
        });
    Ok(())
}
