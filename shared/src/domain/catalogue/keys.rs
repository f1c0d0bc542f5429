//! The keys of a catalogue.

/// Keys at the top.
pub(super) const TOP_KEYS: &[&str] = &[
    "version",
    "environments",
    "defaults",
    "paths",
    "stacks",
    "people",
    "session_name_roles",
];
/// Keys of settings, wherever they stand.
pub(super) const SETTING_KEYS: &[&str] = &[
    "stack_name",
    "environments",
    "approvals",
    "approvers",
    "author_may_approve",
    "require_pull_request",
    "release",
    "window",
    "stack_policy",
    "deployer",
    "capabilities",
    "notify",
    "notification_arns",
    "first_run",
    "per_environment",
];
/// Further keys of an entry with a full name.
pub(super) const ENTRY_KEYS: &[&str] = &["template", "configuration", "moved_from"];

/// Keys that other systems have, or that may come: what to do today.
pub(super) const NOT_SUPPORTED: &[(&str, &str)] = &[
    (
        "state",
        "stacks are not deleted through the gate; remove the entry or folder, the stack itself stays",
    ),
    (
        "delete",
        "stacks are not deleted through the gate; remove the entry or folder, the stack itself stays",
    ),
    ("after", "a stack that needs another's export waits for it by itself"),
    (
        "depends_on",
        "a stack that needs another's export waits for it by itself",
    ),
    (
        "dependencies",
        "a stack that needs another's export waits for it by itself",
    ),
    (
        "rules",
        "Guard rules are not run; demand a pull request and check it there",
    ),
    (
        "guard",
        "Guard rules are not run; demand a pull request and check it there",
    ),
    ("drift", "drift-aware change sets are not made"),
    ("import", "resources are not imported through the gate"),
    ("resources_to_import", "resources are not imported through the gate"),
    ("rollback_triggers", "rollback triggers are not set"),
    (
        "adopt",
        "an existing stack is adopted by an entry with its `stack_name`",
    ),
    ("on_new_commit", "a newer run always supersedes one that only waits"),
    ("emergency", "the gate has no other way; commit a change of the gate"),
    (
        "override_stack_policy",
        "change the stack policy by a commit, and back by another",
    ),
    (
        "own_tags",
        "Changegate adds no tags to stacks: they would make every run a change of everything",
    ),
    (
        "parameters",
        "write parameters into the stack's configuration, `<environment>.json` beside its template",
    ),
    (
        "tags",
        "write tags into the stack's configuration, `<environment>.json` beside its template",
    ),
    (
        "region",
        "an environment is one deployment in one region; deploy Changegate there as well",
    ),
    (
        "regions",
        "an environment is one deployment in one region; deploy Changegate there as well",
    ),
    (
        "account",
        "an environment is one deployment in one account; deploy Changegate there as well",
    ),
    (
        "accounts",
        "an environment is one deployment in one account; deploy Changegate there as well",
    ),
    ("role", "write `deployer`"),
    ("role_arn", "write `deployer`"),
];
