//! Attempts to bring other code into the functions, past `scripts/deploy` and through it.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::deployed::{Deployed, said};
use crate::contracts::refuse;

/// Writes as a role of a stack, as an administrator and as break-glass where packages are deployed from; puts other bytes
/// under the name of a package; changes the code of a function.
pub(super) async fn try_to_bring_in_other_code(deployed: &Deployed) {
    let tried = deployed.ask("try_releases", &Value::Null).await;
    let tried: BTreeMap<String, String> = serde_json::from_value(tried).expect("what was tried, and what came of it");
    let wrong: Vec<String> = tried
        .iter()
        .filter(|(_, came)| *came != "as it should")
        .map(|(what, came)| format!("{what}: {came}"))
        .collect();
    assert!(tried.len() >= 9, "{tried:?}");
    refuse("where packages are deployed from", &wrong);

    // Deployed twice, nothing changes, and what runs is what was built.
    let again = deployed.deploy(&[]).await;
    assert!(again.status.success(), "{}", said(&again));
    assert!(said(&again).contains("nothing changes"), "{}", said(&again));
    assert_eq!(said(&again).matches(" equal\n").count(), 7, "{}", said(&again));

    // Another package stands under the name that the next one will have.
    deployed.build("exit 2");
    let planted = deployed
        .ask("plant", &package_keys(&deployed.deploy(&["--check"]).await))
        .await;
    let refused = deployed.deploy(&[]).await;
    assert!(!refused.status.success());
    assert!(
        said(&refused).contains("holds something else than what its name says"),
        "{planted} {}",
        said(&refused)
    );

    // Somebody who may changes the code of a function.
    deployed.build("exit 1");
    deployed.ask("change_code", &json!("source-sync")).await;
    let checked = deployed.deploy(&["--check"]).await;
    assert!(!checked.status.success());
    let line = said(&checked);
    let line = line.lines().find(|line| line.starts_with("changegate-source-sync"));
    assert!(
        line.is_some_and(|line| line.contains("DIFFERENT")),
        "{}",
        said(&checked)
    );

    // CloudFormation sees no change, and the function has its package again all the same.
    let mended = deployed.deploy(&[]).await;
    assert!(mended.status.success(), "{}", said(&mended));
    assert!(
        said(&mended).contains("changegate-source-sync: has its package again"),
        "{}",
        said(&mended)
    );
}

/// The keys of the packages that were built, from the hashes that a check prints.
fn package_keys(checked: &std::process::Output) -> Value {
    let said = said(checked);
    let keys = said.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let function = words.next()?.strip_prefix("changegate-")?;
        Some(json!({"function": function, "hash": words.next()?}))
    });
    let keys: Vec<Value> = keys.collect();
    assert_eq!(keys.len(), 7, "{said}");
    Value::Array(keys)
}
