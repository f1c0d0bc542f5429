//! Asks the person at the terminal.

use std::io::{self, Write as _};

use super::world::DemoError;

/// What the person answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the change may be made.
    pub approved: bool,
    /// The person's words.
    pub words: String,
}

/// Shows the review and asks until the answer is understood.
///
/// # Errors
///
/// When the terminal cannot be read or is closed.
pub async fn ask(review: &str) -> Result<Answer, DemoError> {
    println!("\n{review}\n");
    loop {
        print!("Approve this change? `yes` or `no`, and words for the record if you like: ");
        io::stdout()
            .flush()
            .map_err(|error| DemoError::call("the terminal", &error.to_string()))?;
        let read = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|length| (length, line))
        });
        let (length, line) = read
            .await
            .map_err(|error| DemoError::call("the terminal", &error.to_string()))?
            .map_err(|error| DemoError::call("the terminal", &error.to_string()))?;
        if length == 0 {
            return Err(DemoError::call(
                "the terminal",
                "it was closed; --yes approves without asking",
            ));
        }
        if let Some(answer) = parse(&line) {
            return Ok(answer);
        }
    }
}

fn parse(line: &str) -> Option<Answer> {
    let (word, words) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    let approved = match word.to_ascii_lowercase().as_str() {
        "y" | "yes" => true,
        "n" | "no" => false,
        _ => return None,
    };
    let default = if approved {
        "approved at the terminal"
    } else {
        "rejected at the terminal"
    };
    let words = if words.trim().is_empty() { default } else { words.trim() };
    Some(Answer {
        approved,
        words: words.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn an_answer_may_carry_words() {
        let answer = parse("no the table is in use\n").unwrap();
        assert!(!answer.approved);
        assert_eq!(answer.words, "the table is in use");
        assert!(parse("y\n").unwrap().approved);
        assert!(parse("perhaps\n").is_none());
    }
}
