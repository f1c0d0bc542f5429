mod tables;

use super::MASK;
use super::entropy::looks_random;
use super::hider::{Hider, NO_ECHO};
use super::masked::Masked;
use super::names::names_secret;
use super::place::{Spot, Step};
use super::shown::{KNOWN_AFTER_APPLY, Shown};

/// Shows a value; the first name is the type, names in brackets are those of items.
fn shown(names: &[&str], value: &str) -> Shown {
    shown_by(&Hider::default(), names, value)
}

fn shown_by(hider: &Hider, names: &[&str], value: &str) -> Shown {
    let steps: Vec<_> = names[1..]
        .iter()
        .map(
            |name| match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
                Some(item) => Step::Name(item.into()),
                None if *name == "{}" => Step::Within,
                None => Step::Key((*name).into()),
            },
        )
        .collect();
    let spot = Spot {
        kind: Some(names[0]),
        owners: [None, None],
        steps: &steps,
    };
    hider.value(&spot, value)
}

fn text(text: &str) -> Shown {
    Shown::Text(Masked::by_hider(text.to_owned()))
}

fn masked(text: &str) -> String {
    Hider::default().text(text).visible().into_owned()
}

#[test]
fn names_of_secrets_are_told_from_names_of_what_points_to_them() {
    for name in [
        "Password",
        "DB_PASSWORD",
        "MasterUserPassword",
        "SecretString",
        "api-key",
        "GithubToken",
        "dbPwd",
        "Credentials",
    ] {
        assert!(names_secret(name), "{name}");
    }
    for name in [
        "SecretArn",
        "PasswordLength",
        "TokenValidityUnits",
        "PasswordPolicy",
        "KeyId",
        "BucketName",
        "TokenKeyId",
        "SecretsManagerArn",
    ] {
        assert!(!names_secret(name), "{name}");
    }
}

#[test]
fn a_secret_is_hidden_by_the_name_of_its_property_or_of_its_list_item() {
    assert!(matches!(
        shown(&["AWS::RDS::DBInstance", "MasterUserPassword"], "hunter2"),
        Shown::Hidden(_)
    ));
    assert!(matches!(
        shown(
            &[
                "AWS::ECS::TaskDefinition",
                "ContainerDefinitions",
                "Environment",
                "[DB_PASSWORD]",
                "Value"
            ],
            "hunter2"
        ),
        Shown::Hidden(_)
    ));
    assert!(matches!(
        shown(&["AWS::ApiGateway::ApiKey", "Value"], "short"),
        Shown::Hidden(_)
    ));
    assert_eq!(
        shown(
            &["X", "MasterUserPassword"],
            "{{resolve:secretsmanager:db:SecretString:password}}"
        ),
        text("{{resolve:secretsmanager:db:SecretString:password}}")
    );
    assert_eq!(shown(&["X", "ManageMasterUserPassword"], "true"), text("true"));
}

#[test]
fn no_echo_and_values_known_later_are_told_apart() {
    assert!(matches!(shown(&["X", "Y"], NO_ECHO), Shown::Hidden(_)));
    assert!(matches!(shown(&["X", "Y"], "****"), Shown::Hidden(_)));
    assert_eq!(shown(&["X", "Y"], KNOWN_AFTER_APPLY), Shown::KnownAfterApply);
    assert_eq!(
        shown(&["X", "Url"], &format!("https://{NO_ECHO}@host")),
        text(&format!("https://{MASK}@host"))
    );
}

