//! `checksig verify`: every listed file is there and right.
//!
//! Joins the library's run with a renderer, and decides nothing.

use std::path::Path;

use checksig::{Error, Options, Run};

use crate::args::Verify;
use crate::drive::drive;
use crate::exit::Exit;
use crate::render::{Console, Json, VerifyText};

/// Verifies, shows what was found, and says how it ended.
pub(crate) fn run(choices: Verify) -> Exit {
    check("verify", Run::verify, &choices)
}

/// Does a run that has the choices and the output of `verify`.
pub(crate) fn check(verb: &'static str, start: fn(&Path, &Options) -> Result<Run, Error>, choices: &Verify) -> Exit {
    let Verify { root, manifest, options, quiet, json } = choices;
    if *json {
        let mut console = Console::new(false);
        let mut view = Json::new(*quiet);
        view.start(verb, root, manifest, &mut console);
        return drive(start(root, options), &mut view, console);
    }
    let console = Console::new(!quiet);
    let mut view = VerifyText::new(verb, root, manifest, *quiet);
    drive(start(root, options), &mut view, console)
}
