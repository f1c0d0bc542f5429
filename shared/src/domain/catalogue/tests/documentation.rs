//! The documentation and the schema say what the reader reads.

use super::*;

#[test]
fn the_json_schema_has_exactly_the_keys_that_the_reader_knows() {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
    let properties = |pointer: &str| -> Vec<String> {
        let found = schema.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
        let mut names: Vec<String> = found.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    };
    let sorted = |names: &[&str]| {
        let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        names.sort();
        names
    };
    let entry = properties("/$defs/Entry/properties");
    let mut all = keys::SETTING_KEYS.to_vec();
    assert_eq!(properties("/$defs/Settings/properties"), sorted(&all));
    all.extend(keys::ENTRY_KEYS);
    assert_eq!(entry, sorted(&all));
    assert_eq!(properties("/properties"), sorted(keys::TOP_KEYS));
    assert!(!json_schema().contains("\"null\""));
}

#[test]
fn the_json_schema_in_the_documentation_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/catalogue.schema.json");
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        std::fs::write(path, json_schema()).unwrap();
    } else {
        assert_eq!(kept, json_schema(), "run this test with UPDATE_SCHEMA=1");
    }
}

/// The catalogues that the documentation shows whole.
fn documented() -> Vec<&'static str> {
    let page = include_str!("../../../../../docs/catalogue.md");
    let blocks = page.split("```yaml\n").skip(1);
    let texts = blocks.map(|block| block.split("```").next().unwrap());
    texts.filter(|text| text.starts_with("version: 1\n")).collect()
}

#[test]
fn every_catalogue_of_the_documentation_is_sound_in_every_environment() {
    let files = [
        "stacks/data/orders/template.yaml",
        "stacks/network/template.yaml",
        "stacks/core-network/template.yaml",
        "stacks/billing/template.yaml",
        "stacks/load-test/template.yaml",
        "stacks/service/template.yaml",
        "stacks/service-billing/template.yaml",
        "stacks/service-mail/template.yaml",
        "stacks/service/orders.production.json",
        "stacks/service/orders.staging.json",
        "stacks/service/invoices.production.json",
        "stacks/service/invoices.staging.json",
        "policies/network.json",
        "infra/network.yaml",
        "infra/config/production/network.json",
        "infra/config/staging/network.json",
        "services/orders/infra/template.yaml",
        "site.yaml",
    ];
    let policy = r#"{"Statement": [{"Effect": "Deny", "Action": "Update:Delete", "Principal": "*", "Resource": "*"}]}"#;
    let documented = documented();
    assert!(documented.len() >= 6, "{}", documented.len());
    for catalogue in documented {
        let mut all: Vec<(&str, &str)> = files.map(|path| (path, policy)).into();
        // Only one example moves the stack; in the others the network is its own.
        all.retain(|(path, _)| !(catalogue.contains("moved_from") && *path == "stacks/network/template.yaml"));
        all.push(("changegate.yaml", catalogue));
        let mut repository = repository(&all);
        for environment in ["production", "staging"] {
            environment.clone_into(&mut repository.environment.name);
            assert_eq!(problems(&repository.resolve()), "", "{catalogue}");
        }
    }
}

#[test]
fn the_documentation_tells_of_every_setting() {
    let page = include_str!("../../../../../docs/catalogue.md");
    for key in [keys::TOP_KEYS, keys::SETTING_KEYS, keys::ENTRY_KEYS].concat() {
        assert!(page.contains(&format!("| `{key}` |")), "{key}");
    }
}
