//! From a run to its change set: names, the note to a reader, and what became of it.

mod ending;
mod names;
mod template;

pub use ending::*;
pub use names::*;
pub use template::*;
