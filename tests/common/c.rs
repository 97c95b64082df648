//! Compilers for the tests of the C face.
//!
//! Skips nothing: a machine that builds Rust has a linker, and that is a C compiler.

use std::env;
use std::process::{Command, Output};

/// The compiler that an environment variable names, or the default one, told to take no warning.
pub(crate) fn compiler(variable: &str, default: &str) -> Command {
    let mut command = Command::new(env::var(variable).unwrap_or_else(|_| default.to_owned()));
    command.args(["-pedantic", "-Wall", "-Wextra", "-Werror"]);
    command
}

/// Runs a command that has to succeed; what it printed is shown when it does not.
pub(crate) fn must_run(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    output
}
