//! One stack, its pipeline, and a run that waits to be executed.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::FutureExt as _;

use crate::domain::executed::Executed;
use crate::domain::gate::Gate;
use crate::domain::keys;
use crate::domain::planned_change::PlannedChange;
use crate::domain::provenance::{
    COMMIT_METADATA, Commit, Contributors, Permission, Provenance, PullRequest, PullRequestReview, RecordId,
};
use crate::domain::sha256::Sha256;
use crate::flows::digest_inputs::agreed_inputs;
use crate::flows::execute_change_set::ExecuteSettings;
use crate::flows::fakes::{
    self, FakeArtifacts, FakeBucket, FakeClock, FakeCloudFormation, FakeCodePipeline, FakeSource, Wire,
};
use crate::flows::ports::{ActionExecution, NewChangeSet, ReadStacks, TemplateLocation, WriteChangeSets};
use crate::flows::prove_job::ProofSettings;

pub(super) const PIPELINE: &str = "changegate-network";
pub(super) const STACK: &str = "production-network";
pub(super) const RUN: &str = "11111111-2222-3333-4444-555555555555";
pub(super) const ALICE: &str = "arn:aws:iam::000000000000:user/alice";
pub(super) const BOB: &str = "arn:aws:iam::000000000000:user/bob";
pub(super) const OLD_COMMIT: &str = "aaaaaaa000000000000000000000000000000000";
pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
pub(super) const BEFORE: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#;
pub(super) const AFTER: &str = "{\"Resources\": {\n \"Queue\": {\"Type\": \"AWS::SQS::Queue\", \"Properties\": {\"DelaySeconds\": 5}},\n \"Topic\": {\"Type\": \"AWS::SNS::Topic\"}}}";
pub(super) const DENY: &str =
    r#"{"Statement":[{"Effect":"Deny","Action":"Update:Replace","Principal":"*","Resource":"*"}]}"#;

pub(super) fn gate() -> Gate {
    Gate {
        approvals: 2,
        people: Arc::new(BTreeMap::from([
            ("alice".to_owned(), vec![ALICE.to_owned()]),
            ("bob".to_owned(), vec![BOB.to_owned()]),
        ])),
        ..fakes::gate("network")
    }
}

/// How a run is set up.
#[derive(Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each can be with each")]
pub(super) struct Setup {
    pub(super) gate: Gate,
    pub(super) approvers: Vec<&'static str>,
    /// The stack's policy before the run.
    pub(super) policy: Option<&'static str>,
    pub(super) is_create: bool,
    pub(super) is_policy_only: bool,
    /// Whether the root pipeline is meant.
    pub(super) is_root: bool,
    /// Whether the sync that wrote the sources numbered them, and recorded what the stack reads.
    pub(super) is_numbered: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            gate: gate(),
            approvers: vec![ALICE, BOB],
            policy: None,
            is_create: false,
            is_policy_only: false,
            is_root: false,
            is_numbered: false,
        }
    }
}

/// Everything outside of the flow.
pub(super) struct World {
    pub(super) wire: Wire,
    pub(super) cloudformation: FakeCloudFormation,
    pub(super) pipelines: FakeCodePipeline,
    pub(super) source: FakeBucket,
    pub(super) evidence: FakeBucket,
    pub(super) artifacts: FakeArtifacts,
    pub(super) clock: FakeClock,
    pub(super) pipeline: &'static str,
    pub(super) parameters: String,
    pub(super) change_set: Option<String>,
    pub(super) settings: ExecuteSettings,
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the fakes answer at once")
}

impl World {
    pub(super) fn new(setup: &Setup) -> Self {
        Self::new_with(setup, |_| {})
    }

