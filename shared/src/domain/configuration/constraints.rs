//! Whether a text is a value that a parameter takes.

use super::template::{Kind, Parameter, Simple};
use crate::domain::limits::Budget;

/// Greatest size of a parameter's value in bytes.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
const MAX_VALUE_BYTES: usize = 4_096;

/// Why the parameter does not take the value, as a fragment such as `is not a number`; `None` when it does.
pub(super) fn refusal(parameter: &Parameter<'_>, value: &str, budget: &Budget) -> Option<String> {
    if value.len() > MAX_VALUE_BYTES {
        return Some(format!(
            "has {} bytes; CloudFormation takes at most {MAX_VALUE_BYTES}",
            value.len()
        ));
    }
    if is_dynamic_reference(value) {
        return None;
    }
    // Compiled once for all items of a list.
    let pattern = parameter.allowed_pattern.map(|text| (text, compiled(text, budget)));
    let pattern = pattern.as_ref().map(|(text, pattern)| (*text, pattern));
    let refusal = match parameter.kind {
        // The name is what CloudFormation checks, as a text; what it stands for is not checked.
        // Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/systems-manager-parameter-types.html
        Kind::SsmParameter => {
            ssm_refusal(value).or_else(|| one_refusal(parameter, Simple::Text, value, pattern, budget))
        }
        Kind::One(simple) => one_refusal(parameter, simple, value, pattern, budget),
        // CloudFormation trims the items of a list.
        Kind::List(simple) => value.split(',').enumerate().find_map(|(index, item)| {
            let refusal = one_refusal(parameter, simple, item.trim(), pattern, budget)?;
            Some(format!("{refusal} (item {})", index + 1))
        }),
    }?;
    Some(match parameter.constraint_description {
        Some(description) => format!("{refusal}: {description}"),
        None => refusal,
    })
}

/// Whether CloudFormation reads the value from somewhere else.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html>
pub(super) fn is_dynamic_reference(value: &str) -> bool {
    ["ssm", "ssm-secure", "secretsmanager"].iter().any(|service| {
        value
            .strip_prefix("{{resolve:")
            .and_then(|rest| rest.strip_prefix(service))
            .is_some_and(|rest| {
                rest.starts_with(':')
                    && rest.len() > 3
                    && rest.ends_with("}}")
                    && rest.find("}}") == Some(rest.len() - 2)
            })
    })
}

fn ssm_refusal(value: &str) -> Option<String> {
    let is_name = !value.is_empty()
        && value.len() <= 2_048
        && value
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "._-/:@".contains(character));
    (!is_name).then(|| "is not the name of a Systems Manager parameter, such as `/network/vpc`".to_owned())
}

fn one_refusal(
    parameter: &Parameter<'_>,
    simple: Simple<'_>,
    value: &str,
    pattern: Option<(&str, &Compiled)>,
    budget: &Budget,
) -> Option<String> {
    match simple {
        Simple::Number => {
            if let Some(refusal) = number_refusal(parameter, value) {
                return Some(refusal);
            }
        }
        Simple::Identifier { kind, prefix } => {
            if value.strip_prefix(prefix).is_none_or(str::is_empty) {
                return Some(format!("is not one of `{kind}`, which begin with `{prefix}`"));
            }
        }
        Simple::Text => {
            let length = value.chars().count();
            if let Some(least) = parameter.min_length.filter(|least| length < *least) {
                return Some(format!("has {length} characters; `MinLength` is {least}"));
            }
            if let Some(most) = parameter.max_length.filter(|most| length > *most) {
                return Some(format!("has {length} characters; `MaxLength` is {most}"));
            }
        }
    }
    if let Some(allowed) = &parameter.allowed_values {
        let is_allowed =
            |allowed: &&str| *allowed == value || (simple == Simple::Number && number(allowed) == number(value));
        if !allowed.iter().any(is_allowed) {
            return Some(format!("is not one of the `AllowedValues` {}", some_of(allowed)));
        }
    }
    let (text, pattern) = pattern.filter(|_| simple != Simple::Number)?;
    let answer = match pattern {
        Compiled::Ready(pattern) => pattern.matches(value, budget),
        Compiled::Foreign => return None,
        // It may be as long as the template, so it is not quoted.
        Compiled::TooLarge => {
            return Some(
                "cannot be compared with the `AllowedPattern`, whose repetitions written out are too large; make them \
                 fewer, and bound lengths by `MaxLength`"
                    .to_owned(),
            );
        }
        Compiled::TooMuch => None,
    };
    match answer {
        Some(true) => None,
        Some(false) => Some(format!("does not match the `AllowedPattern` {text}")),
        None => Some(format!(
            "takes too long to be compared with the `AllowedPattern` {text}; make the pattern or the values shorter"
        )),
    }
}

fn some_of(values: &[&str]) -> String {
    let first: Vec<&str> = values.iter().take(8).copied().collect();
    let more = if values.len() > first.len() { ", …" } else { "" };
    format!("{}{more}", first.join(", "))
}

fn number_refusal(parameter: &Parameter<'_>, value: &str) -> Option<String> {
    let Some(found) = number(value) else {
        return Some("is not a number".to_owned());
    };
    if let Some(least) = parameter
        .min_value
        .filter(|least| number(least).is_some_and(|least| found < least))
    {
        return Some(format!("is less than the `MinValue` {least}"));
    }
    if let Some(most) = parameter
        .max_value
        .filter(|most| number(most).is_some_and(|most| found > most))
    {
        return Some(format!("is more than the `MaxValue` {most}"));
    }
    None
}

/// The number that a text is, in decimal notation.
fn number(text: &str) -> Option<f64> {
    let is_decimal = text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    if is_decimal { text.parse().ok() } else { None }
}

