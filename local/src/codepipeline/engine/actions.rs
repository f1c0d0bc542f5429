//! How an action begins and ends.

use super::effects::{ApprovalNotice, Artifact, Deadline, Effect, Failure, FetchSource, Fetched, Variables};
use super::events;
use super::state::{ActionRun, ActionStatus, Awaits, Pipeline, Revision};
use super::variables::resolve;
use super::world::World;
use crate::codepipeline::declaration::{Action, ActionKind, ArtifactName};

/// How an action ended.
#[derive(Debug, Clone, Default)]
pub(super) struct Success {
    pub(super) variables: Variables,
    pub(super) summary: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) revision: Option<Revision>,
    pub(super) updated_by: Option<String>,
}

impl Pipeline {
    /// Starts one execution of an action.
    pub(super) fn begin_action(&mut self, world: &mut World, run: usize, stage: usize, action: usize) {
        let declared = self.runs[run].stage(stage).actions[action].clone();
        let resolved = resolve_all(self, run, &declared);
        let inputs = self.inputs(run, &declared);
        let outputs = self.outputs(world, run, &declared.output_artifacts);
        let entry = ActionRun {
            id: world.id(),
            stage,
            action,
            status: ActionStatus::InProgress,
            started: world.now,
            updated: world.now,
            updated_by: None,
            resolved: resolved.clone().unwrap_or_default(),
            inputs,
            outputs,
            variables: Variables::new(),
            external_id: None,
            summary: None,
            percent: None,
            revision: None,
            error: None,
            awaits: Awaits::Nothing,
            approval_token: None,
        };
        let owner = &mut self.runs[run];
        owner.updated = world.now;
        owner.actions.push(entry);
        let index = owner.actions.len() - 1;
        events::action(world, self, run, index, "STARTED");
        if let Err(problem) = resolved {
            self.settle_failed(world, run, index, &Failure::new("ConfigurationError", problem));
            return;
        }
        match declared.kind() {
            Some(ActionKind::S3Source) => self.fetch_source(world, run, index, &declared),
            Some(ActionKind::LambdaInvoke) => self.begin_invoke(world, run, index),
            Some(ActionKind::ManualApproval) => self.ask_approval(world, run, index, &declared),
            None => {
                let words = format!(
                    "action '{}' is of a type that the local engine does not run",
                    declared.name
                );
                self.settle_failed(world, run, index, &Failure::new("ConfigurationError", words));
            }
        }
    }

    fn inputs(&self, run: usize, declared: &Action) -> Vec<Artifact> {
        let known = &self.runs[run].artifacts;
        declared
            .input_artifacts
            .iter()
            .filter_map(|artifact| known.get(&artifact.name).cloned())
            .collect()
    }

    /// Where the outputs go: `<pipeline>/<artifact>/<suffix>`, names cut to 20 and 10 characters as AWS does.
    fn outputs(&self, world: &mut World, run: usize, names: &[ArtifactName]) -> Vec<Artifact> {
        let declaration = &self.runs[run].declaration;
        let cut = |text: &str, length: usize| text.chars().take(length).collect::<String>();
        names
            .iter()
            .map(|artifact| Artifact {
                name: artifact.name.clone(),
                bucket: declaration.artifact_bucket().to_owned(),
                key: format!(
                    "{}/{}/{}",
                    cut(&declaration.name, 20),
                    cut(&artifact.name, 10),
                    world.key_suffix()
                ),
                revision: None,
            })
            .collect()
    }

    fn role(&self, run: usize, declared: &Action) -> String {
        declared
            .role_arn
            .clone()
            .unwrap_or_else(|| self.runs[run].declaration.role_arn.clone())
    }

    fn fetch_source(&mut self, world: &mut World, run: usize, index: usize, declared: &Action) {
        let role = self.role(run, declared);
        let owner = &mut self.runs[run];
        let pinned = owner.pins.get(&declared.name).cloned();
        let entry = &mut owner.actions[index];
        entry.awaits = Awaits::Source;
        let part = |key: &str| entry.resolved.get(key).cloned().unwrap_or_default();
        let fetch = FetchSource {
            pipeline: owner.declaration.name.clone(),
            action_execution: entry.id.clone(),
            role,
            bucket: part("S3Bucket"),
            key: part("S3ObjectKey"),
            version: pinned,
            into: entry.outputs[0].clone(),
            encryption_key: owner
                .declaration
                .artifact_store
                .as_ref()
                .and_then(|store| store.encryption_key.clone()),
        };
        world.ask(Effect::FetchSource(fetch));
    }

