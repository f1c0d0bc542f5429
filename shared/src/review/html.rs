//! A review as one self-contained HTML page.
//!
//! Nothing is loaded from anywhere. The policy of the page allows exactly its own style and its own script, by hash;
//! without scripts everything can still be read.

use sha2::Digest as _;

use super::html_parts as parts;
use super::html_resource;
use super::lines::Lines;
use super::out::{Html, Out, out, put};
use super::rows::{self, Item};
use super::{top, words};
use crate::domain::change_set::review::Review;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Up to so many resources are unfolded from the start; of more, what has a finding, goes, or is replaced.
const FEW: usize = 3;
/// Above so many resources there is something to search and to choose.
const SEARCHED: usize = 8;

/// The review as one HTML page.
pub fn html(review: &Review) -> String {
    let mut out = Out::with_capacity(32_768 + review.resources.len() * 4_096);
    let lines = Lines::default();
    put!(
        &mut out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src '",
        source(STYLE),
        "'; script-src '",
        source(SCRIPT),
        "'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>",
        top::question::<Html>(review),
        "</title>\n<style>",
        STYLE,
        "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#resources\">Skip to the resources</a>\n",
    );
    parts::header(&mut out, review);
    put!(&mut out, "<main>\n");
    parts::findings(&mut out, review);
    parts::gates(&mut out, review);
    parts::warnings(&mut out, review);
    resources(&mut out, review, &lines);
    parts::settings(&mut out, review, &lines);
    parts::deferred(&mut out, review);
    parts::context(&mut out, review);
    parts::evidence(&mut out, review);
    put!(&mut out, "</main>\n<script>", SCRIPT, "</script>\n</body>\n</html>\n");
    out.finish()
}

fn resources(out: &mut Out<Html>, review: &Review, lines: &Lines) {
    let total = review.resources.len();
    put!(
        out,
        "<section id=\"resources\" aria-labelledby=\"resources-title\">\n\
         <h2 id=\"resources-title\">What changes <small>",
        words::shown(&review.counts),
        "</small></h2>\n"
    );
    if total > SEARCHED {
        put!(
            out,
            "<div class=\"tools\" hidden>\n\
             <label for=\"search\">Search names, types and values (press / to come here, Escape to clear)</label>\n\
             <input id=\"search\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\">\n\
             <span class=\"buttons\"><button type=\"button\" id=\"open\">Unfold all</button>\
             <button type=\"button\" id=\"close\">Fold all</button></span>\n"
        );
        kinds(out, review);
        put!(out, "<p id=\"found\" role=\"status\"></p>\n</div>\n");
    }
    let is_root = review.run.as_ref().is_some_and(|run| run.is_root);
    if is_root {
        put!(
            out,
            "<details class=\"pipelines\"><summary>The pipelines as CloudFormation sees them</summary>\n"
        );
    }
    for item in rows::items(review) {
        match item {
            Item::One(row) => {
                let is_calm = matches!(words::sign(row.resource), "~" | "+" | "<-");
                html_resource::resource(out, &row, total <= FEW || row.is_risky || !is_calm, lines);
            }
            Item::Alike(rows) => html_resource::alike(out, &rows, lines),
        }
    }
    if is_root {
        put!(out, "</details>\n");
    }
    put!(out, "</section>\n");
}

/// A box for each kind of change that occurs, to leave the others out.
fn kinds(out: &mut Out<Html>, review: &Review) {
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
    put!(out, "<fieldset class=\"kinds\"><legend>Show</legend>");
    for (class, name, count) in kinds {
        put!(
            out,
            "<label><input type=\"checkbox\" value=\"",
            class,
            "\" checked> ",
            name,
            " (",
            count,
            ")</label>"
        );
    }
    put!(out, "</fieldset>\n");
}

/// A source expression of a content security policy for an inline element.
///
/// Source: <https://www.w3.org/TR/CSP3/#grammardef-hash-source>
fn source(content: &'static str) -> Out<Html> {
    out!["sha256-", Out::<Html>::base64(&sha2::Sha256::digest(content))]
}
