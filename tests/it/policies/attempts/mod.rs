//! Attempts to get past the gate with calls to AWS, and which statement ends each.
//!
//! Unlike the page's tables these stand over the policies of resources as well, and name who answers.

mod buckets;
mod services;

use super::account::Account;
use super::table::Column;
use crate::contracts::refuse;

/// Condition keys of a request, and their values.
type Context = &'static [(&'static str, &'static str)];

/// One attempt.
struct Attempt {
    who: &'static str,
    action: &'static str,
    resource: &'static str,
    context: Context,
    /// The logical id of the policy of the resource, if it has one.
    policy: Option<&'static str>,
    /// Whether the service control policy is in force.
    is_limited: bool,
    answer: &'static str,
}

const fn attempt(who: &'static str, action: &'static str, resource: &'static str, answer: &'static str) -> Attempt {
    Attempt {
        who,
        action,
        resource,
        context: &[],
        policy: None,
        is_limited: false,
        answer,
    }
}

impl Attempt {
    const fn with(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    const fn on(mut self, policy: &'static str) -> Self {
        self.policy = Some(policy);
        self
    }

    const fn limited(mut self) -> Self {
        self.is_limited = true;
        self
    }

    /// What is wrong with the answer, if anything.
    fn problem(&self, account: &Account) -> Option<String> {
        let mut policies = account.policies(self.who, self.is_limited);
        policies.extend(self.policy.map(|policy| account.policy_of(policy)));
        let resource = account.resource(self.action, self.resource);
        let context: Vec<(&str, String)> = self
            .context
            .iter()
            .map(|(key, value)| (*key, account.filled(value)))
            .collect();
        let context: Vec<(&str, &str)> = context.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let answer = account
            .ask_with(self.who, self.action, &resource, &context, &policies)
            .to_string();
        (answer != self.answer).then(|| {
            format!(
                "{} on {} by {}: {answer}, not {}",
                self.action, self.resource, self.who, self.answer
            )
        })
    }
}

fn refuse_unless_answered(attempts: &[Attempt]) {
    let account = Account::new();
    let problems: Vec<String> = attempts
        .iter()
        .filter_map(|attempt| attempt.problem(&account))
        .collect();
    refuse("what the policies answer", &problems);
}

const MINE: Context = &[(
    "lambda:SourceFunctionArn",
    "arn:aws:lambda:eu-west-1:000000000000:function:mine",
)];
const TO_LAMBDA: Context = &[("iam:PassedToService", "lambda.amazonaws.com")];
const TO_CLOUDFORMATION: Context = &[("iam:PassedToService", "cloudformation.amazonaws.com")];
const BOUNDED: Context = &[("iam:PermissionsBoundary", "{DeployerBoundary}")];
const ONCE: Context = &[("s3:if-none-match", "*")];
const ADMINISTRATOR: &str = Column::ADMINISTRATOR;
const WORKLOAD: &str = Column::WORKLOAD;

#[test]
fn the_role_of_a_function_is_of_no_use_to_another() {
    refuse_unless_answered(&[
        attempt(
            WORKLOAD,
            "iam:PassRole",
            "{ChangesetCreateRole}",
            "denied by OnlyDeployersPass of DeployerBoundary",
        )
        .with(TO_LAMBDA),
        attempt(
            ADMINISTRATOR,
            "iam:PassRole",
            "{ChangesetCreateRole}",
            "denied by OnlyChangegateUsesItsParts of docs/scp.json",
        )
        .with(TO_LAMBDA)
        .limited(),
        attempt(
            "ChangesetCreateRole",
            "cloudformation:CreateChangeSet",
            "stack/production-network/1",
            "denied by OnlyItsFunction of ChangesetCreateRole",
        )
        .with(MINE),
        attempt(
            "ChangesetExecuteRole",
            "cloudformation:ExecuteChangeSet",
            "stack/production-network/1",
            "denied by OnlyItsFunction of ChangesetExecuteRole",
        )
        .with(MINE),
        attempt(
            "OutcomeRecordRole",
            "s3:PutObject",
            "{EvidenceBucket}/outcomes/1",
            "denied by OnlyItsFunction of OutcomeRecordRole",
        )
        .with(MINE),
        // An instance, a container and whoever stole the credentials have no function at all.
        attempt(
            "SourceSyncRole",
            "s3:PutObject",
            "{SourceBucket}/gates/1",
            "denied by OnlyItsFunction of SourceSyncRole",
        )
        .with(&[("lambda:SourceFunctionArn", "")]),
        attempt(
            "SourceSyncRole",
            "s3:PutObject",
            "{SourceBucket}/gates/1",
            "allowed by KeepSources of SourceSyncRole",
        )
        .on("SourceBucketPolicy"),
        attempt(
            "SourceSyncRole",
            "sqs:ReceiveMessage",
            "S-pushes.fifo",
            "allowed by TakePushes of SourceSyncRole",
        )
        .with(&[("lambda:SourceFunctionArn", "")]),
        // CloudFormation reads a template for the function that plans with it.
        attempt(
            "ChangesetCreateRole",
            "s3:GetObject",
            "{SourceBucket}/TemplateSource/.packages/x",
            "allowed by ReadGatesAndProvenance of ChangesetCreateRole",
        )
        .with(&[("lambda:SourceFunctionArn", ""), ("aws:ViaAWSService", "true")]),
        attempt(
            "ChangesetCreateRole",
            "s3:GetObject",
            "{SourceBucket}/TemplateSource/.packages/x",
            "denied by OnlyItsFunction of ChangesetCreateRole",
        )
        .with(&[("lambda:SourceFunctionArn", ""), ("aws:ViaAWSService", "false")]),
    ]);
}

#[test]
fn a_stacks_role_makes_no_principal_outside_it_stronger() {
    let never = "denied by NobodyElse of DeployerBoundary";
    let bounded = "denied by InBoundary of DeployerBoundary";
    let policies = "denied by OnlyDeployersChange of DeployerBoundary";
    refuse_unless_answered(&[
        attempt(WORKLOAD, "iam:CreateAccessKey", "user/ada", never),
        attempt(WORKLOAD, "iam:UpdateLoginProfile", "user/ada", never),
        attempt(WORKLOAD, "iam:CreateLoginProfile", "user/ada", never),
        attempt(WORKLOAD, "iam:DeactivateMFADevice", "user/ada", never),
        attempt(WORKLOAD, "iam:EnableMFADevice", "user/ada", never),
        attempt(WORKLOAD, "iam:UploadSSHPublicKey", "user/ada", never),
        attempt(WORKLOAD, "iam:CreateServiceSpecificCredential", "user/ada", never),
        attempt(WORKLOAD, "iam:UpdateUser", "user/ada", never),
        attempt(WORKLOAD, "iam:AddUserToGroup", "group/admins", never),
        attempt(WORKLOAD, "iam:CreateGroup", "group/gated/mine", never),
        attempt(WORKLOAD, "iam:AttachGroupPolicy", "group/admins", bounded),
        attempt(WORKLOAD, "iam:PutGroupPolicy", "group/admins", bounded),
        attempt(WORKLOAD, "iam:DetachUserPolicy", "user/ada", bounded),
        attempt(WORKLOAD, "iam:DetachRolePolicy", "role/approver", bounded),
        attempt(WORKLOAD, "iam:PutRolePermissionsBoundary", "role/approver", bounded),
        attempt(WORKLOAD, "iam:UpdateAssumeRolePolicy", "role/from-before", bounded),
        attempt(
            WORKLOAD,
            "iam:DeleteRolePermissionsBoundary",
            "role/worker",
            "denied by NeverAnybody of DeployerBoundary",
        ),
        attempt(WORKLOAD, "iam:CreatePolicyVersion", "policy/from-before", policies),
        attempt(WORKLOAD, "iam:SetDefaultPolicyVersion", "policy/from-before", policies),
        attempt(WORKLOAD, "iam:DeletePolicy", "policy/from-before", policies),
        attempt(
            WORKLOAD,
            "iam:CreatePolicyVersion",
            "{Operators}",
            "denied by Changegate of DeployerBoundary",
        ),
        // With the boundary an approver would lose the right to approve, and the role could be changed from then on.
        attempt(WORKLOAD, "iam:PutRolePermissionsBoundary", "role/approver", policies).with(BOUNDED),
        attempt(WORKLOAD, "iam:PutUserPermissionsBoundary", "user/ada", never).with(BOUNDED),
        attempt(WORKLOAD, "iam:TagRole", "role/approver", policies),
        attempt(WORKLOAD, "iam:UntagRole", "role/approver", policies),
        attempt(WORKLOAD, "iam:TagUser", "user/ada", never),
        attempt(WORKLOAD, "iam:UpdateSAMLProvider", "saml-provider/company", never),
        attempt(WORKLOAD, "iam:CreateSAMLProvider", "saml-provider/mine", never),
        attempt(
            WORKLOAD,
            "iam:AddClientIDToOpenIDConnectProvider",
            "oidc-provider/token.actions.githubusercontent.com",
            never,
        ),
        attempt(
            WORKLOAD,
            "sts:AssumeRole",
            "role/admin",
            "denied by AssumeNoMore of DeployerBoundary",
        ),
        attempt(
            WORKLOAD,
            "sts:AssumeRole",
            "{PipelinesDeployer}",
            "denied by OurRoles of DeployerBoundary",
        ),
        attempt(
            "StackDeployer",
            "sts:AssumeRole",
            "role/admin",
            "denied by AssumeNoMore of DeployerBoundary",
        ),
    ]);
}

#[test]
fn stacks_still_do_what_stacks_do() {
    let yes = "allowed by All of AdministratorAccess";
    let roles = "allowed by RolesAndPoliciesOfStacks of StackDeployer";
    refuse_unless_answered(&[
        attempt("StackDeployer", "iam:CreateRole", "role/worker", roles).with(BOUNDED),
        attempt("StackDeployer", "iam:AttachRolePolicy", "role/worker", roles).with(BOUNDED),
        attempt("StackDeployer", "iam:DetachRolePolicy", "role/worker", roles).with(BOUNDED),
        attempt("StackDeployer", "iam:DeleteRolePolicy", "role/worker", roles).with(BOUNDED),
        attempt("StackDeployer", "iam:UpdateAssumeRolePolicy", "role/worker", roles).with(BOUNDED),
        attempt("StackDeployer", "iam:DeleteRole", "role/worker", roles).with(BOUNDED),
        attempt("StackDeployer", "iam:PassRole", "role/worker", roles).with(TO_LAMBDA),
        attempt(
            "StackDeployer",
            "iam:CreatePolicyVersion",
            "policy/shop",
            "allowed by ManagedPoliciesOfStacks of StackDeployer",
        ),
        attempt(
            "StackDeployer",
            "iam:ListEntitiesForPolicy",
            "policy/shop",
            "allowed by ManagedPoliciesOfStacks of StackDeployer",
        ),
        attempt(
            "StackDeployer",
            "iam:AddRoleToInstanceProfile",
            "instance-profile/worker",
            "allowed by InstanceProfilesOfStacks of StackDeployer",
        ),
        attempt(
            "StackDeployer",
            "iam:CreateServiceLinkedRole",
            "role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS",
            "allowed by Some of StackDeployer",
        ),
        attempt("StackDeployer", "iam:PutRolePermissionsBoundary", "role/worker", roles).with(BOUNDED),
        attempt("StackDeployer", "iam:TagRole", "role/worker", roles),
        attempt(WORKLOAD, "iam:CreateRole", "role/gated/worker", yes).with(BOUNDED),
        attempt(WORKLOAD, "iam:PutRolePermissionsBoundary", "role/gated/worker", yes).with(BOUNDED),
        attempt(WORKLOAD, "iam:TagRole", "role/gated/worker", yes),
        attempt(WORKLOAD, "sts:AssumeRole", "arn:aws:iam::111111111111:role/reader", yes),
        attempt(WORKLOAD, "sts:AssumeRole", "role/gated/reader", yes),
        attempt(
            WORKLOAD,
            "cloudformation:SignalResource",
            "stack/production-network/1",
            yes,
        ),
        attempt(WORKLOAD, "events:PutEvents", "event-bus/default", yes),
        attempt(WORKLOAD, "s3:PutObject", "data/x", yes),
        attempt(WORKLOAD, "iam:PassRole", "role/worker", yes)
            .with(&[("iam:PassedToService", "ecs-tasks.amazonaws.com")]),
        attempt(WORKLOAD, "iam:ListRoles", "*", yes),
    ]);
}

#[test]
fn a_nested_stack_is_made_by_the_deployer_that_made_its_parent() {
    let not_iam = "allowed by NotIam of StackDeployer";
    refuse_unless_answered(&[
        attempt(
            "StackDeployer",
            "iam:PassRole",
            "{StackDeployer}",
            "allowed by RolesAndPoliciesOfStacks of StackDeployer",
        )
        .with(TO_CLOUDFORMATION),
        attempt(
            "StackDeployer",
            "iam:PassRole",
            "role/changegate/deployers/stronger",
            "denied by NoOtherDeployer of NestedStacks",
        )
        .with(TO_CLOUDFORMATION),
        attempt(
            "StackDeployer",
            "iam:PassRole",
            "{PipelinesDeployer}",
            "denied by NoOtherDeployer of NestedStacks",
        )
        .with(TO_CLOUDFORMATION),
        attempt(
            "StackDeployer",
            "iam:PassRole",
            "{StackDeployer}",
            "denied by PassedTo of DeployerBoundary",
        )
        .with(TO_LAMBDA),
        attempt(
            "StackDeployer",
            "iam:PassRole",
            "role/admin",
            "denied by NoOtherDeployer of NestedStacks",
        )
        .with(TO_CLOUDFORMATION),
        attempt(
            WORKLOAD,
            "iam:PassRole",
            "{StackDeployer}",
            "denied by OnlyDeployersPass of DeployerBoundary",
        )
        .with(TO_CLOUDFORMATION),
        attempt(
            "StackDeployer",
            "cloudformation:CreateStack",
            "stack/production-network-Child-1/1",
            not_iam,
        ),
        attempt(
            "StackDeployer",
            "cloudformation:UpdateStack",
            "stack/production-network-Child-1/1",
            not_iam,
        ),
        attempt(
            "StackDeployer",
            "cloudformation:DeleteStack",
            "stack/production-network-Child-1/1",
            not_iam,
        ),
        attempt(
            "StackDeployer",
            "cloudformation:CreateChangeSet",
            "stack/production-network-Child-1/1",
            not_iam,
        ),
        attempt(
            "StackDeployer",
            "cloudformation:ExecuteChangeSet",
            "stack/production-network-Child-1/1",
            not_iam,
        ),
        attempt(
            "StackDeployer",
            "cloudformation:ExecuteChangeSet",
            "stack/S-pipelines/1",
            "denied by Changegate of DeployerBoundary",
        ),
        attempt(
            WORKLOAD,
            "cloudformation:ExecuteChangeSet",
            "stack/production-network/1",
            "denied by OnlyDeployers of DeployerBoundary",
        ),
    ]);
}

#[test]
fn the_account_stays_as_the_gate_found_it() {
    let boundary = "denied by NeverAnybody of DeployerBoundary";
    let trails = "denied by Trails of DeployerBoundary";
    let limited = "denied by OnlyBreakGlassChangesThem of docs/scp.json";
    let used = "denied by OnlyChangegateUsesItsParts of docs/scp.json";
    let people = "denied by OnlyDeployers of DeployerBoundary";
    let mut attempts = vec![
        attempt(WORKLOAD, "organizations:LeaveOrganization", "*", people),
        attempt(WORKLOAD, "organizations:MoveAccount", "*", people),
        attempt(WORKLOAD, "organizations:RemoveAccountFromOrganization", "*", people),
        attempt(WORKLOAD, "organizations:DisablePolicyType", "*", people),
        attempt(
            WORKLOAD,
            "organizations:DescribeOrganization",
            "*",
            "allowed by All of AdministratorAccess",
        ),
    ];
    let bus = "denied by Bus of DeployerBoundary";
    for who in [WORKLOAD, "StackDeployer"] {
        attempts.extend([
            attempt(who, "cloudtrail:PutEventSelectors", "trail/company", trails),
            attempt(who, "cloudtrail:UpdateTrail", "trail/company", trails),
            attempt(who, "cloudtrail:StopLogging", "trail/company", trails),
            attempt(who, "cloudformation:RegisterType", "*", boundary),
            attempt(who, "cloudformation:ActivateType", "*", boundary),
            attempt(who, "cloudformation:SetTypeConfiguration", "*", boundary),
            attempt(who, "cloudformation:SetTypeDefaultVersion", "*", boundary),
            attempt(who, "events:UpdateEventBus", "event-bus/default", bus),
            attempt(
                who,
                "events:PutTargets",
                "rule/S-break-glass",
                "denied by Changegate of DeployerBoundary",
            ),
            attempt(
                who,
                "scheduler:UpdateSchedule",
                "schedule/default/S-retry-due",
                "denied by Changegate of DeployerBoundary",
            ),
        ]);
    }
    for (action, resource, answer) in [
        (
            "cloudtrail:PutEventSelectors",
            "trail/company",
            "denied by TheTrailStays of docs/scp.json",
        ),
        (
            "cloudtrail:UpdateTrail",
            "trail/company",
            "denied by TheTrailStays of docs/scp.json",
        ),
        (
            "cloudtrail:DeleteTrail",
            "trail/company",
            "denied by TheTrailStays of docs/scp.json",
        ),
        ("events:PutTargets", "rule/S-break-glass", limited),
        ("events:RemoveTargets", "rule/S-break-glass", limited),
        (
            "events:UpdateEventBus",
            "event-bus/default",
            "denied by TheBusStays of docs/scp.json",
        ),
        ("scheduler:DeleteSchedule", "schedule/default/S-retry-due", used),
        ("scheduler:UpdateSchedule", "schedule/default/S-sync-hourly", used),
        ("sns:Subscribe", "S-notifications", limited),
        ("sns:PutDataProtectionPolicy", "S-notifications", limited),
        ("sqs:SetQueueAttributes", "S-lost-events", used),
        ("logs:PutMetricFilter", "log-group:/aws/lambda/S-outcome-record", used),
        (
            "logs:PutRetentionPolicy",
            "log-group:/aws/lambda/S-outcome-record",
            used,
        ),
        (
            "organizations:LeaveOrganization",
            "*",
            "denied by TheOrganizationStays of docs/scp.json",
        ),
        ("sns:Unsubscribe", "S-notifications:1", limited),
        ("sns:SetTopicAttributes", "S-notifications", limited),
        ("secretsmanager:GetSecretValue", "{GitHubCredential}", used),
        ("secretsmanager:GetSecretValue", "{WebhookSecretValue}", used),
        ("sqs:SendMessage", "S-pushes.fifo", used),
        ("s3:PutObject", "{EvidenceBucket}/outcomes/1", used),
        ("iam:PassRole", "{StackDeployer}", used),
        (
            "cloudformation:RegisterType",
            "*",
            "denied by OnlyChangegateWritesStacks of docs/scp.json",
        ),
    ] {
        attempts.push(attempt(ADMINISTRATOR, action, resource, answer).limited());
    }
    refuse_unless_answered(&attempts);
}
