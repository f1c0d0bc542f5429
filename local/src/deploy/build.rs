//! Builds the functions.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::places::Places;

/// Why the functions were not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The folder of the functions could not be read.
    #[error("reading {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Cargo could not be started.
    #[error("starting cargo; install Rust from https://rustup.rs")]
    Cargo(#[source] io::Error),
    /// Cargo said no.
    #[error("the functions do not build; what cargo printed above says why")]
    Failed,
}

/// A function: its name and its binary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Name of the folder, the crate and the binary.
    pub name: String,
    /// The binary.
    pub binary: PathBuf,
}

/// The functions, one for each folder in `functions/`, in order.
///
/// # Errors
///
/// When the folder cannot be read.
pub fn functions(places: &Places) -> Result<Vec<Function>, BuildError> {
    let path = places.repository().join("functions");
    let fail = |source| BuildError::Folder {
        path: path.clone(),
        source,
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&path).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        if entry.path().join("Cargo.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    let profile = if places.is_release() { "release" } else { "debug" };
    let binaries = target(places.repository()).join(profile);
    Ok(names
        .into_iter()
        .map(|name| Function {
            binary: binaries.join(&name),
            name,
        })
        .collect())
}

fn target(repository: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), |path| repository.join(path))
}

/// What `cargo run` and `cargo test` tell a program about its own package.
///
/// Build scripts of dependencies look at it: a Cargo that this program starts and one that a person starts would take
/// turns in building half of the dependencies again.
pub fn of_the_outer_cargo() -> Vec<OsString> {
    let is_told = |name: &OsString| {
        let name = name.to_string_lossy();
        name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_BIN_EXE_") || OF_A_PACKAGE.contains(&name.as_ref())
    };
    std::env::vars_os().map(|(name, _)| name).filter(is_told).collect()
}

const OF_A_PACKAGE: [&str; 7] = [
    "CARGO_BIN_NAME",
    "CARGO_CRATE_NAME",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_LINKS",
    "CARGO_MANIFEST_PATH",
    "CARGO_PRIMARY_PACKAGE",
    "OUT_DIR",
];

/// Builds all functions. Without optimization this package is built with them: so they share what it was compiled with.
///
/// # Errors
///
/// When they do not build.
pub async fn build(places: &Places) -> Result<(), BuildError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(places.repository()).arg("build");
    if places.is_release() {
        command.args(["--release", "--locked"]);
    } else {
        command.args(["--package", "local"]);
    }
    for function in functions(places)? {
        command.args(["--package", &function.name]);
    }
    for name in of_the_outer_cargo() {
        command.env_remove(name);
    }
    let status = command.kill_on_drop(true).status().await.map_err(BuildError::Cargo)?;
    if status.success() {
        Ok(())
    } else {
        Err(BuildError::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::functions;
    use crate::places::Places;

    #[test]
    fn the_functions_of_a_release_run_are_the_optimized_ones() {
        let places = Places::of_this_repository();
        let profile_of = |places: &Places| {
            let functions = functions(places).unwrap();
            assert_eq!(functions.len(), 7);
            let folder = functions[0].binary.parent().unwrap().to_owned();
            folder.file_name().unwrap().to_owned()
        };
        assert_eq!(profile_of(&places), "debug");
        assert_eq!(profile_of(&places.with_release_builds()), "release");
    }
}
