//! Manifests that mean harm, one test for each way to do it, against both verbs that read manifests and every format.
//!
//! The expected outcomes come from how each manifest was made. What a name looks like on a terminal is tested with the
//! command; a manifest of many millions of lines in `resources_long`.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use checksig::OutcomeKind::{Match, Mismatch, NotRegular, OutsideRoot, Unlisted, Unreadable};
use checksig::manifest::{Format, Grammar, LineError, write_entry};
use checksig::{Digest, Error, Options, OutcomeKind, Record, Report, Run, Verb, Verdict};
use common::child::Child;
use common::{Tree, drain, hex_digest, make_fifo, outcomes};

const WRONG: &str = "0123456789012345678901234567890123456789";

/// Starts either verb.
type Start = fn(&Path, &Options) -> Result<Run, Error>;
const VERBS: [Start; 2] = [Run::verify, Run::audit];

/// Reads what stands in the tree as its manifest by both verbs; what an audit says of files without an entry is left out.
fn look(tree: &Tree, options: &Options) -> Vec<(Vec<Record>, Report)> {
    VERBS
        .map(|start| {
            let (mut records, report) = drain(start(tree.path(), options).expect("a run"));
            records.retain(|record| !matches!(record, Record::File(file) if file.outcome.kind() == Unlisted));
            (records, report)
        })
        .into()
}

fn why(records: &[Record]) -> Vec<LineError> {
    let malformed = records.iter().filter_map(|record| match record {
        Record::Malformed(malformed) => Some(malformed.why),
        _ => None,
    });
    malformed.collect()
}

/// An entry in a format, as it would be written if it could.
fn entry(format: Format, name: &[u8], digest: &str) -> Vec<u8> {
    let mut line = Vec::new();
    write_entry(&mut line, format, &digest.parse::<Digest>().expect("a digest"), name).expect("a name");
    line
}

fn read_as(format: Format) -> Options {
    let mut options = Options::default();
    options.grammar = Grammar::Only(format);
    options
}

#[test]
fn what_is_no_entry_is_malformed_counted_and_names_nothing() {
    let hex = hex_digest(b"f");
    for (line, expected) in [
        (format!("{}  f", &hex[1..]), LineError::Digest),
        (format!("{hex}0  f"), LineError::Digest),
        (format!("{}g  f", &hex[1..]), LineError::Digest),
        (hex.clone(), LineError::NoName),
        (format!("{hex}  "), LineError::NoName),
        ("   ".to_owned(), LineError::Form),
        ("SHA1 (".to_owned(), LineError::Form),
        ("SHA1 (f) = ".to_owned(), LineError::Digest),
        ("\\".to_owned(), LineError::Form),
        (format!("\\{hex}  f\\"), LineError::Escape),
        (format!("\\{hex}  \\x66"), LineError::Escape),
        (format!("SHA256 (f) = {hex}"), LineError::Algorithm),
        (format!("{hex} f"), LineError::Form),
        (format!(" {hex}  f"), LineError::Form),
    ] {
        let mut tree = Tree::new();
        tree.file("f", b"f").raw(line.as_bytes()).raw(b"\n").line("f", &hex).seal();
        for (records, report) in look(&tree, &Options::default()) {
            assert_eq!(why(&records), [expected], "{line:?}");
            assert_eq!((records.len(), report.malformed_lines, report.verdict()), (3, 1, Verdict::Fail), "{line:?}");
            assert_eq!(report.counts.of(Match), 2, "the lines around are checked");
        }
    }
}

#[test]
fn the_same_in_the_formats_that_are_asked_for() {
    let hex = hex_digest(b"f");
    for (format, line) in [
        (Format::Bagit, hex.clone() + "\n"),
        (Format::Bagit, format!("{hex}f\n")),
        (Format::Bagit, format!("\\{hex}  f\n")),
        (Format::Bagit, format!("{hex}\t \t\n")),
        (Format::Bsd, format!("{hex}  f\n")),
        (Format::OpenSsl, format!("SHA1 (f) = {hex}\n")),
        (Format::OpenSsl, "SHA1(\n".to_owned()),
        (Format::Gnu, format!("SHA1(f)= {hex}\n")),
        (Format::Zero, "\0".to_owned()),
        (Format::Zero, format!("{hex}\0")),
        (Format::Zero, format!("# {hex}  f\0")),
        (Format::Zero, format!("\\{hex}  f\0")),
    ] {
        let mut tree = Tree::new();
        fs::write(tree.at("f"), "f").unwrap();
        let good = entry(format, b"f", &hex);
        tree.raw(&good).raw(line.as_bytes()).raw(&good).seal();
        for (records, report) in look(&tree, &read_as(format)) {
            let found = (records.len(), report.malformed_lines, report.counts.of(Match), report.verdict());
            assert_eq!(found, (3, 1, 2, Verdict::Fail), "{format:?}: {line:?}");
        }
    }
}

