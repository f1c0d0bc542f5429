//! Random histories of random catalogues: what becomes of each pipeline from one commit to the next.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::domain::catalogue::{Environment, FormerStack, RepositoryFiles, Resolution, resolve};
use crate::domain::gate::Floor;
use crate::domain::user_parameters::UserParameters;

/// What a commit does to the catalogue; numbers choose among the stacks that there are.
#[derive(Debug, Clone)]
enum Edit {
    Add(u16),
    Remove(usize),
    Rename(usize, u16),
    Approvals(usize, u8),
    Release(usize),
    StackName(usize, u16),
    Template(usize, u16),
    DefaultApprovals(u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    let which = 0..1_000usize;
    prop_oneof![
        3 => any::<u16>().prop_map(Edit::Add),
        2 => which.clone().prop_map(Edit::Remove),
        2 => (which.clone(), any::<u16>()).prop_map(|(which, name)| Edit::Rename(which, name)),
        2 => (which.clone(), 0..3u8).prop_map(|(which, approvals)| Edit::Approvals(which, approvals)),
        1 => which.clone().prop_map(Edit::Release),
        1 => (which.clone(), any::<u16>()).prop_map(|(which, name)| Edit::StackName(which, name)),
        1 => (which, any::<u16>()).prop_map(|(which, content)| Edit::Template(which, content)),
        1 => (0..3u8).prop_map(Edit::DefaultApprovals),
    ]
}

/// Names such as people give, some of which are one in Pascal case: `data-orders`, `data.orders`, `dataOrders`.
fn name(number: u16) -> String {
    const WORDS: [&str; 8] = ["data", "orders", "Web", "net", "queue", "eu", "x", "audit"];
    let word = |place: u16| WORDS[usize::from(number >> (3 * place)) % WORDS.len()];
    let separator = ["-", "_", ".", ""][usize::from(number >> 6) % 4];
    match number >> 8 {
        0..=40 => format!("{}{separator}{}", word(0), word(1)),
        rest => format!("{}{separator}{}-{rest}", word(0), word(1)),
    }
}

#[derive(Debug, Clone, Default)]
struct Stack {
    template: String,
    approvals: Option<u8>,
    is_released: bool,
    stack_name: Option<String>,
    moved_from: Option<String>,
}

/// A repository as its history goes on.
#[derive(Debug, Clone, Default)]
struct Repository {
    stacks: BTreeMap<String, Stack>,
    default_approvals: u8,
    /// Names that were ever used: none is given twice, so that each means one stack.
    used: BTreeSet<String>,
    former: Vec<FormerStack>,
}

impl Repository {
    fn of(numbers: &[u16]) -> Self {
        let mut repository = Self {
            default_approvals: 1,
            ..Self::default()
        };
        for number in numbers {
            repository.edit(&Edit::Add(*number));
        }
        repository
    }

    fn new_name(&mut self, number: u16) -> Option<String> {
        let name = name(number);
        self.used.insert(name.clone()).then_some(name)
    }

    fn chosen(&self, which: usize) -> Option<String> {
        let count = self.stacks.len().max(1);
        self.stacks.keys().nth(which % count).cloned()
    }

    fn change(&mut self, which: usize, change: impl FnOnce(&mut Stack)) {
        if let Some(stack) = self.chosen(which).and_then(|name| self.stacks.get_mut(&name)) {
            change(stack);
        }
    }

    fn edit(&mut self, edit: &Edit) {
        match edit {
            Edit::Add(number) => {
                let Some(name) = self.new_name(*number) else { return };
                let stack = Stack {
                    template: format!("template of {name}"),
                    // A name that CloudFormation does not take needs another.
                    stack_name: Some(format!("s{number}-{}", name.len())),
                    ..Stack::default()
                };
                self.stacks.insert(name, stack);
            }
            Edit::Remove(which) => {
                if let Some(name) = self.chosen(*which) {
                    self.stacks.remove(&name);
                }
            }
            Edit::Rename(which, number) => {
                let Some(new) = self.new_name(*number) else { return };
                if let Some((old, mut stack)) = self.chosen(*which).and_then(|old| self.stacks.remove_entry(&old)) {
                    stack.moved_from = Some(old);
                    self.stacks.insert(new, stack);
                }
            }
            Edit::Approvals(which, approvals) => self.change(*which, |stack| stack.approvals = Some(*approvals)),
            Edit::Release(which) => self.change(*which, |stack| stack.is_released = !stack.is_released),
            Edit::StackName(which, number) => {
                let name = format!("t{number}-{}", self.used.len());
                self.used.insert(name.clone());
                self.change(*which, |stack| stack.stack_name = Some(name));
            }
            Edit::Template(which, content) => {
                self.change(*which, |stack| stack.template = format!("content {content}"));
            }
            Edit::DefaultApprovals(approvals) => self.default_approvals = *approvals,
        }
    }

