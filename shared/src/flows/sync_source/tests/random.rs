//! Random commits, with the sync killed, broken and doubled at random calls: at the end the bucket is the branch, and
//! every pipeline was started once for each effective change, never twice, never with what is gone.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::domain::sync::snapshot::StoredStack;
use crate::flows::fakes::Fault;

/// A generator of numbers that look random and are the same for the same seed.
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() >> 16).unwrap() % bound
    }

    pub(super) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(super) fn one_of<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

/// Folder and name of every stack that there may be; the last has no pipeline.
pub(super) const STACKS: [(&str, &str); 4] = [
    ("stacks/network", "network"),
    ("stacks/data/orders", "data-orders"),
    ("stacks/web", "web"),
    ("stacks/young", "young"),
];
const WITH_PIPELINE: [&str; 4] = ["cg-network", "cg-data-orders", "cg-web", "cg-root"];
const SNIPPETS: [&str; 2] = ["stacks/shared/a.yaml", "stacks/shared/b.yaml"];
const CONFIGURATIONS: [&str; 5] = [
    r#"{"Parameters": {"Size": 1}}"#,
    r#"{"Parameters": {"Size": "1"}}"#,
    r#"{"Parameters": {"Size": 007}}"#,
    r#"{"Parameters": {"Nobody": 1}}"#,
    "{}",
];
const CATALOGUES: [&str; 4] = [
    "version: 1\ndefaults:\n  approvals: 1\n",
    "version: 1\ndefaults:\n  approvals: 2\n",
    "version: 1\nstacks:\n  web:\n    approvals: 2\n",
    "version: 1\ndefaults: [\n",
];
const OTHERS: [&str; 5] = [
    "README.md",
    "services/web/main.rs",
    "policies/web.json",
    "stacks/web/größe +%41.txt",
    "stacks/.hidden/x",
];

pub(super) type Branch = BTreeMap<String, (String, Vec<u8>)>;

/// An ordinary file.
pub(super) fn file(text: &str) -> (String, Vec<u8>) {
    ("100644".to_owned(), text.as_bytes().to_vec())
}

/// One random edit of the branch.
pub(super) fn edit(random: &mut Random, files: &mut Branch, earlier: &[Branch]) {
    let (folder, _) = STACKS[random.below(STACKS.len())];
    let template_path = format!("{folder}/template.yaml");
    let note = format!("{folder} {}", random.below(3));
    match random.below(14) {
        0..=3 => {
            files.insert(template_path, file(&template(&note)));
        }
        4 => {
            let depth = "../".repeat(folder.matches('/').count());
            let snippet = &random.one_of(&SNIPPETS)["stacks/".len()..];
            let text = format!(
                "# {note}\nParameters:\n  Size: {{Type: Number, Default: 1}}\nResources:\n  A:\n    Fn::Transform: {{Name: AWS::Include, \
                 Parameters: {{Location: {depth}{snippet}}}}}\n"
            );
            files.insert(template_path, file(&text));
        }
        5 => {
            files.insert(template_path, file("Resources: [\n"));
        }
        6 => {
            files.insert(
                format!("{folder}/production.json"),
                file(random.one_of(&CONFIGURATIONS)),
            );
        }
        7 => {
            files.remove(&format!("{folder}/production.json"));
        }
        8 => {
            files.remove(&template_path);
        }
        9 => {
            let text = format!("Type: AWS::SNS::Topic\n# {}\n", random.below(3));
            files.insert(random.one_of(&SNIPPETS).to_owned(), file(&text));
        }
        10 => {
            files.remove(random.one_of(&SNIPPETS));
        }
        11 => {
            let path = random.one_of(&OTHERS);
            if random.percent(30) {
                files.remove(path);
            } else {
                files.insert(path.to_owned(), file(&random.below(3).to_string()));
            }
        }
        12 => {
            if random.percent(30) {
                files.remove("changegate.yaml");
            } else {
                files.insert("changegate.yaml".to_owned(), file(random.one_of(&CATALOGUES)));
            }
        }
        _ => {
            if let Some(before) = earlier.get(random.below(earlier.len().max(1))) {
                files.clone_from(before);
            }
        }
    }
}