#[test]
fn a_nul_ends_no_name_early() {
    for (line, expected) in [
        (format!("{}  f\0g\n", hex_digest(b"f")), LineError::Nul),
        (format!("{}  f\0\n", hex_digest(b"f")), LineError::Nul),
        (format!("SHA1 (f\0) = {}\n", hex_digest(b"f")), LineError::Nul),
        (format!("SHA1(f\0g)= {}\n", hex_digest(b"f")), LineError::Nul),
        (format!("{}\0  f\n", hex_digest(b"f")), LineError::Digest),
        (hex_digest(b"f").replacen(['0', '1'], "\0", 1) + "  f\n", LineError::Digest),
    ] {
        let mut tree = Tree::new();
        fs::write(tree.at("f"), "f").unwrap();
        tree.raw(line.as_bytes()).seal();
        for (records, report) in look(&tree, &Options::default()) {
            assert_eq!((why(&records), records.len()), (vec![expected], 1), "{line:?}");
            assert_eq!(report.bytes, 0, "nothing was opened for it");
        }
    }
    // In a bag as well; where NUL ends a record, what stands before it is the whole name.
    for format in [Format::Bagit, Format::Gnu] {
        let mut tree = Tree::new();
        fs::write(tree.at("f"), "f").unwrap();
        tree.raw(format!("{}  f\0g\n", hex_digest(b"f")).as_bytes()).seal();
        for (records, _) in look(&tree, &read_as(format)) {
            assert_eq!(why(&records), [LineError::Nul]);
        }
    }
}

#[test]
fn a_manifest_that_was_cut_off_does_not_pass() {
    // In the middle of a record that would name another file, above all.
    let tree = Tree::new();
    for name in ["a", "ab"] {
        fs::write(tree.at(name), "same").unwrap();
    }
    let whole =
        [entry(Format::Zero, b"a", &hex_digest(b"same")), entry(Format::Zero, b"ab", &hex_digest(b"same"))].concat();
    for cut in 1..whole.len() {
        fs::write(tree.at("sha1sum.txt"), &whole[..cut]).unwrap();
        let is_whole_record = whole[cut - 1] == 0;
        for options in [Options::default(), read_as(Format::Zero)] {
            for (records, report) in look(&tree, &options) {
                // What has no NUL at all is a line, and the last line needs no end.
                let is_line = cut == 43 && options.grammar == Grammar::Detect;
                let passes = report.verb == Verb::Verify && (is_whole_record || is_line);
                assert_eq!(report.verdict() == Verdict::Pass, passes, "{cut}: {records:?}");
            }
        }
    }
}

#[test]
fn carriage_returns_marks_and_utf_16() {
    let hex = hex_digest(b"f");
    let read = |text: &[u8], format: Option<Format>| {
        let mut tree = Tree::new();
        fs::write(tree.at("f"), "f").unwrap();
        tree.raw(text).seal();
        let options = format.map_or(Options::default(), read_as);
        let mut looked =
            look(&tree, &options).into_iter().map(|(records, report)| (why(&records), report.counts.of(Match)));
        let (first, second) = (looked.next().unwrap(), looked.next().unwrap());
        assert_eq!(first, second);
        first
    };
    for format in [None, Some(Format::Gnu), Some(Format::Bagit)] {
        assert_eq!(read(format!("{hex}  f\r\n{hex}  f\r").as_bytes(), format), (vec![], 2));
        assert_eq!(
            read(format!("\u{feff}{hex}  f\n{hex}  f\n").as_bytes(), format),
            (vec![LineError::ByteOrderMark], 1)
        );
    }
    for format in [None].into_iter().chain(Format::ALL.map(Some)) {
        for mark in [[0xff, 0xfe], [0xfe, 0xff]] {
            let text: Vec<u8> = format!("{hex}  f\n").bytes().flat_map(|byte| [byte, 0]).collect();
            assert_eq!(read(&[&mark[..], &text].concat(), format), (vec![LineError::Utf16], 0), "{format:?}");
        }
    }
    let text = format!("{hex}  f\n");
    for unmarked in [u16::to_le_bytes, u16::to_be_bytes] {
        let text: Vec<u8> = text.encode_utf16().flat_map(unmarked).collect();
        for format in [None, Some(Format::Gnu), Some(Format::Bagit)] {
            assert_eq!(read(&text, format), (vec![LineError::Utf16], 0), "{format:?}");
        }
        // Cut at every NUL, it shows nothing of it.
        let (found, matches) = read(&text, Some(Format::Zero));
        assert!(!found.is_empty() && matches == 0);
    }
}

