//! What an action, or a pattern of actions, may do: AWS's own access levels, and the known ways to more rights.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_understand-policy-summary-access-level-summaries.html>

use std::cell::RefCell;
use std::collections::HashMap;

use super::statement::{TooLarge, matches_pattern};
use crate::domain::limits::Budget;

/// The table: a line an action, `service:Action` and its level, sorted; made by `scripts/iam-actions`.
static TABLE: &str = include_str!("actions.tsv");

/// What an action does, by AWS's own classification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Access {
    /// It lists what there is.
    List,
    /// It reads.
    Read,
    /// It changes tags.
    Tagging,
    /// It changes things.
    Write,
    /// It changes who may do what.
    Permissions,
}

/// The most that a pattern of actions lets do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reach {
    /// The highest access level of all actions that it matches; `None` for actions that nobody knows.
    pub(super) access: Option<Access>,
    /// Whether one of them gives more rights by itself.
    pub(super) escalates: bool,
    /// Whether one of them runs something with the rights of another, or takes these: how far that reaches, the resource
    /// says.
    pub(super) borrows: bool,
    /// Whether one of them reads secrets or decrypts.
    pub(super) reads_secrets: bool,
}

/// Actions by which a principal gives itself, or another, more than it has.
///
/// Sources: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>,
/// <https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation>
pub(super) const ESCALATES: [&str; 44] = [
    "iam:AddClientIDToOpenIDConnectProvider",
    "iam:AddRoleToInstanceProfile",
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreateOpenIDConnectProvider",
    "iam:CreatePolicyVersion",
    "iam:CreateSAMLProvider",
    "iam:CreateServiceSpecificCredential",
    "iam:DeactivateMFADevice",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteUserPolicy",
    "iam:DetachRolePolicy",
    "iam:DetachUserPolicy",
    "iam:PutGroupPolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:ResetServiceSpecificCredential",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAccessKey",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "iam:UpdateOpenIDConnectProviderThumbprint",
    "iam:UpdateSAMLProvider",
    "identitystore:CreateGroupMembership",
    "organizations:AttachPolicy",
    "organizations:DeletePolicy",
    "organizations:DetachPolicy",
    "organizations:DisablePolicyType",
    "organizations:LeaveOrganization",
    "organizations:UpdatePolicy",
    "sso:AttachManagedPolicyToPermissionSet",
    "sso:CreateAccountAssignment",
    "sso:PutInlinePolicyToPermissionSet",
    "sso:PutPermissionsBoundaryToPermissionSet",
    "sso:DeletePermissionsBoundaryFromPermissionSet",
    "cloudtrail:StopLogging",
];

/// Actions that run code with the rights of something that exists, or take its rights.
///
/// Source: <https://github.com/RhinoSecurityLabs/AWS-IAM-Privilege-Escalation>
pub(super) const BORROWS: [&str; 40] = [
    "apprunner:UpdateService",
    "batch:SubmitJob",
    "bedrock-agentcore:InvokeCodeInterpreter",
    "cloudformation:CreateChangeSet",
    "cloudformation:CreateStack",
    "cloudformation:CreateStackInstances",
    "cloudformation:ExecuteChangeSet",
    "cloudformation:UpdateStack",
    "cloudformation:UpdateStackSet",
    "codebuild:StartBuild",
    "codebuild:StartBuildBatch",
    "codebuild:UpdateProject",
    "codepipeline:UpdatePipeline",
    "cognito-identity:SetIdentityPoolRoles",
    "datapipeline:PutPipelineDefinition",
    "ec2-instance-connect:SendSSHPublicKey",
    "ec2:AssociateIamInstanceProfile",
    "ec2:ModifyInstanceAttribute",
    "ec2:ReplaceIamInstanceProfileAssociation",
    "ecs:ExecuteCommand",
    "ecs:RegisterTaskDefinition",
    "ecs:RunTask",
    "ecs:UpdateService",
    "eks:AssociateAccessPolicy",
    "eks:CreateAccessEntry",
    "emr-serverless:StartJobRun",
    "glue:StartJobRun",
    "glue:UpdateDevEndpoint",
    "glue:UpdateJob",
    "iam:PassRole",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "sagemaker:CreatePresignedNotebookInstanceUrl",
    "ssm:CreateAssociation",
    "ssm:SendCommand",
    "ssm:StartAutomationExecution",
    "ssm:StartSession",
    "states:UpdateStateMachine",
    "sts:AssumeRole",
    "sts:AssumeRoot",
];

