//! Tells random texts, such as keys, from names that people or AWS gave.

use std::ops::Range;

use super::content::is_hash;

/// Shortest token that is looked at.
const SHORTEST: usize = 20;
/// Length of AWS's secret access keys.
const SECRET_ACCESS_KEY: usize = 40;

/// The parts of a token that look random: long, of mixed classes, many different characters, and no words in them.
///
/// Identifiers that AWS gives out (`subnet-…`, UUIDs) and content hashes in names of files are not. What is recognised
/// as one is left out, and nothing else: what stands around it is judged by itself.
pub(super) fn random_parts(token: &str) -> Vec<Range<usize>> {
    if token.len() < SHORTEST || !token.is_ascii() {
        return Vec::new();
    }
    // An address is judged segment by segment: that words surround a random one does not make it less so.
    if token.starts_with("//") {
        return segments(token, 0)
            .filter(|part| is_random(&token[part.clone()]))
            .collect();
    }
    let mut parts = Vec::new();
    let mut from = 0;
    for known in recognised(token) {
        // The slash before and after what is recognised belongs to neither side.
        let end = known.start - usize::from(token[from..known.start].ends_with('/'));
        add_random(token, from..end, &mut parts);
        from = known.end + usize::from(token[known.end..].starts_with('/'));
    }
    add_random(token, from.min(token.len())..token.len(), &mut parts);
    parts
}

fn add_random(token: &str, part: Range<usize>, parts: &mut Vec<Range<usize>>) {
    if part.len() >= SHORTEST && is_random(&token[part.clone()]) {
        parts.push(part);
    }
}

/// The segments of a path from `from` on.
fn segments(token: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    let mut start = from;
    token[from..].split('/').flat_map(move |segment| {
        let own = start..start + segment.len();
        start = own.end + 1;
        let mut parts = Vec::new();
        let mut at = own.start;
        for known in recognised(segment) {
            parts.push(at..own.start + known.start);
            at = own.start + known.end;
        }
        parts.push(at..own.end);
        parts
    })
}

/// Whether one part, in which nothing is recognised, looks random.
fn is_random(token: &str) -> bool {
    let token = token.trim_matches(|character: char| matches!(character, '.' | '-' | '_' | '*' | '!'));
    if token.len() < SHORTEST || !can_be_random(token) {
        return false;
    }
    if is_secret_access_key(token) || is_random_with_dashes(token) {
        return true;
    }
    // Paths, host names and hyphenated names are judged part by part.
    token
        .split(['/', '-', '.', '_', '$', '%', '*', '~', '^', '!'])
        .any(|part| part.len() >= SHORTEST && part_is_random(part))
        || (!token.contains(['-', '.']) && token.matches('/').count() <= token.len() / 16 && part_is_random(token))
}

/// The ids and hashes in a token, from left to right.
fn recognised(token: &str) -> Vec<Range<usize>> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let bytes = token.as_bytes();
    let mut found = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        if !is_word(bytes[start]) {
            start += 1;
            continue;
        }
        let end = bytes[start..]
            .iter()
            .position(|byte| !is_word(*byte))
            .map_or(bytes.len(), |length| start + length);
        let word = &token[start..end];
        let is_file = bytes.get(end) == Some(&b'.');
        let is_in_folder = start > 0 && bytes[start - 1] == b'/';
        if let Some(from) = uuid(word) {
            found.push(start + from..end);
        } else if is_resource_id(word) {
            found.push(start..end);
        } else if let Some(length) = asset(word) {
            found.push(start..start + length);
        } else if is_hash(word) && (is_file || (is_in_folder && word.len() > 32)) {
            found.push(start..end);
        }
        start = end;
    }
    found
}

/// Whether a text is a random token as a whole, as far as that can be told.
#[cfg(test)]
pub(super) fn looks_random(token: &str) -> bool {
    !random_parts(token).is_empty()
}

/// One look that tells names and paths, which nearly all tokens are, from what has to be taken apart: no part of them is
/// long.
fn can_be_random(token: &str) -> bool {
    let (mut longest, mut run) = (0, 0);
    let (mut upper, mut lower, mut digits, mut slashes) = (false, false, false, 0);
    let (mut is_dashed, mut is_one_word) = (true, true);
    for byte in token.bytes() {
        run += 1;
        match byte {
            b'A'..=b'Z' => upper = true,
            b'a'..=b'z' => lower = true,
            b'0'..=b'9' => digits = true,
            b'-' | b'_' => run = 0,
            b'/' | b'.' | b'$' | b'%' | b'*' | b'~' | b'^' | b'!' => {
                run = 0;
                is_dashed = false;
            }
            _ => is_dashed = false,
        }
        is_one_word &= !matches!(byte, b'-' | b'.');
        slashes += usize::from(byte == b'/');
        longest = longest.max(run);
    }
    longest >= SHORTEST
        || token.len() == SECRET_ACCESS_KEY
        || (is_dashed && upper && lower && digits)
        || (is_one_word && slashes <= token.len() / 16)
}

