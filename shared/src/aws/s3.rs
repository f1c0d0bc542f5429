//! Objects of one bucket, over Amazon S3.

use std::collections::BTreeMap;
use std::ops::Range;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;

use super::errors::port_error;
use crate::flows::ports::{
    AuditObjects, NewObject, Object, ObjectHead, PortError, PortErrorKind, ReadObjects, ReadRanges, WriteCondition,
    WriteObjects, WrittenObject,
};

/// One bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// The bucket `name`, as the environment says how to reach it.
    pub fn connect(config: &aws_types::SdkConfig, name: impl Into<String>) -> Self {
        Self::new(Client::new(config), name)
    }

    /// The bucket `name`, reached through `client`.
    pub fn new(client: Client, name: impl Into<String>) -> Self {
        Self {
            client,
            name: name.into(),
        }
    }
}

impl ReadObjects for Bucket {
    async fn get(&self, key: &str, version: Option<&str>) -> Result<Option<Object>, PortError> {
        let request = self.client.get_object().bucket(&self.name).key(key);
        let answer = request.set_version_id(version.map(str::to_owned)).send().await;
        let Some(answer) = none_if_absent("s3:GetObject", key, answer)? else {
            return Ok(None);
        };
        let mut head = ObjectHead {
            etag: answer.e_tag.unwrap_or_default(),
            version: answer.version_id.unwrap_or_default(),
            size_bytes: 0,
            metadata: answer.metadata.unwrap_or_default().into_iter().collect(),
            modified: answer.last_modified.map(|time| time.secs()),
        };
        let bytes = whole_body(key, answer.body).await?;
        head.size_bytes = bytes.len() as u64;
        Ok(Some(Object { bytes, head }))
    }

    async fn head(&self, key: &str, version: Option<&str>) -> Result<Option<ObjectHead>, PortError> {
        let request = self.client.head_object().bucket(&self.name).key(key);
        let answer = request.set_version_id(version.map(str::to_owned)).send().await;
        let forbidden = matches!(&answer, Err(SdkError::ServiceError(error)) if error.raw().status().as_u16() == 403);
        let answer = none_if_absent("s3:HeadObject", key, answer).map_err(|error| {
            if forbidden {
                denied_without_words(error, version)
            } else {
                error
            }
        })?;
        Ok(answer.map(|answer| ObjectHead {
            etag: answer.e_tag.unwrap_or_default(),
            version: answer.version_id.unwrap_or_default(),
            size_bytes: size(answer.content_length),
            metadata: answer.metadata.unwrap_or_default().into_iter().collect(),
            modified: answer.last_modified.map(|time| time.secs()),
        }))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, ObjectHead)>, PortError> {
        let request = self.client.list_objects_v2().bucket(&self.name).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut listed = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| port_error("s3:ListObjectsV2", prefix, error))?;
            listed.extend(page.contents.unwrap_or_default().into_iter().map(|object| {
                let head = ObjectHead {
                    etag: object.e_tag.unwrap_or_default(),
                    version: String::new(),
                    size_bytes: size(object.size),
                    metadata: BTreeMap::new(),
                    modified: object.last_modified.map(|time| time.secs()),
                };
                (object.key.unwrap_or_default(), head)
            }));
        }
        Ok(listed)
    }
}

async fn whole_body(key: &str, body: ByteStream) -> Result<Vec<u8>, PortError> {
    let body = body.collect().await.map_err(|error| PortError {
        operation: "s3:GetObject",
        subject: key.to_owned(),
        kind: PortErrorKind::Unavailable,
        code: None,
        message: "the answer broke off".to_owned(),
        source: Some(Box::new(error)),
    })?;
    Ok(body.to_vec())
}

