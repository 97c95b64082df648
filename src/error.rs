//! Why a run could not be done at all. What is wrong with a file or a line is an outcome, never an error.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::filekind::FileKind;
use crate::hash::{KernelUnavailable, UnknownKernel};
use crate::limits;
use crate::readerkind::{ReaderKind, UnknownCacheEffect, UnknownReader};
use crate::shown::Shown;

/// Why a run could not be done, or not be done to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing has the name of the root.
    #[error("{}: no such directory", shown(.path))]
    RootNotFound {
        /// The root as it was given.
        path: PathBuf,
    },
    /// The root is not a directory.
    #[error("{}: not a directory, and a root must be one", shown(.path))]
    RootNotDirectory {
        /// The root as it was given.
        path: PathBuf,
    },
    /// The root cannot be opened.
    #[error("{}: {source}", shown(.path))]
    RootUnreadable {
        /// The root as it was given.
        path: PathBuf,
        /// What Linux said.
        source: io::Error,
    },
    /// Nothing has the name of the manifest.
    #[error("{}: no such manifest{}; \"checksig create\" writes one", shown(.path), nor(.beside))]
    ManifestNotFound {
        /// The manifest that was looked for.
        path: PathBuf,
        /// The name beside it that was looked for next, where none was named.
        beside: Option<&'static str>,
    },
    /// The manifest is a directory, a FIFO, a device or a socket.
    #[error("{}: {kind}, and a manifest must be a regular file", shown(.path))]
    ManifestNotRegular {
        /// The manifest that was looked for.
        path: PathBuf,
        /// What it is.
        kind: FileKind,
    },
    /// The manifest cannot be opened, or not be read to its end.
    #[error("{}: {source}", shown(.path))]
    ManifestUnreadable {
        /// The manifest.
        path: PathBuf,
        /// What Linux said.
        source: io::Error,
    },
    /// The manifest was written to, truncated or replaced while it was read: what it lists is not known.
    #[error("{}: the manifest changed while it was read", shown(.path))]
    ManifestChanged {
        /// The manifest.
        path: PathBuf,
    },
    /// There is a file already where `create` is to write a manifest.
    #[error("{}: exists already{}", shown(.path), replaceable(.is_manifest))]
    ManifestExists {
        /// The file.
        path: PathBuf,
        /// Whether it begins as a manifest does, or is empty: so that replacing it loses nobody's data. None where it cannot be
        /// read.
        is_manifest: Option<bool>,
    },
    /// The manifest that `create` makes cannot be written.
    #[error("{}: {}{source}", shown(.path), place(.absent))]
    ManifestUnwritable {
        /// The manifest.
        path: PathBuf,
        /// The directory for it, where that is not there.
        absent: Option<PathBuf>,
        /// What Linux said.
        source: io::Error,
    },
    /// No line of the format can carry the name of an entry.
    #[error("entry {index}: {source}")]
    EntryRefused {
        /// Which one it is, from 0.
        index: usize,
        /// What is wrong with its name.
        source: io::Error,
    },
    /// The file for what is found is a directory, a FIFO, a device or a socket.
    #[error("{}: {kind}, and what is found goes into a regular file", shown(.path))]
    OutputNotRegular {
        /// The file as it was given.
        path: PathBuf,
        /// What it is.
        kind: FileKind,
    },
    /// The file for what is found is the manifest, or listed in it.
    #[error("{}: the manifest, or listed in it; what is found must go elsewhere", shown(.path))]
    OutputIsInput {
        /// The file as it was given.
        path: PathBuf,
    },
    /// The file for what is found cannot be written.
    #[error("{}: {}{source}", shown(.path), place(.absent))]
    OutputUnwritable {
        /// The file as it was given.
        path: PathBuf,
        /// The directory for it, where that is not there.
        absent: Option<PathBuf>,
        /// What Linux said.
        source: io::Error,
    },
    /// The reader that was asked for by name cannot be had here.
    #[error("reader {kind}: {reason}")]
    ReaderUnavailable {
        /// The reader that was asked for.
        kind: ReaderKind,
        /// Why not, and the remedy.
        reason: String,
    },
    /// An option names a reader that does not exist.
    #[error(transparent)]
    UnknownReader(#[from] UnknownReader),
    /// The kernel that was asked for by name cannot be had here.
    #[error(transparent)]
    KernelUnavailable(#[from] KernelUnavailable),
    /// An option names a kernel that does not exist.
    #[error(transparent)]
    UnknownKernel(#[from] UnknownKernel),
    /// An option names an effect on the page cache that does not exist.
    #[error(transparent)]
    UnknownCacheEffect(#[from] UnknownCacheEffect),
    /// The memory that a run may have is too little for one worker and its readers.
    #[error(
        "memory: {bytes} bytes are too few; a run needs {} ({} MiB) at least", limits::MEMORY_BYTES_MIN,
        limits::MEMORY_BYTES_MIN >> 20
    )]
    MemoryTooSmall {
        /// The bytes that were allowed.
        bytes: u64,
    },
    /// More reads in flight were asked for than a run can have.
    #[error("queue depth: {depth} is too large; a run has {} reads in flight at most", limits::QUEUE_DEPTH_MAX)]
    QueueDepthTooLarge {
        /// The reads that were asked for.
        depth: usize,
    },
    /// Every byte was to come from the device, by a reader that takes what is in the page cache.
    #[error(
        "reader {kind}: it reads what the page cache holds, and cannot read from the device itself; the readers uring, \
         threads and pread can"
    )]
    NotFromMedia {
        /// The reader that was asked for.
        kind: ReaderKind,
    },
    /// An audit of names that may lead anywhere: it is confined to its root, where it tells what has no name in the manifest.
    #[error("audit: it is confined to its root, and cannot follow names or links out of it")]
    AuditNotConfined,
    /// Linux refused even one thread.
    #[error("cannot start a thread: {0}; raise the limit with ulimit -u, or pids.max of the cgroup")]
    NoThread(io::Error),
    /// This process, or the whole machine, has as many files open as it may, and none of them is this run's to close.
    #[error("no file can be opened: {source}; this process may have {limit} open (ulimit -n)")]
    NoDescriptor {
        /// Open files that this process may have.
        limit: u64,
        /// What Linux said.
        source: io::Error,
    },
    /// checksig broke a promise to itself; nothing that was not reported as a match may be taken for one.
    #[error("internal error: {0}; please report it")]
    Internal(String),
}

/// What else was looked for.
fn nor(beside: &Option<&'static str>) -> String {
    beside.map_or(String::new(), |name| format!(", nor {name} beside it"))
}

/// What can be done about a file in the place of a manifest.
fn replaceable(is_manifest: &Option<bool>) -> &'static str {
    match is_manifest {
        Some(true) => "; \"checksig create --force\" replaces it",
        Some(false) => ", and does not begin as a manifest does; name another place",
        None => ", and cannot be read; name another place, or \"checksig create --force\" replaces it",
    }
}

/// Where no file could be made.
fn place(absent: &Option<PathBuf>) -> String {
    absent.as_ref().map_or(String::new(), |folder| format!("no file can be made in {}: ", shown(folder)))
}

/// A path as every message has it: what is in a name must not command the terminal that it is shown on.
fn shown(path: &Path) -> Shown<'_> {
    Shown(path.as_os_str().as_bytes())
}
