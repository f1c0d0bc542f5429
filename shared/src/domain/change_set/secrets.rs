//! Keeps secrets out of reviews. Whatever looks like one is hidden; a review says how often that happened.

use std::borrow::Cow;
use std::cell::Cell;

use super::secret_names::{holds_stem, names_secret};
use super::values::{KNOWN_AFTER_APPLY, MASK, Shown};
use crate::domain::change_set::entropy::looks_random;

/// Marks, in evaluated templates, the value of a parameter with `NoEcho`. Not a character of any text.
pub(in crate::domain) const NO_ECHO: &str = "\u{10fffd}NoEcho\u{10fffd}";

/// Beginnings of texts that are credentials whatever they are called.
///
/// Sources: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids>,
/// <https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/>
const CREDENTIAL_STARTS: [&str; 22] = [
    "AKIA",
    "ASIA",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxr-",
    "xapp-",
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "AIza",
    "SG.",
    "npm_",
    "eyJ",
];

/// Shortest token that can be a credential: the shortest beginning and twelve more characters.
const SHORTEST_CREDENTIAL: usize = 15;

/// Types and properties that hold a secret without a name that says so.
const SECRET_PROPERTIES: [(&str, &str); 6] = [
    ("AWS::ApiGateway::ApiKey", "Value"),
    ("AWS::AppSync::ApiKey", "ApiKeyId"),
    ("AWS::IAM::AccessKey", "Serial"),
    ("AWS::Lightsail::Database", "MasterDatabasePassword"),
    ("AWS::SecretsManager::Secret", "SecretString"),
    ("AWS::KMS::ReplicaKey", "KeyMaterial"),
];

/// Hides secrets and counts how often it did.
#[derive(Debug, Default)]
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
    pub fn value(&self, names: &[String], value: &str) -> Shown {
        if value == KNOWN_AFTER_APPLY {
            return Shown::KnownAfterApply;
        }
        if value.contains(NO_ECHO) && value.trim() == NO_ECHO || value == "****" {
            return self.hide("the parameter has NoEcho");
        }
        if is_reference(value) || is_harmless(value) {
            return Shown::Text(without_marks(value).into_owned());
        }
        if let Some(word) = names.iter().rev().take(4).find(|name| names_secret(name)) {
            return self.hide(&format!("{} names a secret", short(word)));
        }
        let of_type = |(kind, property): &(&str, &str)| {
            names.first().is_some_and(|name| name == kind) && names.iter().any(|name| name == property)
        };
        if SECRET_PROPERTIES.iter().any(of_type) {
            return self.hide("the property holds a secret");
        }
        Shown::Text(self.text(&without_marks(value)))
    }

    /// Shows a text that is no property: what looks secret in it is masked.
    pub fn text(&self, text: &str) -> String {
        let mut shown = Cow::Borrowed(text);
        for secret in std::iter::once(NO_ECHO).chain(self.known.iter().map(String::as_str)) {
            if shown.contains(secret) {
                self.hidden.set(self.hidden.get() + shown.matches(secret).count());
                shown = shown.replace(secret, MASK).into();
            }
        }
        if is_plain(&shown) {
            return shown.into_owned();
        }
        self.masked(&shown)
    }

    fn hide(&self, because: &str) -> Shown {
        self.hidden.set(self.hidden.get() + 1);
        Shown::Hidden(because.to_owned())
    }

    /// Masks credentials inside a longer text, such as a script.
    fn masked(&self, text: &str) -> String {
        if let Some(start) = text.find("-----BEGIN ")
            && text.get(start..).is_some_and(|rest| rest.contains("PRIVATE KEY"))
        {
            self.hidden.set(self.hidden.get() + 1);
            let end = text
                .rfind("-----END ")
                .and_then(|at| Some(at + text.get(at..)?.find('\n')?));
            let tail = end.and_then(|end| text.get(end..)).map(|tail| self.masked(tail));
            return format!(
                "{}{MASK}{}",
                self.masked(text.get(..start).unwrap_or_default()),
                tail.unwrap_or_default()
            );
        }
        let mut out = String::with_capacity(text.len());
        let mut named = Named::No;
        for piece in pieces(text) {
            match piece {
                Piece::Gap(gap) => {
                    named = named.after_gap(gap);
                    out.push_str(gap);
                }
                Piece::Token(token) => {
                    let is_secret = match named {
                        Named::Value => !is_reference(token) && !is_harmless(token),
                        _ => false,
                    } || is_credential(token)
                        || is_userinfo(&out, text, token);
                    if is_secret {
                        self.hidden.set(self.hidden.get() + 1);
                        out.push_str(MASK);
                    } else {
                        out.push_str(token);
                    }
                    named = if names_secret(token) { Named::Name } else { Named::No };
                }
            }
        }
        out
    }
}

