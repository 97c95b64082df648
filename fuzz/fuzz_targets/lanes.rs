//! Scripts for `Lanes` by libFuzzer: the same that `tests/conformance.rs` plays with random bytes.
//!
//! Judges nothing itself; what must hold is in the script's interpreter.

#![no_main]

#[path = "../../tests/common/memory.rs"]
mod memory;
#[path = "../../tests/common/script.rs"]
mod script;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    script::play(bytes);
});
