//! A random history with syncs between its commits, and what was executed of each stack on the way.

use super::super::random::{Branch, Random, STACKS, edit, file};
use super::super::*;
use super::oracle::gate_of;
use crate::domain::actions::{CONFIGURATION, SOURCE_STAGE, TEMPLATE};
use crate::domain::executed::Executed;
use crate::domain::history::ActionExecution;
use crate::domain::provenance::SourceFacts;
use crate::flows::fakes::Fault;
use crate::flows::run_sources::{RunOfStack, Sources, written_from};

/// What is done to the history besides committing to it.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each can happen with each")]
pub(super) struct Weather {
    /// Several commits before a sync.
    pub(super) batches: bool,
    /// Syncs that die.
    pub(super) crashes: bool,
    /// Branches and merges.
    pub(super) merges: bool,
    /// Rewritten branches.
    pub(super) force: bool,
    /// Lost snapshots.
    pub(super) losses: bool,
}

/// What was executed of a stack, and from which commit of Git.
#[derive(Clone)]
pub(super) struct Last {
    pub(super) executed: Executed,
    pub(super) head: String,
}

pub(super) struct Story {
    pub(super) place: Place,
    pub(super) random: Random,
    pub(super) weather: Weather,
    earlier: Vec<Branch>,
    pub(super) last: BTreeMap<String, Last>,
    /// Whether something happened after which not everything can be told.
    pub(super) is_blurred: bool,
}

fn executed_from(newest: &SourceFacts, source_versions: BTreeMap<String, String>) -> Executed {
    Executed {
        version: 1,
        commit: newest.commit.clone(),
        sequence: newest.sequence,
        execution: "run".to_owned(),
        change_set_arn: None,
        source_versions,
        stack_last_changed: None,
        executed_at: String::new(),
        before: None,
    }
}

impl Story {
    pub(super) fn new(seed: u64, weather: Weather) -> Self {
        let mut place = Place::new();
        if seed % 3 == 1 {
            place.settings.cut_limits = CutLimits {
                whole: 0,
                folder: 2,
                added: 3,
            };
        }
        for (_, name) in STACKS {
            place.pipelines.with_pipeline(&format!("cg-{name}"));
        }
        place.pipelines.with_pipeline("cg-root");
        Self {
            place,
            random: Random::new(seed),
            weather,
            earlier: Vec::new(),
            last: BTreeMap::new(),
            is_blurred: false,
        }
    }

    /// Edits that only this story has: code in folders, and snippets that move.
    fn change(&mut self, files: &mut Branch) {
        let random = &mut self.random;
        let (folder, _) = STACKS[random.below(STACKS.len())];
        match random.below(12) {
            0 => {
                let text = format!(
                    "# {}\nResources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n      Code: src/\n      Role: r\n",
                    random.below(3)
                );
                files.insert(format!("{folder}/template.yaml"), file(&text));
                files.insert(format!("{folder}/src/index.js"), file("0"));
            }
            1 => {
                let path = format!("{folder}/src/{}.js", random.one_of(&["index", "more"]));
                if random.percent(30) {
                    files.remove(&path);
                } else {
                    files.insert(path, file(&random.below(4).to_string()));
                }
            }
            2 => {
                let (from, to) = (
                    format!("stacks/shared/{}.yaml", random.one_of(&["a", "b", "c"])),
                    format!("stacks/shared/{}.yaml", random.one_of(&["a", "b", "c"])),
                );
                if let Some(content) = files.remove(&from) {
                    files.insert(to, content);
                }
            }
            _ => edit(random, files, &self.earlier),
        }
    }

    fn edited(&mut self) -> Branch {
        let mut files = self.place.github.files();
        for _ in 0..=self.random.below(2) {
            self.change(&mut files);
        }
        files
    }

    pub(super) fn commit(&mut self) {
        if self.weather.force && self.random.percent(6) {
            let files = self.edited();
            let sha = self.place.github.commit("Rewritten", files, &[]);
            self.place.github.move_to(&sha, "force_push", "mallory");
            self.is_blurred = true;
            return;
        }
        let files = self.edited();
        if self.weather.merges && self.random.percent(25) && !self.earlier.is_empty() {
            // A branch from the head, one commit beside it, and a merge with either as its first parent.
            let base = self.place.github.head();
            let side = self
                .place
                .github
                .commit("Beside", files.clone(), std::slice::from_ref(&base));
            let mut own = self.place.github.files();
            self.change(&mut own);
            let main = self.place.github.commit("Main", own.clone(), &[base]);
            let mut merged = own;
            for (path, content) in &files {
                if self.place.github.files().get(path) != Some(content) {
                    merged.insert(path.clone(), content.clone());
                }
            }
            let parents = if self.random.percent(50) {
                [main, side]
            } else {
                [side, main]
            };
            let sha = self.place.github.commit("Merge", merged.clone(), &parents);
            self.place.github.move_to(&sha, "push", "mallory");
            self.earlier.push(merged);
            return;
        }
        self.place.github.push_files("Commit", files.clone());
        self.earlier.push(files);
    }

