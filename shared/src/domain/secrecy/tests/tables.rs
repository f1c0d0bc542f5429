//! Each row of each table, from lists of its own, so that a row that goes is missed.

use super::super::content::{Names, introduces_hash};
use super::super::decode::{is_code, is_code_key};
use super::*;

/// Words of a line, each for itself.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace()
}

#[test]
fn each_word_for_a_secret_is_known_in_a_name() {
    for word in words(
        "password passwd passphrase passcode pwd secret token api_key access-key authKey PrivateKey pre-shared-key \
         SharedKey signing.key host_key account_key clientKey LicenseKey credential connectionString dsn webhook \
         basicAuth bearer",
    ) {
        assert!(names_secret(&format!("orders_{word}")), "{word}");
        assert!(names_secret(&format!("{word}s2")), "{word}");
    }
}

#[test]
fn each_ending_that_says_that_a_name_only_points_to_a_secret_is_known() {
    for ending in words(
        "arn arns id ids name names length policy policies expiration expiry validity units enabled type rotation count \
         version versions days age reuse required minutes seconds hours lifetime ttl source endpoint issuer audience \
         algorithm description update signature limits region lambda rules provider manager managed mode status usage \
         method mechanism",
    ) {
        assert!(!names_secret(&format!("Secret_{ending}")), "{ending}");
        assert!(
            !names_secret(&format!("tokens-x-{}", ending.to_uppercase())),
            "{ending}"
        );
    }
    // The last word for a secret decides.
    assert!(names_secret("password_id_password"));
    assert!(!names_secret("password_password_id"));
}

#[test]
fn names_of_hashes_and_of_ids_are_known() {
    for name in words(
        "GIT_COMMIT CommitId commit-sha CommitHash git_ref SHA file_sha1 sha256 AppRevision APP_VERSION imageDigest \
         content_hash checksum ImageTag build BuildId RELEASE image ImageUri fingerprint e-tag",
    ) {
        assert_eq!(Names::of(Some(name)), Names::Hashes, "{name}");
    }
    for name in words(
        "S3ObjectVersion ObjectVersion VersionId CodeSha256 SourceCodeHash ImageDigest ETag Thumbprint ThumbprintList \
         Fingerprint PublicKey PublicKeyMaterial S3Key CodeUri ContentUri TemplateURL ObjectKey CodeVersion",
    ) {
        assert_eq!(Names::of(Some(name)), Names::Ids, "{name}");
    }
    for name in [
        "Value",
        "s3objectversionx",
        "committed",
        &format!("{}Commit", "x".repeat(115)),
    ] {
        assert_eq!(Names::of(Some(name)), Names::Anything, "{name}");
    }
    assert_eq!(Names::of(Some(&format!("{}Commit", "x".repeat(114)))), Names::Hashes);
    assert_eq!(Names::of(None), Names::Anything);
}

#[test]
fn each_word_that_stands_before_a_hash_is_known() {
    for word in
        words("commit commits sha sha1 SHA256 sha512 md5 revision rev digest Hash etag version checksum tree blob")
    {
        for before in [
            format!("{word} "),
            format!("the {word}: "),
            format!("x.{word}='"),
            format!("é{word}="),
        ] {
            assert!(introduces_hash(&before), "{before}");
        }
    }
    for before in [
        "",
        "commit",
        "commit    ",
        "committed ",
        "xcommit ",
        "é ",
        "(Truncated-Signature)",
    ] {
        assert!(!introduces_hash(before), "{before}");
    }
    for (before, introduces) in [
        ("registry.example.com/app:", true),
        ("uses: owner/action@", true),
        ("uses: owner/action: ", false),
        ("a/b app:", false),
        ("[app:", false),
        ("x=a/b:", true),
        ("/app:", false),
        ("(Truncated-Signature):", true),
    ] {
        assert_eq!(introduces_hash(before), introduces, "{before}");
    }
}

fn key(name: &str) -> Step {
    Step::Key(name.into())
}

fn secret_name(steps: &[Step]) -> Option<&str> {
    Spot {
        kind: Some("X"),
        owners: [Some("DbPassword"), None],
        steps,
    }
    .secret_name()
}

