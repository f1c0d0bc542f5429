//! What a review in plain text says of its run: the question, how to answer it, what it rests on, where it comes from.

use super::title;
use crate::domain::change_set::review::{Review, RunFacts};
use crate::domain::secrecy::{Masked, masked};
use crate::review::commits::Commits;
use crate::review::out::{Out, Plain, Printed, put};
use crate::review::{top, words};

pub(super) fn head(out: &mut Out<Plain>, review: &Review) {
    let place = top::place::<Plain>(review);
    if !place.is_empty() {
        put!(out, place, "\n");
    }
    put!(out, top::question::<Plain>(review), "\n");
    if let Some(level) = review.risk.level {
        put!(out, level.loud_name(), " RISK: ", top::counts::<Plain>(review), "\n");
    } else {
        put!(out, "Result: the change set FAILED and cannot be executed\n");
    }
    if let Some(origin) = top::origin::<Plain>(review) {
        put!(out, origin, "\n");
    }
    put!(
        out,
        "========================================================================\n"
    );
    if let Some(asked) = top::asked::<Plain>(review) {
        put!(out, asked.lead, asked.whom, "\n");
        for sentence in asked.sentences {
            put!(out, sentence, "\n");
        }
    }
    if let Some(run) = &review.run {
        put!(out, "\n");
        if let Some(page) = &run.ask.page {
            fact(out, "Approval", page);
        }
        fact(out, "Review", &run.link);
    }
}

/// How to answer.
pub(super) fn commands(out: &mut Out<Plain>, review: &Review) {
    if let Some(commands) = top::commands(review) {
        title(out, "APPROVE OR REJECT FROM A TERMINAL");
        for line in &commands.approve {
            put!(out, line, "\n");
        }
        put!(out, "\n");
        for line in &commands.reject {
            put!(out, line, "\n");
        }
    }
}

/// What the review rests on: for whoever checks it, not for whoever reads it.
pub(super) fn evidence(out: &mut Out<Plain>, review: &Review) {
    title(out, "EVIDENCE");
    if let Some(run) = &review.run {
        fact(out, "Digest", &run.digest);
        let attempt = masked![run.pipeline, " ", run.execution, ", attempt ", run.attempt];
        fact(out, "Run", &attempt);
        fact(out, "Made", &run.made);
    }
    fact(out, "Stack", &review.stack.name);
    if review.stack.is_new {
        row(out, "", &"the stack is created");
    }
    for (name, value) in words::stack_facts(review) {
        fact(out, name, value);
    }
    if review.stack.change_set.is_none() {
        row(out, "Change set", &"none: only the stack policy changes");
    }
}

/// Spaces that make a name as wide as the others.
const PAD: &str = "            ";

fn row(out: &mut Out<Plain>, name: &'static str, value: &dyn Printed<Plain>) {
    put!(out, name, &PAD[name.len().min(PAD.len())..]);
    value.print(out);
    put!(out, "\n");
}

fn fact(out: &mut Out<Plain>, name: &'static str, value: &Masked) {
    if !value.is_empty() {
        row(out, name, &value);
    }
}

pub(super) fn context(out: &mut Out<Plain>, run: &RunFacts<Masked>) {
    title(out, "WHERE IT COMES FROM");
    let commits = Commits::of(run);
    for commit in commits.newest {
        put!(out, "  ", commit.sha.start(10), " ", commit.subject, "\n      by ");
        if commit.authenticated.is_empty() {
            put!(out, commit.author_text, " (not authenticated)\n");
        } else {
            put!(out, Masked::joined(&commit.authenticated, ", "), "\n");
        }
        if let Some(pull) = &commit.pull_request {
            put!(out, "      pull request #", pull.number, " ", pull.title, "\n");
            for verdict in &pull.verdicts {
                put!(out, "        ", verdict, "\n");
            }
        }
    }
    for (count, what) in [
        (commits.older.len(), " more commits"),
        (commits.merges.len(), " merges"),
    ] {
        if count > 0 {
            put!(out, "  and ", count, what, "\n");
        }
    }
    for text in [&run.commits_incomplete, &run.compare_url, &run.changed_elsewhere]
        .into_iter()
        .flatten()
    {
        put!(out, "  ", text, "\n");
    }
    if let Some(last) = &run.last_executed {
        put!(
            out,
            "  last executed through the gate: ",
            last.commit,
            " at ",
            last.at,
            "\n"
        );
    }
    for text in &run.waiting {
        put!(out, "  ", text, "\n");
    }
}