/// A repository, a bucket and pipelines, and what was seen of them.
struct Story {
    place: Place,
    random: Random,
    earlier: Vec<Branch>,
}

/// What a pipeline reads: the contents of its zips.
type Sources = Vec<Option<String>>;

impl Story {
    fn new(seed: u64) -> Self {
        let mut place = Place::new();
        // Every other story is told with a snapshot that is cut up as far as it can be.
        if seed % 2 == 1 {
            place.settings.cut_limits = CutLimits {
                whole: 0,
                folder: 2,
                added: 3,
            };
        }
        // And every third one without room for what is made.
        if seed.is_multiple_of(3) {
            place.settings.kept_bytes = 0;
        }
        for pipeline in WITH_PIPELINE {
            place.pipelines.with_pipeline(pipeline);
        }
        Self {
            place,
            random: Random::new(seed),
            earlier: Vec::new(),
        }
    }

    fn commit(&mut self) {
        if self.random.percent(8) && !self.earlier.is_empty() {
            let back = self.place.github.files();
            let sha = self.place.github.commit("Rewritten", back, &[]);
            self.place.github.move_to(&sha, "force_push", "mallory");
        }
        let mut files = self.place.github.files();
        for _ in 0..=self.random.below(3) {
            edit(&mut self.random, &mut files, &self.earlier);
        }
        self.place.github.push_files("Commit", files.clone());
        self.earlier.push(files);
    }

    /// One or two syncs at once, with whatever goes wrong.
    async fn disturbed(&mut self) {
        let random = &mut self.random;
        let wire = &self.place.wire;
        wire.interleave(random.next());
        let faults = [
            Fault::KillBefore,
            Fault::KillAfter,
            Fault::LostAnswer,
            Fault::Outage,
            Fault::Throttle,
        ];
        for _ in 0..random.below(3) {
            let fault = faults[random.below(faults.len())];
            wire.break_call(wire.count() + random.below(40), fault);
        }
        let (first, second) = (self.reason(), self.reason());
        let is_doubled = self.random.percent(40);
        let sync = |reason| sync_source(self.place.world(), &self.place.settings, reason);
        let both = async {
            if is_doubled {
                let _ = tokio::join!(sync(first), sync(second));
            } else {
                let _ = sync(first).await;
            }
        };
        // A killed sync never comes back; the clock only moves when nothing else does.
        let _ = Box::pin(tokio::time::timeout(Duration::from_mins(1), both)).await;
        self.place.wire.heal();
    }

    fn reason(&mut self) -> SyncReason {
        match self.random.below(10) {
            0 => SyncReason::Audit,
            1..=4 => SyncReason::Look,
            _ => SyncReason::Push(self.place.github.head()),
        }
    }

    async fn settle(&self) {
        for _ in 0..10 {
            if self.place.sync().await.owed.is_none() {
                return;
            }
        }
        panic!("the sync does not come to rest:\n{}", self.place.wire.log());
    }

    /// What each pipeline reads.
    fn sources(&self) -> BTreeMap<String, Sources> {
        let text = |key: String| {
            let zip = self.place.bucket.bytes(&key)?;
            Some(String::from_utf8(archive::unpack(&zip, 1_000_000).unwrap()).unwrap())
        };
        let stacks = STACKS.iter().map(|(folder, name)| {
            let template = text(keys::zipped(&keys::source(&format!("{folder}/template.yaml"))));
            let configuration = text(keys::zipped(&keys::configuration("production", name)));
            (format!("cg-{name}"), vec![template, configuration])
        });
        let root = text(keys::zipped(&keys::catalogue("production")));
        stacks.chain([("cg-root".to_owned(), vec![root])]).collect()
    }

