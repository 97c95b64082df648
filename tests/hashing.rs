//! Digests without a manifest: of bytes, of one file, of the files of a list; every reader, every kind of bad path.
//!
//! The expected digests come from the crate `sha1` alone, and outcomes from how each tree was made.

mod common;

use std::ffi::OsStr;
use std::fs;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use checksig::OutcomeKind::{Changed, Match, Missing, NotChecked};
use checksig::{
    Batch, Error, FileKind, FileReport, HashOptions, Outcome, ReaderChoice, ReaderKind, Run, Verb, Verdict,
    file_digest, hash_files, hash_many,
};
use common::{Tree, bytes, drain, files, hex_digest, make_fifo};

fn options(reader: ReaderChoice, workers: usize) -> HashOptions {
    let mut options = HashOptions::default();
    options.resources.reader = reader;
    options.resources.workers = NonZeroUsize::new(workers);
    options
}

/// Every way to read; a ring only where Linux gives one, which is printed where it does not.
fn readers() -> Vec<ReaderChoice> {
    let mut readers = vec![ReaderChoice::Auto];
    for kind in [ReaderKind::Mmap, ReaderKind::Pread, ReaderKind::Threads, ReaderKind::Uring] {
        match Run::hash([""; 0], &options(ReaderChoice::Forced(kind), 1)) {
            Ok(_) => readers.push(ReaderChoice::Forced(kind)),
            Err(error) => println!("not run: {error}"),
        }
    }
    readers
}

fn digests(messages: &[&[u8]]) -> Vec<String> {
    hash_many(messages).iter().map(ToString::to_string).collect()
}

#[test]
fn ten_thousand_messages_of_many_lengths_have_their_digests_in_order() {
    // Lengths around every edge of a block, and one long among short.
    let all = bytes(2 << 20, 1);
    let message = |at: usize| match at {
        7_777 => &all[..],
        at if at.is_multiple_of(10) => &[],
        at => &all[at..][..(at * 7_919) % 1_500],
    };
    let messages: Vec<&[u8]> = (0..10_000).map(message).collect();
    let expected: Vec<String> = messages.iter().map(|message| hex_digest(message)).collect();
    assert_eq!(digests(&messages), expected);
}

#[test]
fn no_messages_and_empty_ones() {
    assert!(hash_many(&[]).is_empty());
    let empty = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
    assert_eq!(digests(&[b""]), [empty]);
    assert_eq!(digests(&[b"", b"a", b"", b""]), [empty, &hex_digest(b"a"), empty, empty]);
    // One message as often as one likes.
    assert_eq!(digests(&[&b"same"[..]; 100]), vec![hex_digest(b"same"); 100]);
}

/// What became of a file, and its digest where it has one.
fn found(file: &FileReport) -> (Outcome, Option<String>) {
    (file.outcome.clone(), file.actual().map(|digest| digest.to_string()))
}

fn unreadable(errno: i32) -> Outcome {
    Outcome::Unreadable { errno, offset: 0 }
}

