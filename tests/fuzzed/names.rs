//! Bytes as a name, there and back: through every writer and the grammars that read it, and through what is shown to people.
//!
//! Looks at no file.

use std::str::Chars;

use checksig::manifest::{Entries, Entry, Format, Grammar, Item, write_entry, write_entry_zero};
use checksig::{Digest, Quoted, Shown, ShownText, is_deceptive};

/// Plays a name, which is all of the bytes.
pub fn play(name: &[u8]) {
    // Any digest will do; so it depends on the name.
    let mut digest = [name.len() as u8; 20];
    digest.iter_mut().zip(name).for_each(|(place, byte)| *place ^= byte);
    let digest = Digest::from_bytes(digest);
    for format in Format::ALL {
        there_and_back(format, &digest, name);
        as_record(format, &digest, name);
    }
    show(name);
}

/// A name that is written is read by whoever may meet the line.
fn there_and_back(format: Format, digest: &Digest, name: &[u8]) {
    let mut line = Vec::new();
    let is_written = write_entry(&mut line, format, digest, name).is_ok();
    let begins_with_blank = matches!(name.first(), Some(b' ' | b'\t'));
    let cannot_be = name.is_empty() || name.contains(&0) || format == Format::Bagit && begins_with_blank;
    assert_eq!(is_written, !cannot_be, "{format:?}: {name:?}");
    if !is_written {
        assert_eq!(line, b"", "half a line is worse than none");
        return;
    }
    let end = if format == Format::Zero { 0 } else { b'\n' };
    assert_eq!(line.iter().position(|&byte| byte == end), Some(line.len() - 1), "one line: {line:?}");
    let readers: &[Grammar] = match format {
        Format::Bagit => &[],
        Format::Zero => &[Grammar::Detect],
        _ => &[Grammar::Detect, Grammar::Strict, Grammar::Gnu],
    };
    for &grammar in [Grammar::Only(format)].iter().chain(readers) {
        expect(&line, grammar, digest, name);
    }
}

/// The same for `sha1sum --zero`, whose records say what they are in every form.
fn as_record(format: Format, digest: &Digest, name: &[u8]) {
    let mut record = Vec::new();
    let is_written = write_entry_zero(&mut record, format, digest, name).is_ok();
    assert_eq!(is_written, !name.is_empty() && !name.contains(&0));
    if is_written && format != Format::OpenSsl {
        expect(&record, Grammar::Only(Format::Zero), digest, name);
        expect(&record.repeat(2), Grammar::Detect, digest, name);
    }
}

/// Every item is the entry.
fn expect(text: &[u8], grammar: Grammar, digest: &Digest, name: &[u8]) {
    let items: Vec<Item> = Entries::new(text, grammar).collect::<Result<_, _>>().expect("memory can be read");
    assert!(!items.is_empty());
    for (line, item) in (1..).zip(items) {
        let expected = Entry { line, digest: *digest, name: name.to_vec() };
        assert_eq!(item, Item::Entry(expected), "{grammar:?}: {text:?}");
    }
}

/// What is shown commands no terminal and can be read back; so no two names look alike.
fn show(name: &[u8]) {
    for (shown, quotes) in [(Shown(name).to_string(), 0), (Quoted(name).to_string(), 1)] {
        assert!(!shown.contains(is_deceptive), "{shown:?}");
        assert_eq!(read_back(&shown[quotes..shown.len() - quotes]), name, "{shown}");
    }
    let quoted = Quoted(name).to_string();
    let closing = quoted.char_indices().skip(1).find(|&(at, letter)| letter == '"' && !is_marked(&quoted[1..at]));
    assert_eq!(closing.map(|(at, _)| at), Some(quoted.len() - 1), "{quoted}");
    let text = String::from_utf8_lossy(name);
    let sentence = ShownText(&text).to_string();
    assert!(!sentence.contains(|letter| letter != '\n' && is_deceptive(letter)), "{sentence:?}");
    assert_eq!(sentence.matches('\n').count(), text.matches('\n').count());
}

/// Whether an odd number of backslashes stands at the end.
fn is_marked(before: &str) -> bool {
    before.chars().rev().take_while(|&letter| letter == '\\').count() % 2 == 1
}

fn read_back(shown: &str) -> Vec<u8> {
    let (mut bytes, mut letters) = (Vec::new(), shown.chars());
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => read_code(&mut letters, &mut bytes),
            plain => bytes.extend(plain.encode_utf8(&mut [0; 4]).bytes()),
        }
    }
    bytes
}

fn read_code(letters: &mut Chars<'_>, bytes: &mut Vec<u8>) {
    match letters.next().expect("a letter behind the backslash") {
        'n' => bytes.push(b'\n'),
        'r' => bytes.push(b'\r'),
        't' => bytes.push(b'\t'),
        'x' => {
            let digits: String = letters.by_ref().take(2).collect();
            bytes.push(u8::from_str_radix(&digits, 16).expect("two digits"));
        }
        'u' => {
            assert_eq!(letters.next(), Some('{'));
            let digits: String = letters.by_ref().take_while(|&letter| letter != '}').collect();
            let letter = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32).expect("a character");
            bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes());
        }
        marked @ ('\\' | '"') => bytes.push(marked as u8),
        other => panic!("\\{other} stands for nothing"),
    }
}