    /// As [`World::new`]; `edit` changes the change set before it is reviewed.
    pub(super) fn new_with(setup: &Setup, edit: impl FnOnce(&Self)) -> Self {
        let wire = Wire::default();

        let world = Self {
            cloudformation: FakeCloudFormation::new(&wire),
            pipelines: FakeCodePipeline::new(&wire),
            source: FakeBucket::on(&wire),
            evidence: FakeBucket::on(&wire),
            artifacts: FakeArtifacts::new(&wire),
            clock: FakeClock::at("2026-11-23T10:00:00Z"),
            wire,
            pipeline: if setup.is_root { "changegate-root" } else { PIPELINE },
            parameters: String::new(),
            change_set: None,
            settings: ExecuteSettings {
                proof: ProofSettings {
                    root_pipeline: "changegate-root".to_owned(),
                    pipelines_stack: "changegate-pipelines".to_owned(),
                    root_gate: setup.gate.clone(),
                },
                environment: "production".to_owned(),
            },
        };

        world.prepare(setup, edit)
    }

    /// Puts the sources of the run and what is known of their commits, and tells the versions of both sources.
    fn seed_sources(&self, setup: &Setup) -> (String, String) {
        let (gate, pipeline) = (&setup.gate, self.pipeline);
        if setup.is_numbered {
            return self.seed_numbered(gate);
        }
        let template_key = keys::zipped(&if setup.is_root {
            keys::catalogue("production")
        } else {
            keys::source(&gate.template)
        });
        let configuration_key = keys::zipped(&keys::configuration("production", "network"));
        let old = self
            .source
            .seed_with(&configuration_key, "{}", &[(COMMIT_METADATA, OLD_COMMIT)]);
        let version = self
            .source
            .seed_with(&template_key, AFTER, &[(COMMIT_METADATA, COMMIT)]);
        self.provenance(
            COMMIT,
            Some(OLD_COMMIT),
            Some(pull_request("alice", &[("bob", "APPROVED")])),
        );
        self.provenance(OLD_COMMIT, None, Some(pull_request("alice", &[("bob", "APPROVED")])));
        let executed = Executed {
            version: 1,
            commit: OLD_COMMIT.to_owned(),
            sequence: None,
            execution: "earlier".to_owned(),
            change_set_arn: None,
            source_versions: [("Configuration".to_owned(), old.clone())].into(),
            stack_last_changed: None,
            executed_at: "2026-11-01T00:00:00Z".to_owned(),
            before: None,
        };
        self.evidence
            .seed_with(&keys::executed(pipeline), serde_json::to_vec(&executed).unwrap(), &[]);
        (version, old)
    }

    /// As [`World::seed_sources`], as the sync writes them today.
    fn seed_numbered(&self, gate: &Gate) -> (String, String) {
        let (template, configuration) = numbered(2, 1);
        let reads = (template.content, configuration.content);
        let commit = Commit {
            sha: COMMIT.to_owned(),
            pull_request: Some(pull_request("alice", &[("bob", "APPROVED")])),
            ..Commit::default()
        };
        let record = fakes::record(2, gate, reads, OLD_COMMIT, vec![commit]);
        fakes::seed_record(&self.source, &record);
        let versions = fakes::seed_sources(&self.source, gate, template, configuration);
        let executed = Executed {
            version: 1,
            commit: OLD_COMMIT.to_owned(),
            sequence: Some(1),
            execution: "earlier".to_owned(),
            change_set_arn: None,
            source_versions: [("Configuration".to_owned(), versions.1.clone())].into(),
            stack_last_changed: None,
            executed_at: "2026-11-01T00:00:00Z".to_owned(),
            before: None,
        };
        let key = keys::executed(self.pipeline);
        self.evidence
            .seed_with(&key, serde_json::to_vec(&executed).unwrap(), &[]);
        versions
    }

