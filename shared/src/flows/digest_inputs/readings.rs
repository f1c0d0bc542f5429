//! Reads what an approval covers until the answers agree.
//!
//! CloudFormation never changes a change set, but AWS does not say that two descriptions of one are equal in every
//! part: not for what transforms made, and not for change sets of nested stacks. So no single answer decides where
//! another one may come.

use super::{DigestError, DigestInputs, digest_inputs};
use crate::domain::gate::Gate;
use crate::flows::ports::{ReadChangeSets, ReadStacks};

/// How often CloudFormation is asked at most.
const MOST_READINGS: u8 = 4;

/// Reads for a review: twice and until two readings agree where transforms or nested stacks are in play, else once.
///
/// # Errors
///
/// As a single reading, and [`DigestError::Unsteady`] when no two readings in a row agreed.
pub async fn agreed_inputs(
    cloudformation: &(impl ReadChangeSets + ReadStacks),
    change_set: Option<&str>,
    template: &[u8],
    gate: &Gate,
) -> Result<Option<DigestInputs>, DigestError> {
    let read = async || digest_inputs(cloudformation, change_set, template, gate).await;
    let Some(mut inputs) = read().await? else {
        return Ok(None);
    };
    let is_plain = inputs.templates.len() < 2 && inputs.templates.iter().all(|held| held.original == held.processed);
    if is_plain {
        return Ok(Some(inputs));
    }
    for _ in 1..MOST_READINGS {
        let Some(again) = read().await? else {
            return Ok(None);
        };
        if again.document == inputs.document {
            return Ok(Some(again));
        }
        inputs = again;
    }
    Err(DigestError::Unsteady)
}

/// Reads until the digest is `reviewed`, or until two readings in a row agree that it is not: then those are returned,
/// and the caller compares.
///
/// # Errors
///
/// As a single reading, and [`DigestError::Unsteady`] when neither came.
pub async fn inputs_with(
    reviewed: &str,
    cloudformation: &(impl ReadChangeSets + ReadStacks),
    change_set: Option<&str>,
    template: &[u8],
    gate: &Gate,
) -> Result<Option<DigestInputs>, DigestError> {
    let mut before: Option<DigestInputs> = None;
    for _ in 0..MOST_READINGS {
        let Some(inputs) = digest_inputs(cloudformation, change_set, template, gate).await? else {
            return Ok(None);
        };
        let is_settled = before.is_some_and(|before| before.document == inputs.document);
        if is_settled || inputs.document.sha256().to_string() == reviewed {
            return Ok(Some(inputs));
        }
        before = Some(inputs);
    }
    Err(DigestError::Unsteady)
}
