//! `checksig doctor`: what this machine allows, and how a directory would be read and hashed.
//!
//! Joins what the library finds with its text or JSON, and decides nothing.

use std::io::{self, Write};

use crate::args::Doctor;
use crate::exit::Exit;
use crate::given;
use crate::render::{Broken, broken_output, examination, examination_json};

/// Examines, shows what was found, and says whether a run could be done.
pub(crate) fn run(choices: &Doctor) -> Exit {
    let found = checksig::examine(&choices.path);
    let shown = if choices.json { examination_json(&found) } else { examination::text(&found) };
    let write = |mut out: io::Stdout| out.write_all(&shown).and_then(|()| out.flush());
    if let Err(error) = given::stdout().and_then(write) {
        let _ = io::stderr().write_all(&broken_output(&Broken::Out(error)));
        return Exit::CannotRun;
    }
    if found.can_run() { Exit::Pass } else { Exit::CannotRun }
}
