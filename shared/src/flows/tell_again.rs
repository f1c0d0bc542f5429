//! Tells again what could not be told, until it is told, obsolete, or given up.

use std::collections::BTreeMap;
use std::fmt;

use super::FlowError;
use super::outbox::{Message, Untold, may_pass, time_of};
use super::ports::{
    Clock, NewObject, Notify, PortError, ReadObjects, ReadTold, StatusState, TellRepository, WriteCondition,
    WriteObjects, not_pinned,
};
use crate::domain::keys;

/// How long a message is told again that nobody may tell: whoever renews a token has seen the alarm by then.
const PATIENCE: jiff::SignedDuration = jiff::SignedDuration::from_hours(24 * 7);

/// What became of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Retold {
    /// It was told now.
    Told(String),
    /// A later message about the same was told, or waits to be.
    Obsolete(String),
    /// It still does not get through.
    NotYet(String),
    /// It will never get through, for this reason.
    GivenUp(String, String),
}

impl fmt::Display for Retold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told(message) => write!(f, "told {message}"),
            Self::Obsolete(message) => write!(f, "{message} is obsolete"),
            Self::NotYet(message) => write!(f, "{message} is still not told"),
            Self::GivenUp(message, why) => write!(f, "gave {message} up: {why}"),
        }
    }
}

/// Tells every message that waits, the latest of those about the same, and forgets the others. Tells what became of each,
/// in the order of their keys; a second call does nothing more.
///
/// # Errors
///
/// When the messages cannot be read. One that cannot be told for now does not hold up the others.
pub async fn tell_again(
    evidence: &(impl ReadObjects + WriteObjects),
    repository: &(impl TellRepository + ReadTold),
    topics: &impl Notify,
    clock: &impl Clock,
) -> Result<Vec<Retold>, FlowError> {
    // Keys are in the order of what they are about, then of time: the last about the same is the latest.
    let mut by_subject: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, _) in evidence.list(keys::OUTBOX).await? {
        let subject = key.rsplit_once('/').map_or(key.as_str(), |(subject, _)| subject);
        by_subject.entry(subject.to_owned()).or_default().push(key);
    }
    let mut became = Vec::new();
    for mut waiting in by_subject.into_values() {
        let Some(latest) = waiting.pop() else { continue };
        for key in waiting {
            became.push(Retold::Obsolete(format!("the earlier message `{key}`")));
            evidence.delete(&key).await?;
        }
        became.push(one(evidence, repository, topics, clock, &latest).await?);
    }
    for each in &became {
        tracing::info!("{each}");
    }
    Ok(became)
}

async fn one(
    evidence: &(impl ReadObjects + WriteObjects),
    repository: &(impl TellRepository + ReadTold),
    topics: &impl Notify,
    clock: &impl Clock,
    key: &str,
) -> Result<Retold, FlowError> {
    let Some(object) = evidence.get(key, None).await? else {
        return Ok(Retold::Obsolete(format!("the message `{key}`")));
    };
    let untold: Untold = match serde_json::from_slice(&object.bytes) {
        Ok(untold) => untold,
        Err(error) => return give_up(evidence, key, &object.bytes, key, &error.to_string()).await,
    };
    let name = untold.message.name();
    let told = match is_obsolete(repository, &untold).await {
        Ok(true) => {
            evidence.delete(key).await?;
            return Ok(Retold::Obsolete(name));
        }
        Ok(false) => tell(repository, topics, untold.message.clone()).await,
        Err(error) => Err(error),
    };
    let Err(error) = told else {
        evidence.delete(key).await?;
        return Ok(Retold::Told(name));
    };
    let is_old = time_of(&untold.at).is_none_or(|at| clock.now().duration_since(at) > PATIENCE);
    if error.is_transient() || (may_pass(&error) && !is_old) {
        return Ok(Retold::NotYet(format!("{name} ({error})")));
    }
    give_up(evidence, key, &object.bytes, &name, &error.to_string()).await
}

/// Whether something later about the same was told since. A mail is never obsolete.
async fn is_obsolete(repository: &impl ReadTold, untold: &Untold) -> Result<bool, PortError> {
    let since = match &untold.message {
        Message::Status {
            repository: Some(id),
            status,
        } => {
            let told = repository.statuses(*id, &status.commit).await?;
            let same = told.into_iter().find(|told| told.context == status.context);
            same.map(|told| told.at)
        }
        Message::Comment {
            repository: Some(id),
            pull_request,
            marker,
            ..
        } => repository.comment_time(*id, *pull_request, marker).await?,
        Message::Status { repository: None, .. } | Message::Comment { repository: None, .. } | Message::Mail { .. } => {
            None
        }
    };
    let (Some(since), Some(at)) = (since.as_deref().and_then(time_of), time_of(&untold.at)) else {
        return Ok(false);
    };
    // GitHub's times have whole seconds. Of the same second, what is pending came before what is not.
    let is_pending = matches!(&untold.message, Message::Status { status, .. } if status.state == StatusState::Pending);
    Ok(since.as_second() > at.as_second() || (since.as_second() == at.as_second() && is_pending))
}

async fn tell(repository: &impl TellRepository, topics: &impl Notify, message: Message) -> Result<(), PortError> {
    let name = message.name();
    match message {
        Message::Status {
            repository: Some(id),
            status,
        } => repository.set_status(id, status).await,
        Message::Comment {
            repository: Some(id),
            pull_request,
            marker,
            body,
        } => repository.upsert_comment(id, pull_request, &marker, &body).await,
        Message::Status { repository: None, .. } | Message::Comment { repository: None, .. } => Err(not_pinned(name)),
        Message::Mail { topic, subject, body } => topics.publish(&topic, &subject, &body).await,
    }
}

/// Puts a message aside with the reason why it will never be told.
async fn give_up(
    evidence: &impl WriteObjects,
    key: &str,
    message: &[u8],
    name: &str,
    why: &str,
) -> Result<Retold, FlowError> {
    // The field is what the metric filter behind the alarm counts.
    tracing::error!(undelivered = name, why, "a message is given up");
    let record = serde_json::json!({
        "version": 1,
        "reason": why,
        "message": serde_json::from_slice::<serde_json::Value>(message).unwrap_or_default(),
    });
    let object = NewObject {
        key: keys::given_up(key),
        bytes: record.to_string().into_bytes(),
        content_type: "application/json",
        metadata: BTreeMap::new(),
        condition: WriteCondition::Always,
    };
    evidence.put(object).await?;
    evidence.delete(key).await?;
    Ok(Retold::GivenUp(name.to_owned(), why.to_owned()))
}

#[cfg(test)]
mod tests;
