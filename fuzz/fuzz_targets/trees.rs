//! Trees and manifests by libFuzzer, beside a naive model: the body that `tests/fuzzed` plays with the seeds.
//!
//! Judges nothing itself; what must hold is in the body.

#![no_main]

#[path = "../../tests/fuzzed/directory.rs"]
mod directory;
#[path = "../../tests/fuzzed/grammar.rs"]
mod grammar;
#[path = "../../tests/fuzzed/model.rs"]
mod model;
#[path = "../../tests/fuzzed/trees.rs"]
mod trees;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| trees::play(bytes));
