//! The settings of a gate: how a review says each of them, and when a change of it demands less.

use std::collections::BTreeMap;
use std::fmt;

use super::window::{Open, is_within};
use crate::domain::approvers::{Approvers, account_of};
use crate::domain::gate::{FirstRun, Gate, Window};
use crate::domain::people::Account;
use crate::domain::sha256::Sha256;

/// [`Setting::name`] of who is who.
pub(super) const PEOPLE: &str = "people";

type People = BTreeMap<String, Vec<String>>;

/// One setting of a gate.
#[derive(PartialEq)]
pub(super) enum Setting<'g> {
    StackName(&'g str),
    Approvals(u8),
    Approvers {
        written: Option<&'g [String]>,
        read: Approvers,
    },
    AuthorMayApprove(bool),
    RequirePullRequest(bool),
    /// Absent when the gate does not tell people apart, so that it does not matter who is who.
    People(Option<&'g People>),
    SessionNameRoles {
        roles: &'g [String],
        /// Whether the gate tells people apart, or names its approvers.
        decides: Aside<bool>,
    },
    Release(bool),
    Window(Option<&'g Window>),
    StackPolicy(Option<&'g str>),
    Deployer(&'g str),
    Capabilities(&'g [String]),
    Notify {
        topic: Option<&'g str>,
        home: Home,
    },
    NotificationArns {
        topics: &'g [String],
        home: Home,
    },
    FirstRun(FirstRun),
    Template(&'g str),
    Configuration(Option<&'g str>),
}

/// What a setting is judged by; it makes no difference between two settings by itself.
pub(super) struct Aside<T>(T);

impl<T> PartialEq for Aside<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The account of the deployment.
type Home = Aside<Option<Account>>;

impl Home {
    /// Whether a topic is in another account, or may be.
    fn is_foreign(&self, topic: &str) -> bool {
        self.0.is_none() || Account::of_arn(topic) != self.0
    }
}

/// All settings of a gate, in the order in which people read them; of every gate the same ones.
pub(super) fn settings(gate: &Gate) -> [Setting<'_>; 17] {
    // Taken apart, so that a new field of a gate does not compile until it is a setting here.
    let Gate {
        version: _,
        // Which stack it is about, and from which a pipeline takes over, is the plan's to say.
        stack: _,
        stack_name,
        template,
        configuration,
        approvals,
        release,
        author_may_approve,
        require_pull_request,
        window,
        stack_policy,
        deployer,
        capabilities,
        notify,
        notification_arns,
        first_run,
        people,
        session_name_roles,
        approvers,
    } = gate;
    let knows_people = *approvals > 1 || !author_may_approve;
    let home = || Aside(account_of(gate));
    [
        Setting::StackName(stack_name),
        Setting::Approvals(*approvals),
        Setting::Approvers {
            written: approvers.as_deref(),
            read: Approvers::of(gate),
        },
        Setting::AuthorMayApprove(*author_may_approve),
        Setting::RequirePullRequest(*require_pull_request),
        Setting::People(knows_people.then_some(people)),
        Setting::SessionNameRoles {
            roles: session_name_roles,
            decides: Aside(knows_people || approvers.is_some()),
        },
        Setting::Release(*release),
        Setting::Window(window.as_ref()),
        Setting::StackPolicy(stack_policy.as_deref()),
        Setting::Deployer(deployer),
        Setting::Capabilities(capabilities),
        Setting::Notify {
            topic: notify.as_deref(),
            home: home(),
        },
        Setting::NotificationArns {
            topics: notification_arns,
            home: home(),
        },
        Setting::FirstRun(*first_run),
        Setting::Template(template),
        Setting::Configuration(configuration.as_deref()),
    ]
}

impl Setting<'_> {
    /// The setting, as the catalogue spells it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::StackName(_) => "stack_name",
            Self::Approvals(_) => "approvals",
            Self::Approvers { .. } => "approvers",
            Self::AuthorMayApprove(_) => "author_may_approve",
            Self::RequirePullRequest(_) => "require_pull_request",
            Self::People(_) => PEOPLE,
            Self::SessionNameRoles { .. } => "session_name_roles",
            Self::Release(_) => "release",
            Self::Window(_) => "window",
            Self::StackPolicy(_) => "stack_policy",
            Self::Deployer(_) => "deployer",
            Self::Capabilities(_) => "capabilities",
            Self::Notify { .. } => "notify",
            Self::NotificationArns { .. } => "notification_arns",
            Self::FirstRun(_) => "first_run",
            Self::Template(_) => "template",
            Self::Configuration(_) => "configuration",
        }
    }

    /// Whether this, in the place of another value of the same setting, demands less or allows more; without another
    /// value, whether a new gate should not have it unnoticed.
    pub(super) fn weakens(&self, before: Option<&Self>) -> bool {
        match (before, self) {
            // Nothing demanded less of a stack that had no gate, but a topic in another account tells others what
            // changes here.
            (None, Self::Notify { topic, home }) => topic.is_some_and(|topic| home.is_foreign(topic)),
            (None, Self::NotificationArns { topics, home }) => topics.iter().any(|topic| home.is_foreign(topic)),
            (None, _) => false,
            (Some(before), after) => before.is_weakened_by(after),
        }
    }

    /// Whether the setting asks for nothing and allows nothing, so that nothing is lost with a gate that has it.
    pub(super) fn is_plain(&self) -> bool {
        match self {
            Self::Approvals(count) => *count == 0,
            Self::AuthorMayApprove(may) => *may,
            Self::RequirePullRequest(is) | Self::Release(is) => !is,
            Self::Approvers { written: None, .. }
            | Self::People(None)
            | Self::Window(None)
            | Self::StackPolicy(None)
            | Self::Notify { topic: None, .. }
            | Self::Configuration(None)
            | Self::FirstRun(FirstRun::Plan) => true,
            Self::SessionNameRoles { roles: listed, .. }
            | Self::Capabilities(listed)
            | Self::NotificationArns { topics: listed, .. } => listed.is_empty(),
            _ => false,
        }
    }

    fn is_weakened_by(&self, after: &Self) -> bool {
        match (self, after) {
            (Self::Approvals(was), Self::Approvals(is)) => is < was,
            (Self::Approvers { read: was, .. }, Self::Approvers { read: is, .. }) => !is.are_among(was),
            (Self::AuthorMayApprove(_), Self::AuthorMayApprove(may)) => *may,
            (Self::RequirePullRequest(_), Self::RequirePullRequest(must)) => !must,
            // A gate that does not tell people apart lets whoever approves pass. That it begins to is stricter; that
            // it ceases to is marked at the setting that made it.
            (Self::People(was), Self::People(is)) => was.is_some() && is.is_some(),
            // Each session of such a role is a person of its own. Of any other role all sessions are one, and none of
            // them is the IAM user of the same name. So a role more or a role less can make two people of one.
            (Self::SessionNameRoles { decides: was, .. }, Self::SessionNameRoles { decides: is, .. }) => was.0 && is.0,
            (Self::Release(_), Self::Release(is)) => !is,
            (Self::Window(was), Self::Window(is)) => !is_within(*is, *was),
            (Self::StackPolicy(was), Self::StackPolicy(_)) => was.is_some(),
            (Self::Capabilities(was), Self::Capabilities(is)) => is.iter().any(|one| !was.contains(one)),
            // Whoever heard before does not hear any more, unless the deployment's own topic hears.
            (Self::Notify { .. }, Self::Notify { topic, .. }) => topic.is_some(),
            (Self::NotificationArns { topics: was, .. }, Self::NotificationArns { topics: is, home }) => {
                is.iter().any(|topic| !was.contains(topic) && home.is_foreign(topic))
            }
            (Self::FirstRun(_), Self::FirstRun(is)) => *is == FirstRun::Plan,
            (Self::Template(_), Self::Template(_)) | (Self::Configuration(_), Self::Configuration(_)) => false,
            // Another stack, another role: nothing is certain. Two different settings are never compared.
            _ => true,
        }
    }
}

impl fmt::Display for Setting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let or_none = |listed: &[String]| {
            if listed.is_empty() {
                "none".to_owned()
            } else {
                listed.join(", ")
            }
        };
        match self {
            Self::StackName(text) | Self::Deployer(text) | Self::Template(text) => f.write_str(text),
            Self::Approvals(count) => write!(f, "{count}"),
            Self::Approvers { written: None, .. } => f.write_str("whoever IAM lets"),
            Self::Approvers { written: Some([]), .. } => f.write_str("nobody"),
            Self::Approvers {
                written: Some(listed), ..
            } => f.write_str(&listed.join(", ")),
            Self::AuthorMayApprove(is) | Self::RequirePullRequest(is) => write!(f, "{is}"),
            Self::People(None) => f.write_str("not told apart"),
            Self::People(Some(people)) => f.write_str(&everybody(people)),
            Self::SessionNameRoles { roles: listed, .. }
            | Self::Capabilities(listed)
            | Self::NotificationArns { topics: listed, .. } => f.write_str(&or_none(listed)),
            Self::Release(is_manual) => f.write_str(if *is_manual { "manual" } else { "automatic" }),
            Self::Window(window) => Open(*window).fmt(f),
            Self::StackPolicy(Some(text)) => {
                let digest = Sha256::of(text).to_string();
                write!(f, "set ({})", digest.get(..12).unwrap_or_default())
            }
            Self::Notify { topic, .. } => f.write_str(topic.unwrap_or("the environment's topic")),
            Self::FirstRun(FirstRun::Plan) => f.write_str("plan"),
            Self::FirstRun(FirstRun::Hold) => f.write_str("hold"),
            Self::Configuration(Some(path)) => f.write_str(path),
            Self::StackPolicy(None) | Self::Configuration(None) => f.write_str("none"),
        }
    }
}

fn everybody(people: &People) -> String {
    let each: Vec<String> = people
        .iter()
        .map(|(login, principals)| person(login, Some(principals)))
        .collect();
    if each.is_empty() {
        "nobody known".to_owned()
    } else {
        each.join("; ")
    }
}

pub(super) fn person(login: &str, principals: Option<&Vec<String>>) -> String {
    match principals {
        Some(principals) => format!("{login} is {}", principals.join(", ")),
        None => format!("{login} is nobody known"),
    }
}
