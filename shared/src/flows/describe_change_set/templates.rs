//! The templates before and after, of the stack and its nested ones.

use std::collections::BTreeMap;

use super::{Ports, Run};
use crate::domain::actions::TEMPLATE;
use crate::domain::archive;
use crate::domain::change_set::build::TemplateTexts;
use crate::domain::change_set::description::present;
use crate::domain::keys;
use crate::flows::FlowError;
use crate::flows::digest_inputs::DigestInputs;
use crate::flows::ports::{PortError, ReadObjects, ReadStacks, TemplateOf, TemplateStage};

pub(super) async fn read<P, C, S, E, N, G, K>(
    ports: &Ports<'_, P, C, S, E, N, G, K>,
    run: &Run,
    inputs: &DigestInputs,
    last_versions: &BTreeMap<String, String>,
    warnings: &mut Vec<String>,
) -> Result<Vec<TemplateTexts>, FlowError>
where
    C: ReadStacks,
    S: ReadObjects,
{
    let mut texts = Vec::new();
    let submitted = String::from_utf8_lossy(&run.template).into_owned();
    let is_new = run.planned.change_set_type == "CREATE";
    for (set, held) in inputs.tree.iter().flat_map(|tree| &tree.sets).zip(&inputs.templates) {
        let is_root = set.path.is_empty();
        let mut text = TemplateTexts {
            path: set.path.clone(),
            after: Some(held.processed.clone()),
            original_after: Some(held.original.clone()),
            ..TemplateTexts::default()
        };
        // A nested stack that is only planned yet is in review, like the root of a new stack.
        let deployed = if is_root && is_new {
            None
        } else {
            present(Some(&set.description.stack_id))
        };
        if let Some(stack) = deployed {
            text.before = before(ports.cloudformation, stack, &set.path, warnings).await?;
            if !is_root && text.before.is_some() {
                text.parameters_before = ports
                    .cloudformation
                    .stack(stack)
                    .await?
                    .map(|stack| stack.parameters.into_iter().collect())
                    .unwrap_or_default();
            }
        }
        if is_root {
            text.submitted_after = Some(submitted.clone());
            text.submitted_before = submitted_before(ports.source, run, last_versions).await?;
        }
        texts.push(text);
    }
    Ok(texts)
}

/// The template that is deployed; `None` where there is none.
async fn before(
    stacks: &impl ReadStacks,
    stack: &str,
    path: &str,
    warnings: &mut Vec<String>,
) -> Result<Option<String>, FlowError> {
    match stacks
        .template(TemplateOf::Stack(stack), TemplateStage::Processed)
        .await
    {
        Ok(text) => Ok(present(Some(&text)).map(str::to_owned)),
        Err(error) if error.is_transient() => Err(error.into()),
        Err(error) => {
            if !is_in_review(stacks, stack).await? {
                let of = if path.is_empty() {
                    String::new()
                } else {
                    format!(" of {path}")
                };
                warnings.push(format!(
                    "the deployed template{of} cannot be read, so values before may be missing: {error}"
                ));
            }
            Ok(None)
        }
    }
}

async fn is_in_review(stacks: &impl ReadStacks, stack: &str) -> Result<bool, PortError> {
    let stack = stacks.stack(stack).await?;
    Ok(stack.is_none_or(|stack| stack.status == "REVIEW_IN_PROGRESS"))
}

/// The template that was submitted for the last execution: CloudFormation gives its characters outside ASCII back as
/// `?`, the source bucket has them.
async fn submitted_before(
    source: &impl ReadObjects,
    run: &Run,
    last_versions: &BTreeMap<String, String>,
) -> Result<Option<String>, FlowError> {
    let Some(version) = last_versions.get(TEMPLATE).filter(|_| !run.proven.is_root) else {
        return Ok(None);
    };
    let key = keys::zipped(&keys::source(&run.proven.gate.template));
    let Some(object) = source.get(&key, Some(version)).await? else {
        return Ok(None);
    };
    let unpacked = archive::unpack(&object.bytes, super::TEMPLATE_BYTES);
    Ok(unpacked.ok().and_then(|bytes| String::from_utf8(bytes).ok()))
}
