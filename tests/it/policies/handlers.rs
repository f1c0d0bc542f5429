//! What CloudFormation's handlers need of a service role, asked of the policies of the deployers.
//!
//! `handlers.tsv` comes from CloudFormation's resource schemas (`scripts/handler-permissions`); `exceptions.tsv` says why an
//! action that a handler may need is not allowed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::account::{ACCOUNT, Account, REGION};
use super::iam::{Answer, Policy, pattern};
use crate::catalogue::rendered;
use crate::contracts::{read, refuse};

/// What one handler of one type needs.
struct Handler {
    role: &'static str,
    resource_type: &'static str,
    operation: &'static str,
    actions: Vec<&'static str>,
}

fn handlers() -> Vec<Handler> {
    let lines = include_str!("handlers.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let mut cells = line.split('\t');
            let mut cell = || cells.next().unwrap_or_default();
            Handler {
                role: cell(),
                resource_type: cell(),
                operation: cell(),
                actions: cell().split(' ').filter(|action| !action.is_empty()).collect(),
            }
        })
        .collect()
}

/// An action that is not allowed, and why that is as it should be.
struct Exception {
    role: &'static str,
    resource_type: &'static str,
    action: &'static str,
}

fn exceptions() -> Vec<Exception> {
    let lines = include_str!("exceptions.tsv")
        .lines()
        .filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let &[role, resource_type, action, reason] = cells.as_slice() else {
                panic!("not four cells: {line}");
            };
            assert!(reason.len() > 20, "no reason: {line}");
            Exception {
                role,
                resource_type,
                action,
            }
        })
        .collect()
}

/// Something that a stack under the gate may own, as each service names it: templates that follow
/// `docs/operating.md` use these names and paths.
fn resource(account: &Account, role: &str, resource_type: &str, action: &str) -> String {
    let (service, name) = action.split_once(':').expect("a service");
    let global = |path: &str| format!("arn:aws:iam::{ACCOUNT}:{path}");
    let regional = |path: &str| format!("arn:aws:{}:{REGION}:{ACCOUNT}:{path}", service.to_ascii_lowercase());
    let name = name.to_ascii_lowercase();
    match service.to_ascii_lowercase().as_str() {
        "iam" if role == "PipelinesDeployer" => account.filled("{PipelineRole}"),
        // CloudFormation passes the role of a stack on to the nested ones.
        "iam" if resource_type == "AWS::CloudFormation::Stack" => account.filled("{StackDeployer}"),
        "iam" if name.contains("servicelinkedrole") => {
            global("role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX")
        }
        "iam" if name.contains("openidconnect") => global("oidc-provider/oidc.eks.eu-west-1.amazonaws.com/id/1"),
        "iam" if name.contains("servercertificate") => global("server-certificate/mine"),
        "iam" if name.contains("instanceprofile") && !name.starts_with("listinstanceprofilesfor") => {
            global("instance-profile/mine")
        }
        "iam" if resource_type == "AWS::IAM::User" && !name.ends_with("policyversion") => global("user/gated/mine"),
        "iam" if name.contains("userpolic") => global("user/gated/mine"),
        "iam" if name.contains("group") => global("group/mine"),
        "iam" if resource_type == "AWS::IAM::ManagedPolicy" && !name.contains("role") => global("policy/mine"),
        "iam" => global("role/mine"),
        "codepipeline" => regional("changegate-network"),
        "cloudformation" => regional("stack/mine/1"),
        "cloudtrail" => regional("trail/gated-mine"),
        _ => regional("mine/mine"),
    }
}

/// The service that a role is passed to: the one that the type belongs to.
fn passed_to(resource_type: &str) -> String {
    let service = resource_type
        .split("::")
        .nth(1)
        .unwrap_or_default()
        .to_ascii_lowercase();
    format!("{service}.amazonaws.com")
}

fn is_allowed(account: &Account, policies: &[Policy], handler: &Handler, action: &str) -> Answer {
    let resource = resource(account, handler.role, handler.resource_type, action);
    let boundary = account.filled("{DeployerBoundary}");
    let service = passed_to(handler.resource_type);
    // Roles and users that a template makes carry the boundary.
    let context = [
        ("iam:PermissionsBoundary", boundary.as_str()),
        ("iam:PassedToService", service.as_str()),
    ];
    account.ask_with(handler.role, action, &resource, &context, policies)
}