/// A tree with everything that a path can lead to, and what becomes of each path: of a file, its bytes.
fn everything(tree: &mut Tree) -> Vec<(PathBuf, Result<Vec<u8>, Outcome>)> {
    let large = bytes(3 << 20, 3);
    tree.file("a", b"a").file("d/empty", b"").file("d/large", &large).file(b"not utf-8 \xff\n", b"odd");
    symlink("d/large", tree.at("link")).unwrap();
    symlink("link", tree.at("link to a link")).unwrap();
    symlink(tree.at("d"), tree.at("dirlink")).unwrap();
    symlink("nothing", tree.at("dangling")).unwrap();
    symlink("loop", tree.at("loop")).unwrap();
    make_fifo(&tree.at("fifo"));
    symlink("fifo", tree.at("link to a fifo")).unwrap();
    drop(std::os::unix::net::UnixListener::bind(tree.at("socket")).unwrap());
    let at = |name: &[u8]| tree.at(name);
    let given = |path: &[u8]| PathBuf::from(OsStr::from_bytes(path));
    let not_regular = |kind| Err(Outcome::NotRegular(kind));
    let mut paths = vec![
        (at(b"a"), Ok(b"a".to_vec())),
        (at(b"none"), Err(Outcome::Missing)),
        (at(b"d/empty"), Ok(Vec::new())),
        (at(b"d/large"), Ok(large.clone())),
        (at(b"not utf-8 \xff\n"), Ok(b"odd".to_vec())),
        // Links are followed, the last component or another, and `..` is Linux's.
        (at(b"link"), Ok(large.clone())),
        (at(b"link to a link"), Ok(large.clone())),
        (at(b"dirlink/large"), Ok(large)),
        (at(b"dirlink/../a"), Ok(b"a".to_vec())),
        (at(b"dangling"), Err(Outcome::Missing)),
        (at(b"loop"), Err(unreadable(libc::ELOOP))),
        (at(b"d"), not_regular(FileKind::Directory)),
        (at(b"dirlink"), not_regular(FileKind::Directory)),
        (at(b"fifo"), not_regular(FileKind::Fifo)),
        (at(b"link to a fifo"), not_regular(FileKind::Fifo)),
        (at(b"socket"), not_regular(FileKind::Socket)),
        (given(b"/dev/null"), not_regular(FileKind::CharDevice)),
        (given(b"/"), not_regular(FileKind::Directory)),
        (given(b""), Err(Outcome::Missing)),
        (given(b"a\0b"), Err(unreadable(libc::EINVAL))),
        (at(b"a\0"), Err(unreadable(libc::EINVAL))),
        (at(b"a/below"), Err(unreadable(libc::ENOTDIR))),
        (at(b"a/"), Err(unreadable(libc::ENOTDIR))),
        (at(&[b'x'; 256]), Err(unreadable(libc::ENAMETOOLONG))),
        (given(&[b'x'; 100_000]), Err(unreadable(libc::ENAMETOOLONG))),
        // Tests run at the top of the tree.
        (given(b"Cargo.toml"), Ok(fs::read("Cargo.toml").unwrap())),
        (given(b"./src/../src/lib.rs"), Ok(fs::read("src/lib.rs").unwrap())),
        // Its size says 0, and it holds more.
        (given(b"/proc/self/status"), Err(Outcome::Changed)),
        // Once more.
        (at(b"a"), Ok(b"a".to_vec())),
        (at(b"none"), Err(Outcome::Missing)),
        (at(b"a"), Ok(b"a".to_vec())),
    ];
    if rustix::process::geteuid().is_root() {
        println!("not run: root reads every file");
    } else {
        tree.file("closed", b"closed");
        fs::set_permissions(tree.at("closed"), fs::Permissions::from_mode(0o000)).unwrap();
        paths.push((tree.at("closed"), Err(unreadable(libc::EACCES))));
    }
    paths
}

#[test]
fn every_reader_gives_every_path_of_a_list_its_outcome_in_order() {
    let mut tree = Tree::new();
    let everything = everything(&mut tree);
    let paths: Vec<&Path> = everything.iter().map(|(path, _)| path.as_path()).collect();
    let expected: Vec<_> = everything
        .iter()
        .map(|(_, result)| match result {
            Ok(bytes) => (Outcome::Match, Some(hex_digest(bytes))),
            Err(outcome) => (outcome.clone(), None),
        })
        .collect();
    for reader in readers() {
        for workers in [1, 3] {
            let files = hash_files(&paths, &options(reader, workers)).unwrap();
            for ((file, path), expected) in files.iter().zip(&paths).zip(&expected) {
                assert_eq!(&found(file), expected, "{reader:?}: {path:?}");
                assert_eq!(file.name, path.as_os_str().as_bytes(), "as it was given");
                assert_eq!((file.line, file.expected), (0, file.actual()), "{path:?}");
                assert_eq!(file.size_bytes.is_some(), file.outcome.is_match(), "{path:?}");
            }
            assert_eq!(files.len(), paths.len(), "{reader:?}");
        }
    }
}

