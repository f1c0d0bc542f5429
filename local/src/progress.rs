//! What a person sees while the environment works.

use std::time::{Duration, Instant};

/// Prints one line for each step, with the time since the start.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    start: Instant,
}

impl Default for Progress {
    fn default() -> Self {
        Self { start: Instant::now() }
    }
}

impl Progress {
    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// A headline: what comes now.
    pub fn headline(&self, text: &str) {
        println!("\n== {text}");
    }

    /// A step that was done, or that begins.
    pub fn step(&self, text: &str) {
        println!("[{:>6.1}s] {text}", self.elapsed().as_secs_f64());
    }
}