    fn prepare(mut self, setup: &Setup, edit: impl FnOnce(&Self)) -> Self {
        let (gate, pipeline) = (&setup.gate, self.pipeline);
        self.cloudformation
            .with_resource("changegate-pipelines", "AWS::CodePipeline::Pipeline", PIPELINE);
        self.source
            .seed_with(&keys::gate(gate.digest()), gate.to_canonical_json(), &[]);
        let (version, old) = self.seed_sources(setup);
        if !setup.is_create {
            self.cloudformation.with_stack(STACK, "CREATE_COMPLETE", BEFORE);
            self.cloudformation
                .edit(STACK, |held| held.policy = setup.policy.map(str::to_owned));
        }
        if !setup.is_policy_only {
            let created = now(self.cloudformation.create_change_set(new_change_set(setup))).unwrap();
            self.change_set = Some(created.arn);
        }
        edit(&self);
        let stack = now(self.cloudformation.stack(STACK)).unwrap().unwrap();
        let planned = PlannedChange {
            version: 1,
            stack_name: STACK.to_owned(),
            stack_id: Some(stack.id),
            change_set_arn: self.change_set.clone(),
            change_set_type: if setup.is_create { "CREATE" } else { "UPDATE" }.to_owned(),
            template_sha256: Sha256::of(AFTER),
            template_key: "TemplateSource/.packages/x.json".to_owned(),
            stack_last_changed: stack.created.filter(|_| !setup.is_create),
            stack_policy_before: setup.policy.map(str::to_owned),
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            commit: COMMIT.to_owned(),
            sequence: None,
            source_versions: [
                ("Template".to_owned(), version.clone()),
                ("Configuration".to_owned(), old.clone()),
            ]
            .into(),
        };
        self.plan(&planned);
        self.artifacts.with("Template", AFTER);
        let inputs = agreed_inputs(&self.cloudformation, self.change_set.as_deref(), AFTER.as_bytes(), gate);
        let document = now(inputs).unwrap().unwrap().document;
        let digest = document.sha256().to_string();
        self.evidence.seed_with(
            &keys::review(pipeline, RUN, 1, "digest.json"),
            document.to_canonical_json(),
            &[],
        );
        self.pipelines.with_run(pipeline, RUN);
        if setup.is_root {
            self.pipelines.with_source(pipeline, RUN, "Catalogue", &version);
        } else {
            self.pipelines.with_source(pipeline, RUN, "Template", &version);
            self.pipelines.with_source(pipeline, RUN, "Configuration", &old);
        }
        let arn = self.change_set.clone().unwrap_or("none".to_owned());
        self.act(
            "CreateChangeSet",
            "Invoke",
            "09:30",
            &[
                ("Outcome", "changes"),
                ("ChangeSetArn", &arn),
                ("TemplateSha256", &Sha256::of(AFTER).to_string()),
                (
                    "PlanSha256",
                    &Sha256::of(self.artifacts.bytes("PlannedChange").unwrap()).to_string(),
                ),
            ],
        );
        self.act("DescribeChangeSet", "Invoke", "09:40", &[("Digest", &digest)]);
        for (index, approver) in setup.approvers.iter().enumerate() {
            self.approve(&format!("Approve{}", index + 1), approver, &format!("09:5{index}"));
        }
        let gate_name = if setup.is_root {
            "root".to_owned()
        } else {
            gate.digest().to_string()
        };
        self.parameters = format!(
            r#"{{"pipeline":"{pipeline}","execution":"{RUN}","gate":"{gate_name}","changeSet":"{arn}","digest":"{digest}"}}"#
        );
        self.pipelines
            .with_invoke_in_progress(pipeline, RUN, "ExecuteChangeSet", &self.parameters);
        self
    }

    /// Has the history show that the source action read this version.
    pub(super) fn reads(&self, action: &str, version: Option<&str>) {
        self.pipelines.edit_run(self.pipeline, RUN, |run| {
            for held in run.actions.iter_mut().filter(|held| held.action == action) {
                held.output_variables.clear();
                let version = version.map(|version| ("VersionId".to_owned(), version.to_owned()));
                held.output_variables.extend(version);
            }
        });
    }

    pub(super) fn plan(&self, planned: &PlannedChange) {
        self.artifacts
            .with("PlannedChange", serde_json::to_vec(planned).unwrap());
    }

    pub(super) fn reviewed_digest(&self) -> String {
        let parameters: serde_json::Value = serde_json::from_str(&self.parameters).unwrap();
        parameters["digest"].as_str().unwrap().to_owned()
    }

