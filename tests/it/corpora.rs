//! The corpora of the fuzz targets, and small changes of them, through the same functions as under libFuzzer.

use std::fs;
use std::path::PathBuf;

use changegate_fuzz::{TARGETS, run};

use crate::contracts::{files, root};

/// How many changed inputs are tried for each file of a corpus.
const CHANGES: usize = 40;
/// Texts that parsers and renderers tend to trip over.
const DICTIONARY: [&str; 24] = [
    "\u{feff}",
    "\u{202e}",
    "\0",
    "\r",
    "\n",
    "\t",
    "\u{a0}",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "&a ",
    "*a",
    "<<: ",
    "!Sub ",
    "${",
    "Fn::Transform",
    "TemplateURL",
    "9999999999999999999999",
    "\u{1F469}\u{200D}\u{1F680}",
];

fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = root().join("tests/fuzz/libfuzzer/corpus").join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.display().to_string(), bytes)
        })
        .collect()
}

/// One change of an input: a part is taken out, doubled, moved, or something of the dictionary is put in.
fn changed(bytes: &[u8], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut changed = bytes.to_vec();
    for _ in 0..random.usize(1..4) {
        let from = random.usize(..=changed.len());
        let to = (from + random.usize(..32)).min(changed.len());
        match random.u8(..4) {
            0 => drop(changed.drain(from..to)),
            1 => {
                let part = changed[from..to].to_vec();
                let at = random.usize(..=changed.len());
                changed.splice(at..at, part);
            }
            2 => {
                let word = random.choice(DICTIONARY).unwrap_or_default();
                changed.splice(from..from, word.bytes());
            }
            _ => changed[from..to]
                .iter_mut()
                .for_each(|byte| *byte ^= 1 << random.u8(..8)),
        }
    }
    changed
}

/// Runs an input, and says which one it was when it fails.
fn tried(target: &str, name: &str, bytes: &[u8]) {
    let held = std::panic::catch_unwind(|| run(target, bytes)).is_ok();
    assert!(held, "{name} broke the target {target} with\n{}", bytes.escape_ascii());
}

#[test]
fn every_input_of_the_corpora_keeps_what_its_target_promises() {
    for (target, _) in TARGETS {
        let corpus = corpus(target);
        assert!(!corpus.is_empty(), "the target {target} has a corpus");
        for (name, bytes) in corpus {
            tried(target, &name, &bytes);
        }
    }
}

#[test]
fn small_changes_of_the_corpora_keep_what_their_targets_promise() {
    for (target, _) in TARGETS {
        for (name, bytes) in corpus(target) {
            // The same changes in each run, and others for each file.
            let mut random = fastrand::Rng::with_seed(bytes.iter().map(|byte| u64::from(*byte)).sum());
            for _ in 0..CHANGES {
                tried(target, &format!("a change of {name}"), &changed(&bytes, &mut random));
            }
        }
    }
}

#[test]
fn every_target_is_a_binary_for_libfuzzer() {
    let binaries: Vec<_> = files("tests/fuzz/libfuzzer/targets", &[".rs"])
        .iter()
        .filter_map(|path| Some(path.rsplit('/').next()?.strip_suffix(".rs")?.to_owned()))
        .collect();
    assert_eq!(binaries, TARGETS.map(|(name, _)| name.to_owned()));
    let manifest = crate::contracts::read("tests/fuzz/libfuzzer/Cargo.toml");
    for name in binaries {
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "tests/fuzz/libfuzzer/Cargo.toml has a binary {name}"
        );
    }
}
