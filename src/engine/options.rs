//! What a caller may choose about a run.
//!
//! Data only.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use crate::hash::KernelChoice;
use crate::limits;
use crate::manifest::{BAGIT_MANIFEST_NAME, Format, Grammar};
use crate::plan::Exclude;
use crate::readerkind::{CacheEffect, ReaderChoice};
use crate::root::Policy;

/// The name of the manifest below the root when none is given; where nothing has it, that of a bag's is looked for
/// ([`BAGIT_MANIFEST_NAME`]).
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
    /// 256 KiB for each file that is read a second time, and mapped windows, whose pages are the page cache's: up to 32 MiB
    /// a worker where the choice is `auto` and the number leaves workers all their buffers, and none where it does not;
    /// 12 MiB by `mmap`.
    pub memory_bytes: Option<u64>,
    /// Whether every byte is read from the device itself, past the page cache (O_DIRECT), also what is cached: what is
    /// in memory says nothing about the medium.
    pub from_media: bool,
    /// What becomes of the page cache.
    pub cache: CacheEffect,
    /// Bytes that the run reads in a second at most, over all readers, whether they come from a device or from the page
    /// cache; second readings count, the manifest does not. Each read counts for whole blocks of the
    /// device, and for 4 KiB at least. Without a number, as many as can be had.
    pub limit_rate_bytes: Option<NonZeroU64>,
    /// Whether the threads of the run, and no others of this process, give way to everybody else: SCHED_IDLE for the CPU,
    /// the idle class for the disk, as far as its I/O scheduler knows priorities ([`PlaceFound`](crate::PlaceFound) says so). Where Linux
    /// refuses one of them the run goes on, and its report says so.
    pub idle: bool,
}

impl Resources {
    /// Workers that there may be, as far as memory allows it.
    pub(crate) fn workers_at_most(&self) -> usize {
        // Both CPU affinity and the cgroup's CPU quota are in this number.
        let workers = self.workers.or_else(|| std::thread::available_parallelism().ok());
        workers.map_or(1, NonZeroUsize::get).min(limits::WORKERS_MAX)
    }
}

/// The choices for [`verify`](crate::verify) and [`audit`](crate::audit). `Options::default()` is right for most.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The manifest, relative to the current directory; without one, [`MANIFEST_NAME`] below the root or, where nothing has that
    /// name, a bag's `manifest-sha1.txt`.
    pub manifest: Option<PathBuf>,
    /// How the manifest is read; by default its format is found out, from its name and its beginning.
    pub grammar: Grammar,
    /// Where names may lead.
    pub policy: Policy,
    /// What an audit need not find listed. Entries are verified whatever their names, and `verify` takes no notice of this.
    pub exclude: Exclude,
    /// What the caller itself writes meanwhile, as paths from the current directory, so that an audit need not find it
    /// listed: see [`Output::paths`](crate::Output::paths).
    pub own: Vec<PathBuf>,
    /// How files are read and hashed, and what the run may use.
    pub resources: Resources,
    /// Whether records come in the order of the manifest, or as they are found.
    pub ordered: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            manifest: None,
            grammar: Grammar::Detect,
            policy: Policy::Beneath,
            exclude: Exclude::default(),
            own: Vec::new(),
            resources: Resources::default(),
            ordered: true,
        }
    }
}

/// The choices for [`create`](crate::create).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct CreateOptions {
    /// Where the manifest goes; without it, [`MANIFEST_NAME`] below the root, or `manifest-sha1.txt` for a bag
    /// ([`Format::Bagit`]). `-` is no special name here.
    pub output: Option<PathBuf>,
    /// Whether a manifest that is there already is replaced; otherwise that is an error.
    pub overwrite: bool,
    /// What is not listed.
    pub exclude: Exclude,
    /// Whether links that stay inside the root are followed: [`Policy::Inside`].
    pub follow_inside: bool,
    /// How its lines are written.
    pub format: Format,
    /// How files are read and hashed, and what the run may use.
    pub resources: Resources,
}

impl CreateOptions {
    /// The name of the manifest below the root where no output is chosen.
    pub fn manifest_name(&self) -> &'static str {
        if self.format == Format::Bagit { BAGIT_MANIFEST_NAME } else { MANIFEST_NAME }
    }
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
