//! A GitHub account, and whose it can be.

use serde::{Deserialize, Serialize};

/// What the login of an app ends with.
const APP_SUFFIX: &str = "[bot]";

/// A GitHub account: its login, and its number, which stays when the login changes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "WrittenAccount", into = "WrittenAccount")]
pub struct Account {
    /// Login, in any case.
    pub login: String,
    /// Number; absent where GitHub or an older record does not tell.
    pub id: Option<u64>,
}

/// An account as older records have it, a login alone, or with its number.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenAccount {
    Login(String),
    Numbered { login: String, id: u64 },
}

impl From<WrittenAccount> for Account {
    fn from(written: WrittenAccount) -> Self {
        match written {
            WrittenAccount::Login(login) => Self { login, id: None },
            WrittenAccount::Numbered { login, id } => Self { login, id: Some(id) },
        }
    }
}

impl From<Account> for WrittenAccount {
    fn from(account: Account) -> Self {
        match account.id {
            Some(id) => Self::Numbered {
                login: account.login,
                id,
            },
            None => Self::Login(account.login),
        }
    }
}

impl From<&str> for Account {
    fn from(login: &str) -> Self {
        Self {
            login: login.to_owned(),
            id: None,
        }
    }
}

impl Account {
    /// Whether both are the same account, as far as numbers and logins tell: where one of the two agrees, they are.
    pub fn is_same(&self, other: &Self) -> bool {
        let is_same_number = self.id.is_some() && self.id == other.id;
        is_same_number || (!self.login.is_empty() && self.login.eq_ignore_ascii_case(&other.login))
    }

    /// Whether the account is a person's, as far as GitHub tells: not an app's, which acts for somebody who is not
    /// known, not GitHub's own, and not the one that stands for all deleted accounts.
    ///
    /// Sources: <https://docs.github.com/en/apps/using-github-apps/about-using-github-apps>,
    /// <https://docs.github.com/en/account-and-profile/setting-up-and-managing-your-personal-account-on-github/managing-your-personal-account/deleting-your-personal-account>
    pub fn is_person(&self) -> bool {
        !self.login.is_empty() && !self.is_app() && !self.is_github() && !self.login.eq_ignore_ascii_case("ghost")
    }

    /// Whether the account is an app's. No person can have such a login.
    pub fn is_app(&self) -> bool {
        self.login.to_ascii_lowercase().ends_with(APP_SUFFIX)
    }

    /// The account as that of an app, which its login tells from then on.
    #[must_use]
    pub fn into_app(mut self) -> Self {
        if !self.is_app() {
            self.login.push_str(APP_SUFFIX);
        }
        self
    }

    /// Whether GitHub itself acts under it: it signs what people do on its pages with this account.
    ///
    /// Source: <https://docs.github.com/en/authentication/managing-commit-signature-verification/about-commit-signature-verification>
    pub fn is_github(&self) -> bool {
        self.login.eq_ignore_ascii_case("web-flow")
    }

    /// Whether what the account pushes comes from nobody in the repository: GitHub alone pushes as Dependabot.
    pub fn is_dependabot(&self) -> bool {
        self.login.eq_ignore_ascii_case("dependabot[bot]")
    }
}

impl std::fmt::Display for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.login)
    }
}
