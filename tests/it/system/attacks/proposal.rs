//! A change of one stack that waits for its approval.

mod ground;
mod observed;
mod operator;

use std::path::Path;
use std::sync::{MutexGuard, RwLockReadGuard};

use serde_json::{Value, json};

use self::ground::GROUND;
use self::observed::{actions, latest, question, stack};
use self::operator::OPERATOR;
use super::super::{alarms, system, undisturbed};
use super::python;
use crate::people::{self, Somebody};

pub(super) const PIPELINE: &str = "changegate-alarms";

pub(super) const STACK: &str = "production-alarms";

/// Replaces a text in the one file of a ZIP in a bucket.
const TAMPER: &str = r#"
import io, sys, zipfile
import boto3

bucket, key, old, new = sys.argv[1:]
s3 = boto3.client("s3")
with zipfile.ZipFile(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read())) as held:
    (name,) = held.namelist()
    text = held.read(name).decode()
assert old in text, text
made = io.BytesIO()
with zipfile.ZipFile(made, "w") as archive:
    archive.writestr(name, text.replace(old, new))
s3.put_object(Bucket=bucket, Key=key, Body=made.getvalue())
"#;

/// A run that waits for its approval.
pub(super) struct Proposal {
    pub(super) execution: String,
    pub(super) operator: &'static Somebody,
    token: String,
    /// The stack before.
    stood: Value,
    _turn: MutexGuard<'static, ()>,
    _undisturbed: RwLockReadGuard<'static, ()>,
}

impl Proposal {
    /// A harmless change, reviewed.
    pub(super) fn waiting() -> Self {
        Self::of(|_| {})
    }

    /// A change of the template, reviewed.
    pub(super) fn of(edit: impl FnOnce(&mut Value)) -> Self {
        Self::pushed(edit, None)
    }

    /// A harmless change, whose commit also replaces the name of the stack in the catalogue by this text.
    pub(super) fn with_catalogue(text: &str) -> Self {
        Self::pushed(|_| {}, Some(text))
    }

    fn pushed(edit: impl FnOnce(&mut Value), catalogue: Option<&str>) -> Self {
        let (undisturbed, turn) = (undisturbed(), alarms());
        let ground = &*GROUND;
        let operator = &*OPERATOR;
        let mut template = ground.template.clone();
        let words = if catalogue.is_some() {
            "In other words."
        } else {
            "In words."
        };
        template["Resources"]["Backlog"]["Properties"]["AlarmDescription"] = json!(words);
        edit(&mut template);
        let name = "    stack_name: \"{environment}-alarms\"\n";
        let catalogue = match catalogue {
            Some(text) => {
                assert!(ground.catalogue.contains(name));
                ground.catalogue.replace(name, text)
            }
            None => ground.catalogue.clone(),
        };
        let before = latest();
        let is_started_by_push = ground.push(&template, &catalogue);
        if !is_started_by_push {
            system().aws(&["codepipeline", "start-pipeline-execution", "--name", PIPELINE]);
        }
        let (execution, token) = system().eventually("the question", || question(system(), &before));
        Proposal {
            execution,
            operator,
            token,
            stood: stack(),
            _turn: turn,
            _undisturbed: undisturbed,
        }
    }

    /// Takes the stack as it is now for what must stay.
    pub(super) fn look_again(&mut self) {
        self.stood = stack();
    }

    /// An output variable of an action of this run.
    pub(super) fn variable(&self, action: &str, name: &str) -> String {
        let details = self.action(action);
        let value = details["output"]["outputVariables"][name].as_str();
        value
            .unwrap_or_else(|| panic!("{action} has no {name}: {details}"))
            .to_owned()
    }

    /// The gate's hash, as the pipeline carries it.
    pub(super) fn gate(&self) -> String {
        let details = self.action("DescribeChangeSet");
        let parameters = details["input"]["resolvedConfiguration"]["UserParameters"]
            .as_str()
            .unwrap();
        let parameters: Value = serde_json::from_str(parameters).unwrap();
        parameters["gate"].as_str().unwrap().to_owned()
    }

