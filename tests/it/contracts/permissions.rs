//! The policies of `template.yaml`.

use changegate::domain::document::Node;

use super::refuse;
use super::template::{Statement, Template, text, texts, visit};

/// The only statement that may allow everything: the ceiling of a permissions boundary grants nothing by itself.
const CEILING: &str = "Ceiling";

fn statements(template: &Template) -> Vec<Statement<'_>> {
    Statement::all(template.document.root.get("Resources").expect("resources"))
}

#[test]
fn nothing_is_allowed_by_a_wildcard_for_whole_services() {
    let template = Template::read();
    let mut problems = Vec::new();
    for statement in statements(&template).iter().filter(|statement| statement.allows()) {
        let sid = statement.node.get("Sid").and_then(Node::as_text);
        for action in statement.actions() {
            if (action == "*" || action.ends_with(":*")) && sid != Some(CEILING) {
                problems.push(format!("{}: {action}", statement.name()));
            }
        }
        if statement.node.get("NotAction").is_some() || statement.node.get("NotResource").is_some() {
            problems.push(format!("{}: allows what it does not name", statement.name()));
        }
    }
    refuse("an Allow names its actions", &problems);
}

#[test]
fn functions_are_allowed_exact_actions() {
    let template = Template::read();
    let mut problems = Vec::new();
    for (name, function) in template.functions() {
        let role = template.resource(text(function, "/Properties/Role").trim_end_matches(".Arn"));
        assert_eq!(text(role, "/Properties/Path"), "/changegate/functions/", "{name}");
        for statement in Statement::all(role).iter().filter(|statement| statement.allows()) {
            for action in statement.actions().iter().filter(|action| action.contains('*')) {
                problems.push(format!("{name}: {}: {action}", statement.name()));
            }
        }
        if role.pointer("/Properties/ManagedPolicyArns").is_some() {
            problems.push(format!("{name} has a managed policy, whose rights nobody here chose"));
        }
    }
    refuse("a function's role names each call", &problems);
}

#[test]
fn a_wildcard_for_resources_says_why() {
    let template = Template::read();
    let mut problems = Vec::new();
    for statement in statements(&template).iter().filter(|statement| statement.allows()) {
        let explained = template.has_comment_above(statement.node.line);
        let is_ceiling = statement.node.get("Sid").and_then(Node::as_text) == Some(CEILING);
        if statement.resources().iter().any(|resource| resource == "*") && !explained && !is_ceiling {
            problems.push(statement.name());
        }
    }
    refuse(
        "`Resource: \"*\"` without a comment right above the statement",
        &problems,
    );
}

#[test]
fn every_statement_of_a_role_has_a_name() {
    let template = Template::read();
    let nameless: Vec<String> = statements(&template)
        .iter()
        .filter(|statement| statement.is_of_identity() && statement.node.get("Sid").is_none())
        .map(Statement::name)
        .collect();
    refuse("a statement cannot be spoken about", &nameless);
}

#[test]
fn no_partition_account_or_region_is_written_out() {
    let template = Template::read();
    let mut problems = Vec::new();
    visit(&template.document.root, &mut |node| {
        let found = node.as_text().unwrap_or_default();
        let wrong = found.contains("arn:aws:")
            || (found.contains("arn:") && found.contains("::0"))
            || found.contains("eu-west");
        if wrong {
            problems.push(format!("line {}: {found}", node.line));
        }
    });
    refuse(
        "template.yaml deploys to every partition, account and region",
        &problems,
    );
}

#[test]
fn no_role_may_both_create_and_execute_a_change_set() {
    let template = Template::read();
    let mut creates = Vec::new();
    let mut executes = Vec::new();
    for (logical_id, role) in template.resources("AWS::IAM::Role") {
        let allowed: Vec<String> = Statement::all(role)
            .iter()
            .filter(|statement| statement.allows())
            .flat_map(Statement::actions)
            .collect();
        if allowed.iter().any(|action| action == "cloudformation:CreateChangeSet") {
            creates.push(logical_id);
        }
        if allowed.iter().any(|action| action == "cloudformation:ExecuteChangeSet") {
            executes.push(logical_id);
        }
    }
    assert_eq!(creates, ["ChangesetCreateRole"]);
    assert_eq!(executes, ["ChangesetExecuteRole"]);
}

#[test]
fn change_sets_are_reached_only_by_changegates_own_names() {
    let template = Template::read();
    let mut problems = Vec::new();
    for statement in statements(&template)
        .iter()
        .filter(|statement| statement.allows() && statement.is_of_identity())
    {
        let writes = statement.actions().into_iter().any(|action| {
            ["CreateChangeSet", "ExecuteChangeSet", "DeleteChangeSet"]
                .iter()
                .any(|name| action.ends_with(name))
        });
        let of_transforms = statement
            .resources()
            .iter()
            .all(|resource| resource.ends_with(":transform/*"));
        let names = statement
            .node
            .pointer("/Condition/StringLike/cloudformation:ChangeSetName")
            .map(texts);
        let bound = names.is_some_and(|names| !names.is_empty() && names.iter().all(|name| name.contains("cg-*")));
        if writes && !of_transforms && !bound {
            problems.push(statement.name());
        }
    }
    refuse("a role may touch change sets that Changegate did not make", &problems);
}

#[test]
fn roles_are_passed_only_by_path_and_to_one_service() {
    let template = Template::read();
    let mut problems = Vec::new();
    for (logical_id, role) in template.resources("AWS::IAM::Role") {
        for statement in Statement::all(role).iter().filter(|statement| statement.allows()) {
            if !statement.actions().iter().any(|action| action == "iam:PassRole") || logical_id == "StackDeployer" {
                continue;
            }
            if statement
                .node
                .pointer("/Condition/StringEquals/iam:PassedToService")
                .is_none()
            {
                problems.push(format!("{logical_id}: {} passes to any service", statement.name()));
            }
            for resource in statement.resources() {
                if !resource.contains("role/changegate/")
                    && !["PipelinesDeployer.Arn", "PipelineRole.Arn"].contains(&resource.as_str())
                {
                    problems.push(format!("{logical_id}: {} passes {resource}", statement.name()));
                }
            }
        }
    }
    refuse("iam:PassRole", &problems);
}

#[test]
fn services_assume_roles_only_for_this_account() {
    let template = Template::read();
    let mut problems = Vec::new();
    for (logical_id, role) in template.resources("AWS::IAM::Role") {
        let trust = role
            .pointer("/Properties/AssumeRolePolicyDocument")
            .expect("a trust policy");
        for statement in Statement::all(trust) {
            let service = statement
                .node
                .pointer("/Principal/Service")
                .map(texts)
                .unwrap_or_default();
            // Lambda sends no source account when it starts a function.
            let needs = !service.is_empty() && service != ["lambda.amazonaws.com"];
            let bound = ["StringEquals", "StringEqualsIfExists"].iter().any(|operator| {
                let key = format!("/Condition/{operator}/aws:SourceAccount");
                statement.node.pointer(&key).is_some()
            });
            if needs && !bound {
                problems.push(format!("{logical_id} trusts {service:?} for any account"));
            }
        }
    }
    refuse("a confused deputy", &problems);
}
