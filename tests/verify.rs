//! Whole runs through the library: every reader on the same trees, every kind of bad input, bounds and cancelling.
//!
//! The expected outcomes come from how each tree was made, and digests from the crate `sha1` alone.

mod common;

use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

use checksig::OutcomeKind::{Changed, Match, Mismatch, Missing, NotChecked, NotRegular, OutsideRoot, Unreadable};
use checksig::{
    Batch, Error, FileKind, Options, Outcome, OutcomeKind, ReaderChoice, ReaderKind, Record, Run, Verdict, verify,
};
use common::{Tree, bytes, drain, files, hex_digest, make_fifo, outcomes};

const WRONG: &str = "0123456789012345678901234567890123456789";

/// Every way to read; a ring only where Linux gives one, which is printed where it does not.
fn readers() -> Vec<ReaderChoice> {
    let mut readers = vec![ReaderChoice::Auto];
    for kind in [ReaderKind::Mmap, ReaderKind::Pread, ReaderKind::Threads, ReaderKind::Uring] {
        let tree = tempfile::tempdir().unwrap();
        fs::write(tree.path().join("sha1sum.txt"), "").unwrap();
        let mut options = Options::default();
        options.resources.reader = ReaderChoice::Forced(kind);
        match Run::verify(tree.path(), &options) {
            Ok(_) => readers.push(options.resources.reader),
            Err(error) => println!("not run: {error}"),
        }
    }
    readers
}

fn options(reader: ReaderChoice, workers: usize) -> Options {
    let mut options = Options::default();
    options.resources.reader = reader;
    options.resources.workers = NonZeroUsize::new(workers);
    options
}

#[test]
fn every_reader_gives_the_same_outcomes_on_sizes_at_every_edge() {
    let mut tree = Tree::new();
    let mut expected = Vec::new();
    let kib = 1024;
    // Blocks and padding; pages; a buffer of a reader (64 KiB), of a worker (128 KiB), their neighbours; several
    // buffers; more than all reads that one file may have in flight (512 KiB); a huge file (16 MiB).
    let sizes = [
        0,
        1,
        55,
        56,
        63,
        64,
        65,
        119,
        120,
        4_095,
        4_096,
        4_097,
        64 * kib - 1,
        64 * kib,
        64 * kib + 1,
        128 * kib - 1,
        128 * kib,
        128 * kib + 1,
        192 * kib,
        640 * kib + 7,
        16 * kib * kib + 3,
    ];
    for (seed, size) in sizes.into_iter().enumerate() {
        for wrong in [false, true] {
            let name = format!("{size}/{}", if wrong { "wrong" } else { "right" });
            let mut content = bytes(size, seed as u64);
            tree.file(&name, &content);
            if wrong {
                // The last byte, or one byte too few or many: what a reader that stops early would miss.
                match content.last_mut() {
                    Some(last) => *last ^= 1,
                    None => content.push(0),
                }
                fs::write(tree.at(&name), content).unwrap();
            }
            expected.push((name, if wrong { Mismatch } else { Match }));
        }
    }
    tree.seal();
    for reader in readers() {
        for workers in [1, 3] {
            let (records, report) = tree.verify(&options(reader, workers));
            assert_eq!(outcomes(&records), expected, "{reader:?}, {workers} workers");
            assert_eq!(report.verdict(), Verdict::Fail);
            assert_eq!(report.counts.of(Match), sizes.len() as u64);
            for file in files(&records) {
                let content = fs::read(tree.at(&file.name)).unwrap();
                assert_eq!(file.size_bytes, Some(content.len() as u64));
                if let Outcome::Mismatch { actual } = file.outcome {
                    assert_eq!(actual.to_string(), hex_digest(&content), "{reader:?}");
                }
                if let ReaderChoice::Forced(kind) = reader {
                    assert_eq!(file.reader, Some(kind));
                }
            }
        }
    }
}

