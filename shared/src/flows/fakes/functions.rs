//! Functions, of which only the code is known.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::Wire;
use crate::domain::release::DeployedCode;
use crate::flows::ports::{PortError, ReadFunctions};

/// Functions by name. Clones share their state.
#[derive(Clone, Default)]
pub struct FakeFunctions {
    wire: Wire,
    code: Rc<RefCell<BTreeMap<String, DeployedCode>>>,
}

impl FakeFunctions {
    /// No functions; calls pass over `wire`.
    pub fn new(wire: &Wire) -> Self {
        Self {
            wire: wire.clone(),
            ..Self::default()
        }
    }

    /// Makes a function run the package with this hash, without layers.
    pub fn run(&self, name: &str, sha256: &str) {
        let code = DeployedCode {
            sha256: sha256.to_owned(),
            layers: Vec::new(),
        };
        self.code.borrow_mut().insert(name.to_owned(), code);
    }
}

impl ReadFunctions for FakeFunctions {
    async fn function_code(&self, name: &str) -> Result<Option<DeployedCode>, PortError> {
        let effect = || Ok(self.code.borrow().get(name).cloned());
        self.wire.call("lambda:GetFunctionConfiguration", name, effect).await
    }
}
