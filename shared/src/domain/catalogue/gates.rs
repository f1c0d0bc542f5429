//! From settings to a gate: defaults filled in, values checked, the deployment's floor applied.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pattern::matches;
use super::problem::{ProblemKind, nearest};
use super::schema::{At, Settings};
use super::{Environment, RepositoryFiles, approvers};
use crate::domain::document::{Document, Format};
use crate::domain::gate::{FirstRun, Gate};
use crate::domain::people;

/// Greatest size of a stack policy in bytes.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_SetStackPolicy.html>
const MAX_POLICY_BYTES: usize = 16_384;
const CAPABILITIES: &[&str] = &["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"];

/// People of the catalogue.
#[derive(Debug, Clone, Default)]
pub(super) struct People {
    /// Shared by all gates: there may be hundreds of people and thousands of gates.
    pub(super) people: Arc<BTreeMap<String, Vec<String>>>,
    pub(super) session_name_roles: Vec<String>,
    /// Both, as approvals are checked against them.
    pub(super) known: people::People,
}

/// What a stack is before it has a gate.
pub(super) struct Stack<'s> {
    pub(super) name: &'s str,
    /// Name that fills `{stack}` in: the former one of a stack that was renamed.
    pub(super) lasting_name: &'s str,
    pub(super) template: &'s str,
    pub(super) configuration: Option<&'s str>,
}

/// Makes the gate; `refuse` hears each problem with the setting that caused it, or `None` for what was left out.
pub(super) fn gate(
    stack: &Stack<'_>,
    settings: &Settings,
    people: &People,
    environment: &Environment,
    files: &RepositoryFiles<'_>,
    refuse: &mut dyn FnMut(Option<(usize, usize)>, ProblemKind),
) -> Gate {
    let floor = &environment.floor;
    let approvals = match &settings.approvals {
        Some(approvals) => {
            if approvals.value < floor.minimum_approvals {
                let least = floor.minimum_approvals;
                let message = format!("this deployment demands at least {least} approvals; write `approvals: {least}`");
                refuse(Some(place(approvals)), ProblemKind::BelowFloor(message));
            }
            approvals.value
        }
        None => floor.minimum_approvals.max(1),
    };
    let author_may_approve = match &settings.author_may_approve {
        Some(may) => {
            if may.value && !floor.author_may_approve {
                let message = "this deployment lets no author approve; write `author_may_approve: false`".to_owned();
                refuse(Some(place(may)), ProblemKind::BelowFloor(message));
            }
            may.value
        }
        None => floor.author_may_approve,
    };
    let knows_people = approvals > 1 || !author_may_approve;
    let approvers = approvers::approvers(settings, approvals, people, environment, refuse);
    let mut capabilities = texts(settings.capabilities.as_deref());
    for capability in settings.capabilities.iter().flatten() {
        if !CAPABILITIES.contains(&capability.value.as_str()) {
            let kind = bad_value("capability", capability, &one_of(&capability.value, CAPABILITIES));
            refuse(Some(place(capability)), kind);
        }
    }
    capabilities.sort_unstable();
    capabilities.dedup();
    let mut notification_arns = texts(settings.notification_arns.as_deref());
    notification_arns.sort_unstable();
    notification_arns.dedup();
    for topic in settings.notification_arns.iter().flatten().chain(&settings.notify) {
        if !is_topic(&topic.value) {
            let expected = "write the ARN of an SNS topic, `arn:aws:sns:<region>:<account>:<name>`";
            refuse(Some(place(topic)), bad_value("topic", topic, expected));
        }
    }
    if let (true, Some([.., last])) = (notification_arns.len() > 5, settings.notification_arns.as_deref()) {
        let expected = "CloudFormation tells at most 5 topics";
        refuse(Some(place(last)), bad_value("further topic", last, expected));
    }
    Gate {
        version: 1,
        stack: stack.name.to_owned(),
        stack_name: stack_name(stack, settings, environment, refuse),
        template: stack.template.to_owned(),
        configuration: stack.configuration.map(str::to_owned),
        approvals,
        release: settings.release.as_ref().is_some_and(|release| release.value),
        author_may_approve,
        require_pull_request: settings.require_pull_request.as_ref().is_some_and(|must| must.value),
        window: settings.window.as_ref().and_then(|window| window.value.clone()),
        stack_policy: settings
            .stack_policy
            .as_ref()
            .and_then(|path| stack_policy(path, files, refuse))
            .map(Arc::from),
        deployer: deployer(settings.deployer.as_ref(), environment, refuse),
        capabilities,
        notify: settings.notify.as_ref().map(|topic| topic.value.clone()),
        notification_arns,
        first_run: settings.first_run.as_ref().map_or(FirstRun::Plan, |first| first.value),
        // Only where they decide: else a new colleague would change every pipeline.
        people: if knows_people {
            Arc::clone(&people.people)
        } else {
            Arc::default()
        },
        // An approver may be a session, which only an enforced name tells.
        session_name_roles: if knows_people || approvers.is_some() {
            people.session_name_roles.clone()
        } else {
            Vec::new()
        },
        approvers,
    }
}

pub(super) fn place<T>(at: &At<T>) -> (usize, usize) {
    (at.line, at.column)
}