#[test]
fn every_reader_gives_every_bad_entry_its_outcome_and_the_good_ones_theirs() {
    let mut tree = Tree::new();
    tree.file("good", b"good");
    tree.file("damaged", b"before");
    fs::write(tree.at("damaged"), "after!").unwrap();
    tree.line("gone", WRONG).line("nowhere/gone", WRONG).line("good/below", WRONG);
    fs::create_dir(tree.at("directory")).unwrap();
    make_fifo(&tree.at("fifo"));
    symlink("good", tree.at("link")).unwrap();
    symlink("/etc", tree.at("etc")).unwrap();
    symlink("loop", tree.at("loop")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(tree.at("socket")).unwrap());
    for name in ["directory", "fifo", "link", "etc/passwd", "loop", "socket"] {
        tree.line(name, WRONG);
    }
    tree.line("../up", WRONG).line("/etc/passwd", WRONG).line("directory/", WRONG).line("x".repeat(300), WRONG);
    tree.raw(b"nonsense\n").file("last", b"last").seal();
    let expected = [
        ("good", Match),
        ("damaged", Mismatch),
        ("gone", Missing),
        ("nowhere/gone", Missing),
        ("good/below", Unreadable),
        ("directory", NotRegular),
        ("fifo", NotRegular),
        ("link", Unreadable),
        ("etc/passwd", Unreadable),
        ("loop", Unreadable),
        ("socket", NotRegular),
        ("../up", OutsideRoot),
        ("/etc/passwd", OutsideRoot),
        ("directory/", OutsideRoot),
        (&"x".repeat(300), Unreadable),
        ("last", Match),
    ]
    .map(|(name, kind): (&str, OutcomeKind)| (name.to_owned(), kind));
    for reader in readers() {
        let (records, report) = tree.verify(&options(reader, 2));
        assert_eq!(outcomes(&records), expected, "{reader:?}");
        assert_eq!((report.counts.total(), report.malformed_lines), (16, 1));
        assert_eq!(report.verdict(), Verdict::Fail);
        assert!(matches!(&records[15], Record::Malformed(malformed) if malformed.line == 16), "in its place");
        let kind = |name: &[u8]| files(&records).find(|file| file.name == name).unwrap().outcome.clone();
        assert_eq!(kind(b"fifo"), Outcome::NotRegular(FileKind::Fifo));
        assert_eq!(kind(b"socket"), Outcome::NotRegular(FileKind::Socket));
        assert_eq!(kind(b"directory"), Outcome::NotRegular(FileKind::Directory));
        assert_eq!(kind(b"loop"), Outcome::Unreadable { errno: libc::ELOOP, offset: 0 });
    }
}

#[test]
fn two_entries_for_one_file_with_different_digests_cannot_both_match() {
    for conflicting_first in [false, true] {
        let mut tree = Tree::new();
        if conflicting_first {
            tree.line("./f", WRONG).file("f", b"content");
        } else {
            tree.file("f", b"content").line(".//f", WRONG);
        }
        tree.seal();
        let (records, report) = tree.verify(&Options::default());
        assert_eq!(report.verdict(), Verdict::Fail);
        let kinds: Vec<_> = files(&records).map(|file| file.outcome.kind()).collect();
        assert_eq!(kinds.iter().filter(|kind| **kind == Match).count(), 1);
        assert_eq!(kinds.iter().filter(|kind| **kind == Mismatch).count(), 1);
    }
}

#[test]
fn an_empty_manifest_is_no_pass() {
    for text in ["", "# only a comment\n", "\n\n"] {
        let tree = Tree::new();
        fs::write(tree.at("sha1sum.txt"), text).unwrap();
        let (records, report) = tree.verify(&Options::default());
        assert!(records.is_empty());
        assert_eq!((report.verdict(), report.counts.total()), (Verdict::Fail, 0));
    }
}

#[test]
fn what_makes_a_run_impossible_is_an_error_that_names_it() {
    let tree = Tree::new();
    let missing = tree.at("missing");
    assert!(matches!(verify(&missing, &Options::default()), Err(Error::RootNotFound { path }) if path == missing));
    assert!(matches!(verify(tree.path(), &Options::default()), Err(Error::ManifestNotFound { path, .. })
        if path == tree.at("sha1sum.txt")));
    fs::write(tree.at("file"), "").unwrap();
    assert!(matches!(verify(tree.at("file"), &Options::default()), Err(Error::RootNotDirectory { .. })));
    make_fifo(&tree.at("fifo"));
    fs::create_dir(tree.at("directory")).unwrap();
    for (name, kind) in [("fifo", FileKind::Fifo), ("directory", FileKind::Directory)] {
        let mut options = Options::default();
        options.manifest = Some(tree.at(name));
        let error = verify(tree.path(), &options).unwrap_err();
        assert!(matches!(&error, Error::ManifestNotRegular { kind: found, .. } if *found == kind), "{error}");
        assert!(error.to_string().contains(name), "{error}");
    }
    symlink("file", tree.at("sha1sum.txt")).unwrap();
    let error = verify(tree.path(), &Options::default()).unwrap_err();
    assert!(matches!(error, Error::ManifestUnreadable { .. }), "the root's own manifest is not looked for elsewhere");
}

