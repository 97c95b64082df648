//! What `examine` finds: what a machine allows, and how a directory on it would be read and hashed.
//!
//! Data only: faces turn it into text or JSON.

use std::path::PathBuf;

use crate::error::Error;
use crate::hash::{Kernel, KernelUse};
use crate::readerkind::{DeviceKind, ReaderKind};

/// What was found.
#[derive(Debug)]
#[non_exhaustive]
pub struct Examination {
    /// The path as it was given.
    pub path: PathBuf,
    /// The CPU, and how much of it this process may use.
    pub cpu: CpuFound,
    /// Every SHA-1 kernel, in the order of [`Kernel::ALL`].
    pub kernels: Vec<KernelFound>,
    /// The release of Linux.
    pub linux: String,
    /// What is asked of Linux, and whether it is allowed.
    pub calls: Vec<CallFound>,
    /// The limits of this process.
    pub limits: Vec<LimitFound>,
    /// What the path lies on; `None` where it is not to be had.
    pub place: Option<PlaceFound>,
    /// How a run would go; `None` where it could not.
    pub run: Option<RunFound>,
    /// Why there could be no run.
    pub obstacle: Option<Error>,
}

impl Examination {
    /// Whether [`verify`](crate::verify) could run there, if by slower ways than others.
    pub fn can_run(&self) -> bool {
        self.obstacle.is_none() && self.run.is_some()
    }
}

/// Something that is not as it could be.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trouble {
    /// What was refused, and how.
    pub why: String,
    /// What takes its place.
    pub instead: String,
    /// What somebody can do about it, where anybody can.
    pub remedy: Option<String>,
}

/// A CPU.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CpuFound {
    /// The kind of it, as Linux names it.
    pub architecture: String,
    /// What its maker calls it, where Linux says so.
    pub model: Option<String>,
    /// Instruction sets that kernels are made of, and whether it has them.
    pub instruction_sets: Vec<(&'static str, bool)>,
    /// CPUs that this process may run on, by its affinity.
    pub allowed: Option<usize>,
    /// CPUs' worth of time that its cgroup may take, by version 1 or 2 of them.
    pub quota: Option<f64>,
    /// Threads that a run hashes with, which comes of these.
    pub workers: usize,
}

/// A kernel on this CPU.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct KernelFound {
    /// The kernel.
    pub kernel: Kernel,
    /// What is to be said of it.
    pub standing: KernelStanding,
    /// It is chosen from so many files at hand on.
    pub lanes_from: Option<usize>,
}

/// What is to be said of a kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelStanding {
    /// It was measured, on one CPU and out of its caches.
    Measured {
        /// With all its lanes filled.
        bytes_per_second: u64,
    },
    /// It is there to compare with, and never chosen.
    ForComparison,
    /// It gave a wrong digest on this CPU.
    Wrong,
    /// This CPU lacks instructions for it.
    Lacking,
}

/// Something that is asked of Linux.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallFound {
    /// The call, or the flag of one.
    pub name: &'static str,
    /// What it is for.
    pub purpose: &'static str,
    /// Why it is not to be had, if it is not.
    pub refused: Option<Trouble>,
}

/// A limit of this process.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitFound {
    /// What is limited.
    pub name: &'static str,
    /// How much there may be of it; `None`: there is no limit.
    pub most: Option<u64>,
    /// Whether that could be found out.
    pub is_known: bool,
    /// Whether that is bytes; otherwise it is a number of things.
    pub is_bytes: bool,
    /// What it costs a run, if it does.
    pub trouble: Option<Trouble>,
}

/// Where a path lies.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PlaceFound {
    /// The file system, as Linux names it.
    pub file_system: Option<String>,
    /// What it is mounted from.
    pub source: Option<String>,
    /// Where it is mounted.
    pub mounted_at: Option<PathBuf>,
    /// What kind of device it is taken for.
    pub device: DeviceKind,
    /// The scheduler of its queue, where it has one.
    pub scheduler: Option<String>,
    /// Whether that keeps to priorities, as `Resources::idle` sets them.
    pub knows_priorities: bool,
    /// The file at the top of it that was tried; `None`: there is none that could be.
    pub tried: Option<PathBuf>,
    /// What direct reads must be aligned to, in bytes, if they are taken.
    pub direct_align: Option<usize>,
}

/// How a run would go.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunFound {
    /// What reads the files that are in memory.
    pub cached: ReaderKind,
    /// What reads the others.
    pub uncached: ReaderKind,
    /// How many threads of it.
    pub reader_threads: usize,
    /// Reads that these have in flight at most, all together.
    pub reads_in_flight: usize,
    /// Bytes of all their buffers, at most.
    pub reader_bytes: u64,
    /// Whether these read past the page cache; `None`: not known, as there was no file to try.
    pub is_direct: Option<bool>,
    /// Files that each worker has in progress at most.
    pub files_per_worker: usize,
    /// The kernels, and from how many files at hand on each runs.
    pub kernels: Vec<KernelUse>,
    /// Why these readers and kernels: what the report of such a run would have in `reasons`.
    pub reasons: Vec<String>,
}
