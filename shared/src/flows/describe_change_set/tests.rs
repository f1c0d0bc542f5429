use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use serde_json::Value;

use super::*;
use crate::domain::executed::Executed;
use crate::domain::gate::{FirstRun, Gate};
use crate::domain::provenance::{COMMIT_METADATA, Commit, Provenance, PullRequest, PullRequestReview};
use crate::flows::fakes::{
    FakeArtifacts, FakeBucket, FakeClock, FakeCloudFormation, FakeCodePipeline, FakeRepository, FakeTopics, Fault, Wire,
};
use crate::flows::ports::{ActionExecution, NewChangeSet, TemplateLocation, WriteChangeSets};

const PIPELINE: &str = "changegate-network";
const STACK: &str = "production-network";
const RUN: &str = "11111111-2222-3333-4444-555555555555";
const OLD_COMMIT: &str = "aaaaaaa000000000000000000000000000000000";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const TOPIC: &str = "arn:aws:sns:eu-west-1:000000000000:changegate";
const BEFORE: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 1}}}}"#;
const AFTER: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"DelaySeconds": 5}},
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "通知 — café"}}}}"#;

fn gate() -> Gate {
    Gate {
        version: 1,
        stack: "network".to_owned(),
        stack_name: STACK.to_owned(),
        template: "stacks/network/template.json".to_owned(),
        configuration: None,
        approvals: 2,
        release: false,
        author_may_approve: false,
        require_pull_request: false,
        window: None,
        stack_policy: None,
        deployer: "arn:aws:iam::000000000000:role/changegate/deployers/stack".to_owned(),
        capabilities: Vec::new(),
        notify: None,
        notification_arns: Vec::new(),
        first_run: FirstRun::Plan,
        people: BTreeMap::new(),
        session_name_roles: Vec::new(),
    }
}

struct World {
    wire: Wire,
    cloudformation: FakeCloudFormation,
    pipelines: FakeCodePipeline,
    source: FakeBucket,
    evidence: FakeBucket,
    artifacts: FakeArtifacts,
    topics: FakeTopics,
    repository: FakeRepository,
    clock: FakeClock,
    parameters: String,
    settings: DescribeSettings,
}

fn now<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("the fakes answer at once")
}

impl World {
    fn new() -> Self {
        Self::with(&gate(), true)
    }

    fn with(gate: &Gate, has_change_set: bool) -> Self {
        let wire = Wire::default();
        let mut world = Self {
            cloudformation: FakeCloudFormation::new(&wire),
            pipelines: FakeCodePipeline::new(&wire),
            source: FakeBucket::on(&wire),
            evidence: FakeBucket::on(&wire),
            artifacts: FakeArtifacts::new(&wire),
            topics: FakeTopics::new(&wire),
            repository: FakeRepository::new(&wire),
            clock: FakeClock::at("2026-11-23T10:00:00Z"),
            wire,
            parameters: String::new(),
            settings: DescribeSettings {
                proof: ProofSettings {
                    root_pipeline: "changegate-root".to_owned(),
                    pipelines_stack: "changegate-pipelines".to_owned(),
                    root_gate: gate.clone(),
                },
                environment: "production".to_owned(),
                topic: TOPIC.to_owned(),
                repository: "acme/infrastructure".to_owned(),
                web_url: "https://github.com".to_owned(),
                review_url: "https://reviews.example.com/?prefix=".to_owned(),
            },
        };
        world.prepare(gate, has_change_set);
        world
    }

