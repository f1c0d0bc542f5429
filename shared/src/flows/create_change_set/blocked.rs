//! Templates that import what no stack exports yet.

use std::collections::{BTreeMap, BTreeSet};

use super::CreateSettings;
use super::inputs::Inputs;
use crate::domain::keys;
use crate::domain::waiting::Waiting;
use crate::flows::FlowError;
use crate::flows::ports::{NewObject, ReadStacks, WriteCondition, WriteObjects};
use crate::flows::prove_job::ProvenJob;

/// The first export that the template needs for certain and that does not exist.
pub(super) async fn missing_import(
    cloudformation: &impl ReadStacks,
    settings: &CreateSettings,
    proven: &ProvenJob,
    inputs: &Inputs,
) -> Result<Option<String>, FlowError> {
    let given = inputs.parameters.iter();
    let mut values: BTreeMap<String, String> = given
        .filter_map(|(key, value)| Some((key.clone(), value.clone()?)))
        .collect();
    // arn:<partition>:iam::<account>:role/…
    let mut deployer = proven.gate.deployer.split(':');
    let (partition, account) = (deployer.nth(1), deployer.nth(2));
    for (name, value) in [
        ("AWS::Region", Some(settings.region.as_str())),
        ("AWS::StackName", Some(proven.gate.stack_name.as_str())),
        ("AWS::Partition", partition),
        ("AWS::AccountId", account),
    ] {
        values.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    }
    let wanted = inputs.facts.imports(&values);
    if wanted.is_empty() {
        return Ok(None);
    }
    let exports = cloudformation.exports().await?;
    let exported: BTreeSet<_> = exports.iter().map(|export| export.name.as_str()).collect();
    Ok(wanted.into_iter().find(|name| !exported.contains(name.as_str())))
}

/// Leaves the note by which the pipeline is started again once the export exists.
pub(super) async fn note(
    evidence: &impl WriteObjects,
    proven: &ProvenJob,
    inputs: &Inputs,
    export: &str,
) -> Result<(), FlowError> {
    let waiting = Waiting {
        version: 1,
        pipeline: proven.pipeline.clone(),
        execution: proven.execution.clone(),
        stack: proven.gate.stack.clone(),
        commit: inputs.commit.clone(),
        export: export.to_owned(),
    };
    let bytes = serde_json::to_vec_pretty(&waiting)
        .map_err(|error| FlowError::job(format!("writing the note of a blocked run: {error}")))?;
    let object = NewObject {
        key: keys::waiting(&proven.pipeline),
        bytes,
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition: WriteCondition::Always,
    };
    evidence.put(object).await?;
    Ok(())
}
