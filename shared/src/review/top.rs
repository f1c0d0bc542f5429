//! The top of every rendering: where, what is asked, how risky, by whom, and how to answer.

use super::gates::Gates;
use super::out::{Code, Medium, Out, out, put};
use super::words;
use crate::domain::actions::{APPLY_STAGE, RELEASE};
use crate::domain::change_set::ask::Ask;
use crate::domain::change_set::review::{Review, RunFacts};
use crate::domain::secrecy::{Masked, masked};

/// Most names in one sentence; the others are counted.
const MOST_NAMES: usize = 10;

/// `production · account 111122223333 · eu-west-1`; empty when none of it is known.
pub(super) fn place<M: Medium>(review: &Review) -> Out<M> {
    let mut parts: Vec<Out<M>> = Vec::new();
    parts.extend(review.run.iter().map(|run| out![run.environment]));
    parts.extend(review.stack.account.iter().map(|account| out!["account ", account]));
    parts.extend(review.stack.region.iter().map(|region| out![region]));
    Out::joined(parts, " · ")
}

/// What the reader is asked: `orders: approve this change?`
pub(super) fn question<M: Medium>(review: &Review) -> Out<M> {
    let title = || -> Out<M> {
        match &review.run {
            Some(run) if run.is_root => out!["The gates themselves"],
            _ => out![review.title],
        }
    };
    if review.stack.failure.is_some() {
        return out![title(), ": the change set failed"];
    }
    match &review.run {
        None => title(),
        Some(run) => match (run.ask.approvals, run.ask.release) {
            (0, false) => out![title(), ": this change needs no approval"],
            (0, true) => out![title(), ": release this change?"],
            _ => out![title(), ": approve this change?"],
        },
    }
}

/// `1 replaced, 2 changed`; `no resource changes` when none does.
pub(super) fn counts<M: Medium>(review: &Review) -> Out<M> {
    if review.run.as_ref().is_some_and(|run| run.is_root) && !review.gates.is_empty() {
        return Gates::of(review).counts();
    }
    let parts = words::count_parts(&review.counts);
    if parts.is_empty() {
        return out!["no resource changes"];
    }
    let parts = parts
        .into_iter()
        .map(|(count, word)| -> Out<M> { out![count, " ", word] });
    Out::joined(parts, ", ")
}

/// Who made the change, and what brought it: `octocat, hubot, pull request #42 Orders v2, 2 commits`.
pub(super) fn origin<M: Medium>(review: &Review) -> Option<Out<M>> {
    let run = review.run.as_ref()?;
    let mut parts: Vec<Out<M>> = Vec::new();
    let authors = words::authors(review);
    if !authors.is_empty() {
        parts.push(out![
            "by ",
            names(authors.len(), authors.into_iter().map(|author| out![author]))
        ]);
    }
    let numbers = words::pull_requests(review);
    let pulls = run.commits.iter().filter_map(|commit| commit.pull_request.as_ref());
    if let ([number], Some(pull)) = (numbers.as_slice(), pulls.clone().next()) {
        let mut part: Out<M> = out!["pull request "];
        pull_number(&mut part, *number, pull.url.as_ref());
        put!(&mut part, " ", pull.title);
        parts.push(part);
    } else if !numbers.is_empty() {
        let links = numbers.iter().map(|number| {
            let url = pulls.clone().find(|pull| pull.number == *number);
            let mut part = Out::<M>::new();
            pull_number(&mut part, *number, url.and_then(|pull| pull.url.as_ref()));
            part
        });
        parts.push(out!["pull requests ", names(numbers.len(), links)]);
    }
    match run.commits.len() {
        0 => {}
        1 => parts.push(out!["1 commit"]),
        many => parts.push(out![many, " commits"]),
    }
    (!parts.is_empty()).then(|| Out::joined(parts, ", "))
}

fn pull_number<M: Medium>(out: &mut Out<M>, number: u64, url: Option<&Masked>) {
    let name: Out<M> = out!["#", number];
    if let Some(url) = url {
        out.link(&name, url);
    } else {
        put!(out, masked!["#", number]);
    }
}

/// At most [`MOST_NAMES`] of `count` names, and how many there are more.
fn names<M: Medium>(count: usize, all: impl Iterator<Item = Out<M>>) -> Out<M> {
    let more = count.saturating_sub(MOST_NAMES);
    let mut out = Out::joined(all.take(MOST_NAMES), ", ");
    if more > 0 {
        put!(&mut out, " and ", more, " more");
    }
    out
}

/// What is asked of whom.
pub(super) struct Asked<M> {
    /// The sentence to begin with, without its end: `Waiting for 2 approvals`.
    pub(super) lead: &'static str,
    /// The rest of it.
    pub(super) whom: Out<M>,
    /// Sentences that follow.
    pub(super) sentences: Vec<Out<M>>,
}

