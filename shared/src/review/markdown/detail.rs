//! How much a comment tells.

/// How much is told, from all to the least.
pub(super) const DETAILS: [Detail; 4] = [
    Detail {
        value: usize::MAX,
        properties: usize::MAX,
        resources: usize::MAX,
        rows: usize::MAX,
    },
    Detail {
        value: 300,
        properties: 60,
        resources: usize::MAX,
        rows: usize::MAX,
    },
    Detail {
        value: 80,
        properties: 8,
        resources: usize::MAX,
        rows: 60,
    },
    Detail {
        value: 0,
        properties: 0,
        resources: 400,
        rows: 25,
    },
];

#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    /// Most characters of a value.
    pub(super) value: usize,
    /// Most properties of a resource.
    pub(super) properties: usize,
    /// Most resources.
    pub(super) resources: usize,
    /// Most rows of every list, and most subjects of a finding.
    pub(super) rows: usize,
}
