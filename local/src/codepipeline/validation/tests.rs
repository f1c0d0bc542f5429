use serde_json::{Value, json};

use super::validate;
use crate::codepipeline::declaration::Declaration;
use crate::codepipeline::error::ApiError;

fn sound() -> Value {
    json!({
        "name": "S-network",
        "roleArn": "arn:aws:iam::000000000000:role/changegate/pipeline",
        "artifactStore": { "type": "S3", "location": "artifacts" },
        "pipelineType": "V2",
        "executionMode": "SUPERSEDED",
        "variables": [{ "name": "Commit", "defaultValue": "none" }],
        "stages": [
            { "name": "Source", "actions": [{
                "name": "Template",
                "actionTypeId": { "category": "Source", "owner": "AWS", "provider": "S3", "version": "1" },
                "configuration": { "S3Bucket": "source", "S3ObjectKey": "a.zip", "PollForSourceChanges": "false" },
                "outputArtifacts": [{ "name": "Template" }],
                "namespace": "TemplateSource",
            }] },
            { "name": "Plan", "actions": [{
                "name": "Create",
                "actionTypeId": { "category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1" },
                "configuration": { "FunctionName": "f", "UserParameters": "#{TemplateSource.VersionId}" },
                "inputArtifacts": [{ "name": "Template" }],
                "namespace": "Plan",
            }] },
            { "name": "Apply",
                "beforeEntry": { "conditions": [{ "result": "SKIP", "rules": [{
                    "name": "HasChanges",
                    "ruleTypeId": { "category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1" },
                    "configuration": { "Variable": "#{Plan.Outcome}", "Operator": "EQ", "Value": "changes" },
                }] }] },
                "actions": [{
                    "name": "Approve1",
                    "actionTypeId": { "category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1" },
                    "configuration": { "CustomData": "#{Plan.Summary}" },
                    "timeoutInMinutes": 60,
                }],
            },
        ],
    })
}

fn judged(declaration: &Value) -> Result<(), ApiError> {
    let declaration: Declaration = serde_json::from_value(declaration.clone()).unwrap();
    validate(&declaration)
}

/// Changes one place of a sound declaration and expects a refusal with a code and words.
#[track_caller]
fn refused(pointer: &str, value: Value, code: &str, words: &str) {
    let mut declaration = sound();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let place = declaration.pointer_mut(parent).unwrap_or_else(|| panic!("no {parent}"));
    match place {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        place => place[key] = value,
    }
    let error = judged(&declaration).expect_err(pointer);
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains(words), "{error}");
}

const ACTION: &str = "InvalidActionDeclarationException";
const STAGE: &str = "InvalidStageDeclarationException";
const STRUCTURE: &str = "InvalidStructureException";
const VALIDATION: &str = "ValidationException";

#[test]
fn a_pipeline_of_changegate_is_sound() {
    judged(&sound()).unwrap();
}

#[test]
fn names_roles_types_and_stores_are_checked() {
    refused("/name", json!("with space"), VALIDATION, "Pipeline name");
    refused("/name", json!("x".repeat(101)), VALIDATION, "Pipeline name");
    refused(
        "/roleArn",
        json!("arn:aws:iam::000000000000:user/x"),
        VALIDATION,
        "not the ARN of an IAM role",
    );
    refused("/pipelineType", json!("V3"), VALIDATION, "one of V1, V2");
    refused("/artifactStore", Value::Null, STRUCTURE, "no artifactStore");
    refused("/artifactStore/type", json!("NFS"), STRUCTURE, "not S3");
    refused("/artifactStores", json!({ "eu-west-1": {} }), STRUCTURE, "not both");
}

