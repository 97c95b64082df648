//! Runs with few descriptors: as many files as there are, with as many open at a time as the limit allows.
//!
//! The limit is real (RLIMIT_NOFILE), set in the child process.

mod common;

use std::os::unix::process::CommandExt;
use std::process::Command;

use common::{Tree, bytes};

#[allow(unsafe_code, reason = "a limit is set between fork and exec")]
fn run_with(descriptors: u64, verb: &str, tree: &Tree, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_checksig"));
    command.arg(verb).arg(tree.path()).args(arguments);
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
    // 1 024 is what most systems give; 100 to 16 are fewer than a worker would like; with 12 little is left beside what
    // the process itself holds.
    for descriptors in [1_024, 100, 40, 20, 16, 12] {
        for reader in ["auto", "pread", "mmap", "threads", "uring"] {
            let output = run_with(descriptors, "verify", &tree, &["--reader", reader]);
            let err = String::from_utf8_lossy(&output.stderr);
            if reader == "uring" && output.status.code() == Some(2) {
                println!("NOT RUN: {err}");
                continue;
            }
            assert_eq!(output.status.code(), Some(0), "{descriptors} descriptors, {reader}: {err}");
            assert_eq!(output.stdout.split(|&byte| byte == b'\n').count(), 2_501);
        }
    }
}

#[test]
fn few_descriptors_make_no_failure_out_of_a_mismatch_or_an_untouched_file() {
    let mut tree = Tree::new();
    for at in 0..400_u64 {
        let name = format!("f{at}");
        tree.file(&name, &bytes(100, at));
        std::fs::write(tree.at(&name), bytes(100, at + 1)).expect("a file");
    }
    tree.seal();
    for descriptors in [14, 12] {
        let output = run_with(descriptors, "verify", &tree, &["--workers", "4"]);
        let out = String::from_utf8_lossy(&output.stdout);
        assert_eq!(
            out.lines().filter(|line| line.ends_with(": FAILED")).count(),
            400,
            "{descriptors}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let other = tree.at("other.txt");
        let arguments = ["--force", "--workers", "4", "-o", other.to_str().expect("a path in UTF-8")];
        let output = run_with(descriptors, "create", &tree, &arguments);
        assert_eq!(output.status.code(), Some(0), "{descriptors}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
