//! The host over HTTP, with real git on both sides.

mod deliveries;
mod pulls;
mod reading;
mod refusals;
mod statuses;
mod world;
