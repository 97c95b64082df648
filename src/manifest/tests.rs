//! The edges of a manifest as a whole: ends of lines, encodings, lengths, modes and errors.
//!
//! The forms of a line are tested beside the grammars, and arbitrary bytes in `tests/manifest.rs`.

use std::io::{BufReader, Read};

use super::*;

const HEX: &str = "da39a3ee5e6b4b0d3255bfef95601890afd80709";

/// Items as `line:name` or `line!why`.
fn seen(text: &[u8], grammar: Grammar) -> Vec<String> {
    Entries::new(text, grammar).map(|item| shown(&item.unwrap())).collect()
}

fn shown(item: &Item) -> String {
    match item {
        Item::Entry(entry) => format!("{}:{}", entry.line, entry.name.escape_ascii()),
        Item::Malformed(malformed) => format!("{}!{:?}", malformed.line, malformed.why),
    }
}

fn both(text: &str, expected: &[&str]) {
    let text = text.replace("HEX", HEX);
    for grammar in [Grammar::Strict, Grammar::Gnu] {
        assert_eq!(seen(text.as_bytes(), grammar), expected, "{grammar:?} of {text:?}");
    }
}

#[test]
fn ends_of_lines_comments_and_empty_lines() {
    both("", &[]);
    both("\n\r\n\r", &[]);
    both("#", &[]);
    both("#HEX  a\n# \r\nHEX  b", &["3:b"]);
    both(" # a comment begins in column 0\n", &["1!Form"]);
    both("HEX  a\r\nHEX  b\r", &["1:a", "2:b"]);
    // One CR belongs to the end of the line; the one before it belongs to the name.
    both("HEX  a\r\r\n", &["1:a\\r"]);
    both(" \n\t\n \r\n", &["1!Form", "2!Form", "3!Form"]);
    both("HEX  a\0b\nHEX  c\n", &["1!Nul", "2:c"]);
    both("HEX  #a\nSHA1 (#) = HEX", &["1:#a", "2:#"]);
}

#[test]
fn other_encodings_are_named() {
    let strict = |text: &str, expected: &[&str]| {
        assert_eq!(seen(text.replace("HEX", HEX).as_bytes(), Grammar::Strict), expected, "{text:?}");
    };
    strict("\u{feff}HEX  a\nHEX  b\n", &["1!ByteOrderMark", "2:b"]);
    strict("\u{feff}# comment\n", &["1!ByteOrderMark"]);
    strict("\u{feff}", &["1!ByteOrderMark"]);
    both("HEX  a\n\u{feff}HEX  b\n", &["1:a", "2!Digest"]);
    for start in [[0xff, 0xfe], [0xfe, 0xff]] {
        let text = [&start[..], b"H\0\n\0", HEX.as_bytes(), b"  a\n"].concat();
        assert_eq!(seen(&text, Grammar::Strict), ["1!Utf16"], "one item, not one a line");
        assert_eq!(seen(&text, Grammar::Gnu).len(), 2, "sha1sum knows no encodings");
        let unmarked = text[2..].to_vec();
        assert_ne!(seen(&unmarked, Grammar::Strict), ["1!Utf16"], "two letters say nothing");
        let later = [b"\n", &text[..]].concat();
        assert!(!seen(&later, Grammar::Strict).contains(&"2!Utf16".to_owned()), "only the first line has a mark");
    }
}

#[test]
fn utf16_is_known_without_a_mark_by_its_nuls() {
    let text = format!("{HEX}  a\n{HEX}  b\n");
    let encoded = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
    for text in [encoded(u16::to_le_bytes), encoded(u16::to_be_bytes)] {
        assert_eq!(seen(&text, Grammar::Strict), ["1!Utf16"], "one item, not one a line");
        assert_eq!(seen(&text, Grammar::Detect), ["1!Utf16"]);
        assert!(!seen(&text, Grammar::Gnu).contains(&"1!Utf16".to_owned()), "sha1sum knows no encodings");
        assert!(!seen(&text[..7], Grammar::Strict).contains(&"1!Utf16".to_owned()), "so little says nothing");
    }
    both("a\0b\0c\0dd\n", &["1!Form"]);
}

