//! Random histories with broken commits: whoever Git shows for what a stack is made of, and differs from what was
//! executed last, is an author of the run.

use std::collections::BTreeSet;

use super::random::{Branch, Random, STACKS, edit, file};
use super::*;
use crate::domain::actions::{CONFIGURATION, SOURCE_STAGE, TEMPLATE};
use crate::domain::authors::CommitRange;
use crate::domain::catalogue::{self, RepositoryFiles};
use crate::domain::executed::Executed;
use crate::domain::gate::Gate;
use crate::domain::history::ActionExecution;
use crate::domain::provenance::SourceFacts;
use crate::domain::sync::git;
use crate::flows::fakes::Fault;
use crate::flows::run_sources::{RunOfStack, Sources, written_from};

/// What is done to the history besides committing to it.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each can happen with each")]
struct Weather {
    /// Several commits before a sync.
    batches: bool,
    /// Syncs that die.
    crashes: bool,
    /// Branches and merges.
    merges: bool,
    /// Rewritten branches.
    force: bool,
    /// Lost snapshots.
    losses: bool,
}

/// What was executed of a stack, and from which commit of Git.
#[derive(Clone)]
struct Last {
    executed: Executed,
    head: String,
}

struct Story {
    place: Place,
    random: Random,
    weather: Weather,
    earlier: Vec<Branch>,
    last: BTreeMap<String, Last>,
    /// Whether something happened after which not everything can be told.
    is_blurred: bool,
}

/// The gate of a stack at a commit; `None` when the catalogue is wrong there.
#[expect(
    clippy::option_option,
    reason = "a stack without a gate and a catalogue without an answer are two things"
)]
fn gate_of(files: &Branch, name: &str, place: &Place) -> Option<Option<Gate>> {
    let blobs: BTreeMap<String, String> = files
        .iter()
        .filter(|(path, (mode, _))| mode.starts_with("100") && crate::domain::sync::files::is_synced(path))
        .map(|(path, (_, content))| (path.clone(), git::blob_id(content)))
        .collect();
    let mut contents = BTreeMap::new();
    loop {
        let (blobs, contents_now) = (&blobs, contents.clone());
        let needed = catalogue::files_needed(&RepositoryFiles {
            blobs,
            contents: &contents_now,
        });
        if needed.is_empty() {
            break;
        }
        for path in needed {
            let content = files[&path].1.clone();
            contents.insert(path, content);
        }
    }
    let repository = RepositoryFiles {
        blobs: &blobs,
        contents: &contents,
    };
    let resolution = catalogue::resolve(&repository, &place.settings.environment, &[]);
    resolution
        .is_sound()
        .then(|| resolution.stacks.into_iter().find(|gate| gate.stack == name))
}

/// The files that a stack is made of at a commit, by a second way to work it out.
fn inputs(files: &Branch, folder: &str) -> BTreeMap<String, String> {
    let mut paths = vec![format!("{folder}/template.yaml"), format!("{folder}/production.json")];
    let text = files
        .get(&paths[0])
        .map(|(_, content)| String::from_utf8_lossy(content).into_owned());
    let text = text.unwrap_or_default();
    for path in files.keys() {
        let depth = "../".repeat(folder.matches('/').count());
        let is_snippet = path
            .strip_prefix("stacks/")
            .is_some_and(|rest| rest.starts_with("shared/") && text.contains(&format!("Location: {depth}{rest}")));
        let is_code = text.contains("Code: src/") && path.starts_with(&format!("{folder}/src/"));
        if is_snippet || is_code {
            paths.push(path.clone());
        }
    }
    let known = paths.into_iter().filter_map(|path| {
        let (_, content) = files.get(&path)?;
        Some((path, git::blob_id(content)))
    });
    known.collect()
}

