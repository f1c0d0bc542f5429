//! Orders the calls. One file a flow; each reads, decides with `domain`, and applies. Owns the ports.

pub mod ports;
