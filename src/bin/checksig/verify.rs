//! `checksig verify`: every listed file is there and right.
//!
//! Joins the library's run with a renderer, and decides nothing.

use checksig::Run;

use crate::args::Verify;
use crate::drive::drive;
use crate::exit::Exit;
use crate::render::{Console, Json, Render, VerifyText};

/// Verifies, shows what was found, and says how it ended.
pub(crate) fn run(choices: Verify) -> Exit {
    if choices.json {
        let mut console = Console::new(false);
        let mut view = Json::new(choices.quiet);
        view.start(&choices.root, &choices.manifest, &mut console);
        return go(&choices, &mut view, console);
    }
    let console = Console::new(!choices.quiet);
    let mut view = VerifyText::new(&choices.root, &choices.manifest, choices.quiet);
    go(&choices, &mut view, console)
}

fn go(choices: &Verify, view: &mut impl Render, console: Console) -> Exit {
    drive(Run::verify(&choices.root, &choices.options), view, console)
}
