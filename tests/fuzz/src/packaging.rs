//! Effective templates: a template, then lines `===`, then a snippet, a nested template and any other file. What is
//! packaged stays as it is when it is packaged again.

use std::collections::BTreeMap;
use std::rc::Rc;

use changegate::domain::keys;
use changegate::domain::packaging::{self, Destination, Packaging, Sources};
use changegate::domain::sha256::Sha256;
use changegate::domain::sync::files::{FileEntry, Files};

const NAMES: [&str; 4] = ["template.yaml", "snippet.yaml", "nested.yaml", "code/index.js"];
/// Most rounds in which further files may be asked for: each names at least one that was not read.
const MOST_ROUNDS: usize = NAMES.len() + 1;

pub(super) fn check(bytes: &[u8]) {
    let mut contents: BTreeMap<String, Vec<u8>> = NAMES
        .iter()
        .zip(super::files(bytes))
        .map(|(name, text)| (format!("stacks/app/{name}"), text.into_bytes()))
        .collect();
    let Some(packaged) = effective(&contents) else {
        return;
    };
    for key in packaged.packages.keys() {
        assert!(
            key.starts_with(keys::PACKAGES),
            "a package stands where packages stand: {key}"
        );
    }
    // Nobody but the packager may name a package.
    let once = String::from_utf8(packaged.template).expect("a template is a text");
    let once = once.replace(keys::PACKAGES, "elsewhere/");
    contents.insert("stacks/app/template.yaml".to_owned(), once.clone().into_bytes());
    let again = effective(&contents).expect("an effective template can be packaged");
    assert_eq!(
        again.template,
        once.into_bytes(),
        "an effective template is packaged to itself"
    );
}

fn effective(contents: &BTreeMap<String, Vec<u8>>) -> Option<packaging::Packaged> {
    let entry = |content: &Vec<u8>| FileEntry {
        mode: "100644".to_owned(),
        id: Sha256::of(content).to_string(),
    };
    let files: Files = contents
        .iter()
        .map(|(path, content)| (path.clone(), entry(content)))
        .collect();
    let destination = Destination {
        bucket: "source".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let mut read = BTreeMap::new();
    let mut needed = vec!["stacks/app/template.yaml".to_owned()];
    for _ in 0..=MOST_ROUNDS {
        for path in needed {
            let content = contents
                .get(&path)
                .unwrap_or_else(|| panic!("only a file that is there is asked for: {path}"));
            assert!(
                read.insert(path.clone(), Rc::new(content.clone())).is_none(),
                "{path} is asked for once"
            );
        }
        let sources = Sources {
            files: &files,
            contents: &read,
        };
        match packaging::package("stacks/app/template.yaml", sources, &destination) {
            Packaging::Needs(paths) => needed = paths,
            Packaging::Done(packaged) => return Some(packaged),
            Packaging::Refused(problems) => {
                assert!(!problems.is_empty(), "a refusal says why");
                for problem in &problems {
                    super::told(problem);
                }
                return None;
            }
        }
    }
    panic!("the files that are needed are named after a few rounds");
}
