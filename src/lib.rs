//! Proves that a directory tree holds the bytes its SHA-1 manifest says it holds, as fast as the hardware can read and
//! hash them.
//!
//! ```
//! use checksig::{Options, Verdict, verify};
//! # let tree = tempfile::tempdir().unwrap();
//! # std::fs::write(tree.path().join("empty"), "").unwrap();
//! # std::fs::write(tree.path().join("sha1sum.txt"), "da39a3ee5e6b4b0d3255bfef95601890afd80709  empty\n").unwrap();
//! # let root = tree.path();
//! let report = verify(root, &Options::default())?; // against root/sha1sum.txt
//! for failure in &report.failures {
//!     println!("{}: {}", String::from_utf8_lossy(&failure.name), failure.outcome);
//! }
//! assert_eq!(report.verdict(), Verdict::Pass);
//! # Ok::<(), checksig::Error>(())
//! ```
//!
//! [`verify`], [`audit`] and [`create`] wait for the end; [`Run`] gives every record as it comes, tells how far it is, and can be
//! cancelled. What is wrong with a file is an [`Outcome`] in the report; an [`Error`] says that there is no report.
//!
//! For bytes and files without a manifest there are [`hash_many`], [`file_digest`] and [`hash_files`]; [`examine`] tells what
//! this machine allows.
//!
//! The data flows one way, and a module names only those before it:
//!
//! ```text
//! manifest bytes -> manifest -> plan -> read -> hash -> verdict -> report -> capi, the command, Python
//!                               '-------- engine owns the threads and the queues --------'
//! ```
//!
//! This file names the modules and holds no logic.

#![deny(unsafe_code)]

// The Rust in the README must at least compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

// What the tests outside share with those inside knows the crate by its name.
#[cfg(test)]
extern crate self as checksig;

#[allow(unsafe_code, reason = "pointers from C")]
mod capi;
mod digest;
mod engine;
mod error;
mod filekind;
pub mod hash;
pub mod limits;
pub mod manifest;
mod plan;
mod read;
mod readerkind;
mod relpath;
mod report;
mod root;
mod shown;
mod sync;
mod verdict;

pub use digest::{Digest, DigestError};
pub use engine::{
    Batch, CallFound, Canceller, CpuFound, CreateOptions, Examination, FileError, HashOptions, KernelFound,
    KernelStanding, LimitFound, Listing, MANIFEST_NAME, OpenManifest, Options, Output, PlaceFound, Progress, Resources,
    Run, RunFound, Trouble, audit, create, examine, file_digest, hash_files, verify, write_manifest,
};
pub use error::Error;
pub use filekind::FileKind;
pub use hash::hash_many;
pub use plan::{BadPattern, Exclude};
pub use readerkind::{CacheEffect, DeviceKind, Origin, ReaderChoice, ReaderKind, UnknownCacheEffect, UnknownReader};
pub use relpath::{RelPath, RelPathError};
pub use report::{Counts, FileReport, GnuFindings, ReaderUse, Record, Report, Verb};
pub use root::{Policy, UnknownPolicy};
pub use shown::{Quoted, Shown, ShownText, is_deceptive};
pub use verdict::{Evidence, GnuEvidence, Outcome, OutcomeKind, Verdict, judge, judge_gnu};
