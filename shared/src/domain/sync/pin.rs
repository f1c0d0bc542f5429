//! Which repository the bucket is filled from, by GitHub's number of it.
//!
//! A name is not enough: whoever renames, transfers or deletes a repository sets its name free, and whoever takes the
//! name would be read from then on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// GitHub's number of a repository, which stays when the repository is renamed or transferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RepositoryId(pub u64);

impl fmt::Display for RepositoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The repository that was synced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pin {
    /// `owner/name`, as it was configured.
    pub name: String,
    /// GitHub's number of it.
    pub id: RepositoryId,
}

/// The configured name stands for another repository than the one that is meant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "nothing is synced: `{name}` is repository {found}, and {known} is meant, which was synced until now or is set as \
     `GitHubRepositoryId`. Somebody renamed, transferred or deleted that one, and another has its name. Deploy \
     Changegate with the new name of {known}; or, if {found} is meant, with `GitHubRepositoryId={found}`"
)]
pub struct OtherRepository {
    /// `owner/name`.
    pub name: String,
    /// Number of the repository that has the name.
    pub found: RepositoryId,
    /// Number of the repository that is meant.
    pub known: RepositoryId,
}

impl Pin {
    /// The pin to keep for the repository that now has the configured name, with the number `found`.
    ///
    /// `configured` is the number that whoever deployed set. Without it the number of the last sync is meant, if that
    /// was under the same name: another name was deployed on purpose.
    ///
    /// # Errors
    ///
    /// [`OtherRepository`] when another one is meant.
    pub fn hold(
        known: Option<&Self>,
        name: &str,
        found: RepositoryId,
        configured: Option<RepositoryId>,
    ) -> Result<Self, OtherRepository> {
        let of_name = known.filter(|known| known.name.eq_ignore_ascii_case(name));
        match configured.or(of_name.map(|known| known.id)) {
            Some(known) if known != found => Err(OtherRepository {
                name: name.to_owned(),
                found,
                known,
            }),
            _ => Ok(Self {
                name: name.to_owned(),
                id: found,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(name: &str, id: u64) -> Pin {
        Pin {
            name: name.to_owned(),
            id: RepositoryId(id),
        }
    }

    fn hold(known: Option<&Pin>, name: &str, found: u64, configured: Option<u64>) -> Result<Pin, OtherRepository> {
        Pin::hold(known, name, RepositoryId(found), configured.map(RepositoryId))
    }

    #[test]
    fn the_first_repository_is_pinned_and_goes_on_under_any_name() {
        let first = hold(None, "acme/infra", 4, None).unwrap();
        assert_eq!(first, pin("acme/infra", 4));
        assert_eq!(hold(Some(&first), "Acme/Infra", 4, None), Ok(pin("Acme/Infra", 4)));
        assert_eq!(hold(Some(&first), "acme/renamed", 4, None), Ok(pin("acme/renamed", 4)));
    }

    #[test]
    fn another_repository_of_the_same_name_is_refused_and_the_error_says_what_to_do() {
        let error = hold(Some(&pin("acme/infra", 4)), "ACME/infra", 5, None).unwrap_err();
        assert_eq!((error.known, error.found), (RepositoryId(4), RepositoryId(5)));
        let text = error.to_string();
        assert!(
            text.contains("`GitHubRepositoryId=5`") && text.contains("repository 5, and 4 is meant"),
            "{text}"
        );
    }

    #[test]
    fn a_new_name_or_a_new_number_is_deployed_on_purpose() {
        let known = pin("acme/infra", 4);
        assert_eq!(hold(Some(&known), "acme/other", 5, None), Ok(pin("acme/other", 5)));
        assert_eq!(hold(Some(&known), "acme/infra", 5, Some(5)), Ok(pin("acme/infra", 5)));
        assert!(hold(Some(&known), "acme/infra", 4, Some(5)).is_err());
        assert!(hold(None, "acme/infra", 4, Some(5)).is_err());
    }
}
