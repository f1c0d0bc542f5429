//! Masks what is secret inside longer texts: scripts, addresses, configurations.

use std::ops::Range;

use super::MASK;
use super::ahead::Ahead;
use super::content::{Names, introduces_hash, is_hash};
use super::entropy::random_parts;
use super::kinds::SecretKind;
use super::names::{holds_stem, names_secret};
use super::reference::{is_harmless, is_reference};

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

/// Whether nothing in the text can be a secret: no word names one, no address holds a password, no token is random.
/// Nearly all texts are plain; the others are taken apart.
pub(super) fn is_plain(text: &str) -> bool {
    if text.len() < 5 {
        return true;
    }
    text.is_ascii()
        && !holds_stem(text.as_bytes())
        && (!text.contains('@') || !text.contains("://"))
        && text
            .as_bytes()
            .split(|byte| !is_token_byte(*byte))
            .filter(|token| token.len() >= SHORTEST_CREDENTIAL)
            .all(|token| std::str::from_utf8(token).is_ok_and(|token| secret_parts(token).is_empty()))
}

/// The text with everything masked that looks secret, and why, once for each mask. `names` says what the text as a whole
/// names.
///
/// Every look ahead is remembered, so that the work grows with the length of the text only.
pub(super) fn masked_text(text: &str, names: Names) -> (String, Vec<SecretKind>) {
    let mask = run(text, names);
    debug_assert!(
        mask.ahead.searched() <= 3 * text.len(),
        "every mark, and every address, is searched for once"
    );
    (mask.out, mask.hidden)
}

fn run(text: &str, names: Names) -> Masker<'_> {
    let mut mask = Masker {
        text,
        names,
        out: String::with_capacity(text.len()),
        hidden: Vec::new(),
        ahead: Ahead::default(),
        is_mysql: false,
    };
    mask.run();
    mask
}

/// What the text so far says about what follows.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// Nothing.
    Any,
    /// A name of a secret came: a value follows if something assigns it.
    Name,
    /// A flag, or a word before a credential, came: what follows a space is the value.
    Flag,
    /// `user:password` follows.
    User,
}

struct Masker<'t> {
    text: &'t str,
    names: Names,
    out: String,
    hidden: Vec<SecretKind>,
    ahead: Ahead,
    /// Whether `mysql` stands in the line so far.
    is_mysql: bool,
}

