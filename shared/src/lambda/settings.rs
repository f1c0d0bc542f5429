//! Reads a function's settings from its environment, and names the variable that is missing or malformed.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

use serde::de::DeserializeOwned;

use super::variables;
use crate::domain::approvers::ApproverPattern;
use crate::domain::gate::{Floor, Gate};
use crate::domain::people::Account;
use crate::flows::prove_job::ProofSettings;

/// A setting cannot be used. The text names the variable and never shows its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingError {
    /// The variable is not set, or empty.
    #[error("the environment variable {0} is not set; `template.yaml` sets it: deploy the function from there")]
    Missing(String),
    /// The variable is set to something else than it must be.
    #[error("the environment variable {name} is malformed: {reason}")]
    Malformed {
        /// Name of the variable.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Where settings are read from: the environment of the process, or a test's own map.
pub struct Variables(Source);

type Source = Box<dyn Fn(&str) -> Option<String>>;

impl Variables {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self(Box::new(|name| std::env::var(name).ok()))
    }

    /// Exactly these variables: name to value.
    pub fn from_map(variables: BTreeMap<String, String>) -> Self {
        Self(Box::new(move |name| variables.get(name).cloned()))
    }

    /// The value of a variable; `None` when it is not set or empty.
    pub fn optional(&self, name: &str) -> Option<String> {
        (self.0)(name).filter(|value| !value.is_empty())
    }

    /// The value of a variable.
    ///
    /// # Errors
    ///
    /// [`SettingError::Missing`] when it is not set or empty.
    pub fn text(&self, name: &str) -> Result<String, SettingError> {
        self.optional(name)
            .ok_or_else(|| SettingError::Missing(name.to_owned()))
    }

    /// The region that this process runs in, which Lambda sets.
    ///
    /// # Errors
    ///
    /// [`SettingError::Missing`] when it is not set.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>
    pub fn region(&self) -> Result<String, SettingError> {
        self.text("AWS_REGION")
    }

    /// The value of a variable, parsed from text.
    ///
    /// # Errors
    ///
    /// [`SettingError::Missing`], or [`SettingError::Malformed`] with the parser's reason.
    pub fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<T, SettingError> {
        self.text(name)?
            .parse()
            .map_err(|reason: T::Err| malformed(name, reason))
    }

    /// The value of a variable, parsed from JSON.
    ///
    /// # Errors
    ///
    /// [`SettingError::Missing`], or [`SettingError::Malformed`] with the place in the JSON text.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, SettingError> {
        serde_json::from_str(&self.text(name)?).map_err(|reason| malformed(name, reason))
    }
}

/// What every invoke action needs to prove its jobs.
///
/// # Errors
///
/// When one of the variables is missing or malformed.
pub fn proof_settings(of: &Variables) -> Result<ProofSettings, SettingError> {
    Ok(ProofSettings {
        root_pipeline: of.text(variables::ROOT_PIPELINE)?,
        pipelines_stack: of.text(variables::PIPELINES_STACK)?,
        root_gate: root_gate(of)?,
    })
}

/// The gate of the root pipeline.
///
/// # Errors
///
/// When the variable is missing or malformed.
pub fn root_gate(of: &Variables) -> Result<Gate, SettingError> {
    let gate: Gate = of.json(variables::ROOT_GATE)?;
    readable(variables::ROOT_GATE, gate.approvers.as_deref(), &gate.deployer)?;
    Ok(gate)
}

/// What the deployment demands of every gate.
///
/// # Errors
///
/// When the variable is missing or malformed.
pub fn floor(of: &Variables) -> Result<Floor, SettingError> {
    let floor: Floor = of.json(variables::FLOOR)?;
    readable(variables::FLOOR, floor.approvers.as_deref(), &floor.deployer_prefix)?;
    Ok(floor)
}

/// Each entry that cannot be read would match nobody, and every approval would be refused.
fn readable(name: &str, approvers: Option<&[String]>, deployer: &str) -> Result<(), SettingError> {
    let home = Account::of_arn(deployer);
    for approver in approvers.unwrap_or_default() {
        ApproverPattern::parse(approver, home.as_ref())
            .map_err(|instead| malformed(name, format!("`{approver}` names no approver: {instead}")))?;
    }
    Ok(())
}

fn malformed(name: &str, reason: impl Display) -> SettingError {
    SettingError::Malformed {
        name: name.to_owned(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables() -> Variables {
        let pairs = [
            ("NAME", "network"),
            ("EMPTY", ""),
            ("COUNT", "many"),
            ("JSON", "{\"a\":"),
        ];
        Variables::from_map(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into())
    }

    #[test]
    fn a_missing_and_an_empty_variable_are_named() {
        assert_eq!(variables().text("NAME").as_deref(), Ok("network"));
        for name in ["ABSENT", "EMPTY"] {
            let error = variables().text(name).unwrap_err();
            assert_eq!(error, SettingError::Missing(name.to_owned()));
            assert!(error.to_string().contains(name));
        }
    }

    #[test]
    fn a_malformed_variable_is_named_with_the_reason() {
        let error = variables().parsed::<u32>("COUNT").unwrap_err().to_string();
        assert!(error.contains("COUNT") && error.contains("invalid digit"), "{error}");
        let error = variables()
            .json::<BTreeMap<String, String>>("JSON")
            .unwrap_err()
            .to_string();
        assert!(error.contains("JSON") && error.contains("column"), "{error}");
    }
}
