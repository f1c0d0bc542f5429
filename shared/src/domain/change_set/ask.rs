//! What a review asks of people: how many approvals, from whom, and until when.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::domain::approvals::in_doubt;
use crate::domain::authors::Authors;
use crate::domain::gate::Gate;
use crate::domain::people::People;
use crate::domain::secrecy::{Hider, Masked};

/// How long an approval waits for an answer: seven days, unless the action says otherwise, and Changegate's do not.
///
/// Source: <https://docs.aws.amazon.com/codepipeline/latest/userguide/approvals.html>
const APPROVAL_TIMEOUT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What is asked of whom.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Ask")]
pub struct Ask<T = String> {
    /// How many different people must approve: 0, 1 or 2.
    pub approvals: u8,
    /// Whether somebody presses a last approval, `Release`, in maintenance hours.
    pub release: bool,
    /// Who may approve, as the gate lists them; absent when everybody may whom IAM lets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approvers: Option<Vec<T>>,
    /// Who made the change, and whether they may approve it.
    pub authors: ChangeAuthors<T>,
    /// Whether every commit must have come through a pull request that somebody else approved.
    pub require_pull_request: bool,
    /// When it was asked, such as `Mon 23 Nov 2026, 10:00 UTC`.
    pub asked: T,
    /// When the run ends if nobody answers, in the same form.
    pub until: T,
    /// Page of the run in the console, where approvals are given; absent where the console is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<T>,
}

/// Who made a change.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "ChangeAuthors")]
pub struct ChangeAuthors<T = String> {
    /// GitHub logins, sorted.
    pub logins: Vec<T>,
    /// Whether others may have made it too, so that two approvers are needed who are not known to have.
    pub are_in_doubt: bool,
    /// Whether approvals by authors alone are enough.
    pub may_approve: bool,
}

impl Ask {
    /// What `gate` asks at `now` about a change that `authors` made.
    pub fn of(gate: &Gate, authors: &Authors, now: Timestamp, page: Option<String>) -> Self {
        let people = People::new(&gate.people, &gate.session_name_roles);
        let until = now.checked_add(APPROVAL_TIMEOUT).unwrap_or(now);
        Self {
            approvals: gate.approvals,
            release: gate.release,
            approvers: gate.approvers.clone(),
            authors: ChangeAuthors {
                logins: authors.logins.iter().cloned().collect(),
                are_in_doubt: in_doubt(authors, &people),
                may_approve: gate.author_may_approve,
            },
            require_pull_request: gate.require_pull_request,
            asked: in_words(now),
            until: in_words(until),
            page,
        }
    }

    /// What a reader may see of it.
    pub(super) fn masked(&self, hider: &Hider) -> Ask<Masked> {
        let all = |texts: &[String]| texts.iter().map(|text| hider.text(text)).collect();
        Ask {
            approvals: self.approvals,
            release: self.release,
            approvers: self.approvers.as_deref().map(all),
            authors: ChangeAuthors {
                logins: all(&self.authors.logins),
                are_in_doubt: self.authors.are_in_doubt,
                may_approve: self.authors.may_approve,
            },
            require_pull_request: self.require_pull_request,
            asked: hider.text(&self.asked),
            until: hider.text(&self.until),
            page: self.page.as_deref().map(|page| hider.text(page)),
        }
    }
}

fn in_words(time: Timestamp) -> String {
    time.strftime("%a %-d %b %Y, %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gate::FirstRun;

    fn gate() -> Gate {
        Gate {
            version: 1,
            stack: "network".to_owned(),
            stack_name: "production-network".to_owned(),
            template: "stacks/network/template.yaml".to_owned(),
            configuration: None,
            approvals: 1,
            release: false,
            author_may_approve: false,
            require_pull_request: false,
            window: None,
            stack_policy: None,
            deployer: "arn:aws:iam::000000000000:role/changegate/deployers/stack".to_owned(),
            capabilities: Vec::new(),
            notify: None,
            notification_arns: Vec::new(),
            first_run: FirstRun::Plan,
            people: std::sync::Arc::default(),
            session_name_roles: Vec::new(),
            approvers: None,
        }
    }

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn an_approval_waits_for_seven_days() {
        let ask = Ask::of(&gate(), &Authors::default(), at("2026-11-03T09:05:59Z"), None);
        assert_eq!(
            (ask.asked.as_str(), ask.until.as_str()),
            ("Tue 3 Nov 2026, 09:05 UTC", "Tue 10 Nov 2026, 09:05 UTC")
        );
    }

    #[test]
    fn authors_are_in_doubt_where_one_has_no_principal_or_may_be_missing() {
        let mut gate = gate();
        gate.people = std::sync::Arc::new(
            [(
                "octocat".to_owned(),
                vec!["arn:aws:iam::000000000000:user/octocat".to_owned()],
            )]
            .into(),
        );
        let of = |authors: &Authors| Ask::of(&gate, authors, at("2026-11-03T09:05:59Z"), None);
        let mut authors = Authors {
            logins: ["octocat".to_owned()].into(),
            ..Authors::default()
        };
        assert!(!of(&authors).authors.are_in_doubt);
        authors.logins.insert("hubot".to_owned());
        assert!(of(&authors).authors.are_in_doubt);
        authors.logins.remove("hubot");
        authors.unattributed.push("0123456".to_owned());
        assert!(of(&authors).authors.are_in_doubt);
    }
}
