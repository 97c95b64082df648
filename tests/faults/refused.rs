//! What Linux refuses or interrupts: rings, opens, reads, descriptors, locked memory and threads. The lines must be those
//! of a run that was refused nothing.
//!
//! How it is refused is the affair of `common/child.rs`, and of strace where it is installed.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::common::child::{CACHESTAT, Child};
use crate::common::{Tree, bytes, is_root, not_run};
use crate::loops;

const COMMAND: &str = env!("CARGO_BIN_EXE_checksig");

/// A user of whom nobody else has threads.
const NOBODY: u32 = 54_321;

/// Every kind of entry, in files of up to several segments.
fn tree() -> Tree {
    let mut tree = Tree::new();
    for at in 0..120_u64 {
        tree.file(format!("d{}/f{at}", at % 3), &bytes(at as usize * 1_997, at));
    }
    fs::write(tree.at("d0/f3"), "damaged").unwrap();
    fs::remove_file(tree.at("d1/f4")).unwrap();
    std::os::unix::fs::symlink("f1", tree.at("d1/link")).unwrap();
    tree.line("d1/link", &"0".repeat(40)).line("../outside", &"0".repeat(40)).raw(b"nonsense\n").seal();
    fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755)).unwrap();
    tree
}

fn child(tree: &Tree, reader: &str) -> Child {
    Child::verify(COMMAND, tree.path()).with(&["--reader", reader])
}

/// The lines that are right: those of plain pread, with nothing refused.
fn lines(tree: &Tree) -> Vec<u8> {
    let output = child(tree, "pread").run();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    output.stdout
}

#[track_caller]
fn same(output: &Output, right: &[u8], case: &str) {
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{case}: {err}");
    assert!(output.stdout == right, "{case}: {}\n{err}", String::from_utf8_lossy(&output.stdout));
}

fn has_ring(tree: &Tree) -> bool {
    let has = child(tree, "uring").run().status.code() == Some(1);
    if !has {
        not_run("no ring here");
    }
    has
}

#[test]
fn a_ring_that_is_refused_is_replaced_and_the_report_says_why() {
    let tree = tree();
    let right = lines(&tree);
    for errno in [libc::ENOSYS, libc::EPERM, libc::EACCES, libc::ENOMEM, libc::EMFILE, libc::EINVAL] {
        let case = format!("io_uring_setup, errno {errno}");
        let asked = child(&tree, "uring").without(&[libc::SYS_io_uring_setup], errno).run();
        let why = String::from_utf8_lossy(&asked.stderr);
        assert_eq!(asked.status.code(), Some(2), "{case}, asked for by name: {why}");
        assert!(why.contains("io_uring_setup") && asked.stdout.is_empty(), "{case}: {why}");
        let without = child(&tree, "auto").without(&[libc::SYS_io_uring_setup], errno);
        same(&without.run(), &right, &case);
        // So that files come to the readers.
        let without = without.without(&[libc::SYS_preadv2, CACHESTAT], libc::EOPNOTSUPP);
        same(&without.run(), &right, &case);
        let json = without.with(&["--json"]).run();
        let json = String::from_utf8_lossy(&json.stdout).into_owned();
        let summary = json.lines().last().unwrap_or_default();
        assert!(summary.contains("io_uring_setup") && summary.contains("\"threads\""), "{case}: {summary}");
    }
    for call in [libc::SYS_io_uring_enter, libc::SYS_io_uring_register] {
        let without = child(&tree, "auto").without(&[call], libc::EPERM);
        same(&without.without(&[libc::SYS_preadv2, CACHESTAT], libc::EOPNOTSUPP).run(), &right, "a part of the ring");
    }
}

