//! An account with a deployed Changegate, to put questions to without deploying anything.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::iam::{Answer, Kind, Policy, Principal, Request, decide};
use super::rendered::{Place, Rendered};
use super::table::{Column, Row};
use crate::contracts::read;
use crate::contracts::template::Template;

pub(super) const STACK: &str = "changegate";
pub(super) const REGION: &str = "eu-west-1";
pub(super) const ACCOUNT: &str = "000000000000";

/// The account.
pub(super) struct Account {
    template: Template,
}

impl Account {
    pub(super) fn new() -> Self {
        Self {
            template: Template::read(),
        }
    }

    pub(super) fn rendered(&self) -> Rendered<'_> {
        self.rendered_with(&[])
    }

    /// As a deployment with these parameters has it.
    pub(super) fn rendered_with(&self, parameters: &[(&str, &str)]) -> Rendered<'_> {
        let place = Place {
            stack: STACK.to_owned(),
            partition: "aws".to_owned(),
            region: REGION.to_owned(),
            account: ACCOUNT.to_owned(),
        };
        let mut given = vec![("BreakGlassPrincipals", "arn:aws:iam::000000000000:user/trusted")];
        given.extend(parameters);
        Rendered::new(&self.template, place, &given)
    }

    /// The ARN of a principal, as `aws:PrincipalArn` has it.
    pub(super) fn principal(&self, name: &str) -> String {
        match name {
            Column::OPERATOR => format!("arn:aws:iam::{ACCOUNT}:user/operator"),
            Column::WORKLOAD | Column::ADMINISTRATOR => format!("arn:aws:iam::{ACCOUNT}:role/{name}"),
            role => self.rendered().reference(&format!("{role}.Arn")),
        }
    }

    /// Every policy that stands over what a principal asks, but for those of resources.
    pub(super) fn policies(&self, name: &str, is_limited: bool) -> Vec<Policy> {
        let rendered = self.rendered();
        let policy = |kind, name: &str, document| Policy {
            kind,
            name: name.to_owned(),
            document,
        };
        let everything = || policy(Kind::Identity, "AdministratorAccess", allow("*"));
        let boundary = || {
            policy(
                Kind::Boundary,
                "DeployerBoundary",
                rendered.property("DeployerBoundary", "/PolicyDocument"),
            )
        };
        let mut policies = match name {
            Column::OPERATOR => {
                vec![policy(
                    Kind::Identity,
                    "Operators",
                    rendered.property("Operators", "/PolicyDocument"),
                )]
            }
            Column::WORKLOAD => vec![everything(), boundary()],
            Column::ADMINISTRATOR => vec![everything()],
            role => {
                let mut policies = Vec::new();
                if let Value::Array(inline) = rendered.property(role, "/Policies") {
                    policies.extend(
                        inline
                            .into_iter()
                            .map(|each| policy(Kind::Identity, role, each["PolicyDocument"].clone())),
                    );
                }
                if let Value::Array(managed) = rendered.property(role, "/ManagedPolicyArns") {
                    policies.extend(
                        managed
                            .iter()
                            .map(|arn| policy(Kind::Identity, role, managed_by_aws(arn))),
                    );
                }
                for other in rendered.resources("AWS::IAM::Policy") {
                    if rendered.property(&other, "/Roles") == json!([rendered.reference(role)]) {
                        policies.push(policy(
                            Kind::Identity,
                            &other,
                            rendered.property(&other, "/PolicyDocument"),
                        ));
                    }
                }
                if !rendered.property(role, "/PermissionsBoundary").is_null() {
                    policies.push(boundary());
                }
                policies
            }
        };
        if is_limited {
            let document = serde_json::from_str(&read("docs/scp.json")).expect("JSON");
            policies.push(policy(Kind::ServiceControl, "docs/scp.json", document));
        }
        policies
    }

    /// The policy of a resource, as a policy that stands over every request for it.
    pub(super) fn policy_of(&self, logical_id: &str) -> Policy {
        let document = self.rendered().property(logical_id, "/PolicyDocument");
        assert!(!document.is_null(), "{logical_id} has no policy");
        Policy {
            kind: Kind::Resource,
            name: logical_id.to_owned(),
            document,
        }
    }

    /// The trust policy of a role.
    pub(super) fn trust_of(&self, role: &str) -> Policy {
        let document = self.rendered().property(role, "/AssumeRolePolicyDocument");
        Policy {
            kind: Kind::Resource,
            name: format!("the trust of {role}"),
            document,
        }
    }

    /// What a principal is answered that asks for one action on one resource.
    pub(super) fn ask(
        &self,
        name: &str,
        action: &str,
        resource: &str,
        context: &[(&str, &str)],
        is_limited: bool,
    ) -> Answer {
        self.ask_with(name, action, resource, context, &self.policies(name, is_limited))
    }

    pub(super) fn ask_with(
        &self,
        name: &str,
        action: &str,
        resource: &str,
        context: &[(&str, &str)],
        policies: &[Policy],
    ) -> Answer {
        let mut asked = request(Principal::Identity(self.principal(name)), action, resource, context);
        if let Some(function) = self.function_of(name) {
            asked
                .context
                .entry("lambda:sourcefunctionarn".to_owned())
                .or_insert_with(|| vec![function]);
        }
        asked
            .context
            .retain(|_, values| values.iter().any(|value| !value.is_empty()));
        decide(&asked, policies)
    }

    /// The function whose role this is: its code asks with the function's ARN.
    fn function_of(&self, role: &str) -> Option<String> {
        let rendered = self.rendered();
        let functions = self.template.resources("AWS::Serverless::Function");
        let mut own = functions.filter(|(id, _)| rendered.property(id, "/Role") == json!(self.principal(role)));
        own.next().map(|(id, _)| rendered.reference(&format!("{id}.Arn")))
    }

    /// ARNs of everything that Changegate consists of.
    pub(super) fn own(&self) -> Vec<String> {
        let rendered = self.rendered();
        let mut arns = Vec::new();
        for (kind, attribute, below) in [
            ("AWS::S3::Bucket", ".Arn", &["", "/x"][..]),
            ("AWS::SQS::Queue", ".Arn", &[""]),
            ("AWS::SNS::Topic", "", &[""]),
            ("AWS::SecretsManager::Secret", ".Id", &[""]),
            ("AWS::Serverless::Function", ".Arn", &["", ":live"]),
            ("AWS::IAM::Role", ".Arn", &[""]),
            ("AWS::IAM::ManagedPolicy", "", &[""]),
            ("AWS::Logs::LogGroup", ".Arn", &[""]),
            ("AWS::Events::Rule", ".Arn", &[""]),
            ("AWS::Scheduler::Schedule", ".Arn", &[""]),
            ("AWS::CloudWatch::Alarm", ".Arn", &[""]),
            ("AWS::CodePipeline::Pipeline", "", &["", "/Apply/Approve1"]),
        ] {
            let found = rendered.resources(kind);
            assert!(!found.is_empty(), "no {kind}");
            for id in found {
                let arn = rendered.reference(&format!("{id}{attribute}"));
                arns.extend(below.iter().map(|below| format!("{arn}{below}")));
            }
        }
        for stack in [STACK.to_owned(), format!("{STACK}-pipelines")] {
            arns.push(format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{stack}/1"));
        }
        arns
    }

    /// What a row of the page asks of one column.
    pub(super) fn answer(&self, row: &Row, column: &Column) -> Answer {
        let resource = self.resource(&row.action, &row.resource);
        let context: Vec<(String, String)> = row
            .context
            .iter()
            .map(|(key, value)| (key.clone(), self.filled(value)))
            .collect();
        let context: Vec<(&str, &str)> = context
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        self.ask(column.principal, &row.action, &resource, &context, row.is_limited)
    }

    /// A text of the page with ids for the names in braces.
    pub(super) fn filled(&self, text: &str) -> String {
        let mut parts = text.split('{');
        let mut whole = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}').expect("a name ends");
            let resource = self.template.resource(name);
            let kind = resource
                .get("Type")
                .and_then(changegate::domain::document::Node::as_text)
                .unwrap_or_default();
            let attribute = match kind {
                "AWS::SecretsManager::Secret" => ".Id",
                "AWS::IAM::ManagedPolicy" | "AWS::SNS::Topic" => "",
                _ => ".Arn",
            };
            whole += &self.rendered().reference(&format!("{name}{attribute}"));
            whole += rest;
        }
        whole
    }

    /// The ARN that the page's second column stands for.
    pub(super) fn resource(&self, action: &str, written: &str) -> String {
        let text = self.filled(written);
        if text == "*" || text.starts_with("arn:") {
            return text;
        }
        let mut text = text;
        for (short, long) in [
            ("/S-", format!("/{STACK}-")),
            (":S-", format!(":{STACK}-")),
            ("/S/", format!("/{STACK}/")),
        ] {
            text = text.replace(short, &long);
        }
        if let Some(rest) = text.strip_prefix("S-") {
            text = format!("{STACK}-{rest}");
        }
        let service = action.split(':').next().unwrap_or_default();
        match service {
            "iam" | "sts" => format!("arn:aws:iam::{ACCOUNT}:{text}"),
            "cloudfront" => format!("arn:aws:cloudfront::{ACCOUNT}:{text}"),
            "s3" => format!("arn:aws:s3:::{text}"),
            service => format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{text}"),
        }
    }
}

