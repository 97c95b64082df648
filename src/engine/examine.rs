//! What this machine allows, and how a run on a directory would go: for `checksig doctor`.
//!
//! Decides nothing of its own: it asks what a run would ask, by the functions of the run, and says what came of it.

mod bounds;
mod calls;
mod cgroups;
mod found;
mod mount;

pub use found::{
    CallFound, CpuFound, Examination, KernelFound, KernelStanding, LimitFound, PlaceFound, RunFound, Trouble,
};

use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::cgroups::Cgroups;
use super::crew::Crew;
use super::means::Means;
use super::options::{MANIFEST_NAME, Resources};
use super::readers::ladder::{Rung, ladder};
use super::run::open_root;
use super::share::share;
use super::shared::Shared;
use super::worker::inline;
use crate::error::Error;
use crate::filekind::FileKind;
use crate::hash::{Kernel, Kernels, instruction_sets};
use crate::limits;
use crate::read::{HAS_CACHED_READS, scheduler_of};
use crate::readerkind::ReaderKind;
use crate::root::{OpenedFile, Policy, Root};

/// The I/O schedulers of Linux that keep to priorities.
const PRIORITY_SCHEDULERS: [&str; 2] = ["bfq", "mq-deadline"];

/// Looks at this machine and at what a path lies on, a directory or a file in one.
///
/// Kernels are measured, calls are tried, and the first kilobytes of one file at the top of the directory are read. Nothing
/// is written, and no thread is left.
///
/// ```
/// let found = checksig::examine(std::path::Path::new("."));
/// assert!(found.can_run(), "{:?}", found.obstacle);
/// for refused in found.calls.iter().filter_map(|call| call.refused.as_ref()) {
///     println!("{}: {}", refused.why, refused.instead);
/// }
/// ```
pub fn examine(path: &Path) -> Examination {
    let (kernels, speeds) = Kernels::measured();
    let standing = |kernel: Kernel| match speeds.iter().find(|speed| speed.kernel == kernel) {
        Some(speed) => KernelStanding::Measured { bytes_per_second: speed.bytes_per_second },
        None if kernels.wrong().contains(&kernel) => KernelStanding::Wrong,
        None if kernel.is_available() => KernelStanding::ForComparison,
        None => KernelStanding::Lacking,
    };
    let lanes_from = |kernel| kernels.uses().iter().find(|used| used.kernel == kernel).map(|used| used.lanes_from);
    let found_kernel = |kernel| KernelFound { kernel, standing: standing(kernel), lanes_from: lanes_from(kernel) };
    let (directory, name) = split(path);
    let shared = open_root(&directory, Policy::Beneath).and_then(|root| share(root, Resources::default(), true));
    let shared = shared.and_then(|shared| {
        shared.equip(Means::find_out(&shared.root, &shared.resources)?);
        Ok(shared)
    });
    let tried = shared.as_ref().ok().and_then(|shared| file_to_try(&shared.root, name));
    let tried_found = tried.as_ref().map(|(_, opened)| crate::read::examine(opened));
    let shared_ref = shared.as_ref().ok();
    let cgroups = Cgroups::of_this_process();
    let mut found = Examination {
        path: path.to_owned(),
        cpu: CpuFound {
            architecture: rustix::system::uname().machine().to_string_lossy().into_owned(),
            model: bounds::cpu_model(),
            instruction_sets: instruction_sets(),
            allowed: bounds::cpus_allowed(),
            quota: cgroups.cpus(),
            workers: shared_ref.map_or_else(|| Resources::default().workers_at_most(), |shared| shared.workers_max()),
        },
        kernels: Kernel::ALL.map(found_kernel).to_vec(),
        linux: rustix::system::uname().release().to_string_lossy().into_owned(),
        calls: calls::calls(shared_ref.map(|shared| &*shared.root), tried_found.as_ref()),
        limits: bounds::limits(shared_ref.map(|shared| &**shared), &cgroups),
        place: None,
        run: None,
        obstacle: None,
    };
    match shared.and_then(|shared| try_out(&shared).map(|()| shared)) {
        Err(error) => found.obstacle = Some(error),
        Ok(shared) => {
            let align = tried_found.as_ref().and_then(|found| found.direct.as_ref().ok().copied());
            found.place = Some(place_of(&shared, tried.map(|(name, _)| directory.join(name)), align));
            found.run = Some(run_of(&shared, tried_found.map(|found| found.is_better_direct)));
        }
    }
    found
}

