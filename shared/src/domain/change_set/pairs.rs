//! The templates of a change set, read: what is deployed beside what would be.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{Inputs, TemplateTexts};
use super::description::{ChangeSetDescription, present};
use super::evaluate::Evaluator;
use super::resource::Deployments;
use super::template::{Restorer, Template};
use crate::domain::secrecy::{Sentence, sentence};

/// The templates of one stack, read.
#[derive(Debug)]
pub(super) struct Pair<'t> {
    pub(super) path: String,
    pub(super) before: Option<&'t Template>,
    pub(super) after: Option<&'t Template>,
    pub(super) is_deployed: bool,
    /// Whether a side of it cannot be read. Neither is then compared: what one lacks would look new or gone.
    pub(super) is_unread: bool,
    pub(super) no_echo: BTreeSet<String>,
    pub(super) deployments: Deployments<'t>,
}

pub(super) struct Parsed {
    pub(super) before: Option<Template>,
    pub(super) after: Option<Template>,
    source_before: Option<Restorer>,
    source_after: Option<Restorer>,
    is_unread: bool,
}

impl Parsed {
    pub(super) fn of(texts: &TemplateTexts, warnings: &mut Vec<Sentence>) -> Self {
        let mut read = |text: &Option<String>, which: &'static str| {
            let parsed = Template::parse(text.as_deref()?);
            parsed
                .map_err(|error| {
                    let of = match texts.path.as_str() {
                        "" => sentence![],
                        path => sentence![" of ", path.to_owned()],
                    };
                    warnings.push(sentence![
                        "the ",
                        which,
                        " template",
                        of,
                        " cannot be read, so values may be missing: ",
                        error.to_string(),
                    ]);
                })
                .ok()
        };
        let (mut before, mut after) = (read(&texts.before, "deployed"), read(&texts.after, "new"));
        let source = |text: &Option<String>| Template::parse(text.as_deref()?).ok().map(Restorer::of);
        let (source_before, source_after) = (source(&texts.submitted_before), source(&texts.submitted_after));
        for (template, source) in [(&mut before, &source_before), (&mut after, &source_after)] {
            if let (Some(template), Some(source)) = (template, source) {
                template.restore_from(source);
            }
        }
        Self {
            is_unread: (texts.before.is_some() && before.is_none()) || (texts.after.is_some() && after.is_none()),
            before,
            after,
            source_before,
            source_after,
        }
    }
}

pub(super) fn pair<'t>(inputs: &Inputs<'_>, texts: &TemplateTexts, parsed: &'t Parsed) -> Pair<'t> {
    let set = inputs
        .tree
        .and_then(|tree| tree.sets.iter().find(|set| set.path == texts.path))
        .map(|set| &set.description);
    let before = match inputs.deployed {
        Some(deployed) if texts.path.is_empty() => &deployed.parameters,
        _ => &texts.parameters_before,
    };
    let after = set.map(|set| parameters(set, before)).unwrap_or_default();
    let stack_id = set.map_or("", |set| set.stack_id.as_str());
    let renewed: Vec<_> = set
        .into_iter()
        .flat_map(|set| &set.changes)
        .filter_map(|change| change.resource_change.as_ref())
        .filter(|change| change.replacement.as_deref() == Some("True"))
        .map(|change| change.logical_resource_id.clone())
        .collect();
    let no_echo = [&parsed.before, &parsed.after]
        .into_iter()
        .flatten()
        .flat_map(Template::no_echo_parameters)
        .map(str::to_owned)
        .collect();
    let side = |template: &'t Option<Template>| template.as_ref().filter(|_| !parsed.is_unread);
    let (old, new) = (side(&parsed.before), side(&parsed.after));
    Pair {
        path: texts.path.clone(),
        before: old,
        after: new,
        is_unread: parsed.is_unread,
        is_deployed: parsed.before.is_some(),
        no_echo,
        deployments: Deployments {
            before: old.map(|template| Evaluator::new(template, before, stack_id)),
            after: new.map(|template| Evaluator::new(template, &after, stack_id).with_renewed(renewed)),
            source_before: parsed.source_before.as_ref(),
            source_after: parsed.source_after.as_ref(),
        },
    }
}

/// The parameters that a change set deploys with.
fn parameters(set: &ChangeSetDescription, before: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    set.parameters
        .iter()
        .filter_map(|parameter| {
            let value = present(parameter.resolved_value.as_deref())
                .or(parameter.parameter_value.as_deref())
                .or_else(|| before.get(&parameter.parameter_key).map(String::as_str))?;
            Some((parameter.parameter_key.clone(), value.to_owned()))
        })
        .collect()
}
