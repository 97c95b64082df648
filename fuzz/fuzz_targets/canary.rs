//! A fault for libFuzzer to find: it must crash.
//!
//! Judges nothing itself; what must hold is in the body.

#![no_main]

#[path = "../../tests/fuzzed/canary.rs"]
mod canary;
#[path = "../../tests/fuzzed/grammar.rs"]
mod grammar;
#[path = "../../tests/fuzzed/lines.rs"]
mod lines;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| canary::play(bytes));
