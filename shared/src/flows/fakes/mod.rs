//! Services as state, for tests of flows: each fake behaves as its service does, and can be told to fail.

mod objects;

pub use objects::FakeBucket;
