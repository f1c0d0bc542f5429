//! Masks what is secret inside longer texts: scripts, addresses, configurations.

use super::entropy::looks_random;
use super::secret_names::{holds_stem, names_secret};
use super::secrets::{is_harmless, is_reference};
use super::values::MASK;

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
            .all(|token| std::str::from_utf8(token).is_ok_and(|token| !is_credential(token)))
}

/// The text with everything masked that looks secret, and how often that happened.
pub(super) fn masked(text: &str) -> (String, usize) {
    let mut mask = Masker {
        text,
        out: String::with_capacity(text.len()),
        count: 0,
    };
    mask.run();
    (mask.out, mask.count)
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
    out: String,
    count: usize,
}

impl Masker<'_> {
    fn run(&mut self) {
        let mut at = 0;
        let mut next = Next::Any;
        while let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some(length) = reference(rest) {
                self.keep(at, length);
                at += length;
                next = Next::Any;
            } else if let Some(length) = private_key(rest) {
                self.hide();
                at += length;
                next = Next::Any;
            } else if let Some((before, length)) = userinfo(rest) {
                self.keep(at, before);
                self.hide();
                at += before + length;
                next = Next::Any;
            } else if rest.starts_with(is_token_character) {
                let end = rest
                    .find(|character| !is_token_character(character))
                    .unwrap_or(rest.len());
                // A key may follow an escaped line break, so that its beginning is no token of its own.
                let length = rest[..end].find("-----BEGIN").filter(|at| *at > 0).unwrap_or(end);
                let token = &rest[..length];
                if is_credential(token) && !self.names_content(token) || self.is_attached_password(token) {
                    self.hide();
                } else {
                    self.keep(at, length);
                }
                at += length;
                next = after(token, &self.out);
            } else {
                let length = rest.find(is_token_character).unwrap_or(rest.len());
                let length = rest[..length].find("{{").filter(|at| *at > 0).unwrap_or(length);
                at = self.gap(at, length, next);
                next = Next::Any;
            }
        }
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
                self.hide();
            }
            _ => self.keep(start, end - start),
        }
        end
    }

    fn keep(&mut self, at: usize, length: usize) {
        self.out.push_str(&self.text[at..at + length]);
    }

    fn hide(&mut self) {
        self.count += 1;
        self.out.push_str(MASK);
    }

    /// `sha256:…` and CloudFormation's signature in place of a long value: which content is meant, not a secret.
    fn names_content(&self, token: &str) -> bool {
        token.bytes().all(|byte| byte.is_ascii_hexdigit())
            && ["sha256:", "sha512:", "(Truncated-Signature):"]
                .iter()
                .any(|before| self.out.ends_with(before))
    }

    /// `mysql -pS3cret`.
    fn is_attached_password(&self, token: &str) -> bool {
        token.len() > 2
            && token.starts_with("-p")
            && !token.starts_with("-pr")
            && self.out.ends_with(' ')
            && self.out.rsplit('\n').next().is_some_and(|line| line.contains("mysql"))
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

/// Length of a reference that begins here: it says where a value comes from, not what it is.
fn reference(text: &str) -> Option<usize> {
    if text.starts_with("{{resolve:") || text.starts_with("{{changeSet:") {
        return text.find("}}").map(|end| end + 2);
    }
    let inner = text.strip_prefix("${")?;
    let end = inner.find(['}', '{', '\n'])?;
    inner[end..].starts_with('}').then_some(end + 3)
}

/// Length of a private key that begins here; one without an end goes on to the end of the text.
fn private_key(text: &str) -> Option<usize> {
    let head = text.strip_prefix("-----BEGIN ")?;
    let title = &head[..head.find("-----").unwrap_or(head.len())];
    if !title.contains("PRIVATE KEY") && !title.contains("SECRET") {
        return None;
    }
    let Some(end) = text.find("-----END ") else {
        return Some(text.len());
    };
    let tail = &text[end + "-----END ".len()..];
    Some(
        tail.find("-----")
            .map_or(text.len(), |at| end + "-----END ".len() + at + 5),
    )
}

/// The password in `://user:password@host`: how much stands before it, and its length. Also what stands there alone,
/// when it is not a plain user's name.
fn userinfo(text: &str) -> Option<(usize, usize)> {
    let after = text.strip_prefix("://")?;
    let end = after
        .find([' ', '\t', '\n', '"', '\'', '<', '>', '`'])
        .unwrap_or(after.len());
    let address = &after[..end];
    let authority = address.find(['/', '?', '#']).unwrap_or(address.len());
    let at = match address[..authority].rfind('@') {
        // A password may itself hold `@` and `/`, so the last `@` is the one that ends it.
        Some(at) if address[..at].contains(':') => address.rfind('@').unwrap_or(at),
        Some(at) => at,
        // Or only `/`; a port is a number.
        None => {
            let (_, password) = address[..authority].split_once(':')?;
            let is_port = !password.is_empty() && password.bytes().all(|byte| byte.is_ascii_digit());
            address.rfind('@').filter(|_| !is_port)?
        }
    };
    let info = &address[..at];
    let (before, secret) = match info.split_once(':') {
        Some((user, password)) => (user.len() + 1, password),
        None if info.len() < 12 => return None,
        None => (0, info),
    };
    if secret.is_empty() || is_reference(secret) || secret == MASK {
        return None;
    }
    Some(("://".len() + before, secret.len()))
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

fn is_credential(token: &str) -> bool {
    if token.len() < SHORTEST_CREDENTIAL {
        return false;
    }
    begins_as_credential(token) || looks_random(token)
}

/// Whether a word in the token begins as credentials do. Short beginnings are also parts of other names, so they count
/// at the beginning of the token only.
fn begins_as_credential(token: &str) -> bool {
    let bytes = token.as_bytes();
    bytes.windows(SHORTEST_CREDENTIAL).enumerate().any(|(at, window)| {
        let is_word = at == 0 || !(bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] >= 0x80);
        is_word
            && matches!(window[0], b'A' | b'S' | b'e' | b'g' | b'n' | b'r' | b's' | b'x')
            && CREDENTIAL_STARTS.iter().any(|start| {
                (at == 0 || start.len() >= 4)
                    && bytes.len() - at >= start.len() + 12
                    && bytes[at..].starts_with(start.as_bytes())
            })
    })
}
