//! What a caller may choose about a run.
//!
//! Data only.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use crate::hash::KernelChoice;
use crate::limits;
use crate::manifest::{Format, Grammar};
use crate::readerkind::{CacheEffect, ReaderChoice};
use crate::root::Policy;

/// The name of the manifest below the root when none is given.
pub const MANIFEST_NAME: &str = "sha1sum.txt";

/// How a run reads and hashes, and what it may use. `Resources::default()` is right for most.
///
/// ```
/// use checksig::{Options, ReaderChoice, ReaderKind};
/// let mut options = Options::default();
/// options.resources.reader = ReaderChoice::Forced(ReaderKind::Threads);
/// options.resources.from_media = true;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Resources {
    /// How files are read.
    pub reader: ReaderChoice,
    /// How files are hashed.
    pub kernel: KernelChoice,
    /// Threads that hash; without a number, as many as CPU affinity and the cgroup's CPU quota allow.
    pub workers: Option<NonZeroUsize>,
    /// Reads in flight on the device at a time, over all readers: with blocking readers, threads. It has no effect where the
    /// threads that hash wait themselves (pread and mmap), each for one read. With 1 a read that hangs holds up all behind
    /// it, and a ring that has 2 goes on with one. Without a number it is chosen for the device; more than [`limits::QUEUE_DEPTH_MAX`](crate::limits::QUEUE_DEPTH_MAX)
    /// is an error.
    pub queue_depth: Option<NonZeroUsize>,
    /// Bytes of all buffers of the run, those of workers and those of readers, and at least
    /// [`limits::MEMORY_BYTES_MIN`](crate::limits::MEMORY_BYTES_MIN); without a number, 51 MiB and 8 MiB a worker at most.
    /// Where it feeds fewer workers than are wanted, there are fewer. What else a run takes is not in it: stacks, records,
    /// 256 KiB for each file that is read a second time, and mapped windows, which are the page cache's memory.
    pub memory_bytes: Option<u64>,
    /// Whether every byte is read from the device itself, past the page cache (O_DIRECT), also what is cached: what is
    /// in memory says nothing about the medium.
    pub from_media: bool,
    /// What becomes of the page cache.
    pub cache: CacheEffect,
}

impl Resources {
    /// Workers that there may be, as far as memory allows it.
    pub(crate) fn workers_at_most(&self) -> usize {
        // Both CPU affinity and the cgroup's CPU quota are in this number.
        let workers = self.workers.or_else(|| std::thread::available_parallelism().ok());
        workers.map_or(1, NonZeroUsize::get).min(limits::WORKERS_MAX)
    }
}

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
    /// How files are read and hashed, and what the run may use.
    pub resources: Resources,
    /// Whether records come in the order of the manifest, or as they are found.
    pub ordered: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            manifest: None,
            grammar: Grammar::Strict,
            policy: Policy::Beneath,
            resources: Resources::default(),
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
    /// How files are read and hashed, and what the run may use.
    pub resources: Resources,
}

/// The choices for [`hash_files`](crate::hash_files).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HashOptions {
    /// How files are read and hashed, and what the run may use.
    pub resources: Resources,
    /// Whether records come in the order of the list, or as they are found. `hash_files` keeps the order always.
    pub ordered: bool,
}

impl Default for HashOptions {
    fn default() -> HashOptions {
        HashOptions { resources: Resources::default(), ordered: true }
    }
}
