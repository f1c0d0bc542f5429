//! Inputs of at most a megabyte that were written to cost much.

mod others;
mod reviews;
mod templates;

/// Most bytes of an input.
const BYTES: usize = 1_000_000;

/// An input that is to cost much.
pub struct Case {
    /// Name of the target that it is for.
    pub target: &'static str,
    /// What there is much of.
    pub name: &'static str,
    /// The input.
    pub text: String,
}

impl Case {
    fn new(target: &'static str, name: &'static str, text: String) -> Self {
        Self { target, name, text }
    }
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let mut cases = templates::cases();
    cases.extend(reviews::cases());
    cases.extend(others::cases());
    cases
}

/// Repeats `part` as often as it fits between `before` and `after`.
fn filled(before: &str, part: &str, after: &str) -> String {
    let times = (BYTES - before.len() - after.len()) / part.len();
    format!("{before}{}{after}", part.repeat(times))
}

/// `levels` of `outer` around `inner`; `@` stands for what is within.
fn nested(outer: &str, inner: &str, levels: usize) -> String {
    (0..levels).fold(inner.to_owned(), |within, _| outer.replace('@', &within))
}
