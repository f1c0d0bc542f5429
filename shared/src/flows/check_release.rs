//! Compares what the functions run with what was deployed.
//!
//! Nobody under the gate may write code of Changegate. Should somebody find a way, the schedule notices: the log has a
//! line that an alarm counts as long as something differs, and people are told at once, and again each day.

use std::collections::BTreeMap;

use super::FlowError;
use super::ports::{Clock, NewObject, Notify, PortErrorKind, ReadFunctions, ReadObjects, WriteCondition, WriteObjects};
use crate::domain::keys;
use crate::domain::release::{News, Release, Told};

/// What the flow is told by its environment.
#[derive(Debug, Clone)]
pub struct ReleaseSettings {
    /// What the deployment was made with.
    pub release: Release,
    /// What every function's name begins with: the name of the deployment's stack and a hyphen.
    pub prefix: String,
    /// ARN of the topic that people are told through.
    pub topic: String,
}

/// Compares every function of the release with it, and tells people what they do not know yet.
///
/// A second call tells nothing that the first did. Who is told comes before what is remembered: a kill in between tells
/// twice, and never not at all.
///
/// # Errors
///
/// When a function cannot be looked at, or people cannot be told; then the next call tells them.
pub async fn check_release(
    functions: &impl ReadFunctions,
    evidence: &(impl ReadObjects + WriteObjects),
    topics: &impl Notify,
    clock: &impl Clock,
    settings: &ReleaseSettings,
) -> Result<News, FlowError> {
    let mut deployed = BTreeMap::new();
    for function in settings.release.functions() {
        let name = format!("{}{function}", settings.prefix);
        if let Some(code) = functions.function_code(&name).await? {
            deployed.insert(function.to_owned(), code);
        }
    }
    let differences = settings.release.differences(&deployed);
    for difference in &differences {
        tracing::error!(foreign = %difference, "a function does not run what was deployed");
    }

    let held = evidence.get(keys::RELEASE_TOLD, None).await?;
    // What cannot be read tells nothing of what people know.
    let told = held
        .as_ref()
        .and_then(|object| serde_json::from_slice::<Told>(&object.bytes).ok());
    let news = News::of(&differences, told.as_ref(), clock.now());
    if let News::Differs(told) | News::Mended(told) = &news
        && let Some((subject, body)) = news.message(settings.prefix.trim_end_matches('-'))
    {
        topics.publish(&settings.topic, &subject, &body).await?;
        remember(evidence, told, held.map(|object| object.head.etag)).await?;
    }
    Ok(news)
}

async fn remember(evidence: &impl WriteObjects, told: &Told, over: Option<String>) -> Result<(), FlowError> {
    let key = keys::RELEASE_TOLD;
    let note = NewObject {
        key: key.to_owned(),
        bytes: serde_json::to_vec_pretty(told).map_err(|error| FlowError::job(format!("writing `{key}`: {error}")))?,
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition: over.map_or(WriteCondition::Absent, WriteCondition::Matches),
    };
    match evidence.put(note).await {
        Ok(_) => Ok(()),
        // The schedule called twice, and the other call told the same.
        Err(error) if error.kind == PortErrorKind::Conflict => Ok(()),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests;
