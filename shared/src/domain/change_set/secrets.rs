//! Keeps secrets out of reviews. Whatever looks like one is hidden; a review says how often that happened.

use std::borrow::Cow;
use std::cell::Cell;

use super::mask::{is_plain, masked};
use super::secret_names::names_secret;
use super::values::{KNOWN_AFTER_APPLY, MASK, Shown};

/// Marks, in evaluated templates, the value of a parameter with `NoEcho`. Not a character of any text.
pub(in crate::domain) const NO_ECHO: &str = "\u{10fffd}NoEcho\u{10fffd}";

/// Types and properties that hold a secret without a name that says so.
const SECRET_PROPERTIES: [(&str, &str); 6] = [
    ("AWS::ApiGateway::ApiKey", "Value"),
    ("AWS::AppSync::ApiKey", "ApiKeyId"),
    ("AWS::IAM::AccessKey", "Serial"),
    ("AWS::Lightsail::Database", "MasterDatabasePassword"),
    ("AWS::SecretsManager::Secret", "SecretString"),
    ("AWS::KMS::ReplicaKey", "KeyMaterial"),
];

/// Properties whose values look random and only say which content is meant: versions, hashes, thumbprints. Reviewers
/// need them, and nobody gets in with them.
const IDENTIFIES_CONTENT: [&str; 12] = [
    "S3ObjectVersion",
    "ObjectVersion",
    "VersionId",
    "CodeSha256",
    "SourceCodeHash",
    "ImageDigest",
    "ETag",
    "Thumbprint",
    "ThumbprintList",
    "Fingerprint",
    "PublicKey",
    "PublicKeyMaterial",
];

/// Hides secrets and counts how often it did.
#[derive(Default)]
pub struct Hider {
    known: Vec<String>,
    hidden: Cell<usize>,
}

impl Hider {
    /// Hides, besides what looks secret, every occurrence of these values. Values shorter than four characters are
    /// not searched for: they occur everywhere.
    pub fn knowing(values: impl IntoIterator<Item = String>) -> Self {
        let mut known: Vec<_> = values
            .into_iter()
            .filter(|value| value.chars().count() >= 4 && value != "****")
            .collect();
        // The longest first, so that no part of a longer value stays when a shorter one is its beginning.
        known.sort_by_key(|value| std::cmp::Reverse(value.len()));
        known.dedup();
        Self {
            known,
            hidden: Cell::new(0),
        }
    }

    /// How often something was hidden.
    pub fn count(&self) -> usize {
        self.hidden.get()
    }

    /// Shows the value of a property. `names` are all names on the way to it, the type of the resource first.
    pub fn value(&self, names: &[&str], value: &str) -> Shown {
        if value == KNOWN_AFTER_APPLY {
            return Shown::KnownAfterApply;
        }
        if value.trim() == NO_ECHO || value == "****" {
            return self.hide("the parameter has NoEcho");
        }
        if is_reference(value) || is_harmless(value) {
            return Shown::Text(without_marks(value).into_owned());
        }
        if let Some(hash) = gate_hash(names, value).filter(|_| self.without_known(value) == value) {
            return Shown::Text(format!("{hash}…"));
        }
        let last = names.last().copied().unwrap_or_default();
        if IDENTIFIES_CONTENT.contains(&last) {
            return Shown::Text(self.without_known(&without_marks(value)).into_owned());
        }
        if let Some(word) = names.iter().rev().take(4).find(|name| names_secret(name)) {
            return self.hide(&format!("{} names a secret", short(word)));
        }
        let of_type = |(kind, property): &(&str, &str)| names.first() == Some(kind) && names.contains(property);
        if SECRET_PROPERTIES.iter().any(of_type) {
            return self.hide("the property holds a secret");
        }
        Shown::Text(self.text(&without_marks(value)))
    }

    /// Shows a text that is no property: what looks secret in it is masked.
    pub fn text(&self, text: &str) -> String {
        let shown = self.without_known(text);
        if is_plain(&shown) {
            return shown.into_owned();
        }
        let (masked, count) = masked(&shown);
        self.hidden.set(self.hidden.get() + count);
        masked
    }

    fn without_known<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut shown = Cow::Borrowed(text);
        // The mark is outside ASCII, and most texts are not.
        let mark = (!text.is_ascii()).then_some(NO_ECHO);
        for secret in mark.into_iter().chain(self.known.iter().map(String::as_str)) {
            if shown.contains(secret) {
                self.hidden.set(self.hidden.get() + shown.matches(secret).count());
                shown = shown.replace(secret, MASK).into();
            }
        }
        shown
    }

    fn hide(&self, because: &str) -> Shown {
        self.hidden.set(self.hidden.get() + 1);
        Shown::Hidden(because.to_owned())
    }
}

/// The beginning of the hash of a gate, where the pipelines that Changegate makes carry one; it looks random and names
/// a document that everybody may read.
fn gate_hash<'v>(names: &[&str], value: &'v str) -> Option<&'v str> {
    let is_hash = value.len() == 64 && value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_place = names.first() == Some(&"AWS::CodePipeline::Pipeline")
        && (names.ends_with(&["UserParameters", "gate"]) || names.ends_with(&["changegate:gate", "Value"]));
    value.get(..12).filter(|_| is_hash && is_place)
}

/// Words in place of CloudFormation's mark.
fn without_marks(value: &str) -> Cow<'_, str> {
    if value.contains("{{") {
        Cow::Owned(value.replace(KNOWN_AFTER_APPLY, "(known after apply)"))
    } else {
        Cow::Borrowed(value)
    }
}

/// A dynamic reference or a reference to another resource: it says where the value comes from, not what it is.
pub(super) fn is_reference(value: &str) -> bool {
    let value = value.trim();
    (value.starts_with("{{resolve:") && value.ends_with("}}") && value.matches("{{").count() == 1)
        || (value.starts_with("${") && value.ends_with('}') && value.matches("${").count() == 1)
        || value == "(known after apply)"
}

/// Values that are no secrets whatever they are called.
pub(super) fn is_harmless(value: &str) -> bool {
    value.is_empty()
        || matches!(value, "true" | "false" | "null" | "{}" | "[]")
        || (value.starts_with("arn:") && value.matches(':').count() >= 5 && !value.contains(' '))
        || value.starts_with("alias/")
}

fn short(name: &str) -> String {
    name.chars().take(60).collect()
}