/// Words in place of CloudFormation's mark.
fn without_marks(value: &str) -> Cow<'_, str> {
    if value.contains("{{") {
        Cow::Owned(value.replace(KNOWN_AFTER_APPLY, "(known after apply)"))
    } else {
        Cow::Borrowed(value)
    }
}

/// Whether nothing in the text can be a secret: no word names one, no address holds a password, no token is random.
/// Nearly all texts are plain; the others are taken apart.
fn is_plain(text: &str) -> bool {
    if text.len() < 8 {
        return true;
    }
    text.is_ascii()
        && !holds_stem(text.as_bytes())
        && !(text.contains('@') && text.contains("//"))
        && text
            .split(|character| !is_token_character(character))
            .all(|token| token.len() < SHORTEST_CREDENTIAL || !is_credential(token))
}

/// Whether the token before said that a secret follows: `password = …`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Named {
    No,
    Name,
    Value,
}

impl Named {
    fn after_gap(self, gap: &str) -> Self {
        let assigns = gap.contains(['=', ':']) && !gap.contains('\n');
        match self {
            Self::Name if assigns => Self::Value,
            // `--password hunter2`
            Self::Name if gap == " " => Self::Name,
            Self::Value if gap.chars().all(|gap| matches!(gap, ' ' | '"' | '\'' | '\\')) => Self::Value,
            _ => Self::No,
        }
    }
}

enum Piece<'a> {
    Token(&'a str),
    Gap(&'a str),
}

fn is_token_character(character: char) -> bool {
    character.is_alphanumeric()
        || matches!(
            character,
            '+' | '/' | '_' | '-' | '.' | '$' | '!' | '%' | '^' | '*' | '~' | '‹' | '›'
        )
}

/// Splits a text into tokens and what stands between them.
fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = rest
            .find(|character| is_token_character(character) != is_token_character(first))
            .unwrap_or(rest.len());
        let (piece, tail) = rest.split_at(end);
        rest = tail;
        Some(if is_token_character(first) {
            Piece::Token(piece)
        } else {
            Piece::Gap(piece)
        })
    })
}

/// The password in `scheme://user:password@host`: a token between `:` and `@`, after `//`.
fn is_userinfo(before: &str, text: &str, token: &str) -> bool {
    let Some(user) = before.strip_suffix(':').and_then(|before| before.rsplit_once("//")) else {
        return false;
    };
    if user.1.contains([' ', '\n', '@', '"']) {
        return false;
    }
    // A token occurs where it stands: `pieces` cuts the text itself.
    let at = (token.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    text.get(at + token.len()..).is_some_and(|rest| {
        rest.split([' ', '\n', '"', '/'])
            .next()
            .is_some_and(|rest| rest.contains('@'))
    })
}

fn is_credential(token: &str) -> bool {
    if token.len() < SHORTEST_CREDENTIAL {
        return false;
    }
    let starts = CREDENTIAL_STARTS
        .iter()
        .any(|start| token.starts_with(start) && token.len() >= start.len() + 12);
    starts || looks_random(token)
}

/// A dynamic reference or a reference to another resource: it says where the value comes from, not what it is.
fn is_reference(value: &str) -> bool {
    let value = value.trim();
    (value.starts_with("{{resolve:") && value.ends_with("}}") && value.matches("{{").count() == 1)
        || (value.starts_with("${") && value.ends_with('}') && value.matches("${").count() == 1)
        || value == "(known after apply)"
}

/// Values that are no secrets whatever they are called.
fn is_harmless(value: &str) -> bool {
    value.is_empty()
        || matches!(value, "true" | "false" | "null" | "{}" | "[]")
        || (value.starts_with("arn:") && value.matches(':').count() >= 5 && !value.contains(' '))
        || value.starts_with("alias/")
}

fn short(name: &str) -> String {
    name.chars().take(60).collect()
}
