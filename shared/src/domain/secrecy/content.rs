//! Texts that look random and only say which content is meant: versions, hashes, commits, tags of images.

/// Ends of names, compared without case and without `_`, `-`, `.`, whose values say which content is meant. Only hashes
/// are exempted there.
const HASH_NAMES: [&str; 18] = [
    "commit",
    "commitid",
    "gitref",
    "sha",
    "sha1",
    "sha256",
    "revision",
    "version",
    "digest",
    "hash",
    "checksum",
    "tag",
    "build",
    "buildid",
    "release",
    "image",
    "imageuri",
    "fingerprint",
];

/// Names of properties whose values AWS makes up in forms of its own: versions of objects, hashes of code, keys of
/// uploaded content, public keys.
const ID_NAMES: [&str; 18] = [
    "S3ObjectVersion",
    "ObjectVersion",
    "VersionId",
    "CodeSha256",
    "SourceCodeHash",
    "ImageDigest",
    "ETag",
    "Thumbprint",
    "ThumbprintList",
    "Fingerprint",
    "PublicKey",
    "PublicKeyMaterial",
    "S3Key",
    "CodeUri",
    "ContentUri",
    "TemplateURL",
    "ObjectKey",
    "CodeVersion",
];

/// Words before a hash in a text that say which content it names.
const HASH_WORDS: [&str; 16] = [
    "commit", "commits", "sha", "sha1", "sha256", "sha512", "md5", "revision", "rev", "digest", "hash", "etag",
    "version", "checksum", "tree", "blob",
];

/// What a name says about the texts that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Names {
    /// Nothing.
    Anything,
    /// Hashes in it say which content is meant.
    Hashes,
    /// Ids in it do, whatever form they have.
    Ids,
}

impl Names {
    pub(super) fn of(name: Option<&str>) -> Self {
        let Some(name) = name.filter(|name| name.len() <= 120) else {
            return Self::Anything;
        };
        if ID_NAMES.contains(&name) {
            return Self::Ids;
        }
        let plain: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .flat_map(char::to_lowercase)
            .collect();
        if HASH_NAMES.iter().any(|end| plain.ends_with(end)) {
            Self::Hashes
        } else {
            Self::Anything
        }
    }

    /// Whether a token that looks random only says which content is meant.
    pub(super) fn exempts(self, token: &str) -> bool {
        match self {
            Self::Anything => false,
            Self::Hashes => is_hash(token),
            Self::Ids => true,
        }
    }
}

/// Hexadecimal digits as many as the hashes of MD5, SHA-1, SHA-256, SHA-384 and SHA-512 have, in one case.
pub(super) fn is_hash(token: &str) -> bool {
    matches!(token.len(), 32 | 40 | 64 | 96 | 128) && is_hex(token)
}

/// Hexadecimal digits in one case.
pub(super) fn is_hex(token: &str) -> bool {
    let of = |is: fn(u8) -> bool| !token.is_empty() && token.bytes().all(is);
    of(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) || of(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

/// Whether what stands before a hash says that it names content: `commit `, `sha256:`, `repository/app:`, `checkout@`.
pub(super) fn introduces_hash(before: &str) -> bool {
    if before.ends_with("(Truncated-Signature):") {
        return true;
    }
    let last = before.trim_end_matches([' ', ':', '=', '@', '/', '`', '"', '\'']);
    let gap = &before[last.len()..];
    if gap.is_empty() || gap.len() > 3 {
        return false;
    }
    let start = last
        .rfind(|character: char| !character.is_ascii_alphanumeric())
        .map_or(0, |at| at + last[at..].chars().next().map_or(1, char::len_utf8));
    let word = &last[start..];
    if HASH_WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)) {
        return true;
    }
    // `registry.example.com/app:<tag>` and `owner/action@<commit>`.
    let name = last
        .rfind(|character: char| character.is_whitespace() || matches!(character, '"' | '\'' | '=' | ',' | '(' | '['))
        .map_or(last, |at| &last[at..]);
    matches!(gap, ":" | "@")
        && name
            .trim_start_matches(|character: char| !character.is_ascii_alphanumeric())
            .contains('/')
}

/// Whether a text names an image of a container: a repository, and perhaps a tag and a digest.
///
/// Source: <https://github.com/distribution/reference/blob/main/reference.go>
pub fn is_image(text: &str) -> bool {
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    if digest.is_some_and(|digest| {
        digest
            .strip_prefix("sha256:")
            .is_none_or(|hash| hash.len() != 64 || !is_hex(hash))
    }) {
        return false;
    }
    let path = name.rfind('/').map_or(0, |at| at + 1);
    let (repository, tag) = match name[path..].split_once(':') {
        Some((last, tag)) => (&name[..path + last.len()], Some(tag)),
        None => (name, None),
    };
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !repository.is_empty()
        && repository
            .bytes()
            .all(|byte| is_name(byte) || matches!(byte, b'/' | b':'))
        && tag.is_none_or(|tag| (1..=128).contains(&tag.len()) && tag.bytes().all(is_name))
}
