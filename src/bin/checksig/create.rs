//! `checksig create`: writes a manifest.
//!
//! Joins the library's run with a renderer, and decides nothing.

use checksig::Run;

use crate::args::Create;
use crate::drive::drive;
use crate::exit::Exit;
use crate::render::{Console, CreateText};
use crate::signals::Watch;

/// Writes the manifest, shows what could not be listed, and says how it ended.
pub(crate) fn run(choices: Create, watch: &Watch) -> Exit {
    let mut view = CreateText::new(&choices.manifest);
    let console = Console::new(None, true);
    watch.mind(console.leftovers());
    drive(Run::create(&choices.root, &choices.options), &mut view, console, watch)
}
