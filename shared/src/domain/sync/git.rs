//! Git's names of things: a blob or tree is named by the SHA-1 of its bytes with a header.
//!
//! Source: <https://git-scm.com/book/en/v2/Git-Internals-Git-Objects>

use sha1::{Digest as _, Sha1};

/// Id of the blob with this content: 40 lower-case hexadecimal digits.
pub fn blob_id(content: &[u8]) -> String {
    object_id("blob", content)
}

/// Id of the tree with these entries, in any order: mode such as `100644` or `40000`, name, id.
///
/// `None` when an id is not 40 hexadecimal digits.
pub fn tree_id<'a>(entries: impl IntoIterator<Item = (&'a str, &'a str, &'a str)>) -> Option<String> {
    let mut entries: Vec<_> = entries.into_iter().collect();
    // Git sorts directories as if their names ended in a slash.
    entries.sort_by_cached_key(|(mode, name, _)| {
        let mut key = name.as_bytes().to_vec();
        if is_directory(mode) {
            key.push(b'/');
        }
        key
    });
    let mut content = Vec::with_capacity(entries.len() * 48);
    for (mode, name, id) in entries {
        content.extend_from_slice(mode.trim_start_matches('0').as_bytes());
        content.push(b' ');
        content.extend_from_slice(name.as_bytes());
        content.push(0);
        let mut bytes = [0; 20];
        hex::decode_to_slice(id, &mut bytes).ok()?;
        content.extend_from_slice(&bytes);
    }
    Some(object_id("tree", &content))
}

fn is_directory(mode: &str) -> bool {
    mode.trim_start_matches('0') == "40000"
}

fn object_id(kind: &str, content: &[u8]) -> String {
    let mut hash = Sha1::new();
    hash.update(format!("{kind} {}\0", content.len()));
    hash.update(content);
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_are_named_as_git_names_them() {
        assert_eq!(blob_id(b""), "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391");
        assert_eq!(blob_id(b"hello\n"), "ce013625030ba8dba906f756967f9e9ca394464a");
    }

    #[test]
    fn trees_are_named_as_git_names_them_in_whatever_order_they_come() {
        // `git init; echo hello > a.b; mkdir a; echo hello > a/x; git add .; git write-tree`
        let blob = blob_id(b"hello\n");
        let inner = tree_id([("100644", "x", blob.as_str())]).unwrap();
        let entries = [("040000", "a", inner.as_str()), ("100644", "a.b", blob.as_str())];
        let forwards = tree_id(entries).unwrap();
        assert_eq!(forwards, tree_id(entries.into_iter().rev()).unwrap());
        assert_eq!(forwards, EXPECTED);
    }

    const EXPECTED: &str = "ae079d5d2fecf69af67f09002152cd6cbbbd6ef8";

    #[test]
    fn an_id_that_is_none_gives_no_tree() {
        assert_eq!(tree_id([("100644", "x", "zz")]), None);
    }
}
