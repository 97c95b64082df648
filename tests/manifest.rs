//! Manifests as a whole, on names and bytes that nobody thought of, and beside the system's own `sha1sum -c`.
//!
//! The forms of a line and the edges are tested in the library; nothing here knows how a line is read.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufReader, ErrorKind};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output};

use checksig::Digest;
use checksig::manifest::{Entries, Entry, Format, GnuMode, Grammar, Item, LineError, escape_name, write_entry};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

const FORMATS: [Format; 3] = [Format::Gnu, Format::GnuBinary, Format::Bsd];
const GRAMMARS: [Grammar; 2] = [Grammar::Strict, Grammar::Gnu];

fn items(text: &[u8], grammar: Grammar) -> Vec<Item> {
    Entries::new(text, grammar).collect::<Result<_, _>>().unwrap()
}

fn written(format: Format, digest: &Digest, name: &[u8]) -> Vec<u8> {
    let mut line = Vec::new();
    write_entry(&mut line, format, digest, name).unwrap();
    line
}

fn line_of(item: &Item) -> u64 {
    match item {
        Item::Entry(entry) => entry.line,
        Item::Malformed(malformed) => malformed.line,
    }
}

/// Any name that a file can have, with the bytes that mean something in a line far more often than chance would.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![select(&b"\\\n\r #*()=nr\t"[..]), 1..=u8::MAX];
    vec(byte, 1..40)
}

/// Bytes that are lines more often than noise: pieces of lines in any order.
fn text() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: [&[u8]; 18] = [
        b"da39a3ee5e6b4b0d3255bfef95601890afd80709",
        b"da39a3ee5e6b4b0d3255bfef95601890afd8070",
        b"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709  ",
        b"da39a3ee5e6b4b0d3255bfef95601890afd80709 *a\n",
        b"SHA1 (",
        b"SHA1(a)= da39a3ee5e6b4b0d3255bfef95601890afd80709\n",
        b") = da39a3ee5e6b4b0d3255bfef95601890afd80709\n",
        b"MD5 (",
        b"\n",
        b"\r\n",
        b"\r",
        b" ",
        b"\t",
        b"\\",
        b"\0",
        b"#",
        b"\xef\xbb\xbf",
        b"name",
    ];
    let piece = prop_oneof![4 => select(&PIECES[..]).prop_map(<[u8]>::to_vec), 1 => vec(any::<u8>(), 0..6)];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn what_is_written_is_read_back(name in name(), bytes in any::<[u8; 20]>()) {
        let digest = Digest::from_bytes(bytes);
        for format in FORMATS {
            for grammar in GRAMMARS {
                let expected = Item::Entry(Entry { line: 1, digest, name: name.clone() });
                prop_assert_eq!(items(&written(format, &digest, &name), grammar), [expected], "{:?} {:?}", format, grammar);
            }
        }
    }

    #[test]
    fn every_line_that_says_something_is_one_item(text in text()) {
        // The rule, told once more and by other means: `#` in column 0 and nothing before the end say nothing.
        let says = |line: &[u8]| !line.starts_with(b"#") && !matches!(line, b"" | b"\r");
        let lines: Vec<u64> =
            (1..).zip(text.split(|&byte| byte == b'\n')).filter(|(_, line)| says(line)).map(|(at, _)| at).collect();
        let units: Vec<bool> = text.split(|&byte| byte == b'\n').next().unwrap_or_default().iter().map(|&byte| byte == 0).collect();
        let unmarked = units.len() >= 8 && (0..7).all(|at| units[at] != units[at + 1]) && text[0] != b'#';
        let utf16 = text.starts_with(b"\xff\xfe") || text.starts_with(b"\xfe\xff") || unmarked;
        for grammar in GRAMMARS {
            let found: Vec<u64> = items(&text, grammar).iter().map(line_of).collect();
            let given_up = utf16 && grammar == Grammar::Strict;
            prop_assert_eq!(&found[..], if given_up { &[1][..] } else { &lines[..] }, "{:?}", grammar);
        }
    }

    #[test]
    fn what_is_read_means_the_same_when_written_again(text in text()) {
        for grammar in GRAMMARS {
            for item in items(&text, grammar) {
                let Item::Entry(entry) = item else { continue };
                // The line without a name that `sha1sum` takes is nothing to write.
                if entry.name.is_empty() {
                    continue;
                }
                let again = items(&written(Format::Gnu, &entry.digest, &entry.name), grammar);
                prop_assert_eq!(again, [Item::Entry(Entry { line: 1, ..entry })], "{:?}", grammar);
            }
        }
    }

    #[test]
    fn the_buffer_makes_no_difference(text in text()) {
        for grammar in GRAMMARS {
            let expected = items(&text, grammar);
            // One byte, a few, and more than the text.
            for capacity in [1, 7, 64 * 1024] {
                let mut entries = Entries::new(BufReader::with_capacity(capacity, &text[..]), grammar);
                let found: Vec<Item> = entries.by_ref().collect::<Result<_, _>>().unwrap();
                prop_assert_eq!(&found, &expected, "{:?}, {} bytes", grammar, capacity);
                let ended = !matches!(found.last(), Some(Item::Malformed(last)) if last.why == LineError::Utf16);
                prop_assert!(!ended || entries.bytes_read() == text.len() as u64);
            }
        }
    }
}

/// Names of the files that the lines below may list; the bytes of each file are its name.
const LISTED: [&[u8]; 16] = [
    b"a", b"b", b" a", b"*a", b" ", b"*", b"a b", b"a ", b"(a", b"a)", b"a) = b", b"a\\b", b"a\nb", b"a\rb", b"\\a",
    b"\xff",
];

