//! The packages that the sync made for this very change.
//!
//! A package is named by the hash of its content, and stays where it is after the stack that it was made for forgot it.
//! So a key in the bucket says what runs, and not who wrote it: only a key that the sync itself wrote into the template,
//! in the place of a file of this commit, is this commit's.

use std::collections::BTreeSet;

use serde_json::Value;

use super::build::TemplateTexts;
use crate::domain::keys;
use crate::domain::packaging::Destination;
use crate::domain::template::{TRANSFORMS_OF_AWS, Template};

/// Where packages are kept, and which of them the templates of a change set hold.
#[derive(Debug, Clone)]
pub struct OwnPackages {
    destination: Destination,
    keys: BTreeSet<String>,
}

/// Whose package an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::domain) enum Whose {
    /// It is none.
    Nobodys,
    /// One that the sync wrote into the template.
    Ours,
    /// One that was named otherwise: nobody knows from which commit its content came.
    Unknown,
}

impl OwnPackages {
    /// The packages that stand in these templates as the sync wrote them: in one piece. The sync refuses a template of
    /// the repository that names one itself, so a key that a function puts together or a parameter brings is none.
    pub fn of(destination: &Destination, templates: &[TemplateTexts]) -> Self {
        let mut own = Self {
            destination: destination.clone(),
            keys: BTreeSet::new(),
        };
        for texts in templates {
            let written = texts.submitted_after.as_ref().or(texts.original_after.as_ref());
            let Some(written) = written.or(texts.after.as_ref()) else {
                continue;
            };
            let Ok(template) = Template::parse(written) else {
                continue;
            };
            own.collect(&template);
            // What an included snippet brings stands only in what came of the template. A loop could put keys together.
            if includes(&template)
                && let Some(Ok(processed)) = texts.after.as_deref().map(Template::parse)
            {
                own.collect(&processed);
            }
        }
        own
    }

    fn collect(&mut self, template: &Template) {
        for (_, value) in template.entries() {
            self.collect_from(value);
        }
    }

    fn collect_from(&mut self, value: &Value) {
        match value {
            Value::String(text) => self.keys.extend(key_in(text).map(str::to_owned)),
            Value::Array(items) => items.iter().for_each(|item| self.collect_from(item)),
            Value::Object(map) => map.values().for_each(|value| self.collect_from(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Whose package stands at `place`, which a property at `pointer` of the resource names: as a key beside the name of
    /// its bucket, as an S3 URI, or as an address.
    pub(in crate::domain) fn whose(&self, resource: &Value, pointer: &str, place: &str) -> Whose {
        let (bucket, key) = if let Some(parts) = place.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
            parts
        } else if let Some(key) = place.strip_prefix(&self.destination.url("")) {
            (self.destination.bucket.as_str(), key)
        } else {
            let above = pointer.rsplit_once('/').map_or("", |(above, _)| above);
            let beside = resource.pointer(above);
            let bucket = ["S3Bucket", "Bucket"]
                .iter()
                .find_map(|name| beside?.get(*name)?.as_str());
            (bucket.unwrap_or_default(), place)
        };
        if !self.destination.holds(bucket, key) {
            Whose::Nobodys
        } else if self.keys.contains(key) {
            Whose::Ours
        } else {
            Whose::Unknown
        }
    }
}

/// The key of a package that a text is, or ends with.
fn key_in(text: &str) -> Option<&str> {
    let key = &text[text.find(keys::PACKAGES)?..];
    keys::is_package(key).then_some(key)
}

/// Whether the template includes snippets, and nothing else makes texts of it.
fn includes(template: &Template) -> bool {
    fn has(value: &Value, is_wanted: fn(&str) -> bool) -> bool {
        match value {
            Value::Array(items) => items.iter().any(|item| has(item, is_wanted)),
            Value::Object(map) => map.iter().any(|(key, value)| is_wanted(key) || has(value, is_wanted)),
            _ => false,
        }
    }
    let has_key = |is_wanted: fn(&str) -> bool| {
        template
            .entries()
            .any(|(name, value)| is_wanted(name) || has(value, is_wanted))
    };
    let transform = template.top("Transform").cloned().unwrap_or(Value::Array(Vec::new()));
    let transforms = match transform {
        Value::Array(all) => all,
        one => vec![one],
    };
    let is_harmless = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        name != "AWS::LanguageExtensions" && TRANSFORMS_OF_AWS.contains(&name)
    };
    has_key(|key| key == "Fn::Transform")
        && !has_key(|key| key.starts_with("Fn::ForEach"))
        && transforms.iter().all(is_harmless)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::sha256::Sha256;

    const BUCKET: &str = "source";

    /// Whose package the code of a function is, with this template as it was submitted and as it was processed.
    fn whose(submitted: &Value, processed: &Value, key: &str) -> Whose {
        let destination = Destination {
            bucket: BUCKET.to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let templates = [TemplateTexts {
            after: Some(processed.to_string()),
            original_after: Some(submitted.to_string()),
            ..TemplateTexts::default()
        }];
        let function = json!({ "Properties": { "Code": { "S3Bucket": BUCKET, "S3Key": key } } });
        OwnPackages::of(&destination, &templates).whose(&function, "/Properties/Code/S3Key", key)
    }

    fn function(key: &Value) -> Value {
        json!({ "Resources": { "F": { "Type": "AWS::Lambda::Function", "Properties": {
            "Code": { "S3Bucket": BUCKET, "S3Key": key } } } } })
    }

    #[test]
    fn a_key_that_stands_in_one_piece_is_the_syncs_and_one_that_is_put_together_is_not() {
        let key = keys::package(Sha256::of("a"), "zip");
        let whole = function(&json!(key));
        assert_eq!(whose(&whole, &whole, &key), Whose::Ours);
        let uri = function(&json!(format!("s3://{BUCKET}/{key}")));
        assert_eq!(whose(&uri, &whole, &key), Whose::Ours);
        let (start, end) = key.split_at(20);
        for parts in [
            json!({ "Ref": "Key" }),
            json!({ "Fn::Sub": format!("${{Start}}{end}") }),
            json!({ "Fn::Join": ["", [start, end]] }),
        ] {
            let put_together = function(&parts);
            // A macro or a loop may have written it in one piece since.
            assert_eq!(whose(&put_together, &put_together, &key), Whose::Unknown, "{parts}");
            assert_eq!(whose(&put_together, &whole, &key), Whose::Unknown, "{parts}");
        }
        assert_eq!(whose(&whole, &whole, "code/app.zip"), Whose::Nobodys);
        let other = keys::package(Sha256::of("b"), "zip");
        assert_eq!(whose(&whole, &whole, &other), Whose::Unknown);
    }

    #[test]
    fn what_an_included_snippet_brings_counts_unless_something_else_writes_texts_too() {
        let key = keys::package(Sha256::of("a"), "zip");
        let processed = function(&json!(key));
        let mut submitted = json!({ "Resources": { "Fn::Transform": { "Name": "AWS::Include" } } });
        assert_eq!(whose(&submitted, &processed, &key), Whose::Ours);
        for transform in ["AWS::LanguageExtensions", "OurMacro"] {
            submitted["Transform"] = json!([transform]);
            assert_eq!(whose(&submitted, &processed, &key), Whose::Unknown, "{transform}");
        }
    }
}
