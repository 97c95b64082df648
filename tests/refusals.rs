//! What happens where Linux refuses a system call: the same outcomes by another way, and the reason in the report.
//!
//! The refusals are those of `common/child.rs`. Further ones, and limits, stand in `faults/refused.rs`.

mod common;

use std::os::fd::AsRawFd;
use std::path::Path;
use std::process::Output;

use common::child::{CACHESTAT, Child};
use common::{Tree, bytes};

/// Runs the command with one system call refused.
fn run_without(call: libc::c_long, errno: i32, tree: &Tree, arguments: &[&str]) -> Output {
    run_without_any(&[call], errno, tree, arguments)
}

/// Runs the command with some system calls refused.
fn run_without_any(calls: &[libc::c_long], errno: i32, tree: &Tree, arguments: &[&str]) -> Output {
    Child::verify(env!("CARGO_BIN_EXE_checksig"), tree.path()).with(arguments).without(calls, errno).run()
}

fn tree() -> Tree {
    let mut tree = Tree::new();
    for at in 0..300_u64 {
        tree.file(format!("d{}/f{at}", at % 3), &bytes(at as usize * 997, at));
    }
    std::fs::write(tree.at("d0/f3"), "damaged").unwrap();
    std::fs::remove_file(tree.at("d1/f4")).unwrap();
    std::os::unix::fs::symlink("f1", tree.at("d1/link")).unwrap();
    tree.line("d1/link", &"0".repeat(40)).line("../outside", &"0".repeat(40)).seal();
    tree
}

#[test]
fn without_io_uring_the_outcomes_are_the_same_and_the_report_says_why() {
    if cfg!(checksig_portable) {
        println!("NOT RUN: this build has no io_uring");
        return;
    }
    let tree = tree();
    let with = run_without(libc::SYS_reboot, libc::EPERM, &tree, &["--reader", "threads"]);
    assert_eq!(with.status.code(), Some(1), "{with:?}");
    for (errno, name) in [(libc::EPERM, "EPERM"), (libc::ENOSYS, "ENOSYS"), (libc::ENOMEM, "ENOMEM")] {
        // A filter refuses RWF_NOWAIT reads too, so that every file needs a reader.
        let without = run_without(libc::SYS_io_uring_setup, errno, &tree, &["--reader", "uring"]);
        assert_eq!(without.status.code(), Some(2), "asked for by name: {without:?}");
        let why = String::from_utf8_lossy(&without.stderr).into_owned();
        assert!(why.contains("io_uring_setup") && why.contains(name), "{why}");
        let without = run_without(libc::SYS_io_uring_setup, errno, &tree, &[]);
        assert_eq!((without.status.code(), &without.stdout), (Some(1), &with.stdout), "{name}");
    }
}

#[test]
fn a_ring_that_cannot_be_entered_is_no_ring() {
    if cfg!(checksig_portable) {
        println!("NOT RUN: this build has no io_uring");
        return;
    }
    let tree = tree();
    let with = run_without(libc::SYS_reboot, libc::EPERM, &tree, &["--reader", "threads"]);
    for errno in [libc::EPERM, libc::ENOSYS] {
        let without = run_without(libc::SYS_io_uring_enter, errno, &tree, &["--reader", "uring"]);
        let why = String::from_utf8_lossy(&without.stderr).into_owned();
        assert_eq!(without.status.code(), Some(2), "{why}");
        assert!(why.contains("io_uring_enter"), "{why}");
        let without = run_without(libc::SYS_io_uring_enter, errno, &tree, &[]);
        assert_eq!((without.status.code(), &without.stdout), (Some(1), &with.stdout));
    }
}