pub(super) fn texts(values: Option<&[At<String>]>) -> Vec<String> {
    values
        .unwrap_or_default()
        .iter()
        .map(|text| text.value.clone())
        .collect()
}

pub(super) fn bad_value(setting: &'static str, value: &At<String>, expected: &str) -> ProblemKind {
    ProblemKind::BadValue {
        setting,
        value: value.value.clone(),
        expected: expected.to_owned(),
    }
}

fn one_of(value: &str, known: &[&str]) -> String {
    match nearest(value, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("write one of {}", known.join(", ")),
    }
}

pub(super) fn is_topic(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    matches!(parts.as_slice(), ["arn", partition, "sns", region, account, name]
        if !partition.is_empty() && !region.is_empty() && is_account(account) && !name.is_empty())
}

pub(super) fn is_account(account: &str) -> bool {
    account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
}

/// The name of the CloudFormation stack.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
fn stack_name(
    stack: &Stack<'_>,
    settings: &Settings,
    environment: &Environment,
    refuse: &mut dyn FnMut(Option<(usize, usize)>, ProblemKind),
) -> String {
    let written = settings.stack_name.as_ref();
    let pattern = written.map_or("{stack}", |name| name.value.as_str());
    let name = pattern
        .replace("{environment}", &environment.name)
        .replace("{stack}", stack.lasting_name);
    let is_name = name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || character == '-')
        && name.len() <= 128;
    let floor = &environment.floor;
    let reason = if name.contains(['{', '}']) {
        Some("only `{environment}` and `{stack}` are filled in".to_owned())
    } else if !is_name {
        let what = "it takes letters, digits and hyphens, begins with a letter, and has at most 128 characters";
        Some(match written {
            Some(_) => what.to_owned(),
            None => format!("{what}; write `stack_name:`"),
        })
    } else if floor.is_reserved(&name) {
        Some("it is one of Changegate's own stacks; write another `stack_name`".to_owned())
    } else if !matches(&floor.stack_name_pattern, &name) {
        let pattern = &floor.stack_name_pattern;
        Some(format!(
            "this deployment allows only names that match `{pattern}`; write such a `stack_name`"
        ))
    } else {
        None
    };
    if let Some(reason) = reason {
        refuse(
            written.map(place),
            ProblemKind::BadStackName {
                stack: stack.name.to_owned(),
                stack_name: name.clone(),
                reason,
            },
        );
    }
    name
}

/// The ARN of the deployer.
fn deployer(
    written: Option<&At<String>>,
    environment: &Environment,
    refuse: &mut dyn FnMut(Option<(usize, usize)>, ProblemKind),
) -> String {
    let Some(written) = written else {
        return environment.default_deployer.clone();
    };
    let prefix = &environment.floor.deployer_prefix;
    let name = written.value.strip_prefix(prefix.as_str()).unwrap_or(&written.value);
    let is_name = !name.is_empty()
        && name.len() <= 64
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "+=,.@_-".contains(character));
    if !is_name {
        let message = format!(
            "`{}` is not a deployer of this deployment: write the name of a role whose ARN begins with `{prefix}`",
            written.value
        );
        refuse(Some(place(written)), ProblemKind::BelowFloor(message));
    }
    format!("{prefix}{name}")
}

/// The text of a stack policy; `None` for `none`.
fn stack_policy(
    written: &At<String>,
    files: &RepositoryFiles<'_>,
    refuse: &mut dyn FnMut(Option<(usize, usize)>, ProblemKind),
) -> Option<String> {
    let path = written.value.as_str();
    if path == "none" {
        return None;
    }
    let setting = "stack_policy";
    let kind = if !(path.starts_with("policies/") || path.starts_with("stacks/"))
        || path.split('/').any(|part| part == "..")
    {
        ProblemKind::BadPath {
            setting,
            path: path.to_owned(),
            allowed: "below `policies/` or `stacks/`",
        }
    } else if !files.blobs.contains_key(path) {
        let all = files.blobs.keys().map(String::as_str);
        ProblemKind::MissingFile {
            setting,
            path: path.to_owned(),
            nearest: nearest(path, all),
        }
    } else {
        match files.contents.get(path).map(|bytes| policy_text(path, bytes)) {
            Some(Ok(text)) => return Some(text),
            Some(Err(message)) => ProblemKind::BadPolicy(message),
            None => ProblemKind::NotRead(path.to_owned()),
        }
    };
    refuse(Some(place(written)), kind);
    None
}

fn policy_text(path: &str, bytes: &[u8]) -> Result<String, String> {
    if bytes.len() > MAX_POLICY_BYTES {
        let size = bytes.len();
        return Err(format!(
            "the stack policy `{path}` has {size} bytes; CloudFormation takes at most {MAX_POLICY_BYTES}"
        ));
    }
    let document = Document::parse_bytes(bytes, Format::Json)
        .and_then(Document::with_each_key_once)
        .map_err(|error| format!("the stack policy is not JSON: {path}:{error}"))?;
    let has_statements = document
        .root
        .get("Statement")
        .is_some_and(|statements| !statements.items().is_empty());
    if !has_statements {
        return Err(format!(
            "`{path}` is not a stack policy: it needs a list `Statement` with at least one statement"
        ));
    }
    String::from_utf8(bytes.to_vec()).map_err(|_| format!("the stack policy `{path}` is not UTF-8"))
}
