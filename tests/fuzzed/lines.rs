//! Bytes as one line, read by every grammar beside the naive twin in `grammar`.
//!
//! What goes from one line to the next is the affair of `manifests`.

use checksig::manifest::{Entries, Format, GnuMode, Grammar, Item};

use crate::grammar::{Said, first_line};

/// The grammars that read a line without having to look at what comes behind it.
const GRAMMARS: [Grammar; 8] = [
    Grammar::Strict,
    Grammar::Gnu,
    Grammar::Only(Format::Gnu),
    Grammar::Only(Format::GnuBinary),
    Grammar::Only(Format::Bsd),
    Grammar::Only(Format::OpenSsl),
    Grammar::Only(Format::Bagit),
    Grammar::Only(Format::Zero),
];

/// Panics where a grammar and its twin do not agree on the line.
pub fn play(bytes: &[u8]) {
    play_with(bytes, read);
}

/// The same for another reader of lines than the library's.
pub fn play_with(bytes: &[u8], read: fn(&[u8], Grammar, GnuMode) -> (Said, GnuMode)) {
    for grammar in GRAMMARS {
        let end = if grammar == Grammar::Only(Format::Zero) { 0 } else { b'\n' };
        let line = bytes.split(|&byte| byte == end).next().unwrap_or_default();
        let text = [line, &[end]].concat();
        for before in [GnuMode::Open, GnuMode::Standard, GnuMode::Reversed] {
            let mut mode = before;
            let expected = first_line(line, grammar, &mut mode);
            assert_eq!(read(&text, grammar, before), (expected, mode), "{grammar:?} from {before:?}: {line:?}");
            if grammar != Grammar::Gnu {
                break;
            }
        }
    }
}

/// What the library finds on a line, its end included, and the mode in which it leaves off.
pub fn read(text: &[u8], grammar: Grammar, mode: GnuMode) -> (Said, GnuMode) {
    let mut entries = Entries::new(text, grammar).with_mode(mode);
    let said = match entries.next().transpose().expect("memory can be read") {
        None => Said::Nothing,
        Some(Item::Entry(entry)) => Said::Entry(entry.digest.to_string(), entry.name),
        Some(Item::Malformed(_)) => Said::Malformed,
    };
    assert!(entries.next().is_none(), "a second item of one line");
    (said, entries.mode())
}
