//! Where a change comes from, and what goes on around it.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{DescribeSettings, Ports, Run};
use crate::domain::authors::authenticated;
use crate::domain::change_set::ask::Ask;
use crate::domain::change_set::review::{CommitFacts, LastExecuted, PullRequestFacts, RunFacts};
use crate::domain::change_set::tree::{ChangeSetTree, PlacedChangeSet, join};
use crate::domain::console;
use crate::domain::executed::Executed;
use crate::domain::provenance::Commit;
use crate::domain::sha256::Sha256;
use crate::domain::sync::pin::RepositoryId;
use crate::domain::window::WindowState;
use crate::flows::FlowError;
use crate::flows::digest_inputs::DigestInputs;
use crate::flows::ports::{Clock, PortError, PortErrorKind, ReadChangeSets, ReadObjects, ReadPipelines, Stack};
use crate::flows::run_sources::{RunOfStack, Sources, last_executed, not_together};

/// How many runs of the pipeline are looked at.
const RUNS: u8 = 20;

/// What was found.
pub(super) struct Found {
    /// The repository that is told.
    pub(super) repository: Option<RepositoryId>,
    pub(super) run: RunFacts,
    /// Source versions that were executed last: source action name to version id.
    pub(super) last_template_versions: BTreeMap<String, String>,
}

pub(super) async fn read<P, C, S, E, N, G, K>(
    ports: &Ports<'_, P, C, S, E, N, G, K>,
    settings: &DescribeSettings,
    run: &Run,
    stack: Option<&Stack>,
    digest: Sha256,
    link: &str,
    warnings: &mut Vec<String>,
) -> Result<Found, FlowError>
where
    P: ReadPipelines,
    S: ReadObjects,
    E: ReadObjects,
    K: Clock,
{
    let proven = &run.proven;
    let last = last_executed(ports.evidence, &proven.pipeline).await?;
    warnings.extend(stack.and_then(|stack| new_service_role(run, stack, last.as_ref())));
    let of = RunOfStack {
        environment: &settings.environment,
        gate: &proven.gate,
        is_root: proven.is_root,
        actions: &proven.actions,
    };
    let mut sources = Sources::of(ports.source, of).await?;
    if let Some(apart) = sources.apart(ports.source).await? {
        return Err(not_together(&apart));
    }
    let range = sources
        .commit_range(
            ports.source,
            ports.evidence,
            last.as_ref(),
            &settings.proof.root_pipeline,
        )
        .await?;
    let now = ports.clock.now();
    let console = console::run_page(&settings.topic, &proven.pipeline, &proven.execution);
    let ask = Ask::of(&proven.gate, &range.authors(), now, console);
    let page = |path: &str| format!("{}/{}/{path}", settings.web_url, settings.repository);
    let commits: Vec<_> = range.commits.iter().map(|commit| facts(commit, &page)).collect();
    let gaps: Vec<_> = range.gaps.iter().map(ToString::to_string).collect();
    let waiting = waiting(ports.pipelines, proven).await?;
    let window = proven.gate.window.as_ref().map(|window| {
        let state = match window.state_at(now) {
            Ok(WindowState::Open) => "open now".to_owned(),
            Ok(WindowState::Closed { opens: Some(opens) }) => format!("closed now, opens {opens}"),
            Ok(WindowState::Closed { opens: None }) => "closed, and it does not open within two weeks".to_owned(),
            Err(error) => {
                warnings.push(error.to_string());
                "unknown".to_owned()
            }
        };
        format!("{window}: {state}")
    });
    Ok(Found {
        repository: range.repository,
        run: RunFacts {
            environment: settings.environment.clone(),
            pipeline: proven.pipeline.clone(),
            execution: proven.execution.clone(),
            attempt: run.attempt,
            made: now.to_string(),
            digest: digest.to_string(),
            link: link.to_owned(),
            commit: run.planned.commit.clone(),
            commits_incomplete: (!gaps.is_empty()).then(|| format!("There may be more commits: {}.", gaps.join("; "))),
            compare_url: last
                .as_ref()
                .filter(|last| last.commit != run.planned.commit)
                .map(|last| page(&format!("compare/{}...{}", last.commit, run.planned.commit))),
            commits,
            changed_elsewhere: stack
                .filter(|_| run.planned.change_set_type != "CREATE")
                .and_then(|stack| changed_elsewhere(stack, last.as_ref())),
            last_executed: last.as_ref().map(|last| LastExecuted {
                commit: last.commit.clone(),
                at: last.executed_at.clone(),
            }),
            waiting,
            ask,
            is_root: proven.is_root,
            window,
        },
        last_template_versions: last.map(|last| last.source_versions).unwrap_or_default(),
    })
}

/// What the first change of a stack that was made without Changegate does for ever.
///
/// "When you specify a service role, CloudFormation always uses that role for all operations that are performed on that
/// stack. It is not possible to remove a service role attached to a stack after the stack is created":
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html>
fn new_service_role(run: &Run, stack: &Stack, last: Option<&Executed>) -> Option<String> {
    let is_adopted = last.is_none() && run.planned.change_set_type != "CREATE" && run.planned.change_set_arn.is_some();
    let deployer = &run.proven.gate.deployer;
    match &stack.role_arn {
        None if is_adopted => Some(format!(
            "the stack has no service role; this change gives it {deployer} for ever: CloudFormation cannot take a service \
             role away from a stack, only replace it"
        )),
        Some(role) if role != deployer => Some(format!(
            "the stack's service role is {role}; from this change on it is {deployer}"
        )),
        _ => None,
    }
}