    pub(super) fn planned(&self) -> PlannedChange {
        serde_json::from_slice(&self.artifacts.bytes("PlannedChange").unwrap()).unwrap()
    }

    /// An action that succeeded at this time of the day and took ten seconds.
    pub(super) fn act(&self, action: &str, category: &str, at: &str, variables: &[(&str, &str)]) {
        let stage = if action == "CreateChangeSet" { "Plan" } else { "Apply" };
        let variables = variables
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        self.pipelines.with_action(
            self.pipeline,
            RUN,
            ActionExecution {
                id: format!("{action}-{at}"),
                stage: stage.to_owned(),
                action: action.to_owned(),
                status: "Succeeded".to_owned(),
                started: Some(format!("2026-11-23T{at}:00Z")),
                updated: Some(format!("2026-11-23T{at}:10Z")),
                category: category.to_owned(),
                output_variables: variables.collect(),
                ..ActionExecution::default()
            },
        );
    }

    pub(super) fn approve(&self, action: &str, approver: &str, at: &str) {
        self.act(action, "Approval", at, &[]);
        self.pipelines.edit_run(self.pipeline, RUN, |run| {
            run.actions[0].updated_by = Some(approver.to_owned());
            run.actions[0].summary = Some("Approved by arn:aws:iam::000000000000:user/carol".to_owned());
        });
    }

    pub(super) fn provenance(&self, commit: &str, previous: Option<&str>, pull_request: Option<PullRequest>) {
        let record = Provenance {
            version: 1,
            repository: "acme/infrastructure".to_owned(),
            repository_id: Some(crate::domain::sync::pin::RepositoryId(4)),
            branch: "main".to_owned(),
            commit: commit.to_owned(),
            previous: previous.map(str::to_owned),
            stacks: vec!["network".to_owned(), "root".to_owned()],
            complete: true,
            commits: vec![Commit {
                sha: commit.to_owned(),
                subject: "delay the queue".to_owned(),
                author_text: "Bob <bob@example.com>".to_owned(),
                pull_request,
                ..Commit::default()
            }],
            trace: None,
        };
        self.source.seed_with(
            &keys::provenance(&RecordId::Commit(commit.to_owned())),
            serde_json::to_vec(&record).unwrap(),
            &[],
        );
    }
}

/// The template and the configuration of the run, written under records of these numbers.
pub(super) fn numbered(template: u64, configuration: u64) -> (FakeSource<'static>, FakeSource<'static>) {
    let template = FakeSource {
        content: AFTER,
        commit: COMMIT,
        sequence: template,
    };
    let configuration = FakeSource {
        content: "{}",
        commit: OLD_COMMIT,
        sequence: configuration,
    };
    (template, configuration)
}

pub(super) fn new_change_set(setup: &Setup) -> NewChangeSet {
    NewChangeSet {
        stack: STACK.to_owned(),
        name: format!("cg-{}-{RUN}", &COMMIT[..7]),
        is_create: setup.is_create,
        template: TemplateLocation::Body(AFTER.to_owned()),
        parameters: BTreeMap::new(),
        tags: None,
        capabilities: Vec::new(),
        notification_arns: Vec::new(),
        role_arn: setup.gate.deployer.clone(),
        description: "delay the queue".to_owned(),
        client_token: RUN.to_owned(),
    }
}

pub(super) fn pull_request(author: &str, reviews: &[(&str, &str)]) -> PullRequest {
    PullRequest {
        number: 7,
        title: "delay the queue".to_owned(),
        author: author.into(),
        merged_by: Some(author.into()),
        head: Some("f1".to_owned()),
        contributors: Some(Contributors::default()),
        reviews: reviews
            .iter()
            .map(|(login, state)| PullRequestReview {
                reviewer: (*login).into(),
                state: (*state).to_owned(),
                commit: Some("f1".to_owned()),
                permission: Some(Permission::Write),
                ..PullRequestReview::default()
            })
            .collect(),
    }
}
