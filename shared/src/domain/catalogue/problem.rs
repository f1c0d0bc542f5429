//! What is wrong in a repository's catalogue, and what to write instead.

use std::fmt;

/// One thing that is wrong, and where: `changegate.yaml:4:5: …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path of the file in the repository.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// Name of the stack in the catalogue that is left out because of it; `None` when it concerns the whole catalogue.
    pub stack: Option<String>,
    /// What is wrong.
    pub kind: ProblemKind,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.kind)
    }
}

/// What can be wrong in a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProblemKind {
    /// The file cannot be read as a document.
    #[error("{0}")]
    Syntax(String),
    /// A value has another shape than its setting takes.
    #[error("`{setting}` takes {expected}, not {found}")]
    WrongType {
        /// The setting.
        setting: String,
        /// What it takes, with an example.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// A key that no setting has.
    #[error("no setting is named `{key}`{}", meant(.nearest.as_deref()))]
    UnknownKey {
        /// The key.
        key: String,
        /// The known key that is written most alike.
        nearest: Option<String>,
    },
    /// A setting that does not exist yet.
    #[error("`{key}` is not supported: {instead}")]
    NotSupported {
        /// The key.
        key: String,
        /// What to do instead.
        instead: &'static str,
    },
    /// A setting at a place where it means nothing.
    #[error("`{setting}` cannot be set here: {instead}")]
    Misplaced {
        /// The setting.
        setting: &'static str,
        /// Where it belongs.
        instead: &'static str,
    },
    /// The catalogue has no version, or another than 1.
    #[error("the catalogue's version is missing or unknown; write `version: 1`")]
    Version,
    /// A value is not one that its setting can have.
    #[error("`{value}` is not a valid {setting}: {expected}")]
    BadValue {
        /// The setting.
        setting: &'static str,
        /// The value.
        value: String,
        /// What to write.
        expected: String,
    },
    /// A file under another name than the catalogue has.
    #[error("the catalogue is named `changegate.yaml`; rename this file")]
    MisnamedCatalogue,
    /// A stack has no template.
    #[error("the repository has no template for `{stack}`: add `stacks/{stack}/template.yaml`, or write `template:`{}", meant(.nearest.as_deref()))]
    NoTemplate {
        /// Name of the stack.
        stack: String,
        /// The stack that is written most alike.
        nearest: Option<String>,
    },
    /// A file that is named does not exist.
    #[error("`{setting}` names `{path}`, which the repository does not hold{}", meant(.nearest.as_deref()))]
    MissingFile {
        /// The setting.
        setting: &'static str,
        /// Its path.
        path: String,
        /// The path that is written most alike.
        nearest: Option<String>,
    },
    /// A path leads out of where it may lead.
    #[error("`{setting}` names `{path}`: write a path {allowed}, from the root of the repository")]
    BadPath {
        /// The setting.
        setting: &'static str,
        /// Its path.
        path: String,
        /// Where it may lead.
        allowed: &'static str,
    },
    /// A path in which CodePipeline would fill something in.
    #[error("`{setting}` names `{path}`: CodePipeline would fill something in for `#{{`; rename the file")]
    FilledIn {
        /// The setting.
        setting: &'static str,
        /// Its path.
        path: String,
    },
    /// A file exists in two formats.
    #[error("there is also `{other}`; keep one of the two")]
    TwoFormats {
        /// The other file.
        other: String,
    },
    /// Two folders give one name.
    #[error(
        "`{stack}` is also the name of the stack of `{other}`; rename one of the two, or write an entry with `template:`"
    )]
    DuplicateStack {
        /// The name.
        stack: String,
        /// Template of the other.
        other: String,
    },
    /// Two stacks would be one CloudFormation stack.
    #[error(
        "`{stack}` and `{other}` are both the CloudFormation stack `{stack_name}`; write another `stack_name` in one of the two"
    )]
    DuplicateStackName {
        /// This stack.
        stack: String,
        /// The other.
        other: String,
        /// What both resolve to.
        stack_name: String,
    },
    /// Two names of stacks that people would take for one.
    #[error(
        "`{stack}` and `{other}` differ in upper and lower case alone; rename one of the two, or write an entry with \
         another name and `template:`"
    )]
    AlikeName {
        /// This stack.
        stack: String,
        /// The other.
        other: String,
    },
    /// Two names of CloudFormation stacks that people would take for one.
    #[error(
        "`{stack}` is the CloudFormation stack `{stack_name}` and `{other}` is `{other_stack_name}`, which differ in \
         upper and lower case alone; write another `stack_name` in one of the two"
    )]
    AlikeStackName {
        /// This stack.
        stack: String,
        /// What it resolves to.
        stack_name: String,
        /// The other.
        other: String,
        /// What the other resolves to.
        other_stack_name: String,
    },
    /// More is wrong with a stack than is told.
    #[error("`{stack}` has {more} problems more; correct these first")]
    More {
        /// The stack.
        stack: String,
        /// How many are not told.
        more: usize,
    },
    /// A name that cannot be a stack's.
    #[error("`{name}` cannot be the name of a stack: {reason}")]
    BadName {
        /// The name.
        name: String,
        /// Why.
        reason: String,
    },
    /// A name of a CloudFormation stack that cannot be.
    #[error("`{stack_name}` cannot be the name of the CloudFormation stack of `{stack}`: {reason}")]
    BadStackName {
        /// The stack.
        stack: String,
        /// What its name resolves to.
        stack_name: String,
        /// Why, and what to write.
        reason: String,
    },
    /// A pattern that matches nothing.
    #[error("no stack of the repository matches `{pattern}`; correct it, or remove the entry")]
    MatchesNothing {
        /// The pattern.
        pattern: String,
    },
    /// Two patterns of equal weight say different things.
    #[error("`{pattern}` and `{other}` both match `{stack}` and say different things; make one more exact")]
    Ambiguous {
        /// This pattern.
        pattern: String,
        /// The other.
        other: String,
        /// A stack that both match.
        stack: String,
    },
    /// A gate below what the deployment demands.
    #[error("{0}")]
    BelowFloor(String),
    /// Approvers who can never be enough.
    #[error("`approvals: {approvals}` needs {approvals} people, and `approvers` stands for no more than {people}")]
    TooFewApprovers {
        /// How many people must approve.
        approvals: u8,
        /// The people of the list.
        people: String,
    },
    /// A stack policy that is none.
    #[error("{0}")]
    BadPolicy(String),
    /// A template that another stack had before.
    #[error(
        "`{stack}` has the template that the stack `{former}` had: write `moved_from: {former}` to keep the \
         CloudFormation stack `{former_stack_name}`, or `stack_name: {stack_name}` to make a new one and leave the old \
         one unmanaged"
    )]
    Renamed {
        /// The stack as it is named now.
        stack: String,
        /// The stack as it was named.
        former: String,
        /// CloudFormation stack that it was.
        former_stack_name: String,
        /// CloudFormation stack that it would be.
        stack_name: String,
    },
    /// A former name that is still in use.
    #[error("`moved_from: {former}` names a stack that the catalogue still has; remove the one or the other")]
    StillThere {
        /// The former name.
        former: String,
    },
    /// A stack that would become another one by its former name.
    #[error(
        "`moved_from: {former}` makes `{stack}` the CloudFormation stack `{stack_name}`, and `{former}` was the stack \
         `{former_stack_name}`: write `stack_name: {former_stack_name}` as well, to keep that one"
    )]
    MovedElsewhere {
        /// The stack as it is named now.
        stack: String,
        /// The stack as it was named.
        former: String,
        /// CloudFormation stack that it was.
        former_stack_name: String,
        /// CloudFormation stack that it would be.
        stack_name: String,
    },
    /// One IAM principal under two logins.
    #[error("`{principal}` stands under `{other}` already; one principal is one person")]
    DuplicatePrincipal {
        /// The ARN.
        principal: String,
        /// The login that has it.
        other: String,
    },
    /// The content of a file was needed and not given.
    #[error("the content of `{0}` was not read; this is an error of the caller")]
    NotRead(String),
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
}