/// A request with the keys that AWS puts into every one.
pub(super) fn request(principal: Principal, action: &str, resource: &str, context: &[(&str, &str)]) -> Request {
    let owner = resource
        .split(':')
        .nth(4)
        .filter(|owner| !owner.is_empty())
        .unwrap_or(ACCOUNT);
    let mut keys = BTreeMap::from([
        ("aws:resourceaccount".to_owned(), vec![owner.to_owned()]),
        ("aws:requestedregion".to_owned(), vec![REGION.to_owned()]),
        ("aws:securetransport".to_owned(), vec!["true".to_owned()]),
    ]);
    if let Principal::Identity(arn) = &principal {
        keys.insert("aws:principalarn".to_owned(), vec![arn.clone()]);
    }
    keys.extend(
        context
            .iter()
            .map(|(key, value)| (key.to_lowercase(), vec![(*value).to_owned()])),
    );
    Request {
        principal,
        action: action.to_owned(),
        resource: resource.to_owned(),
        context: keys,
    }
}

fn allow(actions: &str) -> Value {
    json!({"Statement": [{"Sid": "All", "Effect": "Allow", "Action": actions, "Resource": "*"}]})
}

/// What AWS's own policies allow, as far as the template attaches them.
fn managed_by_aws(arn: &Value) -> Value {
    match arn.as_str().and_then(|arn| arn.rsplit('/').next()) {
        Some("AdministratorAccess") => allow("*"),
        // https://docs.aws.amazon.com/aws-managed-policy/latest/reference/PowerUserAccess.html
        Some("PowerUserAccess") => json!({"Statement": [
            {"Sid": "NotIam", "Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
            {"Sid": "Some", "Effect": "Allow", "Resource": "*", "Action": [
                "account:GetAccountInformation", "account:GetGovCloudAccountInformation", "account:GetPrimaryEmail",
                "account:ListRegions", "iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole", "iam:ListRoles",
                "organizations:DescribeEffectivePolicy", "organizations:DescribeOrganization",
            ]},
        ]}),
        other => panic!("the policy {other:?} is not known here"),
    }
}