    fn action(&self, name: &str) -> Value {
        let actions = actions(&format!("pipelineExecutionId={}", self.execution));
        let found = actions.iter().find(|action| action["actionName"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {actions:?}")).clone()
    }

    /// Replaces a text in an output artifact of an action of this run, where it lies.
    pub(super) fn tamper(&self, action: &str, artifact: &str, old: &str, new: &str) {
        let details = self.action(action);
        let outputs = details["output"]["outputArtifacts"].as_array().unwrap();
        let output = outputs.iter().find(|output| output["name"] == artifact).unwrap();
        let place = &output["s3location"];
        let (bucket, key) = (place["bucket"].as_str().unwrap(), place["key"].as_str().unwrap());
        python(TAMPER, &[bucket, key, old, new]);
    }

    /// The execution and the job's parameters of a run that was executed earlier.
    pub(super) fn executed_before() -> (String, String) {
        let found = actions("");
        let executed = found
            .iter()
            .find(|action| action["actionName"] == "ExecuteChangeSet" && action["status"] == "Succeeded")
            .unwrap_or_else(|| panic!("nothing was executed: {found:?}"));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (
            text(&executed["pipelineExecutionId"]),
            text(&executed["input"]["resolvedConfiguration"]["UserParameters"]),
        )
    }

    /// Calls a function as CodePipeline would, with a job that CodePipeline never made, and waits for its end.
    pub(super) fn forge(&self, function: &str, parameters: &str) {
        let bucket = system().output("ArtifactBucketName");
        let inputs: Vec<Value> = [("CreateChangeSet", "PlannedChange"), ("Template", "Template")]
            .iter()
            .map(|(action, artifact)| {
                let details = self.action(action);
                let outputs = details["output"]["outputArtifacts"].as_array().unwrap().clone();
                let output = outputs.into_iter().find(|output| output["name"] == *artifact).unwrap();
                json!({"name": artifact, "revision": null, "location": {"type": "S3", "s3Location": {
                    "bucketName": bucket, "objectKey": output["s3location"]["key"],
                }}})
            })
            .collect();
        let event = json!({"CodePipeline.job": {
            "id": "00000000-1111-2222-3333-444444444444",
            "accountId": "000000000000",
            "data": {
                "actionConfiguration": {"configuration": {"FunctionName": function, "UserParameters": parameters}},
                "inputArtifacts": inputs,
                "outputArtifacts": [],
                "artifactCredentials": {
                    "accessKeyId": "test", "secretAccessKey": "test", "sessionToken": "test",
                    "expirationTime": 4_102_444_800_000_u64,
                },
            },
        }});
        let directory = tempfile::tempdir().unwrap();
        let payload = directory.path().join("event.json");
        std::fs::write(&payload, event.to_string()).unwrap();
        let answer = directory.path().join("answer.json");
        let path = |path: &Path| path.to_str().unwrap().to_owned();
        system().aws(&[
            "lambda",
            "invoke",
            "--function-name",
            function,
            "--payload",
            &format!("file://{}", path(&payload)),
            &path(&answer),
        ]);
    }

    /// Whether a function's log has all of these texts.
    pub(super) fn logged(function: &str, texts: &[&str]) -> bool {
        let logs = system().state().logs.join("functions");
        let entries = std::fs::read_dir(logs).unwrap();
        entries
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().contains(function))
            .any(|path| {
                let log = std::fs::read_to_string(path).unwrap_or_default();
                texts.iter().all(|text| log.contains(text))
            })
    }

    /// Approves as an operator.
    pub(super) fn approved(self) -> Approved {
        let answer = self.operator.attempt(&self.approval());
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        Approved(self)
    }

    /// Approves as the account's root user.
    pub(super) fn approved_by_root(self) -> Approved {
        system().aws(&self.approval());
        Approved(self)
    }

    fn approval(&self) -> [&str; 12] {
        people::answer(PIPELINE, "Approve1", &self.token, "status=Approved,summary=fine")
    }

    /// The stack is as it was, and the run still waits.
    pub(super) fn stands_as_before(&self) {
        assert_eq!(stack(), self.stood);
        assert_eq!(
            question(system(), "").map(|(execution, _)| execution),
            Some(self.execution.clone())
        );
    }
}

/// A run that was approved.
pub(super) struct Approved(Proposal);

impl Approved {
    /// Why it was not executed; the stack is untouched.
    pub(super) fn refusal(self) -> String {
        let message = self.failure();
        assert!(message.starts_with("not executed: "), "{message}");
        message
    }

    /// Why its last action failed; the stack holds what it held.
    pub(super) fn failure(self) -> String {
        let Approved(proposal) = self;
        let ended = system().eventually("the end of the run", || {
            let action = actions(&format!("pipelineExecutionId={}", proposal.execution))
                .into_iter()
                .find(|action| action["actionName"] == "ExecuteChangeSet")?;
            (action["status"] != "InProgress").then_some(action)
        });
        assert_eq!(ended["status"], "Failed", "{ended}");
        let message = ended["output"]["executionResult"]["errorDetails"]["message"].as_str();
        let message = message.unwrap_or_else(|| panic!("no reason: {ended}")).to_owned();
        let stands = stack();
        for kept in ["Parameters", "Resources", "Template"] {
            assert_eq!(stands[kept], proposal.stood[kept], "{message}");
        }
        if message.starts_with("not executed: ") {
            assert_eq!(stands, proposal.stood, "{message}");
        }
        message
    }
}
