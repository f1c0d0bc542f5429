//! What the story works with: the environment, its people, the working copy.

use std::error::Error;

use aws_sdk_codepipeline::error::DisplayErrorContext;
use aws_sdk_codepipeline::types::{ApprovalResult, ApprovalStatus};
use changegate::domain::keys;
use serde_json::Value;

use super::ask;
use super::report::Report;
use super::repository::WorkingCopy;
use super::runs::{Question, Runs};
use super::scan::Secret;
use super::timings::Timings;
use crate::aws::Aws;
use crate::deploy::stack::{self, Outputs, StackError};
use crate::environment::server::LOGIN;
use crate::http;
use crate::people::{self, Cli, Person};
use crate::places::Places;
use crate::progress::Progress;
use crate::state::State;

/// Why the story cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A call failed.
    #[error("{call}: {said}")]
    Call {
        /// The call.
        call: String,
        /// What was said.
        said: String,
    },
    /// Something that was waited for did not come.
    #[error("waited for {waited_for} in {pipeline}, and {how}\n  {known}")]
    Stuck {
        /// Pipeline.
        pipeline: String,
        /// What was waited for.
        waited_for: String,
        /// Whether it failed or never came.
        how: &'static str,
        /// What is known about it.
        known: String,
    },
    /// The person at the terminal rejected what everything after it needs.
    #[error("the story ends here: everything after it needs {pipeline}, which you rejected")]
    TurnedDown {
        /// Pipeline.
        pipeline: String,
    },
    /// Nobody can answer.
    #[error(
        "standard input ended before the question was answered: run it in a terminal, or with --yes, which approves by itself"
    )]
    NobodyThere,
    /// Changegate is not deployed.
    #[error(transparent)]
    Stack(#[from] StackError),
}

impl DemoError {
    /// A call that failed.
    pub fn call(call: &str, said: &str) -> Self {
        DemoError::Call {
            call: call.to_owned(),
            said: said.to_owned(),
        }
    }

    /// A call of an SDK that failed.
    pub fn sdk(call: &str, error: &(dyn Error + 'static)) -> Self {
        DemoError::Call {
            call: call.to_owned(),
            said: DisplayErrorContext(error).to_string(),
        }
    }
}

/// What the story works with.
#[derive(Debug)]
pub struct World {
    /// What runs.
    pub state: State,
    /// Clients of the account's root user, who only looks.
    pub aws: Aws,
    /// The AWS CLI as the root user.
    pub cli: Cli,
    /// Runs of pipelines.
    pub runs: Runs,
    /// Who approves.
    pub approver: Person,
    /// Who rejects.
    pub rejecter: Person,
    /// Where commits come from.
    pub copy: WorkingCopy,
    /// Outputs of the deployed stack.
    pub outputs: Outputs,
    /// What was checked.
    pub report: Report,
    /// How long it took.
    pub timings: Timings,
    /// What a person sees.
    pub progress: Progress,
    answers_by_itself: bool,
    _directory: tempfile::TempDir,
}

impl World {
    /// Hires the people and makes the working copy.
    ///
    /// # Errors
    ///
    /// When IAM, git or the file system refuses.
    pub async fn prepare(
        places: &Places,
        state: &State,
        progress: Progress,
        answers_by_itself: bool,
    ) -> Result<Self, DemoError> {
        let aws = Aws::root(&state.endpoint);
        let outputs = stack::outputs(&aws).await?;
        progress.step("creating the IAM users ada and grace, who have the operators' policy and nothing else");
        let (cli, approver, rejecter) = people::hire_all(places, state, &outputs).await?;
        let directory = tempfile::tempdir().map_err(|error| DemoError::call("a directory", &error.to_string()))?;
        let copy = WorkingCopy::make(
            &places.repository().join("examples/infrastructure"),
            directory.path().join("infrastructure"),
            &state.push_url,
            &state.branch,
        )
        .await?;
        Ok(World {
            runs: Runs::new(aws.clone(), places.clone()),
            state: state.clone(),
            aws,
            cli,
            approver,
            rejecter,
            copy,
            outputs,
            report: Report::default(),
            timings: Timings::default(),
            progress,
            answers_by_itself,
            _directory: directory,
        })
    }

