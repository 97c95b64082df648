//! `checksig doctor`: what this machine allows, and how a directory would be read and hashed.
//!
//! Joins what the library finds with its text or JSON, and decides nothing.

use std::io::Write;

use crate::args::Doctor;
use crate::exit::Exit;
use crate::render::{Broken, broken_output, examination, examination_json};

/// Examines, shows what was found, and says whether a run could be done.
pub(crate) fn run(choices: &Doctor) -> Exit {
    let found = checksig::examine(&choices.path);
    let shown = if choices.json { examination_json(&found) } else { examination::text(&found) };
    let mut out = std::io::stdout().lock();
    if let Err(error) = out.write_all(&shown).and_then(|()| out.flush()) {
        if error.kind() != std::io::ErrorKind::BrokenPipe {
            let _ = std::io::stderr().write_all(&broken_output(&Broken::Out(error)));
        }
        return Exit::CannotRun;
    }
    if found.can_run() { Exit::Pass } else { Exit::CannotRun }
}
