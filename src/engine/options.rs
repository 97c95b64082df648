//! What a caller may choose about a run.
//!
//! Data only.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::hash::KernelChoice;
use crate::manifest::{Format, Grammar};
use crate::readerkind::ReaderChoice;
use crate::root::Policy;

/// The name of the manifest below the root when none is given.
pub const MANIFEST_NAME: &str = "sha1sum.txt";

/// The choices for [`verify`](crate::verify). `Options::default()` is right for most.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The manifest, relative to the current directory; without one, [`MANIFEST_NAME`] below the root.
    pub manifest: Option<PathBuf>,
    /// Which lines are entries.
    pub grammar: Grammar,
    /// Where names may lead.
    pub policy: Policy,
    /// How files are read.
    pub reader: ReaderChoice,
    /// How files are hashed.
    pub kernel: KernelChoice,
    /// Threads that hash; without a number, as many as CPU affinity and the cgroup's CPU quota allow.
    pub workers: Option<NonZeroUsize>,
    /// Whether records come in the order of the manifest, or as they are found.
    pub ordered: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            manifest: None,
            grammar: Grammar::Strict,
            policy: Policy::Beneath,
            reader: ReaderChoice::Auto,
            kernel: KernelChoice::Auto,
            workers: None,
            ordered: true,
        }
    }
}

/// The choices for [`create`](crate::create).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CreateOptions {
    /// Where the manifest goes; without it, [`MANIFEST_NAME`] below the root. `-` is no special name here.
    pub output: Option<PathBuf>,
    /// How its lines are written.
    pub format: Format,
    /// How files are read.
    pub reader: ReaderChoice,
    /// How files are hashed.
    pub kernel: KernelChoice,
    /// Threads that hash; see [`Options::workers`].
    pub workers: Option<NonZeroUsize>,
}

/// The choices for [`hash_files`](crate::hash_files).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HashOptions {
    /// How files are read.
    pub reader: ReaderChoice,
    /// How files are hashed.
    pub kernel: KernelChoice,
    /// Threads that hash; see [`Options::workers`].
    pub workers: Option<NonZeroUsize>,
    /// Whether records come in the order of the list, or as they are found. `hash_files` keeps the order always.
    pub ordered: bool,
}

impl Default for HashOptions {
    fn default() -> HashOptions {
        HashOptions { reader: ReaderChoice::Auto, kernel: KernelChoice::Auto, workers: None, ordered: true }
    }
}
