//! Bytes as a whole manifest, in every format and whatever the buffer: which lines are items, what each says by itself, and
//! that what was read can be written and read again.
//!
//! How one line is read is the affair of `lines`.

use std::io::BufReader;

use checksig::limits::LINE_SHOWN_BYTES_MAX;
use checksig::manifest::{Entries, Entry, Format, GnuMode, Grammar, Item, LineError, Malformed, write_entry};

/// The first byte is the size of the buffer, the others are the manifest.
pub fn play(bytes: &[u8]) {
    let Some((&capacity, text)) = bytes.split_first() else { return };
    let mut grammars = Format::ALL.map(Grammar::Only).to_vec();
    grammars.extend([Grammar::Strict, Grammar::Gnu]);
    for grammar in grammars {
        let items = read_whole(text, grammar, usize::from(capacity).max(1));
        expect_lines(text, grammar, &items);
        items.iter().for_each(|item| look_at(item, grammar));
    }
    let detected = read_whole(text, Grammar::Detect, usize::from(capacity).max(1));
    let of = |grammar| read(text, grammar, GnuMode::Open, 4096).0;
    assert!(
        detected == of(Grammar::Strict) || detected == of(Grammar::Only(Format::Zero)),
        "what was found out is no format: {text:?}"
    );
}

/// The items, and what the iterator says of itself at their end.
fn read(text: &[u8], grammar: Grammar, mode: GnuMode, capacity: usize) -> (Vec<Item>, GnuMode, u64) {
    let mut entries = Entries::new(BufReader::with_capacity(capacity, text), grammar).with_mode(mode);
    let items = entries.by_ref().collect::<Result<_, _>>().expect("memory can be read");
    (items, entries.mode(), entries.bytes_read())
}

/// The items, which are the same through a small buffer and a large one.
fn read_whole(text: &[u8], grammar: Grammar, capacity: usize) -> Vec<Item> {
    let (items, mode, bytes) = read(text, grammar, GnuMode::Open, 64 * 1024);
    assert_eq!(read(text, grammar, GnuMode::Open, capacity), (items.clone(), mode, bytes), "{grammar:?} of {text:?}");
    if !is_given_up(&items) {
        assert_eq!(bytes, text.len() as u64, "{grammar:?} of {text:?}");
    }
    items
}

fn is_given_up(items: &[Item]) -> bool {
    matches!(items, [Item::Malformed(Malformed { why: LineError::Utf16, line: 1, .. })])
}

/// Every line that says something is one item with its number, and says the same where it stands alone.
fn expect_lines(text: &[u8], grammar: Grammar, items: &[Item]) {
    if is_given_up(items) {
        return;
    }
    let is_records = grammar == Grammar::Only(Format::Zero);
    let end = if is_records { 0 } else { b'\n' };
    let (mut items, mut mode) = (items.iter(), GnuMode::Open);
    for (number, line) in (1..).zip(text.split_inclusive(|&byte| byte == end)) {
        // The first line alone may begin with a mark.
        let before: &[u8] = if number == 1 || is_records { b"" } else { b"\n" };
        let (alone, after, _) = read(&[before, line].concat(), grammar, mode, 4096);
        mode = after;
        let says = is_records || !line.starts_with(b"#") && !matches!(line, b"\n" | b"\r\n" | b"\r");
        assert_eq!(alone.len(), usize::from(says), "{grammar:?}: {line:?}");
        let Some(alone) = alone.into_iter().next() else { continue };
        let found = items.next().expect("an item for every line");
        let is_mark =
            matches!(&alone, Item::Malformed(Malformed { why: LineError::ByteOrderMark | LineError::Utf16, .. }));
        if is_records && number > 1 && is_mark {
            continue;
        }
        assert_eq!(*found, numbered(alone, number), "{grammar:?} of {text:?}");
    }
    assert_eq!(items.next(), None, "{grammar:?} of {text:?}");
}

fn numbered(mut item: Item, number: u64) -> Item {
    match &mut item {
        Item::Entry(entry) => entry.line = number,
        Item::Malformed(malformed) => malformed.line = number,
    }
    item
}

/// A name can be opened and written again; what is shown of a line that is none is short.
fn look_at(item: &Item, grammar: Grammar) {
    match item {
        Item::Malformed(malformed) => assert!(malformed.text.len() <= LINE_SHOWN_BYTES_MAX),
        Item::Entry(entry) if entry.name.is_empty() => assert_eq!(grammar, Grammar::Gnu),
        Item::Entry(entry) => {
            assert!(!entry.name.contains(&0), "{grammar:?}: {entry:?}");
            Format::ALL.into_iter().for_each(|format| write_again(entry, format));
        }
    }
}

fn write_again(entry: &Entry, format: Format) {
    let mut text = Vec::new();
    let is_written = write_entry(&mut text, format, &entry.digest, &entry.name).is_ok();
    if !is_written {
        assert!(format == Format::Bagit && b" \t".contains(&entry.name[0]) && text.is_empty(), "{format:?}: {entry:?}");
        return;
    }
    let (again, ..) = read(&text, Grammar::Only(format), GnuMode::Open, 4096);
    assert_eq!(again, [Item::Entry(Entry { line: 1, ..entry.clone() })], "{format:?}");
}
