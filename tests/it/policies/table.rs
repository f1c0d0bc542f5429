//! The tables of `docs/permissions.md`, read.

use std::collections::{BTreeMap, BTreeSet};

use crate::contracts::template::{Statement, Template};
use crate::contracts::{read, refuse, root};

/// Heading of the section whose answers are those under the service control policy.
const LIMITED_SECTION: &str = "Under the service control policy";

/// A column of the tables: somebody who may do something.
pub(super) struct Column {
    /// As the page's heading has it.
    pub(super) name: &'static str,
    /// Whose policies are asked: the logical id of a role in the template, [`Column::OPERATOR`] or
    /// [`Column::WORKLOAD`].
    pub(super) principal: &'static str,
}

impl Column {
    /// An IAM user who has the policy `Operators` and no other.
    pub(super) const OPERATOR: &'static str = "operator";
    /// A role with the boundary and every right, as a stack under the gate may make it.
    pub(super) const WORKLOAD: &'static str = "workload";
    /// A role with every right, which has nothing to do with Changegate.
    pub(super) const ADMINISTRATOR: &'static str = "administrator";

    pub(super) const ALL: [Self; 12] = [
        Self::of("create", "ChangesetCreateRole"),
        Self::of("describe", "ChangesetDescribeRole"),
        Self::of("execute", "ChangesetExecuteRole"),
        Self::of("provision", "PipelinesProvisionRole"),
        Self::of("sync", "SourceSyncRole"),
        Self::of("webhook", "GithubWebhookRole"),
        Self::of("record", "OutcomeRecordRole"),
        Self::of("pipeline", "PipelineRole"),
        Self::of("deployer", "StackDeployer"),
        Self::of("workload", Self::WORKLOAD),
        Self::of("pipelines", "PipelinesDeployer"),
        Self::of("people", Self::OPERATOR),
    ];

    /// The columns of the table about the service control policy.
    pub(super) const LIMITED: [Self; 7] = [
        Self::of("administrator", Self::ADMINISTRATOR),
        Self::of("create", "ChangesetCreateRole"),
        Self::of("execute", "ChangesetExecuteRole"),
        Self::of("pipeline", "PipelineRole"),
        Self::of("deployer", "StackDeployer"),
        Self::of("pipelines", "PipelinesDeployer"),
        Self::of("break-glass", "BreakGlass"),
    ];

    const fn of(name: &'static str, principal: &'static str) -> Self {
        Self { name, principal }
    }

    /// The resource of the template that says what this principal may do, if one does.
    fn policies(&self) -> Option<&'static str> {
        match self.principal {
            Self::OPERATOR => Some("Operators"),
            Self::WORKLOAD | Self::ADMINISTRATOR => None,
            role => Some(role),
        }
    }
}

/// A row: one action on one resource, and an answer for each column.
#[derive(Debug)]
pub(super) struct Row {
    /// Line of the page, from 1.
    pub(super) line: usize,
    pub(super) action: String,
    pub(super) resource: String,
    /// Condition key to value.
    pub(super) context: BTreeMap<String, String>,
    /// Whether the service control policy of the page is in force.
    pub(super) is_limited: bool,
    pub(super) cells: Vec<String>,
}

impl Row {
    /// The columns of the row's table, one for each cell.
    pub(super) fn columns(&self) -> &'static [Column] {
        if self.is_limited {
            &Column::LIMITED
        } else {
            &Column::ALL
        }
    }
}

/// The rows of all tables of actions on the page. A table with other columns than its own is refused.
pub(super) fn rows(page: &str) -> Vec<Row> {
    let mut is_limited = false;
    let mut rows = Vec::new();
    for (number, line) in (1..).zip(page.lines()) {
        if let Some(heading) = line.strip_prefix("## ") {
            is_limited = heading == LIMITED_SECTION;
        }
        let columns: &[Column] = if is_limited { &Column::LIMITED } else { &Column::ALL };
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if cells.first() == Some(&"action") {
            assert_eq!(cells[1..3], ["on", "with"], "line {number}");
            assert_eq!(
                cells[3..],
                names,
                "line {number}: these are not the columns that are asked"
            );
        }
        let Some(action) = cells
            .first()
            .and_then(|cell| code(cell))
            .filter(|action| action.contains(':'))
        else {
            continue;
        };
        assert_eq!(
            cells.len(),
            names.len() + 3,
            "line {number} has another number of cells"
        );
        let context = cells[2].split(", ").filter_map(code).map(|entry| {
            let (key, value) = entry
                .split_once('=')
                .unwrap_or_else(|| panic!("line {number}: {entry} has no value"));
            (key.to_owned(), value.to_owned())
        });
        let answers = cells[3..].iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        assert!(
            answers
                .iter()
                .all(|cell| ["yes", "no", "never"].contains(&cell.as_str())),
            "line {number}"
        );
        rows.push(Row {
            line: number,
            action: action.to_owned(),
            resource: code(cells[1])
                .unwrap_or_else(|| panic!("line {number} names no resource"))
                .to_owned(),
            context: context.collect(),
            is_limited,
            cells: answers,
        });
    }
    rows
}

fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

#[test]
fn the_page_has_a_row_for_every_action_that_a_function_or_a_pipeline_may() {
    let template = Template::read();
    let asked: BTreeSet<String> = rows(&read("docs/permissions.md"))
        .into_iter()
        .filter(|row| !row.is_limited)
        .map(|row| row.action)
        .collect();
    let mut missing = BTreeSet::new();
    for column in Column::ALL.iter().filter(|column| column.name != "deployer") {
        let Some(policies) = column.policies() else {
            continue;
        };
        let policy = template.resource(policies);
        for statement in Statement::all(policy)
            .iter()
            .filter(|statement| statement.allows() && statement.is_of_identity())
        {
            let actions = statement.actions().into_iter().filter(|action| !action.contains('*'));
            missing.extend(
                actions
                    .filter(|action| !asked.contains(action))
                    .map(|action| format!("{action} ({})", column.name)),
            );
        }
    }
    refuse(
        "docs/permissions.md has no row for",
        &missing.into_iter().collect::<Vec<_>>(),
    );
}

#[test]
fn every_action_of_the_page_is_allowed_to_somebody_or_denied_to_somebody() {
    for row in rows(&read("docs/permissions.md")) {
        assert!(
            row.cells.iter().any(|cell| cell != "no"),
            "line {} says nothing",
            row.line
        );
    }
}

#[test]
fn a_row_is_read_with_its_conditions() {
    let cells = ["yes"; Column::ALL.len()].join(" | ");
    let page = format!("| `a:B` | `c/d` | `e:f=g`, `h:i=j=k` | {cells} |");

    let rows = rows(&page);

    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].context["h:i"], "j=k");
    assert_eq!((rows[0].action.as_str(), rows[0].resource.as_str()), ("a:B", "c/d"));
}

#[test]
fn the_service_control_policy_fits_and_denies_only() {
    let policy: serde_json::Value = serde_json::from_str(&read("docs/scp.json")).expect("JSON");
    // https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
    assert!(policy.to_string().len() <= 5_120);
    for statement in policy["Statement"].as_array().expect("statements") {
        assert_eq!(statement["Effect"], "Deny", "{statement}");
    }
}

/// What `scripts/scp` prints.
fn printed(arguments: &[&str]) -> serde_json::Value {
    let script = root().join("scripts/scp");
    let output = std::process::Command::new("python3")
        .arg(script)
        .args(arguments)
        .output();
    let output = output.expect("python3 runs");
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn the_script_writes_the_policy_of_the_page_for_other_names_and_with_exempt_roles() {
    let of_the_page: serde_json::Value = serde_json::from_str(&read("docs/scp.json")).expect("JSON");
    assert_eq!(printed(&[]), of_the_page);

    let role = "arn:aws:iam::*:role/stacksets-exec-*";
    let text = printed(&["--stack", "Gate-2", "--exempt", role]).to_string();
    // It may write stacks, and is changed, passed and made by nobody but the break-glass role.
    assert_eq!(text.matches(role).count(), 3);
    assert!(text.contains("function:Gate-2-source-sync") && text.contains("s3:::gate-2-evidencebucket"));
    assert!(
        !text.contains("function:changegate-") && !text.contains("rule/changegate-"),
        "{text}"
    );
}

#[test]
fn a_policy_too_long_for_one_is_written_in_parts_that_fit_and_hold_every_statement() {
    let name = "c".repeat(30);
    let exempt = [
        "--stack",
        &name,
        "--exempt",
        "arn:aws:iam::*:role/stacksets-exec-*",
        "arn:aws:iam::*:role/AWSCloudFormationStackSetExecutionRole",
        "arn:aws:iam::*:role/AWSControlTowerExecution",
    ];
    let sids = |policy: &serde_json::Value| -> Vec<String> {
        let statements = policy["Statement"].as_array().expect("statements").iter();
        statements.map(|statement| statement["Sid"].to_string()).collect()
    };

    let parts = ["1", "2"].map(|part| printed(&[&exempt[..], &["--part", part]].concat()));

    assert!(parts.iter().all(|part| part.to_string().len() <= 5_120));
    let of_the_page = serde_json::from_str(&read("docs/scp.json")).expect("JSON");
    assert_eq!(parts.iter().flat_map(sids).collect::<Vec<_>>(), sids(&of_the_page));
}
