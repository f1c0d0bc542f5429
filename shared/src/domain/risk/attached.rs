//! Rights that are given without a policy document: managed policies, permissions as resources, members of groups.

use std::collections::BTreeSet;

use serde_json::Value;

use super::who::Who;
use super::{Found, Kind, Level, properties};
use crate::domain::change_set::diff::text;
use crate::domain::change_set::resource::ResourceFacts;
use crate::domain::secrecy::sentence;

/// Managed policies that are as good as administration, or that change who may do what.
pub(super) const POWERFUL: [&str; 7] = [
    "AdministratorAccess",
    "AdministratorAccess-Amplify",
    "AdministratorAccess-AWSElasticBeanstalk",
    "PowerUserAccess",
    "SystemAdministrator",
    "DatabaseAdministrator",
    "NetworkAdministrator",
];

/// Managed policies that are attached.
pub(super) fn managed(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    let list = |side| -> Vec<String> {
        ["ManagedPolicyArns", "ManagedPolicies"]
            .iter()
            .filter_map(|name| properties(side)?.get(*name)?.as_array())
            .flatten()
            .map(text)
            .collect()
    };
    let old: BTreeSet<_> = list(facts.before.as_ref()).into_iter().collect();
    for arn in list(facts.after.as_ref()) {
        if old.contains(&arn) {
            continue;
        }
        let level = if is_powerful(&arn) {
            Level::High
        } else if is_ordinary(&arn) {
            Level::Low
        } else {
            Level::Medium
        };
        found.add(
            level,
            Kind::SecurityWidened,
            sentence!["it gets all that ", arn, " allows"],
        );
    }
}

/// Whether a managed policy changes who may do what: whoever has all rights of a service has that one as well.
fn is_powerful(arn: &str) -> bool {
    let name = arn.rsplit(['/', ':']).next().unwrap_or(arn);
    POWERFUL.contains(&name) || name.ends_with("FullAccess")
}

/// AWS's policies that let a function, a task or an instance do its own work and no more: write logs and traces, join a
/// network, pull images, be looked after by Systems Manager, or read what the account publishes about itself.
pub(super) const ORDINARY: [&str; 17] = [
    "AWSAppRunnerServicePolicyForECRAccess",
    "AWSAppSyncPushToCloudWatchLogs",
    "AWSLambdaBasicDurableExecutionRolePolicy",
    "AWSLambdaBasicExecutionRole",
    "AWSLambdaDynamoDBExecutionRole",
    "AWSLambdaKinesisExecutionRole",
    "AWSLambdaMSKExecutionRole",
    "AWSLambdaSQSQueueExecutionRole",
    "AWSLambdaVPCAccessExecutionRole",
    "AWSXRayDaemonWriteAccess",
    "AWSXrayWriteOnlyAccess",
    "AmazonAPIGatewayPushToCloudWatchLogs",
    "AmazonEC2ContainerRegistryPullOnly",
    "AmazonEC2ContainerRegistryReadOnly",
    "AmazonRDSEnhancedMonitoringRole",
    "AmazonSSMManagedInstanceCore",
    "CloudWatchAgentServerPolicy",
];

fn is_ordinary(arn: &str) -> bool {
    let is_of_aws = arn.split(':').nth(4) == Some("aws");
    let name = arn.rsplit(['/', ':']).next().unwrap_or(arn);
    is_of_aws && ORDINARY.contains(&name)
}

/// `AWS::Lambda::Permission` and its like: a statement spread over properties.
pub(super) fn permission(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    if !matches!(
        facts.change.resource_type.as_str(),
        "AWS::Lambda::Permission" | "AWS::Lambda::LayerVersionPermission" | "AWS::Events::EventBusPolicy"
    ) {
        return;
    }
    let property = |side, name: &str| properties(side).and_then(|properties| properties.get(name)).map(text);
    let Some(principal) = property(facts.after.as_ref(), "Principal") else {
        return;
    };
    // Conditions that are added narrow it; everything else that changes may widen it.
    let widens = |name: &str| property(facts.before.as_ref(), name) != property(facts.after.as_ref(), name);
    let loosens = |name: &str| property(facts.before.as_ref(), name).is_some() && widens(name);
    let is_wider = facts.before.is_none()
        || ["Principal", "Action", "FunctionName", "FunctionUrlAuthType"]
            .iter()
            .any(|name| widens(name))
        || SOURCES.iter().any(|name| loosens(name));
    if !is_wider {
        return;
    }
    let action = property(facts.after.as_ref(), "Action");
    let action = action.map_or_else(|| sentence!["its actions"], |action| sentence![action]);
    let has_source = SOURCES
        .iter()
        .any(|name| property(facts.after.as_ref(), name).is_some());
    let is_of_organization = ["PrincipalOrgID", "OrganizationId", "Condition"]
        .iter()
        .any(|name| property(facts.after.as_ref(), name).is_some());
    let who = Who::of(&principal, found.context.account.as_deref());
    let (level, suffix) = match who {
        Who::Everybody if !has_source => (Level::High, ", everybody"),
        Who::Foreign if !is_of_organization => (Level::High, ", another account"),
        _ if !has_source && principal.ends_with(".amazonaws.com") => (
            Level::Medium,
            ", from any account: neither SourceArn nor SourceAccount is set",
        ),
        _ => (Level::Medium, ""),
    };
    found.add(
        level,
        Kind::SecurityWidened,
        sentence![principal, " may do ", action, suffix],
    );
}

/// Properties of a permission that narrow it.
const SOURCES: [&str; 6] = [
    "Condition",
    "SourceArn",
    "SourceAccount",
    "PrincipalOrgID",
    "OrganizationId",
    "EventSourceToken",
];

/// Identities that get what they did not have: members of groups, users and roles of a policy, roles of a profile.
pub(super) fn attached(facts: &ResourceFacts<'_>, found: &mut Found<'_>) {
    let kind = facts.change.resource_type.as_str();
    let lists: &[&'static str] = match kind {
        "AWS::IAM::Policy" | "AWS::IAM::ManagedPolicy" => &["Users", "Groups", "Roles"],
        "AWS::IAM::UserToGroupAddition" => &["Users"],
        "AWS::IAM::User" => &["Groups"],
        "AWS::IAM::InstanceProfile" => &["Roles"],
        "AWS::SSO::Assignment" => &["PrincipalId", "TargetId", "PermissionSetArn"],
        _ => return,
    };
    // A policy that comes with its identities is compared as a policy already.
    if facts.before.is_none() && kind.ends_with("Policy") {
        return;
    }
    let of = |side, list: &str| -> Vec<String> {
        match properties(side).and_then(|properties| properties.get(list)) {
            Some(Value::Array(items)) => items.iter().map(text).collect(),
            Some(one) => vec![text(one)],
            None => Vec::new(),
        }
    };
    for list in lists {
        let old: BTreeSet<_> = of(facts.before.as_ref(), list).into_iter().collect();
        let fresh: Vec<_> = of(facts.after.as_ref(), list)
            .into_iter()
            .filter(|name| !old.contains(name))
            .collect();
        if !fresh.is_empty() {
            found.add(
                Level::Medium,
                Kind::SecurityWidened,
                sentence!["what it gives goes to more: ", *list, " gets ", fresh.join(", ")],
            );
        }
    }
}
