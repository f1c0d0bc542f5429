//! Asks the person at the terminal.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use super::world::DemoError;

/// What the person answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Whether the change may be made.
    pub approved: bool,
    /// The person's words.
    pub words: String,
}

/// How long it is waited for a sign of standard input.
const LOOK: Duration = Duration::from_millis(300);
/// As many characters as CodePipeline takes in the words of an answer.
const LONGEST: usize = 512;

/// Whether nobody can answer, which is known at once when standard input is at its end from the start.
pub async fn nobody_is_there() -> bool {
    if io::stdin().is_terminal() {
        return false;
    }
    let look = tokio::task::spawn_blocking(|| io::stdin().lock().fill_buf().is_ok_and(<[u8]>::is_empty));
    // Whoever writes to a pipe may take their time.
    matches!(tokio::time::timeout(LOOK, look).await, Ok(Ok(true)))
}

/// Shows the review and asks until the answer is understood.
///
/// # Errors
///
/// When the terminal cannot be read or is closed.
pub async fn ask(pipeline: &str, review: &str) -> Result<Answer, DemoError> {
    let terminal = |error: &dyn std::error::Error| DemoError::call("the terminal", &error.to_string());
    println!("\n{review}\n");
    loop {
        print!("Approve this change of {pipeline}? `yes` or `no`, and words for the record if you like: ");
        io::stdout().flush().map_err(|error| terminal(&error))?;
        let read = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|length| (length, line))
        });
        let (length, line) = read
            .await
            .map_err(|error| terminal(&error))?
            .map_err(|error| terminal(&error))?;
        if length == 0 {
            println!();
            return Err(DemoError::NobodyThere);
        }
        match parse(&line) {
            Ok(answer) => return Ok(answer),
            Err(why) => println!("{why}"),
        }
    }
}

fn parse(line: &str) -> Result<Answer, String> {
    let (word, words) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
    // People write `no, because` and `yes: fine`.
    let word = word.trim_end_matches([',', ':', ';', '.', '!']);
    let approved = match word.to_ascii_lowercase().as_str() {
        "y" | "yes" => true,
        "n" | "no" => false,
        _ => return Err("Please begin with `yes` or `no`.".to_owned()),
    };
    let default = if approved {
        "approved at the terminal"
    } else {
        "rejected at the terminal"
    };
    // What keys send besides letters has no place in a record.
    let words: String = words.chars().filter(|letter| !letter.is_control()).collect();
    let length = words.trim().chars().count();
    if length > LONGEST {
        return Err(format!("These are {length} characters; CodePipeline keeps {LONGEST}."));
    }
    let words = if length == 0 { default } else { words.trim() };
    Ok(Answer {
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
        assert_eq!(parse("No, it is not\n").unwrap().words, "it is not");
    }

    #[test]
    fn what_is_not_understood_is_asked_again() {
        for line in ["perhaps\n", "\n", "yesterday\n"] {
            assert!(parse(line).unwrap_err().contains("`yes` or `no`"), "{line}");
        }
        let long = format!("yes {}\n", "x".repeat(513));
        assert_eq!(
            parse(&long).unwrap_err(),
            "These are 513 characters; CodePipeline keeps 512."
        );
    }

    #[test]
    fn keys_of_the_terminal_leave_no_trace_in_the_record() {
        assert_eq!(parse("yes fi\u{1b}ne\n").unwrap().words, "fine");
    }
}
