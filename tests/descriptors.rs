//! Runs with few descriptors: as many files as there are, with as many open at a time as the limit allows.
//!
//! The limit is real (RLIMIT_NOFILE), set in the child process.

mod common;

use std::os::unix::process::CommandExt;
use std::process::Command;

use common::{Tree, bytes};

#[allow(unsafe_code, reason = "a limit is set between fork and exec")]
fn verify_with(descriptors: u64, tree: &Tree, reader: &str) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_checksig"));
    command.arg("verify").arg(tree.path()).args(["--reader", reader]);
    let limit = move || {
        let limit = libc::rlimit { rlim_cur: descriptors, rlim_max: descriptors };
        // SAFETY: the limit lives through the call.
        match unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit) } {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        }
    };
    // SAFETY: the closure makes one system call and allocates nothing.
    unsafe { command.pre_exec(limit) };
    command.output().expect("the command runs")
}

#[test]
fn more_files_than_descriptors_pass_through_every_reader() {
    let mut tree = Tree::new();
    for at in 0..2_500_u64 {
        tree.file(format!("d{}/f{at}", at % 5), &bytes(4_096, at));
    }
    tree.seal();
    // 1 024 is what most systems give; 40 and 20 are fewer than a worker would like; with 12 little is left beside what
    // the process itself holds.
    for descriptors in [1_024, 40, 20, 12] {
        for reader in ["auto", "pread", "mmap", "threads"] {
            let output = verify_with(descriptors, &tree, reader);
            let err = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "{descriptors} descriptors, {reader}: {err}");
            assert_eq!(output.stdout.split(|&byte| byte == b'\n').count(), 2_501);
        }
    }
}
