//! The catalogue file as types. The reader fills them; the JSON Schema in `docs/` is generated from them.
#![expect(dead_code, reason = "the shapes that only the JSON Schema needs are never made")]

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::domain::gate::{FirstRun, Window};

/// A value, and where it stands in the catalogue. Two are equal when their values are.
#[derive(Debug, Clone)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) line: usize,
    pub(super) column: usize,
}

impl<T: PartialEq> PartialEq for At<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// Which stacks there are and how each is gated. Optional: the folders below `stacks/` need no catalogue.
#[derive(Debug, Default, JsonSchema)]
#[schemars(rename = "Catalogue", deny_unknown_fields)]
pub(super) struct CatalogueFile {
    /// Version of the catalogue's shape.
    #[schemars(required, range(min = 1, max = 1))]
    pub(super) version: Option<At<u32>>,
    /// Names of all environments of this repository. Where it is given, an environment named anywhere else must be
    /// one of them.
    pub(super) environments: Option<Vec<At<String>>>,
    /// Settings of every stack, unless something more exact says otherwise.
    #[schemars(with = "Option<Settings>")]
    pub(super) defaults: Settings,
    /// Settings by path: of the stacks whose template is below a folder such as `stacks/data` or `stacks/*/public`.
    /// The path with more characters wins.
    #[schemars(with = "Option<BTreeMap<String, Settings>>")]
    pub(super) paths: Vec<(At<String>, Settings)>,
    /// Settings by the name of the stack; a name with `*` stands for every stack found in the repository that it
    /// matches. A full name wins over a pattern, a pattern with more characters over one with fewer.
    #[schemars(with = "Option<BTreeMap<String, Entry>>")]
    pub(super) stacks: Vec<(At<String>, Entry)>,
    /// GitHub login to the ARNs of the IAM principals that are the same person, for `author_may_approve: false`.
    #[schemars(with = "Option<BTreeMap<String, Vec<String>>>")]
    pub(super) people: Vec<(At<String>, Vec<At<String>>)>,
    /// ARNs of roles whose session names are enforced, so that each session name is one person.
    pub(super) session_name_roles: Option<Vec<At<String>>>,
}

/// Settings of one stack, or of the stacks that a pattern matches.
#[derive(Debug, Clone, Default, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Entry {
    /// Path of the template from the root of the repository, where it is not in a folder below `stacks/` that is named like
    /// the stack. Not with a pattern.
    pub(super) template: Option<At<String>>,
    /// Path of the configuration from the root, where it is not beside the template. `{environment}` stands for the
    /// environment's name, `none` for no configuration. Not with a pattern.
    pub(super) configuration: Option<At<String>>,
    /// Name that the stack had in the catalogue before its folder was renamed: the stack stays the same one. Keep it
    /// for as long as the stack lives. Not with a pattern.
    pub(super) moved_from: Option<At<String>>,
    /// The settings.
    #[schemars(flatten)]
    pub(super) settings: Settings,
}

/// How a stack is gated. What is absent comes from the next less exact place.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct Settings {
    /// Name of the CloudFormation stack; `{environment}` and `{stack}` are filled in. Absent: the name in the catalogue.
    pub(super) stack_name: Option<At<String>>,
    /// Environments that have the stack; `*` stands for any text. Absent: all.
    pub(super) environments: Option<Vec<At<String>>>,
    /// How many people must approve, one after the other. Absent: 1, or the deployment's minimum when that is 2.
    #[schemars(range(min = 0, max = 2))]
    pub(super) approvals: Option<At<u8>>,
    /// Who may approve and release: ARNs of IAM users, roles or sessions, or `user/<name>`, `role/<name>`,
    /// `permission-set/<name>`, in which `*` stands for any text without a `/`; `any` for whoever IAM lets. Nobody else
    /// counts. Absent: as the deployment's `Approvers`.
    #[schemars(with = "Option<ApproversShape>")]
    pub(super) approvers: Option<At<Option<Vec<At<String>>>>>,
    /// Whether somebody who wrote the change may approve it. Absent: as the deployment allows.
    pub(super) author_may_approve: Option<At<bool>>,
    /// Whether every commit must have come through a merged pull request that somebody else approved. Absent: false.
    pub(super) require_pull_request: Option<At<bool>>,
    /// `manual`: a last approval named `Release` is pressed in maintenance hours. Absent: `automatic`.
    #[schemars(with = "Option<ReleaseShape>")]
    pub(super) release: Option<At<bool>>,
    /// When changes may be executed, or `none`. Absent: at any time.
    #[schemars(with = "Option<WindowShape>")]
    pub(super) window: Option<At<Option<Window>>>,
    /// Path of a stack policy below `policies/` or `stacks/`, or `none`. Absent: the stack's own policy is left alone.
    pub(super) stack_policy: Option<At<String>>,
    /// Name or ARN of the role, under the deployment's deployer path, that CloudFormation uses. Absent: the
    /// deployment's own deployer.
    pub(super) deployer: Option<At<String>>,
    /// Capabilities that are acknowledged. Absent: none.
    #[schemars(with = "Option<Vec<Capability>>")]
    pub(super) capabilities: Option<Vec<At<String>>>,
    /// ARN of the SNS topic that hears of reviews and outcomes. Absent: the deployment's topic.
    pub(super) notify: Option<At<String>>,
    /// ARNs of the SNS topics that CloudFormation tells of stack events. Absent: none.
    #[schemars(length(max = 5))]
    pub(super) notification_arns: Option<Vec<At<String>>>,
    /// What the run that creating the pipeline starts may do. Absent: `plan`.
    pub(super) first_run: Option<At<FirstRun>>,
    /// The same settings for some environments only: by the environment's name, in which `*` stands for any text.
    #[schemars(with = "Option<BTreeMap<String, Settings>>")]
    pub(super) per_environment: Vec<(At<String>, Settings)>,
}

