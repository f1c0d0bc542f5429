//! An outcome as it is stored: whoever reads the record reads texts of many people.

use super::{Outcome, StackEnd};
use crate::domain::provenance::Commit;
use crate::domain::secrecy::public;

impl Outcome {
    /// The outcome with nothing secret and nothing invisible in what people and services wrote. Ids, hashes, versions and
    /// whatever CodePipeline and GitHub authenticated stay as they are.
    #[must_use]
    pub fn shown(mut self) -> Self {
        show(&mut self.summary);
        self.commits.iter_mut().for_each(show_commit);
        show_if(self.plan.as_mut().map(|plan| &mut plan.summary));
        show_if(self.review.as_mut().map(|review| &mut review.summary));
        for approval in &mut self.approvals {
            show_if(approval.words.as_mut());
        }
        if let Some(result) = &mut self.execution_result {
            show_if(result.summary.as_mut());
            show_if(result.error.as_mut());
        }
        for action in &mut self.actions {
            show_if(action.summary.as_mut());
            show_if(action.error.as_mut());
        }
        for event in &mut self.stack_events {
            show(&mut event.reason);
        }
        self.notes.iter_mut().for_each(show);
        self
    }
}

impl StackEnd {
    /// As [`Outcome::shown`].
    #[must_use]
    pub fn shown(mut self) -> Self {
        show(&mut self.reason);
        self
    }
}

fn show_commit(commit: &mut Commit) {
    show(&mut commit.subject);
    show(&mut commit.author_text);
    show_if(commit.pull_request.as_mut().map(|pull_request| &mut pull_request.title));
}

fn show(text: &mut String) {
    *text = public(text).visible().into_owned();
}

fn show_if(text: Option<&mut String>) {
    if let Some(text) = text {
        show(text);
    }
}
