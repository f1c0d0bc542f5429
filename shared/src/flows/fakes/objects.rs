//! A versioned bucket.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Wire;
use crate::domain::sha256::Sha256;
use crate::flows::ports::{
    AuditObjects, NewObject, Object, ObjectHead, PortError, PortErrorKind, ReadObjects, ReadRanges, WriteCondition,
    WriteObjects, WrittenObject,
};

/// A versioned bucket: versions, entity tags, conditional writes, delete markers. Clones share their state.
#[derive(Clone, Default)]
pub struct FakeBucket {
    wire: Wire,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Key to its versions, oldest first; a delete marker has no content.
    versions: BTreeMap<String, Vec<Version>>,
    written: u64,
    is_unversioned: bool,
    calls: Vec<String>,
    failures: Vec<(String, PortErrorKind)>,
}

#[derive(Clone)]
struct Version {
    id: String,
    content: Option<Object>,
}

impl FakeBucket {
    /// An empty bucket.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty bucket whose calls pass over `wire`, which it may share with other fakes.
    pub fn on(wire: &Wire) -> Self {
        Self {
            wire: wire.clone(),
            ..Self::default()
        }
    }

    /// The bytes of the latest version at `key`.
    pub fn bytes(&self, key: &str) -> Option<Vec<u8>> {
        self.latest(key).map(|object| object.bytes)
    }

    /// The latest version at `key`.
    pub fn latest(&self, key: &str) -> Option<Object> {
        self.state().latest(key)
    }

    /// The bytes of one version at `key`.
    pub fn version_bytes(&self, key: &str, version: &str) -> Option<Vec<u8>> {
        self.state().version(key, Some(version)).map(|object| object.bytes)
    }

    /// All keys that are not deleted.
    pub fn keys(&self) -> Vec<String> {
        let state = self.state();
        let keys = state.versions.keys();
        keys.filter(|key| state.latest(key).is_some()).cloned().collect()
    }

    /// Keeps only the latest version of each object from now on, and calls it `null`, as a bucket whose versioning is
    /// suspended does.
    pub fn forget_versions(&self) {
        self.state().is_unversioned = true;
    }

    /// The ids of all versions at `key`, oldest first, without those of delete markers.
    pub fn version_ids(&self, key: &str) -> Vec<String> {
        let state = self.state();
        let versions = state.versions.get(key).into_iter().flatten();
        let written = versions.filter(|version| version.content.is_some());
        written.map(|version| version.id.clone()).collect()
    }

    /// How often `key` was written or deleted.
    pub fn version_count(&self, key: &str) -> usize {
        self.state().versions.get(key).map_or(0, Vec::len)
    }

    /// Writes without condition, metadata or trace in [`FakeBucket::calls`]: somebody else's hand.
    pub fn seed(&self, key: &str, bytes: impl Into<Vec<u8>>) -> WrittenObject {
        self.state().write(key, bytes.into(), BTreeMap::new())
    }

    /// As [`FakeBucket::seed`], with metadata; tells the version id.
    pub fn seed_with(&self, key: &str, bytes: impl AsRef<[u8]>, metadata: &[(&str, &str)]) -> String {
        let metadata = metadata
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.state()
            .write(key, bytes.as_ref().to_vec(), metadata.collect())
            .version
    }

    /// The latest version at `key`, as text.
    pub fn text(&self, key: &str) -> Option<String> {
        self.bytes(key).and_then(|bytes| String::from_utf8(bytes).ok())
    }

    /// Deletes without trace in [`FakeBucket::calls`]: somebody else's hand.
    pub fn remove(&self, key: &str) {
        self.state().delete(key);
    }

    /// The calls so far, such as `PUT snapshot.json`, and forgets them.
    pub fn take_calls(&self) -> Vec<String> {
        std::mem::take(&mut self.state().calls)
    }

