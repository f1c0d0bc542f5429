//! Masking: a credential on a line of its own and a secret that is known never stay, whatever stands around them.

use changegate::domain::secrecy::Hider;

/// Credentials of nobody, as different issuers write them.
const CREDENTIALS: [&str; 4] = [
    "ghp_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xYz",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "xoxb-123456789012-1234567890123-aB3dE5fG7hI9jK1lM3nO5pQ7",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
];

pub(super) fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let masked = masked(&text);
    super::assert_visible("a masked text", &masked);
    for credential in CREDENTIALS {
        let masked = self::masked(&format!("{text}\n{credential}\n{text}"));
        assert!(
            !masked.contains(credential),
            "a credential on a line of its own is masked:\n{masked}"
        );
    }
    let known = Hider::knowing(["what nobody else knows".to_owned()]);
    let masked = known.text(&format!("{text} what nobody else knows {text}"));
    assert!(
        !masked.visible().contains("what nobody else knows"),
        "a known secret is masked"
    );
}

fn masked(text: &str) -> String {
    Hider::default().text(text).visible().into_owned()
}