impl Masker<'_> {
    fn run(&mut self) {
        let mut at = 0;
        let mut next = Next::Any;
        while let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some(length) = self.ahead.reference(self.text, at) {
                self.reference(at, length);
                at += length;
                next = Next::Any;
            } else if let Some(length) = self.ahead.private_key(self.text, at) {
                self.hide(SecretKind::PrivateKey);
                at += length;
                next = Next::Any;
            } else if let Some((before, length)) = self.ahead.userinfo(self.text, at) {
                self.keep(at, before);
                self.hide(SecretKind::Password);
                at += before + length;
                next = Next::Any;
            } else if rest.starts_with(is_token_character) {
                let end = rest
                    .find(|character| !is_token_character(character))
                    .unwrap_or(rest.len());
                // A key may follow an escaped line break, so that its beginning is no token of its own.
                let length = rest[..end].find("-----BEGIN").filter(|at| *at > 0).unwrap_or(end);
                let token = &rest[..length];
                if self.is_attached_password(token) {
                    self.hide(SecretKind::Password);
                } else {
                    self.token(at, token);
                }
                self.is_mysql |= token.contains("mysql");
                at += length;
                next = after(token, &self.out);
            } else {
                let length = rest.find(is_token_character).unwrap_or(rest.len());
                let length = rest[..length].find("{{").filter(|at| *at > 0).unwrap_or(length);
                let gap = at;
                at = self.gap(at, length, next);
                if self.text[gap..at].contains('\n') {
                    self.is_mysql = false;
                }
                next = Next::Any;
            }
        }
    }

    /// Keeps a token but for the parts of it that are secret.
    fn token(&mut self, at: usize, token: &str) {
        let mut from = 0;
        for (part, kind) in secret_parts(token) {
            let (lead, found) = (&token[..part.start], &token[part.clone()]);
            let before = if lead.is_empty() { self.out.as_str() } else { lead };
            let is_exempt = kind == SecretKind::Random
                && (self.names.exempts(found) || (is_hash(found) && introduces_hash(before)));
            if is_exempt {
                continue;
            }
            self.keep(at + from, part.start - from);
            self.hide(kind);
            from = part.end;
        }
        self.keep(at + from, token.len() - from);
    }

    /// Keeps a reference, which says where a value comes from; a credential in it is one all the same.
    fn reference(&mut self, at: usize, length: usize) {
        let text = &self.text[at..at + length];
        let mut from = 0;
        for (start, token) in tokens(text) {
            for (part, kind) in secret_parts(token) {
                if kind == SecretKind::Credential {
                    self.keep(at + from, start + part.start - from);
                    self.hide(kind);
                    from = start + part.end;
                }
            }
        }
        self.keep(at + from, length - from);
    }

    /// What stands between tokens: if it assigns a value to the name before, the value is masked. Answers where to go
    /// on.
    fn gap(&mut self, at: usize, length: usize, next: Next) -> usize {
        let gap = &self.text[at..at + length];
        let Some(lead) = assigning(gap, next, &self.out) else {
            self.keep(at, length);
            return at + length;
        };
        let start = at + lead;
        let end = start + value_length(&self.text[start..], gap[..lead].chars().next_back());
        let value = &self.text[start..end];
        self.keep(at, lead);
        let secret = match next {
            Next::User => value.split_once(':').map(|(user, _)| user.len() + 1),
            _ => Some(0),
        };
        match secret {
            Some(from) if !is_reference(value) && !is_harmless(value) && !value.contains(MASK) => {
                // What follows a user's name is the secret; otherwise the whole value is.
                self.keep(start, from);
                self.hide(SecretKind::Password);
            }
            _ => self.keep(start, end - start),
        }
        end
    }

    fn keep(&mut self, at: usize, length: usize) {
        self.out.push_str(&self.text[at..at + length]);
    }

    fn hide(&mut self, kind: SecretKind) {
        self.hidden.push(kind);
        self.out.push_str(MASK);
    }

    /// `mysql -pS3cret`.
    fn is_attached_password(&self, token: &str) -> bool {
        self.is_mysql
            && token.len() > 2
            && token.starts_with("-p")
            && !token.starts_with("-pr")
            && self.out.ends_with(' ')
    }
}

fn after(token: &str, out: &str) -> Next {
    let is_flag = token.starts_with('-');
    let is_word = |words: &[&str]| words.iter().any(|word| token.eq_ignore_ascii_case(word));
    if matches!(token, "-u" | "--user") {
        Next::User
    } else if is_word(&["bearer", "basic"])
        || (is_flag && names_secret(token))
        || (token == "-p" && out.ends_with("sshpass -p"))
    {
        Next::Flag
    } else if names_secret(token) {
        let is_variable = token.contains('_') && token.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        if is_variable { Next::Flag } else { Next::Name }
    } else {
        Next::Any
    }
}

/// How much of a gap stands before the value that it assigns; `None` when it assigns none.
fn assigning(gap: &str, next: Next, out: &str) -> Option<usize> {
    let is_lead = |character| matches!(character, ' ' | '\t' | '=' | ':' | '>' | '"' | '\'' | '\\');
    let lead = gap.find(|character| !is_lead(character)).unwrap_or(gap.len());
    let head = &gap[..lead];
    let assigns = head.contains(['=', ':', '>']);
    let quotes = head.starts_with(' ') && head.ends_with(['"', '\'']);
    let is_set = match next {
        Next::Name => assigns || quotes,
        Next::Flag => assigns || head.starts_with(' '),
        Next::User => head.starts_with([' ', '=']),
        Next::Any => {
            quotes && {
                let tail = out.len().saturating_sub("identified by".len());
                out.get(tail..)
                    .is_some_and(|tail| tail.eq_ignore_ascii_case("identified by"))
            }
        }
    };
    is_set.then_some(lead)
}

