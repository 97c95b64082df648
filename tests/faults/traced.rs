//! What the command opens for a manifest that means harm, as strace tells it: of the names that lead out of the root, nothing.
//!
//! Harmless names show what a run opens in any case. A ring opens nothing, so that no call is hidden from strace.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use checksig::{ReaderChoice, ReaderKind};

use crate::common::child::Child;
use crate::common::{Tree, not_run, readers};

const COMMAND: &str = env!("CARGO_BIN_EXE_checksig");

const DIGEST: &str = "0123456789012345678901234567890123456789";

/// Names that lead out by their own text, and names that do through a link which the tree holds.
const HOSTILE: [&str; 14] = [
    "/etc/checksig-bait",
    "//etc/checksig-bait",
    "../checksig-bait",
    "d/../../checksig-bait",
    "..",
    "/",
    "d/../d/f/",
    "/dev/stdin",
    "/proc/self/mem",
    "to-etc/passwd",
    "to-bait",
    "d/to-above/checksig-bait",
    "to-proc/self/environ",
    "to-zero",
];

/// What no call may name: the text alone says that it leads out.
const NEVER_ASKED: [&str; 6] =
    ["../checksig-bait", "/etc/checksig-bait", "/dev/stdin", "/proc/self/mem", "\"..\"", "d/../d"];

/// A root beside a file that nobody may open; with names that lead to it and elsewhere, or with harmless ones.
fn tree(is_hostile: bool) -> (tempfile::TempDir, Tree) {
    let base = tempfile::tempdir().unwrap();
    fs::write(base.path().join("checksig-bait"), "bait").unwrap();
    let mut tree = Tree::within(base.path());
    tree.file("d/f", b"content");
    for (link, target) in [
        ("to-etc", "/etc"),
        ("to-bait", "../checksig-bait"),
        ("d/to-above", "../.."),
        ("to-proc", "/proc"),
        ("to-zero", "/dev/zero"),
    ] {
        symlink(target, tree.at(link)).unwrap();
    }
    for name in if is_hostile { &HOSTILE[..] } else { &["none", "d/none"] } {
        tree.line(name, DIGEST);
    }
    if is_hostile {
        // Neither does a NUL cut a name to one that leads elsewhere, nor does an escape make one.
        tree.raw(format!("{DIGEST}  ../checksig-bait\0x\n\\{DIGEST}  ..\\/checksig-bait\n").as_bytes());
    }
    tree.file("d/g", b"more").seal();
    (base, tree)
}

/// Every call of a run that names a path, with the paths of the descriptors that come of them.
fn trace(tree: &Tree, verb: &str, words: &[&str], refused: &[libc::c_long]) -> String {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let to = trace.path().to_str().unwrap();
    let child = Child::verb(COMMAND, verb, tree.path()).with(words).without(refused, libc::ENOSYS);
    let output = child.under(&["strace", "-f", "-y", "-q", "-s", "4096", "-e", "trace=%file", "-o", to]).run();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let out = String::from_utf8_lossy(&output.stdout);
    assert!(out.contains("d/f: OK\n") && out.contains("d/g: OK\n"), "{out}");
    assert_eq!(out.matches(": OK\n").count(), 2, "{out}");
    fs::read_to_string(trace.path()).unwrap()
}

/// What was opened outside of the root, with the numbers of processes taken out; and how much within.
fn opened(trace: &str, root: &Path) -> (BTreeSet<String>, usize) {
    let paths = trace.lines().filter(|line| line.contains("open")).filter_map(|line| {
        let (_, result) = line.rsplit_once(" = ")?;
        let (_, path) = result.split_once('<')?;
        path.split_once('>').map(|(path, _)| path)
    });
    let (within, outside): (Vec<&str>, Vec<&str>) = paths.partition(|path| Path::new(path).starts_with(root));
    let without_numbers = |path: &str| path.chars().filter(|letter| !letter.is_ascii_digit()).collect();
    (outside.into_iter().map(without_numbers).collect(), within.len())
}

#[test]
fn for_names_that_lead_out_nothing_is_opened() {
    if Command::new("strace").arg("-V").output().is_err() {
        not_run("no strace");
        return;
    }
    let ((_harmless, harmless), (_hostile, hostile)) = (tree(false), tree(true));
    let wanted =
        [None, Some(ReaderKind::Pread), Some(ReaderKind::Threads), Some(ReaderKind::Mmap), Some(ReaderKind::Uring)];
    let mut cases = Vec::new();
    for reader in readers(&wanted) {
        let reader = match reader {
            ReaderChoice::Forced(kind) => kind.name(),
            _ => "auto",
        };
        for (verb, follow) in [("verify", false), ("verify", true), ("audit", false), ("audit", true)] {
            let mut words = vec!["--reader", reader];
            words.extend(if follow { &["--follow", "inside"][..] } else { &[] });
            cases.extend([&[][..], &[libc::SYS_openat2]].map(|refused| (verb, words.clone(), refused)));
        }
    }
    let as_ever = |(verb, words, refused): &(&str, Vec<&str>, &[libc::c_long])| {
        opened(&trace(&harmless, verb, words, refused), harmless.path()).0
    };
    // Which of them needs threads, and so looks at the machine, depends on the names.
    let as_ever: BTreeSet<String> = cases.iter().flat_map(as_ever).collect();
    for (verb, words, refused) in cases {
        let case = format!("{verb} {words:?}, without {refused:?}");
        let trace = trace(&hostile, verb, &words, refused);
        let (found, within) = opened(&trace, hostile.path());
        assert!(within >= 3, "{case}: the root, and two files: {trace}");
        let more: Vec<_> = found.difference(&as_ever).collect();
        assert!(more.is_empty(), "{case}: {more:?}");
        // The walk reads where links inside lead, which strace tells as well.
        for line in trace.lines().filter(|line| !line.contains("readlink")) {
            assert!(NEVER_ASKED.iter().all(|name| !line.contains(name)), "{case}: {line}");
        }
    }
}

#[test]
fn a_trace_tells_what_a_run_opens_outside() {
    if Command::new("strace").arg("-V").output().is_err() {
        not_run("no strace");
        return;
    }
    // The drop-in follows names wherever they lead.
    let base = tempfile::tempdir().unwrap();
    fs::write(base.path().join("checksig-bait"), "bait").unwrap();
    let mut tree = Tree::within(base.path());
    tree.line("../checksig-bait", DIGEST).seal();
    let log = tempfile::NamedTempFile::new().unwrap();
    let words = ["-f", "-y", "-q", "-s", "4096", "-e", "trace=%file", "-o", log.path().to_str().unwrap()];
    let mut command = Command::new("strace");
    command.args(words).args([COMMAND, "sha1sum", "-c", "sha1sum.txt"]).current_dir(tree.path());
    command.stdin(Stdio::null()).output().unwrap();
    let (outside, _) = opened(&fs::read_to_string(log.path()).unwrap(), tree.path());
    assert!(outside.iter().any(|path| path.ends_with("/checksig-bait")), "{outside:?}");
}
