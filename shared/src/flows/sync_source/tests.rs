//! The sync against a repository, a bucket and pipelines that keep state.

mod authors;
mod crashes;
mod cut;
mod elsewhere;
mod moved;
mod ordinary;
mod parts;
mod pin;
mod planted;
mod pull_requests;
mod random;
mod refused;
mod repair;
mod requests;
mod together;

use std::collections::BTreeMap;

use super::*;
use crate::domain::archive;
use crate::domain::catalogue;
use crate::domain::gate::Floor;
use crate::domain::provenance::{Provenance, RecordId};
use crate::domain::sync::places::Places;
use crate::domain::sync::snapshot::Snapshot;
use crate::flows::fakes::{FakeBucket, FakeCodePipeline, FakeGitHub, Wire};

/// A repository, a bucket and pipelines.
struct Place {
    wire: Wire,
    github: FakeGitHub,
    bucket: FakeBucket,
    pipelines: FakeCodePipeline,
    settings: SyncSettings,
}

/// A template with one resource.
fn template(note: &str) -> String {
    format!(
        "# {note}\nParameters:\n  Size:\n    Type: Number\n    Default: 1\nResources:\n  Topic:\n    Type: AWS::SNS::Topic\n"
    )
}

impl Place {
    fn new() -> Self {
        let wire = Wire::default();
        let floor = Floor {
            minimum_approvals: 0,
            author_may_approve: true,
            deployer_prefix: "arn:aws:iam::111122223333:role/changegate/deployers/".to_owned(),
            stack_name_pattern: "*".to_owned(),
            reserved_stack_names: vec!["cg".to_owned(), "cg-pipelines".to_owned()],
            approvers: None,
        };
        Self {
            github: FakeGitHub::new(&wire),
            bucket: FakeBucket::on(&wire),
            pipelines: FakeCodePipeline::new(&wire),
            wire,
            settings: SyncSettings {
                repository: "acme/infrastructure".to_owned(),
                repository_id: None,
                branch: "main".to_owned(),
                environment: Environment {
                    name: "production".to_owned(),
                    pipeline_prefix: "cg-".to_owned(),
                    floor,
                    default_deployer: "arn:aws:iam::111122223333:role/changegate/deployers/default".to_owned(),
                },
                root_pipeline: "cg-root".to_owned(),
                destination: Destination {
                    bucket: "source".to_owned(),
                    region: "eu-west-1".to_owned(),
                },
                web_url: "https://github.example".to_owned(),
                cut_limits: CutLimits::default(),
                kept_bytes: KEPT_BYTES,
            },
        }
    }

