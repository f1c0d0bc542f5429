//! Objects of one bucket.

use std::collections::BTreeMap;
use std::ops::Range;

use super::PortError;

/// An object as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// Content.
    pub bytes: Vec<u8>,
    /// What is known of it besides its content.
    pub head: ObjectHead,
}

/// What is known of an object besides its content.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ObjectHead {
    /// Entity tag, with its quotes.
    pub etag: String,
    /// Version id; empty in a bucket without versions.
    pub version: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// User metadata: lower-case key without `x-amz-meta-` to ASCII value.
    pub metadata: BTreeMap<String, String>,
    /// When this version was written, in seconds of the Unix epoch, where the call tells.
    pub modified: Option<i64>,
}

/// On which condition an object is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteCondition {
    /// Always.
    Always,
    /// Only where no object is.
    Absent,
    /// Only over the object with this entity tag.
    Matches(String),
}

/// An object to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    /// Key without a leading slash.
    pub key: String,
    /// Content.
    pub bytes: Vec<u8>,
    /// Media type, such as `application/json`.
    pub content_type: &'static str,
    /// User metadata: lower-case key without `x-amz-meta-` to ASCII value; 2 KB together.
    pub metadata: BTreeMap<String, String>,
    /// On which condition it is written.
    pub condition: WriteCondition,
}

/// The entity tag and version of an object that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenObject {
    /// Entity tag, with its quotes.
    pub etag: String,
    /// Version id; empty in a bucket without versions.
    pub version: String,
}

/// Reads objects of one bucket.
pub trait ReadObjects {
    /// The object at `key`, its latest version or the one given; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Every failure but absence.
    async fn get(&self, key: &str, version: Option<&str>) -> Result<Option<Object>, PortError>;

    /// What is known of the object at `key`; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Every failure but absence.
    async fn head(&self, key: &str, version: Option<&str>) -> Result<Option<ObjectHead>, PortError>;

    /// All keys that start with `prefix`, with their entity tags, in key order, over all pages.
    ///
    /// # Errors
    ///
    /// When a page cannot be read.
    async fn list(&self, prefix: &str) -> Result<Vec<(String, ObjectHead)>, PortError>;
}

/// Reads parts of objects.
pub trait ReadRanges {
    /// These bytes of one version of the object at `key`, fewer where it ends before the range does; `None` where there
    /// is no such version, or it ends before the range begins.
    ///
    /// # Errors
    ///
    /// Every failure but absence.
    async fn get_range(&self, key: &str, version: &str, bytes: Range<u64>) -> Result<Option<Vec<u8>>, PortError>;
}

/// Reads which version of each object is the latest.
pub trait AuditObjects {
    /// The latest version of every object whose key starts with `prefix`, in key order, over all pages. Objects whose
    /// latest version is a delete marker are left out. Metadata is not read.
    ///
    /// # Errors
    ///
    /// When a page cannot be read.
    async fn latest_versions(&self, prefix: &str) -> Result<Vec<(String, ObjectHead)>, PortError>;
}

/// Writes objects of one bucket.
pub trait WriteObjects {
    /// Writes one object.
    ///
    /// # Errors
    ///
    /// [`super::PortErrorKind::Conflict`] when the condition is not met. A write that meets another
    /// one again and again is [`super::PortErrorKind::Unavailable`]: who wins is not known.
    async fn put(&self, object: NewObject) -> Result<WrittenObject, PortError>;

    /// Removes the object at `key`; an absent object is no error.
    ///
    /// # Errors
    ///
    /// When the service refuses or does not answer.
    async fn delete(&self, key: &str) -> Result<(), PortError>;
}
