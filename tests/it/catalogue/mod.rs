//! Catalogues: what becomes of a repository, its pipelines and its stacks from push to push.
//!
//! Each story here has an environment of its own, because a push concerns every stack of a repository.

mod article;
mod check;
mod flight;
pub(crate) mod rendered;
mod side_by_side;