#[test]
fn each_key_of_a_bare_value_takes_the_names_around_it() {
    for value in words("Value ParameterValue stringValue DefaultValue default PlainText outputvalue") {
        let item = [key("Environment"), Step::Name("API_TOKEN".into()), key(value)];
        assert_eq!(secret_name(&item), Some("API_TOKEN"), "{value}");
        let above = [key("AuthToken"), key(value)];
        assert_eq!(secret_name(&above), Some("AuthToken"), "{value}");
        assert_eq!(secret_name(&[key(value)]), Some("DbPassword"), "{value}");
    }
    assert_eq!(secret_name(&[key("AuthToken"), key("Size")]), None);
    assert_eq!(secret_name(&[key("Size")]), None);
}

#[test]
fn what_lies_in_a_mapping_of_secrets_is_one_but_not_within_a_definition() {
    for holder in words("Secrets SECRETSTRING credentials Passwords") {
        assert_eq!(secret_name(&[key(holder), key("app")]), Some(holder), "{holder}");
        assert_eq!(
            secret_name(&[key(holder), key("0"), key("app")]),
            Some(holder),
            "{holder}"
        );
        assert_eq!(secret_name(&[key(holder), key("app"), key("size")]), None, "{holder}");
    }
    for definition in words(
        "States Definition DefinitionString DefinitionBody Content Body paths mainSteps AWS::CloudFormation::Init Template \
         TemplateBody BuildSpec EventPattern Rules",
    ) {
        let within = [key(definition), key("secrets"), key("app")];
        assert_eq!(secret_name(&within), None, "{definition}");
    }
    assert_eq!(secret_name(&[Step::Within, key("secrets"), key("app")]), None);
}

#[test]
fn nothing_of_what_decides_is_hidden_for_its_name() {
    for deciding in words(
        "Statement Action Actions Principal Condition Conditions Image ImageUri ImageId Command Commands EntryPoint command \
         commands image args entryPoint Handler SecurityGroupIngress SecurityGroupEgress ParameterLabels ParameterGroups",
    ) {
        let inside = [key(deciding), key("Password")];
        assert_eq!(secret_name(&inside), None, "{deciding}");
    }
}

#[test]
fn properties_that_are_secret_whatever_they_are_called_are_known() {
    for (kind, property) in [
        ("AWS::ApiGateway::ApiKey", "Value"),
        ("AWS::AppSync::ApiKey", "ApiKeyId"),
        ("AWS::IAM::AccessKey", "Serial"),
        ("AWS::SecretsManager::Secret", "SecretString"),
        ("AWS::KMS::ReplicaKey", "KeyMaterial"),
    ] {
        // Also where what lies in it decides elsewhere.
        let steps = [key(property), Step::Within, key("command")];
        for (of, expected) in [(kind, Some(property)), ("AWS::SNS::Topic", None)] {
            let spot = Spot {
                kind: Some(of),
                owners: [None, None],
                steps: &steps,
            };
            assert_eq!(spot.secret_name(), expected, "{of} {property}");
        }
    }
}

#[test]
fn each_key_under_which_code_stands_and_each_sign_of_code_is_known() {
    for key in words(
        "UserData userData ZipFile BuildSpec InlineCode Script ScriptText Definition DefinitionString DefinitionBody \
         FunctionCode RequestMappingTemplate ResponseMappingTemplate TemplateBody Template BootstrapScript BootstrapActions \
         OnCreate OnStart Recipe ConfigContent BotLocales CustomData Content Body Code Command Commands EntryPoint PolicyText \
         RuleText StartupScript content",
    ) {
        assert!(is_code_key(key), "{key}");
    }
    assert!(!is_code_key("Value"));
    for code in [
        "#!x",
        "#cloud-config",
        "<powershell>",
        "<script>",
        "Content-Type: multipart/mixed",
        "x|sh",
        "x | sh",
        "x|bash",
        "x | bash",
        "curl x",
        "wget x",
        "import x",
        "require('x')",
        "eval(x)",
        "eval x",
        "exec(x)",
        "exec x",
        "os.system",
        "subprocess",
        "$(x)",
        "a&&b",
        "function x",
        "function()",
        "x=>y",
        "def x",
        "aws x",
        "sudo x",
        "chmod x",
        "python3",
        "node x",
        "Invoke-Expression",
        "iex x",
        "#include",
        "arn:aws:states:::x",
        "arn:aws:lambda:::x",
        "a; b",
        "/bin/x",
        "kubectl x",
        "two\nlines",
    ] {
        assert!(is_code(code), "{code}");
    }
    for plain in ["", "a plain text", " one line\n", "-----BEGIN CERTIFICATE-----\nMIIE"] {
        assert!(!is_code(plain), "{plain}");
    }
}
