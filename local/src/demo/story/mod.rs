//! The story: six pushes, and what becomes of each.

mod answers;
mod claims;
mod empty;
mod first;
mod pending;
mod rejected;
mod replacing;
mod stacks;
mod superseded;

use super::world::{DemoError, World};

const ROOT: &str = "changegate-root";

/// The stacks of the example, in the order in which they can stand.
const STACKS: [&str; 4] = ["network", "data", "orders-service", "alarms"];

/// Tells it from the first push to the last, checking every claim.
///
/// # Errors
///
/// When it cannot go on; a claim that does not hold is in the report.
pub(super) async fn tell(world: &mut World) -> Result<(), DemoError> {
    first::tell(world).await?;
    replacing::tell(world).await?;
    empty::tell(world).await?;
    rejected::tell(world).await?;
    superseded::tell(world).await?;
    pending::check(world).await
}

fn pipeline(stack: &str) -> String {
    format!("changegate-{stack}")
}
