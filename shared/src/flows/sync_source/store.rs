//! Writes objects on condition, and finds out what is the matter when a condition is not met.

use std::collections::BTreeMap;

use super::{Halt, SourceBucket};
use crate::domain::archive;
use crate::domain::keys;
use crate::domain::provenance::{CONTENT_METADATA, SourceFacts};
use crate::domain::sha256::Sha256;
use crate::domain::sync::snapshot::Listing;
use crate::flows::ports::{NewObject, Object, PortErrorKind, WriteCondition, WrittenObject};

/// How often a write is tried whose condition is not met.
const TRIES: u32 = 4;
/// Largest file that is unpacked to be compared.
const UNPACK_LIMIT_BYTES: u64 = 128 * 1024 * 1024;

/// The source bucket, held by this sync through its mark in the snapshot.
pub(super) struct Store<'w, B> {
    pub(super) source: &'w B,
    /// Entity tag of the snapshot with this sync's mark.
    pub(super) mark: String,
    /// What the bucket holds, where it was listed.
    pub(super) listing: Option<&'w Listing>,
    /// Metadata of every object that is written.
    pub(super) metadata: BTreeMap<String, String>,
}

/// What an object is made from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Form<'f> {
    /// The bytes themselves.
    Raw,
    /// A ZIP with one file of this name.
    Zip(&'f str),
}

/// An object that is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ensured {
    pub(super) etag: String,
    pub(super) version: String,
    /// What its metadata says: of an object that was found as it should be, those of the sync that wrote it.
    pub(super) facts: Option<SourceFacts>,
}

impl<B: SourceBucket> Store<'_, B> {
    /// Sees to it that the object at `key` has this content. `known` is the entity tag that the snapshot knows.
    pub(super) async fn ensure(
        &self,
        key: &str,
        content: &[u8],
        form: Form<'_>,
        known: Option<&str>,
    ) -> Result<Ensured, Halt> {
        let mut condition = match known.filter(|etag| !etag.is_empty()) {
            Some(etag) => WriteCondition::Matches(etag.to_owned()),
            None => WriteCondition::Absent,
        };
        if known.is_none_or(str::is_empty) && self.listing.is_some_and(|listing| listing.contains_key(key)) {
            match self.found(key, content, form).await? {
                Ok(ensured) => return Ok(ensured),
                Err(actual) => condition = actual,
            }
        }
        let metadata = self.metadata_of(content, form);
        for _ in 0..TRIES {
            let object = NewObject {
                key: key.to_owned(),
                // Made for each try, of which there is hardly ever a second: it may be large.
                bytes: match form {
                    Form::Raw => content.to_vec(),
                    Form::Zip(name) => archive::pack(name, content).map_err(|error| refused(key, &error))?,
                },
                content_type: content_type(key),
                metadata: metadata.clone(),
                condition: condition.clone(),
            };
            match self.source.put(object).await {
                Ok(written) => {
                    return Ok(Ensured {
                        etag: written.etag,
                        version: written.version,
                        facts: SourceFacts::of(&metadata, None),
                    });
                }
                Err(error) if error.kind == PortErrorKind::Conflict => {
                    // Either the answer of this very write was lost, or somebody changed the object, or another sync
                    // holds the bucket: then nothing more is written.
                    match self.found(key, content, form).await? {
                        Ok(ensured) => return Ok(ensured),
                        Err(actual) => condition = actual,
                    }
                    self.refuse_if_overtaken().await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(Halt::Overtaken)
    }

    /// The object, if it has this content; else the condition on which it can be written over.
    async fn found(&self, key: &str, content: &[u8], form: Form<'_>) -> Result<Result<Ensured, WriteCondition>, Halt> {
        let Some(Object { bytes, head }) = self.source.get(key, None).await? else {
            return Ok(Err(WriteCondition::Absent));
        };
        let is_equal = match form {
            Form::Raw => bytes == content,
            // Another packer's ZIP of the same file will do.
            Form::Zip(_) => archive::unpack(&bytes, UNPACK_LIMIT_BYTES).is_ok_and(|held| held == content),
        };
        Ok(if is_equal {
            Ok(Ensured {
                facts: SourceFacts::of(&head.metadata, head.modified),
                etag: head.etag,
                version: head.version,
            })
        } else {
            Err(WriteCondition::Matches(head.etag))
        })
    }

    /// Metadata of an object with this content. A ZIP tells what it holds, whoever packed it.
    fn metadata_of(&self, content: &[u8], form: Form<'_>) -> BTreeMap<String, String> {
        let mut metadata = self.metadata.clone();
        if matches!(form, Form::Zip(_)) {
            metadata.insert(CONTENT_METADATA.to_owned(), Sha256::of(content).to_string());
        }
        metadata
    }

    /// Writes the object at `key`, which has this entity tag, once more with its own bytes, so that its metadata is this
    /// sync's.
    pub(super) async fn renew(&self, key: &str, etag: &str) -> Result<WrittenObject, Halt> {
        let Some(Object { bytes, head }) = self.source.get(key, None).await?.filter(|held| held.head.etag == etag)
        else {
            return Err(Halt::Overtaken);
        };
        let mut metadata = self.metadata.clone();
        if let Ok(held) = archive::unpack(&bytes, UNPACK_LIMIT_BYTES) {
            metadata.insert(CONTENT_METADATA.to_owned(), Sha256::of(held).to_string());
        }
        let object = NewObject {
            key: key.to_owned(),
            bytes,
            content_type: content_type(key),
            metadata,
            condition: WriteCondition::Matches(head.etag),
        };
        match self.source.put(object).await {
            // The answer was lost, or somebody else wrote: whoever starts over finds out.
            Err(error) if error.kind == PortErrorKind::Conflict => Err(Halt::Overtaken),
            written => Ok(written?),
        }
    }

    /// Writes an object whose key names its content; one that is there already is as good.
    pub(super) async fn ensure_addressed(&self, key: String, bytes: Vec<u8>) -> Result<(), Halt> {
        let object = NewObject {
            content_type: content_type(&key),
            key,
            bytes,
            metadata: BTreeMap::new(),
            condition: WriteCondition::Absent,
        };
        match self.source.put(object).await {
            Ok(_) => Ok(()),
            Err(error) if error.kind == PortErrorKind::Conflict => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Stops this sync when another one has written the snapshot since.
    pub(super) async fn refuse_if_overtaken(&self) -> Result<(), Halt> {
        let head = self.source.head(keys::SNAPSHOT, None).await?;
        if head.is_some_and(|head| head.etag == self.mark) {
            Ok(())
        } else {
            Err(Halt::Overtaken)
        }
    }
}

fn refused(key: &str, error: &archive::ArchiveError) -> Halt {
    Halt::Failed(crate::flows::ports::PortError {
        operation: "packing",
        subject: key.to_owned(),
        kind: PortErrorKind::Refused,
        code: None,
        message: error.to_string(),
        source: None,
    })
}

fn content_type(key: &str) -> &'static str {
    match key.rsplit_once('.').map(|(_, extension)| extension) {
        Some("zip") => "application/zip",
        Some("json") => "application/json",
        Some("yaml" | "yml") => "application/yaml",
        _ => "application/octet-stream",
    }
}
