//! An engine on the bench: counted ids, a clock that moves when it is told to, an outside that answers on request.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::codepipeline::declaration::Declaration;
use crate::codepipeline::engine::Engine;
use crate::codepipeline::engine::approvals::Answer;
use crate::codepipeline::engine::control::{RetryMode, Start};
use crate::codepipeline::engine::effects::{Effect, Failure, Fetched, Invocation, StateChange};
use crate::codepipeline::engine::jobs::Report;
use crate::codepipeline::engine::state::{ActionRun, Awaits, Run, Slot};
use crate::codepipeline::engine::world::{Ids, Pace};
use crate::codepipeline::error::ApiError;

pub(super) const NAME: &str = "changegate-network";

#[derive(Default)]
struct Counted(u64);

impl Ids for Counted {
    fn uuid(&mut self) -> String {
        self.0 += 1;
        format!("00000000-0000-4000-8000-{:012}", self.0)
    }
}

pub(super) struct Bench {
    pub(super) engine: Engine,
    now: Timestamp,
    /// Everything that was asked for and not yet handled.
    pub(super) open: Vec<Effect>,
    /// Every event.
    pub(super) events: Vec<StateChange>,
}

pub(super) fn lambda(name: &str, order: u32, parameters: &str) -> Value {
    json!({
        "name": name,
        "actionTypeId": { "category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1" },
        "runOrder": order,
        "configuration": { "FunctionName": format!("fn-{name}"), "UserParameters": parameters },
    })
}

pub(super) fn approval(name: &str, order: u32) -> Value {
    json!({
        "name": name,
        "actionTypeId": { "category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1" },
        "runOrder": order,
    })
}

pub(super) fn source(name: &str) -> Value {
    json!({
        "name": name,
        "actionTypeId": { "category": "Source", "owner": "AWS", "provider": "S3", "version": "1" },
        "configuration": {
            "S3Bucket": "source", "S3ObjectKey": format!("{name}.zip"), "PollForSourceChanges": "false",
        },
        "outputArtifacts": [{ "name": name }],
        "namespace": format!("{name}Source"),
    })
}

/// A pipeline like those of Changegate: two sources, a plan, an application with approvals.
pub(super) fn changegate() -> Value {
    let mut create = lambda("CreateChangeSet", 1, "#{codepipeline.PipelineExecutionId}");
    create["namespace"] = json!("Plan");
    create["inputArtifacts"] = json!([{ "name": "Template" }, { "name": "Configuration" }]);
    create["outputArtifacts"] = json!([{ "name": "PlannedChange" }]);
    let mut describe = lambda("DescribeChangeSet", 1, "#{Plan.ChangeSetArn}");
    describe["namespace"] = json!("Review");
    let mut execute = lambda("ExecuteChangeSet", 4, "#{Review.Digest}");
    execute["inputArtifacts"] = json!([{ "name": "PlannedChange" }]);
    json!({
        "name": NAME,
        "roleArn": "arn:aws:iam::000000000000:role/pipeline",
        "artifactStore": { "type": "S3", "location": "artifacts" },
        "pipelineType": "V2",
        "variables": [{ "name": "Commit", "defaultValue": "none" }],
        "stages": [
            { "name": "Source", "actions": [source("Template"), source("Configuration")] },
            { "name": "Plan", "actions": [create] },
            {
                "name": "Apply",
                "beforeEntry": { "conditions": [{ "result": "SKIP", "rules": [{
                    "name": "HasChanges",
                    "ruleTypeId": { "category": "Rule", "owner": "AWS", "provider": "VariableCheck", "version": "1" },
                    "configuration": { "Variable": "#{Plan.Outcome}", "Operator": "EQ", "Value": "changes" },
                }] }] },
                "actions": [describe, approval("Approve1", 2), approval("Approve2", 3), execute],
            },
        ],
    })
}