    /// Two stacks, one with a configuration, synced, with their pipelines.
    async fn settled() -> Self {
        let place = Self::new();
        place.github.push(
            "First",
            &[
                ("stacks/network/template.yaml", Some(&template("network"))),
                ("stacks/network/production.json", Some(r#"{"Parameters": {"Size": 2}}"#)),
                ("stacks/data/orders/template.yaml", Some(&template("orders"))),
                ("README.md", Some("not synced")),
            ],
        );
        for pipeline in ["cg-network", "cg-data-orders", "cg-root"] {
            place.pipelines.with_pipeline(pipeline);
        }
        place.sync().await;
        place.bucket.take_calls();
        place
    }

    fn world(&self) -> World<'_, FakeGitHub, FakeBucket, FakeCodePipeline> {
        World {
            repository: &self.github,
            source: &self.bucket,
            pipelines: &self.pipelines,
        }
    }

    async fn try_sync(&self) -> Result<SyncReport, SyncError> {
        sync_source(self.world(), &self.settings, SyncReason::Look).await
    }

    /// The sync that a delivery for the head asks for.
    async fn sync_push(&self) -> SyncReport {
        let reason = SyncReason::Push(self.github.head());
        sync_source(self.world(), &self.settings, reason).await.unwrap()
    }

    async fn sync(&self) -> SyncReport {
        self.try_sync().await.unwrap()
    }

    async fn audit(&self) -> SyncReport {
        sync_source(self.world(), &self.settings, SyncReason::Audit)
            .await
            .unwrap()
    }

    /// A second run does nothing: one read of the snapshot, one question for the head.
    async fn assert_at_rest(&self) {
        let before = self.wire.count();
        self.bucket.take_calls();
        let report = self.sync().await;
        assert!(report.plan.is_empty(), "{}", report.plan);
        assert_eq!(self.bucket.take_calls(), ["GET snapshot.json"]);
        assert_eq!(self.wire.count() - before, 2, "{}", self.wire.log());
    }

    fn snapshot(&self) -> Snapshot {
        let mut snapshot = self.snapshot_itself();
        if let Some(cut) = &snapshot.cut {
            let folders = self.bucket.version_bytes(keys::SNAPSHOT_FOLDERS, &cut.version);
            assert!(snapshot.open_all(&folders.unwrap()));
        }
        snapshot
    }

    /// The snapshot without what it leaves out.
    fn snapshot_itself(&self) -> Snapshot {
        Snapshot::from_json(&self.bucket.bytes(keys::SNAPSHOT).unwrap()).unwrap()
    }

    fn unzipped(&self, key: &str) -> String {
        let zip = self.bucket.bytes(key).unwrap_or_else(|| panic!("nothing at {key}"));
        String::from_utf8(archive::unpack(&zip, 1_000_000).unwrap()).unwrap()
    }

    /// The last record of the commit.
    fn record(&self, commit: &str) -> Provenance {
        let records = self.records();
        records.into_iter().rfind(|record| record.commit == commit).unwrap()
    }

    /// All records, in the order of their numbers.
    fn records(&self) -> Vec<Provenance> {
        let keys = self.bucket.keys().into_iter();
        let mut sequences: Vec<u64> = keys.filter_map(|key| keys::provenance_sequence(&key)).collect();
        sequences.sort_unstable();
        let records = sequences.into_iter().map(|sequence| {
            let key = keys::provenance(&RecordId::Sequence(sequence));
            serde_json::from_slice(&self.bucket.bytes(&key).unwrap()).unwrap()
        });
        records.collect()
    }

    /// Pipelines that were started, in order, as often as they were.
    fn started(&self) -> Vec<String> {
        self.pipelines
            .started()
            .into_iter()
            .map(|start| start.pipeline)
            .collect()
    }

    /// The bucket holds the branch: every file byte for byte, nothing else raw, every sound stack's zips, and the
    /// latest run of every stack's pipeline takes the latest versions of both.
    fn assert_mirrors_branch(&self) {
        self.assert_mirrors_branch_but(|_| false);
    }

    /// The same, but what becomes of templates that `is_packaged` picks is not looked at.
    fn assert_mirrors_branch_but(&self, is_packaged: impl Fn(&str) -> bool) {
        let mut wanted: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let snapshot = self.snapshot();
        let files = self.github.files();
        let places = match files.get(catalogue::CATALOGUE_FILE) {
            Some((_, text)) => catalogue::places(text, "production").unwrap_or(snapshot.places.clone()),
            None => Places::default(),
        };
        assert_eq!(snapshot.places, places);
        for (path, (mode, content)) in files {
            if places.have(&path) && mode.starts_with("100") {
                wanted.insert(keys::source(&path), content);
            }
        }
        assert_eq!(snapshot.commit, self.github.head());
        assert_eq!(snapshot.pending, None);
        assert!(snapshot.owed.is_empty());
        let raw = self.bucket.keys().into_iter().filter(|key| {
            let is_made = key.ends_with(".zip") && !wanted.contains_key(key);
            key.starts_with("TemplateSource/") && !is_made && !key.starts_with("TemplateSource/.")
        });
        assert_eq!(raw.collect::<Vec<_>>(), wanted.keys().cloned().collect::<Vec<_>>());
        for (key, content) in &wanted {
            assert_eq!(self.bucket.bytes(key).as_ref(), Some(content), "{key}");
        }
        for (name, stack) in &snapshot.stacks {
            if !stack.problems.is_empty() {
                continue;
            }
            let template = keys::source(&stack.template);
            // One that left the branch while the catalogue is wrong is kept.
            let Some(raw) = wanted.get(&template) else {
                let is_wrong =
                    !snapshot.problems.is_empty() || snapshot.stacks.values().any(|other| other.gate.is_none());
                assert!(is_wrong, "{name} is kept without need");
                continue;
            };
            if !is_packaged(&String::from_utf8_lossy(raw)) {
                assert_eq!(self.unzipped(&keys::zipped(&template)).as_bytes(), raw, "{name}");
            }
        }
        let listing: Listing = self
            .bucket
            .keys()
            .into_iter()
            .map(|key| {
                let head = self.bucket.latest(&key).unwrap().head;
                (key, (head.etag, head.version))
            })
            .collect();
        assert!(
            snapshot.clone().doubt(&listing, "production").is_empty(),
            "the snapshot is the bucket"
        );
    }
}
