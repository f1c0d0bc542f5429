//! The engine against AWS's sentences; `local/CODEPIPELINE.md` names each test beside its sentence.

mod approvals;
mod bench;
mod conditions;
mod control;
mod events;
mod jobs;
mod laws;
mod locks;
mod sources;
mod updates;
mod variables;
