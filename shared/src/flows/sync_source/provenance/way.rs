//! The commits since the last record, and what each of them did on the way.

use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{CONCURRENCY, LOOKUPS, Observed, listed};
use crate::domain::sync::authorship::ListedCommit;
use crate::domain::sync::places::Places;
use crate::domain::sync::trace::Steps;
use crate::flows::ports::{ChangedFile, Comparison, PortError, ReadRepository, Relation};

/// Commits that the first record lists at most.
const FIRST_COMMITS: usize = 100;
/// Files that GitHub lists of a comparison; where there are so many, there may be more.
///
/// Source: <https://docs.github.com/en/rest/commits/commits#compare-two-commits>
const LISTED_FILES: usize = 300;

/// The way from the commit of the last record to the head.
pub(super) struct Way {
    /// The commits, oldest first.
    pub(super) listed: Vec<ListedCommit>,
    /// What is known of the way.
    pub(super) steps: Steps,
    /// Whether a file may have been moved and rewritten so far that all commits together do not show it.
    pub(super) may_hide_moves: bool,
}

impl Way {
    /// What GitHub tells of all commits together.
    pub(super) async fn to_head<R: ReadRepository>(
        repository: &R,
        observed: &Observed,
        previous: Option<&str>,
        places: &Places,
    ) -> Result<Self, PortError> {
        let head = &observed.head;
        let Some(previous) = previous else {
            let (mut commits, is_whole) = repository.history(&head.sha, FIRST_COMMITS).await?;
            commits.reverse();
            let steps = Steps {
                is_complete: is_whole,
                is_first: true,
                ..Steps::default()
            };
            let listed = commits.into_iter().map(listed).collect();
            return Ok(Self::seen(listed, steps));
        };
        if previous == head.sha {
            let steps = Steps {
                is_complete: true,
                ..Steps::default()
            };
            return Ok(Self::seen(Vec::new(), steps));
        }
        let comparison = match &observed.comparison {
            Some(comparison) => Some(comparison.clone()),
            None => repository.compare(previous, &head.sha).await?,
        };
        let Some(comparison) = comparison.filter(|comparison| !comparison.commits.is_empty()) else {
            let listed = vec![listed(head.clone())];
            return Ok(Self::seen(listed, Steps::default()));
        };
        // After a rewrite of the branch the list begins at the point where it was rewritten.
        let is_ahead = matches!(comparison.relation, Relation::Ahead | Relation::Identical);
        let mut steps = Steps {
            is_complete: comparison.is_complete && is_ahead,
            has_all_moves: is_ahead && is_told(&comparison),
            ..Steps::default()
        };
        enter_moves(&mut steps, &comparison.files);
        let new = comparison
            .files
            .iter()
            .filter(|file| file.is_new && places.have(&file.path));
        steps.new = new.map(|file| file.path.clone()).collect();
        Ok(Self {
            may_hide_moves: may_hide_moves(&comparison.files, places),
            listed: comparison.commits.into_iter().map(listed).collect(),
            steps,
        })
    }

    /// A way on which nothing hides.
    fn seen(listed: Vec<ListedCommit>, steps: Steps) -> Self {
        Self {
            listed,
            steps,
            may_hide_moves: false,
        }
    }
}

/// Looks at single commits, where there are several: what one did, another may have taken back, and what one moved,
/// another may have rewritten.
///
/// A merge onto the last record stands for what it merged: what its first parent had, and it has too, came from nobody
/// else. What was moved on the way is looked for there all the same, where something may have been.
pub(super) async fn look_at_each<R: ReadRepository>(
    repository: &R,
    commits: &[ListedCommit],
    previous: Option<&str>,
    steps: &mut Steps,
    may_hide_moves: bool,
    places: &Places,
) -> Result<(), PortError> {
    let Some((head, before)) = commits.split_last().filter(|_| previous.is_some()) else {
        return Ok(());
    };
    let is_one_step = head.parents.first().map(String::as_str) == previous;
    let looked_at = match (is_one_step, before) {
        (false, _) => commits,
        // One commit did what all did together.
        (true, [] | [_]) => return Ok(()),
        (true, before) if may_hide_moves && steps.has_all_moves => before,
        (true, _) => return Ok(()),
    };
    let each = each(repository, looked_at).await?;
    if is_one_step {
        steps.has_all_moves &= each.is_some();
    } else {
        steps.is_complete &= each.is_some();
    }
    for comparison in each.into_iter().flatten() {
        enter_moves(steps, &comparison.files);
        if !is_one_step {
            enter_paths(steps, comparison.files, places);
        }
    }
    Ok(())
}

/// What each commit did; `None` where that cannot be told of all.
async fn each<R: ReadRepository>(
    repository: &R,
    commits: &[ListedCommit],
) -> Result<Option<Vec<Comparison>>, PortError> {
    let pairs = commits
        .iter()
        .filter_map(|commit| Some((commit.parents.first()?, &commit.sha)));
    let pairs: Vec<_> = pairs.map(|(parent, sha)| (parent.clone(), sha.clone())).collect();
    if commits.len() > LOOKUPS || pairs.len() < commits.len() {
        return Ok(None);
    }
    let compared: Vec<Option<Comparison>> = stream::iter(pairs)
        .map(|(parent, sha)| async move { repository.compare(&parent, &sha).await })
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(compared.into_iter().map(|found| found.filter(is_told)).collect())
}

/// Whether GitHub lists all files of the comparison.
fn is_told(comparison: &Comparison) -> bool {
    comparison.files.len() < LISTED_FILES
}

/// Whether a file may have been moved and rewritten so far that nothing shows it: one is gone, and another has content
/// that it had not.
fn may_hide_moves(files: &[ChangedFile], places: &Places) -> bool {
    let mut synced = files.iter().filter(|file| places.have(&file.path));
    let is_gone = synced.clone().any(|file| file.blob.is_none());
    is_gone && synced.any(|file| file.blob.is_some() && file.previous_path.is_none())
}

fn enter_moves(steps: &mut Steps, files: &[ChangedFile]) {
    for file in files {
        if let Some(from) = &file.previous_path {
            let known = steps.moved.entry(file.path.clone()).or_default();
            known.insert(from.clone());
        }
    }
}

fn enter_paths(steps: &mut Steps, files: Vec<ChangedFile>, places: &Places) {
    let paths = files
        .into_iter()
        .flat_map(|file| std::iter::once(file.path).chain(file.previous_path));
    for path in paths.filter(|path| places.have(path)) {
        if !steps.paths.insert(path.clone()) {
            steps.repeated.insert(path);
        }
    }
}