    /// `changegate.yaml`, its entries in the order of their names or in another one.
    fn catalogue(&self, is_reversed: bool) -> String {
        let mut text = format!(
            "version: 1\ndefaults: {{ approvals: {} }}\nstacks:\n",
            self.default_approvals
        );
        let mut stacks: Vec<_> = self.stacks.iter().collect();
        if is_reversed {
            stacks.reverse();
        }
        for (name, stack) in stacks {
            let mut settings = vec![format!("template: {}", path(name))];
            settings.extend(stack.approvals.map(|approvals| format!("approvals: {approvals}")));
            settings.extend(stack.is_released.then(|| "release: manual".to_owned()));
            settings.extend(stack.stack_name.as_ref().map(|name| format!("stack_name: {name}")));
            settings.extend(stack.moved_from.as_ref().map(|former| format!("moved_from: {former}")));
            if is_reversed {
                settings.reverse();
            }
            writeln!(text, "  {name}: {{ {} }}", settings.join(", ")).unwrap();
        }
        text
    }

    fn resolve(&self, is_reversed: bool) -> Resolution {
        let catalogue = self.catalogue(is_reversed);
        let mut blobs: BTreeMap<String, String> = self
            .stacks
            .iter()
            .map(|(name, stack)| (path(name), stack.template.clone()))
            .collect();
        blobs.insert("changegate.yaml".to_owned(), catalogue.clone());
        let contents = BTreeMap::from([("changegate.yaml".to_owned(), catalogue.into_bytes())]);
        let files = RepositoryFiles {
            blobs: &blobs,
            contents: &contents,
        };
        resolve(&files, &environment(), &self.former)
    }

