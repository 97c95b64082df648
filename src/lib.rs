//! Proves that a directory tree holds the bytes its manifest says it holds.

#![deny(unsafe_code)]

#[allow(unsafe_code)]
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
mod verdict;

pub use digest::{Digest, DigestError};
pub use engine::{Batch, Canceller, CreateOptions, MANIFEST_NAME, Options, Progress, Run, create, verify};
pub use error::Error;
pub use filekind::FileKind;
pub use readerkind::{ReaderChoice, ReaderKind, UnknownReader};
pub use relpath::{RelPath, RelPathError};
pub use report::{Counts, FileReport, ReaderUse, Record, Report, Verb};
pub use root::Policy;
pub use verdict::{Evidence, Outcome, OutcomeKind, Verdict, judge};
