//! Whether a resource is replaced.

use super::description::{Detail, present};
use super::details::pointer_of;
use super::resource::ResourceFacts;
use super::review::{Replacement, ValueSource};
use super::values::KNOWN_AFTER_APPLY;

impl ResourceFacts<'_> {
    /// Whether the resource is replaced.
    pub fn replacement(&self) -> Replacement {
        match (self.change.action.as_str(), self.change.replacement.as_deref()) {
            ("Add" | "Remove" | "Import", _) => Replacement::NotApplicable,
            (_, Some("True")) if !self.depends_on_unknown_values() => Replacement::Always,
            (_, Some("True" | "Conditional")) | ("Dynamic", _) => Replacement::Maybe,
            _ => Replacement::Never,
        }
    }

    /// CloudFormation says "replaced" of every property whose new value it does not know yet, also when the value
    /// will be the old one. So "always" is only believed when a known value is among the reasons.
    ///
    /// Source: <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2113>
    fn depends_on_unknown_values(&self) -> bool {
        let mut reasons = self
            .change
            .details
            .iter()
            .filter(|detail| {
                detail
                    .target
                    .as_ref()
                    .is_some_and(|target| target.requires_recreation.as_deref() == Some("Always"))
            })
            .peekable();
        reasons.peek().is_some() && reasons.all(|detail| self.is_unknown(detail))
    }

    fn is_unknown(&self, detail: &Detail) -> bool {
        let Some(target) = detail.target.as_ref() else {
            return false;
        };
        if let Some(value) = present(target.after_value.as_deref()) {
            return value.contains(KNOWN_AFTER_APPLY);
        }
        let pointer = pointer_of(detail);
        self.after
            .as_ref()
            .filter(|_| self.values == ValueSource::CloudFormation)
            .and_then(|after| after.pointer(pointer.as_deref()?))
            .is_some_and(|value| value.to_string().contains(KNOWN_AFTER_APPLY))
    }
}
