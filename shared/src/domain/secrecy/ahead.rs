//! What lies ahead in a text: references, private keys, passwords in addresses. Whatever had to be searched for is
//! remembered, so that a text full of beginnings without ends is read once and not once for each of them.

use super::MASK;
use super::reference::is_reference;

/// What is known of the text ahead.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// Where the next `}}` stands, as far as it was searched for.
    braces: Next,
    /// Where the next `-----END ` stands.
    end: Next,
    /// The address that was looked at last.
    address: Address,
    /// How many bytes were searched.
    searched: usize,
}

/// The next place of a mark, for every place from which it was searched for.
#[derive(Debug, Default)]
struct Next {
    /// From where on `found` is the next one.
    from: usize,
    found: Option<usize>,
    /// Whether it was searched for at all.
    is_known: bool,
}

impl Next {
    /// Where the mark stands next, and how many bytes were searched for it now.
    fn of(&mut self, text: &str, mark: &str, at: usize) -> (Option<usize>, usize) {
        let holds = self.is_known && at >= self.from && self.found.is_none_or(|found| found >= at);
        if holds {
            return (self.found, 0);
        }
        self.from = at;
        self.is_known = true;
        self.found = text[at..].find(mark).map(|found| at + found);
        (self.found, self.found.unwrap_or(text.len()) - at)
    }
}

/// An address: a text without spaces and quotes.
#[derive(Debug, Default)]
struct Address {
    start: usize,
    end: usize,
    /// Its last `@`.
    last_at: Option<usize>,
}

impl Ahead {
    /// How many bytes were searched so far for what lies ahead.
    pub(super) fn searched(&self) -> usize {
        self.searched
    }

    fn braces(&mut self, text: &str, at: usize) -> Option<usize> {
        let (found, searched) = self.braces.of(text, "}}", at);
        self.searched += searched;
        found
    }

    fn end(&mut self, text: &str, at: usize) -> Option<usize> {
        let (found, searched) = self.end.of(text, "-----END ", at);
        self.searched += searched;
        found
    }

    /// Length of a reference that begins at a place: it says where a value comes from, not what it is.
    pub(super) fn reference(&mut self, text: &str, at: usize) -> Option<usize> {
        let rest = &text[at..];
        if rest.starts_with("{{resolve:") || rest.starts_with("{{changeSet:") {
            return self.braces(text, at).map(|end| end + 2 - at);
        }
        let inner = rest.strip_prefix("${")?;
        let end = inner.find(['}', '{', '\n', '$', ' ', '"', '\''])?;
        // A default value that a shell would take is none: it may be a secret.
        let has_default = inner[..end].contains(":-") || inner[..end].contains(":=");
        if inner[end..].starts_with('}') {
            return Some(end + 3).filter(|_| !has_default);
        }
        // What is imported, and a reference to what is made anew, hold a space.
        let end = inner
            .char_indices()
            .take_while(|(at, _)| *at < LONGEST_SYMBOL)
            .find(|(_, character)| matches!(character, '}' | '{' | '\n' | '$' | '"' | '\''))
            .filter(|(_, character)| *character == '}')?
            .0;
        is_reference(&rest[..end + 3]).then_some(end + 3)
    }

    /// Length of a private key that begins at a place; one without an end goes on to the end of the text.
    pub(super) fn private_key(&mut self, text: &str, at: usize) -> Option<usize> {
        let head = text[at..].strip_prefix("-----BEGIN ")?;
        let title = &head[..head.find("-----").unwrap_or(head.len())];
        if !title.contains("PRIVATE KEY") && !title.contains("SECRET") {
            return None;
        }
        let Some(end) = self.end(text, at) else {
            return Some(text.len() - at);
        };
        let tail = &text[end + "-----END ".len()..];
        Some(
            tail.find("-----")
                .map_or(text.len() - at, |length| end + "-----END ".len() + length + 5 - at),
        )
    }

    /// The password in `://user:password@host`: how much stands before it, and its length. Also what stands there alone,
    /// when it is not a plain user's name.
    pub(super) fn userinfo(&mut self, text: &str, at: usize) -> Option<(usize, usize)> {
        let after = text[at..].strip_prefix("://")?;
        let start = text.len() - after.len();
        let (end, last_at) = self.address(text, start);
        let last_at = last_at.filter(|at| *at >= start)? - start;
        let address = &text[start..end];
        let authority = address.find(['/', '?', '#']).unwrap_or(address.len());
        let at = match address[..authority].rfind('@') {
            // A password may itself hold `@` and `/`, so the last `@` is the one that ends it.
            Some(at) if address[..at].contains(':') => last_at,
            Some(at) => at,
            // Or only `/`; a port is a number.
            None => {
                let (_, password) = address[..authority].split_once(':')?;
                let is_port = !password.is_empty() && password.bytes().all(|byte| byte.is_ascii_digit());
                Some(last_at).filter(|_| !is_port)?
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

    /// Where the address ends that a place is in, and where its last `@` stands.
    fn address(&mut self, text: &str, start: usize) -> (usize, Option<usize>) {
        if !(self.address.start..self.address.end).contains(&start) {
            let end = text[start..]
                .find([' ', '\t', '\n', '"', '\'', '<', '>', '`'])
                .map_or(text.len(), |length| start + length);
            let last_at = text[start..end].rfind('@').map(|at| start + at);
            self.searched += end - start;
            self.address = Address { start, end, last_at };
        }
        (self.address.end, self.address.last_at)
    }
}

/// Longest reference with spaces in it.
const LONGEST_SYMBOL: usize = 1_024;