/// Sizes of compiled patterns, in bytes, and how many states one of that size has at most.
const SIZES: [(usize, u64); 4] = [
    (16 << 10, 500),
    (64 << 10, 2_000),
    (256 << 10, 8_000),
    (1 << 20, 32_000),
];
/// Making a state takes so many steps as long as visiting one.
const STEPS_OF_A_STATE: u64 = 10;

/// A pattern that matches whole texts.
struct Pattern {
    whole: regex_lite::Regex,
    /// How many states it has at most: each may be visited for each byte of a text.
    states: u64,
}

/// What became of a text that is to be a pattern.
enum Compiled {
    Ready(Pattern),
    /// It uses what only Java's expressions have (look-around, back-references, Unicode classes, class intersections,
    /// possessive quantifiers), or it is not a pattern: CloudFormation judges.
    Foreign,
    /// It is larger than any that people write.
    TooLarge,
    /// There was not enough work left to make it.
    TooMuch,
}

fn compiled(pattern: &str, budget: &Budget) -> Compiled {
    const ONLY_JAVA: &[&str] = &[
        "&&", "++", "*+", "?+", "}+", "(?>", "\\Q", "\\G", "\\Z", "\\R", "\\h", "\\p", "\\P",
    ];
    if ONLY_JAVA.iter().any(|only| pattern.contains(only)) {
        return Compiled::Foreign;
    }
    let whole = format!("^(?:{pattern})$");
    for (size, states) in SIZES {
        if !budget.spend(states.saturating_mul(STEPS_OF_A_STATE)) {
            return Compiled::TooMuch;
        }
        match regex_lite::RegexBuilder::new(&whole).size_limit(size).build() {
            Ok(whole) => return Compiled::Ready(Pattern { whole, states }),
            Err(error) if is_of_size(&error) => {}
            Err(_) => return Compiled::Foreign,
        }
    }
    Compiled::TooLarge
}

/// Whether the size alone is wrong: the error is the one of a right pattern that may have no size at all.
fn is_of_size(error: &regex_lite::Error) -> bool {
    let too_large = regex_lite::RegexBuilder::new("a").size_limit(0).build();
    too_large.is_err_and(|too_large| too_large == *error)
}

impl Pattern {
    /// Whether the pattern matches the whole text; `None` when that takes more work than there is left.
    fn matches(&self, text: &str, budget: &Budget) -> Option<bool> {
        let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX).saturating_add(1);
        budget
            .spend(bytes.saturating_mul(self.states))
            .then(|| self.whole.is_match(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::limits;

    fn matches_whole(pattern: &str, text: &str) -> Option<bool> {
        let budget = Budget::of(limits::PATTERN_STEPS);
        match compiled(pattern, &budget) {
            Compiled::Ready(pattern) => pattern.matches(text, &budget),
            Compiled::Foreign => None,
            Compiled::TooLarge | Compiled::TooMuch => panic!("{pattern} is made"),
        }
    }

    #[test]
    fn a_pattern_that_is_too_large_is_said_and_one_that_takes_too_long_as_well() {
        let budget = Budget::of(limits::PATTERN_STEPS);
        assert!(matches!(compiled("(.{0,500}){0,100}b", &budget), Compiled::TooLarge));
        let made = (0..).take_while(|_| !matches!(compiled("(.{0,500}){0,100}b", &budget), Compiled::TooMuch));
        assert_eq!(made.count(), 140, "the budget bounds how much is made as well");
        assert_eq!(
            matches_whole(".{1,4096}", "abc"),
            Some(true),
            "as long as a value may be"
        );
        let budget = Budget::of(limits::PATTERN_STEPS);
        let Compiled::Ready(pattern) = compiled("(a?){200}b", &budget) else {
            panic!("it is not large");
        };
        let value = "a".repeat(4_096);
        let answers: Vec<_> = (0..60).map(|_| pattern.matches(&value, &budget)).collect();
        assert_eq!(answers[0], Some(false));
        assert_eq!(answers[59], None, "the budget bounds the work of all values together");
    }

    #[test]
    fn patterns_match_the_whole_value_and_java_only_ones_are_left_to_cloudformation() {
        assert_eq!(matches_whole("[a-z]+", "abc"), Some(true));
        assert_eq!(matches_whole("[a-z]+", "abc1"), Some(false));
        assert_eq!(matches_whole("^[a-z]+$", "abc"), Some(true));
        assert_eq!(matches_whole("a|b", "ab"), Some(false));
        assert_eq!(
            matches_whole(r"((\d{1,3})\.){3}\d{1,3}/\d{1,2}", "10.0.0.0/16"),
            Some(true)
        );
        assert_eq!(matches_whole(r"10\/8", "10/8"), Some(true));
        assert_eq!(matches_whole("(?i)abc", "ABC"), Some(true));
        for pattern in ["(?!x).*", r"(a)\1", r"\p{L}+", "[a-z&&[^b]]", "a++", "["] {
            assert_eq!(matches_whole(pattern, "b"), None, "{pattern}");
        }
    }

    #[test]
    fn only_whole_references_are_dynamic() {
        assert!(is_dynamic_reference(
            "{{resolve:secretsmanager:prod/db:SecretString:password}}"
        ));
        assert!(is_dynamic_reference("{{resolve:ssm-secure:db:1}}"));
        for text in [
            "{{resolve:ssm:}}",
            "{{resolve:other:x}}",
            "x{{resolve:ssm:a}}",
            "{{resolve:ssm:a}}x{{resolve:ssm:b}}",
            "{{resolve:ssm:a",
        ] {
            assert!(!is_dynamic_reference(text), "{text}");
        }
    }
}