#[test]
fn permission_denied_is_an_outcome_and_the_others_go_on() {
    if rustix::process::geteuid().is_root() {
        println!("not run: root reads every file; the command's tests do this as another user");
        return;
    }
    let mut tree = Tree::new();
    tree.file("closed", b"closed").file("open", b"open").seal();
    fs::set_permissions(tree.at("closed"), fs::Permissions::from_mode(0o000)).unwrap();
    let (records, _) = tree.verify(&Options::default());
    assert_eq!(files(&records).next().unwrap().outcome, Outcome::Unreadable { errno: libc::EACCES, offset: 0 });
    assert_eq!(outcomes(&records)[1].1, Match);
}

#[test]
fn many_files_come_in_the_order_of_the_manifest_through_every_reader() {
    let mut tree = Tree::new();
    for at in 0..3_000_u64 {
        // One in a hundred is large enough to overtake, and to be overtaken.
        let size = if at % 100 == 0 { 300_000 } else { at as usize % 700 };
        tree.file(format!("d{}/f{at}", at % 7), &bytes(size, at));
    }
    tree.seal();
    for reader in readers() {
        let (records, report) = tree.verify(&options(reader, 2));
        assert_eq!(report.verdict(), Verdict::Pass, "{reader:?}: {:?}", report.failures.first());
        let lines: Vec<_> = files(&records).map(|file| file.line).collect();
        assert_eq!(lines, (1..=3_000).collect::<Vec<_>>(), "{reader:?}");
        assert_eq!(report.readers.iter().map(|used| used.files).sum::<u64>(), 3_000);
        assert_eq!(report.bytes, report.readers.iter().map(|used| used.bytes).sum::<u64>());
    }
    let mut unordered = options(ReaderChoice::Auto, 2);
    unordered.ordered = false;
    let (records, _) = tree.verify(&unordered);
    let mut lines: Vec<_> = files(&records).map(|file| file.line).collect();
    lines.sort_unstable();
    assert_eq!(lines, (1..=3_000).collect::<Vec<_>>());
}

#[test]
fn a_run_whose_records_nobody_takes_waits_and_then_goes_on() {
    let mut tree = Tree::new();
    tree.file("f", b"f");
    let (name, digest) = ("./".repeat(2_000) + "f", hex_digest(b"f"));
    // The names alone are more than the outbox holds.
    for _ in 0..4_000 {
        tree.line(&name, &digest);
    }
    tree.seal();
    let run = Run::verify(tree.path(), &options(ReaderChoice::Auto, 2)).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let progress = run.progress();
    assert!(progress.files_done < 4_000, "{progress:?}");
    let (records, report) = drain(run);
    assert_eq!((records.len(), report.verdict()), (4_001, Verdict::Pass));
}

#[test]
fn a_cancelled_run_ends_soon_and_accounts_for_what_it_planned() {
    let mut tree = Tree::new();
    for at in 0..20 {
        fs::File::create(tree.at(format!("f{at}"))).unwrap().set_len(1 << 34).unwrap();
        tree.line(format!("f{at}"), WRONG);
    }
    tree.seal();
    for reader in readers() {
        let mut run = Run::verify(tree.path(), &options(reader, 2)).unwrap();
        assert_eq!(run.next_batch(Duration::from_millis(50)), Batch::Waiting);
        let started = std::time::Instant::now();
        run.canceller().cancel();
        let (records, report) = drain(run);
        assert!(started.elapsed() < Duration::from_secs(5), "{reader:?}");
        assert!(report.cancelled && report.verdict() == Verdict::Fail);
        assert!(!records.is_empty() && files(&records).all(|file| file.outcome.kind() == NotChecked), "{reader:?}");
    }
}

