//! Tells random texts, such as keys, from names that people or AWS gave.

/// Shortest token that is looked at.
const SHORTEST: usize = 20;
/// Length of AWS's secret access keys.
const SECRET_ACCESS_KEY: usize = 40;

/// Whether a token looks random: long, of mixed classes, many different characters, and no words in it.
///
/// Identifiers that AWS gives out (ARNs' parts, `subnet-…`, UUIDs) and content hashes in object keys are not.
pub(super) fn looks_random(token: &str) -> bool {
    let token = token.trim_matches(|character: char| matches!(character, '.' | '-' | '_' | '*' | '!'));
    if token.len() < SHORTEST || !token.is_ascii() || token.starts_with('/') && token.contains("//") {
        return false;
    }
    if !can_be_random(token) {
        return false;
    }
    if token.contains(".packages/") || is_uuid(token) || is_resource_id(token) || is_digest(token) {
        return false;
    }
    if is_secret_access_key(token) {
        return true;
    }
    if is_random_with_dashes(token) || is_asset(token) {
        return !is_asset(token);
    }
    // Paths, host names and hyphenated names are judged part by part.
    token
        .split(['/', '-', '.', '_', '$', '%', '*', '~', '^', '!'])
        .any(|part| part.len() >= SHORTEST && part_is_random(part))
        || (!token.contains(['-', '.']) && token.matches('/').count() <= token.len() / 16 && part_is_random(token))
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
        && entropy(token) > 4.0
}

fn is_uuid(token: &str) -> bool {
    let groups: Vec<_> = token.rsplit('/').next().unwrap_or_default().split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups
            .iter()
            .all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// `subnet-0123456789abcdef0` and the like.
fn is_resource_id(token: &str) -> bool {
    token.rsplit_once('-').is_some_and(|(kind, id)| {
        (8..=17).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_hexdigit())
            && kind.len() <= 16
            && kind.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
    })
}

/// A parameter that older CDK programs make for each asset: a word and the hash of its content.
fn is_asset(token: &str) -> bool {
    token
        .strip_prefix("AssetParameters")
        .and_then(|rest| rest.get(..64))
        .is_some_and(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The hash in an object key or a file name: `assets/<64 hex>.zip`.
fn is_digest(token: &str) -> bool {
    let name = token.rsplit('/').next().unwrap_or_default();
    let (stem, is_file) = name
        .split_once('.')
        .map_or((name, token.contains('/')), |(stem, _)| (stem, true));
    is_file && matches!(stem.len(), 32 | 40 | 64) && stem.bytes().all(|byte| byte.is_ascii_hexdigit())
}
