//! Runs of pipelines, as CodePipeline tells of them, and waiting for them.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_codepipeline::operation::get_pipeline_state::GetPipelineStateError;
use aws_sdk_codepipeline::operation::list_pipeline_executions::ListPipelineExecutionsError;
use aws_sdk_codepipeline::types::{
    ActionExecutionDetail, ActionExecutionFilter, ActionExecutionStatus, PipelineExecutionStatus,
    PipelineExecutionSummary,
};
use tokio::time::{Instant, sleep};

use super::world::DemoError;
use crate::aws::Aws;
use crate::places::Places;

/// How long anything may take.
pub const PATIENCE: Duration = Duration::from_mins(5);
const PAUSE: Duration = Duration::from_millis(200);
/// How long after a failed run another one may begin that was under way already.
const ANOTHER_RUN: Duration = Duration::from_secs(10);

/// Somebody is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Pipeline.
    pub pipeline: String,
    /// Run.
    pub execution: String,
    /// Name of the approval action.
    pub action: String,
    /// Its token.
    pub token: String,
    /// What the approver reads: `CustomData`, resolved.
    pub text: String,
    /// Where the whole review is.
    pub link: String,
}

/// Questions about runs, as the account's root user.
#[derive(Debug, Clone)]
pub struct Runs {
    aws: Aws,
    places: Places,
}

impl Runs {
    /// Questions through these clients; logs are found in these places.
    pub fn new(aws: Aws, places: Places) -> Self {
        Runs { aws, places }
    }

    /// Runs of a pipeline, newest first.
    ///
    /// # Errors
    ///
    /// When CodePipeline does not answer. A pipeline that is missing has no runs.
    pub async fn of(&self, pipeline: &str) -> Result<Vec<PipelineExecutionSummary>, DemoError> {
        match self
            .aws
            .codepipeline
            .list_pipeline_executions()
            .pipeline_name(pipeline)
            .send()
            .await
        {
            Ok(listed) => Ok(listed.pipeline_execution_summaries.unwrap_or_default()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(ListPipelineExecutionsError::is_pipeline_not_found_exception) =>
            {
                Ok(Vec::new())
            }
            Err(error) => Err(DemoError::sdk("ListPipelineExecutions", &error)),
        }
    }

    /// Names of all pipelines.
    ///
    /// # Errors
    ///
    /// When CodePipeline does not answer.
    pub async fn pipelines(&self) -> Result<Vec<String>, DemoError> {
        let listed = self.aws.codepipeline.list_pipelines().send().await;
        let listed = listed.map_err(|error| DemoError::sdk("ListPipelines", &error))?;
        Ok(listed
            .pipelines()
            .iter()
            .filter_map(|each| each.name().map(str::to_owned))
            .collect())
    }

    /// How many runs each pipeline has had.
    ///
    /// # Errors
    ///
    /// When CodePipeline does not answer.
    pub async fn counts(&self) -> Result<BTreeMap<String, usize>, DemoError> {
        let mut counts = BTreeMap::new();
        for pipeline in self.pipelines().await? {
            let runs = self.of(&pipeline).await?.len();
            counts.insert(pipeline, runs);
        }
        Ok(counts)
    }

    /// Actions of a run, newest first.
    ///
    /// # Errors
    ///
    /// When CodePipeline does not answer.
    pub async fn actions(&self, pipeline: &str, execution: &str) -> Result<Vec<ActionExecutionDetail>, DemoError> {
        let filter = ActionExecutionFilter::builder()
            .pipeline_execution_id(execution)
            .build();
        let listed = self
            .aws
            .codepipeline
            .list_action_executions()
            .pipeline_name(pipeline)
            .filter(filter)
            .send()
            .await;
        let listed = listed.map_err(|error| DemoError::sdk("ListActionExecutions", &error))?;
        Ok(listed.action_execution_details.unwrap_or_default())
    }

    /// An output variable of an action of a run.
    ///
    /// # Errors
    ///
    /// When CodePipeline does not answer.
    pub async fn variable(
        &self,
        pipeline: &str,
        execution: &str,
        action: &str,
        name: &str,
    ) -> Result<Option<String>, DemoError> {
        let actions = self.actions(pipeline, execution).await?;
        Ok(actions
            .iter()
            .find(|each| each.action_name() == Some(action))
            .and_then(|each| each.output()?.output_variables()?.get(name).cloned()))
    }

    /// Who is asked now, if somebody is.
    ///
    /// # Errors
    ///
    /// When CodePipeline does not answer.
    pub async fn question(&self, pipeline: &str) -> Result<Option<Question>, DemoError> {
        let described = match self.aws.codepipeline.get_pipeline_state().name(pipeline).send().await {
            Ok(described) => described,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetPipelineStateError::is_pipeline_not_found_exception) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(DemoError::sdk("GetPipelineState", &error)),
        };
        for stage in described.stage_states() {
            let Some(execution) = stage.latest_execution() else {
                continue;
            };
            for action in stage.action_states() {
                let Some((latest, token)) = action
                    .latest_execution()
                    .and_then(|latest| Some((latest, latest.token()?)))
                else {
                    continue;
                };
                if latest.status() == Some(&ActionExecutionStatus::InProgress) {
                    let execution = execution.pipeline_execution_id().to_owned();
                    let name = action.action_name().unwrap_or_default().to_owned();
                    let configuration = self.configuration(pipeline, &execution, &name).await?;
                    return Ok(Some(Question {
                        pipeline: pipeline.to_owned(),
                        execution,
                        action: name,
                        token: token.to_owned(),
                        text: configuration.get("CustomData").cloned().unwrap_or_default(),
                        link: configuration.get("ExternalEntityLink").cloned().unwrap_or_default(),
                    }));
                }
            }
        }
        Ok(None)
    }