    /// Every sound stack's pipeline reads what the branch says, by a second way to work it out.
    fn assert_effective(&self) {
        let files = self.place.github.files();
        let snapshot = self.place.snapshot();
        for (folder, name) in STACKS {
            let is_sound = |stack: &&StoredStack| stack.problems.is_empty() && files.contains_key(&stack.template);
            let Some(stack) = snapshot.stacks.get(name).filter(is_sound) else {
                continue;
            };
            let raw = String::from_utf8(files[&stack.template].1.clone()).unwrap();
            assert!(!raw.contains("[\n"), "a broken template is no sound stack");
            let mut wanted = raw.clone();
            for snippet in SNIPPETS {
                let depth = "../".repeat(folder.matches('/').count());
                let path = format!("{depth}{}", &snippet["stacks/".len()..]);
                if raw.contains(&path) {
                    let package = keys::package(Sha256::of(&files[snippet].1), "yaml");
                    assert!(self.place.bucket.bytes(&package).is_some());
                    wanted = wanted.replace(&path, &format!("s3://source/{package}"));
                }
            }
            assert_eq!(
                self.place.unzipped(&keys::zipped(&keys::source(&stack.template))),
                wanted
            );
        }
    }

    /// No two runs of a pipeline take the same versions, and the newest takes the latest.
    fn assert_starts(&self) {
        let mut seen = BTreeSet::new();
        let mut newest = BTreeMap::new();
        for start in self.place.pipelines.started() {
            assert!(
                seen.insert((start.pipeline.clone(), start.source_versions.clone())),
                "{} was started twice with the same versions:\n{}",
                start.pipeline,
                self.place.wire.log()
            );
            newest.insert(start.pipeline, start.source_versions);
        }
        let snapshot = self.place.snapshot();
        for (name, stack) in snapshot.stacks.iter().filter(|(_, stack)| stack.problems.is_empty()) {
            let Some(versions) = newest.get(&format!("cg-{name}")) else {
                assert_eq!(name, "young", "a pipeline that is there was started");
                continue;
            };
            let version = |key: &str| self.place.bucket.latest(&keys::zipped(key)).unwrap().head.version;
            assert_eq!(versions["Template"], version(&keys::source(&stack.template)), "{name}");
            assert_eq!(
                versions["Configuration"],
                version(&keys::configuration("production", name)),
                "{name}"
            );
        }
    }
}

async fn tell(seed: u64, commits: usize) {
    let mut story = Story::new(seed);
    let mut withheld = BTreeSet::new();
    for number in 0..commits {
        let before = story.sources();
        let started = story.place.started().len();
        let batch = if story.random.percent(25) { 3 } else { 1 };
        for _ in 0..batch {
            story.commit();
            for _ in 0..story.random.below(3) {
                Box::pin(story.disturbed()).await;
            }
        }
        story.settle().await;
        let after = story.sources();
        let snapshot = story.place.snapshot();
        let starts = story.place.started().split_off(started);
        for pipeline in WITH_PIPELINE {
            let count = starts.iter().filter(|started| *started == pipeline).count();
            let is_changed = before[pipeline] != after[pipeline];
            // What a sync wrote that died is not started while a later commit broke or removed the stack, but when it is
            // mended.
            let stack = snapshot.stacks.get(pipeline.trim_start_matches("cg-"));
            let is_sound = pipeline == "cg-root" || stack.is_some_and(|stack| stack.problems.is_empty());
            let told = format!("seed {seed}, commit {number}: {pipeline}\n{}", story.place.wire.log());
            if withheld.contains(pipeline) {
                assert!(count <= batch, "{count}: {told}");
            } else if batch == 1 {
                assert_eq!(count, usize::from(is_changed), "{told}");
            } else {
                assert!(
                    count >= usize::from(is_changed && is_sound) && count <= batch + 1,
                    "{count}: {told}"
                );
            }
            if is_sound {
                withheld.remove(pipeline);
            } else if is_changed && count == 0 {
                withheld.insert(pipeline);
            }
        }
        story
            .place
            .assert_mirrors_branch_but(|template| template.contains("AWS::Include"));
        story.assert_effective();
        story.assert_starts();
        story.place.assert_at_rest().await;
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_the_bucket_becomes_the_branch_and_every_change_is_one_run() {
    for seed in 0..30 {
        Box::pin(tell(seed, 30)).await;
    }
}