#[test]
fn a_line_has_a_greatest_length() {
    for (length, end) in
        [(LINE_BYTES_MAX, ""), (LINE_BYTES_MAX, "\n"), (LINE_BYTES_MAX, "\r\n"), (LINE_BYTES_MAX, "\r")]
    {
        let line = format!("{HEX}  {}", "n".repeat(length - HEX.len() - 2));
        for capacity in [1, 4096, LINE_BYTES_MAX, 4 * LINE_BYTES_MAX] {
            let items = |text: String| -> Vec<Item> {
                let input = BufReader::with_capacity(capacity, text.as_bytes());
                Entries::new(input, Grammar::Strict).collect::<Result<_, _>>().unwrap()
            };
            let longest = items(format!("{line}{end}"));
            assert!(
                matches!(&longest[..], [Item::Entry(entry)] if entry.name.len() == length - 42),
                "{capacity} {end:?}"
            );
            let longer = items(format!("{line}n{end}"));
            let [Item::Malformed(malformed)] = &longer[..] else { panic!("{longer:?}") };
            assert_eq!(malformed.why, LineError::TooLong);
            assert_eq!(malformed.text, line.as_bytes()[..LINE_SHOWN_BYTES_MAX]);
        }
    }
}

#[test]
fn a_line_of_gigabytes_takes_no_memory_and_no_more_than_its_place() {
    // 64 MiB stand for them; `lines` shows that what is kept of a line does not grow.
    let long = std::io::repeat(b'a').take(64 << 20);
    let rest = format!("\n{HEX}  a\n#");
    let input = BufReader::new(long.chain(rest.as_bytes()).chain(std::io::repeat(b'#').take(1 << 20)));
    let mut entries = Entries::new(input, Grammar::Gnu);
    assert_eq!(shown(&entries.next().unwrap().unwrap()), "1!TooLong");
    assert_eq!(entries.bytes_read(), (64 << 20) + 1);
    assert_eq!(shown(&entries.next().unwrap().unwrap()), "2:a");
    assert!(entries.next().is_none(), "a comment is a comment at any length");
    assert_eq!(entries.bytes_read(), (64 << 20) + rest.len() as u64 + (1 << 20));
}

#[test]
fn the_gnu_mode_goes_from_one_manifest_to_the_next() {
    let text = format!("{HEX} a\n");
    let mut first = Entries::new(text.as_bytes(), Grammar::Gnu);
    assert_eq!(first.mode(), GnuMode::Open);
    assert_eq!(first.by_ref().count(), 1);
    let text = format!("{HEX}  a\n");
    let second = Entries::new(text.as_bytes(), Grammar::Gnu).with_mode(first.mode());
    assert_eq!(second.map(|item| shown(&item.unwrap())).collect::<Vec<_>>(), ["1: a"]);
}

#[test]
fn a_line_that_is_too_long_fixes_the_gnu_mode() {
    let long = "n".repeat(LINE_BYTES_MAX);
    for (blanks, mode, next) in [("  ", GnuMode::Standard, "Form"), (" ", GnuMode::Reversed, "f1")] {
        let text = format!("{HEX}{blanks}{long}\n{HEX} f1\n");
        let mut entries = Entries::new(text.as_bytes(), Grammar::Gnu);
        let shown: Vec<String> = entries.by_ref().map(|item| shown(&item.unwrap())).collect();
        assert!(shown[0].contains("TooLong") && shown[1].contains(next), "{shown:?}");
        assert_eq!(entries.mode(), mode);
    }
}

#[test]
fn an_error_of_reading_ends_the_items() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::ConnectionReset.into())
        }
    }
    let text = format!("{HEX}  a\n{HEX}  cut short");
    let mut entries = Entries::new(BufReader::new(text.as_bytes().chain(Broken)), Grammar::Strict);
    assert_eq!(shown(&entries.next().unwrap().unwrap()), "1:a");
    let error = entries.next().unwrap().unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset, "half a line must not pass for a name");
    assert!(entries.next().is_none() && entries.next().is_none());
}