#[test]
fn opens_and_reads_that_are_refused_are_made_in_another_way() {
    let tree = tree();
    let right = lines(&tree);
    for reader in ["auto", "pread", "threads", "mmap"] {
        for errno in [libc::ENOSYS, libc::EPERM] {
            same(&child(&tree, reader).without(&[libc::SYS_openat2], errno).run(), &right, "openat2");
        }
    }
    for errno in [libc::ENOSYS, libc::EOPNOTSUPP, libc::EAGAIN] {
        same(&child(&tree, "auto").without(&[libc::SYS_preadv2], errno).run(), &right, "preadv2");
        same(&child(&tree, "auto").without(&[libc::SYS_preadv2, CACHESTAT], errno).run(), &right, "preadv2, cachestat");
    }
    let all = [libc::SYS_openat2, libc::SYS_preadv2, libc::SYS_io_uring_setup, CACHESTAT];
    same(&child(&tree, "auto").without(&all, libc::ENOSYS).run(), &right, "everything newer than Linux 4");
}

/// A tree of so much that each ring is entered some ten times, or nothing where these tests cannot be run.
fn tree_for_rings() -> Option<Tree> {
    let mut tree = tree();
    if Command::new("strace").arg("-V").output().is_err() {
        not_run("no strace");
        return None;
    }
    if !has_ring(&tree) {
        return None;
    }
    for at in 0..40 {
        tree.file(format!("large-{at}"), &bytes((2 << 20) + at, 1_000 + at as u64));
    }
    tree.seal();
    Some(tree)
}

/// A run whose rings fail to be entered as strace is told, which it must have been at least once.
fn run_with_ring_fault(tree: &Tree, fault: &str) -> Output {
    let trace = tempfile::NamedTempFile::new().unwrap();
    let inject = format!("inject=io_uring_enter:{fault}");
    let to = trace.path().to_str().unwrap();
    let output = child(tree, "uring")
        .under(&["strace", "-f", "-q", "-o", to, "-e", "trace=io_uring_enter", "-e", &inject])
        .run();
    let trace = fs::read_to_string(trace.path()).unwrap();
    let injected = trace.lines().filter(|line| line.contains("INJECTED")).count();
    let all = trace.lines().filter(|line| line.contains("io_uring_enter")).count();
    println!("{fault}: {injected} of {all} calls");
    assert!(injected > 0, "{fault}: nothing went wrong");
    output
}

// strace counts the calls of each thread by itself. The first of the main thread shows whether there is a ring at all.

#[test]
fn a_ring_that_is_entered_again_and_again_loses_nothing() {
    let Some(tree) = tree_for_rings() else { return };
    let right = lines(&tree);
    for errno in ["EINTR", "EAGAIN", "EBUSY"] {
        for when in ["2+3", "3+5", "2+2"] {
            let fault = format!("error={errno}:when={when}");
            same(&run_with_ring_fault(&tree, &fault), &right, &fault);
        }
    }
}

#[test]
fn the_files_of_a_ring_that_breaks_with_reads_in_flight_are_read_by_others() {
    let Some(tree) = tree_for_rings() else { return };
    let right = lines(&tree);
    // What passes, but not any more, is as good as broken.
    for fault in
        ["EINVAL:when=2+", "ENOMEM:when=3", "EINVAL:when=5+", "EAGAIN:when=2+", "EBUSY:when=3+", "EINTR:when=3+"]
    {
        let output = run_with_ring_fault(&tree, &format!("error={fault}"));
        same(&output, &right, fault);
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(err.contains("reader threads: io_uring_enter"), "{fault}: the reason: {err}");
    }
}

#[test]
fn few_descriptors_make_the_run_narrower_or_an_error_that_names_them() {
    let tree = tree();
    let right = lines(&tree);
    for reader in ["auto", "pread", "threads", "mmap"] {
        for descriptors in [64, 16, 9, 8] {
            let output = child(&tree, reader).limited(libc::RLIMIT_NOFILE, descriptors).run();
            same(&output, &right, &format!("{reader}, {descriptors} descriptors"));
        }
        // With 3 the command itself cannot be loaded; with some more it may have none left to open a file with.
        let mut refused = 0;
        for descriptors in 4..8 {
            let output = child(&tree, reader).limited(libc::RLIMIT_NOFILE, descriptors).run();
            let case = format!("{reader}, {descriptors} descriptors");
            if !right_or_refused(&output, &right, &case) {
                refused += 1;
                let (why, limit) = (String::from_utf8_lossy(&output.stderr), format!("may have {descriptors} open"));
                assert!(why.contains(&limit) && why.contains("ulimit -n"), "{case}: {why}");
            }
        }
        assert!(refused > 0, "{reader}: with 4 descriptors nothing can be opened below the root");
    }
}