    /// A source object was copied, or could not be.
    pub(super) fn source_fetched(
        &mut self,
        world: &mut World,
        run: usize,
        index: usize,
        found: Result<Fetched, Failure>,
    ) {
        if self.runs[run].actions[index].awaits != Awaits::Source {
            return;
        }
        match found {
            Err(failure) => self.fail_action(world, run, index, &failure),
            Ok(fetched) => {
                let variables = [("ETag", &fetched.etag), ("VersionId", &fetched.version)];
                let success = Success {
                    variables: variables
                        .into_iter()
                        .map(|(key, value)| (key.to_owned(), value.clone()))
                        .collect(),
                    summary: fetched.summary.clone(),
                    external_id: Some(fetched.version.clone()),
                    revision: Some(Revision {
                        id: fetched.version,
                        change: fetched.etag,
                        created: world.now,
                        summary: fetched.summary,
                    }),
                    updated_by: None,
                };
                self.complete_action(world, run, index, success);
            }
        }
    }

    fn ask_approval(&mut self, world: &mut World, run: usize, index: usize, declared: &Action) {
        let token = world.id();
        let wait = declared.timeout_in_minutes.map_or(world.pace.approval, |minutes| {
            std::time::Duration::from_mins(u64::from(minutes))
        });
        let role = self.role(run, declared);
        let pipeline = self.declaration.name.clone();
        let action_execution = self.runs[run].actions[index].id.clone();
        let expires = world.due_in(
            wait,
            Deadline::Approval {
                pipeline,
                action_execution,
            },
        );
        let entry = &mut self.runs[run].actions[index];
        entry.awaits = Awaits::Approval {
            token: token.clone(),
            expires,
        };
        entry.approval_token = Some(token);
        if let Some(topic) = entry.resolved.get("NotificationArn").cloned() {
            let (subject, message) = super::approvals::notice(world, &self.runs[run], index);
            world.ask(Effect::AskApproval(ApprovalNotice {
                role,
                topic,
                subject,
                message,
            }));
        }
    }

    /// An action succeeded: its variables and artifacts become known, and the stage goes on.
    pub(super) fn complete_action(&mut self, world: &mut World, run: usize, index: usize, success: Success) {
        let namespace = {
            let owner = &self.runs[run];
            owner.action(&owner.actions[index]).namespace.clone()
        };
        let owner = &mut self.runs[run];
        owner.updated = world.now;
        let entry = &mut owner.actions[index];
        entry.status = ActionStatus::Succeeded;
        entry.awaits = Awaits::Nothing;
        entry.updated = world.now;
        entry.updated_by = success.updated_by;
        entry.variables = success.variables;
        entry.summary = success.summary.or(entry.summary.take());
        entry.external_id = success.external_id.or(entry.external_id.take());
        if let Some(revision) = success.revision {
            for output in &mut entry.outputs {
                output.revision = Some(revision.id.clone());
            }
            entry.revision = Some(revision);
        }
        for output in &entry.outputs {
            owner.artifacts.insert(output.name.clone(), output.clone());
        }
        if let Some(namespace) = namespace {
            owner.namespaces.insert(namespace, entry.variables.clone());
        }
        events::action(world, self, run, index, "SUCCEEDED");
        self.advance(world, run);
    }

    /// An action failed; the stage fails when nothing else in it is under way.
    pub(super) fn fail_action(&mut self, world: &mut World, run: usize, index: usize, failure: &Failure) {
        self.settle_failed(world, run, index, failure);
        self.advance(world, run);
    }

    pub(super) fn settle_failed(&mut self, world: &mut World, run: usize, index: usize, failure: &Failure) {
        let entry = &mut self.runs[run].actions[index];
        entry.status = ActionStatus::Failed;
        entry.awaits = Awaits::Nothing;
        entry.updated = world.now;
        entry.error = Some((failure.code.clone(), failure.message.clone()));
        self.runs[run].updated = world.now;
        events::action(world, self, run, index, "FAILED");
    }

    /// Leaves an action alone: whatever it does outside goes on, unheard.
    pub(super) fn abandon_action(&mut self, world: &mut World, run: usize, index: usize) {
        let entry = &mut self.runs[run].actions[index];
        if let Awaits::Job { id } = &entry.awaits
            && let Some(job) = world.jobs.get_mut(id)
        {
            job.open = false;
        }
        entry.status = ActionStatus::Abandoned;
        entry.awaits = Awaits::Nothing;
        entry.updated = world.now;
        events::action(world, self, run, index, "ABANDONED");
    }
}

fn resolve_all(pipeline: &Pipeline, run: usize, declared: &Action) -> Result<Variables, String> {
    let owner = &pipeline.runs[run];
    declared
        .configuration
        .iter()
        .map(|(key, text)| Ok((key.clone(), resolve(owner, text)?)))
        .collect()
}
