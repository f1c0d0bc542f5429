//! Ends of runs against stateful fakes, every one announced more than once.

mod commits;
mod ends;
mod faults;
mod order;
mod planted;
mod requests;
mod restarts;
mod world;
