//! How much a comment tells.

/// How much is told of a resource.
#[derive(Debug, Clone, Copy)]
pub(super) struct Depth {
    /// Most characters of a value.
    pub(super) value: usize,
    /// Most properties.
    pub(super) properties: usize,
}

/// How much is told.
#[derive(Debug, Clone, Copy)]
pub(super) struct Detail {
    /// Of a resource that has a finding.
    pub(super) risky: Depth,
    /// Of any other.
    pub(super) calm: Depth,
    /// Most resources that have a finding.
    pub(super) risky_resources: usize,
    /// Most resources without a finding.
    pub(super) resources: usize,
    /// Most rows of every list, and most subjects of a finding.
    pub(super) rows: usize,
}

const ALL: usize = usize::MAX;
const WHOLE: Depth = depth(ALL, ALL);
const NAMED: Depth = depth(0, 0);

/// From all to the least. What has a finding keeps its differences for as long as there is anything else to leave out.
pub(super) const DETAILS: [Detail; 10] = [
    detail(WHOLE, WHOLE, ALL, ALL),
    detail(WHOLE, depth(300, 60), ALL, ALL),
    detail(WHOLE, depth(80, 8), ALL, 60),
    detail(WHOLE, NAMED, 400, 25),
    detail(WHOLE, NAMED, 0, 25),
    detail(depth(2_000, ALL), NAMED, 0, 25),
    detail(depth(300, 60), NAMED, 0, 25),
    detail(depth(80, 8), NAMED, 0, 25),
    detail(NAMED, NAMED, 0, 25),
    Detail {
        risky_resources: 400,
        ..detail(NAMED, NAMED, 0, 25)
    },
];

const fn depth(value: usize, properties: usize) -> Depth {
    Depth { value, properties }
}

const fn detail(risky: Depth, calm: Depth, resources: usize, rows: usize) -> Detail {
    Detail {
        risky,
        calm,
        risky_resources: ALL,
        resources,
        rows,
    }
}

impl Detail {
    /// The same, with no more than the names of resources without a finding.
    pub(super) fn with_calm_named(self) -> Self {
        Self { calm: NAMED, ..self }
    }

    /// Whether nothing is left out.
    pub(super) fn is_whole(&self) -> bool {
        self.calm.value == ALL
    }
}