/// A line that `sha1sum -c` takes or only just refuses, mostly about files that exist.
fn gnu_line() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        6 => select(&LISTED[..]).prop_map(|name| escape_name(name).into_owned()),
        2 => select(&LISTED[..]).prop_map(<[u8]>::to_vec),
        1 => select(vec![&b"absent"[..], b"a\\", b"a\\t", b"", b"SHA1 (a)"]).prop_map(<[u8]>::to_vec),
    ];
    let before = select(vec!["", "", "", "", "\\", "\\", " ", "\t\\", "\\ ", "#", " #", "\\\\"]);
    let digest = prop_oneof![
        // The right digest for most names, by the mark `=`; it is put in when the name is known.
        6 => Just("=".to_owned()),
        1 => Just("00a9a3ee5e6b4b0d3255bfef95601890afd80709".to_owned()),
        1 => "[0-9a-fg]{39,41}",
    ];
    let shape = select(vec![
        "D  N",
        "D  N",
        "D  N",
        "D *N",
        "D N",
        "D\tN",
        "D\t N",
        "D\t*N",
        "DN",
        "D",
        "D ",
        "SHA1 (N) = D",
        "SHA1(N)= D",
        "SHA1 (N)=D",
        "SHA1\t(N) = D",
        "SHA1  (N) = D",
        "SHA1 (N) \t=\t D",
        "SHA1 (N) = D ",
        "SHA1 (N) D",
        "SHA1 N",
        "SHA1 (N",
        "SHA256 (N) = D",
        "sha1 (N) = D",
    ]);
    let end = select(vec!["\n", "\n", "\n", "\r\n", "\r\r\n", " \n", "\n\n", "\n \n", "\n\r\n"]);
    (before, digest, shape, name, end).prop_map(|(before, digest, shape, name, end)| {
        let plain = if before.ends_with('\\') { unescaped(&name) } else { name.clone() };
        let right = if digest == "=" { sha1_of(&plain) } else { digest };
        let mut line = before.as_bytes().to_vec();
        for byte in shape.bytes() {
            match byte {
                b'D' => line.extend(right.bytes()),
                b'N' => line.extend(&name),
                other => line.push(other),
            }
        }
        line.extend(end.bytes());
        line
    })
}

/// The name in `LISTED` that is escaped so, or the text itself.
fn unescaped(escaped: &[u8]) -> Vec<u8> {
    LISTED.into_iter().find(|name| *escape_name(name) == *escaped).unwrap_or(escaped).to_vec()
}

fn sha1_of(bytes: &[u8]) -> String {
    use sha1::Digest as _;
    Digest::from_bytes(sha1::Sha1::digest(bytes).into()).to_string()
}

/// What `sha1sum -c --warn` prints for these items: its standard output, and which lines it calls malformed.
fn expected(manifest: &str, items: &[Item], directory: &Path, out: &mut Vec<u8>, malformed: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Entry(entry) => {
                // Of the names that need it, sha1sum -c escapes in its answer only those that would be two lines.
                if entry.name.contains(&b'\n') {
                    out.push(b'\\');
                    out.extend(&*escape_name(&entry.name));
                } else {
                    out.extend(&entry.name);
                }
                let outcome = match fs::read(directory.join(OsStr::from_bytes(&entry.name))) {
                    Ok(bytes) if sha1_of(&bytes) == entry.digest.to_string() => "OK",
                    Ok(_) => "FAILED",
                    Err(_) => "FAILED open or read",
                };
                out.extend(format!(": {outcome}\n").bytes());
            }
            Item::Malformed(line) => {
                malformed.push(format!("sha1sum: {manifest}: {}: improperly formatted SHA1 checksum line", line.line));
            }
        }
    }
}

fn sha1sum(directory: &Path, manifests: &[&str]) -> Option<Output> {
    let mut command = Command::new("sha1sum");
    command.args(["--check", "--warn"]).args(manifests).env("LC_ALL", "C").current_dir(directory);
    match command.output() {
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        output => Some(output.unwrap()),
    }
}

#[test]
fn the_gnu_grammar_is_that_of_the_system() {
    const RUNS: u32 = 150;
    let directory = tempfile::tempdir().unwrap();
    for name in LISTED {
        fs::write(directory.path().join(OsStr::from_bytes(name)), name).unwrap();
    }
    if sha1sum(directory.path(), &["a"]).is_none() {
        println!("skipped: 1 differential test ({RUNS} runs): no sha1sum on this system");
        return;
    }
    // Two manifests a run: the mode of the first one's first untagged line holds for the second.
    let manifests = (vec(gnu_line(), 1..12), vec(gnu_line(), 1..12));
    proptest!(config(RUNS), |((first, second) in manifests)| {
        let (mut out, mut malformed, mut mode) = (Vec::new(), Vec::new(), GnuMode::default());
        for (manifest, lines) in [("m1", first), ("m2", second)] {
            let text = lines.concat();
            fs::write(directory.path().join(manifest), &text).unwrap();
            let mut entries = Entries::new(&text[..], Grammar::Gnu).with_mode(mode);
            let items: Vec<Item> = entries.by_ref().collect::<Result<_, _>>().unwrap();
            mode = entries.mode();
            expected(manifest, &items, directory.path(), &mut out, &mut malformed);
        }
        let theirs = sha1sum(directory.path(), &["m1", "m2"]).unwrap();
        let stderr = String::from_utf8_lossy(&theirs.stderr);
        let complaints: Vec<&str> = stderr.lines().filter(|line| line.contains("improperly formatted SHA1")).collect();
        prop_assert_eq!(theirs.stdout.escape_ascii().to_string(), out.escape_ascii().to_string());
        prop_assert_eq!(complaints, malformed);
    });
}