/// What the review asks of people; `None` when nobody can approve it: without a run, or when the change set failed.
pub(super) fn asked<M: Medium>(review: &Review) -> Option<Asked<M>> {
    let run = review.run.as_ref().filter(|_| review.stack.failure.is_none())?;
    let ask = &run.ask;
    let lead = match (ask.approvals, ask.release) {
        (0, false) => "No approval is needed",
        (0, true) => "Waiting for the release",
        (1, _) => "Waiting for 1 approval",
        _ => "Waiting for 2 approvals",
    };
    let is_asked = ask.approvals > 0 || ask.release;
    let whom = if is_asked { whom(ask) } else { out!["."] };
    let mut sentences = Vec::new();
    if ask.approvals > 0 && !ask.authors.may_approve {
        sentences.extend(authors(ask));
    }
    if ask.approvals > 0 && ask.release {
        sentences.push(out!["After that somebody approves ", RELEASE, " in maintenance hours."]);
    }
    if ask.require_pull_request {
        sentences.push(out![
            "Every commit must have come through a pull request that somebody else approved."
        ]);
    }
    if run.is_root {
        sentences.push(out![
            "Only the pipelines change; each stack is planned and asked about on its own afterwards."
        ]);
    }
    if is_asked {
        sentences.push(out!["Asked ", ask.asked, "; unanswered, the run ends ", ask.until, "."]);
    }
    sentences.extend(run.window.iter().map(|window| out!["Window: ", window, "."]));
    Some(Asked { lead, whom, sentences })
}

fn whom<M: Medium>(ask: &Ask<Masked>) -> Out<M> {
    match ask.approvers.as_deref() {
        Some([]) => out![", but the gate lists nobody who may approve: this change cannot be executed."],
        Some(listed) => {
            let listed = names(listed.len(), listed.iter().map(|pattern| out![Code(pattern)]));
            let words = if ask.approvals > 1 {
                " by different people among "
            } else {
                " by anyone among "
            };
            out![words, listed, "."]
        }
        None if ask.approvals > 1 => out![" by different people; IAM decides who may."],
        None => out!["; IAM decides who may give it."],
    }
}

/// Who made the change, and so may not approve it alone.
fn authors<M: Medium>(ask: &Ask<Masked>) -> Vec<Out<M>> {
    let mut sentences = Vec::new();
    let listed: Out<M> = names(
        ask.authors.logins.len(),
        ask.authors.logins.iter().map(|login| out![login]),
    );
    if !ask.authors.logins.is_empty() {
        sentences.push(if ask.approvals > 1 {
            out![
                listed,
                " made this change: at least one approval must come from somebody else."
            ]
        } else {
            out![listed, " made this change and may not approve it."]
        });
    }
    if ask.authors.are_in_doubt {
        sentences.push(out![
            "Others may have made it too, so two approvers are needed who are not known to have."
        ]);
    }
    sentences
}

/// Commands that answer the request for approval, a line each.
pub(super) struct Commands {
    pub(super) approve: Vec<Masked>,
    pub(super) reject: Vec<Masked>,
}

/// Commands for a POSIX shell; `None` where nothing is asked.
///
/// The commands look up the token of this run. When another run has taken its place they find nothing, so that nobody
/// answers for a change that they did not see. `--result` is JSON, because the AWS CLI splits its short form at commas:
/// <https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-shorthand.html>.
pub(super) fn commands(review: &Review) -> Option<Commands> {
    let run = review.run.as_ref().filter(|_| review.stack.failure.is_none())?;
    let execution = run.execution.visible();
    let is_id = execution
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let is_asked = run.ask.approvals > 0 || run.ask.release;
    (is_asked && is_id).then(|| Commands {
        approve: answer(review, run, r#"'{"status":"Approved","summary":"reviewed"}'"#),
        reject: answer(review, run, r#"'{"status":"Rejected","summary":"say why here"}'"#),
    })
}

fn answer(review: &Review, run: &RunFacts<Masked>, result: &'static str) -> Vec<Masked> {
    let region = review.stack.region.as_ref();
    let region = region.map(|region| masked![" --region ", region.shell_word()]);
    let pipeline = run.pipeline.shell_word();
    let query = masked![
        "stageStates[?stageName=='",
        APPLY_STAGE,
        "' && latestExecution.pipelineExecutionId=='",
        run.execution,
        "'].actionStates[] | [?latestExecution.status=='InProgress' && latestExecution.token]",
        ".[actionName, latestExecution.token] | [0]",
    ];
    vec![
        masked![
            "set -- $(aws codepipeline get-pipeline-state",
            region,
            " --name ",
            pipeline,
            " --output text \\",
        ],
        masked!["  --query ", query.shell_word(), ")"],
        masked![
            "aws codepipeline put-approval-result",
            region,
            " --pipeline-name ",
            pipeline,
            " --stage-name ",
            APPLY_STAGE,
            " \\",
        ],
        masked!["  --action-name \"$1\" --token \"$2\" --result ", result],
    ]
}