fn part_is_random(part: &str) -> bool {
    let part = without_hash(part);
    if part.len() < SHORTEST {
        return false;
    }
    let is_hex = part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let digits = part.bytes().filter(u8::is_ascii_digit).count();
    if digits == part.len() {
        return false;
    }
    if is_hex {
        return part.len() >= 32 && digits > 0 && entropy(part) > 3.0;
    }
    let has_upper = part.bytes().any(|byte| byte.is_ascii_uppercase());
    let has_lower = part.bytes().any(|byte| byte.is_ascii_lowercase());
    if !(has_upper && has_lower) && digits == 0 {
        return false;
    }
    // `AmazonECSTaskExecutionRolePolicy2` changes class where words begin; a random text changes it everywhere.
    switches(part) * 10 >= part.len() * 3 && entropy(part) > 3.4
}

/// The part without the hash that the CDK puts at the end of a name: `EndpointRole3C3D7F82`.
fn without_hash(part: &str) -> &str {
    let Some(at) = part.len().checked_sub(8) else {
        return part;
    };
    let Some((stem, hash)) = part.split_at_checked(at) else {
        return part;
    };
    let is_hash = hash
        .bytes()
        .all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte));
    let is_name =
        stem.bytes().all(|byte| byte.is_ascii_alphabetic()) && stem.ends_with(|last: char| last.is_ascii_lowercase());
    if is_hash && is_name { stem } else { part }
}

/// Base 64 for addresses: random characters with `-` and `_` among them, so that no part of it is long.
fn is_random_with_dashes(token: &str) -> bool {
    let class = |part: &str, is: fn(&u8) -> bool| part.bytes().any(|byte| is(&byte));
    let has = |is: fn(&u8) -> bool| class(token, is);
    if !(has(u8::is_ascii_uppercase) && has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase))
        || token
            .bytes()
            .any(|byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_'))
    {
        return false;
    }
    let parts: Vec<_> = token.split(['-', '_']).filter(|part| !part.is_empty()).collect();
    if parts.len() < 2 {
        return false;
    }
    // CloudFormation ends the names that it makes with twelve or thirteen random characters.
    let is_made = |part: &str| (12..=14).contains(&part.len());
    let parts = match parts.split_last() {
        Some((last, rest)) if is_made(last) => rest,
        _ => &parts[..],
    };
    let joined: String = parts.iter().map(|part| without_hash(part)).collect();
    joined.len() >= 24
        && parts
            .iter()
            .filter(|part| part.len() >= 4)
            .all(|part| switches(part) >= 1)
        && switches(&joined) * 10 >= joined.len() * 3
        && entropy(&joined) > 3.8
}

/// How often the class of characters changes, a capital before small letters not counted.
fn switches(part: &str) -> usize {
    let class = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        b'a'..=b'z' => 2,
        _ => 3,
    };
    part.as_bytes()
        .windows(2)
        .filter(|pair| {
            let (a, b) = (class(pair[0]), class(pair[1]));
            a != b && !(a == 1 && b == 2)
        })
        .count()
}

/// Bits per character (Shannon).
fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 128];
    for byte in text.bytes() {
        if let Some(count) = counts.get_mut(usize::from(byte)) {
            *count += 1;
        }
    }
    let length = f64::from(u32::try_from(text.len()).unwrap_or(u32::MAX));
    counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| {
            let share = f64::from(*count) / length;
            -share * share.log2()
        })
        .sum()
}

/// 40 characters of base 64, as AWS's secret access keys are.
fn is_secret_access_key(token: &str) -> bool {
    token.len() == SECRET_ACCESS_KEY
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/'))
        && token.bytes().any(|byte| byte.is_ascii_uppercase())
        && token.bytes().any(|byte| byte.is_ascii_lowercase())
        && token.bytes().any(|byte| byte.is_ascii_digit())
        && !token.split('/').all(is_word)
        && entropy(token) > 4.0
}

/// `SecurityGroupIngress` or a number: a part of a path that somebody named.
fn is_word(part: &str) -> bool {
    let is_name =
        part.len() >= 3 && part.bytes().all(|byte| byte.is_ascii_alphabetic()) && switches(part) * 4 <= part.len();
    is_name || (part.len() <= 4 && part.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Where the UUID begins with which a word ends.
fn uuid(word: &str) -> Option<usize> {
    let from = word.len().checked_sub(36)?;
    let groups = word.get(from..)?.split('-');
    let is_apart = from == 0 || word.as_bytes()[from - 1] == b'-';
    let has_form = groups.clone().map(str::len).eq([8, 4, 4, 4, 12])
        && groups.flat_map(str::bytes).all(|byte| byte.is_ascii_hexdigit());
    (is_apart && has_form).then_some(from)
}

/// `subnet-0123456789abcdef0` and the like.
fn is_resource_id(word: &str) -> bool {
    word.rsplit_once('-').is_some_and(|(kind, id)| {
        (8..=17).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_hexdigit())
            && kind.len() <= 16
            && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

const ASSET: &str = "AssetParameters";

/// Length of the name of a parameter that older CDK programs make for each asset: a word, the hash of its content, what
/// of it the parameter names, and a hash of eight digits.
fn asset(word: &str) -> Option<usize> {
    let rest = word.strip_prefix(ASSET)?;
    let hash = rest.get(..64)?;
    if !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let head = ASSET.len() + 64;
    let rest = &rest[64..];
    let of = ["S3Bucket", "S3VersionKey", "ArtifactHash"]
        .iter()
        .find_map(|of| rest.strip_prefix(of))
        .filter(|hash| hash.len() == 8 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    Some(if of.is_some() { word.len() } else { head })
}