    async fn configuration(
        &self,
        pipeline: &str,
        execution: &str,
        action: &str,
    ) -> Result<std::collections::HashMap<String, String>, DemoError> {
        let actions = self.actions(pipeline, execution).await?;
        Ok(actions
            .iter()
            .find(|each| each.action_name() == Some(action))
            .and_then(|each| each.input()?.resolved_configuration().cloned())
            .unwrap_or_default())
    }

    /// Waits until somebody is asked about a run of a pipeline that is not `other_than`.
    ///
    /// # Errors
    ///
    /// When the run ends first, or it takes too long: with what is known about why.
    pub async fn wait_for_question(&self, pipeline: &str, other_than: Option<&str>) -> Result<Question, DemoError> {
        let until = Instant::now() + PATIENCE;
        let mut failed: Option<(String, Instant)> = None;
        loop {
            if let Some(question) = self.question(pipeline).await?
                && Some(question.execution.as_str()) != other_than
            {
                return Ok(question);
            }
            let newest = self.of(pipeline).await?.into_iter().next();
            let newest = newest.filter(|run| run.status() == Some(&PipelineExecutionStatus::Failed));
            let newest = newest.and_then(|run| run.pipeline_execution_id);
            failed = newest.filter(|run| Some(run.as_str()) != other_than).map(|run| {
                let since = failed.filter(|(before, _)| *before == run);
                since.unwrap_or_else(|| (run, Instant::now()))
            });
            // It stays the newest: nothing else is on its way.
            if failed.as_ref().is_some_and(|(_, since)| since.elapsed() > ANOTHER_RUN) {
                return Err(self.diagnosis(pipeline, "somebody to be asked", true).await);
            }
            if Instant::now() > until {
                return Err(self.diagnosis(pipeline, "somebody to be asked", false).await);
            }
            sleep(PAUSE).await;
        }
    }

    /// Waits until a run is at its end.
    ///
    /// # Errors
    ///
    /// When it takes too long.
    pub async fn wait_for_end(&self, pipeline: &str, execution: &str) -> Result<PipelineExecutionStatus, DemoError> {
        let until = Instant::now() + PATIENCE;
        loop {
            let runs = self.of(pipeline).await?;
            let run = runs.iter().find(|run| run.pipeline_execution_id() == Some(execution));
            let status = run.and_then(|run| run.status().cloned());
            match status {
                Some(status)
                    if status != PipelineExecutionStatus::InProgress && status != PipelineExecutionStatus::Stopping =>
                {
                    return Ok(status);
                }
                _ if Instant::now() > until => return Err(self.diagnosis(pipeline, "the run to end", false).await),
                _ => sleep(PAUSE).await,
            }
        }
    }

    /// Waits until a pipeline has more runs than it had, and gives the newest.
    ///
    /// # Errors
    ///
    /// When it takes too long.
    pub async fn wait_for_run(&self, pipeline: &str, had: usize) -> Result<String, DemoError> {
        let until = Instant::now() + PATIENCE;
        loop {
            let runs = self.of(pipeline).await?;
            if runs.len() > had
                && let Some(newest) = runs.first().and_then(|run| run.pipeline_execution_id())
            {
                return Ok(newest.to_owned());
            }
            if Instant::now() > until {
                return Err(self.diagnosis(pipeline, "a run to start", false).await);
            }
            sleep(PAUSE).await;
        }
    }

    /// What is known about a pipeline that does not go on: its newest run's actions, and the last lines of the logs.
    pub async fn diagnosis(&self, pipeline: &str, waited_for: &str, has_failed: bool) -> DemoError {
        let mut known = Vec::new();
        if let Ok(runs) = self.of(pipeline).await
            && let Some(run) = runs.first()
        {
            let execution = run.pipeline_execution_id().unwrap_or_default();
            known.push(format!(
                "newest run {execution}: {}",
                run.status().map_or("?", |status| status.as_str())
            ));
            for action in self.actions(pipeline, execution).await.unwrap_or_default().iter().rev() {
                let result = action.output().and_then(|output| output.execution_result());
                let words = result
                    .and_then(|result| {
                        result
                            .error_details()
                            .and_then(|details| details.message())
                            .or(result.external_execution_summary())
                    })
                    .unwrap_or_default();
                known.push(format!(
                    "{}/{}: {} {words}",
                    action.stage_name().unwrap_or_default(),
                    action.action_name().unwrap_or_default(),
                    action.status().map_or("?", |status| status.as_str()),
                ));
            }
        }
        known.extend(self.last_words());
        DemoError::Stuck {
            pipeline: pipeline.to_owned(),
            waited_for: waited_for.to_owned(),
            how: if has_failed {
                "it failed"
            } else {
                "nothing came in time"
            },
            known: known.join("\n  "),
        }
    }

    fn last_words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let Ok(entries) = std::fs::read_dir(self.places.function_logs()) else {
            return words;
        };
        let mut files: Vec<_> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
        files.sort();
        for file in files {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            for line in &lines[lines.len().saturating_sub(2)..] {
                let line: String = line.chars().take(400).collect();
                words.push(format!(
                    "{}: {line}",
                    file.file_stem().unwrap_or_default().to_string_lossy()
                ));
            }
        }
        words
    }
}
