//! A site with stacks behind different gates, and the people of its account.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use local::demo::runs::Question;
use local::environment::server::LOGIN;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::people::{Account, Somebody};
use crate::site::Site;
use crate::system::run;

/// A queue: a stack of the least kind.
pub(super) const QUEUE: &str = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#;

/// Who is who: Otto has two users, and writes what is pushed.
const PEOPLE: &str = "people:\n  octocat: [\"arn:aws:iam::000000000000:user/otto\", \
                      \"arn:aws:iam::000000000000:user/otto-admin\"]\n  \
                      adalovelace: [\"arn:aws:iam::000000000000:user/ann\"]\n";

/// Role whose session names AWS sets: each session is a person.
pub(super) const IDENTITY_CENTER: &str = "AWSReservedSSO_Operators_0123456789abcdef";
/// Role that many share: all its sessions are one person.
pub(super) const SHARED: &str = "shared";

pub(super) struct Office {
    pub(super) site: Site,
    pub(super) account: Account,
    pub(super) ann: Somebody,
    pub(super) bea: Somebody,
    pub(super) otto: Somebody,
    pub(super) otto_admin: Somebody,
    clone: TempDir,
}

impl Office {
    /// Pushes a catalogue of these stacks, each a queue; the pipelines are not provisioned yet.
    pub(super) async fn open(stacks: &[(&str, &str)]) -> Self {
        let site = Site::start_empty().await;
        let account = Account::new(&site.running.state.endpoint, &site.world.outputs["OperatorsPolicyArn"]);
        for (stack, _) in stacks {
            site.write(&format!("stacks/{stack}/template.json"), QUEUE);
        }
        site.write("changegate.yaml", &catalogue(stacks));
        site.push("Begin").await;
        let clone = tempfile::tempdir().unwrap();
        run(Command::new("git")
            .args(["clone", "--quiet", &site.running.state.push_url])
            .arg(clone.path()));
        Self {
            ann: account.hire("ann"),
            bea: account.hire("bea"),
            otto: account.hire("otto"),
            otto_admin: account.hire("otto-admin"),
            account,
            site,
            clone,
        }
    }

    /// Commits files in a clone of its own and pushes them, as a login of the Git host, to a branch.
    pub(super) fn push_as(&self, login: &str, branch: &str, subject: &str, files: &[(&str, &str)]) {
        let path = self.clone.path();
        let git = |arguments: &[&str]| {
            run(Command::new("git")
                .current_dir(path)
                .args(["-c", &format!("user.name={login}")])
                .args(["-c", &format!("user.email={login}@users.noreply.github.com")])
                .args(arguments))
        };
        git(&["fetch", "--quiet", "origin"]);
        git(&["checkout", "--quiet", "-B", "work", "origin/main"]);
        for (file, text) in files {
            write(path, file, text);
        }
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", subject]);
        let url = self
            .site
            .running
            .state
            .push_url
            .replace(&format!("{LOGIN}:"), &format!("{login}:"));
        git(&["push", "--quiet", &url, &format!("HEAD:refs/heads/{branch}")]);
    }

    /// Calls the Git host's REST interface as a login.
    pub(super) async fn github(&self, login: &str, method: &str, path: &str, body: Value) -> Value {
        let state = &self.site.running.state;
        let url = format!("{}/api/v3/repos/{}/{path}", state.git_host, state.repository);
        let client = local::http::client();
        let request = match method {
            "PUT" => client.put(url),
            _ => client.post(url),
        };
        let request = request
            .basic_auth(login, Some(&state.people_token))
            .body(body.to_string());
        let answer = request.header("Content-Type", "application/json").send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {:?}", answer.text().await);
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    /// Opens a pull request of a branch as the author, has somebody else approve it, and merges it.
    pub(super) async fn merge(&self, branch: &str, reviewer: &str) {
        let new = json!({"title": "Reviewed", "head": branch, "base": "main"});
        let pull = self.github(LOGIN, "POST", "pulls", new).await;
        let number = &pull["number"];
        let path = format!("pulls/{number}/reviews");
        self.github(reviewer, "POST", &path, json!({"event": "APPROVE"})).await;
        self.github(LOGIN, "PUT", &format!("pulls/{number}/merge"), json!({}))
            .await;
    }

    /// Waits for the question of an approval action about a stack's change.
    pub(super) async fn asked(&self, stack: &str, action: &str, other_than: Option<&str>) -> Question {
        let pipeline = format!("changegate-{stack}");
        let until = Instant::now() + Duration::from_mins(2);
        while Instant::now() < until {
            let question = self.site.world.runs.question(&pipeline).await.unwrap();
            if let Some(question) = question
                && question.action == action
                && Some(question.execution.as_str()) != other_than
            {
                return question;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let stuck = self.site.world.runs.diagnosis(&pipeline, action, false).await;
        panic!("{stuck}");
    }

    /// Waits for the end of the run of a question that was refused, and gives the reason; nothing was executed.
    pub(super) async fn refused(&self, question: &Question) -> String {
        let status = self.site.end(&question.pipeline, &question.execution).await;
        let message = self.why(question).await;
        assert_eq!(status, "Failed", "{message}");
        assert!(message.starts_with("not executed: "), "{message}");
        let stack = self.site.stack(stack_of(question)).await.unwrap();
        assert_eq!(stack["StackStatus"], "REVIEW_IN_PROGRESS", "{message}");
        message
    }

    /// Waits for the end of the run of a question that was executed.
    pub(super) async fn executed(&self, question: &Question) {
        let status = self.site.end(&question.pipeline, &question.execution).await;
        assert_eq!(status, "Succeeded", "{}", self.why(question).await);
        let stack = self.site.stack(stack_of(question)).await.unwrap();
        assert_eq!(stack["StackStatus"], "CREATE_COMPLETE");
    }

    /// A document in the evidence bucket, once it is written.
    pub(super) async fn evidence(&self, key: &str) -> Value {
        let until = Instant::now() + Duration::from_mins(1);
        while Instant::now() < until {
            if let Some(text) = self.site.world.evidence(key).await.unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("there is no {key}");
    }

    /// What the newest attempt to execute said when it failed.
    async fn why(&self, question: &Question) -> String {
        let runs = &self.site.world.runs;
        let actions = runs.actions(&question.pipeline, &question.execution).await.unwrap();
        let execute = actions
            .iter()
            .find(|each| each.action_name() == Some("ExecuteChangeSet"));
        execute
            .and_then(|each| each.output()?.execution_result()?.error_details()?.message())
            .unwrap_or_default()
            .to_owned()
    }
}

fn stack_of(question: &Question) -> &str {
    question.pipeline.strip_prefix("changegate-").unwrap()
}

/// A catalogue of these stacks, with their gates.
pub(super) fn catalogue(stacks: &[(&str, &str)]) -> String {
    let entries: Vec<String> = stacks
        .iter()
        .map(|(stack, gate)| format!("  {stack}: {gate}\n"))
        .collect();
    format!(
        "version: 1\ndefaults: {{ approvals: 2 }}\n{PEOPLE}stacks:\n{}",
        entries.concat()
    )
}

fn write(root: &Path, file: &str, text: &str) {
    let path = root.join(file);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}
