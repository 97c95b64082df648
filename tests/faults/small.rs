//! Small runs where there is little: no thread to be had, hardly any addresses, and a mount that gives no answer.
//!
//! The files are in memory, or are not, as each test says.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use checksig::{Batch, Options, Run};

use crate::common::child::Child;
use crate::common::{Tree, bytes, hex_digest, is_root, not_run};
use crate::fuse::{Behaviour, Mount, Served};

const COMMAND: &str = env!("CARGO_BIN_EXE_checksig");

/// A user of whom nobody else has threads.
const NOBODY: u32 = 54_322;

/// What `ulimit -v 65536` allows.
const ADDRESS_BYTES: u64 = 64 << 20;

fn tree() -> Tree {
    let mut tree = Tree::on_disk();
    for at in 0..5 {
        tree.file(format!("f{at}"), &bytes(at as usize * 3_000, at));
    }
    tree.seal();
    fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755)).unwrap();
    tree
}

#[test]
fn a_small_run_needs_hardly_any_addresses_cached_or_not() {
    let tree = tree();
    for evict in [false, true] {
        if evict {
            for at in 0..5 {
                let file = fs::File::open(tree.at(format!("f{at}"))).unwrap();
                file.sync_all().unwrap();
                rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed).unwrap();
            }
        }
        let output = Child::verify(COMMAND, tree.path()).limited(libc::RLIMIT_AS, ADDRESS_BYTES).run();
        assert_eq!(output.status.code(), Some(0), "evicted: {evict}, {output:?}");
    }
}

#[test]
fn a_small_run_starts_no_thread() {
    if !is_root() {
        return not_run("only root can become another user");
    }
    let mut tree = Tree::new();
    tree.file("f", b"content").file("damaged", b"content").seal();
    fs::write(tree.at("damaged"), "damaged").unwrap();
    fs::set_permissions(tree.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let output = Child::verify(COMMAND, tree.path()).by_user(NOBODY).limited(libc::RLIMIT_NPROC, 1).run();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("damaged: FAILED\n"), "{output:?}");
}

#[test]
fn a_mount_below_the_root_that_gives_no_answer_holds_no_caller_up() {
    let content = bytes(10_000, 1);
    let name = "hangs".to_owned();
    let (behaviour, was_read) = (Behaviour::Hang, AtomicBool::new(false));
    let mut tree = Tree::new();
    tree.file("sound", b"sound");
    let digest = hex_digest(&content);
    let mount = match Mount::new(vec![Served { name, content, behaviour, direct: false, was_read }], true) {
        Ok(mount) => mount,
        Err(error) => return not_run(&format!("no FUSE: {error}")),
    };
    // By a name that leads there from `/`, where names may.
    tree.line(mount.path().join("hangs").as_os_str().as_encoded_bytes(), &digest).seal();
    let mut options = Options::default();
    options.policy = checksig::Policy::Free;
    let mut run = Run::verify(tree.path(), &options).unwrap();
    let wait = Duration::from_millis(100);
    for _ in 0..5 {
        let begun = Instant::now();
        assert_ne!(run.next_batch(wait), Batch::Finished);
        assert!(begun.elapsed() < Duration::from_secs(2), "it was told to wait {wait:?} at most");
    }
    let begun = Instant::now();
    drop(run);
    assert!(begun.elapsed() < Duration::from_secs(5));
}
