//! The engine over HTTP, behind a front, with an outside that is played by [`stage::Outside`].

mod effects;
mod refusals;
mod sdk;
mod stage;