impl Story {
    fn new(seed: u64, weather: Weather) -> Self {
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

    fn commit(&mut self) {
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

    async fn sync(&mut self) {
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

    /// The commits that Git shows for the path: those reachable from `head` and not from `until` that differ from their
    /// parents in it. A merge that is as one of its parents goes on with that one alone.
    fn log(&self, path: &str, head: &str, until: Option<&str>) -> BTreeSet<String> {
        let github = &self.place.github;
        let known = until.map(|until| github.ancestry(until)).unwrap_or_default();
        let at = |sha: &str| github.files_of(sha).get(path).cloned();
        let (mut shown, mut open, mut seen) = (BTreeSet::new(), vec![head.to_owned()], BTreeSet::new());
        while let Some(sha) = open.pop() {
            if known.contains(&sha) || !seen.insert(sha.clone()) {
                continue;
            }
            let parents = github.parents_of(&sha);
            if parents.is_empty() {
                shown.extend(at(&sha).map(|_| sha));
            } else if let Some(same) = parents.iter().find(|parent| at(parent) == at(&sha)) {
                open.push(same.clone());
            } else {
                // What made the file is where its history begins, for one that was not read before.
                let is_made = parents.iter().all(|parent| at(parent).is_none());
                shown.insert(sha);
                if !(until.is_none() && is_made) {
                    open.extend(parents);
                }
            }
        }
        shown
    }

    async fn check(&mut self, (folder, name): (&str, &str)) -> usize {
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
            let executed = Executed {
                version: 1,
                commit: newest.commit.clone(),
                sequence: newest.sequence,
                execution: "run".to_owned(),
                change_set_arn: None,
                source_versions,
                stack_last_changed: None,
                executed_at: String::new(),
                before: None,
            };
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
            let executed = Executed {
                version: 1,
                commit: facts.commit,
                sequence: facts.sequence,
                execution: "run".to_owned(),
                change_set_arn: None,
                source_versions: BTreeMap::new(),
                stack_last_changed: None,
                executed_at: String::new(),
                before: None,
            };
            evidence.seed(&keys::executed("cg-root"), serde_json::to_vec(&executed).unwrap());
        }
        evidence
    }

    /// Whoever changed the gate after the sources were written, and left it changed, is an author.
    fn assert_authors_of_gate(&self, name: &str, range: &CommitRange, sources: &str) {
        let github = &self.place.github;
        let head = github.head();
        // While the catalogue is wrong, the stack keeps the gate that it had.
        let gate_at = |sha: &str| gate_of(&github.files_of(sha), name, &self.place).flatten();
        if self.is_blurred || gate_at(sources).is_none() || gate_at(sources) == gate_at(&head) {
            return;
        }
        let listed: BTreeSet<&str> = range.commits.iter().map(|commit| commit.sha.as_str()).collect();
        for sha in self.log("changegate.yaml", &head, Some(sources)) {
            let parents = github.parents_of(&sha);
            let is_other =
                |parent: &String| gate_at(parent).is_some_and(|gate| gate_at(&sha).is_some_and(|now| now != gate));
            if !parents.is_empty() && parents.iter().all(is_other) {
                assert!(
                    listed.contains(sha.as_str()),
                    "{name}: {sha} changed the gate after {sources}\n{}",
                    self.told(name, "changegate.yaml", None)
                );
            }
        }
    }

    /// What is known of a stack and a file, for whoever reads why a story failed.
    fn told(&self, name: &str, path: &str, last: Option<&Last>) -> String {
        let github = &self.place.github;
        let mut records = self.place.records();
        records.sort_by_key(|record| record.trace.as_ref().map(|trace| trace.sequence));
        let mut told = vec![format!(
            "executed: {:?}",
            last.map(|last| (&last.head, &last.executed.commit, last.executed.sequence))
        )];
        for record in records {
            let Some(trace) = &record.trace else { continue };
            told.push(format!(
                "{}: complete {}, all {} after {:?}, {:?}, {:?}",
                trace.sequence,
                record.complete,
                trace.all,
                trace.all_before,
                trace.stacks.get(name),
                trace.files.get(path)
            ));
            for commit in &record.commits {
                let content = github
                    .files_of(&commit.sha)
                    .get(path)
                    .map(|(_, content)| git::blob_id(content));
                told.push(format!(
                    "   {} {:?} {content:?}",
                    commit.sha,
                    github.parents_of(&commit.sha)
                ));
            }
        }
        told.join("\n")
    }

    fn assert_authors(&self, folder: &str, name: &str, range: &CommitRange, last: Option<&Last>, head: &str) {
        let github = &self.place.github;
        let listed: BTreeSet<&str> = range.commits.iter().map(|commit| commit.sha.as_str()).collect();
        let until = last.map(|last| last.head.as_str());
        if !self.is_blurred {
            assert_eq!(range.gaps, [], "{name}: everything can be told");
        } else if !range.gaps.is_empty() {
            return;
        }
        let now = inputs(&github.files_of(head), folder);
        let before = until
            .map(|until| inputs(&github.files_of(until), folder))
            .unwrap_or_default();
        let mut paths: BTreeSet<&String> = now.keys().chain(before.keys()).collect();
        let is_at = |sha: &str| gate_of(&github.files_of(sha), name, &self.place);
        let gate = is_at(head);
        if gate.is_none() {
            // While the catalogue is wrong, the stack keeps the configuration that it had.
            paths.retain(|path| !path.ends_with("/production.json"));
        }
        for path in paths.into_iter().filter(|path| now.get(*path) != before.get(*path)) {
            let until = until.filter(|_| before.contains_key(path));
            let at = |sha: &str| github.files_of(sha).get(path).cloned();
            // Where a rewritten branch begins, it holds again what an author brought before.
            let is_repeated = |sha: &str| {
                self.is_blurred
                    && github.parents_of(sha).is_empty()
                    && listed.iter().any(|listed| at(listed) == at(sha))
            };
            for sha in self.log(path, head, until).into_iter().filter(|sha| !is_repeated(sha)) {
                assert!(
                    listed.contains(sha.as_str()),
                    "{name}: {sha} changed {path}, and is none of {listed:?}\n{}",
                    self.told(name, path, last)
                );
            }
        }
        // Where the gate differed when the sources were written, whoever changed it is an author. What changes it
        // afterwards is a change to the catalogue.
        let Some(until) = until.filter(|until| gate.is_none() || gate != is_at(until)) else {
            return;
        };
        for sha in &self.log("changegate.yaml", head, Some(until)) {
            let Some(parent) = github.parents_of(sha).first().cloned() else {
                continue;
            };
            let (old, new) = (github.files_of(&parent), github.files_of(sha));
            let touches_catalogue = old.get("changegate.yaml") != new.get("changegate.yaml");
            let (was, is) = (gate_of(&old, name, &self.place), gate_of(&new, name, &self.place));
            let is_other = match (&was, &is) {
                (Some(Some(was)), Some(Some(is))) => was != is,
                (None, _) | (_, None) => true,
                _ => false,
            };
            if touches_catalogue && is_other {
                assert!(
                    listed.contains(sha.as_str()),
                    "{name}: {sha} changed its gate\n{}",
                    self.told(name, "changegate.yaml", last)
                );
            }
        }
        // A commit of its own sync that touched other stacks alone is not this stack's.
        let is_plain = !self.weather.batches && !self.weather.crashes && !self.weather.merges && !self.is_blurred;
        for commit in range.commits.iter().filter(|_| is_plain) {
            let Some(parent) = github.parents_of(&commit.sha).first().cloned() else {
                continue;
            };
            let (old, new) = (github.files_of(&parent), github.files_of(&commit.sha));
            let touched: Vec<&String> = old
                .keys()
                .chain(new.keys())
                .filter(|path| old.get(*path) != new.get(*path))
                .collect();
            let is_others = |path: &&String| {
                STACKS
                    .iter()
                    .any(|(other, _)| *other != folder && path.starts_with(&format!("{other}/")))
            };
            assert!(
                touched.is_empty() || !touched.iter().all(is_others),
                "{name}: {} touched {touched:?}",
                commit.sha
            );
        }
    }
}

async fn tell(seed: u64, weather: Weather) -> usize {
    let mut story = Story::new(seed, weather);
    let mut checked = 0;
    for _ in 0..25 {
        let batch = if weather.batches { story.random.below(3) } else { 0 };
        for _ in 0..=batch {
            story.commit();
        }
        story.sync().await;
        for stack in STACKS {
            checked += story.check(stack).await;
        }
    }
    checked
}

async fn tell_all(seeds: std::ops::Range<u64>, weather: Weather) {
    let mut checked = 0;
    for seed in seeds {
        checked += tell(seed, weather).await;
    }
    assert!(checked > 100, "{checked} runs are no test");
}

#[tokio::test(start_paused = true)]
async fn whoever_changed_what_a_stack_is_made_of_is_an_author_also_through_broken_commits() {
    tell_all(0..40, Weather::default()).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_changed_what_a_stack_is_made_of_is_an_author_through_several_pushes_and_merges() {
    let weather = Weather {
        batches: true,
        merges: true,
        ..Weather::default()
    };
    tell_all(100..140, weather).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_changed_what_a_stack_is_made_of_is_an_author_through_syncs_that_die() {
    let weather = Weather {
        batches: true,
        crashes: true,
        ..Weather::default()
    };
    tell_all(200..230, weather).await;
}

#[tokio::test(start_paused = true)]
async fn an_author_is_known_or_missed_through_rewritten_branches_and_lost_snapshots() {
    let weather = Weather {
        batches: true,
        crashes: true,
        merges: true,
        force: true,
        losses: true,
    };
    tell_all(300..330, weather).await;
}

/// Everything that a person who pushes a broken commit and one who mends it do.
#[tokio::test]
async fn who_broke_a_template_and_who_mended_it_both_made_the_change() {
    let place = Place::settled().await;
    let path = "stacks/network/template.yaml";
    let more = template("network").replace("Resources:", "Resources:\n  Planted:\n    Type: AWS::SNS::Topic");
    let mallory = place.github.push("Plant", &[(path, Some(&format!("{more}  [\n")))]);
    place.sync_push().await;
    assert_eq!(place.started().len(), 3, "nothing is started");
    let octocat = place.github.push("Mend", &[(path, Some(&more))]);
    place.sync_push().await;
    assert_eq!(place.started()[3..], ["cg-network"]);
    let broken = place.record(&mallory);
    assert_eq!(broken.stacks, ["network"]);
    let mended = place.record(&octocat);
    let trace = mended.trace.unwrap();
    assert_eq!(trace.stacks["network"].before, broken.trace.map(|trace| trace.sequence));
}

/// The sequence of what the sync wrote, however much lies between.
#[tokio::test(start_paused = true)]
async fn the_commit_of_a_run_is_the_last_one_however_many_lie_between() {
    let place = Place::settled().await;
    let (template_path, other) = ("stacks/network/template.yaml", "stacks/data/orders/template.yaml");
    let configuration = keys::zipped(&keys::configuration("production", "network"));
    let written = place.bucket.latest(&configuration).unwrap().head.version;
    let mut between = 0;
    for gap in [1, 99, 100, 101, 1_000] {
        while between < gap {
            between += 1;
            place
                .github
                .push("Between", &[(other, Some(&template(&format!("{between}"))))]);
            if between % 7 == 0 {
                let wire = &place.wire;
                wire.break_call(wire.count() + between % 11, Fault::KillAfter);
                let sync = sync_source(place.world(), &place.settings, SyncReason::Look);
                let _ = tokio::time::timeout(std::time::Duration::from_mins(10), sync).await;
                place.wire.heal();
            }
            place.sync_push().await;
        }
        let changed = place
            .github
            .push("Change", &[(template_path, Some(&template(&format!("now {gap}"))))]);
        place.sync_push().await;
        let zip = keys::zipped(&keys::source(template_path));
        let version = place.bucket.latest(&zip).unwrap().head.version;
        let before = place.wire.count();
        let mut sources = Vec::new();
        for (key, version) in [(&zip, &version), (&configuration, &written)] {
            sources.extend(written_from(&place.bucket, key, version).await.unwrap());
        }
        assert_eq!(place.wire.count() - before, 2);
        for sources in [sources.clone(), sources.into_iter().rev().collect()] {
            assert_eq!(SourceFacts::newest(&sources).unwrap().commit, changed, "{gap} between");
        }
        assert_eq!(place.started().last().map(String::as_str), Some("cg-network"));
    }
}
