//! `checksig audit`: every listed file is there and right, and nothing else is there.
//!
//! Joins the library's run with a renderer, and decides nothing.

use checksig::Run;

use crate::args::Verify;
use crate::exit::Exit;
use crate::signals::Watch;
use crate::verify::check;

/// Audits, shows what was found, and says how it ended.
pub(crate) fn run(choices: Verify, watch: &Watch) -> Exit {
    check("audit", Run::audit, choices, watch)
}