impl ReadRanges for Bucket {
    async fn get_range(&self, key: &str, version: &str, bytes: Range<u64>) -> Result<Option<Vec<u8>>, PortError> {
        if bytes.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let request = self.client.get_object().bucket(&self.name).key(key);
        // Both ends are part of the range: https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2
        let range = format!("bytes={}-{}", bytes.start, bytes.end - 1);
        let answer = request.version_id(version).range(range).send().await;
        match none_if_absent("s3:GetObject", key, answer) {
            Ok(Some(answer)) => {
                // A server may answer a range with the whole: https://www.rfc-editor.org/rfc/rfc9110#section-14.2
                let is_part = answer.content_range.is_some();
                let mut body = whole_body(key, answer.body).await?;
                if !is_part {
                    let end = usize::try_from(bytes.end).unwrap_or(usize::MAX);
                    let start = usize::try_from(bytes.start).unwrap_or(usize::MAX);
                    if start >= body.len() {
                        return Ok(None);
                    }
                    body.truncate(end);
                    body.drain(..start);
                }
                Ok(Some(body))
            }
            Ok(None) => Ok(None),
            Err(error) if error.code.as_deref() == Some("InvalidRange") => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl AuditObjects for Bucket {
    async fn latest_versions(&self, prefix: &str) -> Result<Vec<(String, ObjectHead)>, PortError> {
        let mut listed = Vec::new();
        let (mut key_marker, mut version_marker) = (None, None);
        loop {
            let request = self.client.list_object_versions().bucket(&self.name).prefix(prefix);
            let request = request.set_key_marker(key_marker).set_version_id_marker(version_marker);
            let page = request.send().await;
            let page = page.map_err(|error| port_error("s3:ListObjectVersions", prefix, error))?;
            let latest = page.versions.unwrap_or_default().into_iter();
            listed.extend(latest.filter(|version| version.is_latest == Some(true)).map(|version| {
                let head = ObjectHead {
                    etag: version.e_tag.unwrap_or_default(),
                    version: version.version_id.unwrap_or_default(),
                    size_bytes: size(version.size),
                    metadata: BTreeMap::new(),
                    modified: version.last_modified.map(|time| time.secs()),
                };
                (version.key.unwrap_or_default(), head)
            }));
            if page.is_truncated != Some(true) {
                return Ok(listed);
            }
            (key_marker, version_marker) = (page.next_key_marker, page.next_version_id_marker);
        }
    }
}

impl WriteObjects for Bucket {
    async fn put(&self, object: NewObject) -> Result<WrittenObject, PortError> {
        for _ in 1..MOST_RACES {
            match self.put_once(object.clone()).await {
                Err(error) if is_race(&error) => {}
                done => return done,
            }
        }
        self.put_once(object).await.map_err(|error| {
            // Another write is still under way, and who wins is not known: the same work may succeed later.
            let kind = if is_race(&error) {
                PortErrorKind::Unavailable
            } else {
                error.kind
            };
            PortError { kind, ..error }
        })
    }

    async fn delete(&self, key: &str) -> Result<(), PortError> {
        let answer = self.client.delete_object().bucket(&self.name).key(key).send().await;
        answer.map_err(|error| port_error("s3:DeleteObject", key, error))?;
        Ok(())
    }
}

/// How often a write is sent that meets another one of the same key.
const MOST_RACES: u8 = 5;

/// Whether another write of the same key is under way: the condition was not decided, and the write is to be sent again.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html>
fn is_race(error: &PortError) -> bool {
    error.code.as_deref() == Some("ConditionalRequestConflict")
}

impl Bucket {
    /// Writes an object, unless its condition is not met.
    async fn put_once(&self, object: NewObject) -> Result<WrittenObject, PortError> {
        let request = self.client.put_object().bucket(&self.name).key(&object.key);
        let request = match &object.condition {
            WriteCondition::Always => request,
            WriteCondition::Absent => request.if_none_match("*"),
            WriteCondition::Matches(etag) => request.if_match(etag),
        };
        let metadata = object.metadata.into_iter().collect();
        let request = request.content_type(object.content_type).set_metadata(Some(metadata));
        let answer = request.body(ByteStream::from(object.bytes)).send().await;
        let answer = answer.map_err(|error| {
            let mut error = port_error("s3:PutObject", &object.key, error);
            // Where nothing is, `If-Match` is answered with 404 instead of 412.
            // Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
            if error.is_not_found() && error.code.as_deref() != Some("NoSuchBucket") {
                error.kind = PortErrorKind::Conflict;
            }
            error
        })?;
        Ok(WrittenObject {
            etag: answer.e_tag.unwrap_or_default(),
            version: answer.version_id.unwrap_or_default(),
        })
    }
}

/// The answer to a HEAD has no body that could say which permission is missing.
///
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadObject.html>
fn denied_without_words(error: PortError, version: Option<&str>) -> PortError {
    let needed = if version.is_some() {
        "s3:GetObjectVersion"
    } else {
        "s3:GetObject"
    };
    PortError {
        kind: PortErrorKind::Denied,
        message: format!("403 Forbidden; the caller needs {needed} on it"),
        ..error
    }
}

/// `None` for an object that is not there; a bucket that is not there stays an error.
fn none_if_absent<T, E>(
    operation: &'static str,
    key: &str,
    answer: Result<T, aws_sdk_s3::error::SdkError<E, aws_sdk_s3::config::http::HttpResponse>>,
) -> Result<Option<T>, PortError>
where
    E: aws_sdk_s3::error::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) => match port_error(operation, key, error) {
            error if error.is_not_found() && error.code.as_deref() != Some("NoSuchBucket") => Ok(None),
            error => Err(error),
        },
    }
}

fn size(bytes: Option<i64>) -> u64 {
    bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
