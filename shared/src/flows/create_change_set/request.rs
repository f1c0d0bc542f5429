//! What CloudFormation is asked for, and how its refusals read to a person.

use std::fmt::Write as _;

use super::CreateSettings;
use super::inputs::Inputs;
use crate::domain::gate::Gate;
use crate::domain::keys;
use crate::domain::planning;
use crate::domain::sha256::Sha256;
use crate::flows::FlowError;
use crate::flows::ports::{NewChangeSet, OperationEvent, ReadObjects, TemplateLocation};
use crate::flows::prove_job::ProvenJob;

/// Largest template that a request carries, in bytes; larger ones are read from the source bucket.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MAX_BODY_BYTES: usize = 51_200;

/// What the ARN of every role that a gate may name contains.
const DEPLOYERS: &str = ":role/changegate/deployers/";

/// The change set to ask for.
pub(super) async fn new_change_set(
    source: &impl ReadObjects,
    settings: &CreateSettings,
    proven: &ProvenJob,
    inputs: &Inputs,
    is_create: bool,
    name: String,
) -> Result<NewChangeSet, FlowError> {
    let gate = &proven.gate;
    if !proven.is_root && !gate.deployer.contains(DEPLOYERS) {
        return Err(FlowError::permission(format!(
            "the gate of stack `{}` names the role `{}`, which is not under the path /changegate/deployers/; name \
             another `deployer` in the catalogue",
            gate.stack, gate.deployer
        )));
    }
    let kept: Vec<_> = inputs
        .parameters
        .iter()
        .filter(|(_, value)| value.is_none())
        .map(|(key, _)| key.as_str())
        .collect();
    if is_create && !kept.is_empty() {
        return Err(FlowError::configuration(format!(
            "the configuration says `UsePreviousValue` for {}, but stack `{}` does not exist yet and has no values; \
             give the first values in the configuration",
            kept.join(", "),
            gate.stack_name
        )));
    }
    let template = if inputs.template.len() <= MAX_BODY_BYTES {
        TemplateLocation::Body(inputs.template.clone())
    } else {
        TemplateLocation::Url(url(source, settings, inputs).await?)
    };
    Ok(NewChangeSet {
        stack: gate.stack_name.clone(),
        name,
        is_create,
        template,
        parameters: inputs.parameters.clone(),
        // Tags spread to every resource, so none of ours; and where the configuration has none, those stay that the
        // stack had before Changegate knew it.
        tags: Some(inputs.tags.clone()).filter(|tags| !tags.is_empty()),
        capabilities: gate.capabilities.clone(),
        notification_arns: gate.notification_arns.clone(),
        role_arn: gate.deployer.clone(),
        description: planning::description(
            &inputs.commit,
            &settings.repository,
            &proven.pipeline,
            &proven.execution,
            &proven.action.id,
        ),
        client_token: token(&proven.action.id),
    })
}

/// A token that is the same for every delivery of one attempt.
fn token(attempt: &str) -> String {
    format!("cg-{}", Sha256::of(attempt))
}

/// The versioned URL of a template that is too large for a request, after its bytes were checked.
async fn url(source: &impl ReadObjects, settings: &CreateSettings, inputs: &Inputs) -> Result<String, FlowError> {
    let prefix = keys::package(inputs.template_sha256, "");
    let stored = source.list(&prefix).await?;
    let again = "start the sync, then this pipeline";
    let (key, _) = stored.first().ok_or_else(|| {
        FlowError::job(format!(
            "the template has {} bytes, more than the {MAX_BODY_BYTES} that a request carries, and its copy `{prefix}` \
             is not in the source bucket; {again}",
            inputs.template.len()
        ))
    })?;
    let object = source.get(key, None).await?;
    let object =
        object.ok_or_else(|| FlowError::job(format!("`{key}` was removed from the source bucket; {again}")))?;
    if Sha256::of(&object.bytes) != inputs.template_sha256 {
        return Err(FlowError::permission(format!(
            "`{key}` was changed in the source bucket: its bytes do not have the hash in its name; find out who wrote \
             it (CloudTrail), then {again}"
        )));
    }
    let (bucket, region, version) = (&settings.source_bucket, &settings.region, &object.head.version);
    let domain = if region.starts_with("cn-") {
        "amazonaws.com.cn"
    } else {
        "amazonaws.com"
    };
    let query = match version.as_str() {
        "" => String::new(),
        version => format!("?versionId={version}"),
    };
    Ok(format!("https://s3.{region}.{domain}/{bucket}/{key}{query}"))
}

