use super::types::{self, Purpose};

#[test]
fn the_table_is_sorted_and_every_line_of_it_can_be_found() {
    let table = include_str!("resource_types.tsv");
    let mut names: Vec<_> = table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    assert!(names.is_sorted());
    assert!(names.len() > 1_000);
    for name in names.drain(..) {
        assert!(types::find(&format!("AWS::{name}")).is_some(), "{name}");
    }
    assert!(types::find("AWS::No::Such").is_none());
    assert!(types::find("Custom::Thing").is_none());
}

#[test]
fn the_table_knows_what_a_table_holds_and_what_replaces_it() {
    let table = types::find("AWS::DynamoDB::Table").unwrap();
    assert!(table.holds.is_some());
    assert!(table.is_for(Purpose::CreateOnly, "/Properties/TableName"));
    assert!(table.is_for(Purpose::Protection, "/Properties/DeletionProtectionEnabled"));
    assert!(!table.is_for(Purpose::CreateOnly, "/Properties/Tags/0/Key"));
    let bucket = types::find("AWS::S3::Bucket").unwrap();
    assert!(bucket.is_for(
        Purpose::Closes,
        "/Properties/PublicAccessBlockConfiguration/BlockPublicAcls"
    ));
    let instance = types::find("AWS::EC2::Instance").unwrap();
    assert!(instance.is_for(
        Purpose::Opens,
        "/Properties/NetworkInterfaces/0/AssociatePublicIpAddress"
    ));
}
