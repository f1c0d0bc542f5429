//! Where a value stands, as far as that says whether it is secret.

use std::rc::Rc;

use super::names::names_secret;

/// One step on the way to a value. The values of a document share the names on their ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::domain) enum Step {
    /// A key of a mapping.
    Key(Rc<str>),
    /// What identifies an item of a list, such as its `Name`.
    Name(Rc<str>),
    /// The value is a text that is JSON itself; what follows leads to a part of it.
    Within,
}

impl Step {
    /// The name, of a key or of an item.
    pub(in crate::domain) fn name(&self) -> Option<&str> {
        match self {
            Self::Key(name) | Self::Name(name) => Some(name),
            Self::Within => None,
        }
    }
}

/// Where a value stands.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::domain) struct Spot<'s> {
    /// The type of the resource, for values of one.
    pub(in crate::domain) kind: Option<&'s str>,
    /// Names by which the whole resource says what it holds: those of a Systems Manager parameter.
    pub(in crate::domain) owners: [Option<&'s str>; 2],
    /// The way to the value.
    pub(in crate::domain) steps: &'s [Step],
}

/// Keys under which a value stands that something beside it or above it names: `{Name: DB_PASSWORD, Value: …}`.
const VALUE_KEYS: [&str; 7] = [
    "value",
    "parametervalue",
    "stringvalue",
    "defaultvalue",
    "default",
    "plaintext",
    "outputvalue",
];

/// Keys of mappings all of whose values are secret, whatever these are called.
const HOLD_SECRETS: [&str; 4] = ["secrets", "secretstring", "credentials", "passwords"];

/// Keys whose values decide or do something: nothing below them is hidden for its name. Whoever writes a template
/// chooses names, and would choose with them what a reviewer does not see.
const DECIDES: [&str; 22] = [
    "Statement",
    "Action",
    "Actions",
    "Principal",
    "Condition",
    "Conditions",
    "Image",
    "ImageUri",
    "ImageId",
    "Command",
    "Commands",
    "EntryPoint",
    "command",
    "commands",
    "image",
    "args",
    "entryPoint",
    "Handler",
    "SecurityGroupIngress",
    "SecurityGroupEgress",
    "ParameterLabels",
    "ParameterGroups",
];

/// Keys below which somebody else's names are keys: states, paths, steps.
const DEFINES: [&str; 14] = [
    "States",
    "Definition",
    "DefinitionString",
    "DefinitionBody",
    "Content",
    "Body",
    "paths",
    "mainSteps",
    "AWS::CloudFormation::Init",
    "Template",
    "TemplateBody",
    "BuildSpec",
    "EventPattern",
    "Rules",
];

/// Types and properties that hold a secret without a name that says so.
const SECRET_PROPERTIES: [(&str, &str); 5] = [
    ("AWS::ApiGateway::ApiKey", "Value"),
    ("AWS::AppSync::ApiKey", "ApiKeyId"),
    ("AWS::IAM::AccessKey", "Serial"),
    ("AWS::SecretsManager::Secret", "SecretString"),
    ("AWS::KMS::ReplicaKey", "KeyMaterial"),
];

impl<'s> Spot<'s> {
    /// The place of something that one name names: a parameter, a tag.
    pub(in crate::domain) fn named(step: &'s [Step; 1]) -> Self {
        Self {
            steps: step,
            ..Self::default()
        }
    }

    /// The name that says that the value is secret; `None` when none does.
    ///
    /// Only the name of the value itself counts, of the variable or parameter whose value it is, and of the text that it
    /// is a part of; never those of what it lies in.
    pub(super) fn secret_name(&self) -> Option<&'s str> {
        if let Some((_, property)) = SECRET_PROPERTIES
            .iter()
            .find(|(kind, property)| self.kind == Some(kind) && self.has_key(property))
        {
            return Some(property);
        }
        if self.steps.iter().any(|step| is_key_among(step, &DECIDES)) {
            return None;
        }
        let ends = self
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| **step == Step::Within)
            .map(|(at, _)| at)
            .chain([self.steps.len()]);
        for end in ends {
            let way = &self.steps[..end];
            if let Some(name) = names_of(way).find(|name| names_secret(name)) {
                return Some(name);
            }
            if is_bare_value(way)
                && let Some(owner) = self.owners.into_iter().flatten().find(|name| names_secret(name))
            {
                return Some(owner);
            }
        }
        self.holder()
    }

    /// Every name of the value itself.
    pub(super) fn names(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        names_of(self.steps)
    }

    /// The last key: the name of the value itself.
    pub(super) fn leaf(&self) -> Option<&'s str> {
        keys(self.steps).next()
    }

    fn has_key(&self, wanted: &str) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step, Step::Key(key) if **key == *wanted))
    }

    /// The mapping right above whose values are all secret. Within definitions such a name may be anybody's.
    fn holder(&self) -> Option<&'s str> {
        let is_free = self
            .steps
            .iter()
            .any(|step| *step == Step::Within || is_key_among(step, &DEFINES));
        let above = keys(self.steps).nth(1).filter(|_| !is_free)?;
        HOLD_SECRETS
            .iter()
            .any(|holder| above.eq_ignore_ascii_case(holder))
            .then_some(above)
    }
}

fn is_key_among(step: &Step, keys: &[&str]) -> bool {
    matches!(step, Step::Key(key) if keys.contains(&&**key))
}

/// Keys from the last to the first; places in lists are none.
fn keys(steps: &[Step]) -> impl Iterator<Item = &str> {
    steps.iter().rev().filter_map(|step| match step {
        Step::Key(key) if !is_index(key) => Some(&**key),
        _ => None,
    })
}

fn is_index(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the last key only says that this is the value.
fn is_bare_value(way: &[Step]) -> bool {
    keys(way).next().is_some_and(is_value_key)
}

fn is_value_key(key: &str) -> bool {
    VALUE_KEYS.iter().any(|word| key.eq_ignore_ascii_case(word))
}

/// The names of the value at the end of a way: its key, or, where that only says that this is the value, what names the
/// item that it lies in, or the key above.
fn names_of(way: &[Step]) -> impl Iterator<Item = &str> + use<'_> {
    let at = way
        .iter()
        .rposition(|step| matches!(step, Step::Key(key) if !is_index(key)));
    let key = at.and_then(|at| way[at].name());
    let rest = at
        .filter(|_| key.is_some_and(is_value_key))
        .map_or(&[][..], |at| &way[..at]);
    let items = rest
        .iter()
        .rev()
        .take_while(|step| matches!(step, Step::Name(_)))
        .filter_map(Step::name);
    let above = rest
        .last()
        .filter(|step| matches!(step, Step::Key(_)))
        .and_then(Step::name);
    key.into_iter().chain(items).chain(above)
}