    fn prepare(&mut self, gate: &Gate, has_change_set: bool) {
        let gate_hash = gate.digest();
        self.cloudformation
            .with_resource("changegate-pipelines", "AWS::CodePipeline::Pipeline", PIPELINE);
        self.source
            .seed_with(&keys::gate(gate_hash), gate.to_canonical_json(), &[]);
        let template_key = keys::zipped(&keys::source(&gate.template));
        let version = self
            .source
            .seed_with(&template_key, AFTER, &[(COMMIT_METADATA, COMMIT)]);
        let executed = Executed {
            version: 1,
            commit: OLD_COMMIT.to_owned(),
            execution: "earlier".to_owned(),
            change_set_arn: None,
            source_versions: BTreeMap::new(),
            stack_last_changed: Some("2026-11-01T00:00:00Z".to_owned()),
            executed_at: "2026-11-01T00:00:05Z".to_owned(),
        };
        self.evidence
            .seed_with(&keys::executed(PIPELINE), serde_json::to_vec(&executed).unwrap(), &[]);
        self.source.seed_with(
            &keys::provenance(COMMIT),
            serde_json::to_vec(&provenance()).unwrap(),
            &[],
        );
        self.cloudformation.with_stack(STACK, "CREATE_COMPLETE", BEFORE);
        let created = has_change_set.then(|| {
            let new = NewChangeSet {
                stack: STACK.to_owned(),
                name: "cg-0123456-1".to_owned(),
                is_create: false,
                template: TemplateLocation::Body(AFTER.to_owned()),
                parameters: BTreeMap::new(),
                tags: None,
                capabilities: Vec::new(),
                notification_arns: Vec::new(),
                role_arn: gate.deployer.clone(),
                include_nested_stacks: true,
                description: String::new(),
                client_token: "token".to_owned(),
            };
            now(self.cloudformation.create_change_set(new)).unwrap().arn
        });
        let stack = now(self.cloudformation.stack(STACK)).unwrap().unwrap();
        let planned = PlannedChange {
            version: 1,
            stack_name: STACK.to_owned(),
            stack_id: Some(stack.id),
            change_set_arn: created.clone(),
            change_set_type: "UPDATE".to_owned(),
            template_sha256: Sha256::of(AFTER),
            template_key: "TemplateSource/.packages/x.json".to_owned(),
            stack_last_changed: stack.created,
            stack_policy_before: None,
            parameters: BTreeMap::new(),
            tags: BTreeMap::new(),
            commit: COMMIT.to_owned(),
            source_versions: [("Template".to_owned(), version.clone())].into(),
        };
        let plan = serde_json::to_vec(&planned).unwrap();
        self.artifacts.with(ARTIFACT, &plan);
        self.artifacts.with(TEMPLATE, AFTER);
        let change_set = created.unwrap_or_else(|| "none".to_owned());
        self.parameters = format!(
            r#"{{"pipeline":"{PIPELINE}","execution":"{RUN}","gate":"{gate_hash}","changeSet":"{change_set}"}}"#
        );
        self.pipelines.with_pipeline(PIPELINE);
        self.pipelines.with_run(PIPELINE, RUN);
        self.pipelines.with_source(PIPELINE, RUN, TEMPLATE, &version);
        self.pipelines.with_action(
            PIPELINE,
            RUN,
            ActionExecution {
                action: CREATE_CHANGE_SET.to_owned(),
                stage: "Plan".to_owned(),
                status: "Succeeded".to_owned(),
                output_variables: [
                    ("TemplateSha256".to_owned(), Sha256::of(AFTER).to_string()),
                    ("PlanSha256".to_owned(), Sha256::of(&plan).to_string()),
                ]
                .into(),
                ..ActionExecution::default()
            },
        );
        self.pipelines
            .with_invoke_in_progress(PIPELINE, RUN, DESCRIBE_CHANGE_SET, &self.parameters);
    }

    /// One delivery; `None` when the process was killed.
    fn deliver(&self) -> Option<Result<JobOutcome, FlowError>> {
        let job = Job {
            id: "job".to_owned(),
            user_parameters: self.parameters.clone(),
            continuation_token: None,
            input_artifacts: vec![ARTIFACT.to_owned(), TEMPLATE.to_owned()],
            output_artifacts: Vec::new(),
        };
        let ports = Ports {
            pipelines: &self.pipelines,
            cloudformation: &self.cloudformation,
            source: &self.source,
            evidence: &self.evidence,
            topics: &self.topics,
            repository: &self.repository,
            clock: &self.clock,
        };
        describe_change_set(ports, &self.settings, &job, &self.artifacts).now_or_never()
    }

    fn variables(&self) -> BTreeMap<String, String> {
        match self.deliver().unwrap().unwrap() {
            JobOutcome::Succeeded { variables, .. } => variables,
            other => panic!("{other:?}"),
        }
    }

    fn refusal(&self) -> (FailureKind, String) {
        match self.deliver().unwrap() {
            Err(FlowError::Refused { kind, message }) => (kind, message),
            other => panic!("{other:?}"),
        }
    }

    fn file(&self, name: &str) -> String {
        self.evidence.text(&keys::review(PIPELINE, RUN, 1, name)).unwrap()
    }

    fn record(&self) -> Value {
        serde_json::from_str(&self.file(DELIVERY_FILE)).unwrap()
    }
}