#[test]
fn what_is_not_emulated_is_refused_by_name() {
    refused(
        "/executionMode",
        json!("QUEUED"),
        VALIDATION,
        "execution mode QUEUED is not emulated",
    );
    refused(
        "/executionMode",
        json!("PARALLEL"),
        VALIDATION,
        "execution mode PARALLEL is not emulated",
    );
    refused(
        "/executionMode",
        json!("LIFO"),
        VALIDATION,
        "one of SUPERSEDED, QUEUED, PARALLEL",
    );
    refused(
        "/triggers",
        json!([{ "providerType": "CodeStarSourceConnection" }]),
        VALIDATION,
        "trigger",
    );
    refused(
        "/stages/1/onFailure",
        json!({ "result": "ROLLBACK" }),
        VALIDATION,
        "onFailure (in stage 'Plan')",
    );
    refused(
        "/stages/1/onSuccess",
        json!({ "conditions": [] }),
        VALIDATION,
        "onSuccess (in stage 'Plan')",
    );
    refused(
        "/stages/1/actions/0/region",
        json!("eu-west-1"),
        VALIDATION,
        "named region",
    );
    refused(
        "/stages/0/actions/0/configuration/PollForSourceChanges",
        json!("true"),
        VALIDATION,
        "polling",
    );
    refused(
        "/stages/0/actions/0/configuration/AllowOverrideForS3ObjectKey",
        json!("true"),
        VALIDATION,
        "AllowOverride",
    );
    let rule = json!({ "category": "Rule", "owner": "AWS", "provider": "LambdaInvoke", "version": "1" });
    refused(
        "/stages/2/beforeEntry/conditions/0/rules/0/ruleTypeId",
        rule,
        VALIDATION,
        "rule type Rule/LambdaInvoke",
    );
    let build = json!({ "category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1" });
    refused(
        "/stages/1/actions/0/actionTypeId",
        build,
        ACTION,
        "Provider: 'CodeBuild'",
    );
}

#[test]
fn polling_is_what_a_source_without_the_setting_asks_for() {
    let mut declaration = sound();
    declaration["stages"][0]["actions"][0]["configuration"]
        .as_object_mut()
        .unwrap()
        .remove("PollForSourceChanges");
    assert!(
        judged(&declaration)
            .unwrap_err()
            .message
            .contains("set PollForSourceChanges to \"false\"")
    );
}

#[test]
fn a_pipeline_has_two_stages_and_sources_in_the_first_alone() {
    let mut declaration = sound();
    declaration["stages"].as_array_mut().unwrap().truncate(1);
    let error = judged(&declaration).unwrap_err();
    assert_eq!(
        (error.code, error.message.as_str()),
        (
            STRUCTURE,
            "Pipeline has only 1 stage(s). There should be a minimum of 2 stages in a pipeline"
        )
    );

    let mut declaration = sound();
    declaration["stages"].as_array_mut().unwrap().remove(0);
    assert!(
        judged(&declaration)
            .unwrap_err()
            .message
            .contains("should start with a stage that only contains source actions")
    );

    let mut declaration = sound();
    let mut source = declaration["stages"][0]["actions"][0].clone();
    source["name"] = json!("Late");
    declaration["stages"][1]["actions"].as_array_mut().unwrap().push(source);
    assert!(
        judged(&declaration)
            .unwrap_err()
            .message
            .contains("only allowed in the first stage")
    );

    refused("/stages/1/name", json!("Source"), STRUCTURE, "more than once");
    refused("/stages/1/actions", json!([]), STAGE, "1 to 50 actions");
    refused("/stages/1/blockers", json!([{ "name": "x" }]), STAGE, "reserved");
}

#[test]
fn configurations_have_the_keys_of_their_type() {
    let path = "/stages/1/actions/0/configuration";
    refused(path, json!({}), ACTION, "missing required configuration 'FunctionName'");
    refused(
        path,
        json!({ "FunctionName": "f", "Payload": "x" }),
        ACTION,
        "unknown configuration 'Payload'",
    );
    let long = json!({ "FunctionName": "f", "UserParameters": "x".repeat(1001) });
    refused(path, long, VALIDATION, "1001 characters");
    let most = json!({ "FunctionName": "f", "UserParameters": "x".repeat(1000) });
    let mut declaration = sound();
    *declaration.pointer_mut(path).unwrap() = most;
    judged(&declaration).unwrap();
}

#[test]
fn artifacts_are_produced_once_and_before_they_are_read() {
    let input = "/stages/1/actions/0/inputArtifacts";
    refused(
        input,
        json!([{ "name": "Nothing" }]),
        ACTION,
        "Input Artifact Bundle Nothing in action Create is not declared",
    );
    let output = "/stages/1/actions/0/outputArtifacts";
    refused(
        output,
        json!([{ "name": "Template" }]),
        ACTION,
        "Template has been used more than once",
    );
    let six: Vec<Value> = (0..6).map(|index| json!({ "name": format!("a{index}") })).collect();
    refused(output, json!(six), ACTION, "6 output artifacts; its type takes 0 to 5");
    refused(
        "/stages/0/actions/0/outputArtifacts",
        json!([]),
        ACTION,
        "0 output artifacts",
    );
    refused(output, json!([{ "name": "with space" }]), ACTION, "Artifact name");
}