#[test]
fn one_file_has_the_outcome_that_a_list_gives_it() {
    let mut tree = Tree::new();
    for (path, expected) in everything(&mut tree) {
        match (file_digest(&path), expected) {
            (Ok(digest), Ok(bytes)) => assert_eq!(digest.to_string(), hex_digest(&bytes), "{path:?}"),
            (Err(error), Err(outcome)) => {
                assert_eq!((&error.path, &error.outcome), (&path, &outcome));
                let shown = checksig::Shown(path.as_os_str().as_encoded_bytes());
                assert!(error.to_string().starts_with(&format!("{shown}: ")), "{error}");
            }
            (found, expected) => panic!("{path:?}: {found:?} and not {expected:?}"),
        }
    }
    let words = |path: &str| file_digest(path).unwrap_err().to_string();
    assert_eq!(words("/no/such/file"), "/no/such/file: no such file");
    assert_eq!(words("/dev"), "/dev: not a regular file: a directory");
    assert_eq!(words("Cargo.toml/x"), "Cargo.toml/x: unreadable: Not a directory");
    assert_eq!(file_digest("/dev").unwrap_err().outcome.errno(), Some(libc::EISDIR));
}

#[test]
fn sizes_at_every_edge_have_one_digest_by_every_way() {
    let mut tree = Tree::new();
    let kib = 1024;
    // Blocks and padding; buffers of readers (64 KiB), of workers (128 KiB), of one file (256 KiB), and neighbours.
    let sizes = [0, 1, 55, 56, 63, 64, 65, 119, 120].into_iter();
    let sizes = sizes.chain([64, 128, 256].into_iter().flat_map(|size| (-1..=1).map(move |by| size * kib + by)));
    let sizes: Vec<usize> = sizes.map(|size| usize::try_from(size).unwrap()).collect();
    for (seed, &size) in sizes.iter().enumerate() {
        tree.file(size.to_string(), &bytes(size, seed as u64));
    }
    let paths: Vec<PathBuf> = sizes.iter().map(|size| tree.at(size.to_string())).collect();
    let contents: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    let expected: Vec<String> = contents.iter().map(|content| hex_digest(content)).collect();
    let messages: Vec<&[u8]> = contents.iter().map(Vec::as_slice).collect();
    assert_eq!(digests(&messages), expected);
    let singly: Vec<String> = paths.iter().map(|path| file_digest(path).unwrap().to_string()).collect();
    assert_eq!(singly, expected);
    for reader in readers() {
        let files = hash_files(&paths, &options(reader, 2)).unwrap();
        assert!(files.iter().map(|file| file.actual().unwrap().to_string()).eq(expected.iter().cloned()), "{reader:?}");
        assert!(files.iter().zip(&sizes).all(|(file, &size)| file.size_bytes == Some(size as u64)), "{reader:?}");
    }
}

#[test]
fn a_list_passes_if_every_file_was_read_whole_and_there_was_one() {
    let mut tree = Tree::new();
    tree.file("a", b"a").file("b", b"bb");
    let report = |names: &[&str]| {
        let (records, report) =
            drain(Run::hash(names.iter().map(|name| tree.at(name)), &HashOptions::default()).unwrap());
        assert_eq!((records.len(), report.counts.total()), (names.len(), names.len() as u64));
        assert_eq!((report.verb, report.failed()), (Verb::Hash, report.failures.len() as u64));
        report
    };
    let good = report(&["a", "b", "a"]);
    assert_eq!((good.verdict(), good.bytes, good.counts.of(Match)), (Verdict::Pass, 4, 3));
    let bad = report(&["a", "none", "b"]);
    assert_eq!((bad.verdict(), bad.counts.of(Missing), bad.failed()), (Verdict::Fail, 1, 1));
    assert_eq!(report(&["a", ""]).verdict(), Verdict::Fail, "the root of the tree, which is no file");
    assert_eq!(report(&[]).verdict(), Verdict::Fail, "nothing was read");
    assert!(hash_files([""; 0], &HashOptions::default()).unwrap().is_empty());
}

#[test]
fn a_list_of_a_hundred_thousand_paths_waits_for_its_reader_and_keeps_its_order() {
    let mut tree = Tree::new();
    for at in 0..100_u64 {
        tree.file(format!("f{at}"), &bytes(at as usize * 31, at));
    }
    // Their records together are several times what may wait to be taken.
    let detour = "./".repeat(100);
    let paths: Vec<PathBuf> = (0..100_000).map(|at| tree.at(format!("{detour}f{}", at % 103))).collect();
    let run = Run::hash(&paths, &options(ReaderChoice::Auto, 2)).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    let progress = run.progress();
    assert!(progress.files_done < 50_000 && !progress.planned_all, "{progress:?}");
    let (records, report) = drain(run);
    let missing = (0..100_000).filter(|at| at % 103 >= 100).count();
    assert_eq!((records.len(), report.counts.of(Missing)), (100_000, missing as u64));
    assert!(files(&records).zip(&paths).all(|(file, path)| file.name == path.as_os_str().as_bytes()));
    let expected: Vec<String> = (0..100).map(|at| hex_digest(&bytes(at as usize * 31, at))).collect();
    for (at, file) in files(&records).enumerate() {
        let digest = file.actual().map(|digest| digest.to_string());
        assert_eq!(digest.as_ref(), expected.get(at % 103), "{at}");
    }
}

