//! What a person sees while the environment works.

use std::time::{Duration, Instant};

/// Prints one line for each step, with the time since the start.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    start: Instant,
    is_aside: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            is_aside: false,
        }
    }
}

impl Progress {
    /// Prints to standard error, so that standard output holds only the answer.
    #[must_use]
    pub fn aside() -> Self {
        Self {
            is_aside: true,
            ..Self::default()
        }
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// A headline: what comes now.
    pub fn headline(&self, text: &str) {
        self.print(&format!("\n== {text}"));
    }

    /// A step that was done, or that begins.
    pub fn step(&self, text: &str) {
        self.print(&format!("[{:>6.1}s] {text}", self.elapsed().as_secs_f64()));
    }

    fn print(self, line: &str) {
        if self.is_aside {
            eprintln!("{line}");
        } else {
            println!("{line}");
        }
    }
}
