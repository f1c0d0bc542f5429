//! Names that depend on a stack's name alone, so that no pipeline moves because another came or went.

use crate::domain::sha256::Sha256;

/// Name of a stack's pipeline.
pub fn pipeline_name(prefix: &str, stack: &str) -> String {
    format!("{prefix}{stack}")
}

/// Logical id of a stack's pipeline: its name in Pascal case for people, and eight digits of its hash, because two
/// names can be the same in Pascal case.
pub fn logical_id(stack: &str) -> String {
    let mut id = String::new();
    for word in stack.split(|character: char| !character.is_ascii_alphanumeric()) {
        let mut characters = word.chars();
        if let Some(first) = characters.next() {
            id.push(first.to_ascii_uppercase());
            id.push_str(characters.as_str());
        }
    }
    let hash = Sha256::of(stack).to_string();
    id.push_str(hash.get(..8).unwrap_or_default());
    id
}
