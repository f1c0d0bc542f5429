//! Text that may be shown: our own words, and what masking left of others'.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;

use super::visible::visible;

/// Text in which nothing is secret: our own words, and what masking left of others'.
///
/// It may still hold line breaks and characters that nobody sees, so it has no `Display` and gives no `&str` away: what
/// is printed is [`visible`](Self::visible), or [`lines`](Self::lines) of it.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Masked(String);

/// In JSON it is a text.
impl JsonSchema for Masked {
    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }

    fn inline_schema() -> bool {
        true
    }
}

impl Masked {
    /// What a hider left of a text.
    pub(super) fn by_hider(text: String) -> Self {
        Self(text)
    }

    /// Words of our own.
    pub fn ours(words: &'static str) -> Self {
        Self(words.to_owned())
    }

    /// The text in one line, everything in it visible.
    pub fn visible(&self) -> Cow<'_, str> {
        visible(&self.0)
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the text is exactly this one.
    pub fn is(&self, text: &str) -> bool {
        self.0 == text
    }

    /// Which of a service's known words it is; `None` when it is another.
    pub fn among(&self, words: &[&'static str]) -> Option<&'static str> {
        words.iter().copied().find(|word| self.0 == *word)
    }

    /// Whether the text ends a line.
    pub fn ends_a_line(&self) -> bool {
        self.0.ends_with('\n')
    }

    /// Whether the text has more than one line.
    pub fn has_lines(&self) -> bool {
        self.0.contains('\n')
    }

    /// Its lines; what follows the last line break is one too.
    pub fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.0.split('\n').map(Line)
    }

    /// The text without one line break at its end.
    #[must_use]
    pub fn without_last_break(&self) -> Cow<'_, Self> {
        match self.0.strip_suffix('\n') {
            Some(text) => Cow::Owned(Self(text.to_owned())),
            None => Cow::Borrowed(self),
        }
    }

    /// At most the first characters, without a word about the rest: for ids.
    #[must_use]
    pub fn start(&self, most: usize) -> Self {
        Self(self.0.chars().take(most).collect())
    }

    /// The first characters, with a word on what was left out.
    #[must_use]
    pub fn cut(&self, most: usize) -> Cow<'_, Self> {
        // Bytes are at least as many as characters, so most texts need no counting.
        if self.0.len() <= most {
            return Cow::Borrowed(self);
        }
        let count = self.0.chars().count();
        if count <= most {
            return Cow::Borrowed(self);
        }
        let kept: String = self.0.chars().take(most).collect();
        Cow::Owned(Self(format!("{kept}… ({} more characters)", count - most)))
    }

    /// The address, where the text is one that may become a link: HTTPS, or this machine.
    pub fn link(&self) -> Option<&str> {
        let url = self.0.as_str();
        let is_link =
            (url.starts_with("https://") || url.starts_with("http://localhost") || url.starts_with("http://127.0.0.1"))
                && url
                    .bytes()
                    .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'<' | b'>' | b'(' | b')' | b'`'));
        is_link.then_some(url)
    }

    /// At most so many characters, the last of them an ellipsis where something was left out.
    #[must_use]
    pub fn shortened(&self, most: usize) -> Self {
        if self.0.len() <= most || self.0.chars().count() <= most {
            return self.clone();
        }
        let mut kept: String = self.0.chars().take(most.saturating_sub(1)).collect();
        kept.push('…');
        Self(kept)
    }

    /// The text in one line that CodePipeline cannot take for a variable.
    #[must_use]
    pub fn in_one_line(&self) -> Self {
        Self(self.visible().replace("#{", "# {"))
    }

    /// The text as one word of a POSIX shell, everything in it visible.
    #[must_use]
    pub fn shell_word(&self) -> Self {
        let text = self.visible();
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:@%+=,".contains(&byte);
        if !text.is_empty() && text.bytes().all(is_plain) {
            return Self(text.into_owned());
        }
        // Between double quotes nothing else means anything, not even to an interactive shell.
        if text.contains('\'') && !text.contains(['"', '$', '`', '\\', '!']) {
            return Self(format!("\"{text}\""));
        }
        Self(format!("'{}'", text.replace('\'', r"'\''")))
    }

    /// The text in capitals.
    #[must_use]
    pub fn loud(&self) -> Self {
        Self(self.0.to_uppercase())
    }

    /// How many characters it has.
    pub fn characters(&self) -> usize {
        self.0.chars().count()
    }

    /// Whether the text, a JSON pointer, leads to a place in `part` of a resource.
    pub fn is_in(&self, part: &Self) -> bool {
        self.0
            .strip_prefix('/')
            .and_then(|pointer| pointer.strip_prefix(part.0.as_str()))
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    /// Whether the text begins so.
    pub fn starts_with(&self, start: &str) -> bool {
        self.0.starts_with(start)
    }

    /// Whether the text holds these words.
    pub fn holds(&self, words: &str) -> bool {
        self.0.contains(words)
    }
}

impl PartialEq<&str> for Masked {
    fn eq(&self, text: &&str) -> bool {
        self.is(text)
    }
}

impl fmt::Debug for Masked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.visible())
    }
}

/// One line of a text that may be shown; it may hold characters that nobody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Line<'m>(&'m str);

impl<'m> Line<'m> {
    /// The line, everything in it visible. Spaces at its end are marked: nobody sees them otherwise.
    pub fn visible(self) -> Cow<'m, str> {
        let shown = self.0.trim_end_matches(' ');
        match self.0.len() - shown.len() {
            0 => visible(self.0),
            spaces => Cow::Owned(format!("{}{}", visible(shown), "␠".repeat(spaces))),
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// What a text that may be shown is put together from: our words, numbers, and texts that may be shown.
pub trait Part {
    /// Appends it.
    fn add_to(&self, out: &mut Masked);
}

impl Part for &'static str {
    fn add_to(&self, out: &mut Masked) {
        out.0.push_str(self);
    }
}

impl Part for Masked {
    fn add_to(&self, out: &mut Masked) {
        out.0.push_str(&self.0);
    }
}

impl Part for &Masked {
    fn add_to(&self, out: &mut Masked) {
        out.0.push_str(&self.0);
    }
}

impl Part for Cow<'_, Masked> {
    fn add_to(&self, out: &mut Masked) {
        out.0.push_str(&self.0);
    }
}

impl<P: Part> Part for Option<P> {
    fn add_to(&self, out: &mut Masked) {
        if let Some(part) = self {
            part.add_to(out);
        }
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Part for $number {
            fn add_to(&self, out: &mut Masked) {
                out.0.push_str(&self.to_string());
            }
        }
    )*};
}

numbers! { usize, u32, u64, i32 }

impl Masked {
    /// The parts one after the other, with a word of ours between them.
    pub fn joined<P: Part>(parts: impl IntoIterator<Item = P>, between: &'static str) -> Self {
        let mut out = Self::default();
        for (at, part) in parts.into_iter().enumerate() {
            if at > 0 {
                out.0.push_str(between);
            }
            part.add_to(&mut out);
        }
        out
    }
}

/// Puts a text that may be shown together: `masked!["rejected by ", name]`. A text from elsewhere is no part of one: it
/// has to be masked first.
macro_rules! masked {
    ($($part:expr),* $(,)?) => {{
        let mut out = $crate::domain::secrecy::Masked::default();
        $($crate::domain::secrecy::Part::add_to(&$part, &mut out);)*
        out
    }};
}
pub(crate) use masked;
