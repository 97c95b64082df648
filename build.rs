//! Makes the C header from `src/capi`, and gives the shared library its soname.
//!
//! Writes to OUT_DIR alone: a header anywhere else in `target/` would win over the fresh one when a wheel is built.

use std::env;
use std::error::Error;
use std::path::Path;

/// The files that C sees something of, in the order in which the header shows it.
const SOURCES: [&str; 13] = [
    "status",
    "options",
    "resources",
    "start",
    "run",
    "kinds",
    "record",
    "batch",
    "report",
    "manifest",
    "hashing",
    "hasher",
    "signatures",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=cbindgen.toml");
    println!("cargo:rerun-if-changed=src/capi");

    let header = Path::new(&env::var("OUT_DIR")?).join("checksig.h");
    let mut builder = cbindgen::Builder::new().with_config(cbindgen::Config::from_file("cbindgen.toml")?);
    for source in SOURCES {
        builder = builder.with_src(format!("src/capi/{source}.rs"));
    }
    builder.generate()?.write_to_file(&header);
    // For tests/header.rs, which proves that the committed copy is this one.
    println!("cargo:rustc-env=CHECKSIG_HEADER={}", header.display());

    // No other system has what the modules for Linux ask for.
    if env::var("CARGO_CFG_TARGET_OS")? != "linux" {
        println!("cargo:rustc-cfg=checksig_portable");
    }
    if env::var("CARGO_CFG_TARGET_OS")? == "linux" {
        // The number goes up when a program that was linked before would break.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libchecksig.so.0");
        // A handler of a signal is never taken out again, so its code must stay, whoever closes the library.
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
    Ok(())
}
