//! One start at a time: two that look at once would both find that nothing runs.

use std::fs::{self, File, OpenOptions, TryLockError};

use super::EnvironmentError;
use crate::places::Places;

/// The right to start an environment in one place. It ends with this value, or with the process.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "closing the file gives the lock back")] File);

impl Lock {
    /// Takes it.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Starting`] when another process has it.
    pub fn take(places: &Places) -> Result<Self, EnvironmentError> {
        // Beside the run directory, which every start makes anew.
        let path = places.run().with_extension("lock");
        let unusable = |source| EnvironmentError::File {
            path: path.clone(),
            source,
        };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(unusable)?;
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(EnvironmentError::Starting),
            Err(TryLockError::Error(source)) => Err(unusable(source)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(folder: &tempfile::TempDir) -> Places {
        Places::of_this_repository().with_run_directory(folder.path().join("größer and wider/run"))
    }

    #[test]
    fn of_two_starts_at_once_the_second_is_told_so_and_may_come_later() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(&places(&folder)).unwrap();
        let second = Lock::take(&places(&folder)).unwrap_err();
        assert!(second.to_string().contains("another `cargo local`"), "{second}");
        drop(first);
        Lock::take(&places(&folder)).unwrap();
    }

    #[test]
    fn places_do_not_lock_each_other() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let _first = Lock::take(&places(&one)).unwrap();
        Lock::take(&places(&other)).unwrap();
    }
}