/// Items of a manifest in which `HEX` stands for a digest.
fn read(text: &str, grammar: Grammar) -> Vec<String> {
    seen(text.replace("HEX", HEX).as_bytes(), grammar)
}

#[test]
fn records_that_end_with_nul_are_found_out_and_need_no_escapes() {
    for grammar in [Grammar::Detect, Grammar::Only(Format::Zero)] {
        assert_eq!(
            read("HEX  a\nb\\\r\0HEX *#\0SHA1 (c) = HEX\0", grammar),
            ["1:a\\nb\\\\\\r", "2:#", "3:c"],
            "{grammar:?}"
        );
        // No comments, no empty records, and the last has an end as well.
        assert_eq!(
            read("HEX  a\0HEX  b\0# no comment\0\0HEX  c", grammar),
            ["1:a", "2:b", "3!Form", "4!Form", "5!Unended"]
        );
    }
    assert_eq!(read("", Grammar::Only(Format::Zero)), [""; 0]);
    assert_eq!(read("HEX  a\nHEX  b\n", Grammar::Only(Format::Zero)), ["1!Unended"], "lines are another format");
    assert_eq!(read("HEX  a\0HEX  b\0", Grammar::Only(Format::Gnu)), ["1!Nul"], "and so are records");
    assert_eq!(read("HEX  a\0b\nHEX  c\n", Grammar::Detect), ["1!Nul", "2:c"], "nothing is called a that is a\\0b");
    assert_eq!(read("\u{feff}HEX  a\0", Grammar::Only(Format::Zero)), ["1!ByteOrderMark"]);
}

#[test]
fn lines_of_all_formats_may_stand_side_by_side_unless_one_is_asked_for() {
    let text = "HEX  a\nHEX *b\nSHA1 (c) = HEX\r\nSHA1(d)= HEX\n";
    for grammar in [Grammar::Detect, Grammar::Strict] {
        assert_eq!(read(text, grammar), ["1:a", "2:b", "3:c", "4:d"], "{grammar:?}");
    }
    for (format, expected) in [
        (Format::Gnu, ["1:a", "2:b", "3!OtherFormat(Bsd)", "4!OtherFormat(OpenSsl)"]),
        (Format::Bsd, ["1!OtherFormat(Gnu)", "2!OtherFormat(Gnu)", "3:c", "4!OtherFormat(OpenSsl)"]),
        (Format::OpenSsl, ["1!OtherFormat(Gnu)", "2!OtherFormat(Gnu)", "3!OtherFormat(Bsd)", "4:d"]),
        (Format::Bagit, ["1:a", "2:*b", "3!OtherFormat(Bsd)", "4!OtherFormat(OpenSsl)"]),
    ] {
        assert_eq!(read(text, Grammar::Only(format)), expected, "{format:?}");
    }
}

#[test]
fn what_is_written_is_read_in_every_format() {
    let names =
        [&b"a"[..], b"*a", b"a b ", b"back\\slash", b"new\nline", b"cr\r", b"100%0A", b": OK", b"\xff\x1b[m", b")"];
    let digest = HEX.parse().unwrap();
    for format in Format::ALL {
        let mut text = Vec::new();
        names.iter().for_each(|name| write_entry(&mut text, format, &digest, name).unwrap());
        let detected =
            if format == Format::Bagit { Grammar::Detect.for_manifest(b"manifest-sha1.txt") } else { Grammar::Detect };
        for grammar in [Grammar::Only(format), detected] {
            let items: Vec<Item> = Entries::new(&text[..], grammar).collect::<Result<_, _>>().unwrap();
            let read: Vec<&[u8]> = items
                .iter()
                .map(|item| match item {
                    Item::Entry(entry) => &entry.name[..],
                    Item::Malformed(malformed) => panic!("{malformed:?}"),
                })
                .collect();
            assert_eq!(read, names, "{format:?} by {grammar:?}");
        }
    }
}
