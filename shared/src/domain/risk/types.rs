//! What is known of each resource type: a table made from CloudFormation's own schemas by `scripts/resource-types`.

/// The table: a line a type, sorted, cells separated by tabs.
static TABLE: &str = include_str!("resource_types.tsv");

/// What is known of one type. Paths have no `/properties/`; `*` stands for any item of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceType {
    /// What is lost with a resource of this type; `None` for types that hold no data.
    pub holds: Option<&'static str>,
    create_only: &'static str,
    maybe_create_only: &'static str,
    protection: &'static str,
    opens: &'static str,
    closes: &'static str,
    encrypts: &'static str,
    roles: &'static str,
    code: &'static str,
    content: &'static str,
    images: &'static str,
}

/// What a property is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It can be set only at creation.
    CreateOnly,
    /// Perhaps it can be set only at creation.
    MaybeCreateOnly,
    /// It protects from deletion.
    Protection,
    /// It opens to the public.
    Opens,
    /// It closes to the public.
    Closes,
    /// It encrypts.
    Encrypts,
    /// It names a role, or an instance profile, with whose rights something is done.
    Role,
    /// It holds code, or decides what is run.
    Code,
    /// It says where code or a template lies.
    Content,
    /// It names an image of a container or of a machine.
    Image,
}

/// What is known of the type `name`, such as `AWS::S3::Bucket`; `None` for types that are not AWS's, or not known.
pub fn find(name: &str) -> Option<ResourceType> {
    let name = name.strip_prefix("AWS::")?;
    let body = TABLE.as_bytes();
    let (mut low, mut high) = (0, body.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = TABLE[..middle].rfind('\n').map_or(0, |at| at + 1);
        let end = TABLE[middle..].find('\n').map_or(body.len(), |at| middle + at);
        let line = &TABLE[start..end];
        let key = line.split('\t').next().unwrap_or_default();
        // The remarks at the top begin with a character that sorts before every letter.
        match key.cmp(name) {
            std::cmp::Ordering::Equal => return Some(ResourceType::of(line)),
            std::cmp::Ordering::Less => low = end + 1,
            std::cmp::Ordering::Greater => high = start,
        }
    }
    None
}

impl ResourceType {
    fn of(line: &'static str) -> Self {
        let mut cells = line.split('\t').skip(1);
        let mut next = || cells.next().unwrap_or_default();
        Self {
            holds: Some(next()).filter(|text| !text.is_empty()),
            create_only: next(),
            maybe_create_only: next(),
            protection: next(),
            opens: next(),
            closes: next(),
            encrypts: next(),
            roles: next(),
            code: next(),
            content: next(),
            images: next(),
        }
    }

    /// Whether the property at `pointer`, such as `/Properties/Tags/0`, serves `purpose`.
    pub fn is_for(&self, purpose: Purpose, pointer: &str) -> bool {
        let Some(path) = pointer.strip_prefix("/Properties/") else {
            return false;
        };
        self.paths(purpose)
            .split(' ')
            .any(|pattern| !pattern.is_empty() && matches(pattern, path, purpose))
    }

    /// All paths of a purpose.
    pub fn all(&self, purpose: Purpose) -> impl Iterator<Item = &'static str> {
        self.paths(purpose).split(' ').filter(|path| !path.is_empty())
    }

    fn paths(&self, purpose: Purpose) -> &'static str {
        match purpose {
            Purpose::CreateOnly => self.create_only,
            Purpose::MaybeCreateOnly => self.maybe_create_only,
            Purpose::Protection => self.protection,
            Purpose::Opens => self.opens,
            Purpose::Closes => self.closes,
            Purpose::Encrypts => self.encrypts,
            Purpose::Role => self.roles,
            Purpose::Code => self.code,
            Purpose::Content => self.content,
            Purpose::Image => self.images,
        }
    }
}

/// Whether `path` is the place `pattern`; a place that can be set only at creation covers all below it.
fn matches(pattern: &str, path: &str, purpose: Purpose) -> bool {
    let mut parts = path.split('/');
    for wanted in pattern.split('/') {
        match parts.next() {
            Some(part) if wanted == "*" || wanted == part => {}
            _ => return false,
        }
    }
    matches!(
        purpose,
        Purpose::CreateOnly
            | Purpose::MaybeCreateOnly
            | Purpose::Encrypts
            | Purpose::Role
            | Purpose::Code
            | Purpose::Content
    ) || parts.next().is_none()
}