/// Actions that AWS counts among the management of permissions and that reach no further than writing does: they pass a
/// role, which is as much as the role is and ranks with [`BORROWS`], let a service of AWS use one network interface, hand an
/// object to the owner of the bucket that it is copied to, or set the list of access of an object, which buckets have
/// ignored by default since April 2023.
///
/// Sources: <https://docs.aws.amazon.com/codebuild/latest/userguide/auth-and-access-control-iam-identity-based-access-control.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-change-owner.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html>
pub(super) const NO_MORE_THAN_WRITING: [&str; 6] = [
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterfacePermission",
    "iam:PassRole",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
];

/// Actions that give away secrets, whatever AWS calls their level.
pub(super) const READS_SECRETS: [&str; 14] = [
    "cognito-idp:DescribeUserPoolClient",
    "ec2:GetPasswordData",
    "ecr:GetAuthorizationToken",
    "kms:Decrypt",
    "lightsail:DownloadDefaultKeyPair",
    "rds-db:connect",
    "redshift:GetClusterCredentials",
    "redshift:GetClusterCredentialsWithIAM",
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
];

/// Ranks actions; remembers what it ranked.
#[derive(Debug, Default)]
pub(super) struct Ranking(RefCell<HashMap<String, Reach>>);

impl Ranking {
    /// The most that a pattern lets do.
    ///
    /// # Errors
    ///
    /// When the budget does not suffice for the patterns of the change set.
    pub(super) fn of(&self, pattern: &str, budget: &Budget) -> Result<Reach, TooLarge> {
        if let Some(known) = self.0.borrow().get(pattern) {
            return Ok(*known);
        }
        let reach = reach(pattern, budget)?;
        self.0.borrow_mut().insert(pattern.to_owned(), reach);
        Ok(reach)
    }
}

fn reach(pattern: &str, budget: &Budget) -> Result<Reach, TooLarge> {
    let any = |actions: &[&str]| -> Result<bool, TooLarge> {
        for action in actions {
            if matches_pattern(pattern, action, true, budget)? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let mut access = None;
    for line in lines_of(pattern) {
        let Some((action, level)) = line.split_once('\t') else {
            continue;
        };
        let level = if NO_MORE_THAN_WRITING.contains(&action) {
            Some(Access::Write)
        } else {
            Access::of(level)
        };
        if access < level && matches_pattern(pattern, action, true, budget)? {
            access = level;
        }
    }
    Ok(Reach {
        access,
        escalates: any(&ESCALATES)?,
        borrows: any(&BORROWS)?,
        reads_secrets: any(&READS_SECRETS)?,
    })
}

impl Access {
    /// From the word in the table.
    fn of(word: &str) -> Option<Self> {
        match word {
            "List" => Some(Self::List),
            "Read" => Some(Self::Read),
            "Tagging" => Some(Self::Tagging),
            "Write" => Some(Self::Write),
            "Permissions management" => Some(Self::Permissions),
            _ => None,
        }
    }
}

/// The lines of the table that a pattern may match: those of its service, where it names one.
fn lines_of(pattern: &str) -> impl Iterator<Item = &'static str> {
    let service = pattern
        .split_once(':')
        .map(|(service, _)| service)
        .filter(|service| !service.contains(['*', '?']))
        .map(|service| format!("{}:", service.to_ascii_lowercase()));
    let start = service.as_deref().map_or(0, first_of);
    TABLE[start..]
        .lines()
        .take_while(move |line| service.as_deref().is_none_or(|service| line.starts_with(service)))
        .filter(|line| !line.starts_with('#'))
}

/// Where the first line of the table begins that does not sort before `wanted`.
fn first_of(wanted: &str) -> usize {
    let (mut low, mut high) = (0, TABLE.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = TABLE[..middle].rfind('\n').map_or(0, |at| at + 1);
        let end = TABLE[middle..].find('\n').map_or(TABLE.len(), |at| middle + at);
        if &TABLE[start..end] < wanted {
            low = (end + 1).min(TABLE.len());
        } else {
            high = start;
        }
    }
    low
}