    /// Lets the next call whose text in [`FakeBucket::take_calls`] starts with `call` fail, without effect.
    pub fn fail_next(&self, call: &str, kind: PortErrorKind) {
        self.state().failures.push((call.to_owned(), kind));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn latest(&self, key: &str) -> Option<Object> {
        self.versions.get(key)?.last()?.content.clone()
    }

    /// The version of this id, or the latest.
    fn version(&self, key: &str, id: Option<&str>) -> Option<Object> {
        let Some(id) = id else {
            return self.latest(key);
        };
        let mut versions = self.versions.get(key)?.iter();
        versions.find(|version| version.id == id)?.content.clone()
    }

    fn call(&mut self, operation: &'static str, verb: &str, key: &str) -> Result<(), PortError> {
        let call = format!("{verb} {key}");
        let failure = self.failures.iter().position(|(prefix, _)| call.starts_with(prefix));
        self.calls.push(call);
        match failure {
            Some(index) => {
                let (_, kind) = self.failures.remove(index);
                Err(error(operation, key, kind, "Injected"))
            }
            None => Ok(()),
        }
    }

    fn write(&mut self, key: &str, bytes: Vec<u8>, metadata: BTreeMap<String, String>) -> WrittenObject {
        self.written += 1;
        let etag = format!("\"{}\"", &Sha256::of(&bytes).to_string()[..32]);
        let id = if self.is_unversioned {
            self.versions.remove(key);
            "null".to_owned()
        } else {
            format!("v{:06}", self.written)
        };
        let head = ObjectHead {
            etag: etag.clone(),
            version: id.clone(),
            size_bytes: bytes.len() as u64,
            metadata,
            modified: i64::try_from(self.written).ok(),
        };
        let content = Some(Object { bytes, head });
        let version = Version {
            id: id.clone(),
            content,
        };
        self.versions.entry(key.to_owned()).or_default().push(version);
        WrittenObject { etag, version: id }
    }

    fn delete(&mut self, key: &str) {
        self.written += 1;
        let id = format!("v{:06}", self.written);
        let marker = Version { id, content: None };
        self.versions.entry(key.to_owned()).or_default().push(marker);
    }

    fn list(&self, prefix: &str) -> Vec<(String, ObjectHead)> {
        let keys = self.versions.keys().filter(|key| key.starts_with(prefix));
        keys.filter_map(|key| Some((key.clone(), self.latest(key)?.head)))
            .map(|(key, head)| {
                let metadata = BTreeMap::new();
                (key, ObjectHead { metadata, ..head })
            })
            .collect()
    }
}

fn error(operation: &'static str, key: &str, kind: PortErrorKind, code: &str) -> PortError {
    PortError {
        operation,
        subject: key.to_owned(),
        kind,
        code: Some(code.to_owned()),
        message: String::new(),
        source: None,
    }
}

impl ReadObjects for FakeBucket {
    async fn get(&self, key: &str, version: Option<&str>) -> Result<Option<Object>, PortError> {
        let subject = key.to_owned();
        let effect = || {
            let mut state = self.state();
            state.call("s3:GetObject", "GET", key)?;
            Ok(state.version(key, version))
        };
        self.wire.call("s3:GetObject", &subject, effect).await
    }

    async fn head(&self, key: &str, version: Option<&str>) -> Result<Option<ObjectHead>, PortError> {
        let subject = key.to_owned();
        let effect = || {
            let mut state = self.state();
            state.call("s3:HeadObject", "HEAD", key)?;
            Ok(state.version(key, version).map(|object| object.head))
        };
        self.wire.call("s3:HeadObject", &subject, effect).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, ObjectHead)>, PortError> {
        let subject = prefix.to_owned();
        let effect = || {
            let mut state = self.state();
            state.call("s3:ListObjectsV2", "LIST", prefix)?;
            let mut listed = state.list(prefix);
            for (_, head) in &mut listed {
                head.version.clear();
            }
            Ok(listed)
        };
        self.wire.call("s3:ListObjectsV2", &subject, effect).await
    }
}

impl ReadRanges for FakeBucket {
    async fn get_range(&self, key: &str, version: &str, bytes: Range<u64>) -> Result<Option<Vec<u8>>, PortError> {
        let subject = key.to_owned();
        let effect = || {
            let mut state = self.state();
            state.call("s3:GetObject", "GET", key)?;
            let Some(object) = state.version(key, Some(version)) else {
                return Ok(None);
            };
            let end = object.bytes.len().min(usize::try_from(bytes.end).unwrap_or(usize::MAX));
            let part = usize::try_from(bytes.start)
                .ok()
                .and_then(|start| object.bytes.get(start..end));
            Ok(part.map(<[u8]>::to_vec))
        };
        self.wire.call("s3:GetObject", &subject, effect).await
    }
}

impl AuditObjects for FakeBucket {
    async fn latest_versions(&self, prefix: &str) -> Result<Vec<(String, ObjectHead)>, PortError> {
        let subject = prefix.to_owned();
        let effect = || {
            let mut state = self.state();
            state.call("s3:ListObjectVersions", "VERSIONS", prefix)?;
            Ok(state.list(prefix))
        };
        self.wire.call("s3:ListObjectVersions", &subject, effect).await
    }
}

impl WriteObjects for FakeBucket {
    async fn put(&self, object: NewObject) -> Result<WrittenObject, PortError> {
        let subject = object.key.clone();
        let effect = || {
            let mut state = self.state();
            state.call("s3:PutObject", "PUT", &object.key)?;
            let current = state.latest(&object.key).map(|object| object.head.etag);
            let is_met = match &object.condition {
                WriteCondition::Always => true,
                WriteCondition::Absent => current.is_none(),
                WriteCondition::Matches(etag) => current.as_ref() == Some(etag),
            };
            if is_met {
                Ok(state.write(&object.key, object.bytes, object.metadata))
            } else {
                let kind = PortErrorKind::Conflict;
                Err(error("s3:PutObject", &object.key, kind, "PreconditionFailed"))
            }
        };
        self.wire.call("s3:PutObject", &subject, effect).await
    }

    async fn delete(&self, key: &str) -> Result<(), PortError> {
        let subject = key.to_owned();
        let effect = || {
            let mut state = self.state();
            state.call("s3:DeleteObject", "DELETE", key)?;
            if state.latest(key).is_some() {
                state.delete(key);
            }
            Ok(())
        };
        self.wire.call("s3:DeleteObject", &subject, effect).await
    }
}
