//! Keeps secrets out of what people read. Whatever looks like one is hidden, and counted by why.

use std::borrow::Cow;

use super::MASK;
use super::content::{Names, is_hex, is_image};
use super::decode::{decoded, is_code, is_code_key};
use super::kinds::{Counter, HiddenCount, SecretKind};
use super::mask::{is_plain, masked_text};
use super::masked::{Masked, masked};
use super::names::names_secret;
use super::place::Spot;
use super::reference::{is_harmless, is_reference};
use super::sentence::{Piece, Sentence};
use super::shown::{KNOWN_AFTER_APPLY, Shown};

/// Marks, in evaluated templates, the value of a parameter with `NoEcho`. Not a character of any text.
pub(in crate::domain) const NO_ECHO: &str = "\u{10fffd}NoEcho\u{10fffd}";

/// Shortest secret that is searched for in other texts: shorter ones occur everywhere.
const SHORTEST_KNOWN: usize = 4;

/// Hides secrets and counts how often it did.
#[derive(Default)]
pub struct Hider {
    known: Vec<String>,
    hidden: Counter,
}

/// A text from elsewhere for a log, an error or a message: what looks secret in it is masked.
pub fn public(text: &str) -> Masked {
    Hider::default().text(text)
}

impl Hider {
    /// Hides, besides what looks secret, every occurrence of these values, in each form in which a text may hold them.
    /// Values shorter than four characters are not searched for: they occur everywhere.
    pub fn knowing(values: impl IntoIterator<Item = String>) -> Self {
        let mut known: Vec<_> = values
            .into_iter()
            .filter(|value| value.chars().count() >= SHORTEST_KNOWN && value != "****")
            .flat_map(forms)
            .collect();
        // The longest first, so that no part of a longer value stays when a shorter one is its beginning.
        known.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        known.dedup();
        Self {
            known,
            hidden: Counter::default(),
        }
    }

    /// How often something was hidden, by why.
    pub fn counts(&self) -> Vec<HiddenCount> {
        self.hidden.counts()
    }

    /// How often something was hidden.
    pub fn count(&self) -> usize {
        self.counts().iter().map(|count| count.count).sum()
    }

    /// Shows the value at a place.
    pub(in crate::domain) fn value(&self, spot: &Spot<'_>, value: &str) -> Shown {
        if value == KNOWN_AFTER_APPLY {
            return Shown::KnownAfterApply;
        }
        match Self::hides(spot, value) {
            Some((SecretKind::NoEcho, _)) => {
                return self.hide(SecretKind::NoEcho, Masked::ours("the parameter has NoEcho"));
            }
            Some((kind, name)) => {
                let name = self.name(&short(name));
                return self.hide(kind, masked![name, " names a secret"]);
            }
            None => {}
        }
        if let Some(hash) = gate_hash(spot, value).filter(|_| self.without_known(value) == value) {
            return Shown::Text(Masked::by_hider(format!("{hash}…")));
        }
        let leaf = spot.leaf();
        if let Some(code) = decoded(value).filter(|code| leaf.is_some_and(is_code_key) || is_code(&code.text)) {
            return Shown::Text(self.named_text(&code.text, Names::Anything));
        }
        let said = spot.names().map(|name| Names::of(Some(name)));
        let said = said.into_iter().find(|names| *names != Names::Anything);
        let names = match said.unwrap_or(Names::Anything) {
            Names::Hashes
                if leaf.is_some_and(|leaf| leaf.to_ascii_lowercase().contains("image")) && is_image(value) =>
            {
                Names::Ids
            }
            names => names,
        };
        Shown::Text(self.named_text(&without_marks(value), names))
    }

