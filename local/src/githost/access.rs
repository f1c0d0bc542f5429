//! Who calls: a person with the people's token, or Changegate with its own.

use std::fmt;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The two secrets of the host.
#[derive(Clone)]
pub struct Tokens {
    /// What people authenticate with; the user name of basic authentication is their login.
    pub people: String,
    /// What the deployed functions authenticate with.
    pub functions: String,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

/// The login under which the functions act.
pub const FUNCTIONS_LOGIN: &str = "changegate[bot]";
/// The login of people who send a bearer token, which names nobody.
pub const NAMELESS_LOGIN: &str = "somebody";

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// GitHub login.
    pub login: String,
    /// Whether the caller may push and write pull requests.
    pub may_push: bool,
}

/// Why nobody could be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// No credential was sent.
    Missing,
    /// The credential is none of ours.
    Wrong,
}

impl Tokens {
    /// Who sent these headers.
    ///
    /// # Errors
    ///
    /// When the credential is missing or wrong.
    pub fn caller(&self, headers: &HeaderMap) -> Result<Caller, Unknown> {
        let value = headers.get(header::AUTHORIZATION).ok_or(Unknown::Missing)?;
        let value = value.to_str().map_err(|_| Unknown::Wrong)?;
        let (scheme, rest) = value.split_once(' ').ok_or(Unknown::Wrong)?;
        match scheme.to_ascii_lowercase().as_str() {
            "basic" => {
                let decoded = STANDARD.decode(rest.trim()).map_err(|_| Unknown::Wrong)?;
                let text = String::from_utf8(decoded).map_err(|_| Unknown::Wrong)?;
                let (login, secret) = text.split_once(':').ok_or(Unknown::Wrong)?;
                self.holder(secret, login)
            }
            "bearer" | "token" => self.holder(rest.trim(), NAMELESS_LOGIN),
            _ => Err(Unknown::Wrong),
        }
    }

    fn holder(&self, secret: &str, login: &str) -> Result<Caller, Unknown> {
        if secret == self.functions {
            Ok(Caller {
                login: FUNCTIONS_LOGIN.to_owned(),
                may_push: false,
            })
        } else if secret == self.people && !login.is_empty() {
            Ok(Caller {
                login: login.to_owned(),
                may_push: true,
            })
        } else {
            Err(Unknown::Wrong)
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Tokens, Unknown};

    fn tokens() -> Tokens {
        Tokens {
            people: "push-me".to_owned(),
            functions: "read-me".to_owned(),
        }
    }

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_static(value))])
    }

    #[test]
    fn a_person_is_who_the_user_name_says() {
        // octocat:push-me
        let caller = tokens().caller(&headers("Basic b2N0b2NhdDpwdXNoLW1l")).unwrap();
        assert_eq!(caller.login, "octocat");
        assert!(caller.may_push);
    }

    #[test]
    fn the_functions_may_not_push() {
        assert!(!tokens().caller(&headers("Bearer read-me")).unwrap().may_push);
        assert!(!tokens().caller(&headers("token read-me")).unwrap().may_push);
    }

    #[test]
    fn other_credentials_are_refused() {
        assert_eq!(tokens().caller(&HeaderMap::new()), Err(Unknown::Missing));
        assert_eq!(tokens().caller(&headers("Bearer other")), Err(Unknown::Wrong));
        assert_eq!(tokens().caller(&headers("Basic !")), Err(Unknown::Wrong));
        assert_eq!(tokens().caller(&headers("nonsense")), Err(Unknown::Wrong));
    }

    #[test]
    fn debug_output_holds_no_token() {
        let text = format!("{:?}", tokens());
        assert!(!text.contains("push-me") && !text.contains("read-me"));
    }
}
