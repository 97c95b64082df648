//! The fuzz targets without a fuzzer: each body that `fuzz/` gives to libFuzzer plays the seeds that are kept for it here.
//!
//! Finds nothing new; `make fuzz` does. That a body would notice a fault is shown by a reader of lines that has one.
#![allow(unreachable_pub, reason = "the fuzz targets include these files, too")]

mod c;
mod calls;
mod canary;
mod directory;
mod found;
mod grammar;
mod lines;
mod manifests;
#[path = "../common/memory.rs"]
mod memory;
mod model;
mod names;
mod places;
#[path = "../common/script.rs"]
mod script;
mod trees;

use std::fs;
use std::path::Path;

/// Plays every seed of a target, by its name where it fails.
fn replay(target: &str, play: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzzed/seeds").join(target);
    let mut seeds: Vec<_> = fs::read_dir(folder).expect("seeds").map(|entry| entry.expect("a seed").path()).collect();
    seeds.sort();
    assert!(seeds.len() >= 10, "{target} has {} seeds", seeds.len());
    for seed in &seeds {
        let bytes = fs::read(seed).expect("a seed");
        let played = std::panic::catch_unwind(|| play(&bytes));
        assert!(played.is_ok(), "{target}: {} fails", seed.display());
    }
}

#[test]
fn lines_of_the_seeds() {
    replay("lines", lines::play);
}

#[test]
fn manifests_of_the_seeds() {
    replay("manifests", manifests::play);
}

#[test]
fn names_of_the_seeds() {
    replay("names", names::play);
}

#[test]
fn scripts_of_the_seeds_for_the_lanes() {
    replay("lanes", |script| _ = script::play(script));
}

#[test]
fn calls_of_the_seeds() {
    replay("calls", calls::play);
}

#[test]
fn trees_of_the_seeds() {
    replay("trees", trees::play);
}

#[test]
fn a_reader_of_lines_with_a_fault_is_found_out() {
    let line = [&b"da39a3ee5e6b4b0d3255bfef95601890afd80709  a"[..], b"da39a3ee5e6b4b0d3255bfef95601890afd80709  a "];
    canary::play(line[0]);
    let found = std::panic::catch_unwind(|| canary::play(line[1]));
    assert!(found.is_err(), "a reader that loses a blank at the end of a name passed");
}