#[test]
fn an_artifact_of_the_same_run_order_is_not_there_yet() {
    let mut declaration = sound();
    let mut twin = declaration["stages"][1]["actions"][0].clone();
    twin["name"] = json!("Twin");
    twin["namespace"] = Value::Null;
    twin["inputArtifacts"] = json!([{ "name": "Made" }]);
    declaration["stages"][1]["actions"][0]["outputArtifacts"] = json!([{ "name": "Made" }]);
    declaration["stages"][1]["actions"].as_array_mut().unwrap().push(twin);
    assert!(
        judged(&declaration)
            .unwrap_err()
            .message
            .contains("Made in action Twin")
    );
    declaration["stages"][1]["actions"][1]["runOrder"] = json!(2);
    judged(&declaration).unwrap();
}

#[test]
fn only_approvals_have_a_time_limit() {
    refused(
        "/stages/1/actions/0/timeoutInMinutes",
        json!(60),
        ACTION,
        "only manual approvals",
    );
    refused(
        "/stages/2/actions/0/timeoutInMinutes",
        json!(4),
        ACTION,
        "from 5 to 86,400",
    );
    refused(
        "/stages/2/actions/0/timeoutInMinutes",
        json!(86_401),
        ACTION,
        "from 5 to 86,400",
    );
    refused("/stages/2/actions/0/runOrder", json!(1000), ACTION, "from 1 to 999");
}

#[test]
fn a_reference_needs_a_namespace_that_is_filled_before() {
    let path = "/stages/1/actions/0/configuration/UserParameters";
    for text in [
        "#{Nothing.Key}",
        "#{Plan.Key}",
        "#{variables.Branch}",
        "#{codepipeline.Name}",
        "#{plain}",
    ] {
        refused(path, json!(text), STRUCTURE, &format!("VariableReferenceText=[{text}]"));
    }
    // The rule is checked before the stage, so its own actions fill nothing for it.
    let mut declaration = sound();
    declaration["stages"][2]["actions"][0]["namespace"] = json!("Late");
    let path = "/stages/2/beforeEntry/conditions/0/rules/0/configuration/Variable";
    *declaration.pointer_mut(path).unwrap() = json!("#{Late.Key}");
    assert!(
        judged(&declaration)
            .unwrap_err()
            .message
            .contains("RuleName=[HasChanges]")
    );
}

#[test]
fn namespaces_are_unique_and_no_artifact_has_their_name() {
    refused(
        "/stages/1/actions/0/namespace",
        json!("TemplateSource"),
        STRUCTURE,
        "used more than once",
    );
    refused(
        "/stages/1/actions/0/namespace",
        json!("Template"),
        ACTION,
        "also the name of an artifact",
    );
    refused(
        "/stages/1/actions/0/namespace",
        json!("codepipeline"),
        ACTION,
        "reserved",
    );
}

#[test]
fn conditions_need_a_known_result_operator_and_expression() {
    let condition = "/stages/2/beforeEntry/conditions/0";
    refused(
        &format!("{condition}/result"),
        json!("ROLLBACK"),
        STAGE,
        "use SKIP or FAIL",
    );
    refused(&format!("{condition}/rules"), json!([]), STAGE, "1 to 5 rules");
    let configuration = format!("{condition}/rules/0/configuration");
    refused(
        &format!("{configuration}/Operator"),
        json!("LIKE"),
        STAGE,
        "one of EQ, NE, CONTAINS, MATCHES",
    );
    refused(
        &format!("{configuration}/Value"),
        json!(""),
        STAGE,
        "missing required configuration 'Value'",
    );
    let matches = json!({ "Variable": "#{Plan.Outcome}", "Operator": "MATCHES", "Value": "(?<=a)b" });
    refused(
        &configuration,
        matches,
        STAGE,
        "not an expression that the local engine understands",
    );
    let first = json!({ "conditions": [] });
    refused("/stages/0/beforeEntry", first, STAGE, "source stage");
}

#[test]
fn conditions_and_variables_need_type_v2() {
    let mut declaration = sound();
    declaration["pipelineType"] = json!("V1");
    assert!(
        judged(&declaration)
            .unwrap_err()
            .message
            .contains("only a pipeline of type V2")
    );
    declaration["stages"][2].as_object_mut().unwrap().remove("beforeEntry");
    assert!(judged(&declaration).unwrap_err().message.contains("type V2"));
}
