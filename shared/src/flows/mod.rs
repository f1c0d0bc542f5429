//! Orders the calls. One file a flow; each reads, decides with `domain`, and applies. Owns the ports.

pub mod digest_inputs;
pub mod ports;

#[cfg(test)]
pub mod fakes;