/// A pipeline of a source and one more stage.
pub(super) fn two_stages(actions: &[Value]) -> Value {
    json!({
        "name": NAME,
        "roleArn": "arn:aws:iam::000000000000:role/pipeline",
        "artifactStore": { "type": "S3", "location": "artifacts" },
        "pipelineType": "V2",
        "stages": [{ "name": "Source", "actions": [source("Template")] }, { "name": "Work", "actions": actions }],
    })
}

pub(super) fn parsed(declaration: &Value) -> Declaration {
    let declaration: Declaration = serde_json::from_value(declaration.clone()).unwrap();
    crate::codepipeline::validation::validate(&declaration).unwrap();
    declaration
}

impl Bench {
    pub(super) fn new(declaration: &Value) -> Self {
        let mut engine = Engine::new(
            "000000000000",
            "eu-west-1",
            Pace::default(),
            Box::new(Counted::default()),
        );
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        engine.at(now);
        engine
            .create(
                parsed(declaration),
                BTreeMap::new(),
                Some("arn:aws:iam::000000000000:user/maker".into()),
            )
            .unwrap();
        let mut bench = Self {
            engine,
            now,
            open: Vec::new(),
            events: Vec::new(),
        };
        bench.collect();
        bench
    }

    /// A pipeline whose first run, which creation starts, was stopped.
    pub(super) fn idle(declaration: &Value) -> Self {
        let mut bench = Self::new(declaration);
        let first = bench.run(0).id.clone();
        bench.stop(&first, true).unwrap();
        bench.open.clear();
        bench.events.clear();
        bench
    }

    pub(super) fn collect(&mut self) {
        for effect in self.engine.take_effects() {
            match effect {
                Effect::Emit(change) => self.events.push(change),
                other => self.open.push(other),
            }
        }
    }

    pub(super) fn wait(&mut self, time: Duration) {
        self.now = self.now.checked_add(time).unwrap();
        self.engine.at(self.now).tick();
        self.collect();
    }

    pub(super) fn start(&mut self) -> String {
        self.start_with(Start::default()).unwrap()
    }

    pub(super) fn start_with(&mut self, start: Start) -> Result<String, ApiError> {
        self.wait(Duration::from_secs(1));
        let id = self.engine.start(NAME, start);
        self.collect();
        id
    }

    pub(super) fn stop(&mut self, run: &str, abandon: bool) -> Result<(), ApiError> {
        let stopped = self.engine.stop(NAME, run, abandon, Some("because".into()));
        self.collect();
        stopped
    }

    pub(super) fn retry(&mut self, stage: &str, run: &str, mode: RetryMode) -> Result<(), ApiError> {
        self.wait(Duration::from_secs(1));
        let retried = self.engine.retry(NAME, stage, run, mode);
        self.collect();
        retried
    }

    pub(super) fn update(&mut self, declaration: &Value) {
        self.engine.update(parsed(declaration)).unwrap();
        self.collect();
    }

    pub(super) fn run(&self, index: usize) -> &Run {
        &self.engine.pipelines[NAME].runs[index]
    }

    pub(super) fn by_id(&self, id: &str) -> &Run {
        self.engine.pipelines[NAME].run(id).unwrap()
    }

    pub(super) fn slot(&self, stage: &str) -> Slot {
        self.engine.pipelines[NAME]
            .slots
            .get(stage)
            .cloned()
            .unwrap_or_default()
    }

    /// The newest execution of an action in a run.
    pub(super) fn action(&self, run: &str, name: &str) -> &ActionRun {
        let run = self.by_id(run);
        run.actions
            .iter()
            .rev()
            .find(|entry| run.action(entry).name == name)
            .unwrap()
    }