/// Says which capability to acknowledge, and what needs it.
pub(super) fn missing_capability(message: &str, gate: &Gate, inputs: &Inputs) -> String {
    let of_iam = inputs.facts.iam_resources();
    let mut needing: Vec<_> = of_iam
        .iter()
        .map(|(name, kind, is_named)| {
            let named = if *is_named { ", with a name of its own" } else { "" };
            format!("{name} ({kind}{named})")
        })
        .collect();
    needing.extend(
        inputs
            .facts
            .transforms()
            .into_iter()
            .map(|name| format!("the transform {name}")),
    );
    needing.sort();
    needing.truncate(20);
    let needing = match needing.as_slice() {
        [] => "a macro or a nested stack in it".to_owned(),
        needing => needing.join(", "),
    };
    format!(
        "stack `{}` needs a capability that its gate does not acknowledge: {message}. What needs it: {needing}. Add it \
         to `capabilities` of stack `{}` in changegate.yaml; the root pipeline asks for approval of that",
        gate.stack_name, gate.stack
    )
}

/// What a person is told besides where the template uses macros of the account: a plan calls their functions, and may
/// only where the deployment names them.
pub(super) fn of_macros(inputs: &Inputs) -> String {
    let names = inputs.facts.own_macros();
    if names.is_empty() {
        return String::new();
    }
    format!(
        ". The template uses {}: plans may call the function of a macro only when the parameter `MacroFunctionArns` of \
         Changegate's own stack names it",
        names
            .iter()
            .map(|name| format!("the macro `{name}`"))
            .collect::<Vec<_>>()
            .join(" and ")
    )
}

/// Says why CloudFormation did not make the change set: its findings, else its own words.
pub(super) fn refusal(stack: &str, reason: &str, events: &[OperationEvent], inputs: &Inputs) -> String {
    let findings: Vec<_> = events
        .iter()
        .filter(|event| event.event_type.ends_with("_ERROR") || event.validation_status == "FAILED")
        .filter(|event| event.validation_mode != "WARN")
        .collect();
    let told = std::iter::once(reason).chain(findings.iter().map(|finding| finding.reason.as_str()));
    let of_nested_stacks = told.into_iter().find_map(planning::unplannable_nested_stack);
    if findings.is_empty() {
        let what_to_do = of_nested_stacks.unwrap_or("Correct the template or the configuration in a new commit");
        let macros = of_macros(inputs);
        return format!(
            "CloudFormation could not make the change set of stack `{stack}`: {reason}. {what_to_do}{macros}"
        );
    }
    let mut text = format!(
        "CloudFormation's validation refuses the template of stack `{stack}` (commit {}): ",
        inputs.commit.chars().take(7).collect::<String>()
    );
    for (index, finding) in findings.iter().enumerate() {
        let separator = if index == 0 { "" } else { "; " };
        let place = match (finding.path.as_str(), finding.logical_id.as_str()) {
            ("", "") => String::new(),
            ("", logical_id) => format!("{logical_id}: "),
            (path, "") => format!("{path}: "),
            (path, logical_id) => format!("{logical_id} ({path}): "),
        };
        // Writing to a String does not fail.
        let _ = write!(text, "{separator}{place}{}", finding.reason);
    }
    text.push_str(". ");
    text.push_str(of_nested_stacks.unwrap_or("Correct it in a new commit"));
    text
}
