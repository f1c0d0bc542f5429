use super::*;

/// A gate document as it was written before gates could name approvers, with its hash at that time.
const RECORDED: &str = r#"{"approvals":2,"authorMayApprove":false,"capabilities":["CAPABILITY_NAMED_IAM"],"configuration":"stacks/network/production.json","deployer":"arn:aws:iam::111122223333:role/changegate/deployers/network","firstRun":"hold","notificationArns":["arn:aws:sns:eu-west-1:111122223333:a"],"notify":null,"people":{"octocat":["arn:aws:iam::111122223333:user/octocat"]},"release":true,"requirePullRequest":true,"sessionNameRoles":["arn:aws:iam::111122223333:role/engineers"],"stack":"network","stackName":"production-network","stackPolicy":"{}","template":"stacks/network/template.yaml","version":1,"window":{"days":[1,2],"fromMinute":540,"timeZone":"Asia/Kolkata","toMinute":960}}"#;
const RECORDED_SHA256: &str = "e7271a5f96f21c4c5bff5012e45cf06bc3e54e49a0521139a6e965f1572b7623";

#[test]
fn a_gate_from_before_there_were_approvers_keeps_its_bytes_its_hash_and_its_meaning() {
    let gate: Gate = serde_json::from_str(RECORDED).unwrap();
    assert_eq!(gate.approvers, None);
    assert_eq!(gate.to_canonical_json(), RECORDED);
    assert_eq!(gate.digest().to_string(), RECORDED_SHA256);
}

#[test]
fn a_gate_with_approvers_is_another_document_and_is_read_back() {
    let mut gate: Gate = serde_json::from_str(RECORDED).unwrap();
    for approvers in [vec!["user/ann".to_owned()], Vec::new()] {
        gate.approvers = Some(approvers);
        assert_ne!(gate.digest().to_string(), RECORDED_SHA256);
        assert_eq!(serde_json::from_str::<Gate>(&gate.to_canonical_json()).unwrap(), gate);
    }
}

#[test]
fn a_floor_from_before_there_were_approvers_lets_whoever_iam_lets() {
    let floor: Floor = serde_json::from_str(
        r#"{"minimumApprovals":1,"authorMayApprove":true,"deployerPrefix":"p","stackNamePattern":"*","reservedStackNames":[]}"#,
    )
    .unwrap();
    assert_eq!(floor.approvers, None);
}