    pub(super) fn stage_word(&self, run: &str, stage: &str) -> &'static str {
        let run = self.by_id(run);
        let index = run.declaration.stage_index(stage).unwrap();
        run.stage_run(index).map_or("none", |found| found.status.word())
    }

    /// Copies every source object that is asked for.
    pub(super) fn fetch_all(&mut self) {
        let asked: Vec<Effect> = std::mem::take(&mut self.open);
        for effect in asked {
            let Effect::FetchSource(fetch) = effect else {
                self.open.push(effect);
                continue;
            };
            let version = fetch.version.clone().unwrap_or_else(|| "newest".to_owned());
            let found = Fetched {
                version,
                etag: "etag".into(),
                summary: Some("a commit".into()),
            };
            self.engine
                .source_fetched(&fetch.pipeline, &fetch.action_execution, Ok(found));
        }
        self.collect();
    }

    /// The jobs that were delivered and not taken yet.
    pub(super) fn invocations(&self) -> Vec<&Invocation> {
        let invocations = self.open.iter().filter_map(|effect| match effect {
            Effect::Invoke(invocation) => Some(invocation.as_ref()),
            _ => None,
        });
        invocations.collect()
    }

    /// Takes the oldest job of a function.
    pub(super) fn take(&mut self, action: &str) -> Invocation {
        let wanted = format!("fn-{action}");
        let position = self
            .open
            .iter()
            .position(|effect| matches!(effect, Effect::Invoke(invocation) if invocation.function == wanted));
        match self
            .open
            .remove(position.unwrap_or_else(|| panic!("no job for {action}: {:?}", self.open)))
        {
            Effect::Invoke(invocation) => *invocation,
            _ => unreachable!(),
        }
    }

    pub(super) fn succeed(&mut self, job: &str, variables: &[(&str, &str)]) -> Result<(), ApiError> {
        let variables = variables
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        self.report(
            job,
            Report {
                variables,
                ..Report::default()
            },
        )
    }

    pub(super) fn report(&mut self, job: &str, report: Report) -> Result<(), ApiError> {
        let reported = self.engine.job_succeeded(job, report);
        self.collect();
        reported
    }

    pub(super) fn fail(&mut self, job: &str) {
        self.engine
            .job_failed(job, &Failure::new("JobFailed", "it broke"), None)
            .unwrap();
        self.collect();
    }

    /// Plays the functions until a run waits for its first approval.
    pub(super) fn plan(&mut self, outcome: &str) {
        self.fetch_all();
        let job = self.take("CreateChangeSet").job;
        self.succeed(&job, &[("Outcome", outcome), ("ChangeSetArn", "arn:cs")])
            .unwrap();
    }

    pub(super) fn describe(&mut self) {
        let job = self.take("DescribeChangeSet").job;
        self.succeed(&job, &[("Digest", "abc")]).unwrap();
    }

    pub(super) fn token(&self, run: &str, action: &str) -> String {
        match &self.action(run, action).awaits {
            Awaits::Approval { token, .. } => token.clone(),
            other => panic!("{action} awaits {other:?}"),
        }
    }

    pub(super) fn answer(&mut self, stage: &str, action: &str, token: &str, approved: bool) -> Result<(), ApiError> {
        let answered = self.engine.answer_approval(Answer {
            pipeline: NAME,
            stage,
            action,
            token,
            approved,
            summary: "my words".into(),
            by: "arn:aws:iam::000000000000:user/bob".into(),
        });
        self.collect();
        answered.map(drop)
    }

    pub(super) fn approve(&mut self, run: &str, action: &str) {
        let token = self.token(run, action);
        self.answer("Apply", action, &token, true).unwrap();
    }

    /// `type state` of every event so far, in order.
    pub(super) fn event_words(&self) -> Vec<String> {
        self.events
            .iter()
            .map(|change| {
                let kind = change.detail_type.split(' ').nth(1).unwrap();
                let part = |key: &str| {
                    change
                        .detail
                        .get(key)
                        .and_then(Value::as_str)
                        .unwrap_or_default()
                        .to_owned()
                };
                let named = match kind {
                    "Pipeline" => String::new(),
                    "Stage" => part("stage"),
                    _ => part("action"),
                };
                format!("{kind} {named} {}", part("state")).replace("  ", " ")
            })
            .collect()
    }
}
