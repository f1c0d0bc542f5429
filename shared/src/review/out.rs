//! What a rendering is written into: it tells our own markup from texts, which it makes visible and escapes.
//!
//! Only literals, numbers, what is written for the same medium, and [`Masked`] can be put into an [`Out`]; a text from
//! elsewhere that nobody masked is no such thing, so it cannot reach a reader.

use std::borrow::Cow;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::domain::secrecy::{Line, Masked};

/// Puts parts into a document, one after the other.
macro_rules! put {
    ($out:expr, $($part:expr),+ $(,)?) => {{
        let out = &mut *$out;
        $($crate::review::out::Printed::print(&$part, out);)+
    }};
}
pub(super) use put;

/// Parts of a document, one after the other.
macro_rules! out {
    ($($part:expr),+ $(,)?) => {{
        let mut out = $crate::review::out::Out::new();
        $($crate::review::out::Printed::print(&$part, &mut out);)+
        out
    }};
}
pub(super) use out;

/// A kind of document.
pub(super) trait Medium: Sized {
    /// Appends a text in which everything is visible so that it takes effect as nothing but a text.
    fn escape(out: &mut String, text: &str);

    /// Appends such a text as code: a name, a pattern, an id.
    fn code(out: &mut String, text: &str) {
        Self::escape(out, text);
    }

    /// Appends a link, where the medium has links and the address is one.
    fn link(out: &mut Out<Self>, name: &dyn Printed<Self>, url: &Masked);
}

/// Plain text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plain;
/// HTML, between elements and in attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Html;
/// Markdown, as GitHub renders it: texts stand in code spans.
#[derive(Debug, Clone, Copy)]
pub(super) struct Markdown;

impl Medium for Plain {
    fn escape(out: &mut String, text: &str) {
        out.push_str(text);
    }

    /// Only the name: addresses stand on lines of their own in a mail.
    fn link(out: &mut Out<Self>, name: &dyn Printed<Self>, _: &Masked) {
        name.print(out);
    }
}

impl Medium for Html {
    fn escape(out: &mut String, text: &str) {
        let mut kept = 0;
        for (at, byte) in text.bytes().enumerate() {
            let escaped = match byte {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                b'\'' => "&#39;",
                _ => continue,
            };
            out.push_str(&text[kept..at]);
            out.push_str(escaped);
            kept = at + 1;
        }
        out.push_str(&text[kept..]);
    }

    fn code(out: &mut String, text: &str) {
        out.push_str("<code>");
        Self::escape(out, text);
        out.push_str("</code>");
    }

    /// The address as text where it is not one.
    fn link(out: &mut Out<Self>, name: &dyn Printed<Self>, url: &Masked) {
        if let Some(address) = url.link() {
            out.text.push_str("<a href=\"");
            Self::escape(&mut out.text, address);
            out.text.push_str("\" rel=\"noreferrer noopener\">");
            name.print(out);
            out.text.push_str("</a>");
        } else {
            name.print(out);
            put!(out, " ", Code(url));
        }
    }
}

impl Medium for Markdown {
    /// A code span that holds the text as it is: no mention, link, image or markup in it takes effect.
    fn escape(out: &mut String, text: &str) {
        if text.is_empty() {
            out.push_str("` `");
            return;
        }
        let fence = longest_run(text, '`') + 1;
        // One space at each end is taken off again; it keeps backticks at the ends apart from the fence.
        let is_padded = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
        let pad = if is_padded { " " } else { "" };
        out.extend(std::iter::repeat_n('`', fence));
        out.extend([pad, text, pad]);
        out.extend(std::iter::repeat_n('`', fence));
    }

    /// The address as text where it is not one.
    fn link(out: &mut Out<Self>, name: &dyn Printed<Self>, url: &Masked) {
        if let Some(address) = url.link() {
            out.text.push('[');
            name.print(out);
            out.text.extend(["](", address, ")"]);
        } else {
            name.print(out);
            put!(out, " ", url);
        }
    }
}

/// A document, or a part of one.
#[derive(Debug, Clone)]
pub(super) struct Out<M> {
    text: String,
    medium: PhantomData<M>,
}

