//! A review as one self-contained HTML page.
//!
//! Nothing is loaded from anywhere. The policy of the page allows exactly its own style and its own script, by hash;
//! without scripts everything can still be read.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::Digest as _;

use super::escape::push_html;
use super::html_parts as parts;
use super::html_resource;
use super::words;
use crate::domain::change_set::review::Review;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Above so many resources those that only change in place begin folded.
const MANY: usize = 40;

/// The review as one HTML page.
pub fn html(review: &Review) -> String {
    let mut out = String::with_capacity(32_768 + review.resources.len() * 4_096);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '{}'; script-src '{}'; \
         base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>",
        source(STYLE),
        source(SCRIPT)
    );
    push_html(&mut out, &format!("Review of {}", review.title));
    let _ = write!(
        out,
        "</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#resources\">Skip to the resources</a>\n"
    );
    parts::header(&mut out, review);
    out.push_str("<main>\n");
    parts::findings(&mut out, review);
    parts::gates(&mut out, review);
    parts::warnings(&mut out, review);
    parts::context(&mut out, review);
    resources(&mut out, review);
    parts::settings(&mut out, review);
    parts::deferred(&mut out, review);
    parts::facts(&mut out, review);
    out.push_str("</main>\n");
    let _ = write!(out, "<script>{SCRIPT}</script>\n</body>\n</html>\n");
    out
}

fn resources(out: &mut String, review: &Review) {
    let total = review.resources.len();
    let _ = write!(
        out,
        "<section id=\"resources\" aria-labelledby=\"resources-title\">\n\
         <h2 id=\"resources-title\">Resources <small>{}</small></h2>\n",
        words::shown(&review.counts)
    );
    if total > 1 {
        out.push_str(
            "<div class=\"tools\" hidden>\n\
             <label for=\"search\">Search names, types and values (press / to come here, Escape to clear)</label>\n\
             <input id=\"search\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\">\n\
             <span class=\"buttons\"><button type=\"button\" id=\"open\">Unfold all</button>\
             <button type=\"button\" id=\"close\">Fold all</button></span>\n",
        );
        kinds(out, review);
        out.push_str("<p id=\"found\" role=\"status\"></p>\n</div>\n");
    }
    let is_calm = |resource: &crate::domain::change_set::review::ResourceReview| {
        matches!(words::sign(resource), "~" | "+" | "<-")
    };
    for (at, resource) in review.resources.iter().enumerate() {
        html_resource::resource(out, at, resource, total <= MANY || !is_calm(resource));
    }
    out.push_str("</section>\n");
}

/// A box for each kind of change that occurs, to leave the others out.
fn kinds(out: &mut String, review: &Review) {
    let kinds: Vec<_> = [
        ("replace", "replaced"),
        ("remove", "removed"),
        ("maybe", "may be replaced"),
        ("change", "changed"),
        ("add", "added or imported"),
    ]
    .into_iter()
    .map(|(class, name)| {
        let count = review
            .resources
            .iter()
            .filter(|resource| html_resource::class(resource) == class)
            .count();
        (class, name, count)
    })
    .filter(|(_, _, count)| *count > 0)
    .collect();
    if kinds.len() < 2 {
        return;
    }
    out.push_str("<fieldset class=\"kinds\"><legend>Show</legend>");
    for (class, name, count) in kinds {
        let _ = write!(
            out,
            "<label><input type=\"checkbox\" value=\"{class}\" checked> {name} ({count})</label>"
        );
    }
    out.push_str("</fieldset>\n");
}

/// A source expression of a content security policy for an inline element.
///
/// Source: <https://www.w3.org/TR/CSP3/#grammardef-hash-source>
fn source(content: &str) -> String {
    format!("sha256-{}", STANDARD.encode(sha2::Sha256::digest(content)))
}
