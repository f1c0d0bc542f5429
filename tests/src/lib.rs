//! Contracts between the parts of the repository, the whole system end to end, and what holds for any input.

pub mod fuzz;
