//! Lines by libFuzzer, beside a naive twin: the body that `tests/fuzzed` plays with the seeds.
//!
//! Judges nothing itself; what must hold is in the body.

#![no_main]

#[path = "../../tests/fuzzed/grammar.rs"]
mod grammar;
#[path = "../../tests/fuzzed/lines.rs"]
mod lines;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lines::play(bytes));
