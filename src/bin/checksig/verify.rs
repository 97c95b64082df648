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
    mut choices: Verify,
    watch: &Watch,
) -> Exit {
    let output = choices.output.take();
    let begin = |path: &PathBuf| Output::begin(path, &choices.root, choices.options.manifest.as_deref());
    let file = match output.as_ref().map(begin).transpose() {
        Ok(file) => file,
        Err(error) => {
            say_refusal(&error);
            return Exit::CannotRun;
        }
    };
    choices.options.own = file.iter().flat_map(Output::paths).collect();
    let mut console = Console::new(file, !choices.quiet);
    watch.mind(console.leftovers());
    let started = start(&choices.root, &choices.options);
    let manifest = choices.manifest_of(started.as_ref().ok());
    let Verify { root, options, quiet, json, .. } = choices;
    if json {
        let beginning = Beginning { verb, root: &root, manifest: &manifest, options: &options, quiet };
        let mut view = Json::begin(&beginning, &mut console);
        return drive(started, &mut view, console, watch);
    }
    let mut view = VerifyText::new(verb, &root, &manifest, options.policy == Policy::Inside, quiet);
    drive(started, &mut view, console, watch)
}