#[test]
fn keys_and_passwords_inside_longer_texts_are_masked_and_the_rest_stays() {
    let cases = [
        ("export AWS_KEY=AKIAIOSFODNN7EXAMPLE end", "export AWS_KEY=‹hidden› end"),
        ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY.", "key ‹hidden›"),
        (
            "postgres://app:hunter2@db.example.com/orders",
            "postgres://app:‹hidden›@db.example.com/orders",
        ),
        (
            "mysql -u root --password=s3cret -e x",
            "mysql -u root --password=‹hidden› -e x",
        ),
        (
            "{\"password\": \"hunter2\", \"user\": \"app\"}",
            "{\"password\": \"‹hidden›\", \"user\": \"app\"}",
        ),
        ("password: correct", "password: ‹hidden›"),
        (
            "Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcDEF123",
            "Authorization: Bearer ‹hidden›",
        ),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest",
            "‹hidden›\nrest",
        ),
        ("token ghp_abcdefghijklmnopqrstuvwxyz012345", "token ‹hidden›"),
        (
            "mysql -u root --password hunter2 -e x",
            "mysql -u root --password ‹hidden› -e x",
        ),
        ("mysqldump -uroot -phunter2 orders", "mysqldump -uroot ‹hidden› orders"),
        ("sshpass -p hunter2 ssh host", "sshpass -p ‹hidden› ssh host"),
        (
            "curl -u admin:hunter2 https://example.com",
            "curl -u admin:‹hidden› https://example.com",
        ),
        (
            "curl -H 'Authorization: Basic YWRtaW46'",
            "curl -H 'Authorization: Basic ‹hidden›'",
        ),
        ("DB_PASSWORD=p@ss:w(o)rd#1,x USER=app", "DB_PASSWORD=‹hidden› USER=app"),
        (
            "Server=db;User=app;Password=p(a)ss,word;Port=1",
            "Server=db;User=app;Password=‹hidden›;Port=1",
        ),
        (
            "postgres://app:p@ss:w/rd@db.example.com/orders",
            "postgres://app:‹hidden›@db.example.com/orders",
        ),
        ("amqp://:hunter2@mq", "amqp://:‹hidden›@mq"),
        (
            "https://0123456789abcdef@errors.example.com/1",
            "https://‹hidden›@errors.example.com/1",
        ),
        (
            "ALTER USER app WITH PASSWORD 'hunter 2';",
            "ALTER USER app WITH PASSWORD '‹hidden›';",
        ),
        (
            "CREATE USER app IDENTIFIED BY 'hunter2';",
            "CREATE USER app IDENTIFIED BY '‹hidden›';",
        ),
        ("<password>hunter2</password>", "<password>‹hidden›</password>"),
        ("ENV DB_PASSWORD hunter2", "ENV DB_PASSWORD ‹hidden›"),
        ("password=\"two words\" user=app", "password=\"‹hidden›\" user=app"),
        (
            "{\\\"password\\\":\\\"hunter2\\\",\\\"user\\\":1}",
            "{\\\"password\\\":\\\"‹hidden›\\\",\\\"user\\\":1}",
        ),
        (
            "a\n-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nb\n-----BEGIN EC PRIVATE KEY-----\nMHc",
            "a\n‹hidden›\nb\n‹hidden›",
        ),
        ("pwd=x", "pwd=‹hidden›"),
        (
            "\\n-----BEGIN PRIVATE KEY-----\\nMIIE\\n-----END PRIVATE KEY-----\\n",
            "\\n‹hidden›\\n",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(Hider::default().text(text), expected, "{text}");
    }
}

#[test]
fn names_that_people_and_aws_give_are_not_taken_for_random() {
    for name in [
        "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy",
        "AmazonEC2ContainerServiceforEC2Role",
        "subnet-0bb1c79de3EXAMPLE",
        "vpc-0123456789abcdef0",
        "network-OrdersTable-1ABC2DEF3GHI4",
        "1234abcd-12ab-34cd-56ef-1234567890ab",
        "TemplateSource/.packages/ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad.zip",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/orders-service",
        "CloudFormationStackNotificationTopicSubscription",
        "https://sqs.eu-west-1.amazonaws.com/111122223333/production-orders-dead-letters",
        "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "com.amazonaws.eu-west-1.secretsmanager",
        "2012-10-17T00:00:00.000Z",
        "OrdersStack-EndpointRole3C3D7F82-1ABC2DEF3GHI4",
        "${EndpointRole3C3D7F82.Arn}",
        "AssetParametersba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015adS3VersionKey3C3D7F82",
        "orders@sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "(Truncated-Signature):ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "https://db.example.com:8443/x@y",
        "ssh://git@github.com/octocat/x",
        "postgres://app:{{resolve:secretsmanager:db:SecretString:password}}@db/orders",
        "postgres://app:${DbPassword}@db/orders",
        "The password is rotated by a function.",
        "arn:aws:cloudformation:eu-west-1:111122223333:changeSet/cg-1234567/1234abcd-12ab-34cd-56ef-1234567890ab",
    ] {
        assert_eq!(masked(name), name);
    }
}