#[test]
fn second_readings_come_by_their_descriptors_as_well() {
    let mut tree = Tree::new();
    for at in 0..400 {
        tree.file(format!("f{at}"), &bytes(100 + at as usize, at));
        fs::write(tree.at(format!("f{at}")), "damaged").unwrap();
    }
    tree.seal();
    let right = lines(&tree);
    for reader in ["auto", "pread", "threads"] {
        for descriptors in [12, 9, 8] {
            let output = child(&tree, reader).limited(libc::RLIMIT_NOFILE, descriptors).run();
            same(&output, &right, &format!("{reader}, {descriptors} descriptors"));
        }
    }
}

/// No success, and no OK that is not right.
#[track_caller]
fn no_wrong_ok(output: &Output, right: &[u8], case: &str) {
    let (out, right) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(right));
    let right: HashSet<_> = right.lines().collect();
    let wrong: Vec<_> = out.lines().filter(|line| line.ends_with(": OK") && !right.contains(line)).collect();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{case}: {:?}: {err}", output.status);
    assert!(wrong.is_empty() && !err.contains("PASS") && err.contains("checksig: "), "{case}: {wrong:?} {err}");
}

/// The right lines, or an error and no OK that is not right. True for the first.
#[track_caller]
fn right_or_refused(output: &Output, right: &[u8], case: &str) -> bool {
    if output.status.code() == Some(2) {
        no_wrong_ok(output, right, case);
        return false;
    }
    same(output, right, case);
    true
}

/// The command where every user may run it.
fn command_for_all(folder: &tempfile::TempDir) -> PathBuf {
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let command = folder.path().join("checksig");
    fs::copy(COMMAND, &command).unwrap();
    command
}

#[test]
fn little_locked_memory_and_few_threads_change_no_line() {
    if !is_root() {
        return;
    }
    let (tree, folder) = (tree(), tempfile::tempdir().unwrap());
    let right = lines(&tree);
    let command = command_for_all(&folder);
    let command = command.to_str().unwrap();
    let child = |reader: &str| Child::verify(command, tree.path()).with(&["--reader", reader]).by_user(NOBODY);
    same(&child("pread").run(), &right, "as a user");
    for kib in [0, 16, 64] {
        for _ in 0..3 * loops() {
            let limited = |reader: &str| child(reader).limited(libc::RLIMIT_MEMLOCK, kib * 1_024);
            same(&limited("auto").run(), &right, &format!("{kib} KiB of locked memory"));
            let output = limited("uring").with(&["--json"]).run();
            let json = String::from_utf8_lossy(&output.stdout);
            let summary = json.lines().last().unwrap_or_default();
            assert!(!summary.contains("\"threads\""), "by name there are rings, fewer or none: {summary}");
            right_or_refused(&limited("uring").run(), &right, &format!("{kib} KiB of locked memory, a ring"));
        }
    }
    for reader in ["auto", "threads", "pread"] {
        let needs: Vec<_> = (1..14)
            .filter(|&threads| {
                let limited = child(reader).limited(libc::RLIMIT_NPROC, threads).with(&["--workers", "2"]);
                right_or_refused(&limited.run(), &right, &format!("{reader}, {threads} threads"))
            })
            .collect();
        println!("{reader}: right with a limit of {needs:?} threads, an error with others of 1 to 13");
        assert!(needs.contains(&6), "{reader}: one worker is enough");
    }
}