fn facts(commit: &Commit, page: &impl Fn(&str) -> String) -> CommitFacts {
    let mut known: Vec<_> = authenticated(commit).map(|account| account.login.clone()).collect();
    let mut seen = std::collections::HashSet::new();
    known.retain(|login| seen.insert(login.to_lowercase()));
    CommitFacts {
        sha: commit.sha.clone(),
        subject: commit.subject.clone(),
        is_merge: commit.is_merge,
        authenticated: known,
        author_text: commit.author_text.clone(),
        url: Some(page(&format!("commit/{}", commit.sha))),
        pull_request: commit.pull_request.as_ref().map(|pull| PullRequestFacts {
            number: pull.number,
            title: pull.title.clone(),
            author: pull.author.login.clone(),
            merged_by: pull.merged_by.as_ref().map(|account| account.login.clone()),
            verdicts: pull
                .reviews
                .iter()
                .map(|review| format!("{}: {}", review.reviewer, review.state.to_lowercase().replace('_', " ")))
                .collect(),
            url: Some(page(&format!("pull/{}", pull.number))),
        }),
    }
}

fn changed_elsewhere(stack: &Stack, last: Option<&Executed>) -> Option<String> {
    let now = stack.last_updated.as_deref().or(stack.created.as_deref());
    match last {
        None => Some(format!(
            "This stack has never been changed through the gate; it last changed at {}.",
            now.unwrap_or("an unknown time")
        )),
        Some(last) if !is_same_time(last.stack_last_changed.as_deref(), now) => Some(format!(
            "This stack was changed outside the gate at {}, after its last execution through the gate at {}.",
            now.unwrap_or("an unknown time"),
            last.executed_at
        )),
        Some(_) => None,
    }
}

/// What else is going on in this pipeline.
async fn waiting(
    pipelines: &impl ReadPipelines,
    proven: &crate::flows::prove_job::ProvenJob,
) -> Result<Vec<String>, FlowError> {
    let runs = pipelines.pipeline_executions(&proven.pipeline, RUNS).await?;
    Ok(runs
        .into_iter()
        .filter(|run| run.id != proven.execution && matches!(run.status.as_str(), "InProgress" | "Stopping"))
        .map(|run| {
            let since = run.started.map(|since| format!(" since {since}")).unwrap_or_default();
            format!("Another run of this pipeline is under way{since}: {}.", run.id)
        })
        .collect())
}

/// Asks which hooks are invoked, of those change sets alone that have any. The call only informs: where it is denied,
/// a warning says what is not known.
pub(super) async fn hooks(
    cloudformation: &impl ReadChangeSets,
    tree: Option<&mut ChangeSetTree>,
) -> Result<Vec<String>, FlowError> {
    let mut unknown = Vec::new();
    for set in tree.into_iter().flat_map(|tree| &mut tree.sets) {
        if set.description.has_hooks() {
            match cloudformation.change_set_hooks((&set.description).into()).await {
                Ok(told) => set.hooks = Some(told),
                Err(error) if error.kind == PortErrorKind::Denied => {
                    unknown.push(not_told("which hooks the execution invokes", set, &error));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(unknown)
}

/// What the review cannot tell of a change set, because the call that tells it is denied.
fn not_told(what: &str, set: &PlacedChangeSet, error: &PortError) -> String {
    let name = &set.description.stack_name;
    format!("{what} of stack `{name}` is not known, because CloudFormation may not be asked: {error}")
}

/// What CloudFormation's validation before deployment warns of. Where it may not be asked, that is a warning too.
pub(super) async fn validations(
    cloudformation: &impl ReadChangeSets,
    inputs: &DigestInputs,
) -> Result<Vec<String>, FlowError> {
    let mut found = Vec::new();
    for set in inputs.tree.iter().flat_map(|tree| &tree.sets) {
        let events = match cloudformation.change_set_events(&set.description.change_set_id).await {
            Ok(events) => events,
            Err(error) if error.kind == PortErrorKind::Denied => {
                found.push(not_told("what the validation before deployment warns of", set, &error));
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        for event in events {
            let place = join(&set.path, &event.logical_id);
            let mut text = format!("{place} ({})", event.resource_type);
            for part in [
                &event.validation_name,
                &event.validation_status,
                &event.path,
                &event.reason,
            ] {
                if !part.is_empty() {
                    text.push_str(": ");
                    text.push_str(part);
                }
            }
            found.push(text);
        }
    }
    Ok(found)
}

/// Whether two times are the same moment, however they are written.
pub(super) fn is_same_time(left: Option<&str>, right: Option<&str>) -> bool {
    let time = |text: &str| text.parse::<Timestamp>();
    match (left, right) {
        (Some(left), Some(right)) => {
            left == right || matches!((time(left), time(right)), (Ok(left), Ok(right)) if left == right)
        }
        (left, right) => left == right,
    }
}
