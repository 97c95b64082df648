//! The C header: the committed copy is the generated one, and C, C++ and cffi take it.
//!
//! Runs nothing of the library; see `c_examples` for that.

#[path = "common/c.rs"]
mod c;

use std::fs;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/bindings/c/checksig.h");
const GENERATED: &str = env!("CHECKSIG_HEADER");

#[test]
fn the_committed_header_is_the_generated_one() {
    let generated = fs::read_to_string(GENERATED).unwrap();
    let committed = fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(
        generated == committed,
        "src/capi has changed since the header was committed; run: cp {GENERATED} {COMMITTED}"
    );
}

#[test]
fn c11_and_cpp_compilers_take_the_header_without_a_warning() {
    c::must_run(c::compiler("CC", "cc").args(["-fsyntax-only", "-std=c11", "-xc", COMMITTED]));
    if c::compiler("CXX", "c++").arg("--version").output().is_err() {
        println!("not run: no C++ compiler here");
        return;
    }
    c::must_run(c::compiler("CXX", "c++").args(["-fsyntax-only", "-std=c++11", "-xc++", COMMITTED]));
}

/// cffi's `cdef` refuses more than it takes: beside the guard, the includes and `extern "C"`, which maturin takes
/// away, no directive may be left.
#[test]
fn no_directive_is_in_the_header_that_cffi_refuses() {
    let taken_away = ["#ifndef CHECKSIG_H", "#define CHECKSIG_H", "#include <", "#ifdef __cplusplus", "#endif"];
    for line in fs::read_to_string(COMMITTED).unwrap().lines().filter(|line| line.starts_with('#')) {
        assert!(taken_away.iter().any(|known| line.starts_with(known)), "{line}");
    }
}
