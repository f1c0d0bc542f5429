//! Whether a delivery comes from who knows the webhook's secret.
//!
//! Source: <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>

use hmac::{Hmac, KeyInit, Mac};

use crate::flows::ports::Secret;
use crate::flows::receive_push::VerifySignature;

/// The webhook's secrets: while one is being replaced, both the new and the old one are good.
#[derive(Debug, Clone, Default)]
pub struct WebhookSecrets(Vec<Secret>);

impl WebhookSecrets {
    /// Reads the text of the secret: one secret a line, the newest first; empty lines do not count.
    pub fn from_lines(text: &Secret) -> Self {
        let lines = text.expose().lines().map(str::trim).filter(|line| !line.is_empty());
        Self(lines.map(Secret::new).collect())
    }

    /// Whether `signature`, the header `X-Hub-Signature-256`, was made over exactly `body` with one of the secrets.
    ///
    /// Every secret is tried and digests are compared in constant time, so that the time taken tells nothing.
    pub fn verify(&self, body: &[u8], signature: &str) -> bool {
        let mut claimed = [0; 32];
        let Some(digits) = signature.strip_prefix("sha256=") else {
            return false;
        };
        if hex::decode_to_slice(digits, &mut claimed).is_err() {
            return false;
        }
        self.0.iter().fold(false, |is_verified, secret| {
            let is_match = Hmac::<sha2::Sha256>::new_from_slice(secret.expose().as_bytes())
                .is_ok_and(|mac| mac.chain_update(body).verify_slice(&claimed).is_ok());
            is_verified | is_match
        })
    }
}

/// GitHub's signatures: HMAC-SHA256 in the header `X-Hub-Signature-256`.
#[derive(Debug, Clone, Copy, Default)]
pub struct GitHubSignature;

impl VerifySignature for GitHubSignature {
    fn verify(&self, secret: &Secret, body: &[u8], signature: &str) -> bool {
        WebhookSecrets::from_lines(secret).verify(body, signature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GitHub's own example.
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn secrets(text: &str) -> WebhookSecrets {
        WebhookSecrets::from_lines(&Secret::new(text))
    }

    #[test]
    fn githubs_own_example_is_verified() {
        assert!(secrets("It's a Secret to Everybody").verify(b"Hello, World!", SIGNATURE));
    }

    #[test]
    fn the_old_secret_stays_good_while_it_is_listed() {
        let rotating = secrets("brand new\r\n\nIt's a Secret to Everybody\n");
        assert!(rotating.verify(b"Hello, World!", SIGNATURE));
        assert!(!secrets("brand new").verify(b"Hello, World!", SIGNATURE));
    }

    #[test]
    fn a_secret_may_be_listed_twice_and_have_blanks_around_it() {
        let text = "It's a Secret to Everybody\n  It's a Secret to Everybody \n";
        assert!(GitHubSignature.verify(&Secret::new(text), b"Hello, World!", SIGNATURE));
        assert!(!GitHubSignature.verify(&Secret::new(text), b"Hello, World", SIGNATURE));
        assert!(secrets(" It's a Secret to Everybody\t").verify(b"Hello, World!", SIGNATURE));
    }

    #[test]
    fn other_bytes_other_schemes_and_malformed_digests_are_refused() {
        let secrets = secrets("It's a Secret to Everybody");
        assert!(!secrets.verify(b"Hello, World", SIGNATURE));
        for signature in [
            "",
            "sha256=",
            "sha256=zz",
            &SIGNATURE[..70],
            &SIGNATURE[7..],
            &SIGNATURE.replace("sha256", "sha1"),
            &format!("{SIGNATURE}00"),
        ] {
            assert!(!secrets.verify(b"Hello, World!", signature), "{signature}");
        }
    }

    #[test]
    fn a_digest_that_is_no_number_to_its_end_is_refused() {
        // The digest of this body ends with a zero byte, which the claim leaves unsaid.
        let (body, digits) = (
            b"delivery 350",
            "6550d108aeefe2e19fd543db3ba61eff2a531f8a4a1dae20c80f0d323a360500",
        );
        let secrets = secrets("It's a Secret to Everybody");
        assert!(secrets.verify(body, &format!("sha256={digits}")));
        assert!(!secrets.verify(body, &format!("sha256={}zz", &digits[..62])));
    }

    #[test]
    fn digits_may_be_large_and_the_scheme_may_not() {
        let secrets = secrets("It's a Secret to Everybody");
        let large = format!("sha256={}", SIGNATURE[7..].to_uppercase());
        assert!(secrets.verify(b"Hello, World!", &large));
        for signature in [
            SIGNATURE.to_uppercase(),
            format!(" {SIGNATURE}"),
            format!("{SIGNATURE} "),
            format!("{SIGNATURE},{SIGNATURE}"),
            SIGNATURE.replace('7', "\u{ff17}"),
        ] {
            assert!(!secrets.verify(b"Hello, World!", &signature), "{signature}");
        }
    }

    #[test]
    fn without_a_secret_nothing_is_verified() {
        // Made with the empty secret, which an empty line is not.
        let empty = "sha256=2bbcfa9524f3218c7a34b30e6936f8b1a4516cb097f1a85a1c7d98b5977ec769";
        for text in ["", " \n", "\n\n", "It's a Secret to Everybody\n \n"] {
            assert!(!secrets(text).verify(b"Hello, World!", empty), "{text:?}");
        }
    }
}