    /// What no log may hold.
    pub fn secrets(&self) -> Vec<Secret> {
        let secret = |name: &str, value: &str| Secret {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        vec![
            secret(
                "webhook secret (NoEcho parameter WebhookSecret)",
                &self.state.webhook_secret,
            ),
            secret(
                "GitHub token (NoEcho parameter GitHubToken)",
                &self.state.functions_token,
            ),
            secret("token of the people at the Git host", &self.state.people_token),
            secret("secret access key of ada", &self.approver.key.secret),
            secret("secret access key of grace", &self.rejecter.key.secret),
        ]
    }

    /// An object in the evidence bucket, as text; nothing when it is not there.
    ///
    /// # Errors
    ///
    /// When it cannot be read to its end.
    pub async fn evidence(&self, key: &str) -> Result<Option<String>, DemoError> {
        let bucket = self.outputs.get("EvidenceBucketName").cloned().unwrap_or_default();
        let Ok(object) = self.aws.s3.get_object().bucket(bucket).key(key).send().await else {
            return Ok(None);
        };
        let bytes = object
            .body
            .collect()
            .await
            .map_err(|error| DemoError::sdk("GetObject", &error))?
            .into_bytes();
        Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// The review of a question's run, in text.
    ///
    /// # Errors
    ///
    /// When the evidence bucket does not answer.
    pub async fn review(&self, question: &Question) -> Result<String, DemoError> {
        let key = keys::review(&question.pipeline, &question.execution, 1, "review.txt");
        Ok(self
            .evidence(&key)
            .await?
            .unwrap_or_else(|| format!("there is no {key}")))
    }

    /// The outcome of a run, once it is written.
    ///
    /// # Errors
    ///
    /// When it is not written in time.
    pub async fn outcome(&self, pipeline: &str, execution: &str) -> Result<Value, DemoError> {
        let key = keys::outcome(pipeline, execution);
        for _ in 0..900 {
            if let Some(text) = self.evidence(&key).await? {
                return serde_json::from_str(&text).map_err(|error| DemoError::call(&key, &error.to_string()));
            }
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
        Err(DemoError::call(&key, "no outcome was written within three minutes"))
    }

    /// Answers a question: as the person at the terminal wants, or as the story goes. Gives what was answered.
    ///
    /// # Errors
    ///
    /// When CodePipeline refuses the answer.
    pub async fn answer(&self, question: &Question, story: &ask::Answer) -> Result<ask::Answer, DemoError> {
        let answer = if self.answers_by_itself {
            story.clone()
        } else {
            if !story.approved {
                println!("\nThe story rejects the next change. Whatever you answer is what happens.");
            }
            ask::ask(&question.pipeline, &self.review(question).await?).await?
        };
        let person = if answer.approved {
            &self.approver
        } else {
            &self.rejecter
        };
        put(person, question, &answer).await?;
        let did = if answer.approved { "approved" } else { "rejected" };
        self.progress.step(&format!(
            "{} {did} {}: {}",
            person.name, question.pipeline, answer.words
        ));
        Ok(answer)
    }

    /// Approves without asking anybody, to see what becomes of it.
    ///
    /// # Errors
    ///
    /// When CodePipeline refuses the answer.
    pub async fn answer_as_approver(&self, question: &Question) -> Result<(), DemoError> {
        put(
            &self.approver,
            question,
            &ask::Answer {
                approved: true,
                words: "too late".to_owned(),
            },
        )
        .await
    }

    /// The newest status of a commit in a context, at the Git host.
    ///
    /// # Errors
    ///
    /// When the Git host does not answer.
    pub async fn status(&self, commit: &str, context: &str) -> Result<Option<String>, DemoError> {
        let statuses = self.statuses(commit).await?;
        let found = statuses.iter().find(|status| status["context"] == context);
        Ok(found.and_then(|status| status["state"].as_str().map(str::to_owned)))
    }

    /// The newest status of a commit in each context, at the Git host.
    ///
    /// # Errors
    ///
    /// When the Git host does not answer.
    pub async fn statuses(&self, commit: &str) -> Result<Vec<Value>, DemoError> {
        let url = format!(
            "{}/api/v3/repos/{}/commits/{commit}/status",
            self.state.git_host, self.state.repository
        );
        let answer = http::client()
            .get(url)
            .basic_auth(LOGIN, Some(&self.state.people_token))
            .send()
            .await;
        let body: Value = match answer {
            Ok(answer) => answer
                .json()
                .await
                .map_err(|error| DemoError::call("the Git host", &error.to_string()))?,
            Err(error) => return Err(DemoError::call("the Git host", &error.to_string())),
        };
        Ok(body["statuses"].as_array().cloned().unwrap_or_default())
    }
}

async fn put(person: &Person, question: &Question, answer: &ask::Answer) -> Result<(), DemoError> {
    let status = if answer.approved {
        ApprovalStatus::Approved
    } else {
        ApprovalStatus::Rejected
    };
    let result = ApprovalResult::builder()
        .summary(&answer.words)
        .status(status)
        .build()
        .map_err(|error| DemoError::sdk("PutApprovalResult", &error))?;
    person
        .aws
        .codepipeline
        .put_approval_result()
        .pipeline_name(&question.pipeline)
        .stage_name("Apply")
        .action_name(&question.action)
        .token(&question.token)
        .result(result)
        .send()
        .await
        .map(drop)
        .map_err(|error| DemoError::sdk("PutApprovalResult", &error))
}
