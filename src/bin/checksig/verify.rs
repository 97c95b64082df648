//! `checksig verify`: every listed file is there and right.
//!
//! Joins the library's run with a renderer, and decides nothing.

use std::path::{Path, PathBuf};

use checksig::{Error, Options, Output, Policy, Run};

use crate::args::Verify;
use crate::drive::drive;
use crate::exit::Exit;
use crate::render::{Beginning, Console, Json, VerifyText, say_refusal};
use crate::signals::Watch;

/// Verifies, shows what was found, and says how it ended.
pub(crate) fn run(choices: Verify, watch: &Watch) -> Exit {
    check("verify", Run::verify, choices, watch)
}

/// Does a run that has the choices and the output of `verify`.
pub(crate) fn check(
    verb: &'static str,
    start: fn(&Path, &Options) -> Result<Run, Error>,
    choices: Verify,
    watch: &Watch,
) -> Exit {
    let Verify { root, manifest, mut options, quiet, json, output } = choices;
    let begin = |path: &PathBuf| Output::begin(path, &root, &manifest);
    let file = match output.as_ref().map(begin).transpose() {
        Ok(file) => file,
        Err(error) => {
            say_refusal(&error);
            return Exit::CannotRun;
        }
    };
    options.own = file.iter().flat_map(Output::paths).collect();
    let mut console = Console::new(file, !quiet);
    watch.mind(console.leftovers());
    if json {
        let beginning = Beginning { verb, root: &root, manifest: &manifest, options: &options, quiet };
        let mut view = Json::begin(&beginning, &mut console);
        return drive(start(&root, &options), &mut view, console, watch);
    }
    let mut view = VerifyText::new(verb, &root, &manifest, options.policy == Policy::Inside, quiet);
    drive(start(&root, &options), &mut view, console, watch)
}
