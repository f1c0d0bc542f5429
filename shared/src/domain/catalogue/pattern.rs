//! Patterns in which `*` stands for any text, and path patterns.

pub(super) use crate::domain::gate::matches;

/// Whether `path` is below the folder that `pattern` names; a segment `**` stands for any number of folders, and `*`
/// in a segment for any text of it.
pub(super) fn is_below(pattern: &str, path: &str) -> bool {
    let pattern: Vec<&str> = pattern.trim_end_matches('/').split('/').collect();
    let path: Vec<&str> = path.split('/').collect();
    is_prefix(&pattern, &path)
}

fn is_prefix(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, _) => !path.is_empty(),
        (Some((&"**", rest)), _) => {
            (0..path.len()).any(|skipped| is_prefix(rest, path.get(skipped..).unwrap_or_default()))
        }
        (Some((first, rest)), Some((segment, path))) => matches(first, segment) && is_prefix(rest, path),
        (Some(_), None) => false,
    }
}

/// How exact a pattern is: the number of its characters that stand for themselves.
pub(super) fn weight(pattern: &str) -> usize {
    pattern.chars().filter(|character| *character != '*').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_pattern_matches_what_is_below_it() {
        for pattern in [
            "stacks",
            "stacks/",
            "stacks/data",
            "stacks/*",
            "stacks/d*/orders",
            "**/orders",
            "**",
        ] {
            assert!(is_below(pattern, "stacks/data/orders/template.yaml"), "{pattern}");
        }
        for pattern in [
            "stack",
            "data",
            "stacks/da",
            "stacks/data/orders/template.yaml",
            "**/data/template.yaml",
        ] {
            assert!(!is_below(pattern, "stacks/data/orders/template.yaml"), "{pattern}");
        }
    }
}