#[test]
fn a_dropped_run_is_gone() {
    let mut tree = Tree::new();
    fs::File::create(tree.at("f")).unwrap().set_len(1 << 36).unwrap();
    tree.line("f", WRONG).seal();
    for reader in readers() {
        drop(Run::verify(tree.path(), &options(reader, 2)).unwrap());
    }
}

#[test]
fn a_file_that_is_written_to_meanwhile_is_never_a_match_of_other_bytes() {
    let mut tree = Tree::new();
    let content = bytes(4 << 20, 1);
    tree.file("f", &content).seal();
    for reader in readers() {
        for round in 0..20 {
            let path = tree.at("f");
            let writer = std::thread::spawn({
                let content = content.clone();
                move || {
                    // Shorter, longer, and as long but different, at moments that the rounds spread.
                    std::thread::sleep(Duration::from_micros(round * 100));
                    fs::write(&path, &content[..1 << 20]).unwrap();
                    fs::write(&path, [&content[..], b"more"].concat()).unwrap();
                    fs::write(&path, &content).unwrap();
                }
            });
            let (records, report) = tree.verify(&options(reader, 2));
            writer.join().unwrap();
            let kind = outcomes(&records)[0].1;
            assert!(matches!(kind, Match | Changed | Mismatch), "{reader:?}: {kind:?}");
            assert_eq!(report.verdict() == Verdict::Pass, kind == Match);
        }
    }
}

#[test]
fn a_file_that_only_says_that_it_is_empty_is_no_match_of_nothing() {
    let mut tree = Tree::new();
    // Its size is 0, and it holds more.
    tree.line("status", &hex_digest(b"")).seal();
    for reader in readers() {
        let mut options = options(reader, 1);
        options.manifest = Some(tree.at("sha1sum.txt"));
        let (records, report) = drain(Run::verify("/proc/self".as_ref(), &options).unwrap());
        assert_eq!((outcomes(&records)[0].1, report.verdict()), (Changed, Verdict::Fail), "{reader:?}");
    }
}

#[test]
fn a_manifest_that_loses_lines_while_it_is_read_is_no_pass() {
    let mut tree = Tree::new();
    tree.file("f", b"f");
    let line = format!("{}  f\n", hex_digest(b"f"));
    // More than the outbox holds: the run waits for its records to be taken, with half of the manifest unread.
    let lines = 400_000;
    tree.raw(line.repeat(lines).as_bytes()).seal();
    let mut run = Run::verify(tree.path(), &options(ReaderChoice::Auto, 2)).unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let half = (line.len() * lines / 2) as u64;
    fs::File::options().write(true).open(tree.at("sha1sum.txt")).unwrap().set_len(half).unwrap();
    while run.next_batch(Duration::from_secs(10)) != Batch::Finished {}
    assert!(matches!(run.finish(), Err(Error::ManifestChanged { path }) if path == tree.at("sha1sum.txt")));
}

#[test]
fn a_manifest_that_is_read_as_a_bags_because_of_its_name_says_so_where_that_may_be_wrong() {
    let mut tree = Tree::new();
    tree.file("f", b"f");
    let digest = hex_digest(b"f");
    let mut options = Options::default();
    for (name, line, told) in [
        ("manifest-sha1.txt", format!("{digest}  f\n"), false),
        ("manifest-sha1.txt", format!("{digest} *f\n"), true),
        ("manifest-sha1.txt", format!("SHA1 (f) = {digest}\n"), true),
        ("other.txt", format!("{digest} *gone\n"), false),
    ] {
        fs::write(tree.at(name), &line).unwrap();
        options.manifest = Some(tree.at(name));
        let (_, report) = tree.verify(&options);
        let is_told = report.reasons.iter().any(|reason| reason.starts_with("format bagit: taken because"));
        assert_eq!(is_told, told, "{line}: {:?}", report.reasons);
    }
    // Where the format is named, nothing was found out.
    options.manifest = Some(tree.at("manifest-sha1.txt"));
    for format in [checksig::manifest::Format::Bagit, checksig::manifest::Format::Gnu] {
        options.grammar = checksig::manifest::Grammar::Only(format);
        fs::write(tree.at("manifest-sha1.txt"), format!("{digest} *gone\n")).unwrap();
        let (_, report) = tree.verify(&options);
        assert!(!report.reasons.iter().any(|reason| reason.starts_with("format")), "{:?}", report.reasons);
    }
}