/// The directory that a run would have for its root, and the name in it of a file that was given.
fn split(path: &Path) -> (PathBuf, Option<&std::ffi::OsStr>) {
    match (path.is_file(), path.file_name()) {
        (true, Some(name)) => {
            let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
            (parent.unwrap_or(Path::new(".")).to_owned(), Some(name))
        }
        _ => (path.to_owned(), None),
    }
}

/// A file at the top of a directory that has a byte: the one that was named, the manifest, or the first of some others.
fn file_to_try(root: &Root, name: Option<&std::ffi::OsStr>) -> Option<(PathBuf, OpenedFile)> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let open = |name: Vec<u8>| {
        let opened = root.open(&name).ok().filter(|opened| opened.stamp.size_bytes > 0)?;
        Some((PathBuf::from(std::ffi::OsString::from_vec(name)), opened))
    };
    if let Some(name) = name {
        return open(name.as_bytes().to_vec());
    }
    open(MANIFEST_NAME.into()).or_else(|| {
        let mut entries = Vec::new();
        // Where it has more of them, or cannot be read to its end, those that came will do.
        let _ = root.read_some_of_directory(b"", limits::EXAMINED_ENTRIES_MAX, &mut entries);
        let regular = entries.into_iter().filter(|entry| entry.kind == FileKind::Regular);
        regular.take(limits::EXAMINED_FILES_MAX).find_map(|entry| open(entry.name))
    })
}

/// Sees whether there is memory for the workers, and a thread.
fn try_out(shared: &Arc<Shared>) -> Result<(), Error> {
    let sources: std::io::Result<Vec<_>> = (0..shared.workers_max()).map(|_| inline(shared)).collect();
    sources.map_err(|error| Error::Internal(format!("no memory for a worker: {error}")))?;
    let mut crew = Crew::default();
    crew.spawn("checksig-doctor", shared, || {}).map_err(Error::NoThread)?;
    crew.wait(shared);
    Ok(())
}

fn place_of(shared: &Shared, tried: Option<PathBuf>, direct_align: Option<usize>) -> PlaceFound {
    let directory = shared.root.device();
    let mount = directory.and_then(|(directory, _)| mount::of(directory));
    let (file_system, source, mounted_at) = match mount {
        Some(mount::Mount { file_system, source, at }) => (Some(file_system), Some(source), Some(at)),
        None => (None, None, None),
    };
    let scheduler = directory.and_then(|(_, number)| scheduler_of(number));
    let knows_priorities = scheduler.as_ref().is_some_and(|name| PRIORITY_SCHEDULERS.contains(&&**name));
    let device = shared.means().device;
    PlaceFound { file_system, source, mounted_at, device, scheduler, knows_priorities, tried, direct_align }
}

fn run_of(shared: &Shared, is_direct: Option<bool>) -> RunFound {
    let Rung { kind, readers, room, reads_left, .. } = ladder(shared);
    // Where nothing can be read without waiting, the workers wait for all of it.
    let (kind, readers) = if HAS_CACHED_READS { (kind, readers) } else { (ReaderKind::Pread, 0) };
    let reads = if kind == ReaderKind::Uring { room.reads.min(limits::RING_ENTRIES) as usize } else { 1 };
    let buffers = room.small_buffers * limits::SMALL_BUFFER_BYTES + room.large_buffers * limits::LARGE_BUFFER_BYTES;
    RunFound {
        cached: if HAS_CACHED_READS { ReaderKind::Cached } else { ReaderKind::Pread },
        uncached: kind,
        reader_threads: readers,
        reads_in_flight: readers * reads + reads_left,
        reader_bytes: (readers * buffers) as u64,
        is_direct,
        files_per_worker: shared.files_per_worker(),
        kernels: shared.kernels().uses(),
        reasons: shared.reasons(),
    }
}