fn provenance() -> Provenance {
    Provenance {
        version: 1,
        repository: "acme/infrastructure".to_owned(),
        branch: "main".to_owned(),
        commit: COMMIT.to_owned(),
        previous: Some(OLD_COMMIT.to_owned()),
        stacks: vec!["network".to_owned()],
        complete: true,
        commits: vec![Commit {
            sha: COMMIT.to_owned(),
            subject: "Slow the queue down".to_owned(),
            author_text: "Alice <alice@example.com>".to_owned(),
            author_login: Some("alice".to_owned()),
            pusher: None,
            is_verified: false,
            pull_request: Some(PullRequest {
                number: 42,
                title: "Slower".to_owned(),
                author: "alice".to_owned(),
                merged_by: Some("bob".to_owned()),
                reviews: vec![PullRequestReview {
                    login: "bob".to_owned(),
                    state: "APPROVED".to_owned(),
                }],
            }),
        }],
    }
}

#[test]
fn a_review_is_written_told_and_bound_to_its_digest() {
    let world = World::new();
    let variables = world.variables();
    let digest = Sha256::of(world.file(DIGEST_FILE)).to_string();
    assert_eq!(variables["Digest"], digest);
    assert_eq!(
        variables["Link"],
        format!("https://reviews.example.com/?prefix=reviews/{PIPELINE}/{RUN}/1/review.html")
    );
    assert_eq!(variables["Risk"], "low");
    assert_eq!(
        variables["Summary"],
        format!(
            "network: 1 changed, 1 added · alice, bob · #42 · digest {}…",
            &digest[..12]
        )
    );
    let text = world.file("review.txt");
    for part in [
        "DelaySeconds",
        "- 1",
        "+ 5",
        "通知 — café",
        "2 of 2",
        "Slow the queue down",
        "bob: approved",
    ] {
        assert!(text.to_lowercase().contains(&part.to_lowercase()), "{part} in\n{text}");
    }
    for file in ["review.json", "review.md", "review.html"] {
        assert!(world.file(file).contains("DelaySeconds"), "{file}");
    }
    let published = world.topics.published();
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].0, TOPIC);
    assert_eq!(published[0].2, text);
    assert_eq!(world.repository.statuses()[0].commit, COMMIT);
    assert_eq!(world.repository.comments()[0].0, 42);
}

#[test]
fn the_first_change_of_an_adopted_stack_says_that_its_service_role_stays() {
    let world = World::new();
    world.evidence.remove(&keys::executed(PIPELINE));
    world.variables();
    let role = "arn:aws:iam::000000000000:role/changegate/deployers/stack";
    let text = world
        .file("review.txt")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let warning = format!("the stack has no service role; this change gives it {role} for ever");
    assert!(text.contains(&warning), "{text}");

    let managed = World::new();
    managed.variables();
    assert!(!managed.file("review.txt").contains("for ever"));
}

#[test]
fn a_second_delivery_changes_nothing_and_answers_the_same() {
    let world = World::new();
    let first = world.variables();
    let keys = world.evidence.keys();
    let calls = world.wire.count_of("s3:PutObject");
    assert_eq!(world.variables(), first);
    assert_eq!(world.evidence.keys(), keys);
    assert_eq!(world.wire.count_of("s3:PutObject"), calls);
    assert_eq!(world.topics.published().len(), 1);
}

#[test]
fn a_delivery_that_is_killed_at_any_call_is_finished_by_the_next() {
    let world = World::new();
    let before = world.wire.count();
    let expected = world.variables();
    let calls = world.wire.count() - before;
    for call in 0..calls {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let world = World::new();
            world.wire.break_call(before + call, fault);
            assert!(world.deliver().is_none(), "call {call}");
            assert_eq!(world.variables(), expected, "call {call}");
            assert!(!world.topics.published().is_empty());
            assert!(world.topics.published().len() <= 2, "call {call}");
        }
    }
}

#[test]
fn a_review_costs_these_requests() {
    let world = World::new();
    let before = world.wire.count();
    world.variables();
    assert_eq!(
        world.wire.tally(before),
        [
            "1 cloudformation:DescribeStackResources",
            "1 codepipeline:ListActionExecutions",
            "6 s3:GetObject",
            "1 cloudformation:DescribeChangeSet",
            "3 cloudformation:GetTemplate",
            "1 cloudformation:DescribeStacks",
            "1 s3:HeadObject",
            "1 codepipeline:ListPipelineExecutions",
            "1 cloudformation:DescribeEvents",
            "6 s3:PutObject",
            "1 sns:Publish",
            "1 GET /repos/{owner}/{repo}",
            "1 POST /repos/{owner}/{repo}/statuses/{sha}",
            "1 POST /repos/{owner}/{repo}/issues/{number}/comments",
        ]
    );
}

