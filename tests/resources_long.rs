//! What takes long, in the release profile only (`make test-long`): the memory of a run over a manifest of ten million
//! lines, which takes 600 MB on the disk for as long.
//!
//! `cargo test` alone runs a shorter one, in `resources.rs`.

#[path = "common/watched.rs"]
mod watched;

use std::path::Path;
use std::process::Command;

use sha1::Digest;

const LINES: usize = 10_000_000;
const MIB: u64 = 1 << 20;

#[test]
#[cfg_attr(debug_assertions, ignore = "takes the release profile: make test-long")]
fn ten_million_lines_take_no_more_memory_than_a_few() {
    let digest = |bytes: &[u8]| hex::encode(sha1::Sha1::digest(bytes));
    let tree = watched::few_files_of_many_lines(Path::new(env!("CARGO_TARGET_TMPDIR")), LINES, digest);
    let mut command = Command::new(env!("CARGO_BIN_EXE_checksig"));
    let began = std::time::Instant::now();
    let run = watched::watch(command.arg("verify").arg(tree.path()).args(["--quiet", "--workers", "2"]), "none");
    assert_eq!(run.status, Some(0), "{}", run.err);
    let peak = run.memory_bytes as f64 / MIB as f64;
    println!("peak memory with a manifest of {LINES} lines: {peak:.1} MiB, {:.1} s", began.elapsed().as_secs_f64());
    assert!(run.memory_bytes <= 64 * MIB, "{} bytes", run.memory_bytes);
}