impl<M> Out<M> {
    pub(super) fn new() -> Self {
        Self::with_capacity(0)
    }

    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self {
            text: String::with_capacity(bytes),
            medium: PhantomData,
        }
    }

    /// Length in bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether it is longer than so many characters. Bytes are at least as many as characters.
    pub(super) fn is_longer_than(&self, characters: usize) -> bool {
        self.text.len() > characters && self.text.chars().count() > characters
    }

    /// Takes back what was written after it had this length.
    pub(super) fn back_to(&mut self, length: usize) {
        self.text.truncate(length);
    }

    /// Cuts it to at most so many bytes, at a character.
    pub(super) fn shorten(&mut self, most: usize) {
        let mut end = self.text.len().min(most);
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        self.text.truncate(end);
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

impl<M: Medium> Out<M> {
    /// A link where the medium has links and the address is one.
    pub(super) fn link(&mut self, name: &dyn Printed<M>, url: &Masked) {
        M::link(self, name, url);
    }

    /// Parts with words of ours between them.
    pub(super) fn joined(parts: impl IntoIterator<Item = impl Printed<M>>, between: &'static str) -> Self {
        let mut out = Self::new();
        for (at, part) in parts.into_iter().enumerate() {
            put!(&mut out, if at > 0 { between } else { "" }, part);
        }
        out
    }
}

impl Out<Markdown> {
    /// Lines as a block of the notation of `diff`, in a fence longer than any in them.
    pub(super) fn diff(&mut self, lines: &Out<Plain>) {
        self.block("diff", lines);
    }

    /// Lines as a block of code in this language, in a fence longer than any in them.
    pub(super) fn block(&mut self, language: &'static str, lines: &Out<Plain>) {
        let fence = longest_run(&lines.text, '`').max(2) + 1;
        let push_fence = |text: &mut String| text.extend(std::iter::repeat_n('`', fence));
        push_fence(&mut self.text);
        self.text.extend([language, "\n", &lines.text]);
        push_fence(&mut self.text);
    }

    /// Elements of HTML within Markdown.
    pub(super) fn html(&mut self, part: &Out<Html>) {
        self.text.push_str(&part.text);
    }

    /// A link from the digits of an id. What is no id stands in a code span.
    pub(super) fn link_of_id(&mut self, id: &Masked, url: &Masked) {
        let shown = id.visible();
        if shown.bytes().all(|byte| byte.is_ascii_alphanumeric()) && url.link().is_some() {
            let mut name = Self::new();
            name.text.push_str(&shown);
            self.link(&name, url);
        } else {
            self.link(id, url);
        }
    }
}

impl Out<Html> {
    /// Bytes in base 64, none of whose characters means anything in HTML.
    pub(super) fn base64(bytes: &[u8]) -> Self {
        let mut out = Self::new();
        STANDARD.encode_string(bytes, &mut out.text);
        out
    }

    /// A link that looks like a button; nothing where the address is not one.
    pub(super) fn button(&mut self, name: &'static str, url: &Masked) {
        if let Some(address) = url.link() {
            self.text.push_str("<a class=\"button\" href=\"");
            Html::escape(&mut self.text, address);
            self.text.extend(["\" rel=\"noreferrer noopener\">", name, "</a>"]);
        }
    }
}

/// What can be put into a document.
pub(super) trait Printed<M> {
    /// Appends it.
    fn print(&self, out: &mut Out<M>);
}

/// A text that stands as code: a name, a pattern, an id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code<'m>(pub(super) &'m Masked);

impl<M: Medium> Printed<M> for Code<'_> {
    fn print(&self, out: &mut Out<M>) {
        M::code(&mut out.text, &self.0.visible());
    }
}

/// Our own markup and words.
impl<M> Printed<M> for &'static str {
    fn print(&self, out: &mut Out<M>) {
        out.text.push_str(self);
    }
}

impl<M: Medium> Printed<M> for Masked {
    fn print(&self, out: &mut Out<M>) {
        M::escape(&mut out.text, &self.visible());
    }
}

impl<M: Medium> Printed<M> for &Masked {
    fn print(&self, out: &mut Out<M>) {
        M::escape(&mut out.text, &self.visible());
    }
}

impl<M: Medium> Printed<M> for Cow<'_, Masked> {
    fn print(&self, out: &mut Out<M>) {
        M::escape(&mut out.text, &self.visible());
    }
}

impl<M: Medium> Printed<M> for Line<'_> {
    fn print(&self, out: &mut Out<M>) {
        M::escape(&mut out.text, &self.visible());
    }
}

impl<M> Printed<M> for Out<M> {
    fn print(&self, out: &mut Out<M>) {
        out.text.push_str(&self.text);
    }
}

impl<M> Printed<M> for usize {
    fn print(&self, out: &mut Out<M>) {
        out.text.push_str(&self.to_string());
    }
}

impl<M> Printed<M> for u64 {
    fn print(&self, out: &mut Out<M>) {
        out.text.push_str(&self.to_string());
    }
}

impl<M> Printed<M> for u32 {
    fn print(&self, out: &mut Out<M>) {
        out.text.push_str(&self.to_string());
    }
}

impl<M, P: Printed<M>> Printed<M> for Option<P> {
    fn print(&self, out: &mut Out<M>) {
        if let Some(part) = self {
            part.print(out);
        }
    }
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}
