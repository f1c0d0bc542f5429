//! What the demo claims, and whether it held.

use std::fmt;

/// The claims, in the order in which they were checked.
#[derive(Debug, Clone, Default)]
pub struct Report {
    lines: Vec<Line>,
}

#[derive(Debug, Clone)]
struct Line {
    claim: String,
    held: bool,
    found: String,
}

impl Report {
    /// Adds a claim; `found` says what was found instead, and is asked only when it does not hold.
    pub fn check(&mut self, claim: &str, held: bool, found: impl FnOnce() -> String) {
        let found = if held { String::new() } else { found() };
        println!("          {} {claim}", if held { "ok:" } else { "NOT:" });
        self.lines.push(Line {
            claim: claim.to_owned(),
            held,
            found,
        });
    }

    /// Whether every claim held, and there was one.
    pub fn holds(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.held)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "== What was checked")?;
        for line in &self.lines {
            writeln!(f, "{} {}", if line.held { "  ok" } else { " NOT" }, line.claim)?;
            if !line.held {
                writeln!(f, "      found: {}", line.found)?;
            }
        }
        let failed = self.lines.iter().filter(|line| !line.held).count();
        match failed {
            0 => writeln!(f, "all {} held", self.lines.len()),
            _ => writeln!(f, "{failed} of {} did not hold", self.lines.len()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Report;

    #[test]
    fn one_claim_that_does_not_hold_spoils_the_report() {
        let mut report = Report::default();
        assert!(!report.holds());
        report.check("this", true, String::new);
        assert!(report.holds());
        report.check("that", false, || "other".to_owned());
        assert!(!report.holds());
        assert!(report.to_string().contains("found: other"));
        assert!(report.to_string().contains("1 of 2 did not hold"));
    }
}
