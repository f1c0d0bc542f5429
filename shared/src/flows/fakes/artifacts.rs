//! The artifacts of one job.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::{Wire, refusal};
use crate::flows::ports::{JobArtifacts, PortError, PortErrorKind};

/// Artifacts by name. Clones share their content.
#[derive(Clone, Default)]
pub struct FakeArtifacts {
    wire: Wire,
    content: Rc<RefCell<BTreeMap<String, Vec<u8>>>>,
}

impl FakeArtifacts {
    /// No artifacts; calls pass over `wire`.
    pub fn new(wire: &Wire) -> Self {
        Self {
            wire: wire.clone(),
            ..Self::default()
        }
    }

    /// Puts an artifact's one file, without passing the wire.
    pub fn with(&self, name: &str, content: impl AsRef<[u8]>) {
        self.content
            .borrow_mut()
            .insert(name.to_owned(), content.as_ref().to_vec());
    }

    /// The one file of an artifact, without passing the wire.
    pub fn bytes(&self, name: &str) -> Option<Vec<u8>> {
        self.content.borrow().get(name).cloned()
    }
}

impl JobArtifacts for FakeArtifacts {
    async fn read(&self, name: &str, limit_bytes: u64) -> Result<Vec<u8>, PortError> {
        const OPERATION: &str = "s3:GetObject";
        let effect = || {
            let content = self.content.borrow();
            let refused = |message: String| refusal(OPERATION, name, PortErrorKind::Refused, "", message);
            let bytes = content
                .get(name)
                .ok_or_else(|| refused("the action has no such artifact".to_owned()))?;
            if bytes.len() as u64 > limit_bytes {
                return Err(refused(format!(
                    "the artifact `{name}` is larger than {limit_bytes} bytes"
                )));
            }
            Ok(bytes.clone())
        };
        self.wire.call(OPERATION, name, effect).await
    }

    async fn write(&self, name: &str, _file: &str, content: &[u8]) -> Result<(), PortError> {
        let effect = || {
            self.with(name, content);
            Ok(())
        };
        self.wire.call("s3:PutObject", name, effect).await
    }
}
