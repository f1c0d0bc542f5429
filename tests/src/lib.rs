//! Tests across the packages of the workspace live in `it/`.
