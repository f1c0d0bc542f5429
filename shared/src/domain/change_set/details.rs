//! What CloudFormation says about the places of a resource that change, and why.

use super::description::{Detail, present};
use super::values::{Cause, Recreation};

/// What the details that cover one place say together.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    recreation: Option<Recreation>,
    causes: Vec<(Cause, bool)>,
    /// What the resource really has.
    pub(super) actual: Option<String>,
    /// What was deployed last.
    pub(super) deployed: Option<String>,
    /// When it was seen to differ.
    pub(super) drift_seen: Option<String>,
    /// Where the value before comes from.
    pub(super) before_from: Option<String>,
    /// CloudFormation's word for what happens.
    pub(super) change_type: Option<String>,
}

impl Told {
    pub(super) fn add(&mut self, detail: &Detail) {
        let target = detail.target.as_ref();
        let recreation = Recreation::of(target.and_then(|target| target.requires_recreation.as_deref()));
        self.recreation = self.recreation.max(Some(recreation));
        let is_certain = detail.evaluation.as_deref() != Some("Dynamic");
        if let Some(cause) = Cause::of(
            detail.change_source.as_deref(),
            present(detail.causing_entity.as_deref()),
        ) {
            self.causes.push((cause, is_certain));
        }
        if let Some(drift) = target.and_then(|target| target.drift.as_ref()) {
            let owned = |text: &Option<String>| present(text.as_deref()).map(str::to_owned);
            self.actual = owned(&drift.actual_value);
            self.deployed = owned(&drift.previous_value);
            self.drift_seen = owned(&drift.drift_detection_timestamp);
        }
        if let Some(target) = target {
            let owned = |text: &Option<String>| present(text.as_deref()).map(str::to_owned);
            self.before_from = owned(&target.before_value_from).or(self.before_from.take());
            self.change_type = owned(&target.attribute_change_type).or(self.change_type.take());
        }
    }

    pub(super) fn recreation(&self) -> Recreation {
        self.recreation.unwrap_or(Recreation::Unknown)
    }

    /// The causes without the "directly modified, perhaps" that CloudFormation lists beside every reference.
    pub(super) fn causes(&self) -> Vec<Cause> {
        let is_told = self.causes.iter().any(|(cause, _)| *cause != Cause::Template);
        let mut causes: Vec<_> = self
            .causes
            .iter()
            .filter(|(cause, is_certain)| *is_certain || !is_told || *cause != Cause::Template)
            .map(|(cause, _)| cause.clone())
            .collect();
        causes.sort();
        causes.dedup();
        causes
    }
}

/// The place that a detail is about.
pub(super) fn pointer_of(detail: &Detail) -> Option<String> {
    let target = detail.target.as_ref()?;
    if let Some(path) = present(target.path.as_deref()) {
        return Some(path.to_owned());
    }
    let name = present(target.name.as_deref());
    Some(match (present(target.attribute.as_deref())?, name) {
        ("Properties", Some(name)) => format!("/Properties/{}", name.replace('.', "/")),
        ("Tags", _) => "/Properties/Tags".to_owned(),
        (attribute, _) => format!("/{attribute}"),
    })
}

/// Whether one place lies in the other.
pub(super) fn covers(place: &str, leaf: Option<&str>) -> bool {
    let Some(leaf) = leaf else { return false };
    let (short, long) = if place.len() <= leaf.len() {
        (place, leaf)
    } else {
        (leaf, place)
    };
    long.strip_prefix(short)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