#[test]
fn reports_of_a_list_come_in_order_from_hash_files_whatever_the_options_say() {
    let mut tree = Tree::new();
    for at in 0..2_000_u64 {
        tree.file(format!("f{at}"), &bytes(if at % 50 == 0 { 200_000 } else { 10 }, at));
    }
    let paths: Vec<PathBuf> = (0..2_000).map(|at| tree.at(format!("f{at}"))).collect();
    let mut unordered = options(ReaderChoice::Auto, 2);
    unordered.ordered = false;
    let files = hash_files(&paths, &unordered).unwrap();
    assert!(files.iter().zip(&paths).all(|(file, path)| file.name == path.as_os_str().as_bytes()));
    let (records, report) = drain(Run::hash(&paths, &unordered).unwrap());
    assert_eq!((records.len(), report.verdict()), (2_000, Verdict::Pass));
}

/// Sparse, and longer than any test waits.
fn huge(tree: &Tree, name: &str) -> PathBuf {
    fs::File::create(tree.at(name)).unwrap().set_len(1 << 36).unwrap();
    tree.at(name)
}

#[test]
fn a_cancelled_list_ends_soon_and_accounts_for_every_path_that_was_planned() {
    let tree = Tree::new();
    let paths: Vec<PathBuf> = (0..20).map(|at| huge(&tree, &format!("f{at}"))).collect();
    for reader in readers() {
        let mut run = Run::hash(&paths, &options(reader, 2)).unwrap();
        assert_eq!(run.next_batch(Duration::from_millis(50)), Batch::Waiting);
        let started = Instant::now();
        run.canceller().cancel();
        let (records, report) = drain(run);
        assert!(started.elapsed() < Duration::from_secs(5), "{reader:?}");
        assert!(report.cancelled && report.verdict() == Verdict::Fail);
        assert!(!records.is_empty() && files(&records).all(|file| file.outcome.kind() == NotChecked), "{reader:?}");
        assert!(files(&records).all(|file| file.actual().is_none()));
    }
    drop(Run::hash(&paths, &HashOptions::default()).unwrap());
}

#[test]
fn a_file_that_is_cut_while_it_is_read_has_no_digest() {
    let tree = Tree::new();
    let cut = |path: &Path| fs::File::options().write(true).open(path).unwrap().set_len(1 << 20).unwrap();
    for reader in readers() {
        let path = huge(&tree, "list");
        let run = Run::hash([&path], &options(reader, 1)).unwrap();
        while run.progress().bytes_done < 2 << 20 {
            std::thread::sleep(Duration::from_millis(1));
        }
        cut(&path);
        let (records, report) = drain(run);
        let file = files(&records).next().unwrap();
        assert_eq!((file.outcome.kind(), file.actual()), (Changed, None), "{reader:?}");
        assert_eq!(report.verdict(), Verdict::Fail);
    }
    // Nothing says when the file has been opened: a little later, then.
    let path = huge(&tree, "one");
    let reading = std::thread::spawn({
        let path = path.clone();
        move || file_digest(path)
    });
    std::thread::sleep(Duration::from_millis(500));
    cut(&path);
    let error = reading.join().unwrap().unwrap_err();
    assert_eq!(error.to_string(), format!("{}: changed while it was read", path.display()));
}

#[test]
fn a_reader_that_cannot_be_had_is_an_error_and_no_outcome() {
    let result = hash_files(["Cargo.toml"], &options(ReaderChoice::Forced(ReaderKind::Uring), 1));
    assert!(matches!(&result, Ok(files) if files.len() == 1) || matches!(result, Err(Error::ReaderUnavailable { .. })));
}