/// The candidate that is written most like `text`, when it is alike enough to be meant; else one of which `text` is
/// a word: `zone` means `time_zone`.
pub(crate) fn nearest<'c>(text: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<String> {
    let text_length = text.chars().count();
    let (mut alike, mut holding) = (None, None);
    if text_length > LONGEST_NAME {
        return None;
    }
    for candidate in candidates {
        let length = candidate.chars().count();
        let most = text_length.max(length).div_ceil(3);
        // As many characters as one is longer must be inserted at least.
        let distance = if length > LONGEST_NAME || length.abs_diff(text_length) > most {
            None
        } else {
            distance(text, candidate, most)
        };
        if let Some(distance) = distance {
            alike = alike.into_iter().chain([(distance, candidate)]).min();
        } else if text_length > 2 && candidate.split('_').any(|word| word == text) {
            holding = holding.into_iter().chain([(length, candidate)]).min();
        }
    }
    alike.or(holding).map(|(_, candidate)| candidate.to_owned())
}

/// Longest name that is taken for a slip of the pen, in characters.
const LONGEST_NAME: usize = 100;

/// How many characters must be inserted, removed or replaced to make the one text of the other; `None` when more than
/// `most`.
fn distance(left: &str, right: &str, most: usize) -> Option<usize> {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (index, character) in left.chars().enumerate() {
        let mut diagonal = index;
        let mut before = index + 1;
        for (other, cell) in right.iter().zip(row.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(*other != character);
            diagonal = *cell;
            *cell = replaced.min(before + 1).min(diagonal + 1);
            before = *cell;
        }
        if let Some(first) = row.first_mut() {
            *first = index + 1;
        }
        // What follows can only add to the least of a row.
        if row.iter().all(|cell| *cell > most) {
            return None;
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_what_was_meant_and_another_word_does_not() {
        assert_eq!(
            nearest("aprovals", ["approvals", "release"]).as_deref(),
            Some("approvals")
        );
        assert_eq!(nearest("colour", ["approvals", "release"]), None);
        assert_eq!(nearest("zone", ["days", "time_zone"]).as_deref(), Some("time_zone"));
        assert_eq!(distance("kitten", "sitting", 3), Some(3));
        assert_eq!(distance("kitten", "sitting", 2), None);
        assert_eq!(distance("", "abc", 3), Some(3));
        assert_eq!(distance("abc", "", 2), None);
    }
}
