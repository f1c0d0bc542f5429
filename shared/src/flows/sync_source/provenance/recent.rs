//! The latest moves of all branches, read as far back as a pull request needs them.

use futures_util::lock::Mutex;

use super::{head_moves, told};
use crate::domain::sync::authorship::HeadMove;
use crate::flows::ports::{Activity, ActivityPage, PortError, ReadPullRequests};

/// Pages that are read at most; who pushed before them is told to be unknown.
const MOST_PAGES: usize = 10;

/// Shared by all pull requests of a sync, so that each page is read once.
pub(super) struct Recent<'r, R> {
    repository: &'r R,
    known: Mutex<Known>,
}

struct Known {
    moves: Activity,
    next: Option<String>,
    pages: usize,
}

/// Moves of all branches, newest first.
pub(super) struct Moves {
    pub(super) moves: Vec<HeadMove>,
    /// Whether older ones would have to be known.
    pub(super) is_cut: bool,
}

impl<'r, R: ReadPullRequests> Recent<'r, R> {
    /// Reads the first page; there is none when the credential may not read it.
    pub(super) async fn of(repository: &'r R) -> Result<Self, PortError> {
        let page = told(repository.activity(None).await)?;
        let known = Known {
            moves: Activity {
                is_cut: page.next.is_some(),
                moves: page.moves,
            },
            next: page.next,
            pages: 1,
        };
        Ok(Self {
            repository,
            known: Mutex::new(known),
        })
    }

    /// What was read so far.
    pub(super) async fn so_far(&self) -> Activity {
        self.known.lock().await.moves.clone()
    }

    /// Reads back until the moves are enough, or there are no more.
    pub(super) async fn until(&self, is_enough: impl Fn(&[HeadMove]) -> bool) -> Result<Moves, PortError> {
        let mut known = self.known.lock().await;
        loop {
            let moves = head_moves(known.moves.moves.clone());
            let is_enough = is_enough(&moves);
            let may_go_on = !is_enough && known.pages < MOST_PAGES;
            let page = known.next.take_if(|_| may_go_on);
            let Some(page) = page else {
                let is_cut = !is_enough && known.moves.is_cut;
                return Ok(Moves { moves, is_cut });
            };
            let ActivityPage { moves, next } = told(self.repository.activity(Some(&page)).await)?;
            // Also where this page may not be read, there are older moves.
            known.moves.is_cut = moves.is_empty() || next.is_some();
            known.moves.moves.extend(moves);
            known.next = next;
            known.pages += 1;
        }
    }
}
