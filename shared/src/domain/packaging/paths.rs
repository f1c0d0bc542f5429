//! From a path as a template writes it to a path in the repository.

/// What a relative path leads to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resolved {
    /// A path in the repository, without `.` and `..`.
    Path(String),
    /// It leads out of the repository.
    Outside,
}

/// Resolves `written`, which stands in the file `from`.
pub(super) fn resolve(from: &str, written: &str) -> Resolved {
    if written.starts_with(['/', '\\', '~']) || written.contains('\0') {
        return Resolved::Outside;
    }
    let mut segments: Vec<&str> = from.split('/').collect();
    segments.pop();
    for segment in written.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                if segments.pop().is_none() {
                    return Resolved::Outside;
                }
            }
            segment => segments.push(segment),
        }
    }
    Resolved::Path(segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file_that_writes_them() {
        let path = |written| resolve("stacks/network/template.yaml", written);
        assert_eq!(
            path("subnets.yaml"),
            Resolved::Path("stacks/network/subnets.yaml".to_owned())
        );
        assert_eq!(path("./a//b/"), Resolved::Path("stacks/network/a/b".to_owned()));
        assert_eq!(
            path("../shared/x.yaml"),
            Resolved::Path("stacks/shared/x.yaml".to_owned())
        );
        assert_eq!(path("."), Resolved::Path("stacks/network".to_owned()));
    }

    #[test]
    fn paths_out_of_the_repository_are_seen() {
        for written in ["../../../etc/passwd", "/etc/passwd", "~/x", "../../../stacks/network/x"] {
            assert_eq!(
                resolve("stacks/network/template.yaml", written),
                Resolved::Outside,
                "{written}"
            );
        }
    }
}
