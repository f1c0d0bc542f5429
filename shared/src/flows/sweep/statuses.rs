//! Sets the status of a run's commit again where something slower overwrote it.
//!
//! GitHub shows the status that was set last. A second delivery of the review's job, or a sync that tells what it
//! started, may set "pending" after the run has ended, and the end is not told twice.

use std::collections::BTreeMap;

use crate::domain::headline;
use crate::domain::outcome::{Outcome, Verdict, status_of};
use crate::flows::FlowError;
use crate::flows::outbox::OrLater;
use crate::flows::ports::{Clock, PortError, ReadTold, TellRepository, ToldStatus, WriteObjects};
use crate::flows::record_outcome::{RecordPorts, RecordSettings, tell_repository};

/// The statuses that were read, by commit: one push starts many pipelines.
#[derive(Debug, Default)]
pub(super) struct Statuses(BTreeMap<String, Vec<ToldStatus>>);

impl Statuses {
    /// Reads the statuses of a commit anew when they are asked for next.
    pub(super) fn forget(&mut self, commit: Option<String>) {
        if let Some(commit) = commit {
            self.0.remove(&commit);
        }
    }

    /// Sets the status of a recorded end again, where it is pending without a reason. `is_newest` says that the pipeline
    /// has no newer run.
    ///
    /// # Errors
    ///
    /// When GitHub does not answer for now. That it refuses is no reason to ask again.
    pub(super) async fn set_right<P, C, S, E, N, G, K>(
        &mut self,
        ports: &RecordPorts<'_, P, C, S, E, N, G, K>,
        settings: &RecordSettings,
        outcome: &Outcome,
        is_newest: bool,
    ) -> Result<(), FlowError>
    where
        E: WriteObjects,
        G: TellRepository + ReadTold,
        K: Clock,
    {
        let (Some(commit), Some(id)) = (&outcome.commit, outcome.repository_id) else {
            return Ok(());
        };
        if status_of(outcome, true).0 == Verdict::Open {
            return Ok(());
        }
        if !self.0.contains_key(commit) {
            let told = match ports.repository.statuses(id, commit).await {
                Err(error) if error.is_transient() => return Err(error.into()),
                told => told,
            };
            let told = told.unwrap_or_else(|error| unread(commit, &error));
            self.0.insert(commit.clone(), told);
        }
        let context = headline::status_context(&settings.environment, &outcome.stack);
        let told = self.0[commit].iter().find(|told| told.context == context);
        if !told.is_some_and(|told| told.is_pending && is_of(told, outcome, is_newest)) {
            return Ok(());
        }
        tracing::warn!(
            pipeline = outcome.pipeline,
            execution = outcome.execution,
            "a status stayed pending; it is set again"
        );
        self.0.remove(commit);
        let repository = OrLater::new(ports.repository, ports.evidence, ports.clock);
        tell_repository(&repository, settings, outcome).await.map(drop)
    }
}

/// Whether a pending status is this run's to replace. One that a run set links to the run; one that the sync set does
/// not, and is for the newest run to replace.
fn is_of(told: &ToldStatus, outcome: &Outcome, is_newest: bool) -> bool {
    let mut parts = told.url.iter().flat_map(|url| url.split(['/', '?', '#']));
    is_newest || parts.any(|part| part == outcome.execution)
}

fn unread(commit: &str, error: &PortError) -> Vec<ToldStatus> {
    tracing::warn!(commit, %error, "the statuses of a commit cannot be read, so none is set again");
    Vec::new()
}