#[test]
fn a_notification_that_fails_never_fails_the_run_and_is_never_silent() {
    for (operation, what) in [
        ("sns:Publish", "mail"),
        ("POST /repos/{owner}/{repo}/statuses/{sha}", "commit status"),
        ("POST /repos/{owner}/{repo}/issues/{number}/comments", "comment on #42"),
    ] {
        let world = World::new();
        world.wire.break_next(operation, Fault::Outage);
        let variables = world.variables();
        assert!(
            variables["Summary"].starts_with(&format!("NOT TOLD: {what} · network:")),
            "{variables:?}"
        );
        let delivered = world.record()["delivered"].clone();
        let failed: Vec<_> = delivered
            .as_array()
            .unwrap()
            .iter()
            .filter(|one| one.get("error").is_some())
            .collect();
        assert_eq!(failed.len(), 1);
        assert_eq!(failed[0]["what"], what);
    }
}

#[test]
fn a_public_repository_hears_counts_and_neither_names_nor_values() {
    let world = World::new();
    world.repository.make_public();
    world.variables();
    let comment = &world.repository.comments()[0].2;
    let status = &world.repository.statuses()[0].description;
    assert!(comment.contains("1 changed, 1 added"), "{comment}");
    for secret in ["DelaySeconds", "Queue", "production-network"] {
        assert!(!comment.contains(secret) && !status.contains(secret), "{secret}");
    }
}

#[test]
fn whoever_cannot_be_asked_whether_it_is_public_is_taken_to_be() {
    let world = World::new();
    world.wire.break_next("GET /repos/{owner}/{repo}", Fault::Outage);
    world.variables();
    assert!(!world.repository.comments()[0].2.contains("DelaySeconds"));
}

#[test]
fn a_stack_with_a_topic_of_its_own_is_told_of_there() {
    let mut gate = gate();
    gate.notify = Some("arn:aws:sns:eu-west-1:000000000000:network-team".to_owned());
    let world = World::with(&gate, true);
    world.variables();
    assert_eq!(world.topics.published()[0].0, gate.notify.unwrap());
}

#[test]
fn a_stack_that_changed_since_the_plan_is_not_reviewed() {
    let world = World::new();
    world.cloudformation.edit(STACK, |held| {
        held.stack.last_updated = Some("2026-11-23T09:59:00Z".to_owned());
    });
    let (kind, message) = world.refusal();
    assert_eq!(kind, FailureKind::RevisionOutOfSync);
    assert!(
        message.contains("somebody else changed the stack") && message.contains("start the pipeline"),
        "{message}"
    );
    assert!(world.topics.published().is_empty());
}

#[test]
fn a_change_set_that_is_gone_or_obsolete_is_not_reviewed() {
    let world = World::new();
    world.cloudformation.edit(STACK, |held| {
        held.change_sets[0].description.execution_status = "OBSOLETE".to_owned();
    });
    assert!(world.refusal().1.contains("OBSOLETE"));
    world.cloudformation.edit(STACK, |held| held.change_sets.clear());
    assert!(world.refusal().1.contains("does not exist any more"));
}

#[test]
fn a_template_that_is_not_the_planned_one_is_refused() {
    let world = World::new();
    world.artifacts.with(TEMPLATE, BEFORE);
    assert_eq!(world.refusal().0, FailureKind::RevisionOutOfSync);
}

#[test]
fn a_stack_policy_alone_is_reviewed_without_a_change_set() {
    let mut gate = gate();
    gate.stack_policy =
        Some(r#"{"Statement":[{"Effect":"Deny","Action":"Update:*","Principal":"*","Resource":"*"}]}"#.to_owned());
    let world = World::with(&gate, false);
    let variables = world.variables();
    assert!(variables["Summary"].contains("stack policy"), "{variables:?}");
    assert!(world.file("review.txt").contains("Update:*"));
}

#[test]
fn a_retried_stage_makes_a_new_review_beside_the_first() {
    let world = World::new();
    let first = world.variables();
    world.pipelines.edit_run(PIPELINE, RUN, |run| {
        for action in &mut run.actions {
            if action.action == DESCRIBE_CHANGE_SET {
                action.status = "Succeeded".to_owned();
            }
        }
    });
    world
        .pipelines
        .with_invoke_in_progress(PIPELINE, RUN, DESCRIBE_CHANGE_SET, &world.parameters);
    let second = world.variables();
    assert_eq!(first["Digest"], second["Digest"]);
    assert!(second["Link"].contains("/2/review.html"));
    assert_eq!(world.topics.published().len(), 2);
}