/// Length of a value: up to the quote that ends it, else to where no value goes on.
fn value_length(text: &str, before: Option<char>) -> usize {
    if let Some(quote @ ('"' | '\'')) = before {
        let end = text.find([quote, '\n']).unwrap_or(text.len());
        return text[..end].trim_end_matches('\\').len();
    }
    let mut rest = text.char_indices().peekable();
    while let Some((at, character)) = rest.next() {
        let ends = match character {
            ',' => rest
                .peek()
                .is_none_or(|(_, after)| after.is_whitespace() || *after == '"'),
            '"' | '\'' | ';' | '&' | '<' | '>' | '|' => true,
            other => other.is_whitespace(),
        };
        if ends {
            return at;
        }
    }
    text.len()
}

fn is_token_character(character: char) -> bool {
    match u8::try_from(character) {
        Ok(byte) if byte.is_ascii() => is_token_byte(byte),
        _ => character.is_alphanumeric() || matches!(character, '‹' | '›'),
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'+' | b'/' | b'_' | b'-' | b'.' | b'$' | b'!' | b'%' | b'^' | b'*' | b'~'
        )
}

/// The tokens of a text, each with its place.
fn tokens(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = text.as_ptr() as usize;
    text.split(|character| !is_token_character(character))
        .filter(|token| !token.is_empty())
        .map(move |token| (token.as_ptr() as usize - start, token))
}

/// The parts of a token that are secret by what they look like, from left to right.
fn secret_parts(token: &str) -> Vec<(Range<usize>, SecretKind)> {
    if token.len() < SHORTEST_CREDENTIAL {
        return Vec::new();
    }
    let mut parts = Vec::new();
    let mut from = 0;
    while let Some(start) = credential(token, from) {
        // Credentials that are known by their beginnings hold no slash.
        let end = token[start..].find('/').map_or(token.len(), |at| start + at);
        parts.extend(random(token, from..start));
        parts.push((start..end, SecretKind::Credential));
        from = end;
    }
    parts.extend(random(token, from..token.len()));
    parts
}

fn random(token: &str, part: Range<usize>) -> impl Iterator<Item = (Range<usize>, SecretKind)> {
    let start = part.start;
    random_parts(&token[part])
        .into_iter()
        .map(move |found| (start + found.start..start + found.end, SecretKind::Random))
}

/// Where, from `from` on, a word in the token begins as credentials do. Short beginnings are also parts of other names,
/// so they count at the beginning of the token only.
fn credential(token: &str, from: usize) -> Option<usize> {
    let bytes = token.as_bytes();
    let last = bytes.len().checked_sub(SHORTEST_CREDENTIAL)?;
    (from..=last).find(|at| {
        let at = *at;
        let is_word = at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] >= 0x80);
        is_word
            && matches!(bytes[at], b'A' | b'S' | b'e' | b'g' | b'n' | b'r' | b's' | b'x')
            && CREDENTIAL_STARTS.iter().any(|start| {
                (at == 0 || start.len() >= 4)
                    && bytes.len() - at >= start.len() + 12
                    && bytes[at..].starts_with(start.as_bytes())
            })
    })
}

/// How many bytes masking a text searches for what lies ahead.
#[cfg(test)]
pub(super) fn searched(text: &str) -> usize {
    run(text, Names::of(None)).ahead.searched()
}

/// Whether a text begins as credentials do.
#[cfg(test)]
pub(super) fn credential_starts() -> &'static [&'static str] {
    &CREDENTIAL_STARTS
}
