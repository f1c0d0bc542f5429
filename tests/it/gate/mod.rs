//! The gate in the running system: who may approve, what else is asked for, and what becomes of a run meanwhile.

mod approvals;
mod office;
mod overtaking;
mod window;
