//! The guard and the execution against stateful fakes.

mod attacks;
mod gates_in_force;
mod kills;
mod nested;
mod ordinary;
mod refusals;
mod requests;
mod second_lines;
mod steps;
mod superseding;
mod swaps;
mod together;
mod world;
