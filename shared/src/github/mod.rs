//! Implements ports over GitHub's REST interface, and verifies deliveries.
