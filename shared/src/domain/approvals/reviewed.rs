//! Which review an answer was given to.
//!
//! A stage that is retried as a whole makes a new review and asks again, so a run may have several reviews and several
//! answers of one name. Each request for approval carries the link of the review that it shows, and each attempt's
//! review has a link of its own: that ties them together without any clock. AWS does not say that the history shows the
//! configuration of an approval with its variables filled in; where it shows none, the request must have begun after the
//! review began. The review's *end* is not compared: its `lastUpdateTime` may move after the next action has begun.
//!
//! Source: <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ActionExecutionInput.html>

use jiff::Timestamp;

use crate::domain::actions::DESCRIBE_CHANGE_SET;
use crate::domain::history::ActionExecution;

/// Where a request for approval carries the review's link.
const LINK_OF_REQUEST: &str = "ExternalEntityLink";

/// A review that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reviewed {
    /// When it began.
    began: Option<Timestamp>,
    /// Its page, which no other review has.
    link: Option<String>,
}

impl Reviewed {
    /// The newest review with this digest; `None` when the history shows none that succeeded. `history` is newest
    /// first.
    pub fn newest(digest: &str, history: &[ActionExecution]) -> Option<Self> {
        let reviews = history.iter().filter(|action| {
            action.action == DESCRIBE_CHANGE_SET
                && action.category != "Approval"
                && action.status == "Succeeded"
                && action.output_variables.get("Digest").is_some_and(|held| held == digest)
        });
        // Of several that began at the same time, or at none, the first is the newest.
        let newest = reviews.rev().max_by_key(|review| review.began())?;
        Some(Self {
            began: newest.began(),
            link: shown(newest.output_variables.get("Link")),
        })
    }

    /// The yeses of the approval action `name` that were given to this review.
    pub fn answers<'a>(
        &'a self,
        name: &'a str,
        history: &'a [ActionExecution],
    ) -> impl Iterator<Item = &'a ActionExecution> {
        history.iter().filter(move |answer| {
            answer.action == name
                && answer.category == "Approval"
                && answer.status == "Succeeded"
                && self.is_shown_by(answer)
        })
    }

    /// Whether a request for approval showed this review.
    fn is_shown_by(&self, request: &ActionExecution) -> bool {
        let link = shown(request.resolved_configuration.get(LINK_OF_REQUEST));
        match (link, &self.link) {
            (Some(link), Some(own)) => link == *own,
            _ => matches!((request.began(), self.began), (Some(asked), Some(began)) if asked >= began),
        }
    }
}

/// A value with its variables filled in.
fn shown(value: Option<&String>) -> Option<String> {
    value
        .filter(|value| !value.is_empty() && !value.contains("#{"))
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(name: &str, category: &str, started: &str) -> ActionExecution {
        ActionExecution {
            action: name.to_owned(),
            category: category.to_owned(),
            status: "Succeeded".to_owned(),
            started: Some(format!("2026-11-23T{started}Z")),
            ..ActionExecution::default()
        }
    }

    fn review(started: &str, link: &str) -> ActionExecution {
        let mut review = action("DescribeChangeSet", "Invoke", started);
        for (name, value) in [("Digest", "d1"), ("Link", link)] {
            review.output_variables.insert(name.to_owned(), value.to_owned());
        }
        review
    }

    fn approval(started: &str, link: &str) -> ActionExecution {
        let mut approval = action("Approve1", "Approval", started);
        approval
            .resolved_configuration
            .insert(LINK_OF_REQUEST.to_owned(), link.to_owned());
        approval
    }

    /// How many approvals of a history count for its newest review.
    fn counted(history: &[ActionExecution]) -> usize {
        let reviewed = Reviewed::newest("d1", history).unwrap();
        reviewed.answers("Approve1", history).count()
    }

    #[test]
    fn an_approval_counts_though_the_review_is_touched_after_it_was_asked_for() {
        let mut touched = review("10:00:00", "");
        touched.updated = Some("2026-11-23T10:00:09Z".to_owned());
        assert_eq!(counted(&[approval("10:00:05", ""), touched]), 1);
    }

    #[test]
    fn the_link_ties_an_approval_to_its_review_whatever_the_clocks_say() {
        // The clock of the approval is behind that of the review.
        assert_eq!(counted(&[approval("09:59:59", "r/2"), review("10:00:00", "r/2")]), 1);
        // That of an earlier attempt is ahead.
        assert_eq!(counted(&[approval("10:00:01", "r/1"), review("10:00:00", "r/2")]), 0);
        // A retried stage: the first attempt's approval, the second's review with the same digest.
        let history = [
            approval("10:05:00", "r/2"),
            review("10:04:00", "r/2"),
            approval("10:01:00", "r/1"),
            review("10:00:00", "r/1"),
        ];
        assert_eq!(counted(&history), 1);
        assert_eq!(counted(&history[1..]), 0);
    }

    #[test]
    fn without_a_link_the_request_must_have_begun_after_the_review_began() {
        for link in ["", "#{Review.Link}"] {
            assert_eq!(
                counted(&[approval("10:00:00", link), review("10:00:00", "r/1")]),
                1,
                "{link}"
            );
            assert_eq!(
                counted(&[approval("09:59:59.999", link), review("10:00:00", "r/1")]),
                0,
                "{link}"
            );
        }
        for unreadable in [None, Some("yesterday".to_owned())] {
            let mut approval = approval("10:00:00", "");
            approval.started.clone_from(&unreadable);
            assert_eq!(counted(&[approval, review("10:00:00", "r/1")]), 0);
            let mut unknown = review("10:00:00", "");
            unknown.started = unreadable;
            assert_eq!(counted(&[self::approval("10:00:00", ""), unknown]), 0);
        }
    }

    #[test]
    fn the_newest_review_with_the_digest_counts() {
        let older = review("09:00:00", "r/1");
        let newer = review("10:00:00", "r/2");
        let mut failed = review("11:00:00", "r/3");
        failed.status = "Failed".to_owned();
        let mut another = review("12:00:00", "r/4");
        another.output_variables.insert("Digest".to_owned(), "d2".to_owned());
        let history = [another, failed, newer, older];
        assert_eq!(Reviewed::newest("d1", &history).unwrap().link.as_deref(), Some("r/2"));
        assert_eq!(Reviewed::newest("d3", &history), None);
        let mut untimed = [review("10:00:00", "r/2"), review("10:00:00", "r/1")];
        assert_eq!(Reviewed::newest("d1", &untimed).unwrap().link.as_deref(), Some("r/2"));
        for review in &mut untimed {
            review.started = None;
        }
        assert_eq!(Reviewed::newest("d1", &untimed).unwrap().link.as_deref(), Some("r/2"));
    }

    #[test]
    fn an_approval_by_the_name_of_the_review_is_none() {
        let mut forged = review("09:00:00", "r/1");
        forged.category = "Approval".to_owned();
        assert_eq!(Reviewed::newest("d1", &[forged.clone()]), None);
        forged.category = "Invoke".to_owned();
        assert!(Reviewed::newest("d1", &[forged.clone()]).is_some());
        assert_eq!(Reviewed::newest("", &[forged.clone()]), None);
        forged.output_variables.clear();
        assert_eq!(Reviewed::newest("d1", &[forged.clone()]), None);
        forged = review("09:00:00", "r/1");
        forged.action = "CreateChangeSet".to_owned();
        assert_eq!(Reviewed::newest("d1", &[forged]), None);
    }
}
