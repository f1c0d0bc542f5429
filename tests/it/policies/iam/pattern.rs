//! Asterisks and question marks.

/// Whether `text` is what `pattern` stands for: `*` for any text, `?` for one character.
pub(in crate::policies) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    let mut last: Option<(usize, usize)> = None;
    while from < text.len() {
        if pattern.get(at) == Some(&'*') {
            last = Some((at, from));
            at += 1;
        } else if pattern.get(at).is_some_and(|c| *c == '?' || *c == text[from]) {
            at += 1;
            from += 1;
        } else if let Some((star, began)) = last {
            at = star + 1;
            from = began + 1;
            last = Some((star, from));
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

/// As [`glob`], but no asterisk reaches over a colon before an ARN's last part.
pub(in crate::policies) fn arn(pattern: &str, text: &str) -> bool {
    if pattern == "*" || !pattern.starts_with("arn:") {
        return glob(pattern, text);
    }
    let (pattern, text): (Vec<&str>, Vec<&str>) = (pattern.splitn(6, ':').collect(), text.splitn(6, ':').collect());
    pattern.len() == text.len() && pattern.iter().zip(text).all(|(pattern, text)| glob(pattern, text))
}

#[test]
fn an_asterisk_stays_within_its_part_of_an_arn() {
    assert!(glob("a*c?", "abbcd") && !glob("a*c?", "abbc") && glob("*", ""));
    assert!(arn("arn:*:iam::*:role/a/*", "arn:aws:iam::1:role/a/b/c"));
    assert!(!arn("arn:*:role/a", "arn:aws:iam::1:role/a"));
    assert!(arn("*", "arn:aws:iam::1:role/a") && !arn("arn:*:iam::*:role/*", "*"));
}
