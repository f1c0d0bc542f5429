//! Stack events, as `DescribeStackEvents` tells them.

/// One stack event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StackEvent {
    /// Id; unique within the stack.
    pub id: String,
    /// When it happened (RFC 3339).
    pub time: String,
    /// Logical id of the resource.
    pub logical_id: String,
    /// Physical id of the resource.
    pub physical_id: String,
    /// Type of the resource.
    pub resource_type: String,
    /// Status, such as `CREATE_FAILED`.
    pub status: String,
    /// The service's words.
    pub reason: String,
    /// Token of the operation that caused it.
    pub client_request_token: Option<String>,
}
