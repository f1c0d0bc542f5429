//! A clock, topics, and a repository that remember what they were told.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use jiff::Timestamp;

use super::Wire;
use crate::domain::sync::pin::RepositoryId;
use crate::flows::ports::{
    Clock, CommitStatus, Notify, PortError, PortErrorKind, ReadTold, StatusState, TellRepository, ToldStatus,
};

/// A clock that stands still until a test moves it.
#[derive(Clone)]
pub struct FakeClock(Rc<Cell<Timestamp>>);

impl FakeClock {
    /// A clock at `time`, RFC 3339.
    pub fn at(time: &str) -> Self {
        Self(Rc::new(Cell::new(time.parse().unwrap())))
    }

    /// Moves the clock to `time`, RFC 3339.
    pub fn set(&self, time: &str) {
        self.0.set(time.parse().unwrap());
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        self.0.get()
    }
}

/// Topics that keep what was published.
#[derive(Clone, Default)]
pub struct FakeTopics {
    wire: Wire,
    published: Rc<RefCell<Vec<(String, String, String)>>>,
}

impl FakeTopics {
    /// Topics whose calls pass over `wire`.
    pub fn new(wire: &Wire) -> Self {
        Self {
            wire: wire.clone(),
            ..Self::default()
        }
    }

    /// Topic, subject and body of every message, in order.
    pub fn published(&self) -> Vec<(String, String, String)> {
        self.published.borrow().clone()
    }
}

impl Notify for FakeTopics {
    async fn publish(&self, topic_arn: &str, subject: &str, body: &str) -> Result<(), PortError> {
        let effect = || {
            assert!(
                subject.is_ascii() && subject.len() < 100 && !subject.contains('\n'),
                "no subject for SNS: {subject}"
            );
            let message = (topic_arn.to_owned(), subject.to_owned(), body.to_owned());
            self.published.borrow_mut().push(message);
            Ok(())
        };
        self.wire.call("sns:Publish", topic_arn, effect).await
    }
}

/// Number of the repository that [`FakeRepository`] is, and that records of the fakes tell.
pub const REPOSITORY: RepositoryId = RepositoryId(4);

/// A repository that keeps statuses and comments.
#[derive(Clone, Default)]
pub struct FakeRepository {
    wire: Wire,
    statuses: Rc<RefCell<Vec<CommitStatus>>>,
    comments: Rc<RefCell<Vec<(u64, String, String)>>>,
    is_public: Rc<Cell<bool>>,
    is_replaced: Rc<Cell<bool>>,
    /// The time by GitHub's clock, RFC 3339.
    now: Rc<RefCell<String>>,
    /// Commit and context, or number and marker, to when that was told last.
    times: Rc<RefCell<BTreeMap<(String, String), String>>>,
}

impl FakeRepository {
    /// A private repository whose calls pass over `wire`.
    pub fn new(wire: &Wire) -> Self {
        Self {
            wire: wire.clone(),
            ..Self::default()
        }
    }

    /// Moves GitHub's clock to `time`, RFC 3339.
    pub fn set_time(&self, time: &str) {
        *self.now.borrow_mut() = time.to_owned();
    }

    fn note_time(&self, about: &str, what: &str) {
        let now = self.now.borrow().clone();
        self.times.borrow_mut().insert((about.to_owned(), what.to_owned()), now);
    }

    /// Puts another repository, with another number, in the place of this one.
    pub fn replace(&self) {
        self.is_replaced.set(true);
    }

    /// GitHub knows no repository with the number of one that was deleted.
    fn must_be(&self, repository: RepositoryId) -> Result<(), PortError> {
        if repository == REPOSITORY && !self.is_replaced.get() {
            return Ok(());
        }
        Err(PortError {
            operation: "GET /repositories/{id}",
            subject: repository.to_string(),
            kind: PortErrorKind::NotFound,
            code: Some("404".to_owned()),
            message: "Not Found".to_owned(),
            source: None,
        })
    }

    /// Makes the repository readable by everybody.
    pub fn make_public(&self) {
        self.is_public.set(true);
    }

    /// Every status that was set, in order.
    pub fn statuses(&self) -> Vec<CommitStatus> {
        self.statuses.borrow().clone()
    }

    /// Pull request, marker and body of every comment as it stands.
    pub fn comments(&self) -> Vec<(u64, String, String)> {
        self.comments.borrow().clone()
    }
}

impl TellRepository for FakeRepository {
    async fn set_status(&self, repository: RepositoryId, status: CommitStatus) -> Result<(), PortError> {
        let subject = status.commit.clone();
        let effect = || {
            self.must_be(repository)?;
            self.note_time(&status.commit, &status.context);
            self.statuses.borrow_mut().push(status);
            Ok(())
        };
        self.wire
            .call("POST /repositories/{id}/statuses/{sha}", &subject, effect)
            .await
    }

    async fn upsert_comment(
        &self,
        repository: RepositoryId,
        pull_request: u64,
        marker: &str,
        body: &str,
    ) -> Result<(), PortError> {
        let effect = || {
            self.must_be(repository)?;
            assert!(body.starts_with(marker), "a comment starts with its marker");
            let mut comments = self.comments.borrow_mut();
            let found = comments
                .iter_mut()
                .find(|(number, held, _)| *number == pull_request && held == marker);
            match found {
                Some((_, _, held)) => body.clone_into(held),
                None => comments.push((pull_request, marker.to_owned(), body.to_owned())),
            }
            self.note_time(&pull_request.to_string(), marker);
            Ok(())
        };
        let operation = "POST /repositories/{id}/issues/{number}/comments";
        self.wire.call(operation, &pull_request.to_string(), effect).await
    }

    async fn is_public(&self, repository: RepositoryId) -> Result<bool, PortError> {
        let effect = || self.must_be(repository).map(|()| self.is_public.get());
        self.wire.call("GET /repositories/{id}", "", effect).await
    }
}

impl ReadTold for FakeRepository {
    async fn statuses(&self, repository: RepositoryId, commit: &str) -> Result<Vec<ToldStatus>, PortError> {
        let effect = || {
            self.must_be(repository)?;
            let mut newest = BTreeMap::new();
            for status in self.statuses.borrow().iter().filter(|status| status.commit == commit) {
                newest.insert(status.context.clone(), status.clone());
            }
            let times = self.times.borrow();
            let told = newest.into_values().map(|status| ToldStatus {
                at: times[&(status.commit, status.context.clone())].clone(),
                context: status.context,
                is_pending: status.state == StatusState::Pending,
                url: status.url,
            });
            Ok(told.collect())
        };
        self.wire
            .call("GET /repositories/{id}/commits/{ref}/status", commit, effect)
            .await
    }

    async fn comment_time(
        &self,
        repository: RepositoryId,
        pull_request: u64,
        marker: &str,
    ) -> Result<Option<String>, PortError> {
        let number = pull_request.to_string();
        let effect = || {
            self.must_be(repository)?;
            Ok(self.times.borrow().get(&(number.clone(), marker.to_owned())).cloned())
        };
        self.wire
            .call("GET /repositories/{id}/issues/{issue_number}/comments", &number, effect)
            .await
    }
}
