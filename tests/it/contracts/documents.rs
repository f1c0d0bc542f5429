//! The texts of the repository.

use std::path::Path;

use super::{files, read, refuse, root};

/// Endings of files that people wrote.
const WRITTEN: [&str; 9] = [".md", ".rs", ".toml", ".yaml", ".yml", ".json", ".py", ".sh", ".ci/run"];

/// The targets of the links in a Markdown text, outside of code.
fn links(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        in_block ^= line.trim_start().starts_with("```");
        if in_block {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("");
        for rest in prose.split("](").skip(1) {
            found.extend(rest.split(')').next().map(str::to_owned));
        }
    }
    found
}

/// The anchor that GitHub makes of a heading.
fn anchors(text: &str) -> Vec<String> {
    let headings = text
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .map(|line| line.trim_start_matches('#').trim());
    headings
        .map(|heading| {
            let kept = heading
                .chars()
                .filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        })
        .collect()
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut problems = Vec::new();
    let documents = files("", &[".md"]);
    assert!(documents.len() > 5, "the documents are not found any more");
    for path in documents {
        let text = read(&path);
        for link in links(&text)
            .into_iter()
            .filter(|link| !link.contains("://") && !link.starts_with("mailto:"))
        {
            let (file, anchor) = link.split_once('#').unwrap_or((link.as_str(), ""));
            let target = Path::new(&path).parent().unwrap_or(Path::new("")).join(file);
            let there = file.is_empty() || root().join(&target).exists();
            if !there {
                problems.push(format!("{path}: {link}"));
            } else if !anchor.is_empty()
                && (file.is_empty() || Path::new(file).extension().is_some_and(|ending| ending == "md"))
            {
                let linked = if file.is_empty() {
                    text.clone()
                } else {
                    read(target.to_str().unwrap_or_default())
                };
                if !anchors(&linked).iter().any(|known| known == anchor) {
                    problems.push(format!("{path}: {link} names no heading"));
                }
            }
        }
    }
    refuse("links that lead nowhere", &problems);
}

#[test]
fn links_in_code_are_not_taken_for_links() {
    assert_eq!(
        links("[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n[g](#h)"),
        ["b.md", "#h"]
    );
}

/// Whether a line has this word; a path from the root only where it begins, not inside of another path.
fn holds(line: &str, word: &str) -> bool {
    let goes_on = |before: &str| before.ends_with(|last: char| last.is_alphanumeric() || "_-.})>*".contains(last));
    line.match_indices(word)
        .any(|(at, _)| !word.starts_with('/') || !goes_on(&line[..at]))
}

#[test]
fn a_folder_inside_of_a_path_is_no_path_of_a_machine() {
    let folder = ["", "root", ""].join("/");
    for begins in ["", "cd ", "\"", "`", "(", "=", "file://"] {
        assert!(holds(&format!("{begins}{folder}x"), &folder), "{begins}");
    }
    assert!(!holds("stacks/root/template.yaml, ./root/x and {name}/root/x", &folder));
}

#[test]
fn the_project_speaks_of_itself_alone() {
    // Put together here, so that this file does not hold what it looks for.
    let machine = ["work", "root", "home"].map(|folder| format!("/{folder}/"));
    let unfinished = ["TO", "FIX"].map(|word| word.to_owned() + if word == "TO" { "DO" } else { "ME" });
    let mut problems = Vec::new();
    for path in files("", &WRITTEN) {
        let text = read(&path);
        for word in machine.iter().chain(&unfinished) {
            if let Some(line) = text.lines().position(|line| holds(line, word)) {
                problems.push(format!("{path}:{}: {word}", line + 1));
            }
        }
    }
    refuse("paths of one machine and unfinished work have no place here", &problems);
}

#[test]
fn no_test_is_switched_off() {
    let ignore = format!("#[{}", "ignore");
    let off: Vec<String> = files("", &[".rs"])
        .into_iter()
        .filter(|path| read(path).contains(&ignore))
        .collect();
    refuse("a test that does not run proves nothing", &off);
}

#[test]
fn source_files_stay_short_enough_to_read() {
    let long: Vec<String> = files("", &[".rs"])
        .into_iter()
        .filter(|path| !path.contains("tests") && !path.contains("fakes"))
        .filter_map(|path| {
            let text = read(&path);
            let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            let lines = code.lines().count();
            (lines > 400).then(|| format!("{path}: {lines} lines"))
        })
        .collect();
    refuse("a module is split at 400 lines", &long);
}
