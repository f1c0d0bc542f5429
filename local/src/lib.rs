//! Changegate on one machine: what takes the place of the parts of AWS and GitHub that no emulator offers.

pub mod codepipeline;
