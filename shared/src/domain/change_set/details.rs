//! What CloudFormation says about the places of a resource that change, and why.

use std::collections::{BTreeMap, BTreeSet};

use super::description::{Detail, present};
use super::values::{Cause, Recreation};
use crate::domain::secrecy::{Hider, Masked, masked};

/// Most causes of one change that are named.
const MOST_CAUSES: usize = 20;

/// What the details that cover one place say together.
#[derive(Debug, Clone, Default)]
pub(super) struct Told<'a> {
    recreation: Option<Recreation>,
    /// Source and entity, and whether it is certain.
    causes: BTreeSet<(&'a str, Option<&'a str>, bool)>,
    /// What the resource really has.
    pub(super) actual: Option<&'a str>,
    /// What was deployed last.
    pub(super) deployed: Option<&'a str>,
    /// When it was seen to differ.
    pub(super) drift_seen: Option<&'a str>,
    /// Where the value before comes from.
    pub(super) before_from: Option<&'a str>,
    /// CloudFormation's word for what happens.
    pub(super) change_type: Option<&'a str>,
}

impl<'a> Told<'a> {
    pub(super) fn add(&mut self, detail: &'a Detail) {
        let target = detail.target.as_ref();
        let recreation = Recreation::of(target.and_then(|target| target.requires_recreation.as_deref()));
        self.recreation = self.recreation.max(Some(recreation));
        let is_certain = detail.evaluation.as_deref() != Some("Dynamic");
        if let Some(source) = present(detail.change_source.as_deref()) {
            self.causes
                .insert((source, present(detail.causing_entity.as_deref()), is_certain));
        }
        if let Some(drift) = target.and_then(|target| target.drift.as_ref()) {
            self.actual = present(drift.actual_value.as_deref());
            self.deployed = present(drift.previous_value.as_deref());
            self.drift_seen = present(drift.drift_detection_timestamp.as_deref());
        }
        if let Some(target) = target {
            self.before_from = present(target.before_value_from.as_deref()).or(self.before_from);
            self.change_type = present(target.attribute_change_type.as_deref()).or(self.change_type);
        }
    }

    /// Adds what the details of another place say.
    fn join(&mut self, other: &Self) {
        self.recreation = self.recreation.max(other.recreation);
        for cause in &other.causes {
            if self.causes.len() > MOST_CAUSES {
                break;
            }
            self.causes.insert(*cause);
        }
        if other.actual.is_some() || other.deployed.is_some() || other.drift_seen.is_some() {
            (self.actual, self.deployed, self.drift_seen) = (other.actual, other.deployed, other.drift_seen);
        }
        self.before_from = other.before_from.or(self.before_from);
        self.change_type = other.change_type.or(self.change_type);
    }

    pub(super) fn recreation(&self) -> Recreation {
        self.recreation.unwrap_or(Recreation::Unknown)
    }

    /// The causes without the "directly modified, perhaps" that CloudFormation lists beside every reference.
    pub(super) fn causes(&self, hider: &Hider) -> Vec<Cause> {
        let is_told = self.causes.iter().any(|(source, ..)| *source != "DirectModification");
        let mut causes: Vec<_> = self
            .causes
            .iter()
            .filter(|(source, _, is_certain)| *is_certain || !is_told || *source != "DirectModification")
            .take(MOST_CAUSES)
            .filter_map(|(source, entity, _)| Cause::of(Some(source), *entity, hider))
            .collect();
        causes.sort();
        causes.dedup();
        if self.causes.len() > MOST_CAUSES {
            causes.push(Cause::Other(masked![
                "others, of which only ",
                MOST_CAUSES,
                " are named"
            ]));
        }
        causes
    }

    pub(super) fn words(word: Option<&str>, hider: &Hider) -> Option<Masked> {
        word.map(|word| hider.text(word))
    }
}

/// The details of a resource by the places that they are about.
pub(super) struct Details<'a> {
    by_place: BTreeMap<String, Vec<usize>>,
    told: BTreeMap<String, Told<'a>>,
    /// Place of each detail.
    pub(super) places: Vec<Option<String>>,
}

impl<'a> Details<'a> {
    pub(super) fn of(details: &'a [Detail]) -> Self {
        let places: Vec<_> = details.iter().map(pointer_of).collect();
        let mut by_place: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut told: BTreeMap<String, Told<'a>> = BTreeMap::new();
        for (index, place) in places.iter().enumerate() {
            if let Some(place) = place {
                by_place.entry(place.clone()).or_default().push(index);
                told.entry(place.clone()).or_default().add(&details[index]);
            }
        }
        Self { by_place, told, places }
    }

    /// What the details say together that are about this place, one that it lies in, or one in it; each such place is
    /// added to `found`.
    pub(super) fn covering(&self, pointers: [Option<&str>; 2], found: &mut BTreeSet<String>) -> Told<'a> {
        let mut told = Told::default();
        let mut places = BTreeSet::new();
        for pointer in pointers.into_iter().flatten() {
            let above = pointer.match_indices('/').map(|(at, _)| &pointer[..at]);
            places.extend(above.chain([pointer]).filter(|place| self.told.contains_key(*place)));
            let below = format!("{pointer}/");
            places.extend(
                self.told
                    .range(below.clone()..)
                    .map(|(place, _)| place.as_str())
                    .take_while(|place| place.starts_with(&below)),
            );
        }
        for place in places {
            if let Some(own) = self.told.get(place) {
                told.join(own);
            }
            if !found.contains(place) {
                found.insert(place.to_owned());
            }
        }
        told
    }

    /// Whether a detail is about this place, one that it lies in, or one in it.
    pub(super) fn is_about(&self, pointers: [Option<&str>; 2]) -> bool {
        let mut found = BTreeSet::new();
        self.covering(pointers, &mut found);
        !found.is_empty()
    }

    /// Indices of the details that are about exactly this place.
    pub(super) fn at(&self, place: &str) -> &[usize] {
        self.by_place.get(place).map_or(&[], Vec::as_slice)
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