#[derive(JsonSchema)]
#[schemars(rename = "ApproversOrAny", untagged)]
enum ApproversShape {
    Any(AnyShape),
    Listed(ListedShape),
}

#[derive(JsonSchema)]
#[schemars(rename = "Any", rename_all = "lowercase")]
enum AnyShape {
    Any,
}

#[derive(JsonSchema)]
#[schemars(rename = "Approvers", transparent)]
struct ListedShape(#[schemars(length(min = 1))] Vec<String>);

#[derive(JsonSchema)]
#[schemars(rename = "Release", rename_all = "lowercase")]
enum ReleaseShape {
    Automatic,
    Manual,
}

#[derive(JsonSchema)]
#[schemars(rename = "WindowOrNone", untagged)]
enum WindowShape {
    None(NoneShape),
    Window(OpenShape),
}

#[derive(JsonSchema)]
#[schemars(rename = "None", rename_all = "lowercase")]
enum NoneShape {
    None,
}

/// When changes may be executed.
#[derive(JsonSchema)]
#[schemars(rename = "Window", deny_unknown_fields)]
struct OpenShape {
    /// Days of the week, such as `mon-thu`, `mon,wed` or `[mon, wed]`. Absent: every day.
    days: Option<DaysShape>,
    /// Hours, such as `09:00-16:00`; `22:00-02:00` passes midnight. Absent: all day.
    #[schemars(regex(pattern = r"^[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}$"))]
    hours: Option<String>,
    /// IANA time zone, such as `Asia/Kolkata` or `UTC`.
    time_zone: String,
}

#[derive(JsonSchema)]
#[schemars(rename = "Days", untagged)]
enum DaysShape {
    Text(String),
    List(Vec<DayShape>),
}

#[derive(JsonSchema)]
#[schemars(rename = "Day", rename_all = "lowercase")]
enum DayShape {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "SCREAMING_SNAKE_CASE")]
enum Capability {
    CapabilityIam,
    CapabilityNamedIam,
    CapabilityAutoExpand,
}

/// The JSON Schema of the catalogue, indented, ending in a line break.
pub fn json_schema() -> String {
    let mut schema = schemars::schema_for!(CatalogueFile);
    forbid_null(schema.ensure_object());
    // Whether serde_json's own map sorts its keys depends on what else is built, so they are sorted here.
    let sorted = serde_json::to_value(&schema).map(sorted).unwrap_or_default();
    let mut text = serde_json::to_string_pretty(&sorted).unwrap_or_default();
    text.push('\n');
    text
}

fn sorted(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            let map: BTreeMap<_, _> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(map.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// An absent setting is left out, never written as null: takes `null` out of what `Option` allows.
fn forbid_null(object: &mut serde_json::Map<String, serde_json::Value>) {
    use serde_json::Value;
    let null = Value::String("null".to_owned());
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|kind| *kind != null);
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
        choices.retain(|choice| choice.get("type") != Some(&null));
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            object.remove("anyOf");
            object.extend(only);
        }
    }
    for value in object.values_mut() {
        match value {
            Value::Object(inner) => forbid_null(inner),
            Value::Array(items) => items.iter_mut().filter_map(Value::as_object_mut).for_each(forbid_null),
            _ => {}
        }
    }
}
