//! What levels and kinds of risk are called.

use super::{Kind, Level};

impl Level {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }

    /// The same word in capitals.
    pub fn loud_name(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
        }
    }
}

impl Kind {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::DataLoss => "data loss",
            Self::GateWeakened => "gate weakened",
            Self::SecurityWidened => "security widened",
            Self::ProtectionRemoved => "protection removed",
            Self::Interruption => "interruption",
            Self::Unknown => "unknown",
        }
    }

    /// The same in capitals.
    pub fn loud_name(self) -> &'static str {
        match self {
            Self::DataLoss => "DATA LOSS",
            Self::GateWeakened => "GATE WEAKENED",
            Self::SecurityWidened => "SECURITY WIDENED",
            Self::ProtectionRemoved => "PROTECTION REMOVED",
            Self::Interruption => "INTERRUPTION",
            Self::Unknown => "UNKNOWN",
        }
    }
}