#[test]
fn limits_that_linux_does_not_tell_are_no_limits_of_nothing() {
    let tree = tree();
    let with = run_without(libc::SYS_reboot, libc::EPERM, &tree, &[]);
    for errno in [libc::EPERM, libc::ENOSYS] {
        let without = run_without_any(&[libc::SYS_prlimit64, libc::SYS_getrlimit], errno, &tree, &["--json"]);
        let json = String::from_utf8_lossy(&without.stdout).into_owned();
        assert_eq!(without.status.code(), with.status.code(), "{without:?}");
        // Of a number of descriptors that nobody set there could be too few for rings.
        assert!(!json.contains("memory allows") && !json.contains("descriptors"), "{json}");
    }
}

#[test]
fn without_openat2_the_outcomes_are_the_same() {
    let tree = tree();
    for reader in ["auto", "threads", "pread", "mmap"] {
        let with = run_without(libc::SYS_reboot, libc::EPERM, &tree, &["--reader", reader]);
        assert_eq!(with.status.code(), Some(1), "{with:?}");
        for errno in [libc::ENOSYS, libc::EPERM] {
            let without = run_without(libc::SYS_openat2, errno, &tree, &["--reader", reader]);
            assert_eq!((without.status.code(), &without.stdout), (Some(1), &with.stdout), "{reader}, {errno}");
        }
    }
}

#[test]
fn without_cached_reads_every_file_comes_through_the_readers() {
    if cfg!(checksig_portable) {
        println!("NOT RUN: this build has no reads from memory only");
        return;
    }
    let tree = tree();
    // The inline reader of the page cache uses preadv2; the ring does not, nor does a plain read of what is known to be
    // in memory, which cachestat says.
    let without = run_without_any(&[libc::SYS_preadv2, CACHESTAT], libc::EOPNOTSUPP, &tree, &["--json"]);
    let json = String::from_utf8_lossy(&without.stdout).into_owned();
    let summary = json.lines().last().expect("a summary");
    assert_eq!(matches_in(&json), matches_of(&tree));
    if json.contains("\"uring\"") {
        assert!(!summary.contains("\"cached\""), "{summary}");
    } else {
        println!("not run: no ring here");
    }
}

#[test]
fn what_is_in_memory_is_read_in_place_where_a_file_system_knows_no_reads_that_must_not_wait() {
    if cfg!(checksig_portable) {
        println!("NOT RUN: this build has no reads from memory only");
        return;
    }
    let tree = tree();
    // EPERM is what a sandbox says that does not know the call.
    for errno in [libc::EOPNOTSUPP, libc::ENOSYS, libc::EPERM] {
        let without = run_without(libc::SYS_preadv2, errno, &tree, &["--json"]);
        let json = String::from_utf8_lossy(&without.stdout).into_owned();
        assert_eq!(matches_in(&json), matches_of(&tree), "{errno}");
        if is_known_to_be_cached(&tree.at("d1/f1")) {
            assert!(json.contains("\"reader\":\"cached\""), "{json}");
        } else {
            println!("NOT RUN: this Linux does not say of this file system what is in memory");
        }
    }
}

/// Whether Linux says that the first byte of a file is in memory.
#[allow(unsafe_code, reason = "libc has no function for this call")]
fn is_known_to_be_cached(path: &Path) -> bool {
    let file = std::fs::File::open(path).unwrap();
    let (range, mut stat) = ([0_u64, 1], [0_u64; 5]);
    // SAFETY: the call reads a range of two numbers and writes five, all alive here; the descriptor is open.
    let result = unsafe { libc::syscall(CACHESTAT, file.as_raw_fd(), range.as_ptr(), stat.as_mut_ptr(), 0_u32) };
    result == 0 && stat[0] == 1
}

/// Files that match, by the plainest reader.
fn matches_of(tree: &Tree) -> usize {
    let plain = run_without(libc::SYS_reboot, libc::EPERM, tree, &["--reader", "pread"]);
    String::from_utf8_lossy(&plain.stdout).lines().filter(|line| line.ends_with(": OK")).count()
}

fn matches_in(json: &str) -> usize {
    json.lines().filter(|line| line.contains("\"outcome\":\"match\"")).count()
}
