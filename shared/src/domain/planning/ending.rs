//! What became of a change set that was asked for, told apart narrowly.

use std::fmt::Write as _;

use crate::domain::change_set::description::ChangeSetDescription;

/// The reasons by which CloudFormation says that nothing would change.
///
/// There is no code for it, so the text is all there is; anything but these two is a failure.
/// Source: the AWS CLI tells by the same two,
/// <https://github.com/aws/aws-cli/blob/develop/awscli/customizations/cloudformation/deployer.py>.
const NO_CHANGES: [&str; 2] = [
    "The submitted information didn't contain changes.",
    "No updates are to be performed",
];

/// What became of a change set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// CloudFormation is still making it.
    Pending,
    /// It can be executed. It may list no resources at all: outputs alone can change.
    Changes,
    /// The stack is already as the template and the configuration say.
    NoChanges,
    /// The template imports an export that does not exist.
    Blocked {
        /// Name of the export.
        export: String,
    },
    /// It cannot be executed any more: the stack changed meanwhile, or it is being deleted.
    OutOfDate,
    /// CloudFormation refused it, in its own words.
    Failed(String),
}

/// Reads what became of a change set from what CloudFormation says of it.
pub fn ending(set: &ChangeSetDescription) -> Ending {
    let reason = set.status_reason.as_deref().unwrap_or_default();
    match (set.status.as_str(), set.execution_status.as_str()) {
        ("CREATE_PENDING" | "CREATE_IN_PROGRESS", _) => Ending::Pending,
        ("CREATE_COMPLETE", "AVAILABLE") => Ending::Changes,
        // While CloudFormation makes the last of a set's nested sets, the root is complete but not available yet.
        ("CREATE_COMPLETE", "UNAVAILABLE") => Ending::Pending,
        ("CREATE_COMPLETE" | "DELETE_PENDING" | "DELETE_IN_PROGRESS" | "DELETE_COMPLETE", _) => Ending::OutOfDate,
        ("FAILED", _) if NO_CHANGES.iter().any(|known| reason.contains(known)) => Ending::NoChanges,
        ("FAILED", _) => match missing_export(reason) {
            Some(export) => Ending::Blocked {
                export: export.to_owned(),
            },
            None => Ending::Failed(reason.to_owned()),
        },
        (status, _) => Ending::Failed(format!("the change set is {status}: {reason}")),
    }
}

/// The export that a message of CloudFormation says does not exist.
///
/// AWS says ``No export named `name` found`` without the quotes.
pub fn missing_export(message: &str) -> Option<&str> {
    let between = |start: &str, end: &str| {
        let (_, rest) = message.split_once(start)?;
        let (name, _) = rest.split_once(end)?;
        (!name.is_empty() && name.len() <= 255).then_some(name)
    };
    between("No export named ", " found").or_else(|| between("Export '", "' not found"))
}

/// The ARN of the nested change set that a reason of CloudFormation says failed.
///
/// The words are `Nested change set <arn> was not successfully created: Currently in FAILED.`; only the nested set says
/// why.
pub fn failed_nested_set(reason: &str) -> Option<&str> {
    let (_, rest) = reason.split_once("Nested change set ")?;
    let (arn, _) = rest.split_once(" was not successfully created")?;
    (arn.starts_with("arn:") && !arn.contains(' ')).then_some(arn)
}

/// What a reason of CloudFormation means that comes of planning nested stacks: it works with what is known before the
/// execution, and puts `{{IntrinsicFunction:…}}` in the place of a value that is not.
///
/// Source: <https://github.com/aws-cloudformation/cfn-language-discussion/issues/152> and
/// <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1212>
pub fn unplannable_nested_stack(reason: &str) -> Option<&'static str> {
    let is_one = reason.contains("{{IntrinsicFunction:") || reason.contains("TemplateURL must be a supported URL");
    is_one.then_some(
        "CloudFormation plans nested stacks only with values that are known before the execution: give this one the \
         value through a parameter of the stack, in its configuration, instead of `Fn::ImportValue`, `Fn::GetAtt` or \
         `Ref`, or make the nested stack a stack of its own. Changegate never plans a nested stack without its own \
         change set, which would hide what happens in it",
    )
}

/// Whether a message of CloudFormation says that a capability is not acknowledged.
///
/// For resources that a macro or a nested stack adds, it is the reason of a failed change set, not an error of the call.
pub fn is_missing_capability(message: &str) -> bool {
    message.contains("Requires capabilities")
}

