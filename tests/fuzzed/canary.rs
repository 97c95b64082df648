//! A reader of lines with a fault that is planted in it: `make fuzz` goes wrong where the fuzzer does not find it.
//!
//! The fault is small: a blank at the end of a name is lost.

use checksig::manifest::{GnuMode, Grammar};

use crate::grammar::Said;
use crate::lines;

/// What `lines` plays, with the faulty reader.
pub fn play(bytes: &[u8]) {
    lines::play_with(bytes, read);
}

fn read(text: &[u8], grammar: Grammar, mode: GnuMode) -> (Said, GnuMode) {
    let (mut said, mode) = lines::read(text, grammar, mode);
    if let Said::Entry(_, name) = &mut said
        && name.len() > 1
        && name.ends_with(b" ")
    {
        name.pop();
    }
    (said, mode)
}
