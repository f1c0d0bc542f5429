//! Why something is hidden.

use std::cell::RefCell;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// Why a value, or a part of one, is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum SecretKind {
    /// The value of a parameter with `NoEcho`, or what CloudFormation resolved from a reference to a secret.
    NoEcho,
    /// The name of the property, variable or parameter says secret.
    Named,
    /// A password in an address, a command or a configuration.
    Password,
    /// A private key.
    PrivateKey,
    /// It begins as the credentials of a known service do.
    Credential,
    /// It looks random.
    Random,
}

impl SecretKind {
    /// What it is called after a count: `2 with NoEcho`.
    pub fn words(self) -> &'static str {
        match self {
            Self::NoEcho => "known to be secret (NoEcho or a reference to a secret)",
            Self::Named => "named as a secret",
            Self::Password => "a password in a longer text",
            Self::PrivateKey => "a private key",
            Self::Credential => "a credential of a known form",
            Self::Random => "looking random",
        }
    }
}

/// How often something was hidden for one reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HiddenCount {
    /// Why.
    pub kind: SecretKind,
    /// How often.
    pub count: usize,
}

/// Counts what is hidden.
#[derive(Debug, Default)]
pub(super) struct Counter(RefCell<BTreeMap<SecretKind, usize>>);

impl Counter {
    pub(super) fn add(&self, kind: SecretKind, times: usize) {
        if times > 0 {
            *self.0.borrow_mut().entry(kind).or_default() += times;
        }
    }

    pub(super) fn counts(&self) -> Vec<HiddenCount> {
        let counts = self.0.borrow();
        counts
            .iter()
            .map(|(kind, count)| HiddenCount {
                kind: *kind,
                count: *count,
            })
            .collect()
    }
}