#[test]
fn the_deployers_may_do_what_the_handlers_of_resource_types_need() {
    let (account, exceptions) = (Account::new(), exceptions());
    let policies: BTreeMap<&str, Vec<Policy>> = ["StackDeployer", "PipelinesDeployer"]
        .map(|role| (role, account.policies(role, false)))
        .into();
    let (mut types, mut used, mut lacking) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for handler in handlers() {
        for action in &handler.actions {
            types.insert(handler.resource_type);
            let answer = is_allowed(&account, &policies[handler.role], &handler, action);
            if matches!(answer, Answer::Allowed(_)) {
                continue;
            }
            let reason = exceptions.iter().position(|exception| {
                exception.role == handler.role
                    && pattern::glob(exception.resource_type, handler.resource_type)
                    && pattern::glob(&exception.action.to_lowercase(), &action.to_lowercase())
            });
            if let Some(at) = reason {
                used.insert(at);
                continue;
            }
            let (role, resource_type) = (handler.role, handler.resource_type);
            lacking.insert(format!(
                "{role}\t{resource_type}\t{action}\t({}: {answer})",
                handler.operation
            ));
        }
    }
    assert!(types.len() >= 61, "only {} types", types.len());
    refuse(
        "a deployer lacks what CloudFormation needs",
        &lacking.into_iter().collect::<Vec<_>>(),
    );
    let unused = (0..exceptions.len()).filter(|at| !used.contains(at));
    let unused: Vec<String> = unused
        .map(|at| format!("{} {}", exceptions[at].resource_type, exceptions[at].action))
        .collect();
    refuse("exceptions.tsv speaks of what is allowed", &unused);
}

#[test]
fn what_pipelines_are_made_of_is_what_the_contract_asks_for() {
    let catalogue = [("network".to_owned(), (2, true)), ("orders".to_owned(), (0, false))].into();
    let template: Value = serde_json::from_str(&rendered::template(&catalogue)).expect("JSON");
    let resources = template["Resources"].as_object().expect("resources").values();
    let rendered: BTreeSet<String> = resources
        .map(|resource| resource["Type"].as_str().expect("a type").to_owned())
        .collect();
    let asked: BTreeSet<String> = handlers()
        .iter()
        .filter(|handler| handler.role == "PipelinesDeployer")
        .map(|handler| handler.resource_type.to_owned())
        .collect();
    assert_eq!(rendered, asked);
}

/// Type, and what the local CloudFormation asks of a service role for creating, updating and deleting one.
fn asked_locally() -> Vec<(String, [String; 3])> {
    let part = read("local/ministack/service_role.py");
    let table = part
        .split("\nACTIONS = {\n")
        .nth(1)
        .and_then(|rest| rest.split("\n}\n").next());
    let quoted: Vec<&str> = table.expect("the table").split('"').skip(1).step_by(2).collect();
    let rows = quoted.chunks_exact(4);
    rows.map(|row| (row[0].to_owned(), [1, 2, 3].map(|at| row[at].to_owned())))
        .collect()
}

#[test]
fn every_action_that_the_local_cloudformation_asks_for_is_one_of_the_handlers() {
    let (handlers, asked) = (handlers(), asked_locally());
    assert!(asked.len() > 10, "the table is not found any more");
    let mut wrong = Vec::new();
    for (resource_type, actions) in asked {
        for (operation, action) in ["create", "update", "delete"].iter().zip(actions) {
            let mut of_type = handlers.iter().filter(|handler| handler.resource_type == resource_type);
            let Some(handler) = of_type.find(|handler| handler.operation == *operation) else {
                wrong.push(format!("{resource_type} is not in handlers.tsv"));
                continue;
            };
            // Without a handler for it, a change is a replacement.
            let is_known = handler.actions.iter().any(|known| known.eq_ignore_ascii_case(&action));
            if !is_known && !handler.actions.is_empty() {
                wrong.push(format!("{resource_type}: {operation} asks for {action}"));
            }
        }
    }
    refuse("local/ministack/service_role.py", &wrong);
}