    pub(super) async fn sync(&mut self) {
        if self.weather.losses && self.random.percent(4) {
            self.place.bucket.remove(keys::SNAPSHOT);
            self.is_blurred = true;
        }
        if self.weather.crashes && self.random.percent(30) {
            let faults = [Fault::KillBefore, Fault::KillAfter, Fault::LostAnswer, Fault::Outage];
            let fault = faults[self.random.below(faults.len())];
            let wire = &self.place.wire;
            wire.break_call(wire.count() + self.random.below(30), fault);
            let reason = SyncReason::Push(self.place.github.head());
            let sync = sync_source(self.place.world(), &self.place.settings, reason);
            let _ = tokio::time::timeout(std::time::Duration::from_mins(10), sync).await;
            self.place.wire.heal();
        }
        for _ in 0..10 {
            let reason = SyncReason::Push(self.place.github.head());
            let synced = sync_source(self.place.world(), &self.place.settings, reason).await;
            if synced.is_ok_and(|report| report.owed.is_none()) {
                return;
            }
        }
        panic!("the sync does not come to rest");
    }

    pub(super) async fn check(&mut self, (folder, name): (&str, &str)) -> usize {
        let snapshot = self.place.snapshot();
        let Some(stack) = snapshot.stacks.get(name).filter(|stack| stack.problems.is_empty()) else {
            return 0;
        };
        let head = self.place.github.head();
        let files = self.place.github.files_of(&head);
        let Some(Some(gate)) = gate_of(&files, name, &self.place) else {
            return 0;
        };
        let (Some(template), Some(configuration)) = (&stack.template_zip, &stack.configuration_zip) else {
            return 0;
        };
        let sources = [(TEMPLATE, &template.version), (CONFIGURATION, &configuration.version)];
        let actions = sources.map(|(action, version)| ActionExecution {
            stage: SOURCE_STAGE.to_owned(),
            action: action.to_owned(),
            status: "Succeeded".to_owned(),
            output_variables: [("VersionId".to_owned(), version.clone())].into(),
            ..ActionExecution::default()
        });
        let last = self.last.get(name).cloned();
        let source_versions: BTreeMap<String, String> = sources
            .iter()
            .map(|(action, version)| ((*action).to_owned(), (*version).clone()))
            .collect();
        if last
            .as_ref()
            .is_some_and(|last| last.executed.source_versions == source_versions)
        {
            return 0;
        }
        let run = RunOfStack {
            environment: "production",
            gate: &gate,
            is_root: false,
            actions: &actions,
        };
        let mut read = Sources::of(&self.place.bucket, run).await.unwrap();
        let apart = read.apart(&self.place.bucket).await.unwrap();
        assert_eq!(apart, None, "{name}");
        let executed = last.as_ref().map(|last| &last.executed);
        let (bucket, evidence) = (&self.place.bucket, self.applied());
        let range = read.commit_range(bucket, &evidence, executed, "cg-root").await.unwrap();
        let mut facts = Vec::new();
        for (action, version) in sources {
            let key = match action {
                TEMPLATE => keys::source(&stack.template),
                _ => keys::configuration("production", name),
            };
            let written = written_from(&self.place.bucket, &keys::zipped(&key), version).await;
            facts.push(written.unwrap().unwrap());
        }
        let newest = SourceFacts::newest(&facts).unwrap();
        // What comes after the commit that the sources were written from brought nothing of this run.
        let head = newest.commit.clone();
        self.assert_authors(folder, name, &range, last.as_ref(), &head);
        self.assert_authors_of_gate(name, &range, &head);
        if self.random.percent(40) {
            let executed = executed_from(newest, source_versions);
            self.last.insert(name.to_owned(), Last { executed, head });
        }
        1
    }

    /// The evidence that the root pipeline applied the catalogue as it is.
    fn applied(&self) -> FakeBucket {
        let evidence = FakeBucket::new();
        let key = keys::zipped(&keys::catalogue("production"));
        if let Some(zip) = self.place.bucket.latest(&key)
            && let Some(facts) = SourceFacts::of(&zip.head.metadata, None)
        {
            let executed = executed_from(&facts, BTreeMap::new());
            evidence.seed(&keys::executed("cg-root"), serde_json::to_vec(&executed).unwrap());
        }
        evidence
    }
}
