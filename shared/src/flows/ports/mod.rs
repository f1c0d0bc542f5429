//! What flows need of the world, as small traits. They speak in domain types; no SDK or HTTP type passes them.
#![expect(
    async_fn_in_trait,
    reason = "a function runs one flow on one thread; no caller needs the futures to be Send"
)]

mod artifacts;
mod change_sets;
mod clock;
mod error;
mod functions;
mod notifications;
mod objects;
mod pipelines;
mod pull_requests;
mod queue;
mod repository;
mod secrets;
mod stacks;

pub use artifacts::*;
pub use change_sets::*;
pub use clock::*;
pub use error::*;
pub use functions::*;
pub use notifications::*;
pub use objects::*;
pub use pipelines::*;
pub use pull_requests::*;
pub use queue::*;
pub use repository::*;
pub use secrets::*;
pub use stacks::*;
