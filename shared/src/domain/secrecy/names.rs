//! Names that say that a value is secret.

/// Words that name secrets, compared without case and without `_`, `-`, `.` and spaces.
const SECRET_WORDS: [&str; 23] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "authkey",
    "privatekey",
    "sharedkey",
    "signingkey",
    "hostkey",
    "accountkey",
    "clientkey",
    "licensekey",
    "credential",
    "connectionstring",
    "dsn",
    "webhook",
    "basicauth",
    "bearer",
];

/// What follows such a word when the value is not the secret itself: `SecretArn`, `PasswordLength`.
const HARMLESS_ENDINGS: [&str; 47] = [
    "arn",
    "arns",
    "id",
    "ids",
    "name",
    "names",
    "length",
    "policy",
    "policies",
    "expiration",
    "expiry",
    "validity",
    "units",
    "enabled",
    "type",
    "rotation",
    "count",
    "version",
    "versions",
    "days",
    "age",
    "reuse",
    "required",
    "minutes",
    "seconds",
    "hours",
    "lifetime",
    "ttl",
    "source",
    "endpoint",
    "issuer",
    "audience",
    "algorithm",
    "description",
    "update",
    "signature",
    "limits",
    "region",
    "lambda",
    "rules",
    "provider",
    "manager",
    "managed",
    "mode",
    "status",
    "method",
    "mechanism",
];

/// Whether a name says that its value is secret.
pub(in crate::domain) fn names_secret(name: &str) -> bool {
    if name.len() < 3 || name.len() > 120 || !holds_stem(name.as_bytes()) {
        return false;
    }
    let plain: String = name
        .chars()
        .filter(|character| !matches!(character, '_' | '-' | '.' | ' '))
        .flat_map(char::to_lowercase)
        .collect();
    SECRET_WORDS.iter().any(|word| {
        plain.rfind(word).is_some_and(|at| {
            let rest = &plain[at + word.len()..];
            !HARMLESS_ENDINGS.iter().any(|ending| rest.ends_with(ending))
        })
    })
}

/// Whether a name or a text holds the beginning of a word or a command before secrets; nearly all do not, and are done
/// with here.
pub(super) fn holds_stem(name: &[u8]) -> bool {
    name.windows(2).enumerate().any(|(at, pair)| {
        let begins = |stem: &str| {
            name.get(at..at + stem.len())
                .is_some_and(|part| part.eq_ignore_ascii_case(stem.as_bytes()))
        };
        // Two letters say for nearly every place that no word begins there; the bit makes them small.
        match (pair[0] | 0x20, pair[1] | 0x20) {
            (b'p', b'a') => begins("pass"),
            (b'p', b'w') => begins("pwd"),
            (b's', b'e') => begins("secret"),
            (b't', b'o') => begins("token"),
            (b'k', b'e') => begins("key"),
            (b'c', b'r') => begins("credential"),
            (b'c', b'o') => begins("connection"),
            (b'd', b's') => begins("dsn"),
            (b'w', b'e') => begins("webhook"),
            (b'b', b'a') => begins("basic"),
            (b'b', b'e') => begins("bearer"),
            // Parts of commands after which a password stands that no word names.
            (b'm', b'y') => begins("mysql"),
            (b'i', b'd') => begins("identified by"),
            (b'-', b'u') => begins("-u "),
            (b'-', b'-') => begins("--user "),
            _ => false,
        }
    })
}