#[test]
fn random_texts_are_recognised() {
    for secret in [
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "9f86d081884c7d659a2feaa0c55ad015",
        "Zx81kQp0vR3tYw7Lm2Nc",
        "dGhpcyBpcyBhIHNlY3JldCBrZXkgMTIzNDU2Nzg5MA",
        "x8Kd-93kdLs_0aPq-Zk29dLqP1-mMn4",
    ] {
        assert!(looks_random(secret), "{secret}");
    }
}

#[test]
fn a_value_that_is_known_to_be_secret_is_hidden_wherever_it_stands() {
    let hider = Hider::knowing(["open sesame".to_owned(), "abc".to_owned()]);
    assert_eq!(hider.text("say open sesame, abc"), "say ‹hidden›, abc");
    assert_eq!(hider.count(), 1);
}

#[test]
fn what_only_says_which_content_is_meant_is_shown() {
    let version = "3sL4kqtJlcpXroDTDmJ1rmSpXd3dIbrHY";
    let place = ["AWS::Lambda::Function", "Code", "S3ObjectVersion"];
    assert_ne!(
        masked(version),
        version,
        "the sample looks random, or this test says nothing"
    );
    assert_eq!(shown(&place, version), text(version));
    let hider = Hider::knowing([version.to_owned()]);
    assert_eq!(shown_by(&hider, &place, version), text(MASK));
    assert_eq!(shown(&place, "AKIAIOSFODNN7EXAMPLE"), text(MASK));
}

#[test]
fn every_beginning_of_a_credential_is_known() {
    // From the documentation of the services, independent of the table.
    let starts = [
        "AKIA",
        "ASIA",
        "ghp_",
        "gho_",
        "ghu_",
        "ghs_",
        "ghr_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "xoxa-",
        "xoxr-",
        "xapp-",
        "sk-",
        "sk_live_",
        "sk_test_",
        "rk_live_",
        "AIza",
        "SG.",
        "npm_",
        "eyJ",
    ];
    assert_eq!(starts.len(), super::mask::credential_starts().len());
    for start in starts {
        // Nothing but its beginning gives it away.
        let credential = format!("{start}aaaaaaaaaaaaaaaa");
        assert_eq!(masked(&format!("a {credential} b")), "a ‹hidden› b", "{start}");
    }
}

#[test]
fn an_exemption_covers_what_it_recognised_and_nothing_around_it() {
    let random = "Zx81kQp0vR3tYw7Lm2Nc";
    let hash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    for (text, expected) in [
        (
            format!("{random}/1234abcd-12ab-34cd-56ef-1234567890ab"),
            "‹hidden›/1234abcd-12ab-34cd-56ef-1234567890ab".to_owned(),
        ),
        (format!("{random}/{hash}.zip"), format!("‹hidden›/{hash}.zip")),
        (format!("x/.packages/{random}"), "‹hidden›".to_owned()),
        (
            format!("https://host.example/{random}/x"),
            "https://host.example/‹hidden›/x".to_owned(),
        ),
        (
            format!("AssetParameters{hash}{random}"),
            format!("AssetParameters{hash}‹hidden›"),
        ),
        (
            format!("subnet-0123456789abcdef0/{random}"),
            "subnet-0123456789abcdef0/‹hidden›".to_owned(),
        ),
    ] {
        assert_eq!(masked(&text), expected, "{text}");
    }
}

#[test]
fn one_secret_that_begins_another_hides_no_less_of_it() {
    let hider = Hider::knowing(["open".to_owned(), "open sesame".to_owned()]);
    assert_eq!(hider.text("open sesame, open"), "‹hidden›, ‹hidden›");
}

#[test]
fn a_known_secret_is_found_in_every_form_in_which_it_is_written() {
    let hider = Hider::knowing(["p\"ä /?".to_owned()]);
    for form in ["p\"ä /?", "p\\\"ä /?", "p%22%C3%A4%20%2F%3F", "p\"? /?", "cCLDpCAvPw"] {
        assert_eq!(hider.text(form), MASK, "{form}");
    }
}

#[test]
fn masking_searches_a_text_once_and_not_once_for_each_beginning() {
    for part in [
        "://",
        "{{resolve:",
        "mysql -p",
        "-----BEGIN X ",
        "-----BEGIN X SECRET",
        "${",
        "password @ ://u:p",
        "a@://",
        "'",
    ] {
        let text = format!("password @ {}", part.repeat(100_000 / part.len()));
        assert!(super::mask::searched(&text) <= text.len(), "{part}");
    }
}
