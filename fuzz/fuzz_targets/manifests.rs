//! Manifests by libFuzzer: the body that `tests/fuzzed` plays with the seeds.
//!
//! Judges nothing itself; what must hold is in the body.

#![no_main]

#[path = "../../tests/fuzzed/manifests.rs"]
mod manifests;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| manifests::play(bytes));
