//! How a failed operation ended, and what to run then.

use std::fmt;

/// A stack as commands name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackRef {
    /// Name.
    pub name: String,
    /// Region; empty when it is not known.
    pub region: String,
}

impl StackRef {
    /// The stack with this ARN or name.
    pub fn new(name: &str, arn: &str) -> Self {
        let region = arn.split(':').nth(3).unwrap_or_default();
        Self {
            name: name.to_owned(),
            region: region.to_owned(),
        }
    }

    fn command(&self, command: &str) -> String {
        let mut text = format!("aws cloudformation {command} --stack-name {}", self.name);
        if !self.region.is_empty() {
            text.push_str(" --region ");
            text.push_str(&self.region);
        }
        text
    }
}

/// How an operation that failed left the stack.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html>
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The stack is as it was before.
    RolledBack,
    /// The stack was to be created and is now an empty shell that can only be deleted.
    NeverCreated(StackRef),
    /// The rollback failed.
    RollbackFailed {
        /// The stack.
        stack: StackRef,
        /// Its status.
        status: String,
        /// What could not be rolled back, as `ResourcesToSkip` takes it: logical ids, with the name of the nested
        /// stack and a dot before those in one.
        resources: Vec<String>,
    },
    /// The stack stands where it failed, with nothing rolled back.
    LeftAsFailed(StackRef),
    /// The stack is gone.
    Gone,
    /// The stack is in a state that no execution leaves behind.
    Elsewhere {
        /// The stack.
        stack: StackRef,
        /// Its status.
        status: String,
    },
}

impl Ending {
    /// What a stack's status at rest says; `resources` are those that could not be rolled back, as `ResourcesToSkip`
    /// takes them.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html>
    pub fn of(stack: StackRef, status: &str, resources: Vec<String>) -> Self {
        match status {
            "UPDATE_ROLLBACK_COMPLETE"
            | "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
            | "IMPORT_ROLLBACK_COMPLETE" => Self::RolledBack,
            "ROLLBACK_COMPLETE" => Self::NeverCreated(stack),
            "UPDATE_ROLLBACK_FAILED" | "ROLLBACK_FAILED" | "IMPORT_ROLLBACK_FAILED" => Self::RollbackFailed {
                stack,
                status: status.to_owned(),
                resources,
            },
            "CREATE_FAILED" | "UPDATE_FAILED" => Self::LeftAsFailed(stack),
            "DELETE_COMPLETE" | "" => Self::Gone,
            _ => Self::Elsewhere {
                stack,
                status: status.to_owned(),
            },
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RolledBack => {
                f.write_str("The rollback succeeded: the stack is as it was before. Correct the template and push it")
            }
            Self::NeverCreated(stack) => write!(
                f,
                "The rollback succeeded: nothing is left of what was created. Such a stack can only be deleted; run \
                 `{}`, then correct the template and push it",
                stack.command("delete-stack")
            ),
            Self::RollbackFailed {
                stack,
                status,
                resources,
            } => {
                write!(f, "THE ROLLBACK FAILED, the stack is {status}: ")?;
                if status == "ROLLBACK_FAILED" {
                    return write!(
                        f,
                        "remove what stands in the way, then run `{}` and push the corrected template",
                        stack.command("delete-stack")
                    );
                }
                let command = stack.command("continue-update-rollback");
                write!(f, "remove what stands in the way, then run `{command}`")?;
                if !resources.is_empty() {
                    write!(
                        f,
                        "; to leave behind what cannot be rolled back, run `{command} --resources-to-skip {}`",
                        resources.join(" ")
                    )?;
                }
                Ok(())
            }
            Self::LeftAsFailed(stack) => write!(
                f,
                "Nothing was rolled back; run `{}`, then correct the template and push it",
                stack.command("rollback-stack")
            ),
            Self::Gone => f.write_str("The stack is gone: somebody deleted it meanwhile. Start the pipeline again"),
            Self::Elsewhere { stack, status } => write!(
                f,
                "The stack is {status}, which this execution does not explain: somebody else works on it. Look with \
                 `{}`",
                stack.command("describe-stack-events")
            ),
        }
    }
}