    /// Whether the whole value at a place is hidden: why, and the name that says so.
    pub(in crate::domain) fn hides<'s>(spot: &Spot<'s>, value: &str) -> Option<(SecretKind, &'s str)> {
        if value.trim() == NO_ECHO || value == "****" {
            return Some((SecretKind::NoEcho, ""));
        }
        if is_reference(value) || is_harmless(value) {
            return None;
        }
        spot.secret_name().map(|name| (SecretKind::Named, name))
    }

    /// Whether a value is shown exactly as it is.
    pub(in crate::domain) fn shows(&self, spot: &Spot<'_>, value: &str) -> bool {
        matches!(self.value(spot, value), Shown::Text(text) if text.is(value))
    }

    /// Shows a text that is no property: what looks secret in it is masked.
    pub fn text(&self, text: &str) -> Masked {
        self.named_text(text, Names::Anything)
    }

    /// Shows the name of a resource, a key or a label. Hashes at the end of the names that programs give are no secrets.
    pub fn name(&self, name: &str) -> Masked {
        let stem = without_hash(name);
        if stem.len() < name.len() && self.without_known(name) == name {
            let hash = Masked::by_hider(name[stem.len()..].to_owned());
            return masked![self.text(stem), hash];
        }
        self.text(name)
    }

    /// Shows a JSON pointer. It is made of the keys of a path: when nothing in that one is hidden, nothing is in it.
    pub(in crate::domain) fn pointer(&self, pointer: &str, is_open: bool) -> Masked {
        if is_open && self.without_known(pointer) == pointer {
            return Masked::by_hider(pointer.to_owned());
        }
        self.text(pointer)
    }

    /// Shows the id of a commit, a run or a digest.
    pub fn id(&self, id: &str) -> Masked {
        let is_id = is_hex(id) || id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if is_id && self.without_known(id) == id {
            return Masked::by_hider(id.to_owned());
        }
        self.text(id)
    }

    /// Shows a sentence: each text from elsewhere is masked by itself.
    pub fn sentence(&self, sentence: &Sentence) -> Masked {
        let mut out = Masked::default();
        for piece in &sentence.0 {
            let piece = match piece {
                Piece::Ours(words) => Masked::by_hider(words.to_string()),
                Piece::Theirs(text) => self.name(text),
                Piece::Done(text) => text.clone(),
            };
            out = masked![out, piece];
        }
        out
    }

    fn named_text(&self, text: &str, names: Names) -> Masked {
        let shown = self.without_known(text);
        if is_plain(&shown) {
            return Masked::by_hider(shown.into_owned());
        }
        let (masked, kinds) = masked_text(&shown, names);
        for kind in kinds {
            self.hidden.add(kind, 1);
        }
        Masked::by_hider(masked)
    }

    fn without_known<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut shown = Cow::Borrowed(text);
        // The mark is outside ASCII, and most texts are not.
        let mark = (!text.is_ascii()).then_some(NO_ECHO);
        for secret in mark.into_iter().chain(self.known.iter().map(String::as_str)) {
            if shown.contains(secret) {
                self.hidden.add(SecretKind::NoEcho, shown.matches(secret).count());
                shown = shown.replace(secret, MASK).into();
            }
        }
        shown
    }

    fn hide(&self, kind: SecretKind, because: Masked) -> Shown {
        self.hidden.add(kind, 1);
        Shown::Hidden(because)
    }
}

/// A secret, and what it looks like as a part of JSON, of JSON in JSON, of an address, of base 64, and in the answers of
/// CloudFormation, which gives characters outside ASCII back as `?`.
fn forms(secret: String) -> Vec<String> {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD_NO_PAD;

    let once = escaped(&secret);
    let twice = escaped(&once);
    let address = percent_encoding::utf8_percent_encode(&secret, percent_encoding::NON_ALPHANUMERIC).to_string();
    let lossy: String = secret
        .chars()
        .map(|character| if character.is_ascii() { character } else { '?' })
        .collect();
    let encoded = STANDARD_NO_PAD.encode(&secret);
    let mut forms = vec![once, twice, address];
    // `????` occurs elsewhere as well, and three letters of base 64 do.
    forms.extend(Some(lossy).filter(|lossy| lossy.chars().any(|character| character != '?')));
    forms.extend(Some(encoded).filter(|encoded| encoded.len() >= 8));
    forms.push(secret);
    forms
}

/// The text as it stands between the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// The beginning of the hash of a gate, where the pipelines that Changegate makes carry one; it looks random and names
/// a document that everybody may read.
fn gate_hash<'v>(spot: &Spot<'_>, value: &'v str) -> Option<&'v str> {
    let is_hash = value.len() == 64 && value.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let names: Vec<_> = spot.steps.iter().filter_map(super::place::Step::name).collect();
    let is_place = spot.kind == Some("AWS::CodePipeline::Pipeline")
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

/// A name without the hash that the CDK and SAM put at its end: `FunctionCurrentVersion5BD5D2C4…`.
fn without_hash(name: &str) -> &str {
    let stem = name.trim_end_matches(|character: char| character.is_ascii_hexdigit());
    let is_hash = (8..=64).contains(&(name.len() - stem.len()));
    let is_name = stem.len() >= 4
        && stem.bytes().all(|byte| byte.is_ascii_alphabetic())
        && !names_secret(stem)
        && stem.bytes().any(|byte| byte.is_ascii_uppercase());
    if is_hash && is_name { stem } else { name }
}

fn short(name: &str) -> String {
    name.chars().take(60).collect()
}
