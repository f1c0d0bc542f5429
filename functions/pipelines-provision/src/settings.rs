//! What `template.yaml` tells this function.

use changegate::domain::pipelines::PipelinesSettings;
use changegate::flows::provision_pipelines::ProvisionSettings;
use changegate::lambda::settings::{SettingError, Variables, floor, proof_settings};
use changegate::lambda::variables;

/// Reads them.
pub(crate) fn read(of: &Variables) -> Result<ProvisionSettings, SettingError> {
    Ok(ProvisionSettings {
        proof: proof_settings(of)?,
        pipelines: PipelinesSettings {
            environment: of.text(variables::ENVIRONMENT)?,
            pipeline_prefix: of.text(variables::PIPELINE_PREFIX)?,
            role_arn: of.text(variables::PIPELINE_ROLE)?,
            source_bucket: of.text(variables::SOURCE_BUCKET)?,
            artifact_bucket: of.text(variables::ARTIFACT_BUCKET)?,
            create_function: of.text(variables::CREATE_FUNCTION)?,
            describe_function: of.text(variables::DESCRIBE_FUNCTION)?,
            execute_function: of.text(variables::EXECUTE_FUNCTION)?,
        },
        floor: floor(of)?,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn complete() -> BTreeMap<String, String> {
        let root_gate = serde_json::json!({
            "version": 1, "stack": "root", "stackName": "changegate-pipelines", "template": "changegate.yaml",
            "configuration": null, "approvals": 1, "release": false, "authorMayApprove": true,
            "requirePullRequest": false, "window": null, "stackPolicy": null,
            "deployer": "arn:aws:iam::111122223333:role/changegate/pipelines/deployer",
            "capabilities": [], "notify": null, "notificationArns": [], "firstRun": "plan", "people": {},
            "sessionNameRoles": []
        });
        let floor = serde_json::json!({
            "minimumApprovals": 1, "authorMayApprove": false,
            "deployerPrefix": "arn:aws:iam::111122223333:role/changegate/deployers/",
            "stackNamePattern": "*", "reservedStackNames": ["changegate"]
        });
        let texts = [
            (variables::ROOT_PIPELINE, "changegate-root"),
            (variables::PIPELINES_STACK, "changegate-pipelines"),
            (variables::ENVIRONMENT, "production"),
            (variables::PIPELINE_PREFIX, "changegate-"),
            (
                variables::PIPELINE_ROLE,
                "arn:aws:iam::111122223333:role/changegate/pipeline",
            ),
            (variables::SOURCE_BUCKET, "source"),
            (variables::ARTIFACT_BUCKET, "artifacts"),
            (variables::CREATE_FUNCTION, "changegate-changeset-create"),
            (variables::DESCRIBE_FUNCTION, "changegate-changeset-describe"),
            (variables::EXECUTE_FUNCTION, "changegate-changeset-execute"),
        ];
        let mut all: BTreeMap<String, String> = texts.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        all.insert(variables::ROOT_GATE.to_owned(), root_gate.to_string());
        all.insert(variables::FLOOR.to_owned(), floor.to_string());
        all
    }

    #[test]
    fn every_setting_is_read_and_none_may_be_missing() {
        let settings = read(&Variables::from_map(complete())).unwrap();
        assert_eq!(settings.pipelines.pipeline_prefix, "changegate-");
        assert_eq!(settings.floor.minimum_approvals, 1);
        for name in complete().into_keys() {
            let mut variables = complete();
            variables.remove(&name);
            let error = read(&Variables::from_map(variables)).unwrap_err().to_string();
            assert!(error.contains(&name), "{error}");
        }
    }
}