#[test]
fn names_that_lead_out_are_outside_in_every_format() {
    let names: [&[u8]; 9] =
        [b"/etc/passwd", b"..", b"../x", b"a/../../x", b"//x", b"d/", b"a/..", b"/dev/stdin", b"/proc/self/mem"];
    for format in Format::ALL {
        let mut tree = Tree::new();
        fs::create_dir(tree.at("d")).unwrap();
        fs::write(tree.at("~"), "home").unwrap();
        for name in names {
            tree.raw(&entry(format, name, WRONG));
        }
        tree.raw(&entry(format, b"~", &hex_digest(b"home"))).seal();
        for (records, report) in look(&tree, &read_as(format)) {
            let expected: Vec<_> = names.map(|_| OutsideRoot).into_iter().chain([Match]).collect();
            let found: Vec<OutcomeKind> = outcomes(&records).into_iter().map(|(_, kind)| kind).collect();
            assert_eq!(found, expected, "{format:?}");
            assert_eq!(report.bytes, 4);
        }
    }
    // Percent-encoded, a slash and dots are letters: no other format of name leads out.
    let mut tree = Tree::new();
    tree.raw(format!("{WRONG}  %2E%2E%2Fx\n{WRONG}  %2Fetc%2Fpasswd\n").as_bytes()).seal();
    for (records, _) in look(&tree, &read_as(Format::Bagit)) {
        assert!(
            outcomes(&records).into_iter().all(|(name, kind)| kind == OutcomeKind::Missing && name.starts_with('%'))
        );
    }
}

#[test]
fn names_that_are_too_long_are_unreadable_and_the_run_goes_on() {
    let names = ["x".repeat(256), "d/".repeat(2_048) + "x", "./".repeat(5_000) + "f", "x/".repeat(5_000) + "f"];
    for format in Format::ALL {
        let mut tree = Tree::new();
        fs::write(tree.at("f"), "f").unwrap();
        for name in &names {
            tree.raw(&entry(format, name.as_bytes(), WRONG));
        }
        tree.raw(&entry(format, b"f", &hex_digest(b"f"))).seal();
        for (records, _) in look(&tree, &read_as(format)) {
            let found: Vec<OutcomeKind> = outcomes(&records).into_iter().map(|(_, kind)| kind).collect();
            assert_eq!(found, [Unreadable, Unreadable, Unreadable, Unreadable, Match], "{format:?}");
        }
    }
}

#[test]
fn a_line_without_an_end_takes_no_memory() {
    const GIB: u64 = 1 << 30;
    let mut tree = Tree::on_disk();
    tree.file("f", b"f");
    let good = format!("{}  f\n", hex_digest(b"f"));
    for hole_first in [false, true] {
        let mut manifest = fs::File::create(tree.at("sha1sum.txt")).unwrap();
        let before = if hole_first { 0 } else { manifest.write(good.as_bytes()).unwrap() as u64 };
        manifest.seek(SeekFrom::Start(before + GIB)).unwrap();
        manifest.write_all(format!("\n{good}").as_bytes()).unwrap();
        drop(manifest);
        let child = Child::verify(env!("CARGO_BIN_EXE_checksig"), tree.path());
        let output = child.limited(libc::RLIMIT_AS, 400_000 * 1024).run();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{err}");
        assert_eq!(out, if hole_first { "f: OK\n" } else { "f: OK\nf: OK\n" });
        assert!(err.contains("1 malformed line") && err.contains("longer than 16384 bytes"), "{err}");
    }
}

