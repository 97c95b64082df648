//! Calls of the C API by libFuzzer, in any order: the body that `tests/fuzzed` plays with the seeds.
//!
//! Judges nothing itself; what must hold is in the body.

#![no_main]

#[path = "../../tests/fuzzed/c.rs"]
mod c;
#[path = "../../tests/fuzzed/calls.rs"]
mod calls;
#[path = "../../tests/fuzzed/directory.rs"]
mod directory;
#[path = "../../tests/fuzzed/found.rs"]
mod found;
#[path = "../../tests/fuzzed/places.rs"]
mod places;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| calls::play(bytes));
