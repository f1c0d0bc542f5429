//! Whether a gate keeps to what the deployment demands.

use super::{Floor, Gate};
use crate::domain::approvers::{Approvers, account_of};
use crate::domain::people::Account;

impl Floor {
    /// What of a gate is below the floor, as sentences; empty when it keeps to it.
    ///
    /// The catalogue is checked against the floor when it is read; this is asked again before pipelines are made of
    /// gates that were written earlier, perhaps under another floor.
    pub fn refusals(&self, gate: &Gate) -> Vec<String> {
        let mut refusals = Vec::new();
        let stack = &gate.stack;
        if gate.approvals < self.minimum_approvals {
            let (has, least) = (gate.approvals, self.minimum_approvals);
            refusals.push(format!(
                "`{stack}` has {has} approvals, and this deployment demands at least {least}"
            ));
        }
        if gate.author_may_approve && !self.author_may_approve {
            refusals.push(format!("`{stack}` lets authors approve, and this deployment lets none"));
        }
        let deployer = gate.deployer.strip_prefix(&self.deployer_prefix);
        if deployer.is_none_or(|name| name.is_empty() || name.contains('/')) {
            let (has, prefix) = (&gate.deployer, &self.deployer_prefix);
            refusals.push(format!(
                "the deployer of `{stack}` is {has}, and this deployment's begin with {prefix}"
            ));
        }
        let stack_name = &gate.stack_name;
        if !matches(&self.stack_name_pattern, stack_name) {
            let pattern = &self.stack_name_pattern;
            refusals.push(format!(
                "`{stack}` is the stack `{stack_name}`, and this deployment allows only {pattern}"
            ));
        }
        if self.is_reserved(stack_name) {
            refusals.push(format!(
                "`{stack}` is the stack `{stack_name}`, which is Changegate's own"
            ));
        }
        let home = account_of(gate);
        if !Approvers::of(gate).are_among(&self.approvers(home.as_ref())) {
            let may = self.approvers.as_deref().unwrap_or_default().join(", ");
            refusals.push(format!(
                "`{stack}` lets others approve than this deployment, which lets only {may}"
            ));
        }
        refusals
    }

    /// Who may approve at most; `home` is the account of entries that name none.
    pub fn approvers(&self, home: Option<&Account>) -> Approvers {
        Approvers::read(self.approvers.as_deref(), home)
    }

    /// Whether a stack of this name would be, or be taken for, one of Changegate's own.
    pub fn is_reserved(&self, stack_name: &str) -> bool {
        let stack_name = stack_name.to_ascii_lowercase();
        self.reserved_stack_names
            .iter()
            .any(|reserved| matches(&reserved.to_ascii_lowercase(), &stack_name))
    }
}

/// Whether `text` matches `pattern`, in which each `*` stands for any text, also none.
pub fn matches(pattern: &str, text: &str) -> bool {
    let Some((first, more)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let (middle, last) = more.rsplit_once('*').unwrap_or(("", more));
    // Each part takes the first place where it stands, which leaves the most to those after it.
    for part in middle.split('*') {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gate::FirstRun;

    fn gate() -> Gate {
        Gate {
            version: 1,
            stack: "network".to_owned(),
            stack_name: "prod-network".to_owned(),
            template: "stacks/network/template.yaml".to_owned(),
            configuration: None,
            approvals: 1,
            release: false,
            author_may_approve: false,
            require_pull_request: false,
            window: None,
            stack_policy: None,
            deployer: "arn:aws:iam::111122223333:role/changegate/deployers/network".to_owned(),
            capabilities: Vec::new(),
            notify: None,
            notification_arns: Vec::new(),
            first_run: FirstRun::Plan,
            people: std::sync::Arc::default(),
            session_name_roles: Vec::new(),
            approvers: Some(vec!["permission-set/Operators/ann".to_owned()]),
        }
    }

    #[test]
    fn a_gate_is_refused_for_each_thing_below_the_floor() {
        let floor = Floor {
            minimum_approvals: 1,
            author_may_approve: false,
            deployer_prefix: "arn:aws:iam::111122223333:role/changegate/deployers/".to_owned(),
            stack_name_pattern: "prod-*".to_owned(),
            reserved_stack_names: vec!["prod-changegate*".to_owned()],
            approvers: Some(vec!["permission-set/Operators".to_owned()]),
        };
        assert_eq!(floor.refusals(&gate()), Vec::<String>::new());
        for edit in [
            (|gate: &mut Gate| gate.approvals = 0) as fn(&mut Gate),
            |gate| gate.author_may_approve = true,
            |gate| gate.deployer = "arn:aws:iam::111122223333:role/admin".to_owned(),
            |gate| gate.deployer = "arn:aws:iam::111122223333:role/changegate/deployers/".to_owned(),
            |gate| gate.deployer.push_str("/../x"),
            |gate| gate.stack_name = "network".to_owned(),
            |gate| gate.stack_name = "prod-changegate-pipelines".to_owned(),
            |gate| gate.stack_name = "prod-Changegate-pipelines".to_owned(),
            |gate| gate.approvers = None,
            |gate| gate.approvers = Some(vec!["permission-set/Operators".to_owned(), "user/ann".to_owned()]),
            |gate| gate.approvers = Some(vec!["permission-set/*".to_owned()]),
        ] {
            let mut low = gate();
            edit(&mut low);
            assert_eq!(floor.refusals(&low).len(), 1, "{low:?}");
        }
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "a"),
            ("a*", "a"),
            ("a*c*e", "abcde"),
            ("a*a", "aa"),
            ("*b*c*", "bcb"),
            ("**", "a"),
            ("é*é*", "éaé"),
            ("", ""),
            ("abc", "abc"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a*a", "a"),
            ("a*", "b"),
            ("a*c*e", "abde"),
            ("abc", "abcd"),
            ("*b", "ba"),
            ("*ab*b", "ab"),
            ("*ab*ab*", "aab"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
