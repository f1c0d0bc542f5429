//! What the functions wrote, read again: damaged or changed bytes are refused or read, and what is read is written as
//! it was read.

use changegate::domain::archive;
use changegate::domain::catalogue::ResolvedCatalogue;
use changegate::domain::executed::Executed;
use changegate::domain::gate::Gate;
use changegate::domain::provenance::Provenance;
use changegate::domain::sync::snapshot::Snapshot;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Most bytes that the file of an archive may unpack to here.
const MOST_BYTES: u64 = 1_000_000;

pub(super) fn check(bytes: &[u8]) {
    if let Ok(content) = archive::unpack(bytes, MOST_BYTES) {
        assert!(content.len() as u64 <= MOST_BYTES);
        let packed = archive::pack("template", &content).expect("what was unpacked can be packed");
        assert_eq!(
            archive::unpack(&packed, MOST_BYTES).expect("what was packed can be unpacked"),
            content
        );
    }
    if let Some(snapshot) = Snapshot::from_json(bytes) {
        assert_eq!(Snapshot::from_json(&snapshot.to_json()), Some(snapshot));
    }
    if let Ok(catalogue) = ResolvedCatalogue::from_json(bytes) {
        let again = ResolvedCatalogue::from_json(catalogue.to_json().as_bytes());
        assert_eq!(again.expect("what was written is read"), catalogue);
    }
    if let Ok(gate) = serde_json::from_slice::<Gate>(bytes) {
        let again: Gate = serde_json::from_str(&gate.to_canonical_json()).expect("what was written is read");
        assert_eq!(again.digest(), gate.digest(), "a gate keeps its digest");
    }
    survives::<Provenance>(bytes);
    survives::<Executed>(bytes);
}

fn survives<T: Serialize + DeserializeOwned>(bytes: &[u8]) {
    if let Ok(read) = serde_json::from_slice::<T>(bytes) {
        let written = serde_json::to_vec(&read).expect("what was read can be written");
        let again: T = serde_json::from_slice(&written).expect("what was written is read");
        assert_eq!(serde_json::to_vec(&again).expect("it can be written again"), written);
    }
}
