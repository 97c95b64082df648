//! `checksig verify`: every listed file is there and right.
//!
//! Joins the library's run with a renderer, and decides nothing.

use std::path::PathBuf;

use checksig::{Output, Run};

use crate::args::Verify;
use crate::drive::drive;
use crate::exit::Exit;
use crate::render::{Beginning, Console, Json, Render, VerifyText, say_refusal};

/// Verifies, shows what was found, and says how it ended.
pub(crate) fn run(choices: Verify) -> Exit {
    let begin = |path: &PathBuf| Output::begin(path, &choices.root, &choices.manifest);
    let file = match choices.output.as_ref().map(begin).transpose() {
        Ok(file) => file,
        Err(error) => {
            say_refusal(&error);
            return Exit::CannotRun;
        }
    };
    let mut console = Console::new(file, !choices.quiet);
    if choices.json {
        let beginning = Beginning {
            verb: "verify",
            root: &choices.root,
            manifest: &choices.manifest,
            format: "auto",
            resources: choices.options.resources,
            quiet: choices.quiet,
        };
        let mut view = Json::begin(&beginning, &mut console);
        return go(&choices, &mut view, console);
    }
    let mut view = VerifyText::new(&choices.root, &choices.manifest, choices.quiet);
    go(&choices, &mut view, console)
}

fn go(choices: &Verify, view: &mut impl Render, console: Console) -> Exit {
    drive(Run::verify(&choices.root, &choices.options), view, console)
}
