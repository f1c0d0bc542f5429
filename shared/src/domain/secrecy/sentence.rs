//! Sentences before masking: our words and others' texts, told apart, so that nothing in a text hides a word of ours.

use std::borrow::Cow;

use super::masked::Masked;

/// A sentence of our words and of texts from elsewhere, which are not masked yet.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sentence(pub(super) Vec<Piece>);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Piece {
    Ours(Cow<'static, str>),
    Theirs(String),
    Done(Masked),
}

impl Sentence {
    /// The sentence as it stands: only for tests, which know what they planted.
    #[cfg(test)]
    pub fn raw(&self) -> String {
        self.0
            .iter()
            .map(|piece| match piece {
                Piece::Ours(text) => text.to_string(),
                Piece::Theirs(text) => text.clone(),
                Piece::Done(text) => text.visible().into_owned(),
            })
            .collect()
    }
}

/// What a sentence is put together from.
pub trait SentencePart {
    /// Appends it.
    fn add_to(self, out: &mut Sentence);
}

impl SentencePart for &'static str {
    fn add_to(self, out: &mut Sentence) {
        out.0.push(Piece::Ours(Cow::Borrowed(self)));
    }
}

impl SentencePart for String {
    fn add_to(self, out: &mut Sentence) {
        out.0.push(Piece::Theirs(self));
    }
}

impl SentencePart for &String {
    fn add_to(self, out: &mut Sentence) {
        out.0.push(Piece::Theirs(self.clone()));
    }
}

impl SentencePart for Cow<'_, str> {
    fn add_to(self, out: &mut Sentence) {
        out.0.push(Piece::Theirs(self.into_owned()));
    }
}

impl SentencePart for Masked {
    fn add_to(self, out: &mut Sentence) {
        out.0.push(Piece::Done(self));
    }
}

impl SentencePart for Sentence {
    fn add_to(self, out: &mut Sentence) {
        out.0.extend(self.0);
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl SentencePart for $number {
            fn add_to(self, out: &mut Sentence) {
                out.0.push(Piece::Ours(Cow::Owned(self.to_string())));
            }
        }
    )*};
}

numbers! { usize, u32, u64, i32, i64 }

/// Puts a sentence together: `sentence!["it gets all that ", arn, " allows"]`. Literals are our words; a `String` is
/// somebody else's.
macro_rules! sentence {
    () => {
        $crate::domain::secrecy::Sentence::default()
    };
    ($($part:expr),+ $(,)?) => {{
        let mut out = $crate::domain::secrecy::Sentence::default();
        $($crate::domain::secrecy::SentencePart::add_to($part, &mut out);)+
        out
    }};
}
pub(in crate::domain) use sentence;