    /// What the sync remembers of this commit.
    fn remember(&mut self, resolution: &Resolution) {
        let stacks = resolution.stacks.iter().map(|gate| FormerStack {
            name: gate.stack.clone(),
            stack_name: gate.stack_name.clone(),
            template_blob: self.stacks[&gate.stack].template.clone(),
        });
        self.former = stacks.collect();
    }
}

fn path(stack: &str) -> String {
    format!("stacks/{stack}/template.yaml")
}

fn environment() -> Environment {
    Environment {
        name: "production".to_owned(),
        pipeline_prefix: "changegate-".to_owned(),
        floor: Floor {
            minimum_approvals: 0,
            author_may_approve: true,
            deployer_prefix: "arn:aws:iam::111122223333:role/changegate/deployers/".to_owned(),
            stack_name_pattern: "*".to_owned(),
            reserved_stack_names: vec!["changegate".to_owned(), "changegate-pipelines".to_owned()],
            approvers: None,
        },
        default_deployer: "arn:aws:iam::111122223333:role/changegate/deployers/default".to_owned(),
    }
}

/// The commit's template, after everything was checked that holds for one commit alone.
fn rendered(repository: &Repository) -> Result<(Resolution, String), TestCaseError> {
    let resolution = repository.resolve(false);
    prop_assert_eq!(resolution.lines(), Vec::<String>::new());
    let names: Vec<&String> = resolution.stacks.iter().map(|gate| &gate.stack).collect();
    prop_assert_eq!(names, repository.stacks.keys().collect::<Vec<_>>(), "none is missing");
    let template = render(&resolution.stacks, &settings()).unwrap();

    let again = repository.resolve(true);
    prop_assert_eq!(
        again.document("production").to_json(),
        resolution.document("production").to_json()
    );
    let mut gates = again.stacks;
    gates.reverse();
    prop_assert!(
        render(&gates, &settings()).unwrap() == template,
        "the order of entries matters"
    );

    for (action, key, value) in configurations(&template) {
        prop_assert!(value.chars().count() <= 1_000, "{action} {key}");
        if key == "UserParameters" {
            let parameters: UserParameters = serde_json::from_str(&value).unwrap();
            prop_assert!(parameters.pipeline.starts_with("changegate-"));
            prop_assert_eq!(parameters.execution, "#{codepipeline.PipelineExecutionId}");
            prop_assert_eq!(parameters.gate.len(), 64);
            let change_set = parameters.change_set.as_deref().unwrap_or("#{Plan.ChangeSetArn}");
            prop_assert_eq!(change_set, "#{Plan.ChangeSetArn}");
            let digest = parameters.digest.as_deref().unwrap_or("#{Review.Digest}");
            prop_assert_eq!(digest, "#{Review.Digest}");
        }
    }
    Ok((resolution, template))
}

/// What is deployed, by logical id.
fn by_id(template: &str) -> BTreeMap<String, DeployedPipeline> {
    let pipelines = deployed(template).unwrap().into_iter();
    pipelines.map(|one| (one.logical_id.clone(), one)).collect()
}

fn check_history(first: &[u16], commits: &[Vec<Edit>]) -> Result<(), TestCaseError> {
    let mut repository = Repository::of(first);
    let (mut resolution, mut template) = rendered(&repository)?;
    repository.remember(&resolution);
    for edits in commits {
        let before = repository.clone();
        for edit in edits {
            repository.edit(edit);
        }
        let (next, next_template) = rendered(&repository)?;
        let (was, is) = (by_id(&template), by_id(&next_template));
        prop_assert_eq!(is.len(), repository.stacks.len(), "one pipeline a stack");
        for (stack, _) in before
            .stacks
            .iter()
            .filter(|(stack, _)| repository.stacks.contains_key(*stack))
        {
            let id = logical_id(stack);
            prop_assert_eq!(
                &was[&id].pipeline,
                &is[&id].pipeline,
                "a pipeline that stays keeps id and name"
            );
        }
        for (id, pipeline) in &is {
            prop_assert!(repository.stacks.contains_key(&pipeline.stack), "none is left behind");
            if let Some(former) = was.get(id) {
                // Another name under one id would delete a pipeline and make another.
                prop_assert_eq!(&former.pipeline, &pipeline.pipeline);
                prop_assert_eq!(&former.stack, &pipeline.stack);
            }
        }
        let documents = resolution
            .stacks
            .iter()
            .chain(&next.stacks)
            .map(|gate| (gate.digest(), gate.clone()))
            .collect();
        let plan = PipelinesPlan::between(
            &deployed(&template).unwrap(),
            &deployed(&next_template).unwrap(),
            &documents,
        );
        let count = |left: &BTreeMap<String, _>, right: &BTreeMap<String, _>| {
            left.keys().filter(|id| !right.contains_key(*id)).count()
        };
        let (added, _, removed) = plan.counts();
        prop_assert_eq!((added, removed), (count(&is, &was), count(&was, &is)));
        prop_assert_eq!(plan.is_empty(), template == next_template, "{}", plan);
        repository.remember(&next);
        (resolution, template) = (next, next_template);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn over_any_history_no_pipeline_is_made_anew_none_is_missing_and_none_is_left_behind(
        first in proptest::collection::vec(any::<u16>(), 1..30),
        commits in proptest::collection::vec(proptest::collection::vec(edit(), 1..8), 1..6),
    ) {
        check_history(&first, &commits)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn over_any_history_of_many_stacks_the_same_holds(
        first in proptest::collection::vec(any::<u16>(), 150..245),
        commits in proptest::collection::vec(proptest::collection::vec(edit(), 1..5), 1..3),
    ) {
        check_history(&first, &commits)?;
    }
}

/// Patterns of stack names that collide, also with Changegate's own.
fn colliding() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some("{stack}")),
        1 => Just(Some("{environment}-{stack}")),
        1 => Just(Some("production-a")),
        1 => Just(Some("a")),
        1 => Just(Some("changegate")),
        1 => Just(Some("changegate-{stack}")),
        1 => Just(Some("{environment}")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_catalogue_says_two_entries_are_never_one_stack_and_none_is_changegates_own(
        default in colliding(),
        entries in proptest::collection::btree_map(
            prop_oneof![Just("a"), Just("b"), Just("production-a"), Just("changegate"), Just("pipelines"), Just("root"),
                Just("A"), Just("changegate-pipelines")],
            (colliding(), proptest::option::of(prop_oneof![Just("a"), Just("gone"), Just("changegate")])),
            0..8,
        ),
    ) {
        let mut catalogue = String::from("version: 1\n");
        if let Some(default) = default {
            writeln!(catalogue, "defaults: {{ stack_name: \"{default}\" }}").unwrap();
        }
        catalogue.push_str("stacks:\n");
        let mut blobs = BTreeMap::new();
        for (name, (stack_name, moved_from)) in &entries {
            blobs.insert(path(name), (*name).to_owned());
            let mut settings = Vec::new();
            settings.extend(stack_name.map(|it| format!("stack_name: \"{it}\"")));
            settings.extend(moved_from.map(|it| format!("moved_from: {it}")));
            writeln!(catalogue, "  {name}: {{ {} }}", settings.join(", ")).unwrap();
        }
        blobs.insert("changegate.yaml".to_owned(), catalogue.clone());
        let contents = BTreeMap::from([("changegate.yaml".to_owned(), catalogue.clone().into_bytes())]);
        let files = RepositoryFiles { blobs: &blobs, contents: &contents };
        let environment = environment();
        let resolution = resolve(&files, &environment, &[]);
        let mut seen = BTreeSet::new();
        for gate in &resolution.stacks {
            prop_assert!(seen.insert(&gate.stack_name), "{} twice in\n{catalogue}", gate.stack_name);
            prop_assert_eq!(environment.floor.refusals(gate), Vec::<String>::new());
            prop_assert!(!["root", "pipelines"].contains(&gate.stack.as_str()));
        }
        let left_out = entries.len() - resolution.stacks.len();
        prop_assert!(left_out == 0 || !resolution.is_sound(), "nothing is left out in silence:\n{catalogue}");
    }
}
