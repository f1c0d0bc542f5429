//! What the history lacks is asked for again before it is refused.

use super::Verdict;

/// Begins the token of a delivery that waits for the history; the number of waits follows.
const WAITS_FOR_HISTORY: &str = "history:";
/// How often the history is asked again: about five minutes on AWS, which publishes no bound.
const MOST_WAITS: u8 = 10;

/// Turns a refusal into a wait where the history may only lag behind, a bounded number of times. `token` is what the
/// delivery before has left.
pub(super) fn asked_again(verdict: Verdict, token: Option<&str>) -> Verdict {
    let waits = token
        .and_then(|token| token.strip_prefix(WAITS_FOR_HISTORY))
        .and_then(|waits| waits.parse().ok())
        .unwrap_or(0);
    match verdict {
        Verdict::Refuse(refusal) if refusal.may_be_lag() && waits < MOST_WAITS => Verdict::Wait {
            token: format!("{WAITS_FOR_HISTORY}{}", waits + 1),
            summary: format!("asking CodePipeline's history again, because it lacks something: {refusal}"),
        },
        verdict => verdict,
    }
}