#[test]
fn an_entry_that_contradicts_another_fails_whatever_the_spelling_the_order_and_the_threads() {
    for format in Format::ALL {
        for spelling in ["d/f", "./d/f", "d//f", "d/./f"] {
            for wrong_first in [false, true] {
                let mut tree = Tree::new();
                fs::create_dir(tree.at("d")).unwrap();
                fs::write(tree.at("d/f"), "content").unwrap();
                let (right, wrong) =
                    (entry(format, b"d/f", &hex_digest(b"content")), entry(format, spelling.as_bytes(), WRONG));
                let lines = if wrong_first { [&wrong, &right, &right] } else { [&right, &wrong, &right] };
                tree.raw(&lines.map(Vec::as_slice).concat()).seal();
                for workers in [1, 4] {
                    let mut options = read_as(format);
                    options.resources.workers = NonZeroUsize::new(workers);
                    for (records, report) in look(&tree, &options) {
                        let counts = (report.counts.of(Match), report.counts.of(Mismatch), report.verdict());
                        assert_eq!(counts, (2, 1, Verdict::Fail), "{format:?}, {spelling}: {records:?}");
                        assert_eq!(report.counts.of(Unlisted), 0, "{spelling} is a name of it");
                    }
                }
            }
        }
    }
}

#[test]
fn devices_pipes_and_the_like_are_never_read() {
    let mut tree = Tree::new();
    make_fifo(&tree.at("fifo"));
    for (name, target) in [("zero", "/dev/zero"), ("stdin", "/dev/stdin"), ("memory", "/proc/self/mem")] {
        symlink(target, tree.at(name)).unwrap();
    }
    fs::create_dir(tree.at("directory")).unwrap();
    for name in ["fifo", "zero", "stdin", "memory", "directory", "/dev/zero", "-"] {
        tree.line(name, WRONG);
    }
    tree.seal();
    for (records, report) in look(&tree, &Options::default()) {
        let found: Vec<OutcomeKind> = outcomes(&records).into_iter().map(|(_, kind)| kind).collect();
        let missing = OutcomeKind::Missing;
        assert_eq!(found, [NotRegular, Unreadable, Unreadable, Unreadable, NotRegular, OutsideRoot, missing]);
        assert_eq!(report.bytes, 0);
    }
}

#[test]
fn what_is_no_manifest_is_a_clear_error_and_one_that_lists_itself_is_ordinary() {
    let tree = Tree::new();
    make_fifo(&tree.at("fifo"));
    for start in VERBS {
        for path in [tree.at("fifo"), tree.path().to_owned(), "/dev/zero".into()] {
            let mut options = Options::default();
            options.manifest = Some(path.clone());
            let refused = start(tree.path(), &options).err();
            assert!(
                matches!(&refused, Some(Error::ManifestNotRegular { path: named, .. }) if *named == path),
                "{refused:?}"
            );
        }
    }
    let mut tree = Tree::new();
    tree.file("f", b"f").line("sha1sum.txt", WRONG).seal();
    for (records, report) in look(&tree, &Options::default()) {
        assert_eq!(outcomes(&records), [("f".to_owned(), Match), ("sha1sum.txt".to_owned(), Mismatch)]);
        assert_eq!(report.verdict(), Verdict::Fail);
    }
}

#[test]
fn a_format_that_was_guessed_wrong_is_no_way_to_pass() {
    // A manifest of each format, for files whose names are another thing in another format, read as every format: what
    // matches is a file of the name that is told, with the digest that is listed.
    let names: [&[u8]; 7] = [b"a", b"a%0Ab", b"a\nb", b"a\\nb", b"*a", b" a", b"a) = b"];
    let tree = Tree::new();
    for name in names {
        fs::write(tree.at(name), name).unwrap();
    }
    let digest = |name: &[u8]| hex_digest(&fs::read(tree.path().join(OsStr::from_bytes(name))).unwrap());
    for written in Format::ALL {
        let carried = names.into_iter().filter(|name| written != Format::Bagit || !name.starts_with(b" "));
        let text = carried.map(|name| entry(written, name, &digest(name))).collect::<Vec<_>>().concat();
        fs::write(tree.at("sha1sum.txt"), text).unwrap();
        let grammars = Format::ALL.map(Grammar::Only).into_iter().chain([Grammar::Detect, Grammar::Strict]);
        for grammar in grammars {
            let mut options = Options::default();
            options.grammar = grammar;
            let (records, report) = tree.verify(&options);
            for file in common::files(&records).filter(|file| file.outcome.is_match()) {
                assert_eq!(file.expected.unwrap().to_string(), digest(&file.name), "{written:?} by {grammar:?}");
            }
            let reads = |format| {
                format == written || [format, written].iter().all(|one| matches!(one, Format::Gnu | Format::GnuBinary))
            };
            let is_right = match grammar {
                Grammar::Only(format) => reads(format),
                Grammar::Strict => !matches!(written, Format::Bagit | Format::Zero),
                _ => written != Format::Bagit,
            };
            assert_eq!(report.verdict() == Verdict::Pass, is_right, "{written:?} by {grammar:?}: {records:?}");
        }
    }
}
