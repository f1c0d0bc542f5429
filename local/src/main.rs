//! Starts `cargo local`.

use std::process::ExitCode;

fn main() -> ExitCode {
    local::cli::main()
}