/// Counts what a change set would do, for one line: `1 to add, 2 to change, 1 to replace, 1 to remove`.
pub fn counts(set: &ChangeSetDescription) -> String {
    let mut tally = [
        ("to add", 0),
        ("to import", 0),
        ("to change", 0),
        ("to replace", 0),
        ("to remove", 0),
        ("to decide at execution", 0),
    ];
    for change in set.changes.iter().filter_map(|change| change.resource_change.as_ref()) {
        let index = match (change.action.as_str(), change.replacement.as_deref()) {
            ("Add", _) => 0,
            ("Import", _) => 1,
            ("Modify", Some("True" | "Conditional")) => 3,
            ("Remove", _) => 4,
            ("Dynamic", _) => 5,
            _ => 2,
        };
        tally[index].1 += 1;
    }
    let mut text = String::new();
    for (word, count) in tally.into_iter().filter(|(_, count)| *count > 0) {
        let separator = if text.is_empty() { "" } else { ", " };
        // Writing to a String does not fail.
        let _ = write!(text, "{separator}{count} {word}");
    }
    if text.is_empty() {
        "no resource changes, but outputs, conditions or the template itself do".clone_into(&mut text);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(status: &str, execution_status: &str, reason: &str) -> ChangeSetDescription {
        ChangeSetDescription {
            status: status.to_owned(),
            execution_status: execution_status.to_owned(),
            status_reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
            ..ChangeSetDescription::default()
        }
    }

    #[test]
    fn a_change_set_without_resources_is_still_executable() {
        let set = set("CREATE_COMPLETE", "AVAILABLE", "");
        assert_eq!(ending(&set), Ending::Changes);
        assert!(counts(&set).starts_with("no resource changes"));
    }

    #[test]
    fn no_changes_needs_the_status_failed_and_a_known_reason() {
        let empty =
            "The submitted information didn't contain changes. Submit different information to create a change set.";
        assert_eq!(ending(&set("FAILED", "UNAVAILABLE", empty)), Ending::NoChanges);
        assert_eq!(
            ending(&set("FAILED", "UNAVAILABLE", "No updates are to be performed.")),
            Ending::NoChanges
        );
        assert_eq!(ending(&set("CREATE_COMPLETE", "AVAILABLE", empty)), Ending::Changes);
        for other in ["", "Parameters: [Size] must have values", "nothing changed"] {
            assert_eq!(
                ending(&set("FAILED", "UNAVAILABLE", other)),
                Ending::Failed(other.to_owned())
            );
        }
    }

    #[test]
    fn a_missing_export_is_named() {
        let reason = "No export named network-VpcId found. Rollback requested by user.";
        let export = "network-VpcId".to_owned();
        assert_eq!(
            ending(&set("FAILED", "UNAVAILABLE", reason)),
            Ending::Blocked { export }
        );
        assert_eq!(missing_export("Export 'nope' not found"), Some("nope"));
        assert_eq!(missing_export("Export named x found twice"), None);
    }

    #[test]
    fn a_failed_nested_set_is_found_by_its_arn() {
        let arn = "arn:aws:cloudformation:eu-west-1:111122223333:changeSet/cg-1-Child-1A/0a1b";
        let reason = format!("Nested change set {arn} was not successfully created: Currently in FAILED.");
        assert_eq!(failed_nested_set(&reason), Some(arn));
        for other in [
            "",
            "Nested change set x was not successfully created",
            "Nested change set arn:x failed",
        ] {
            assert_eq!(failed_nested_set(other), None, "{other}");
        }
    }

    #[test]
    fn a_change_set_that_is_obsolete_or_going_is_out_of_date() {
        for (status, execution_status) in [
            ("CREATE_COMPLETE", "OBSOLETE"),
            ("CREATE_COMPLETE", "EXECUTE_COMPLETE"),
            ("DELETE_IN_PROGRESS", "UNAVAILABLE"),
        ] {
            assert_eq!(ending(&set(status, execution_status, "")), Ending::OutOfDate);
        }
        for status in ["CREATE_PENDING", "CREATE_IN_PROGRESS"] {
            assert_eq!(ending(&set(status, "UNAVAILABLE", "")), Ending::Pending);
        }
    }
}
