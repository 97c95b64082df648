//! Names by libFuzzer, there and back: the body that `tests/fuzzed` plays with the seeds.
//!
//! Judges nothing itself; what must hold is in the body.

#![no_main]

#[path = "../../tests/fuzzed/names.rs"]
mod names;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| names::play(bytes));
